package hub_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"terminplan/hub"
)

// FuzzIncoming lets a peer send any bytes after the handshake. The server must send only whole
// legal frames and nothing after a close frame, and must keep nothing of the connection after
// the peer has gone.
func FuzzIncoming(f *testing.F) {
	for _, seed := range [][]byte{
		nil, clientFrame(text, "{}"), clientFrame(ping, "p"), clientFrame(closing, "\x03\xe8"), clientFrame(closing, "\x03"),
		clientFrame(binaryFrame, "x"), clientFrame(text, "\xff"), clientFrame(0xc1, ""),
		{0x81},
		{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		append(clientFrame(firstOfText, "a"), clientFrame(0x80, "b")...), clientFrame(text, strings.Repeat("x", 5000)),
		bytes.Repeat(clientFrame(ping, ""), 201),
		{0x81, 0x01, 'x'},
	} {
		f.Add(seed)
	}
	h := hub.New(hub.Options{Log: quiet, Heartbeat: time.Hour})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	f.Cleanup(func() { stop(); <-done })
	f.Fuzz(func(t *testing.T, sent []byte) {
		server, peer := net.Pipe()
		ended := make(chan struct{})
		c, err := h.Accept(
			piped{httptest.NewRecorder(), server}, pageRequest(),
			hub.Subscription{Topics: []hub.Topic{"a"}, OnClose: func() { close(ended) }},
		)
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan error, 1)
		go func() {
			defer peer.Close()
			for closed := false; ; {
				frame, err := readFrame(peer)
				switch {
				case err != nil && strings.Contains(err.Error(), "frame that begins"):
					heard <- err
					return
				case err != nil:
					heard <- nil
					return
				case closed:
					heard <- fmt.Errorf("after the close frame came %+v", frame)
					return
				case frame.opcode == 8:
					// A peer without half-closed connections answers by closing.
					heard <- nil
					return
				}
			}
		}()
		_, _ = peer.Write(sent)
		c.Send(update("a", "k", 1, "state"))
		_ = peer.Close()
		if err := wait(t, "the peer's reader", heard); err != nil {
			t.Error(err)
		}
		wait(t, "the connection to end", ended)
		if st := h.Stats(); st.Topics != 0 || st.Connections != 0 {
			t.Errorf("stats after the end: %+v", st)
		}
	})
}

// pageRequest returns the handshake of a browser on a page of this site.
func pageRequest() *http.Request {
	r := httptest.NewRequest("GET", "http://club.example/live", nil)
	for name, value := range map[string]string{
		"Origin": "http://club.example", "Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// piped is a ResponseWriter whose connection is one end of a pipe.
type piped struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (p piped) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return p.conn, bufio.NewReadWriter(bufio.NewReader(p.conn), bufio.NewWriter(io.Discard)), nil
}

var _ http.Hijacker = piped{}

// FuzzFrameScanner compares the scanner, fed in parts of any size, with a simple parser.
func FuzzFrameScanner(f *testing.F) {
	f.Add(clientFrame(text, "{}"), 1)
	f.Add(append(clientFrame(firstOfText, strings.Repeat("x", 300)), clientFrame(0x80, "")...), 7)
	f.Add([]byte{0x81, 0x01, 'x', 0x88}, 2)
	f.Add(clientFrame(text, strings.Repeat("x", 70_000)), 1000)
	f.Fuzz(func(t *testing.T, b []byte, part int) {
		frames, unmasked, unfinished := hub.Scan(b, part)
		wantFrames, wantUnmasked, wantUnfinished := scanPlainly(b)
		if frames != wantFrames || unmasked != wantUnmasked || unfinished != wantUnfinished {
			t.Errorf(
				"%d frames, unmasked %v, unfinished %v; should be %d, %v, %v", frames, unmasked, unfinished, wantFrames, wantUnmasked,
				wantUnfinished,
			)
		}
	})
}

// scanPlainly parses a whole stream at once. After an unmasked frame it parses all frames as
// unmasked; this does not matter, because the connection ends there.
func scanPlainly(b []byte) (frames int, unmasked, unfinished bool) {
	open := false
	for len(b) > 0 {
		frames++
		if len(b) < 2 {
			return frames, unmasked, true
		}
		first, size, head := b[0], uint64(b[1]&0x7f), 2
		unmasked = unmasked || b[1]&0x80 == 0
		long := map[uint64]int{126: 2, 127: 8}[size]
		if len(b) < head+long {
			return frames, unmasked, true
		}
		switch long {
		case 2:
			size = uint64(binary.BigEndian.Uint16(b[2:]))
		case 8:
			size = binary.BigEndian.Uint64(b[2:])
		}
		head += long
		if !unmasked {
			head += 4
		}
		if len(b) < head || uint64(len(b)-head) < size {
			return frames, unmasked, true
		}
		b = b[head+int(size):]
		if first&0x08 == 0 {
			open = first&0x80 == 0
		}
	}
	return frames, unmasked, open
}

// FuzzHint checks that a message that decodes is the one that encodeHint writes.
func FuzzHint(f *testing.F) {
	for _, m := range []string{
		"1 n e 5 6", "1 n e 05 6", "1 n e 5", "1  e 5 6", "1 n e 5 6 7", "2 n e 5 6", "1 n e 9223372036854775808 1", "1 n e -1 1",
		"1 n e +1 1",
	} {
		f.Add("class:1", m)
	}
	f.Fuzz(func(t *testing.T, channel, message string) {
		node, h, ok := hub.DecodeHint(channel, message)
		if !ok {
			return
		}
		again, ok := hub.EncodeHint(node, h)
		if !ok || again != message || h.Channel != channel {
			t.Errorf("%q of %q became %+v of %q, which is written as %q", message, channel, h, node, again)
		}
	})
}
