package hub

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// Close codes that the hub itself uses.
const (
	codeProtocol = 1002
	codeBinary   = 1003
	codeNotUTF8  = 1007
	codePolicy   = 1008
	codeRestart  = 1012
	codeTooSlow  = 1013
)

// unfinishedLimit is how long a peer may take for one message, pauses included.
const unfinishedLimit = 20 * time.Second

// Subscription says what a connection looks at. Owner is whom it counts for and
// by whom it can be disconnected; without one it is not limited. OnClose is
// called once after the connection has ended, if Accept had returned it.
type Subscription struct {
	Topics  []Topic
	Owner   string
	OnClose func()
}

// Conn is one WebSocket of one page.
type Conn struct {
	hub     *Hub
	wire    wire
	owner   string
	onClose func()
	shard   *shard

	// topics is set before the connection is shared; places belongs to the shard.
	topics []*topic
	places []int
	slot   int // in which part of the heartbeat's round
	inSlot int

	heard atomic.Int64 // when the last byte came in
	begun atomic.Int64 // since when a message is unfinished, 0 if none is

	// These belong to the reader.
	early   []byte // what came in together with the handshake
	budget  budget
	scanner frameScanner
}

// Send writes the state of these things to this connection only, for a page
// that has just subscribed. It never blocks.
func (c *Conn) Send(updates ...Update) { c.hub.Send([]*Conn{c}, updates...) }

// Close tells the page why and ends the connection. It reports whether this call did.
func (c *Conn) Close(code int, reason string) bool { return c.wire.close(code, reason) }

// read takes what the peer sends until the connection ends. Nothing a client
// says means anything here; it is only kept within its limits.
func (c *Conn) read(ws *websocket.Conn) {
	defer c.hub.running.Done()
	var err error
	for err == nil {
		err = c.readMessage(ws)
	}
	if websocket.CloseStatus(err) == -1 && c.wire.closing() {
		c.linger()
	}
	c.wire.drop()
	_ = ws.CloseNow()
	c.hub.leave(c)
	if c.onClose != nil {
		c.onClose()
	}
}

// messages holds buffers for one message and the byte that would be too much.
// They are borrowed for as long as a message arrives, not while waiting for one.
var messages = sync.Pool{New: func() any { b := make([]byte, maxMessage+1); return &b }}

func (c *Conn) readMessage(ws *websocket.Conn) error {
	kind, r, err := ws.Reader(context.Background())
	if err != nil {
		return err
	}
	if kind == websocket.MessageBinary {
		return c.refuse(codeBinary, "only text is spoken here")
	}
	borrowed := messages.Get().(*[]byte)
	defer messages.Put(borrowed)
	buf := *borrowed
	n, err := io.ReadFull(r, buf)
	if err == nil { // too long, which the library says when asked for more
		_, err = r.Read(buf)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if !utf8.Valid(buf[:n]) {
		return c.refuse(codeNotUTF8, "the text is not UTF-8")
	}
	c.budget.messages++
	if c.budget.exceeded() {
		return c.refuse(codePolicy, "too many messages")
	}
	return nil
}

var errRefused = errors.New("hub: the peer broke the rules")

func (c *Conn) refuse(code int, reason string) error {
	if c.wire.close(code, reason) {
		c.hub.count.refused.Add(1)
	}
	return errRefused
}

// linger reads on for a moment after a goodbye: to close a socket with unread
// bytes in it would reset it, and the peer might never see why.
func (c *Conn) linger() {
	const most = 256 << 10
	borrowed := messages.Get().(*[]byte)
	defer messages.Put(borrowed)
	buf := *borrowed
	for n := 0; n < most; {
		m, err := c.wire.net.Read(buf)
		if err != nil {
			return
		}
		n += m
	}
}

// readRaw is where the library gets its bytes from.
func (c *Conn) readRaw(p []byte) (int, error) {
	n := copy(p, c.early)
	var err error
	if n > 0 {
		c.early = c.early[n:]
	} else {
		c.early = nil
		n, err = c.wire.net.Read(p)
	}
	if n > 0 && !c.account(p[:n]) {
		return 0, errRefused
	}
	return n, err
}

// account counts what came in and closes the connection when it is too much.
func (c *Conn) account(p []byte) bool {
	t := now()
	c.heard.Store(t)
	c.budget.at(t)
	c.budget.bytes += len(p)
	c.budget.frames += c.scanner.scan(p)
	switch {
	case c.budget.exceeded():
		_ = c.refuse(codePolicy, "too much traffic")
		return false
	case c.scanner.unmasked:
		_ = c.refuse(codeProtocol, "a frame was not masked")
		return false
	case !c.scanner.unfinished():
		c.begun.Store(0)
	case c.begun.Load() == 0:
		c.begun.Store(t)
	}
	return true
}

// tap is the net.Conn that the library gets: it counts what is read, and what is
// written (whole control frames, see buffer sizes) takes its turn on the wire.
type tap struct{ c *Conn }

func (t tap) Read(p []byte) (int, error)         { return t.c.readRaw(p) }
func (t tap) Write(p []byte) (int, error)        { t.c.wire.sendControl(p); return len(p), nil }
func (t tap) Close() error                       { t.c.wire.drop(); return nil }
func (t tap) LocalAddr() net.Addr                { return t.c.wire.net.LocalAddr() }
func (t tap) RemoteAddr() net.Addr               { return t.c.wire.net.RemoteAddr() }
func (t tap) SetDeadline(d time.Time) error      { return t.c.wire.net.SetDeadline(d) }
func (t tap) SetReadDeadline(d time.Time) error  { return t.c.wire.net.SetReadDeadline(d) }
func (t tap) SetWriteDeadline(d time.Time) error { return t.c.wire.net.SetWriteDeadline(d) }

const (
	readBuffer = 64
	// The write buffer holds every control frame whole (2+125 bytes), so that
	// one Write of the tap is always one frame.
	writeBuffer = 128
)

// upgrade is the ResponseWriter that the library gets. Its Hijack keeps the
// connection for the hub and exchanges net/http's 4 KiB buffers for small ones.
type upgrade struct {
	http.ResponseWriter
	conn *Conn
}

func (u *upgrade) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// WriteHeaderNow is what Gin's writer needs to send the 101 at all.
func (u *upgrade) WriteHeaderNow() {
	if w, ok := u.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		w.WriteHeaderNow()
	}
}

func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Reader.Peek(n)
		u.conn.early = append([]byte(nil), early...)
	}
	t0 := now()
	u.conn.heard.Store(t0)
	u.conn.budget.began = t0
	u.conn.wire.attach(conn)
	t := tap{u.conn}
	return t, bufio.NewReadWriter(bufio.NewReaderSize(t, readBuffer), bufio.NewWriterSize(t, writeBuffer)), nil
}
