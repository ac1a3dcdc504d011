package hub_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/coder/websocket"

	"terminplan/hub"
)

func TestCheckHandshake(t *testing.T) {
	const host = "club.example"
	listed := hub.Options{Log: quiet, Origins: []string{"https://club.example", "http://localhost:8080"}}
	for _, c := range []struct {
		name    string
		options hub.Options
		change  func(*http.Request)
		status  int // 0: accepted
	}{
		{name: "from its own page", change: origin("http://club.example")},
		{
			name:   "from its own page over TLS",
			change: func(r *http.Request) { r.TLS = &tls.ConnectionState{}; origin("https://club.example")(r) },
		},
		{
			name: "from its own page behind a proxy with TLS", options: hub.Options{Log: quiet, Secure: true},
			change: origin("https://club.example"),
		},
		{name: "from a listed page", options: listed, change: origin("http://localhost:8080")},
		{
			name:   "without Origin but with credentials of its own",
			change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		},
		{
			name:   "without Origin but with credentials of another kind",
			change: func(r *http.Request) { r.Header.Set("Authorization", "Basic x") }, status: 403,
		},
		{
			name:   "without Origin but with a word in place of a token",
			change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer") }, status: 403,
		},
		{name: "without Origin", change: func(*http.Request) {}, status: 403},
		{name: "with an empty Origin", change: origin(""), status: 403},
		{name: "from another site", change: origin("http://evil.example"), status: 403},
		{name: "from a null origin", change: origin("null"), status: 403},
		{name: "from a host that begins the same", change: origin("http://club.example.evil.example"), status: 403},
		{name: "from a host that ends the same", change: origin("http://evil-club.example"), status: 403},
		{name: "from another port", change: origin("http://club.example:8443"), status: 403},
		{name: "with user info", change: origin("http://club.example@evil.example"), status: 403},
		{name: "in capitals", change: origin("http://CLUB.example"), status: 403},
		{name: "with a trailing dot", change: origin("http://club.example."), status: 403},
		{name: "with a path", change: origin("http://club.example/"), status: 403},
		{
			name: "from the insecure page of a secure site", options: hub.Options{Log: quiet, Secure: true},
			change: origin("http://club.example"), status: 403,
		},
		{name: "from its own page when others are listed", options: listed, change: origin("http://club.example"), status: 403},
		{
			name:   "with two Origins",
			change: func(r *http.Request) { r.Header["Origin"] = []string{"http://club.example", "http://club.example"} }, status: 403,
		},
		{name: "cross-site by the browser's word", change: func(r *http.Request) {
			origin("http://club.example")(r)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}, status: 403},
		{name: "with POST", change: func(r *http.Request) { origin("http://club.example")(r); r.Method = "POST" }, status: 405},
		{
			name: "over HTTP/2", change: func(r *http.Request) { origin("http://club.example")(r); r.ProtoMajor, r.ProtoMinor = 2, 0 },
			status: 426,
		},
		{name: "over HTTP/1.0", change: func(r *http.Request) { origin("http://club.example")(r); r.ProtoMinor = 0 }, status: 426},
		{name: "without Connection", change: without("Connection"), status: 426},
		{name: "without Upgrade", change: without("Upgrade"), status: 426},
		{name: "without a version", change: without("Sec-WebSocket-Version"), status: 400},
		{name: "without a key", change: without("Sec-WebSocket-Key"), status: 400},
		{
			name:   "with a short key",
			change: func(r *http.Request) { origin("http://club.example")(r); r.Header.Set("Sec-WebSocket-Key", "AAAA") }, status: 400,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://"+host+"/live", nil)
			r.Header.Set("Connection", "keep-alive, Upgrade")
			r.Header.Set("Upgrade", "websocket")
			r.Header.Set("Sec-WebSocket-Version", "13")
			r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
			c.change(r)
			err := hub.New(c.options).CheckHandshake(r)
			var refused *hub.HandshakeError
			switch {
			case c.status == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case c.status != 0 && (!errors.As(err, &refused) || refused.Status != c.status):
				t.Errorf("got %v, want status %d", err, c.status)
			}
		})
	}
}

func origin(o string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Origin", o) }
}

func without(header string) func(*http.Request) {
	return func(r *http.Request) { origin("http://club.example")(r); r.Header.Del(header) }
}

func TestARefusalComesBeforeTheUpgrade(t *testing.T) {
	s := newSite(t, hub.Options{})
	_, res, err := s.tryDial("topic=a", http.Header{"Origin": {"http://evil.example"}})
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Fatalf("another origin got %v, %v", res, err)
	}
	if st := s.hub.Stats(); st.Connections != 0 || st.Topics != 0 {
		t.Errorf("stats after the refusal: %+v", st)
	}
}

func TestCompressionIsNotNegotiated(t *testing.T) {
	s := newSite(t, hub.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, res, err := websocket.Dial(ctx, s.url+"/live", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {s.url}}, CompressionMode: websocket.CompressionContextTakeover,
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions: %q", got)
	}
}

func TestConnectionsAreLimitedPerOwnerPersonAndNetwork(t *testing.T) {
	for name, o := range map[string]hub.Options{
		"owner": {MaxPerOwner: 3}, "person": {MaxPerPerson: 3}, "network": {MaxPerNetwork: 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, o)
			// The connections differ in the two other names.
			nth := 0
			query := func(value string) string {
				q := url.Values{}
				nth++
				for _, other := range []string{"owner", "person", "network"} {
					q.Set(other, fmt.Sprint("another-", nth))
				}
				q.Set(name, value)
				return q.Encode()
			}
			first := s.dial(query("anna"))
			s.dial(query("anna"))
			s.dial(query("anna"))
			_, res, err := s.tryDial(query("anna"), http.Header{"Origin": {s.url}})
			if err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
				t.Fatalf("the fourth got %v, %v", res, err)
			}
			s.dial(query("ben")) // others are not limited by it
			_ = first.Close(websocket.StatusNormalClosure, "")
			wait(t, "the first to leave", s.closed)
			s.dial(query("anna"))
		})
	}
}

func TestConnectionsWithoutNamesAreNotLimited(t *testing.T) {
	s := newSite(t, hub.Options{MaxPerOwner: 1, MaxPerPerson: 1, MaxPerNetwork: 1})
	s.dial("")
	s.dial("")
}
