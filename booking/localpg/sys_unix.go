//go:build unix

package localpg

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const supported = true

// stopStep is one way to end a server and how long to wait for it.
type stopStep struct {
	signal   syscall.Signal
	patience time.Duration
}

func (s stopStep) send(p *os.Process) error { return p.Signal(s.signal) }
func (s stopStep) sendTo(pid int) error     { return syscall.Kill(pid, s.signal) }

// stopSteps are PostgreSQL's fast shutdown, its immediate shutdown, and force.
var stopSteps = []stopStep{
	{syscall.SIGINT, 20 * time.Second},
	{syscall.SIGQUIT, 5 * time.Second},
	{syscall.SIGKILL, time.Minute}, // nothing refuses it, but a slow machine takes its time
}

// pidTaken says whether the pid belongs to any process, a zombie included.
func pidTaken(pid int) bool {
	if pid <= 0 {
		return false // kill(2) would mean a whole group
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// lockFile opens and locks a file, which no child inherits. The file is
// returned open, to be read, when another process holds the lock.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return f, errLocked
	default:
		return nil, errors.Join(&os.PathError{Op: "lock", Path: path, Err: err}, f.Close())
	}
}

func ownerOf(path string) (uid, gid int, ok bool) {
	st, err := os.Lstat(path)
	if err != nil {
		return 0, 0, false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(sys.Uid), int(sys.Gid), true
}

func credential(a *account) *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}
