//go:build unix && !linux

package hub

import "syscall"

func write(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }
