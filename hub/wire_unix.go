//go:build unix

package hub

import "syscall"

const canWriteNow = true

// writeNow writes to the non-blocking socket fd and returns the number of bytes accepted, 0 if
// the socket is full.
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
