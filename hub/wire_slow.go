package hub

import (
	"errors"
	"net"
	"os"
	"time"
)

// slowChunk bounds one write to a slow socket, so that a peer that reads a little at a time is
// seen to make progress.
const slowChunk = 16 << 10

// backlog holds the unwritten data of a slow connection.
type backlog struct {
	rest    []byte // the rest of a partly written frame
	leaving bool   // rest is part of the close frame
	control []byte // the newest ping or pong, to be written after rest
	waiting latest // updates, to be written after rest
}

// dropBacklog drops everything that waits for the end of the current frame. The caller holds
// w.mu.
func (w *wire) dropBacklog() {
	if w.late != nil {
		w.late.waiting, w.late.control = latest{}, nil
	}
}

// becomeSlow starts the goroutine that writes rest and then the updates that arrived in the
// meantime. The caller holds w.mu.
func (w *wire) becomeSlow(rest []byte) {
	w.late = &backlog{rest: rest}
	w.hub.count.slow.Add(1)
	w.hub.running.Go(w.catchUp)
}

// catchUp writes with deadlines until nothing is left, and then hands the connection back to
// the shards.
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
			return // late stays set: nothing may follow the close frame anyway
		}
	}
}

// nextToWrite returns the next bytes to write. last is true if they end the close frame. If
// nothing is left, it ends the slow state and returns false.
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

// writePatiently writes b as long as the peer accepts some of it within every SlowLimit. It
// returns the bytes that were not accepted.
func (w *wire) writePatiently(b []byte) ([]byte, error) {
	for len(b) > 0 {
		if err := w.net.SetWriteDeadline(time.Now().Add(w.hub.opts.SlowLimit)); err != nil {
			return b, err
		}
		n, err := w.net.Write(b[:min(len(b), slowChunk)])
		w.hub.count.bytes.Add(uint64(n))
		b = b[n:]
		// Only a plain socket can continue after a timeout: TLS has written a part of a
		// record.
		if err != nil && (n == 0 || !w.direct || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return b, err
		}
	}
	return nil, nil
}

// giveUp handles a connection without progress. Its frame is partly written, and a close frame
// may only follow the end of that frame. So the peer gets closeGrace to read both, and nothing
// else. It reports whether there is something left to write.
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
			w.dropBacklog()
			_ = w.net.SetReadDeadline(time.Now().Add(closeGrace))
			w.late.rest = rest
			return true
		}
	}
	// The read deadline ends the connection after closeGrace.
	if patient && w.direct {
		w.late.rest, w.late.leaving = rest, last
		return true
	}
	w.hangUp()
	return false
}

// closeWrite closes the writing side, so that the peer ends the connection even if its library
// does not close after a close frame.
func closeWrite(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
