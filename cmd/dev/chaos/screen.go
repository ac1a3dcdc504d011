//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// screen is an open page: what it shows, and a socket that keeps it true by the rules
// of docs/protocol.md, as static/js/live.js does.
type screen struct {
	studio   *studio
	name     string // whose it is and what it shows, for people
	path     string
	token    string
	personID int64
	random   *rand.Rand

	mu      sync.Mutex
	shown   map[string]element
	list    string
	live    string
	open    bool
	since   time.Time      // when the socket was opened
	direct  bool           // it goes past the wires: it was opened while nodes were replaced
	alerts  map[int64]bool // that were ever shown; false: gone again
	awaited []await        // what it is to show, for others were told so
	changed chan struct{}  // closed at the next change
	fetched time.Time      // when the page was last asked for because a row was missing
}

// The clocks of a page: live.js and docs/protocol.md.
const (
	watchdog    = 12 * time.Second // of silence, then it opens another socket
	firstWait   = time.Second      // at most, before it comes back
	laterWait   = 3 * time.Second
	askAgain    = 4 * time.Second // for the page because of a row that it lacks
	settleFirst = 250 * time.Millisecond
)

// Pages are fetched over connections that are kept; a socket always opens its own, so
// it does not meet one that is dead already.
var browser = &http.Client{Timeout: 8 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 30 * time.Second}}

var sockets = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}

// watch keeps the screen true until ctx ends.
func (c *screen) watch(ctx context.Context) {
	for failed := 0; ctx.Err() == nil; failed++ {
		began := time.Now()
		err := c.stream(ctx)
		if time.Since(began) > 5*time.Second {
			failed = 0
		}
		c.mu.Lock()
		again := c.open
		c.open, c.awaited = false, nil // it says of itself that it is not live
		c.mu.Unlock()
		if again {
			failed = 0
		}
		if websocket.CloseStatus(err) == websocket.StatusPolicyViolation && ctx.Err() == nil {
			c.studio.complaints.add("%s was sent away with 1008: %v", c.name, err)
		}
		wait := laterWait
		if failed == 0 {
			wait = firstWait
		}
		pause(ctx, time.Duration(c.random.Int64N(int64(wait))))
	}
}

// stream opens a socket, at another node where one does not answer, and shows what
// comes until it ends. The rows that went away meanwhile are not in what a socket
// begins with, so the page is fetched as well.
func (c *screen) stream(ctx context.Context) error {
	first, direct := c.random.IntN(2), c.studio.front.on.Load()
	socket, err := c.dial(ctx, first, direct)
	if err != nil {
		if socket, err = c.dial(ctx, 1-first, direct); err != nil {
			return err
		}
	}
	defer socket.CloseNow()
	c.mu.Lock()
	again := !c.since.IsZero()
	c.open, c.since, c.direct = true, time.Now(), direct
	c.mu.Unlock()
	if again {
		go c.fetchLater(ctx, time.Duration(c.random.Int64N(int64(time.Second))))
	}
	sent := map[string]element{} // by the server on this socket
	for {
		silence, cancel := context.WithTimeout(ctx, watchdog)
		_, frame, err := socket.Read(silence)
		cancel()
		if err != nil {
			return err
		}
		if err := c.receive(ctx, frame, sent); err != nil {
			return err
		}
	}
}

func (c *screen) dial(ctx context.Context, node int, direct bool) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c.mu.Lock()
	live := c.live
	c.mu.Unlock()
	site := c.studio.nodes[node].site(direct)
	socket, res, err := websocket.Dial(ctx, site+"/live?"+live, &websocket.DialOptions{HTTPClient: sockets, HTTPHeader: http.Header{"Authorization": {"Bearer " + c.token}}})
	if err != nil {
		if res != nil && res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
			c.studio.complaints.add("the socket of %s is refused with %d", c.name, res.StatusCode)
		}
		return nil, err
	}
	socket.SetReadLimit(8 << 20)
	return socket, nil
}

// receive takes a message of the server.
func (c *screen) receive(ctx context.Context, frame []byte, sent map[string]element) error {
	c.studio.totals.frames.Add(1)
	if bytes.Contains(frame, []byte(canary)) {
		c.studio.complaints.add("%s was sent what only a stranger in Redis had written", c.name)
	}
	if len(frame) > 0 && frame[0] == '{' {
		if bytes.Contains(frame, []byte("signedOut")) {
			return errors.New("signed out")
		}
		return nil
	}
	elements, err := parsePush(frame)
	if err != nil {
		c.studio.complaints.add("%s cannot read what it was sent: %v", c.name, err)
		return nil
	}
	for _, e := range elements {
		if was, ok := sent[e.id]; ok && was.epoch == e.epoch && e.version < was.version {
			c.studio.totals.overtaken.Add(1) // a greeting is read while news go out: the guard is for that
		}
		sent[e.id] = e
		if c.show(e) {
			go c.fetchLater(ctx, settleFirst)
		}
	}
	return nil
}

