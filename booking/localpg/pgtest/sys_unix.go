//go:build unix

package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	shared    = syscall.LOCK_SH
	exclusive = syscall.LOCK_EX
)

// tryLock returns the locked file, or nil when somebody else's lock forbids ours.
func tryLock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return nil, errors.Join(err, f.Close())
}

// use marks this process as a user; it waits for a keeper that is just ending.
func use(ctx context.Context, dir string) (*os.File, error) {
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		if f, err := tryLock(filepath.Join(dir, "users"), shared); f != nil || err != nil {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-again.C:
		}
	}
}

func ours(st os.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}

// child is a keeper of ours. Nothing waits for it in a goroutine: tests look for
// goroutines that were left behind, and a keeper outlives them on purpose.
type child struct {
	pid    int
	failed bool
}

func startKeeper(dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "keeper.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Args[0] = "terminplan-test-keeper"
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = log, log                    // not ours: go test waits for everybody who holds them
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C at one test run must not end another's server
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{pid: cmd.Process.Pid}, cmd.Process.Release()
}

// ended reaps the keeper if it has ended, and notes whether it failed.
func (c *child) ended() bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(c.pid, &status, syscall.WNOHANG, nil)
	if pid != c.pid && err == nil {
		return false
	}
	c.failed = err == nil && status.ExitStatus() != 0
	return true
}
