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

// screen is an open page: its elements, and a socket that updates them by the rules of
// docs/protocol.md, as static/js/live.js does.
type screen struct {
	studio   *studio
	name     string // owner and path, for messages
	path     string
	token    string
	personID int64
	random   *rand.Rand

	mu       sync.Mutex
	shown    map[string]element
	list     string
	live     string
	sheet    string // the id of the sheet that the page is; empty: none
	open     bool
	since    time.Time      // when the socket was opened
	direct   bool           // the socket has no proxy: it was opened while nodes were replaced
	alerts   map[int64]bool // all that were ever shown in an epoch; false: removed since
	epoch    string         // of alerts
	wanted   string         // the epoch of the last update that did not fit the page; empty: all fit
	rewound  bool           // what was committed was taken back, and no page of a new epoch was fetched since
	expected []expectation  // versions that members already know
	changed  chan struct{}  // closed at the next change
	fetched  time.Time      // when the page was last loaded because of a missing row
	fetching bool           // fetchLater waits; what it loads will be new enough for everybody
}

// The timeouts of a page: see live.js and docs/protocol.md.
const (
	watchdog   = 12 * time.Second // of silence, before it opens another socket
	firstWait  = time.Second      // at most, before the first attempt to reconnect
	laterWait  = 3 * time.Second
	askAgain   = 4 * time.Second // between two loads of the page because of a missing row
	fetchDelay = 250 * time.Millisecond
)

// Pages are loaded over connections that stay open. A socket opens a connection of its own, so
// it does not get one that is already dead.
var browser = &http.Client{Timeout: 8 * time.Second, Transport: keepAlive()}

var sockets = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: -1}}

