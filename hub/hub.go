package hub

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Options of a hub; the zero value is ready for use.
type Options struct {
	Log *slog.Logger // slog.Default if nil
	// Heartbeat is the interval of {"heartbeat":1} messages to every page, 5 s if zero.
	Heartbeat time.Duration
	// SlowLimit is the longest time that a connection may accept no bytes while data is
	// waiting for it. It is 4.5 s if zero, so that such a connection is closed within five
	// seconds.
	SlowLimit time.Duration
	// PingInterval is the interval of pings to the peer, 25 s if zero. It is rounded down to
	// whole heartbeats.
	PingInterval time.Duration
	// Origins lists the allowed origins of a page as scheme://host[:port]. If it is empty, the
	// origin must equal the scheme and host of the request.
	Origins []string
	// Secure tells the hub that a proxy in front of the server terminates TLS.
	Secure bool
	// MaxPerOwner, MaxPerPerson and MaxPerNetwork limit the connections that have the same
	// owner, person or network: 20, 60 and 400 if zero.
	MaxPerOwner, MaxPerPerson, MaxPerNetwork int
}

// Hub holds the connections of this node. Its methods are safe for concurrent use. Topics are
// written only while Run runs.
type Hub struct {
	opts   Options
	log    *slog.Logger
	rhythm rhythm
	shards []*shard
	wake   chan struct{} // for the flusher
	count  counters

	// running counts the goroutines of connections, from before the handshake.
	running sync.WaitGroup

	mu        sync.Mutex
	state     state
	topics    map[Topic]*topic
	dirty     []*topic
	conns     map[*Conn]struct{} // including connections in their handshake
	owners    map[string][]*Conn
	people    map[string]int // connections by person
	networks  map[string]int // connections by network
	nextShard int            // the shard of the next connection
}

type state uint8

const (
	open state = iota
	draining
	stopped
)

type counters struct {
	slow                                           atomic.Int64
	updates, conflated, flushes, deliveries, bytes atomic.Uint64
	accepted, refused, slowClosed, silent, broken  atomic.Uint64
}

// Stats are metrics for the operator. The first four are current numbers, the others count
// since the start.
type Stats struct {
	Connections int
	Owners      int
	Topics      int
	Slow        int // connections that do not read fast enough

	Accepted   uint64 // connections
	Updates    uint64 // updates passed to Broadcast whose topic had subscribers
	Conflated  uint64 // updates that were dropped because a newer one came before the write
	Flushes    uint64 // frames built from updates
	Deliveries uint64 // frames times subscribers
	Bytes      uint64 // written to sockets
	Refused    uint64 // connections closed because the peer broke a limit or the protocol
	SlowClosed uint64 // connections closed because the peer did not read
	Silent     uint64 // connections dropped because the peer sent nothing
	NotUTF8    uint64 // frames with text that was not UTF-8 and was repaired
}

// New returns a hub without connections.
func New(o Options) *Hub {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 5 * time.Second
	}
	if o.SlowLimit <= 0 {
		o.SlowLimit = 4500 * time.Millisecond
	}
	if o.PingInterval <= 0 {
		o.PingInterval = 25 * time.Second
	}
	if o.MaxPerOwner <= 0 {
		o.MaxPerOwner = 20
	}
	if o.MaxPerPerson <= 0 {
		o.MaxPerPerson = 60
	}
	if o.MaxPerNetwork <= 0 {
		o.MaxPerNetwork = 400
	}
	o.Origins = slices.Clone(o.Origins)
	h := &Hub{
		opts: o, log: o.Log, rhythm: newRhythm(o), wake: make(chan struct{}, 1),
		topics: map[Topic]*topic{}, conns: map[*Conn]struct{}{},
		owners: map[string][]*Conn{}, people: map[string]int{}, networks: map[string]int{},
	}
	for i := range runtime.GOMAXPROCS(0) {
		h.shards = append(h.shards, newShard(h, i))
	}
	return h
}

// Run writes broadcasts and heartbeats until ctx ends. Then it closes the remaining
// connections, waits for all goroutines of the hub and returns nil. Call it once.
func (h *Hub) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	for _, s := range h.shards {
		loops.Go(func() { s.run(ctx) })
	}
	loops.Go(func() { h.flushLoop(ctx) })
	loops.Wait()
	for _, c := range h.stop() {
		c.wire.drop()
	}
	h.running.Wait()
	return nil
}

// stop makes the hub refuse new connections and returns the existing ones.
func (h *Hub) stop() []*Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = stopped
	return h.connections()
}

// connections lists all connections. The caller holds h.mu.
func (h *Hub) connections() []*Conn {
	list := make([]*Conn, 0, len(h.conns))
	for c := range h.conns {
		list = append(list, c)
	}
	return list
}

