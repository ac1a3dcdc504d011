package bench

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Audience is the process of very many screens. Each only looks for the newest
// version in what comes, so that it costs both sides of a comparison the same.
type Audience struct {
	Kind       string `arg:"" enum:"tcp,hub,centrifuge,node"`
	Addr       string `arg:""`
	Screens    int    `arg:""`
	Stalled    bool   `help:"Every hundredth reads nothing."`
	View       string `help:"What the screens of a node look at." default:"topic=a"`
	PerSession int    `help:"How many screens of a node share a session." default:"1"`
	FirstToken int    `help:"The session of the first."`
	Seed       string `env:"TERMINPLAN_BENCH_SEED" hidden:""`
}

type audience struct {
	Audience
	screens []*screen
	looking sync.WaitGroup
	refused atomic.Int64 // connections that had to be tried again
	failed  atomic.Pointer[error]

	marker atomic.Pointer[[]byte] // what all are waiting to see
	left   atomic.Int64
	all    chan struct{}
}

type screen struct {
	conn    net.Conn
	request []byte // of the handshake
	stalled bool

	seen  atomic.Int64 // when the marker came, in Unix nanoseconds; 0: not yet
	bytes atomic.Int64 // read since the marker was named
}

// mark stands in a fragment and names its version.
func mark(version int64) string { return fmt.Sprintf("~%012d~", version) }

// Watch is that process: it opens all connections and obeys until in ends.
func Watch(o Audience, in io.Reader, out io.Writer) error {
	a := &audience{Audience: o, all: make(chan struct{}, 1)}
	a.expect([]byte(mark(-1)))
	for i := range o.Screens {
		s := &screen{stalled: o.Stalled && i%100 == 0}
		a.screens = append(a.screens, s)
		s.request = a.handshake(i, o.Addr)
		first, err := a.open(s, o.Addr)
		if err != nil {
			return fmt.Errorf("screen %d: %w", i, err)
		}
		if !s.stalled {
			a.looking.Go(func() { a.look(s, s.conn, first) })
		}
	}
	fmt.Fprintln(out, "ready")
	return obey(in, out, func(o order) (string, error) {
		switch {
		case o.verb == "expect" && len(o.args) == 1:
			marker, err := hex.DecodeString(o.args[0])
			a.expect(marker)
			return "expecting", err
		case o.verb == "seen":
			return a.report()
		case o.verb == "cut":
			a.cut()
			return "cut", nil
		case o.verb == "return" && len(o.args) == 1:
			return fmt.Sprint(a.comeBack(o.args[0]).UnixNano()), nil
		}
		return "", fmt.Errorf("what is %q?", o.verb)
	})
}

// handshake is what screen i says first; nothing on bare connections.
func (a *audience) handshake(i int, addr string) []byte {
	if a.Kind == "tcp" {
		return nil
	}
	view, cookie := a.View, ""
	if a.Stalled && i%100 == 0 {
		view += "&topic=b"
	}
	if a.Kind == "node" {
		cookie = "\r\nCookie: terminplan=" + sessionToken(a.Seed, a.FirstToken+i/a.PerSession)
	}
	return []byte("GET /live?" + view + " HTTP/1.1\r\nHost: " + addr + "\r\nOrigin: http://" + addr + cookie +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
}

// open connects and returns what came behind the handshake.
func (a *audience) open(s *screen, addr string) (first []byte, err error) {
	d := net.Dialer{Timeout: patience}
	if s.conn, err = d.Dial("tcp", addr); err != nil {
		return nil, err
	}
	if s.stalled {
		_ = s.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	if a.Kind == "tcp" {
		return nil, nil
	}
	if _, err := s.conn.Write(s.request); err != nil {
		return nil, err
	}
	head := make([]byte, 0, 2<<10)
	end := -1
	for end < 0 {
		if len(head) == cap(head) {
			return nil, errors.New("the handshake is answered with too much")
		}
		n, err := s.conn.Read(head[len(head):cap(head)])
		if err != nil {
			return nil, fmt.Errorf("the handshake: %w", err)
		}
		head = head[:len(head)+n]
		end = bytes.Index(head, []byte("\r\n\r\n"))
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return nil, fmt.Errorf("the handshake is answered with %.60q", head)
	}
	if a.Kind == "centrifuge" {
		const connect = `{"id":1,"connect":{}}`
		// One masked text frame; a mask of zeros leaves it as it is.
		frame := append([]byte{0x81, 0x80 | byte(len(connect)), 0, 0, 0, 0}, connect...)
		if _, err := s.conn.Write(frame); err != nil {
			return nil, err
		}
	}
	return head[end+4:], nil
}

// look reads until the connection ends.
func (a *audience) look(s *screen, c net.Conn, first []byte) {
	buf := make([]byte, 4<<10)
	text := buf[:copy(buf, first)]
	s.bytes.Add(int64(len(text)))
	for {
		marker := *a.marker.Load()
		if s.seen.Load() == 0 && bytes.Contains(text, marker) {
			s.seen.Store(time.Now().UnixNano())
			if a.left.Add(-1) == 0 {
				a.all <- struct{}{}
			}
		}
		carry := copy(buf, text[max(0, len(text)-len(marker)+1):]) // a marker may be cut between two reads
		n, err := c.Read(buf[carry:])
		if err != nil {
			return
		}
		s.bytes.Add(int64(n))
		text = buf[:carry+n]
	}
}

func (a *audience) expect(marker []byte) {
	n := int64(0)
	for _, s := range a.screens {
		s.seen.Store(0)
		s.bytes.Store(0)
		if !s.stalled {
			n++
		}
	}
	a.left.Store(n)
	a.marker.Store(&marker)
}

// report waits until everybody has seen it and says when half, 99 of 100 and the
// last of them had, what one read for it, and how often a connection was tried again.
func (a *audience) report() (string, error) {
	select {
	case <-a.all:
	case <-time.After(patience):
		if err := a.failed.Load(); err != nil {
			return "", fmt.Errorf("%d screens do not show the newest version after %s; one of them: %w", a.left.Load(), patience, *err)
		}
		return "", fmt.Errorf("%d screens do not show the newest version after %s", a.left.Load(), patience)
	}
	var at []int64
	for _, s := range a.screens {
		if !s.stalled {
			at = append(at, s.seen.Load())
		}
	}
	slices.Sort(at)
	return fmt.Sprint(at[len(at)/2], at[len(at)*99/100], at[len(at)-1], a.screens[len(a.screens)/2].bytes.Load(), a.refused.Swap(0)), nil
}

// cut breaks all connections, as a network does: without a word.
func (a *audience) cut() {
	for _, s := range a.screens {
		_ = s.conn.(*net.TCPConn).SetLinger(0)
		_ = s.conn.Close()
	}
	a.looking.Wait()
}

// pause is what a page's script waits at least before it tries again.
const pause = 500 * time.Millisecond

// comeBack has all screens connect at once, and returns when they began.
func (a *audience) comeBack(addr string) time.Time {
	start := make(chan struct{})
	for i, s := range a.screens {
		s.request = a.handshake(i, addr)
		a.looking.Go(func() {
			<-start
			for began := time.Now(); time.Since(began) < patience; time.Sleep(pause) {
				first, err := a.open(s, addr)
				if err == nil {
					a.look(s, s.conn, first)
					return
				}
				a.failed.Store(&err)
				a.refused.Add(1)
			}
		})
	}
	began := time.Now()
	close(start)
	return began
}
