package hub_test

import (
	"context"
	"net"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"terminplan/hub"
)

// inTime runs a hub with its default times under a fake clock, with one peer at the other end
// of a pipe.
func inTime(t *testing.T, talk func(t *testing.T, h *hub.Hub, peer net.Conn, ended <-chan struct{})) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.Options{Log: quiet})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		server, peer := net.Pipe()
		ended := make(chan struct{})
		page := hub.Subscription{Topics: []hub.Topic{"a"}, OnClose: func() { close(ended) }}
		_, err := h.Accept(piped{httptest.NewRecorder(), server}, pageRequest(), page)
		if err != nil {
			t.Fatal(err)
		}
		talk(t, h, peer, ended)
		_ = peer.Close()
		stop()
		<-done
	})
}

func TestAHeartbeatComesEveryFiveSeconds(t *testing.T) {
	inTime(t, func(t *testing.T, _ *hub.Hub, peer net.Conn, _ <-chan struct{}) {
		var last time.Time
		for beats := 0; beats < 20; {
			f, err := readFrame(peer)
			if err != nil {
				t.Fatal(err)
			}
			if f.opcode == 9 {
				_, _ = peer.Write(clientFrame(0x8a, string(f.body)))
				continue
			}
			if string(f.body) != `{"heartbeat":1}` {
				t.Fatalf("got %q", f.body)
			}
			if gap := time.Since(last); beats > 0 && (gap < 4900*time.Millisecond || gap > 5100*time.Millisecond) {
				t.Errorf("heartbeat %d came after %v", beats, gap)
			}
			last, beats = time.Now(), beats+1
		}
	})
}

func TestPeerWithoutPongIsDropped(t *testing.T) {
	inTime(t, func(t *testing.T, h *hub.Hub, peer net.Conn, ended <-chan struct{}) {
		began := time.Now()
		go func() {
			for { // reads everything and sends nothing
				if _, err := readFrame(peer); err != nil {
					return
				}
			}
		}()
		<-ended
		if took := time.Since(began); took < 55*time.Second || took > 61*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := h.Stats().Silent; n != 1 {
			t.Errorf("it was counted %d times", n)
		}
	})
}

func TestPeerThatAnswersPingsStays(t *testing.T) {
	inTime(t, func(t *testing.T, h *hub.Hub, peer net.Conn, _ <-chan struct{}) {
		for began := time.Now(); time.Since(began) < 3*time.Hour; {
			f, err := readFrame(peer)
			if err != nil {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
			if f.opcode == 9 {
				_, _ = peer.Write(clientFrame(0x8a, string(f.body)))
			}
		}
	})
}

func TestPeerThatReadsNothingIsClosedWithinFiveSeconds(t *testing.T) {
	inTime(t, func(t *testing.T, h *hub.Hub, _ net.Conn, ended <-chan struct{}) {
		began := time.Now()
		h.Broadcast(update("a", "k", 1, "unread"))
		<-ended
		if took := time.Since(began); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := h.Stats().SlowClosed; n != 1 {
			t.Errorf("it was counted %d times", n)
		}
	})
}

func TestUnfinishedMessageEndsTheConnection(t *testing.T) {
	for name, sent := range map[string][]byte{
		"half a header": {0x81}, "a frame without its end": clientFrame(text, "hello")[:8],
		"a first fragment": clientFrame(firstOfText, "hello"),
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, _ *hub.Hub, peer net.Conn, ended <-chan struct{}) {
				began := time.Now()
				if _, err := peer.Write(sent); err != nil {
					t.Fatal(err)
				}
				for {
					f, err := readFrame(peer)
					if err != nil {
						t.Fatalf("no close frame: %v", err)
					}
					if f.opcode == 8 {
						if took := time.Since(began); f.code() != 1008 || took > 30*time.Second {
							t.Errorf("closed with %d after %v", f.code(), took)
						}
						break
					}
				}
				<-ended // the peer never answers
				if took := time.Since(began); took > 35*time.Second {
					t.Errorf("the connection ended after %v", took)
				}
			})
		})
	}
}