func (h *Hub) draining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state != open
}

// Accept upgrades the request to a WebSocket and returns at once. The connection already has
// all its subscriptions, and its own goroutine serves it. An error before the upgrade is a
// *HandshakeError, and the caller must still write the response. After any other error the
// response has been written.
func (h *Hub) Accept(w http.ResponseWriter, r *http.Request, s Subscription) (*Conn, error) {
	if err := h.CheckHandshake(r); err != nil {
		return nil, err
	}
	c := &Conn{hub: h, owner: s.Owner, person: s.Person, network: s.Network, onClose: s.OnClose}
	c.wire.hub = h
	if err := h.enter(c); err != nil {
		return nil, err
	}
	// CheckHandshake has already checked the Origin, more strictly than the library does.
	ws, err := websocket.Accept(&upgrade{w, c}, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		h.leave(c)
		h.running.Done()
		return nil, err
	}
	ws.SetReadLimit(maxMessage)
	h.subscribe(c, s.Topics)
	h.count.accepted.Add(1)
	go c.read(ws)
	return c, nil
}

// CheckLimits reports whether the hub has room for another connection, before anything is
// done for it. Errors are of type *HandshakeError; Accept returns the same ones.
func (h *Hub) CheckLimits(s Subscription) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limitReached(s.Owner, s.Person, s.Network)
}

// limitReached returns the limit that one more connection would exceed. The caller holds h.mu.
func (h *Hub) limitReached(owner, person, network string) error {
	if len(h.owners[owner]) >= h.opts.MaxPerOwner || h.people[person] >= h.opts.MaxPerPerson ||
		h.networks[network] >= h.opts.MaxPerNetwork {
		return &HandshakeError{http.StatusTooManyRequests, "too many connections"}
	}
	return nil
}

// enter registers c before the upgrade, so that c counts towards the limits and Disconnect can
// find it.
func (h *Hub) enter(c *Conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != open {
		return &HandshakeError{http.StatusServiceUnavailable, "shutting down"}
	}
	if err := h.limitReached(c.owner, c.person, c.network); err != nil {
		return err
	}
	h.conns[c] = struct{}{}
	if c.owner != "" {
		h.owners[c.owner] = append(h.owners[c.owner], c)
	}
	count(h.people, c.person, 1)
	count(h.networks, c.network, 1)
	h.running.Add(1)
	return nil
}

// count adds n to the connections with the name. Connections without a name are not counted.
func count(connections map[string]int, name string, n int) {
	if name == "" {
		return
	}
	if connections[name] += n; connections[name] == 0 {
		delete(connections, name)
	}
}

func (h *Hub) subscribe(c *Conn, names []Topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range names {
		t := h.topics[name]
		if t == nil {
			t = &topic{name: name, lists: make([][]entry, len(h.shards))}
			h.topics[name] = t
		}
		if !slices.Contains(c.topics, t) {
			c.topics = append(c.topics, t)
			t.subscribers++
		}
	}
	c.positions = make([]int, len(c.topics))
	c.shard = h.shards[h.nextShard]
	h.nextShard = (h.nextShard + 1) % len(h.shards)
	c.shard.push(order{add: c})
}

// leave undoes enter and subscribe.
func (h *Hub) leave(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
	count(h.people, c.person, -1)
	count(h.networks, c.network, -1)
	if c.owner != "" {
		list := h.owners[c.owner]
		if i := slices.Index(list, c); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if h.owners[c.owner] = list; len(list) == 0 {
			delete(h.owners, c.owner)
		}
	}
	for _, t := range c.topics {
		if t.subscribers--; t.subscribers == 0 {
			delete(h.topics, t.name)
		}
	}
	if c.shard != nil {
		c.shard.push(order{remove: c})
	}
}

// Broadcast sends the updates to all subscribers of their topics. It never blocks. Updates of
// topics without subscribers are dropped.
func (h *Hub) Broadcast(updates ...Update) {
	h.mu.Lock()
	wanted := 0
	for _, u := range updates {
		t := h.topics[u.Topic]
		if t == nil {
			continue
		}
		wanted++
		if t.pending.add(u) {
			h.count.conflated.Add(1)
		}
		if !t.queued {
			t.queued = true
			h.dirty = append(h.dirty, t)
		}
	}
	h.mu.Unlock()
	if wanted > 0 {
		h.count.updates.Add(uint64(wanted))
		wakeUp(h.wake)
	}
}

