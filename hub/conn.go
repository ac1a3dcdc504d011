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

// Close codes of the hub (RFC 6455, section 7.4.1, and the IANA registry).
const (
	codeProtocol = 1002
	codeBinary   = 1003
	codeNotUTF8  = 1007
	codePolicy   = 1008
	codeRestart  = 1012
	codeTooSlow  = 1013
)

// unfinishedLimit is the longest time between the first and the last byte of a message.
const unfinishedLimit = 20 * time.Second

// Subscription configures a connection. Owner, Person and Network name the connections that
// count together for MaxPerOwner, MaxPerPerson and MaxPerNetwork; an empty name is not
// limited. Disconnect closes the connections of an owner. OnClose is called once after the
// connection has ended, but only if Accept returned the connection.
type Subscription struct {
	Topics  []Topic
	Owner   string
	Person  string
	Network string
	OnClose func()
}

// Conn is the WebSocket of one page.
type Conn struct {
	hub     *Hub
	wire    wire
	owner   string
	person  string
	network string
	onClose func()
	shard   *shard

	// topics does not change after Accept. The others belong to the shard.
	topics    []*topic
	positions []int // the index of this connection in the list of each topic
	slot      int   // the part of the heartbeat round
	inSlot    int   // the index in this part

	heard atomic.Int64 // time of the last incoming byte
	begun atomic.Int64 // start time of the unfinished message, 0 if there is none

	// Only the reader uses these.
	early   []byte // bytes that arrived together with the handshake
	budget  budget
	scanner frameScanner
}

// Send writes the updates to this connection only. Callers use it for the first state of a
// page. It never blocks.
func (c *Conn) Send(updates ...Update) { c.hub.Send([]*Conn{c}, updates...) }

// Close sends a close frame and ends the connection. It reports whether this call decided it.
func (c *Conn) Close(code int, reason string) bool { return c.wire.close(code, reason) }

// read reads from the peer until the connection ends. Messages from clients have no meaning;
// read only enforces the limits.
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

// messages holds buffers of one byte more than the longest message. A buffer is borrowed only
// while a message arrives, so idle connections need none.
var messages = sync.Pool{New: func() any { b := make([]byte, maxMessage+1); return &b }}

func (c *Conn) readMessage(ws *websocket.Conn) error {
	kind, r, err := ws.Reader(context.Background())
	if err != nil {
		return err
	}
	if kind == websocket.MessageBinary {
		return c.refuse(codeBinary, "only text messages are allowed")
	}
	borrowed := messages.Get().(*[]byte)
	defer messages.Put(borrowed)
	buf := *borrowed
	n, err := io.ReadFull(r, buf)
	if err == nil { // the message is too long; the next Read returns the library's error
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

var errRefused = errors.New("hub: the peer broke a limit or the protocol")

func (c *Conn) refuse(code int, reason string) error {
	if c.wire.close(code, reason) {
		c.hub.count.refused.Add(1)
	}
	return errRefused
}

// linger reads on for a moment after the close frame. Closing a socket with unread bytes would
// reset the connection, and the peer might lose the close frame.
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

// readRaw is the source of bytes for the library.
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

// account counts incoming bytes and refuses the connection if it exceeds a limit. It reports
// whether the connection goes on.
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

// tap is the net.Conn of the library. It counts reads and passes writes to the wire. Each
// write is one whole control frame, see writeBuffer.
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

// upgrade is the http.ResponseWriter for the library. Its Hijack keeps the connection for the
// hub and replaces the 4 KiB buffers of net/http by small ones.
type upgrade struct {
	http.ResponseWriter
	conn *Conn
}

func (u *upgrade) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// WriteHeaderNow lets Gin's writer send the status 101, which it would otherwise hold back.
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
