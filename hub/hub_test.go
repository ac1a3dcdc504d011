package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"terminplan/hub"
)

func TestAnUpdateReachesTheSubscribersOfItsTopicOnly(t *testing.T) {
	s := newSite(t, hub.Options{})
	a1, a2, b := s.dial("topic=a"), s.dial("topic=a"), s.dial("topic=b")
	for range 3 {
		wait(t, "the server's side", s.accepted)
	}
	s.hub.Broadcast(update("a", "k", 1, "for a"))
	s.hub.Broadcast(update("b", "k", 1, "for b"), update("nobody", "k", 1, "for nobody"))
	for _, c := range []*websocket.Conn{a1, a2} {
		if got := next(t, c); got != "for a" {
			t.Errorf("a subscriber of a got %q", got)
		}
	}
	if got := next(t, b); got != "for b" {
		t.Errorf("the subscriber of b got %q", got)
	}
}

func TestUpdatesInOneFlushAreOneMessage(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	s.hub.Broadcast(update("a", "1", 7, "<one>"), update("a", "2", 3, "<two>"))
	if got := next(t, c); got != "<one><two>" {
		t.Errorf("got %q", got)
	}
}

func TestBusyTopicIsConflatedToItsNewestState(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	const changes = 5000
	for v := range int64(changes) {
		s.hub.Broadcast(update("a", "k", v+1, fmt.Sprint(v+1)))
	}
	last, messages := 0, 0
	for last != changes {
		var v int
		if _, err := fmt.Sscan(next(t, c), &v); err != nil {
			t.Fatal(err)
		}
		if v <= last {
			t.Fatalf("%d came after %d", v, last)
		}
		last, messages = v, messages+1
	}
	if messages > changes/10 {
		t.Errorf("%d changes made %d messages", changes, messages)
	}
}

func TestAnOlderVersionNeverReplacesANewerOne(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	s.hub.Broadcast(update("a", "k", 2, "new"), update("a", "k", 1, "old"), update("a", "k", 2, "new again"))
	if got := next(t, c); got != "new again" {
		t.Errorf("got %q", got)
	}
}

func TestSendComesBeforeLaterBroadcasts(t *testing.T) {
	s := newSite(t, hub.Options{})
	s.greeting = []hub.Update{update("a", "1", 1, "<caught up>"), update("a", "2", 1, "<all>")}
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	s.hub.Broadcast(update("a", "1", 2, "<news>"))
	if got := next(t, c) + next(t, c); got != "<caught up><all><news>" {
		t.Errorf("got %q", got)
	}
}

func TestNoBroadcastIsMissedAfterAccept(t *testing.T) {
	s := newSite(t, hub.Options{})
	for i := range 50 {
		topic := fmt.Sprint("t", i)
		c := s.dial("topic=" + topic)
		wait(t, "the server's side", s.accepted)
		s.hub.Broadcast(update(topic, "k", 1, topic))
		if got := next(t, c); got != topic {
			t.Fatalf("got %q", got)
		}
	}
}

func TestInvalidUTF8IsRepaired(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	s.hub.Broadcast(update("a", "k", 1, "a\xffb"))
	if got := next(t, c); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
	if n := s.hub.Stats().NotUTF8; n != 1 {
		t.Errorf("it was counted %d times", n)
	}
}

func TestMessagesOfAllLengthsArriveWhole(t *testing.T) {
	s := newSite(t, hub.Options{})
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 3 << 20} {
		body := strings.Repeat("x", n)
		s.hub.Broadcast(update("a", "k", int64(n), body))
		if got := next(t, c); got != body {
			t.Errorf("%d bytes became %d", n, len(got))
		}
	}
}

