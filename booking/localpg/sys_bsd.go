//go:build unix && !linux

package localpg

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// There is no parent-death signal on macOS and the BSDs: after a kill -9 of ours
// the server lives on, and the next start stops it.

func helperAttr(a *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(a)}
}

func serverAttr(a *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(a), Setpgid: true}
}

// usersOf asks ps whether the server of the lock file works on data. Working
// directories of other processes cannot be read without special tools.
func usersOf(data string, server int) []int {
	if !pidTaken(server) {
		return nil
	}
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(server)).Output()
	if err != nil || !strings.Contains(string(out), data) {
		return nil
	}
	return []int{server}
}
