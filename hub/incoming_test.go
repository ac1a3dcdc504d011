package hub_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"terminplan/hub"
)

// clientFrame builds a masked frame; first is the byte with FIN and opcode.
func clientFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 65536:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

const (
	text         = 0x81
	binaryFrame  = 0x82
	firstOfText  = 0x01
	continuation = 0x00
	ping         = 0x89
	closing      = 0x88
)

func TestViolationsCloseWithTheRightCode(t *testing.T) {
	repeat := func(n int, b []byte) []byte { return bytes.Repeat(b, n) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, c := range []struct {
		name string
		sent []byte
		code int
	}{
		{"a message of more than 4 KiB", clientFrame(text, strings.Repeat("x", 4097)), 1009},
		{
			"many fragments that are more than 4 KiB",
			join(clientFrame(firstOfText, strings.Repeat("x", 4000)), clientFrame(continuation, strings.Repeat("x", 97))), 1009,
		},
		{"a binary message", clientFrame(binaryFrame, "x"), 1003},
		{"text that is not UTF-8", clientFrame(text, "a\xff"), 1007},
		{"a lone surrogate", clientFrame(text, "\xed\xa0\x80"), 1007},
		{"too many messages", repeat(21, clientFrame(text, "{}")), 1008},
		{"a flood of pings", repeat(5000, clientFrame(ping, "")), 1008},
		{"a flood of empty fragments", join(clientFrame(firstOfText, ""), repeat(5000, clientFrame(continuation, ""))), 1008},
		{"a flood of bytes", repeat(17, clientFrame(text, strings.Repeat("x", 4090))), 1008},
		{"a ping that is too long", clientFrame(ping, strings.Repeat("x", 126)), 1002},
		{"a frame without a mask", []byte{0x81, 0x01, 'x'}, 1002},
		{"a reserved bit", clientFrame(0xc1, "x"), 1002},
		{"an unknown opcode", clientFrame(0x83, "x"), 1002},
		{"a continuation of nothing", clientFrame(0x80, "x"), 1002},
		{"a ping in pieces", clientFrame(0x09, "x"), 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, hub.Options{})
			peer := s.rawDial("topic=a")
			go func() { _, _ = peer.Write(c.sent) }() // the server may close in the middle
			for {
				f, err := readFrame(peer)
				if err != nil {
					t.Fatalf("no close frame: %v", err)
				}
				if f.opcode == 8 {
					if f.code() != c.code {
						t.Errorf("closed with %d %q, not %d", f.code(), f.body[2:], c.code)
					}
					break
				}
			}
			_ = peer.Close()
			wait(t, "the connection to end", s.closed)
		})
	}
}

func TestLegalMessagesAreIgnored(t *testing.T) {
	s := newSite(t, hub.Options{})
	peer := s.rawDial("topic=a")
	wait(t, "the server's side", s.accepted)
	sent := clientFrame(text, strings.Repeat("x", 4096))
	for range 15 {
		sent = append(sent, clientFrame(firstOfText, "{")...)
		sent = append(sent, clientFrame(ping, "p")...)
		sent = append(sent, clientFrame(0x80, "\u00fc}")...)
	}
	if _, err := peer.Write(sent); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		if f, err := readFrame(peer); err != nil || f.opcode != 0xA || string(f.body) != "p" {
			t.Fatalf("pong %d: %+v, %v", i, f, err)
		}
	}
	s.hub.Broadcast(update("a", "k", 1, "still here"))
	if f, err := readFrame(peer); err != nil || string(f.body) != "still here" {
		t.Fatalf("got %+v, %v", f, err)
	}
}

func TestBytesAfterTheHandshakeCount(t *testing.T) {
	s := newSite(t, hub.Options{})
	host := strings.TrimPrefix(s.url, "http://")
	peer, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	_ = peer.SetDeadline(time.Now().Add(patience))
	early := append([]byte(handshake(host, "topic=a")), bytes.Repeat(clientFrame(ping, "p"), 300)...)
	if _, err := peer.Write(early); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(peer)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		t.Logf("the end: %v", err)
	}
	if !bytes.Contains(answer, []byte("\x03\xf0too much traffic")) {
		t.Errorf("not closed with 1008: %.200q", answer)
	}
}

func TestACloseFrameIsAnswered(t *testing.T) {
	s := newSite(t, hub.Options{})
	peer := s.rawDial("topic=a")
	if _, err := peer.Write(clientFrame(closing, "\x03\xe8bye")); err != nil {
		t.Fatal(err)
	}
	if f, err := readFrame(peer); err != nil || f.code() != 1000 {
		t.Errorf("got %+v, %v", f, err)
	}
	if rest, err := io.ReadAll(peer); err != nil || len(rest) > 0 {
		t.Errorf("after the close frame came %q, %v", rest, err)
	}
	wait(t, "the connection to end", s.closed)
}
