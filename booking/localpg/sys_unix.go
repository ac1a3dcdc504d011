//go:build unix && !linux

package localpg

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// There is no parent-death signal here (macOS, BSD): after a kill -9 of ours the
// server lives on, and the next start stops it (clearStale).
func sysProcAttr(as *runAs, server bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: server}
	if as != nil {
		a.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	return a
}

type stopStep struct {
	sig  syscall.Signal
	wait time.Duration
}

var stopSteps = []stopStep{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 2 * time.Second}}

func signal(p *os.Process, s syscall.Signal) error { return p.Signal(s) }

func kill(pid int, s syscall.Signal) error { return syscall.Kill(pid, s) }

func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

// usersOf asks ps whether pid is a postgres on data.
func usersOf(data string, pid int) []int {
	if pid <= 1 || !exists(pid) {
		return nil
	}
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || !strings.Contains(string(out), data) {
		return nil
	}
	return []int{pid}
}

func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func ownedBy(st os.FileInfo, as *runAs) bool {
	s, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == as.uid && st.Mode()&0o100 != 0
}
