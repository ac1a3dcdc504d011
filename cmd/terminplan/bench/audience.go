package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// audience is very many screens. Each only looks for the newest version in what
// comes, so that it costs both sides of a comparison the same.
type audience struct {
	conns []*screen

	marker atomic.Pointer[[]byte] // what all are waiting to see
	left   atomic.Int64
	all    chan struct{}
}

type screen struct {
	net.Conn
	seen    atomic.Int64 // when the marker came, in Unix nanoseconds; 0: not yet
	stalled bool
}

// token stands in a fragment and names its version.
func token(version int64) string { return fmt.Sprintf("~%012d~", version) }

// Watch is the process of the audience: it opens n connections of a kind (tcp, hub
// or centrifuge) to addr. Every hundredth reads nothing if stalled.
func Watch(kind, addr string, n int, stalled bool, in io.Reader, out io.Writer) error {
	a := &audience{all: make(chan struct{}, 1)}
	none := []byte(token(-1))
	a.marker.Store(&none)
	for i := range n {
		c, err := dial(kind, addr, stalled && i%100 == 0)
		if err != nil {
			return fmt.Errorf("screen %d: %w", i, err)
		}
		c.stalled = stalled && i%100 == 0
		a.conns = append(a.conns, c)
		if !c.stalled {
			go a.look(c)
		}
	}
	fmt.Fprintln(out, "ready")
	return obey(in, out, func(order string, args []int64) (string, error) {
		switch order {
		case "expect":
			a.expect(args[0])
			return "expecting", nil
		case "seen":
			return a.report()
		}
		return "", fmt.Errorf("what is %q?", order)
	})
}

func dial(kind, addr string, stalled bool) (*screen, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &screen{Conn: c}
	if stalled {
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	if kind == "tcp" {
		return s, nil
	}
	topics := "topic=a"
	if stalled {
		topics += "&topic=b"
	}
	request := "GET /live?" + topics + " HTTP/1.1\r\nHost: " + addr + "\r\nOrigin: http://" + addr +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(c, request); err != nil {
		return nil, err
	}
	head := make([]byte, 0, 512)
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := io.ReadFull(c, one); err != nil {
			return nil, fmt.Errorf("the handshake: %w", err)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101") {
		return nil, fmt.Errorf("the handshake is answered with %.60q", head)
	}
	if kind == "centrifuge" {
		const connect = `{"id":1,"connect":{}}`
		// One masked text frame; a mask of zeros leaves it as it is.
		frame := append([]byte{0x81, 0x80 | byte(len(connect)), 0, 0, 0, 0}, connect...)
		if _, err := c.Write(frame); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// look reads until the connection ends.
func (a *audience) look(c *screen) {
	buf := make([]byte, 4<<10)
	carry := 0 // a marker may be cut between two reads
	for {
		n, err := c.Read(buf[carry:])
		if err != nil {
			return
		}
		marker := *a.marker.Load()
		text := buf[:carry+n]
		if c.seen.Load() == 0 && bytes.Contains(text, marker) {
			c.seen.Store(time.Now().UnixNano())
			if a.left.Add(-1) == 0 {
				a.all <- struct{}{}
			}
		}
		carry = copy(buf, text[max(0, len(text)-len(marker)+1):])
	}
}

func (a *audience) expect(version int64) {
	n := int64(0)
	for _, c := range a.conns {
		c.seen.Store(0)
		if !c.stalled {
			n++
		}
	}
	a.left.Store(n)
	marker := []byte(token(version))
	a.marker.Store(&marker)
}

// report waits until everybody has seen it and says when half, 99 of 100 and the
// last of them had.
func (a *audience) report() (string, error) {
	select {
	case <-a.all:
	case <-time.After(30 * time.Second):
		return "", errors.New("not every screen shows the newest version after 30 s")
	}
	var at []int64
	for _, c := range a.conns {
		if !c.stalled {
			at = append(at, c.seen.Load())
		}
	}
	slices.Sort(at)
	return fmt.Sprint(at[len(at)/2], at[len(at)*99/100], at[len(at)-1]), nil
}

// together runs f for 0 to n-1 at once.
func together(n int, f func(i int) error) error {
	var group sync.WaitGroup
	failed := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			if err := f(i); err != nil {
				failed <- err
			}
		})
	}
	close(start)
	group.Wait()
	close(failed)
	return <-failed
}
