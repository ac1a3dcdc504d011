//go:build unix

package chaos

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"terminplan/booking/bookingtest"
)

// echo sends all bytes back until its listener is closed.
func echo(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l
}

// echoProxy makes a proxy for an echo server. The function returns clients of it.
func echoProxy(t *testing.T) (*proxy, func() *phone) {
	t.Helper()
	l := echo(t)
	p, err := listenProxy(func() (string, string) { return "tcp", l.Addr().String() }, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p, func() *phone {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return &phone{t, c, bufio.NewReader(c)}
	}
}

type phone struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func (f *phone) say(line string) {
	f.t.Helper()
	if _, err := io.WriteString(f, line+"\n"); err != nil {
		f.t.Fatal(err)
	}
}

func (f *phone) hears(line string) {
	f.t.Helper()
	_ = f.SetReadDeadline(time.Now().Add(bookingtest.Patience))
	if got, err := f.in.ReadString('\n'); err != nil || got != line+"\n" {
		f.t.Fatalf("heard %q (%v), want %q", got, err, line)
	}
}

// hearsNothing waits a short time for bytes.
func (f *phone) hearsNothing() {
	f.t.Helper()
	_ = f.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if b, err := f.in.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		f.t.Fatalf("heard %q (%v), want nothing", b, err)
	}
}

func (f *phone) ends() {
	f.t.Helper()
	_ = f.SetReadDeadline(time.Now().Add(bookingtest.Patience))
	if b, err := f.in.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		f.t.Fatalf("heard %q (%v), want the end", b, err)
	}
}

func TestAProxyForwardsAndCuts(t *testing.T) {
	p, dial := echoProxy(t)
	f := dial()
	f.say("hello")
	f.hears("hello")
	p.cut()
	f.ends()
	f = dial()
	f.say("again")
	f.hears("again")
}

func TestHeldBytesArriveWhenTheHoldEnds(t *testing.T) {
	p, dial := echoProxy(t)
	f := dial()
	f.say("before")
	f.hears("before")
	for _, state := range []linkState{{toServer: true}, {toClient: true}, {toServer: true, toClient: true}} {
		p.set(state)
		f.say("waits")
		f.hearsNothing()
		p.set(linkState{})
		f.hears("waits")
	}
}

func TestSilencedConnection(t *testing.T) {
	p, dial := echoProxy(t)
	f := dial()
	f.say("before")
	f.hears("before")
	p.silence()
	f.say("lost")
	f.hearsNothing()
	f = dial()
	f.say("a new one works")
	f.hears("a new one works")
}

func TestAConnectionWithoutAServerIsReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	p, err := listenProxy(func() (string, string) { return "tcp", l.Addr().String() }, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	c, err := net.Dial("tcp", p.addr)
	if errors.Is(err, syscall.ECONNRESET) {
		return // reset before the dial had ended
	}
	if err != nil {
		t.Fatal(err)
	}
	(&phone{t, c, bufio.NewReader(c)}).ends()
}

// The waits of slow connections use the clock of synctest.
func TestASlowConnectionTakesItsTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		state linkState
		least time.Duration
		most  time.Duration
	}{
		{"well", linkState{}, 0, 0},
		{"late", linkState{delay: 300 * time.Millisecond}, 300 * time.Millisecond, 300 * time.Millisecond},
		{"ten bytes a second", linkState{perSecond: 10}, 9900 * time.Millisecond, 10100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			l := &link{proxy: &proxy{state: c.state, changed: make(chan struct{})}, silent: make(chan struct{}), dead: make(chan struct{})}
			got := make(chan int)
			go func() {
				n, _ := io.Copy(io.Discard, far)
				got <- int(n)
			}()
			began := time.Now()
			if !l.send(near, make([]byte, 100), func(s linkState) hold { return s.toServer }) {
				t.Errorf("%s: the link is dead", c.name)
			}
			took := time.Since(began)
			_ = near.Close()
			if n := <-got; n != 100 || took < c.least || took > c.most {
				t.Errorf("%s: %d bytes took %s", c.name, n, took)
			}
		})
	}
}
