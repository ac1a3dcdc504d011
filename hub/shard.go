package hub

import (
	"context"
	"sync"
	"time"
)

// shard owns a part of the connections. One goroutine keeps their lists and writes to them, so
// that no lock is held during thousands of writes. All changes pass through one queue. Its
// order guarantees that a connection receives every broadcast after its Accept.
type shard struct {
	hub   *Hub
	index int
	wake  chan struct{}

	mu    sync.Mutex
	queue []order
	spare []order

	// Only the loop uses these.
	slots [][]*Conn // the connections by part of the heartbeat round
	next  int       // the slot of the next connection
	beats int       // number of slots served so far
}

// order is a command for the shard's loop. Either add, remove, or both topic and frame are
// set.
type order struct {
	add, remove *Conn
	topic       *topic
	frame       *frame
}

func newShard(h *Hub, index int) *shard {
	return &shard{
		hub: h, index: index, wake: make(chan struct{}, 1),
		slots: make([][]*Conn, h.rhythm.slots),
	}
}

// push never blocks. The queue holds each topic at most once, because a topic
// waits for all shards before its next flush.
func (s *shard) push(o order) {
	s.mu.Lock()
	s.queue = append(s.queue, o)
	s.mu.Unlock()
	wakeUp(s.wake)
}

func (s *shard) takeOrders() []order {
	s.mu.Lock()
	defer s.mu.Unlock()
	orders := s.queue
	s.queue, s.spare = s.spare[:0], nil
	return orders
}

func (s *shard) run(ctx context.Context) {
	ticker := time.NewTicker(s.hub.rhythm.tick)
	defer ticker.Stop()
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			orders := s.takeOrders()
			for i := range orders {
				s.apply(orders[i])
			}
			clear(orders)
			s.spare = orders
		case <-ticker.C:
			// The ticker drops ticks while the shard writes. Catch up, but by one round at
			// most.
			due := int(time.Since(began) / s.hub.rhythm.tick)
			s.beats = max(s.beats, due-len(s.slots))
			for ; s.beats < due; s.beats++ {
				s.beat(s.beats)
			}
		}
	}
}

func (s *shard) apply(o order) {
	switch {
	case o.add != nil:
		s.add(o.add)
	case o.remove != nil:
		s.remove(o.remove)
	default:
		list := o.topic.lists[s.index]
		bytes := 0
		for _, e := range list {
			bytes += e.conn.wire.send(o.frame)
		}
		s.hub.count.bytes.Add(uint64(bytes))
		s.hub.count.deliveries.Add(uint64(len(list)))
		s.hub.wrote(o.topic)
	}
}

func (s *shard) add(c *Conn) {
	c.slot, s.next = s.next, (s.next+1)%len(s.slots)
	c.inSlot = len(s.slots[c.slot])
	s.slots[c.slot] = append(s.slots[c.slot], c)
	for i, t := range c.topics {
		c.positions[i] = len(t.lists[s.index])
		t.lists[s.index] = append(t.lists[s.index], entry{c, i})
	}
}

// remove fills the gap in each list with the last element of the list.
func (s *shard) remove(c *Conn) {
	slot := s.slots[c.slot]
	last := len(slot) - 1
	slot[c.inSlot] = slot[last]
	slot[c.inSlot].inSlot = c.inSlot
	slot[last] = nil
	s.slots[c.slot] = slot[:last]
	for i, t := range c.topics {
		list := t.lists[s.index]
		last := len(list) - 1
		list[c.positions[i]] = list[last]
		moved := list[c.positions[i]]
		moved.conn.positions[moved.slot] = c.positions[i]
		list[last] = entry{}
		t.lists[s.index] = list[:last]
	}
}

// beat sends a heartbeat to the connections of one slot, every few rounds with a ping. It
// closes connections that are silent or leave a message unfinished for too long.
func (s *shard) beat(n int) {
	slot, round := n%len(s.slots), n/len(s.slots)
	heartbeat := heartbeatFrame
	if (round+slot)%s.hub.rhythm.roundsPerPing == 0 {
		heartbeat = heartbeatAndPing
	}
	t, bytes := now(), 0
	for _, c := range s.slots[slot] {
		begun := c.begun.Load()
		switch {
		case t-c.heard.Load() > int64(s.hub.rhythm.silence):
			s.hub.count.silent.Add(1)
			c.wire.drop()
		case begun != 0 && t-begun > int64(unfinishedLimit):
			_ = c.refuse(codePolicy, "a message was never finished")
		default:
			bytes += c.wire.sendIfIdle(heartbeat)
		}
	}
	s.hub.count.bytes.Add(uint64(bytes))
}

// The heartbeat is a text message, because scripts in a page do not see pings.
var (
	heartbeatText    = []byte(`{"heartbeat":1}`)
	heartbeatFrame   = append(appendHeader(nil, opText, len(heartbeatText)), heartbeatText...)
	heartbeatAndPing = appendHeader(append([]byte(nil), heartbeatFrame...), opPing, 0)
)

// rhythm is the schedule of heartbeats. They are spread over the slots of a round, so that the
// hub does not write to all connections at once.
type rhythm struct {
	slots         int           // number of parts of a round
	tick          time.Duration // duration of one part
	roundsPerPing int
	silence       time.Duration // a peer that sends nothing for this long is disconnected
}

func newRhythm(o Options) rhythm {
	slots := min(max(int(o.Heartbeat/(100*time.Millisecond)), 1), 64)
	return rhythm{
		slots: slots, tick: max(o.Heartbeat/time.Duration(slots), time.Millisecond),
		roundsPerPing: max(int(o.PingInterval/o.Heartbeat), 1),
		silence:       o.PingInterval + 30*time.Second,
	}
}

// wakeUp signals a loop without blocking. Several signals may become one, so the loop must
// look at everything when it wakes.
func wakeUp(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