var rowPart = regexp.MustCompile(`^class-(\d+)-(seats|staff)$`)

// show is the one guard: what is not newer than what is shown is dropped. It reports
// whether the page has to be fetched instead.
func (c *screen) show(e element) (fetch bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, known := c.shown[e.id]
	switch {
	case !known:
		m := rowPart.FindStringSubmatch(e.id)
		if m == nil || m[2] != c.list || time.Since(c.fetched) < askAgain {
			return false
		}
		c.fetched = time.Now()
		return true
	case was.epoch != e.epoch:
		return true
	case e.version <= was.version:
		return false
	}
	c.put(e)
	return false
}

// put shows an element. The caller holds mu.
func (c *screen) put(e element) {
	if e.id == "alerts" {
		c.noteAlerts(e)
	}
	c.shown[e.id] = e
	c.awaited = slices.DeleteFunc(c.awaited, func(a await) bool {
		there := a.id == e.id && e.version >= a.version
		if there {
			c.studio.stalest.note(time.Since(a.since))
		}
		return there
	})
	close(c.changed)
	c.changed = make(chan struct{})
}

// await is a version of an element that somebody was told of.
type await struct {
	id      string
	version int64
	since   time.Time
}

// expect has every page with a socket note that it is to show a class in a version.
func (s *studio) expect(class, version int64) {
	now := time.Now()
	for _, c := range s.screens {
		c.mu.Lock()
		for _, id := range []string{fmt.Sprintf("class-%d-seats", class), fmt.Sprintf("class-%d-staff", class)} {
			if shown, ok := c.shown[id]; ok && c.open && shown.version < version {
				c.awaited = append(c.awaited, await{id, version, now})
			}
		}
		c.mu.Unlock()
	}
}

// noteAlerts looks for alerts that are there twice or that come back, as only a warning
// of credits that end does, with a refund. The caller holds mu.
func (c *screen) noteAlerts(section element) {
	now := map[int64]bool{}
	for _, id := range section.alerts {
		if now[id] {
			c.studio.complaints.add("%s shows alert %d twice", c.name, id)
		}
		if shown, ever := c.alerts[id]; ever && !shown && !slices.Contains(section.credits, id) {
			c.studio.complaints.add("%s shows alert %d again after it was gone", c.name, id)
		}
		now[id] = true
	}
	for id := range c.alerts {
		c.alerts[id] = now[id]
	}
	maps.Copy(c.alerts, now)
}

// fetchLater is what a page does that has lost something: it fetches itself.
func (c *screen) fetchLater(ctx context.Context, wait time.Duration) {
	pause(ctx, wait)
	if ctx.Err() == nil {
		_ = c.fetch(ctx) // else the next message or the next socket tries again
	}
}

// fetch loads the page and shows what is not older than what is shown.
func (c *screen) fetch(ctx context.Context) error {
	c.mu.Lock()
	before := maps.Clone(c.shown)
	c.mu.Unlock()
	p, err := c.load(ctx, c.studio.front.on.Load())
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, was := range before {
		if is, ok := p.elements[id]; ok && is.epoch == was.epoch && is.version < was.version && !strings.HasSuffix(id, "-mine") {
			c.studio.complaints.add("a page fetched for %s holds version %d of #%s, and it had shown %d before", c.name, is.version, id, was.version)
		}
	}
	c.list, c.live = p.list, p.live
	for id := range c.shown {
		if _, ok := p.elements[id]; !ok {
			delete(c.shown, id)
		}
	}
	for id, e := range p.elements {
		if was, ok := c.shown[id]; !ok || was.epoch != e.epoch || e.version >= was.version {
			c.put(e)
		}
	}
	return nil
}

// load fetches the page from any node that answers; direct means past the wires.
func (c *screen) load(ctx context.Context, direct bool) (p page, err error) {
	first := rand.IntN(2)
	for try := range 4 {
		if p, err = c.loadFrom(ctx, c.studio.nodes[(first+try)%2].site(direct)); err == nil {
			return p, nil
		}
	}
	return p, err
}

func (c *screen) loadFrom(ctx context.Context, site string) (page, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", site+c.path, nil)
	if err != nil {
		return page{}, err
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Authorization", "Bearer "+c.token)
	res, err := browser.Do(r)
	if err != nil {
		browser.CloseIdleConnections()
		return page{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return page{}, err
	}
	if res.StatusCode != http.StatusOK {
		return page{}, fmt.Errorf("%s is answered %d", c.path, res.StatusCode)
	}
	return parsePage(body)
}
