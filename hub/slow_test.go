package hub_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"terminplan/hub"
)

// serverFrame is a frame from the server.
type serverFrame struct {
	opcode byte
	body   []byte
}

func (f serverFrame) code() int {
	if f.opcode != 8 || len(f.body) < 2 {
		return 0
	}
	return int(binary.BigEndian.Uint16(f.body))
}

func readFrame(r io.Reader) (serverFrame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return serverFrame{}, err
	}
	if head[0]&0xf0 != 0x80 || head[1]&0x80 != 0 {
		return serverFrame{}, fmt.Errorf("the server sent a frame that begins with %x", head)
	}
	size := uint64(head[1])
	if more := map[uint64]int{126: 2, 127: 8}[size]; more > 0 {
		var long [8]byte
		if _, err := io.ReadFull(r, long[8-more:]); err != nil {
			return serverFrame{}, err
		}
		size = binary.BigEndian.Uint64(long[:])
	}
	f := serverFrame{opcode: head[0] & 0x0f, body: make([]byte, size)}
	_, err := io.ReadFull(r, f.body)
	return f, err
}

// stall broadcasts to topic a, whose subscriber does not read, until the server notices. It
// returns the newest version that it broadcast.
func stall(t *testing.T, s *site) (version int64, body func(int64) string) {
	t.Helper()
	filler := strings.Repeat("x", 256<<10)
	body = func(v int64) string { return fmt.Sprintf("%d %s", v, filler) }
	eventually(t, "the peer to be slow", func() bool {
		version++
		s.hub.Broadcast(update("a", "k", version, body(version)))
		st := s.hub.Stats()
		return st.Slow > 0 || st.SlowClosed > 0 // it may already be closed
	})
	return version, body
}

func TestSlowPeerIsClosedWith1013WithoutDelayingOthers(t *testing.T) {
	s := newSite(t, hub.Options{SlowLimit: 200 * time.Millisecond})
	peer := s.rawDial("topic=a")
	other := s.dial("topic=b")
	version, body := stall(t, s)

	for v := range int64(100) { // while the other connection is stuck
		s.hub.Broadcast(update("b", "k", v, fmt.Sprint(v)))
		if got := next(t, other); got != fmt.Sprint(v) {
			t.Fatalf("another connection got %q for %d", got, v)
		}
		s.hub.Broadcast(update("a", "k", version+v, body(version+v)))
	}
	eventually(t, "the server to give up", func() bool { return s.hub.Stats().SlowClosed == 1 })

	// If the peer reads after all, it finds the end of the frame and the close frame.
	for {
		f, err := readFrame(peer)
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
		if f.opcode == 8 {
			if f.code() != 1013 {
				t.Errorf("it was closed with %d", f.code())
			}
			break
		}
		if !strings.HasSuffix(string(f.body), "xxx") {
			t.Fatalf("a frame is incomplete")
		}
	}
	if rest, err := io.ReadAll(peer); err != nil || len(rest) > 0 {
		t.Errorf("after the close frame came %d bytes, %v", len(rest), err)
	}
}

func TestPeerThatNeverReadsAgainIsCut(t *testing.T) {
	s := newSite(t, hub.Options{SlowLimit: 50 * time.Millisecond})
	s.rawDial("topic=a")
	stall(t, s)
	wait(t, "the server to cut it off", s.closed)
	if st := s.hub.Stats(); st.Connections != 0 || st.SlowClosed != 1 {
		t.Errorf("stats after the connection ended: %+v", st)
	}
}

func TestPeerThatReadsAgainGetsTheNewestState(t *testing.T) {
	s := newSite(t, hub.Options{SlowLimit: 24 * time.Hour})
	peer := s.rawDial("topic=a")
	version, body := stall(t, s)
	for range 50 {
		version++
		s.hub.Broadcast(update("a", "k", version, body(version)), update("a", "other", version, fmt.Sprintf("<%d>", version)))
	}
	conn := wait(t, "the server's side", s.accepted)
	eventually(t, "everything to be written or kept", s.hub.Quiet)
	conn.Send(update("a", "k", version-20, "old"), update("a", "greeting", 1, "hello"))
	frames := 0
	for last := int64(0); last != version; frames++ {
		f, err := readFrame(peer)
		if err != nil {
			t.Fatal(err)
		}
		text := string(f.body)
		var v int64
		if _, err := fmt.Sscan(text, &v); err != nil || v < last || strings.Contains(text, "old") {
			t.Fatalf("version %d came after %d in %.40q", v, last, text)
		}
		last = v
		if v == version && !strings.Contains(text, fmt.Sprintf("<%d>", version)) {
			t.Errorf("the other key is missing in %.40q", text)
		}
	}
	eventually(t, "the connection to be fast again", func() bool { return s.hub.Stats().Slow == 0 })
	s.hub.Broadcast(update("a", "k", version+1, "and on"))
	for {
		f, err := readFrame(peer)
		if err != nil {
			t.Fatal(err)
		}
		if string(f.body) == "and on" {
			break
		}
	}
}

func TestBroadcastDoesNotBlock(t *testing.T) {
	s := newSite(t, hub.Options{SlowLimit: 24 * time.Hour}) // a blocking Broadcast would wait this long
	for range 20 {
		s.rawDial("topic=a") // never reads
	}
	big := strings.Repeat("x", 1<<20)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for v := range int64(200) {
			s.hub.Broadcast(update("a", "k", v, big))
		}
	}()
	wait(t, "200 broadcasts to return", done)
}

func TestDisconnectInTheMiddleOfAFrame(t *testing.T) {
	s := newSite(t, hub.Options{SlowLimit: 24 * time.Hour})
	peer := s.rawDial("topic=a&owner=anna")
	stall(t, s)
	if n := s.hub.Disconnect("anna", 1008, "signed out"); n != 1 {
		t.Fatalf("%d connections were closed", n)
	}
	for {
		f, err := readFrame(peer)
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
		if f.opcode == 8 {
			if f.code() != 1008 || string(f.body[2:]) != "signed out" {
				t.Errorf("it was closed with %d %q", f.code(), f.body[2:])
			}
			break
		}
	}
	if _, err := readFrame(peer); !errors.Is(err, io.EOF) {
		t.Errorf("after the close frame came %v", err)
	}
}