// Send writes the updates to the given connections only, in one frame. Callers use it to
// decide per connection, which a topic cannot do. It never blocks.
func (h *Hub) Send(conns []*Conn, updates ...Update) {
	var l latest
	for _, u := range updates {
		l.add(u)
	}
	if l.empty() || len(conns) == 0 {
		return
	}
	f := h.frame(l.take())
	for _, c := range conns {
		h.count.bytes.Add(uint64(c.wire.send(f)))
	}
}

// flushLoop builds the frames. It is the only goroutine that does so, which keeps the frames
// of a topic in order.
func (h *Hub) flushLoop(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-timer.C:
		}
		if wait := h.flush(); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// flush sends the topics that are due. It returns the time until the next topic is due; 0
// means that wake will be signalled.
func (h *Hub) flush() (wait time.Duration) {
	for _, d := range h.due(&wait) {
		f := h.frame(d.updates)
		h.count.flushes.Add(1)
		for _, s := range h.shards {
			s.push(order{topic: d.topic, frame: f})
		}
	}
	return wait
}

type dueTopic struct {
	topic   *topic
	updates []Update
}

func (h *Hub) due(wait *time.Duration) (list []dueTopic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t0 := now()
	later := h.dirty[:0]
	for _, t := range h.dirty {
		rest := time.Duration(t.idleAt.Load() - t0)
		if t.flushed {
			rest += hotInterval
		}
		switch {
		case t.subscribers == 0:
			t.pending, t.queued = latest{}, false
		case t.inFlight.Load() > 0:
			later = append(later, t)
		case rest > 0:
			if later = append(later, t); *wait == 0 || rest < *wait {
				*wait = rest
			}
		default:
			t.flushed, t.queued = true, false
			t.inFlight.Store(int32(len(h.shards)))
			list = append(list, dueTopic{t, t.pending.take()})
		}
	}
	clear(h.dirty[len(later):])
	h.dirty = later
	return list
}

// wrote records that one shard has written its part of a flush.
func (h *Hub) wrote(t *topic) {
	if t.inFlight.Add(-1) == 0 {
		t.idleAt.Store(now())
		wakeUp(h.wake)
	}
}

func (h *Hub) frame(updates []Update) *frame {
	f, valid := newFrame(updates)
	if !valid {
		h.count.broken.Add(1)
		h.log.Error("text for a page is not UTF-8 and was repaired", "topic", string(updates[0].Topic))
	}
	return f
}

// Disconnect closes all connections of an owner with a WebSocket close code and reason,
// including those in their handshake. It returns the number of connections that it closed.
func (h *Hub) Disconnect(owner string, code int, reason string) int {
	if owner == "" {
		return 0
	}
	h.mu.Lock()
	list := slices.Clone(h.owners[owner])
	h.mu.Unlock()
	n := 0
	for _, c := range list {
		if c.wire.close(code, reason) {
			n++
		}
	}
	return n
}

// Topics lists the topics that have subscribers.
func (h *Hub) Topics() []Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Topic, 0, len(h.topics))
	for name := range h.topics {
		list = append(list, name)
	}
	return list
}

// drainRate is the highest number of pages per second that Close disconnects if there is
// enough time. Each of them reconnects to another node.
const drainRate = 1000

// Close refuses new connections and closes all others with 1012, spread over the time until
// the deadline of ctx. It does not wait for the peers to answer; Run cuts the remaining
// connections when it ends. If ctx ends early, Close closes the rest at once and returns the
// error of ctx.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.state = max(h.state, draining)
	list := h.connections()
	h.mu.Unlock()

	began := time.Now()
	whole := time.Duration(len(list)) * time.Second / drainRate
	if deadline, ok := ctx.Deadline(); ok {
		// Leave a tenth of the time to the caller for the rest of the shutdown.
		whole = min(whole, time.Until(deadline)*9/10)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for told := 0; ; {
		share := len(list)
		if passed := time.Since(began); passed < whole && ctx.Err() == nil {
			share = int(int64(len(list)) * int64(passed) / int64(whole))
		}
		for ; told < share; told++ {
			list[told].wire.close(codeRestart, "restarting")
		}
		if told == len(list) {
			return context.Cause(ctx)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// Stats returns the current metrics.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	s := Stats{Connections: len(h.conns), Owners: len(h.owners), Topics: len(h.topics)}
	h.mu.Unlock()
	s.Slow = int(h.count.slow.Load())
	s.Accepted = h.count.accepted.Load()
	s.Updates, s.Conflated, s.Flushes = h.count.updates.Load(), h.count.conflated.Load(), h.count.flushes.Load()
	s.Deliveries, s.Bytes = h.count.deliveries.Load(), h.count.bytes.Load()
	s.Refused, s.SlowClosed = h.count.refused.Load(), h.count.slowClosed.Load()
	s.Silent, s.NotUTF8 = h.count.silent.Load(), h.count.broken.Load()
	return s
}
