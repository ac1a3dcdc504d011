package hub_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"terminplan/hub"
)

// patience is how long a test waits for an event. It only ends a run that hangs, so even a
// slow and busy machine must stay far below it.
const patience = 2 * time.Minute

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// site is a server with a hub: /live?topic=a&topic=b&owner=anna.
type site struct {
	t   testing.TB
	hub *hub.Hub
	url string

	accepted chan *hub.Conn
	closed   chan string // owners whose connection has ended
	// greeting is sent to a new connection.
	greeting []hub.Update
}

func newSite(t testing.TB, o hub.Options) *site {
	t.Helper()
	if o.Log == nil {
		o.Log = quiet
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 24 * time.Hour // tests read no heartbeats
	}
	s := &site{t: t, hub: hub.New(o), accepted: make(chan *hub.Conn, 1000), closed: make(chan string, 100_000)}
	server := httptest.NewServer(s)
	s.url = server.URL
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.hub.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		server.Close()
	})
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var topics []hub.Topic
	for _, name := range q["topic"] {
		topics = append(topics, hub.Topic(name))
	}
	owner := q.Get("owner")
	c, err := s.hub.Accept(w, r, hub.Subscription{
		Topics: topics, Owner: owner, Person: q.Get("person"), Network: q.Get("network"), OnClose: func() { s.closed <- owner },
	})
	var refused *hub.HandshakeError
	if errors.As(err, &refused) {
		http.Error(w, refused.Reason, refused.Status)
	}
	if err == nil {
		c.Send(s.greeting...)
		s.accepted <- c
	}
}

// dial opens a WebSocket as a page in a browser does.
func (s *site) dial(query string) *websocket.Conn {
	s.t.Helper()
	c, _, err := s.tryDial(query, http.Header{"Origin": {s.url}})
	if err != nil {
		s.t.Fatalf("dialling %s: %v", query, err)
	}
	s.t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func (s *site) tryDial(query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// A separate transport leaves no connections behind after the test.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	c, res, err := websocket.Dial(ctx, s.url+"/live?"+query, &websocket.DialOptions{HTTPHeader: header, HTTPClient: client})
	if c != nil {
		c.SetReadLimit(-1)
	}
	return c, res, err
}

// rawDial sends the handshake itself and returns the plain connection.
func (s *site) rawDial(query string) net.Conn {
	s.t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * patience))
	if _, err := io.WriteString(c, handshake(host, query)); err != nil {
		s.t.Fatal(err)
	}
	head := make([]byte, 0, 512)
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one[0]) {
		if _, err := io.ReadFull(c, one); err != nil {
			s.t.Fatalf("reading the answer to the handshake: %v", err)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101 ") {
		s.t.Fatalf("the handshake was answered with %s", head)
	}
	return c
}

func handshake(host, query string) string {
	return "GET /live?" + query + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
}

// next reads one message.
func next(t testing.TB, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	kind, data, err := c.Read(ctx)
	if err != nil {
		t.Fatalf("waiting for a message: %v", err)
	}
	if kind != websocket.MessageText {
		t.Fatalf("a message that is not text: %q", data)
	}
	return string(data)
}

// end reads until the server closes and returns the code.
func end(t testing.TB, c *websocket.Conn) (websocket.StatusCode, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatalf("the connection ended without a close frame: %v", err)
			}
			return closed.Code, closed.Reason
		}
	}
}

// wait receives a value or fails the test.
func wait[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// eventually polls until ok is true, for numbers that cause no event.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func update(topic, key string, version int64, body string) hub.Update {
	return hub.Update{Topic: hub.Topic(topic), Key: key, Version: version, Body: []byte(body)}
}
