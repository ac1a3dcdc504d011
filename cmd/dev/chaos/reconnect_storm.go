//go:build unix

package chaos

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"

	"terminplan/booking/demo"
)

// A herd is very many sockets that only look for versions. They reach the nodes
// directly: the wires are not what is tried here.
type herd struct {
	studio *studio
	day    string
	beasts []*beast
	client *http.Client
}

type beast struct {
	*herd
	token  string
	node   int
	random *rand.Rand

	mu       sync.Mutex
	socket   *websocket.Conn
	versions map[int64]int64 // of the classes of the day, on this socket
	changed  chan struct{}
}

// perSession is below what a node allows to one session.
const perSession = 18

// roomForHerd is how many sockets the limit on open files allows.
func roomForHerd(wanted int) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return wanted
	}
	const others = 1500
	return max(0, min(wanted, int(min(limit.Cur, 1<<30))-others))
}

// stampede cuts a herd at once and looks how long all of it takes to come back, each
// after a random moment within a second, and to know the present versions again.
func stampede(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	size := roomForHerd(s.herd)
	if size == 0 {
		return "", &cannot{"no socket is left for a herd"}
	}
	h, err := s.gather(ctx, size, random)
	if err != nil {
		return "", err
	}
	defer h.disperse()
	if err := h.all(ctx, func(b *beast) error { return b.open(ctx) }, 64); err != nil {
		return "", fmt.Errorf("gathering %d sockets: %w", size, err)
	}
	asked := s.totals.clicks.Load()
	for _, b := range h.beasts {
		_ = b.close()
	}
	cut := time.Now()
	back := s.herdLimit(size)
	err = h.all(ctx, func(b *beast) error { return b.comeBack(ctx, cut.Add(back)) }, size)
	if err != nil {
		s.complaints.add("of %d sockets that were cut at once, not all came back: %v", size, err)
		return "", nil
	}
	took := time.Since(cut)
	clicks := s.totals.clicks.Load() - asked
	s.turn.Lock()
	defer s.turn.Unlock()
	quiet := time.Now()
	if err := h.equal(ctx); err != nil {
		s.complaints.add("%d sockets were back, and %s later: %v", size, time.Since(quiet).Round(time.Millisecond), err)
	}
	remark := fmt.Sprintf("%d sockets were back after %s, and %d clicks were answered meanwhile", size, took.Round(10*time.Millisecond), clicks)
	if size < s.herd {
		remark += fmt.Sprintf("; %d were asked for, more than files may be open", s.herd)
	}
	return remark, nil
}

// herdLimit is within what time a herd must be back: the wait of a page, and what two
// nodes need for so many handshakes on a machine that they share with the herd.
func (s *studio) herdLimit(size int) time.Duration {
	return s.atLeast(usualPatience + time.Duration(size)*time.Millisecond)
}

// gather signs in for as many sessions as a herd needs; they are kept for the next.
func (s *studio) gather(ctx context.Context, size int, random *rand.Rand) (*herd, error) {
	emails := demo.Extras()
	for len(s.sessions)*perSession < size {
		token, _, err := s.login(ctx, emails[len(s.sessions)%len(emails)])
		if err != nil {
			return nil, err
		}
		s.sessions = append(s.sessions, token)
	}
	h := &herd{studio: s, day: time.Now().AddDate(0, 0, 1).Format(time.DateOnly), client: &http.Client{Transport: &http.Transport{}}}
	for i := range size {
		h.beasts = append(h.beasts, &beast{herd: h, token: s.sessions[i/perSession], node: i % 2, random: rand.New(rand.NewPCG(random.Uint64(), 5)), changed: make(chan struct{})})
	}
	return h, nil
}

// all does something for every socket, so many at once.
func (h *herd) all(ctx context.Context, do func(*beast) error, atOnce int) error {
	var mu sync.Mutex
	var failed error
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, b := range h.beasts {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := do(b); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

func (b *beast) open(ctx context.Context) error {
	dial, cancel := context.WithTimeout(ctx, b.studio.atLeast(10*time.Second))
	defer cancel()
	socket, _, err := websocket.Dial(dial, b.studio.nodes[b.node].site(true)+"/live?view=schedule&from="+b.day, &websocket.DialOptions{HTTPClient: b.client, HTTPHeader: http.Header{"Authorization": {"Bearer " + b.token}}})
	if err != nil {
		return err
	}
	socket.SetReadLimit(-1)
	b.mu.Lock()
	b.socket, b.versions = socket, map[int64]int64{}
	b.mu.Unlock()
	go b.look(ctx, socket)
	return nil
}

// comeBack tries until the deadline, as a page does.
func (b *beast) comeBack(ctx context.Context, deadline time.Time) (err error) {
	for wait := firstWait; ; wait = laterWait {
		pause(ctx, time.Duration(b.random.Int64N(int64(wait))))
		if err = b.open(ctx); err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

func (b *beast) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.socket == nil {
		return nil
	}
	return b.socket.CloseNow()
}

func (h *herd) disperse() {
	for _, b := range h.beasts {
		_ = b.close()
	}
}

var seats = regexp.MustCompile(`id="class-(\d+)-seats"[^>]* data-v="(\d+)"`)

// look notes the newest version of each class until the socket ends.
func (b *beast) look(ctx context.Context, socket *websocket.Conn) {
	for {
		_, r, err := socket.Reader(ctx)
		if err != nil {
			return
		}
		frame, err := io.ReadAll(r)
		if err != nil {
			return
		}
		b.studio.totals.frames.Add(1)
		found := seats.FindAllSubmatch(frame, -1)
		if len(found) == 0 {
			continue
		}
		b.mu.Lock()
		for _, m := range found {
			id, _ := strconv.ParseInt(string(m[1]), 10, 64)
			version, _ := strconv.ParseInt(string(m[2]), 10, 64)
			if b.socket == socket {
				b.versions[id] = max(version, b.versions[id])
			}
		}
		close(b.changed)
		b.changed = make(chan struct{})
		b.mu.Unlock()
	}
}

// equal waits until every socket knows the versions that the database has.
func (h *herd) equal(ctx context.Context) error {
	conn, err := h.studio.postgres.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	want := map[int64]int64{}
	rows, _ := conn.Query(ctx, `select c.id, c.version from class c, studio s where not c.hidden and (c.starts_at at time zone s.zone)::date = $1::date`, h.day)
	var id, version int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error { want[id] = version; return nil }); err != nil {
		return fmt.Errorf("reading the versions: %w", err)
	}
	began := time.Now()
	if _, err := h.studio.screens[0].load(ctx, true); err != nil {
		return err
	}
	deadline := began.Add(h.studio.soon(time.Since(began)))
	return h.all(ctx, func(b *beast) error { return b.equals(want, deadline) }, len(h.beasts))
}

func (b *beast) equals(want map[int64]int64, deadline time.Time) error {
	for {
		b.mu.Lock()
		behind, changed := "", b.changed
		for id, version := range want {
			if b.versions[id] < version {
				behind = fmt.Sprintf("a socket at node %d knows version %d of class %d, not %d", b.node, b.versions[id], id, version)
			}
		}
		b.mu.Unlock()
		switch {
		case behind == "":
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%s", behind)
		}
		select {
		case <-changed:
		case <-time.After(time.Until(deadline) + 10*time.Millisecond):
		}
	}
}
