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
	// Heartbeat is how often every page gets {"heartbeat":1}, 5 s if zero.
	Heartbeat time.Duration
	// SlowLimit is how long a connection may take nothing at all while there is
	// something for it, 4.5 s if zero, so that it is gone within five.
	SlowLimit time.Duration
	// PingInterval is how often the peer is asked for a pong, in whole
	// heartbeats, 25 s if zero.
	PingInterval time.Duration
	// Origins lists what a page's origin may be, as scheme://host[:port]. If it
	// is empty, the origin must be the one that the request was sent to.
	Origins []string
	// Secure says that a proxy in front of the server speaks TLS.
	Secure bool
	// MaxPerOwner limits the connections of one owner, 20 if zero.
	MaxPerOwner int
}

// Hub holds the connections of this node. Its methods may be called from
// anywhere at any time; nothing is written to topics before Run runs.
type Hub struct {
	opts   Options
	log    *slog.Logger
	rhythm rhythm
	shards []*shard
	wake   chan struct{} // for the flusher
	count  counters

	// running counts the goroutines of connections, from before the handshake.
	running sync.WaitGroup

	mu     sync.Mutex
	state  state
	topics map[Topic]*topic
	dirty  []*topic
	conns  map[*Conn]struct{} // also those in the midst of their handshake
	owners map[string][]*Conn
	turn   int // the shard of the next connection
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

// Stats are numbers for the operator; the counters only grow.
type Stats struct {
	Connections int // now
	Owners      int // now
	Topics      int // now
	Slow        int // now: connections that do not take what they are sent

	Accepted   uint64 // connections so far
	Updates    uint64 // updates handed to Broadcast that somebody looks at
	Conflated  uint64 // of these, dropped because there was a newer one before it was written
	Flushes    uint64 // frames built from them
	Deliveries uint64 // frames times subscribers
	Bytes      uint64 // written to sockets
	Refused    uint64 // connections closed because of what they sent
	SlowClosed uint64 // connections closed because they did not read
	Silent     uint64 // connections dropped because nothing came any more
	NotUTF8    uint64 // frames whose text had to be repaired
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
	o.Origins = slices.Clone(o.Origins)
	h := &Hub{
		opts: o, log: o.Log, rhythm: newRhythm(o), wake: make(chan struct{}, 1),
		topics: map[Topic]*topic{}, conns: map[*Conn]struct{}{}, owners: map[string][]*Conn{},
	}
	for i := range runtime.GOMAXPROCS(0) {
		h.shards = append(h.shards, newShard(h, i))
	}
	return h
}

// Run writes broadcasts and heartbeats until ctx ends. Then it closes what is
// still connected and returns nil when everything of the hub has ended. It is
// to be called once.
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

// stop refuses new connections and returns all that there are.
func (h *Hub) stop() []*Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = stopped
	return h.connections()
}

// connections is called with h.mu held.
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

// Accept makes a WebSocket of the request and returns at once; the connection
// lives on its own from then on and has all its subscriptions already. A refusal
// before the upgrade is a *HandshakeError, and the caller still has to answer
// the request; after any other error it has been answered.
func (h *Hub) Accept(w http.ResponseWriter, r *http.Request, s Subscription) (*Conn, error) {
	if err := h.CheckHandshake(r); err != nil {
		return nil, err
	}
	c := &Conn{hub: h, owner: s.Owner, onClose: s.OnClose}
	c.wire.hub = h
	if err := h.enter(c); err != nil {
		return nil, err
	}
	// The Origin has been checked already, and more exactly.
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

// enter reserves a place for c, so that it counts, and can be disconnected, from
// before the upgrade.
func (h *Hub) enter(c *Conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.state != open:
		return &HandshakeError{http.StatusServiceUnavailable, "shutting down"}
	case c.owner != "" && len(h.owners[c.owner]) >= h.opts.MaxPerOwner:
		return &HandshakeError{http.StatusTooManyRequests, "too many connections"}
	}
	h.conns[c] = struct{}{}
	if c.owner != "" {
		h.owners[c.owner] = append(h.owners[c.owner], c)
	}
	h.running.Add(1)
	return nil
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
	c.places = make([]int, len(c.topics))
	c.shard = h.shards[h.turn]
	h.turn = (h.turn + 1) % len(h.shards)
	c.shard.push(order{add: c})
}

// leave undoes enter and subscribe.
func (h *Hub) leave(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
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

// Broadcast brings the updates to all subscribers of their topics. It never
// blocks; what nobody looks at is forgotten.
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
		rouse(h.wake)
	}
}

// Send writes the state of these things to these connections only, in one frame. The
// caller decides each time about each connection, which a topic cannot. It never blocks.
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

// flushLoop builds the frames. It is the only one that does, so the frames of a
// topic are in order.
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

// flush sends the topics that are due and returns when to look again; 0 means
// that a wake will come.
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

// wrote is called by each shard that is done with a flush.
func (h *Hub) wrote(t *topic) {
	if t.inFlight.Add(-1) == 0 {
		t.idleAt.Store(now())
		rouse(h.wake)
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

// Disconnect closes all connections of an owner, also those that are being
// accepted just now, and returns how many it closed.
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

// Topics lists what is looked at.
func (h *Hub) Topics() []Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Topic, 0, len(h.topics))
	for name := range h.topics {
		list = append(list, name)
	}
	return list
}

// drainRate is how many pages per second are sent away at most, as long as there
// is time: they all come back somewhere.
const drainRate = 1000

// Close refuses new connections and tells all others to come back elsewhere
// (1012), spread over the time that ctx leaves. It does not wait for their
// answers; what is still there when Run ends is cut. When ctx ends early, the
// rest is told at once and the error of ctx returned.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	h.state = max(h.state, draining)
	list := h.connections()
	h.mu.Unlock()

	began := time.Now()
	whole := time.Duration(len(list)) * time.Second / drainRate
	if deadline, ok := ctx.Deadline(); ok {
		// A tenth is left for what else the caller has to do in that time.
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

// Stats returns the numbers as they are now.
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
