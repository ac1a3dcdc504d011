//go:build unix

package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// reconnectStorm holds a very large number of sockets that reconnect at once. A socket only
// records versions. It connects to a node without a proxy.
type reconnectStorm struct {
	studio  *studio
	day     string
	sockets []*socket
	clients []*http.Client
}

type socket struct {
	*reconnectStorm
	token  string
	client *http.Client
	node   int
	random *rand.Rand

	mu       sync.Mutex
	conn     *websocket.Conn
	versions map[int64]int64 // of the day's classes, received on this connection
	changed  chan struct{}
}

// perPerson and perAddress are below the limits of a node for one session and for one address.
const (
	perPerson  = 12
	perAddress = 240
)

// roomForSockets is the number of sockets that this machine allows: its limit on open files,
// and its loopback addresses (see clientFrom).
func roomForSockets(wanted int) int {
	if runtime.GOOS != "linux" {
		wanted = min(wanted, perAddress)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return wanted
	}
	const others = 1500
	return max(0, min(wanted, int(min(limit.Cur, 1<<30))-others))
}

// cutAndReconnect cuts all sockets of a storm at once and measures how long they take to
// reconnect, each after a random moment within a second, and to know the present versions.
func cutAndReconnect(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	size := roomForSockets(s.stormSize)
	if size == 0 {
		return "", &notPossible{"the limit on open files leaves no socket"}
	}
	r, err := s.openStorm(ctx, size, random)
	if err != nil {
		return "", err
	}
	defer r.close()
	if err := r.each(ctx, func(c *socket) error { return c.open(ctx) }, 64); err != nil {
		return "", fmt.Errorf("opening %d sockets: %w", size, err)
	}
	asked := s.totals.clicks.Load()
	for _, c := range r.sockets {
		_ = c.close()
	}
	cut := time.Now()
	limit := s.stormLimit(size)
	err = r.each(ctx, func(c *socket) error { return c.reconnect(ctx, cut.Add(limit)) }, size)
	if err != nil {
		s.complaints.add("of %d sockets that were cut at once, not all came back: %v", size, err)
		return "", nil
	}
	took := time.Since(cut)
	clicks := s.totals.clicks.Load() - asked
	s.clickLock.Lock()
	defer s.clickLock.Unlock()
	// A socket is back when it has its first state: two nodes send these to all sockets at once.
	err = r.each(ctx, func(c *socket) error { return c.hasFirstState(ctx, cut.Add(limit)) }, size)
	if err == nil {
		err = r.equal(ctx)
	}
	if err != nil {
		s.complaints.add("%d sockets were back, and then: %v", size, err)
	}
	remark := fmt.Sprintf("%d sockets were back after %s, and %d clicks were answered meanwhile",
		size, took.Round(10*time.Millisecond), clicks)
	if size < s.stormSize {
		remark += fmt.Sprintf("; this machine does not allow %d", s.stormSize)
	}
	return remark, nil
}

// stormLimit is the time within which all sockets must be back: the wait of a page, and the
// time of two nodes for so many handshakes on a machine that they share with the sockets.
func (s *studio) stormLimit(size int) time.Duration {
	return s.atLeast(usualPatience + time.Duration(size)*time.Millisecond)
}

// openStorm adds the people whom the sockets need. The studio keeps them for the next storm.
func (s *studio) openStorm(ctx context.Context, size int, random *rand.Rand) (*reconnectStorm, error) {
	if err := s.addVisitors(ctx, (size+perPerson-1)/perPerson); err != nil {
		return nil, fmt.Errorf("adding the people of %d sockets: %w", size, err)
	}
	r := &reconnectStorm{studio: s, day: time.Now().AddDate(0, 0, 1).Format(time.DateOnly)}
	var client *http.Client
	for i := range size {
		if i%perAddress == 0 {
			client = clientFrom(i / perAddress)
			r.clients = append(r.clients, client)
		}
		r.sockets = append(r.sockets, &socket{
			reconnectStorm: r, token: s.visitors[i/perPerson], client: client, node: i % 2,
			random: rand.New(rand.NewPCG(random.Uint64(), 5)), changed: make(chan struct{}),
		})
	}
	return r, nil
}

// addVisitors adds members who only look, each with a session, until there are count of them.
// Nobody can sign in so often at the form.
func (s *studio) addVisitors(ctx context.Context, count int) error {
	for len(s.visitors) < count {
		secret := sha256.Sum256([]byte(uuid.NewString()))
		s.visitors = append(s.visitors, base64.RawURLEncoding.EncodeToString(secret[:]))
	}
	hashes := make([][]byte, len(s.visitors))
	for i, token := range s.visitors {
		sum := sha256.Sum256([]byte(token))
		hashes[i] = sum[:]
	}
	// A restored database may lack some of them.
	return s.postgres.do(ctx, `
		with missing as (
			select hash, nextval('block_ids') as id from unnest($1::bytea[]) hash
			where not exists (select from session where token_hash = hash)),
		people as (
			insert into person (id, role, given_name, family_name) select id, 'member', 'Visitor', id::text from missing)
		insert into session (token_hash, person_id, expires_at)
		select hash, id, clock_timestamp() + interval '30 days' from missing`, hashes)
}

