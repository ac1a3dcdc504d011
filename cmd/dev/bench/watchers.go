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

// watchersCmd is the process that holds very many screens. A screen only searches the
// incoming bytes for the newest version, so its cost is the same for every kind of server.
type watchersCmd struct {
	Kind       string `arg:"" enum:"tcp,hub,centrifuge,node"`
	Addr       string `arg:""`
	Screens    int    `arg:""`
	Stalled    bool   `help:"Every hundredth screen reads nothing."`
	View       string `help:"The view of the screens of a node." default:"topic=a"`
	PerSession int    `help:"Number of a node's screens that share a session." default:"1"`
	FirstToken int    `help:"The number of the first screen's session."`
	Visitors   bool   `help:"The screens show a node's public schedule, and nobody is signed in."`
	Seed       string `env:"TERMINPLAN_BENCH_SEED" hidden:""`
}

type watchers struct {
	watchersCmd
	screens []*screen
	reading sync.WaitGroup
	refused atomic.Int64 // connections that were refused and tried again
	failed  atomic.Pointer[error]
	opened  atomic.Int64

	marker atomic.Pointer[[]byte] // the bytes that every screen waits for
	left   atomic.Int64           // screens that have not received them
	all    chan struct{}
}

type screen struct {
	conn    net.Conn
	request []byte // of the handshake
	stalled bool

	seen  atomic.Int64 // when the marker arrived, in Unix nanoseconds; 0: not yet
	bytes atomic.Int64 // read since the marker was set
}

// mark is the text in a fragment that names its version.
func mark(version int64) string { return fmt.Sprintf("~%012d~", version) }

// watch opens all connections and answers commands until in ends.
func watch(o watchersCmd, in io.Reader, out io.Writer) error {
	w := &watchers{watchersCmd: o, all: make(chan struct{}, 1)}
	w.expect([]byte(mark(-1)))
	for i := range o.Screens {
		s := &screen{stalled: o.Stalled && i%100 == 0}
		w.screens = append(w.screens, s)
		s.request = w.handshake(i, o.Addr)
		first, err := w.open(s, o.Addr)
		if err != nil {
			return fmt.Errorf("screen %d: %w", i, err)
		}
		if !s.stalled {
			w.reading.Go(func() { w.read(s, s.conn, first) })
		}
	}
	fmt.Fprintln(out, "ready")
	return serveCommands(in, out, func(c command) (string, error) {
		switch {
		case c.verb == "expect" && len(c.args) == 1:
			marker, err := hex.DecodeString(c.args[0])
			w.expect(marker)
			return "expecting", err
		case c.verb == "seen":
			return w.report()
		case c.verb == "cut":
			w.cut()
			return "cut", nil
		case c.verb == "reconnect" && len(c.args) == 1:
			return fmt.Sprint(w.reconnect(c.args[0]).UnixNano()), nil
		}
		return "", fmt.Errorf("unknown command %q", c.verb)
	})
}

// handshake returns the request of screen i; a bare connection sends none.
func (w *watchers) handshake(i int, addr string) []byte {
	if w.Kind == "tcp" {
		return nil
	}
	path, view, cookie := "/live", w.View, ""
	if w.Stalled && i%100 == 0 {
		view += "&topic=b"
	}
	switch {
	case w.Visitors:
		path = "/plan/live"
	case w.Kind == "node":
		cookie = "\r\nCookie: terminplan=" + sessionToken(w.Seed, w.FirstToken+i/w.PerSession)
	}
	return []byte("GET " + path + "?" + view + " HTTP/1.1\r\nHost: " + addr + "\r\nOrigin: http://" + addr + cookie +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
}

// open connects and returns the bytes that followed the handshake.
func (w *watchers) open(s *screen, addr string) (first []byte, err error) {
	d := net.Dialer{Timeout: patience}
	if w.Visitors { // a node limits the sockets of an address, so that each address has a hundred
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+w.opened.Add(1)/100%250))}
	}
	if s.conn, err = d.Dial("tcp", addr); err != nil {
		return nil, err
	}
	if s.stalled {
		_ = s.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	}
	if w.Kind == "tcp" {
		return nil, nil
	}
	if _, err := s.conn.Write(s.request); err != nil {
		return nil, err
	}
	head := make([]byte, 0, 2<<10)
	end := -1
	for end < 0 {
		if len(head) == cap(head) {
			return nil, errors.New("the response to the handshake is too long")
		}
		n, err := s.conn.Read(head[len(head):cap(head)])
		if err != nil {
			return nil, fmt.Errorf("the handshake: %w", err)
		}
		head = head[:len(head)+n]
		end = bytes.Index(head, []byte("\r\n\r\n"))
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return nil, fmt.Errorf("the response to the handshake is %.60q", head)
	}
	if w.Kind == "centrifuge" {
		const connect = `{"id":1,"connect":{}}`
		// One masked text frame; a mask of zeros does not change the text.
		frame := append([]byte{0x81, 0x80 | byte(len(connect)), 0, 0, 0, 0}, connect...)
		if _, err := s.conn.Write(frame); err != nil {
			return nil, err
		}
	}
	return head[end+4:], nil
}

