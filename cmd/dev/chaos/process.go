//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a program that can be stopped and started again at the same address.
type process struct {
	name, addr string
	command    func() *exec.Cmd
	running    *exec.Cmd
	log        string // a file; empty: none
}

func (p *process) start(ctx context.Context) error {
	p.running = p.command()
	if err := p.running.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	deadline := time.Now().Add(hangTimeout)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if c, err := net.DialTimeout("tcp", p.addr, time.Second); err == nil {
			return c.Close()
		}
		pause(ctx, 20*time.Millisecond)
	}
	said, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s does not listen on %s; its log ends with:\n%s", p.name, p.addr, said[max(0, len(said)-1000):])
}

// signal does not wait for an effect.
func (p *process) signal(s syscall.Signal) error {
	if p.running == nil {
		return errors.New(p.name + " does not run")
	}
	return p.running.Process.Signal(s)
}

// kill sends the signal and waits until the process has ended.
func (p *process) kill(s syscall.Signal) {
	if p.running == nil {
		return
	}
	_ = p.signal(s)
	_ = p.running.Wait()
	p.running = nil
}

// freeAddr returns an address with a free port below the range for outgoing connections. A
// port of that range could be taken while its program is down.
func freeAddr() (addr string, err error) {
	for range 50 {
		addr = fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("finding a free port: %w", err)
}
