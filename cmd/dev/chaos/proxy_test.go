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

// echo answers every line with itself until its listener is closed.
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

// wire is a proxy before an echo, and a client of it.
func wire(t *testing.T) (*proxy, func() *phone) {
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

// hearsNothing for as long as that is worth in a test.
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

func TestAWireCarriesAndIsCut(t *testing.T) {
	p, dial := wire(t)
	f := dial()
	f.say("hello")
	f.hears("hello")
	p.cut()
	f.ends()
	f = dial()
	f.say("again")
	f.hears("again")
}

func TestWhatHangsArrivesOnceTheWireIsWell(t *testing.T) {
	p, dial := wire(t)
	f := dial()
	f.say("before")
	f.hears("before")
	for _, w := range []weather{{there: true}, {back: true}, {there: true, back: true}} {
		p.set(w)
		f.say("waits")
		f.hearsNothing()
		p.set(weather{})
		f.hears("waits")
	}
}

func TestADeadWireTellsNobody(t *testing.T) {
	p, dial := wire(t)
	f := dial()
	f.say("before")
	f.hears("before")
	p.deaden()
	f.say("lost")
	f.hearsNothing()
	f = dial()
	f.say("a new one works")
	f.hears("a new one works")
}

func TestAWireThatLeadsNowhereIsCutAtOnce(t *testing.T) {
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
		return // so quickly that not even dialling had ended
	}
	if err != nil {
		t.Fatal(err)
	}
	(&phone{t, c, bufio.NewReader(c)}).ends()
}

// Slow wires in a bubble of time, where nothing really waits.
func TestASlowWireTakesItsTime(t *testing.T) {
	for _, c := range []struct {
		name    string
		weather weather
		least   time.Duration
		most    time.Duration
	}{
		{"well", weather{}, 0, 0},
		{"late", weather{delay: 300 * time.Millisecond}, 300 * time.Millisecond, 300 * time.Millisecond},
		{"ten bytes a second", weather{perSecond: 10}, 9900 * time.Millisecond, 10100 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			l := &link{proxy: &proxy{weather: c.weather, changed: make(chan struct{})}, silent: make(chan struct{}), dead: make(chan struct{})}
			got := make(chan int)
			go func() {
				n, _ := io.Copy(io.Discard, far)
				got <- int(n)
			}()
			began := time.Now()
			if !l.send(near, make([]byte, 100), func(w weather) hold { return w.there }) {
				t.Errorf("%s: the wire is dead", c.name)
			}
			took := time.Since(began)
			_ = near.Close()
			if n := <-got; n != 100 || took < c.least || took > c.most {
				t.Errorf("%s: %d bytes took %s", c.name, n, took)
			}
		})
	}
}