// pong is an empty masked frame. A screen sends one now and then, as browsers do after a
// ping: the hub closes connections that are silent for too long.
var pong = []byte{0x8A, 0x80, 0, 0, 0, 0}

const pongEvery = 20 * time.Second

// read reads until the connection ends.
func (w *watchers) read(s *screen, c net.Conn, first []byte) {
	buf, answered := make([]byte, 4<<10), time.Now()
	text := buf[:copy(buf, first)]
	s.bytes.Add(int64(len(text)))
	for {
		marker := *w.marker.Load()
		if s.seen.Load() == 0 && bytes.Contains(text, marker) {
			s.seen.Store(time.Now().UnixNano())
			if w.left.Add(-1) == 0 {
				w.all <- struct{}{}
			}
		}
		carry := copy(buf, text[max(0, len(text)-len(marker)+1):]) // two reads may split a marker
		n, err := c.Read(buf[carry:])
		if err != nil {
			return
		}
		s.bytes.Add(int64(n))
		text = buf[:carry+n]
		if (w.Kind == "hub" || w.Kind == "node") && time.Since(answered) > pongEvery {
			answered = time.Now()
			if _, err := c.Write(pong); err != nil {
				return
			}
		}
	}
}

func (w *watchers) expect(marker []byte) {
	n := int64(0)
	for _, s := range w.screens {
		s.seen.Store(0)
		s.bytes.Store(0)
		if !s.stalled {
			n++
		}
	}
	w.left.Store(n)
	w.marker.Store(&marker)
}

// report waits until every screen has received the marker. It returns when half, 99 of
// 100 and the last of them had, how many bytes one screen read for it, and how often a
// connection was tried again.
func (w *watchers) report() (string, error) {
	select {
	case <-w.all:
	case <-time.After(patience):
		if err := w.failed.Load(); err != nil {
			return "", fmt.Errorf("%d screens do not show the newest version after %s; one of them: %w", w.left.Load(), patience, *err)
		}
		return "", fmt.Errorf("%d screens do not show the newest version after %s", w.left.Load(), patience)
	}
	var at []int64
	for _, s := range w.screens {
		if !s.stalled {
			at = append(at, s.seen.Load())
		}
	}
	slices.Sort(at)
	half, most, last := at[len(at)/2], at[len(at)*99/100], at[len(at)-1]
	return fmt.Sprint(half, most, last, w.screens[len(w.screens)/2].bytes.Load(), w.refused.Swap(0)), nil
}

// cut resets all connections without a closing handshake, as a failing network does.
func (w *watchers) cut() {
	for _, s := range w.screens {
		_ = s.conn.(*net.TCPConn).SetLinger(0)
		_ = s.conn.Close()
	}
	w.reading.Wait()
}

// pause is the shortest time that the script of a page waits before it tries again.
const pause = 500 * time.Millisecond

// handshakes is the largest number of handshakes in progress: fewer than Linux queues for a
// listening socket (4,096). A full queue drops the connection, and the client tries again
// after exactly a second; the result would then say little about the server.
const handshakes = 4000

// reconnect connects all screens at once and returns when they began.
func (w *watchers) reconnect(addr string) time.Time {
	start, slots := make(chan struct{}), make(chan struct{}, handshakes)
	for i, s := range w.screens {
		s.request = w.handshake(i, addr)
		w.reading.Go(func() {
			<-start
			for began := time.Now(); time.Since(began) < patience; time.Sleep(pause) {
				slots <- struct{}{}
				first, err := w.open(s, addr)
				<-slots
				if err == nil {
					w.read(s, s.conn, first)
					return
				}
				w.failed.Store(&err)
				w.refused.Add(1)
			}
		})
	}
	began := time.Now()
	close(start)
	return began
}