// clientFrom returns a client with a loopback address of its own, since nodes limit the
// sockets from one address.
func clientFrom(number int) *http.Client {
	dialer := &net.Dialer{}
	if runtime.GOOS == "linux" { // elsewhere only 127.0.0.1 is configured
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number))}
	}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
}

// each calls do for every socket, with a number of calls at once.
func (r *reconnectStorm) each(ctx context.Context, do func(*socket) error, atOnce int) error {
	var mu sync.Mutex
	var failed error
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, c := range r.sockets {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := do(c); err != nil {
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

func (c *socket) open(ctx context.Context) error {
	dial, cancel := context.WithTimeout(ctx, c.studio.atLeast(10*time.Second))
	defer cancel()
	conn, _, err := dialLive(dial, c.client, c.studio.nodes[c.node].site(true), "view=schedule&from="+c.day, c.token)
	if err != nil {
		return err
	}
	conn.SetReadLimit(-1)
	c.mu.Lock()
	c.conn, c.versions = conn, map[int64]int64{}
	c.mu.Unlock()
	go c.read(ctx, conn)
	return nil
}

// reconnect tries to connect until the deadline, at the pace of a page.
func (c *socket) reconnect(ctx context.Context, deadline time.Time) (err error) {
	for wait := firstWait; ; wait = laterWait {
		pause(ctx, time.Duration(c.random.Int64N(int64(wait))))
		if err = c.open(ctx); err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

func (c *socket) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return nil
	}
	return c.conn.CloseNow()
}

func (r *reconnectStorm) close() {
	for _, c := range r.sockets {
		_ = c.close()
	}
	for _, client := range r.clients {
		client.CloseIdleConnections()
	}
}

var seats = regexp.MustCompile(`id="class-(\d+)-seats"[^>]* data-v="(\d+)"`)

// read records the newest version of each class until the connection ends.
func (c *socket) read(ctx context.Context, conn *websocket.Conn) {
	for {
		_, r, err := conn.Reader(ctx)
		if err != nil {
			return
		}
		frame, err := io.ReadAll(r)
		if err != nil {
			return
		}
		c.studio.totals.frames.Add(1)
		found := seats.FindAllSubmatch(frame, -1)
		if len(found) == 0 {
			continue
		}
		c.mu.Lock()
		for _, m := range found {
			id, _ := strconv.ParseInt(string(m[1]), 10, 64)
			version, _ := strconv.ParseInt(string(m[2]), 10, 64)
			if c.conn == conn {
				c.versions[id] = max(version, c.versions[id])
			}
		}
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// equal waits until every socket has received the versions of the database.
func (r *reconnectStorm) equal(ctx context.Context) error {
	conn, err := r.studio.postgres.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	want := map[int64]int64{}
	rows, _ := conn.Query(ctx, `select c.id, c.version from class c, studio s
		where not c.hidden and (c.starts_at at time zone s.zone)::date = $1::date`, r.day)
	var id, version int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error { want[id] = version; return nil }); err != nil {
		return fmt.Errorf("reading the versions: %w", err)
	}
	began := time.Now()
	if _, err := r.studio.screens[0].load(ctx, true); err != nil {
		return err
	}
	deadline := began.Add(r.limit(time.Since(began)))
	return r.each(ctx, func(c *socket) error { return c.equals(ctx, want, began, deadline) }, len(r.sockets))
}

// limit is the time within which all sockets must have the present versions. They run in this
// process, beside the nodes: what slows them slows the load of a page as well.
func (r *reconnectStorm) limit(load time.Duration) time.Duration {
	slowed := time.Duration(float64(equalWithin) * float64(load) / float64(usualLoad))
	return max(r.studio.equalLimit(load), slowed)
}

// hasFirstState waits until the socket has received anything.
func (c *socket) hasFirstState(ctx context.Context, deadline time.Time) error {
	if c.await(ctx, deadline, func() bool { return len(c.versions) > 0 }) {
		return nil
	}
	return fmt.Errorf("a socket at node %d has no first state", c.node)
}

// equals waits for the versions. After the deadline it waits on, to say whether they are late
// or lost.
func (c *socket) equals(ctx context.Context, want map[int64]int64, began, deadline time.Time) error {
	behind := ""
	current := func() bool {
		behind = ""
		for id, version := range want {
			if c.versions[id] < version {
				behind = fmt.Sprintf("a socket at node %d had version %d of class %d, not %d", c.node, c.versions[id], id, version)
			}
		}
		return behind == ""
	}
	if c.await(ctx, deadline, current) {
		return nil
	}
	late := behind
	if c.await(ctx, deadline.Add(hangTimeout), current) {
		return fmt.Errorf("%s, until %s later", late, time.Since(began).Round(time.Millisecond))
	}
	return fmt.Errorf("%s, and never got it", behind)
}

// await waits until done, which is called with the lock of the socket.
func (c *socket) await(ctx context.Context, deadline time.Time, done func() bool) bool {
	for {
		c.mu.Lock()
		ok, changed := done(), c.changed
		c.mu.Unlock()
		if ok || time.Now().After(deadline) || ctx.Err() != nil {
			return ok
		}
		select {
		case <-changed:
		case <-ctx.Done():
		case <-time.After(time.Until(deadline) + 10*time.Millisecond):
		}
	}
}