// watch keeps the screen up to date until ctx ends.
func (c *screen) watch(ctx context.Context) {
	for failed := 0; ctx.Err() == nil; failed++ {
		began := time.Now()
		err := c.stream(ctx)
		if time.Since(began) > 5*time.Second {
			failed = 0
		}
		c.mu.Lock()
		again := c.open
		c.open, c.expected = false, nil // a page without a socket says so, so it may be behind
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

// stream opens a socket, at the other node if one does not answer, and shows its messages
// until it ends. The first messages of a socket do not name the rows that were removed while
// there was none, so the page is loaded as well.
func (c *screen) stream(ctx context.Context) error {
	first, direct := c.random.IntN(2), c.studio.balancer.active.Load()
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
	sent := map[string]element{} // the latest on this socket
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
	socket, res, err := dialLive(ctx, sockets, site, live, c.token)
	if err != nil {
		if res != nil && res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
			c.studio.complaints.add("the socket of %s is refused with %d", c.name, res.StatusCode)
		}
		return nil, err
	}
	socket.SetReadLimit(8 << 20)
	return socket, nil
}

// receive handles a message of the server.
func (c *screen) receive(ctx context.Context, frame []byte, sent map[string]element) error {
	c.studio.totals.frames.Add(1)
	if bytes.Contains(frame, []byte(canary)) {
		c.studio.complaints.add("%s was sent text that only another program wrote into Redis", c.name)
	}
	if len(frame) > 0 && frame[0] == '{' {
		if bytes.Contains(frame, []byte("signedOut")) {
			return errors.New("signed out")
		}
		return nil
	}
	elements, err := parsePush(frame)
	if err != nil {
		c.studio.complaints.add("%s cannot read a message: %v", c.name, err)
		return nil
	}
	for _, e := range elements {
		if was, ok := sent[e.id]; ok && was.epoch == e.epoch && e.version < was.version {
			c.studio.totals.overtaken.Add(1) // allowed: the first state is read while updates are sent, and show drops the older one
		}
		sent[e.id] = e
		if c.show(e) {
			go c.fetchLater(ctx, fetchDelay)
		}
	}
	return nil
}

var rowPart = regexp.MustCompile(`^class-(\d+)-(seats|staff)$`)

// show shows an element if it is newer than the shown one. It reports whether the page has to
// be loaded instead.
func (c *screen) show(e element) (fetch bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, known := c.shown[e.id]
	switch {
	case !known && c.outdatesSheet(e):
		return true
	case !known:
		m := rowPart.FindStringSubmatch(e.id)
		if m == nil || m[2] != c.list || time.Since(c.fetched) < askAgain {
			return false
		}
		c.fetched = time.Now()
		return true
	case was.epoch != e.epoch:
		if e.epoch != noEpoch {
			c.wanted = e.epoch
		}
		return true
	case e.version <= was.version:
		return false
	}
	c.put(e)
	return c.outdatesSheet(e)
}

// sheetPart is an element on which the text of a sheet depends.
var sheetPart = regexp.MustCompile(`^(?:sheet-(\d+)-seats|class-(\d+)-personal|balance)$`)

// outdatesSheet reports whether the page shows a sheet whose text the element makes old, as the
// script of the site decides it: other public facts, the own state, the balance. The caller
// holds mu.
func (c *screen) outdatesSheet(e element) bool {
	m := sheetPart.FindStringSubmatch(e.id)
	if m == nil || c.sheet == "" {
		return false
	}
	if m[1] != "" {
		return e.terms != c.shown[c.sheet].terms
	}
	return m[2] == "" || c.sheet == "sheet-"+m[2]
}

// put replaces an element. The caller holds mu.
func (c *screen) put(e element) {
	if e.id == "alerts" {
		c.checkAlerts(e)
	}
	c.shown[e.id] = e
	c.expected = slices.DeleteFunc(c.expected, func(a expectation) bool {
		there := a.id == e.id && e.version >= a.version
		if there {
			c.studio.stalest.note(time.Since(a.since))
		}
		return there
	})
	close(c.changed)
	c.changed = make(chan struct{})
}

// expectation is a version of an element that a member already knows.
type expectation struct {
	id      string
	version int64
	since   time.Time
}

// expect records on every page with a socket that it should now show this version of a class.
func (s *studio) expect(class, version int64) {
	now := time.Now()
	for _, c := range s.screens {
		c.mu.Lock()
		for _, id := range []string{fmt.Sprintf("class-%d-seats", class), fmt.Sprintf("class-%d-staff", class)} {
			if shown, ok := c.shown[id]; ok && c.open && shown.version < version {
				c.expected = append(c.expected, expectation{id, version, now})
			}
		}
		c.mu.Unlock()
	}
}

// checkAlerts complains about alerts that are shown twice or that come back. Only a warning of
// expiring credits may come back, after a refund. The caller holds mu.
func (c *screen) checkAlerts(section element) {
	if section.epoch != c.epoch { // what was removed may be back
		c.epoch, c.alerts = section.epoch, map[int64]bool{}
	}
	now := map[int64]bool{}
	for _, id := range section.alerts {
		if now[id] {
			c.studio.complaints.add("%s shows alert %d twice", c.name, id)
		}
		if shown, ever := c.alerts[id]; ever && !shown && !c.studio.clockMoves.Load() && !slices.Contains(section.credits, id) {
			c.studio.complaints.add("%s shows alert %d again after it was removed", c.name, id)
		}
		now[id] = true
	}
	if c.studio.clockMoves.Load() { // an alert ends with its time, and is back when the time is
		c.alerts = now
		return
	}
	for id := range c.alerts {
		c.alerts[id] = now[id]
	}
	maps.Copy(c.alerts, now)
}

// noEpoch is on elements that only make a page load itself.
const noEpoch = "resync"

// fetchLater loads the page after a wait, and again each half second while it comes from a node that
// has not noticed a new epoch. While one call waits, others have nothing to do: after a new
// epoch every element of the page asks for it.
func (c *screen) fetchLater(ctx context.Context, wait time.Duration) {
	c.mu.Lock()
	waits := c.fetching
	c.fetching = true
	c.mu.Unlock()
	if waits {
		return
	}
	for pause(ctx, wait); ctx.Err() == nil; pause(ctx, 500*time.Millisecond) {
		c.mu.Lock()
		c.fetching = false
		c.mu.Unlock()
		_ = c.fetch(ctx) // after an error, the next message or socket tries again
		c.mu.Lock()
		isWanted := func(e element) bool { return e.epoch == c.wanted }
		settled := c.wanted == "" || slices.ContainsFunc(slices.Collect(maps.Values(c.shown)), isWanted)
		if settled {
			c.wanted = ""
		}
		c.mu.Unlock()
		if settled {
			return
		}
	}
}

// fetch loads the page and shows the elements that are not older than the shown ones.
func (c *screen) fetch(ctx context.Context) error {
	c.mu.Lock()
	before := maps.Clone(c.shown)
	c.mu.Unlock()
	p, err := c.load(ctx, c.studio.balancer.active.Load())
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, was := range before {
		if is, ok := p.elements[id]; ok && is.epoch != was.epoch {
			c.rewound = false
		}
	}
	for id, was := range before {
		if c.wanted != "" || c.rewound {
			break // the node may not have noticed the new epoch, in which versions are lower
		}
		if is, ok := p.elements[id]; ok && is.epoch == was.epoch && is.version < was.version && !strings.HasSuffix(id, "-personal") {
			c.studio.complaints.add(
				"a page fetched for %s holds version %d of #%s, and it had shown %d before", c.name, is.version, id, was.version,
			)
		}
	}
	c.list, c.live, c.sheet = p.list, p.live, p.sheet
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

// load loads the page from a node that answers; direct means without a proxy.
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
