package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

// site is a complete node without the main package: a real engine, a real hub and a real
// listener.
type site struct {
	*bookingtest.Env
	t      *testing.T
	server *Server
	url    string

	mu     sync.Mutex
	tokens map[int64]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, tokens: map[int64]string{}}
	var server *Server
	s.Env = bookingtest.NewWith(t, booking.Options{OnCommit: func(changes []booking.Change) {
		if server != nil {
			server.Live.Announce(changes)
		}
	}})
	h := hub.New(hub.Options{Log: slog.New(slog.DiscardHandler)})
	built, err := New(Options{Engine: s.Engine, Hub: h})
	if err != nil {
		t.Fatal(err)
	}
	// Tests send more requests per second than the limits allow.
	built.mutations, built.strangers, built.guesses = newRateLimiter(1e6, 1e6), newRateLimiter(1e6, 1e6), newRateLimiter(1e6, 1e6)
	server, s.server = built, built
	listener := httptest.NewServer(server.Handler())
	s.url = listener.URL
	ctx, stop := context.WithCancel(context.Background())
	var loops errgroup.Group
	loops.Go(func() error { return server.Live.Run(ctx) })
	loops.Go(func() error { return h.Run(ctx) })
	t.Cleanup(func() {
		stop()
		if err := loops.Wait(); err != nil {
			t.Errorf("a live loop failed: %v", err)
		}
		listener.Close()
	})
	return s
}

// token signs a person in, once per test, and returns the token.
func (s *site) token(a booking.Actor) string {
	s.t.Helper()
	if a.ID == 0 {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[a.ID] == "" {
		in, err := s.SignIn(
			context.Background(), booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1"},
		)
		if err != nil {
			s.t.Fatalf("signing %s in: %v", a.Name, err)
		}
		s.tokens[a.ID] = in.Token
	}
	return s.tokens[a.ID]
}

// ask is a request of a person. Without other headers it is the form of a browser.
type ask struct {
	site   *site
	actor  booking.Actor
	header http.Header
}

func (s *site) as(a booking.Actor) ask {
	return ask{s, a, http.Header{"Accept": {"text/html"}, "Accept-Language": {"en"}}}
}

func (a ask) with(name, value string) ask {
	a.header = a.header.Clone()
	a.header.Set(name, value)
	return a
}

func (a ask) json() ask { return a.with("Accept", "application/json") }

func (a ask) htmx() ask { return a.with("HX-Request", "true") }

func (a ask) get(path string) reply { return a.do("GET", path, "", "") }

func (a ask) post(path string, fields ...string) reply {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return a.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

func (a ask) do(method, path, kind, body string) reply {
	a.site.t.Helper()
	req, err := http.NewRequest(method, a.site.url+path, strings.NewReader(body))
	if err != nil {
		a.site.t.Fatal(err)
	}
	req.Header = a.header.Clone()
	req.Host = a.header.Get("Host") // empty: that of the address
	req.Header.Del("Host")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if token := a.site.token(a.actor); token != "" {
		req.AddCookie(&http.Cookie{Name: "terminplan", Value: token})
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		a.site.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		a.site.t.Fatal(err)
	}
	return reply{a.site.t, method + " " + path, res.StatusCode, res.Header, string(text)}
}

// reply is a response.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (r reply) wants(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("%s: %d, want %d\n%s", r.what, r.status, status, short(r.body))
	}
	return r
}

// shows and hides treat all white space as one space, since line breaks in templates have no
// meaning.
func (r reply) shows(texts ...string) reply {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(oneLine(r.body), oneLine(text)) {
			r.t.Errorf("%s does not show %q:\n%s", r.what, text, short(r.body))
		}
	}
	return r
}

func (r reply) hides(texts ...string) reply {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(oneLine(r.body), oneLine(text)) {
			r.t.Errorf("%s shows %q", r.what, text)
		}
	}
	return r
}

func (r reply) leadsTo(path string) reply {
	r.t.Helper()
	r.wants(http.StatusSeeOther)
	if got := r.header.Get("Location"); got != path {
		r.t.Errorf("%s leads to %q, want %q", r.what, got, path)
	}
	return r
}

// number returns a number from a JSON response.
func (r reply) number(key string) int64 {
	r.t.Helper()
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader([]byte(r.body)))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		r.t.Fatalf("%s is no JSON: %v\n%s", r.what, err, short(r.body))
	}
	n, ok := doc[key].(json.Number)
	if !ok {
		r.t.Fatalf("%s has no number %q: %s", r.what, key, short(r.body))
	}
	i, err := n.Int64()
	if err != nil {
		r.t.Fatal(err)
	}
	return i
}

func short(s string) string {
	s = regexp.MustCompile(`\s+`).ReplaceAllString(s, " ")
	if len(s) > 1500 {
		return s[:1500] + " …"
	}
	return s
}

func path(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func (s *site) start(class int64) time.Time {
	s.t.Helper()
	c, err := s.Engine.Class(context.Background(), class)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.StartsAt
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