func TestEveryPageGetsHeartbeatsAsData(t *testing.T) {
	s := newSite(t, hub.Options{Heartbeat: 30 * time.Millisecond, PingInterval: 60 * time.Millisecond})
	var pings pingCount
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.url+"/live?topic=a", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {s.url}}, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		OnPingReceived: pings.count,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for range 6 {
		if got := next(t, c); got != `{"heartbeat":1}` {
			t.Fatalf("got %q", got)
		}
	}
	if n := pings.value(); n < 2 || n > 4 {
		t.Errorf("%d pings in 6 heartbeats, one in two was asked for", n)
	}
}

type pingCount struct {
	mu sync.Mutex
	n  int
}

func (p *pingCount) count(context.Context, []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	return true
}

func (p *pingCount) value() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

func TestTopicsListsTopicsWithSubscribers(t *testing.T) {
	s := newSite(t, hub.Options{})
	a1 := s.dial("topic=a&topic=a") // a topic named twice is subscribed once
	wait(t, "the server's side", s.accepted)
	a2 := s.dial("topic=a&topic=b")
	wait(t, "the server's side", s.accepted)
	if topics := s.hub.Topics(); len(topics) != 2 || !slices.Contains(topics, "a") || !slices.Contains(topics, "b") {
		t.Errorf("topics are %v", topics)
	}
	_ = a1.Close(websocket.StatusNormalClosure, "")
	wait(t, "the first to leave", s.closed)
	if topics := s.hub.Topics(); len(topics) != 2 {
		t.Errorf("topics are %v while the second socket is open", topics)
	}
	_ = a2.Close(websocket.StatusNormalClosure, "")
	wait(t, "the second to leave", s.closed)
	if topics := s.hub.Topics(); len(topics) != 0 {
		t.Errorf("topics are still %v", topics)
	}
}

func TestSubscriptionsSurviveConcurrentChanges(t *testing.T) {
	s := newSite(t, hub.Options{})
	stay := make([]*websocket.Conn, 8)
	for i := range stay {
		stay[i] = s.dial(fmt.Sprintf("topic=all&topic=t%d", i))
	}
	var guests sync.WaitGroup
	for g := range 4 {
		guests.Go(func() {
			for range 25 {
				c, _, err := s.tryDial(fmt.Sprintf("topic=all&topic=t%d", g), http.Header{"Origin": {s.url}})
				if err != nil {
					t.Errorf("dialling: %v", err)
					return
				}
				_ = c.CloseNow()
			}
		})
	}
	guests.Wait()
	eventually(t, "the guests to be gone", func() bool { return s.hub.Stats().Connections == len(stay) })
	s.hub.Broadcast(update("all", "k", 1, "all"))
	for i, c := range stay {
		if got := next(t, c); got != "all" {
			t.Fatalf("%d got %q", i, got)
		}
		s.hub.Broadcast(update(fmt.Sprint("t", i), "k", 1, fmt.Sprint("only ", i)))
		if got := next(t, c); got != fmt.Sprint("only ", i) {
			t.Fatalf("%d got %q", i, got)
		}
	}
}

func TestAcceptBehindGin(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s := newSite(t, hub.Options{})
	engine := gin.New()
	engine.GET("/live", func(c *gin.Context) { s.ServeHTTP(c.Writer, c.Request) })
	server := httptest.NewServer(engine)
	defer server.Close()
	s.url = server.URL
	c := s.dial("topic=a")
	wait(t, "the server's side", s.accepted)
	s.hub.Broadcast(update("a", "k", 1, "through gin"))
	if got := next(t, c); got != "through gin" {
		t.Errorf("got %q", got)
	}
}

func TestAcceptOverTLS(t *testing.T) {
	s := newSite(t, hub.Options{})
	server := httptest.NewTLSServer(s)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, server.URL+"/live?topic=a", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {server.URL}}, HTTPClient: server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	wait(t, "the server's side", s.accepted)
	for v := range int64(20) {
		body := strings.Repeat("x", int(v)*10_000)
		s.hub.Broadcast(update("a", "k", v, body))
		if got := next(t, c); got != body {
			t.Fatalf("%d bytes became %d", len(body), len(got))
		}
	}
}
