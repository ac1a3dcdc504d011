package hub

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// Only this file and the wire_*.go files know how bytes reach a socket. The rest of the
// package calls wire.send, which returns at once. A goroutine writes the bytes that the socket
// did not accept; it lives only as long as the connection is slow.

// closeGrace is the time that a peer has to answer a close frame.
const closeGrace = 5 * time.Second

// wire writes frames to one connection. If close is called before attach, wire keeps the close
// frame until the connection is attached.
type wire struct {
	hub *Hub
	net net.Conn

	mu      sync.Mutex
	fd      uintptr  // descriptor of the socket, valid until gone
	direct  bool     // fd can be written to without net.Conn, see attach
	gone    bool     // the socket is closed
	goodbye []byte   // the close frame; nil until the connection is to be closed
	late    *backlog // not nil while the connection is slow; then catchUp owns the writing side
}

// attach sets the connection. Some connections have no file descriptor of their own (TLS,
// pipes in tests), and some systems have no non-blocking write. Then the goroutine for slow
// connections does all writes, which is correct but slower.
//
// Otherwise wire writes to the descriptor without net.Conn, whose bookkeeping costs more than
// ours. This is safe: the descriptor is valid while the socket is open, only hangUp closes the
// socket, and writers and hangUp both hold w.mu.
func (w *wire) attach(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.net = conn
	if c, ok := conn.(syscall.Conn); ok && canWriteNow {
		if raw, err := c.SyscallConn(); err == nil {
			w.direct = raw.Control(func(fd uintptr) { w.fd = fd }) == nil
		}
	}
	if w.goodbye != nil { // close was called before there was a connection
		w.finish()
	}
}

// send writes f, or keeps its updates while the socket is full. It never blocks and returns
// the number of bytes that the socket accepted.
func (w *wire) send(f *frame) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.net == nil || w.goodbye != nil || w.gone:
	case w.late == nil && w.direct:
		return w.writeOrKeep(f.bytes)
	default:
		if w.late == nil {
			w.becomeSlow(nil)
		}
		for _, u := range f.updates {
			w.late.waiting.add(u)
		}
	}
	return 0
}

// sendIfIdle writes b, a heartbeat, unless other data is already waiting for the peer.
func (w *wire) sendIfIdle(b []byte) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.net == nil || w.goodbye != nil || w.gone || w.late != nil:
	case !w.direct:
		w.becomeSlow(b)
	default:
		return w.writeOrKeep(b)
	}
	return 0
}

// sendControl writes a control frame of the library. While the connection is slow, only the
// newest frame is kept, as RFC 6455, section 5.5.3, allows for pongs.
func (w *wire) sendControl(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.net == nil || w.goodbye != nil || w.gone:
	case len(b) > 0 && b[0]&0x0f == opClose:
		w.goodbye = append([]byte(nil), b...)
		w.finish()
	case w.late != nil:
		w.late.control = append(w.late.control[:0], b...)
	case !w.direct:
		w.becomeSlow(append([]byte(nil), b...))
	default:
		// The library reuses b, so keep a copy of the rest.
		n, ok := w.tryNow(b)
		w.hub.count.bytes.Add(uint64(n))
		if ok && n < len(b) {
			w.becomeSlow(append([]byte(nil), b[n:]...))
		}
	}
}

// close sends a close frame after the frame that is being written, and nothing after it. It
// reports whether this call decided to close.
func (w *wire) close(code int, reason string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.goodbye != nil || w.gone {
		return false
	}
	w.goodbye = closeFrame(code, reason)
	if w.net != nil {
		w.finish()
	}
	return true
}

// drop closes the socket without a close frame.
func (w *wire) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangUp()
}

func (w *wire) closing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.goodbye != nil || w.gone
}

// finish sends the close frame. From then on the peer has closeGrace to answer. The caller
// holds w.mu; goodbye and net are set.
func (w *wire) finish() {
	w.dropBacklog()
	_ = w.net.SetReadDeadline(time.Now().Add(closeGrace))
	switch {
	case w.gone || w.late != nil: // catchUp sends it
	case !w.direct:
		w.becomeSlow(nil)
	default:
		n, ok := w.tryNow(w.goodbye)
		w.hub.count.bytes.Add(uint64(n))
		switch {
		case n == len(w.goodbye):
			closeWrite(w.net)
		case ok:
			w.becomeSlow(w.goodbye[n:])
			w.late.leaving = true
		}
	}
}

// hangUp closes the socket. The caller holds w.mu.
func (w *wire) hangUp() {
	if w.gone {
		return
	}
	w.gone = true
	w.dropBacklog()
	if w.net != nil {
		_ = w.net.Close()
	}
}

// writeOrKeep writes b. If the socket accepts only a part, the connection becomes slow with
// the rest. It returns the number of bytes accepted. The caller holds w.mu.
func (w *wire) writeOrKeep(b []byte) int {
	n, ok := w.tryNow(b)
	if ok && n < len(b) {
		w.becomeSlow(b[n:])
	}
	return n
}

// tryNow writes b without blocking and returns the number of bytes accepted; fewer than len(b)
// is not a failure. If ok is false, the socket is broken and has been closed. The caller holds
// w.mu.
func (w *wire) tryNow(b []byte) (n int, ok bool) {
	n, err := writeNow(w.fd, b)
	if err != nil {
		w.hangUp()
		return 0, false
	}
	return n, true
}
