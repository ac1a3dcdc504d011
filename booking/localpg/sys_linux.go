package localpg

import (
	"os"
	"strconv"
	"syscall"
	"time"
)

func sysProcAttr(as *runAs, server bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{}
	if server {
		a.Setpgid = true             // a Ctrl-C in the terminal is ours to handle, not the server's
		a.Pdeathsig = syscall.SIGINT // fast shutdown when we die, even by kill -9
	} else {
		a.Pdeathsig = syscall.SIGKILL
	}
	if as != nil {
		a.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid), NoSetGroups: false}
	}
	return a
}

type stopStep struct {
	sig  syscall.Signal
	wait time.Duration
}

// fast shutdown, immediate shutdown, force
var stopSteps = []stopStep{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 2 * time.Second}}

func signal(p *os.Process, s syscall.Signal) error { return p.Signal(s) }

func kill(pid int, s syscall.Signal) error { return syscall.Kill(pid, s) }

// exists tells whether kill(2) finds the pid; true for zombies too.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

// usersOf lists the live processes that work in the data directory: every
// PostgreSQL process does a chdir into it. Zombies have no cwd.
func usersOf(data string, _ int) []int {
	var out []int
	ents, _ := os.ReadDir("/proc")
	for _, e := range ents {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if cwd, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err == nil && cwd == data {
			out = append(out, pid)
		}
	}
	return out
}

func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // O_CLOEXEC is Go's default: the server does not inherit it
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
