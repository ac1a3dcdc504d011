//go:build unix

package hub

import "syscall"

const canWriteNow = true

// writeNow writes what the non-blocking socket fd takes at once.
func writeNow(fd uintptr, b []byte) (int, error) {
	for {
		n, err := write(fd, b)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		default:
			return 0, err
		}
	}
}
