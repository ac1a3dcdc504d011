package hub

import (
	"syscall"
	"unsafe"
)

const canWriteNow = true

// writeNow writes what the non-blocking socket fd takes at once. It does not tell
// the scheduler: a write that cannot block is over in some microseconds, and to
// announce it would cost a part of that, ten thousand times per change.
func writeNow(fd uintptr, b []byte) (int, error) {
	for {
		n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch err {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, nil
		default:
			return 0, err
		}
	}
}
