package hub_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"terminplan/hub"
)

func TestDisconnectClosesTheConnectionsOfOneOwner(t *testing.T) {
	s := newSite(t, hub.Options{})
	a1, a2, b := s.dial("owner=anna&topic=a"), s.dial("owner=anna"), s.dial("owner=ben&topic=a")
	for range 3 {
		wait(t, "the server's side", s.accepted)
	}
	if n := s.hub.Disconnect("anna", 1008, "signed out"); n != 2 {
		t.Errorf("%d connections were closed", n)
	}
	s.hub.Broadcast(update("a", "k", 1, "after"))
	for _, c := range []*websocket.Conn{a1, a2} {
		if code, reason := end(t, c); code != 1008 || reason != "signed out" {
			t.Errorf("closed with %d %q", code, reason)
		}
		wait(t, "the connection to end", s.closed)
	}
	if got := next(t, b); got != "after" {
		t.Errorf("the other owner got %q", got)
	}
	if n := s.hub.Disconnect("anna", 1008, "signed out") + s.hub.Disconnect("", 1008, ""); n != 0 {
		t.Errorf("%d more were closed", n)
	}
}

func TestNoDataFollowsACloseFrame(t *testing.T) {
	s := newSite(t, hub.Options{})
	peer := s.rawDial("owner=anna&topic=a")
	conn := wait(t, "the server's side", s.accepted)
	s.hub.Disconnect("anna", 1008, "signed out")
	for v := range int64(100) {
		s.hub.Broadcast(update("a", "k", v, "late"))
		conn.Send(update("a", "k", v, "late"))
	}
	if f, err := readFrame(peer); err != nil || f.code() != 1008 {
		t.Fatalf("got %+v, %v", f, err)
	}
	if f, err := readFrame(peer); err == nil {
		t.Errorf("after the close frame came %+v", f)
	}
}

func TestLongCloseReasonIsCut(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("owner=anna")
	wait(t, "the server's side", s.accepted)
	s.hub.Disconnect("anna", 1008, "a"+strings.Repeat("ü", 100))
	if code, reason := end(t, c); code != 1008 || reason != "a"+strings.Repeat("ü", 61) {
		t.Errorf("closed with %d %q", code, reason)
	}
}

func TestCloseSendsRestartToAllConnections(t *testing.T) {
	s := newSite(t, hub.Options{})
	const pages = 60
	var all []*websocket.Conn
	for range pages {
		all = append(all, s.dial("topic=a"))
		wait(t, "the server's side", s.accepted)
	}
	var readers sync.WaitGroup
	for _, c := range all {
		readers.Go(func() {
			if code, _ := end(t, c); code != websocket.StatusServiceRestart {
				t.Errorf("closed with %d", code)
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.hub.Close(ctx); err != nil {
		t.Errorf("Close returned %v", err)
	}
	readers.Wait()
	_, res, err := s.tryDial("topic=a", http.Header{"Origin": {s.url}})
	if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a newcomer got %v, %v", res, err)
	}
}

// A fake clock measures the times, so that the speed of the machine does not matter.
func TestCloseIsSpreadAndDoesNotWaitForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.Options{Log: quiet})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		for range 60 {
			server, peer := net.Pipe()
			defer peer.Close()
			if _, err := h.Accept(piped{httptest.NewRecorder(), server}, pageRequest(), hub.Subscription{}); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, peer) }() // reads everything and sends nothing
		}
		began := time.Now()
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
		// 60 pages at 1000 a second.
		if took := time.Since(began); took < 40*time.Millisecond || took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		stop()
		<-done
	})
}

func TestCloseWithoutTimeClosesAllAtOnce(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.hub.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close returned %v", err)
	}
	if code, _ := end(t, c); code != websocket.StatusServiceRestart {
		t.Errorf("closed with %d", code)
	}
}
