package hub

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// This file is the only one that knows how bytes reach a socket. The rest of
// the package hands a frame to wire.send and goes on: whatever the socket does
// not take at once is the business of a goroutine that lives only as long as
// the connection is slow.

// closeGrace is how long a peer may take to answer a close frame.
const closeGrace = 5 * time.Second

// slowChunk bounds one write to a slow socket, so that a peer that takes a
// little at a time is seen to make progress.
const slowChunk = 16 << 10

// wire writes frames to one connection. Its zero value keeps a close code until
// a connection is attached.
type wire struct {
	hub *Hub
	net net.Conn

	mu      sync.Mutex
	fd      uintptr  // of the socket, while it is not gone
	direct  bool     // fd may be written to at once, see attach
	gone    bool     // the socket is closed
	goodbye []byte   // the close frame, from when it is decided that there is one
	late    *backlog // not nil: the connection is slow, and a goroutine owns the writing side
}

// backlog is what a slow connection has not been told yet.
type backlog struct {
	rest    []byte // what is left of a frame that was cut
	leaving bool   // rest belongs to the goodbye
	control []byte // the newest pong or ping that waits for the end of the frame
	waiting latest // state that waits for the end of the frame
}

// attach gives the wire its connection. A connection without a file descriptor
// of its own (TLS, pipes in tests) or a system without non-blocking write is
// written to by the goroutine of slow connections only: correct, but slower.
//
// The descriptor is kept and written to past net.Conn, whose bookkeeping costs more
// than ours: it is valid as long as the socket is open, the socket is closed by
// hangUp alone, and both writing and hangUp hold w.mu.
func (w *wire) attach(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.net = conn
	if c, ok := conn.(syscall.Conn); ok && canWriteNow {
		if raw, err := c.SyscallConn(); err == nil {
			w.direct = raw.Control(func(fd uintptr) { w.fd = fd }) == nil
		}
	}
	if w.goodbye != nil { // told to close before there was a connection
		w.finish()
	}
}

// send writes f or, when the socket is full, keeps what f says until it is not.
// It never blocks, and returns how many bytes the socket took.
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

// sendIfIdle writes b, a heartbeat, unless the peer has enough to read anyway.
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

// sendControl writes a control frame that the library made. Of several that
// have to wait only the newest is kept, as the protocol allows for pongs.
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
		// The library reuses b, so a cut one must not be kept as it is.
		n, ok := w.tryNow(b)
		w.hub.count.bytes.Add(uint64(n))
		if ok && n < len(b) {
			w.becomeSlow(append([]byte(nil), b[n:]...))
		}
	}
}

// close says goodbye after what is being written now, and nothing after that.
// It reports whether this call decided it.
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

// drop closes the socket without a word.
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

// finish sends the goodbye; from here on the peer has closeGrace to answer.
// The caller holds w.mu, goodbye and net are set.
func (w *wire) finish() {
	w.saveNothing()
	_ = w.net.SetReadDeadline(time.Now().Add(closeGrace))
	switch {
	case w.gone || w.late != nil: // its goroutine sends it
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
	w.saveNothing()
	if w.net != nil {
		_ = w.net.Close()
	}
}

// saveNothing drops what waits for the end of the frame. The caller holds w.mu.
func (w *wire) saveNothing() {
	if w.late != nil {
		w.late.waiting, w.late.control = latest{}, nil
	}
}

// writeOrKeep writes b or becomes slow with the rest of it. It returns how much the
// socket took. The caller holds w.mu.
func (w *wire) writeOrKeep(b []byte) int {
	n, ok := w.tryNow(b)
	if ok && n < len(b) {
		w.becomeSlow(b[n:])
	}
	return n
}

// tryNow returns how much of b the socket took; none or a part is no failure. Not
// ok means that it is broken and was closed. The caller holds w.mu.
func (w *wire) tryNow(b []byte) (n int, ok bool) {
	n, err := writeNow(w.fd, b)
	if err != nil {
		w.hangUp()
		return 0, false
	}
	return n, true
}

// becomeSlow starts the goroutine that writes rest and then what has come in
// the meantime. The caller holds w.mu.
func (w *wire) becomeSlow(rest []byte) {
	w.late = &backlog{rest: rest}
	w.hub.count.slow.Add(1)
	w.hub.running.Go(w.catchUp)
}

// catchUp writes with deadlines until nothing is left to say, then hands the
// connection back to the shared writers.
func (w *wire) catchUp() {
	defer w.hub.count.slow.Add(-1)
	for {
		next, last, ok := w.nextToWrite()
		if !ok {
			return
		}
		if rest, err := w.writePatiently(next); err != nil {
			if w.giveUp(rest, last, err) {
				continue
			}
			return
		}
		if last {
			closeWrite(w.net)
			return // still slow: nothing may follow the goodbye anyway
		}
	}
}

// nextToWrite returns what to write next; last says that it ends the goodbye.
// Without anything to write it ends the slow time and reports false.
func (w *wire) nextToWrite() (next []byte, last, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.gone:
		return nil, false, false
	case w.late.rest != nil:
		next, w.late.rest = w.late.rest, nil
		return next, w.late.leaving, true
	case w.goodbye != nil:
		return w.goodbye, true, true
	case w.late.control != nil:
		next, w.late.control = w.late.control, nil
		return next, false, true
	case !w.late.waiting.empty():
		return w.hub.frame(w.late.waiting.take()).bytes, false, true
	}
	w.late = nil
	_ = w.net.SetWriteDeadline(time.Time{})
	return nil, false, false
}

// writePatiently writes b as long as the peer takes some of it every SlowLimit,
// and returns what it did not take.
func (w *wire) writePatiently(b []byte) ([]byte, error) {
	for len(b) > 0 {
		if err := w.net.SetWriteDeadline(time.Now().Add(w.hub.opts.SlowLimit)); err != nil {
			return b, err
		}
		n, err := w.net.Write(b[:min(len(b), slowChunk)])
		w.hub.count.bytes.Add(uint64(n))
		b = b[n:]
		// Only a bare socket can go on after a time-out; TLS has cut a record.
		if err != nil && (n == 0 || !w.direct || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return b, err
		}
	}
	return nil, nil
}

// giveUp decides what happens to a connection that made no progress. Its frame
// is cut and a close frame can only follow the end of it, so the peer has
// closeGrace to take both; it gets nothing else any more. It reports whether
// there is something left to try.
func (w *wire) giveUp(rest []byte, last bool, err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return false
	}
	patient := errors.Is(err, os.ErrDeadlineExceeded)
	if patient && w.goodbye == nil {
		w.hub.count.slowClosed.Add(1)
		w.hub.log.Info("closing a connection that does not read")
		if w.direct {
			w.goodbye = closeFrame(codeTooSlow, "too slow")
			w.saveNothing()
			_ = w.net.SetReadDeadline(time.Now().Add(closeGrace))
			w.late.rest = rest
			return true
		}
	}
	// The reader ends the connection when its grace is over.
	if patient && w.direct {
		w.late.rest, w.late.leaving = rest, last
		return true
	}
	w.hangUp()
	return false
}

// closeWrite tells the peer that nothing follows the goodbye, so that it ends
// the connection even if the library on its side does not.
func closeWrite(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
