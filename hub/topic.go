package hub

import (
	"sync/atomic"
	"time"
)

// Topic names something that pages look at. The caller makes it; the hub only
// compares it.
type Topic string

// topic is what the hub keeps of a Topic while somebody is subscribed to it.
type topic struct {
	name Topic

	// These belong to Hub.mu.
	subscribers int
	pending     latest // what the next flush will carry
	queued      bool   // whether the topic is in Hub.dirty
	flushed     bool   // whether there was a flush before

	// inFlight counts the shards that still write the last flush. The next one
	// waits for them, so that a topic that changes faster than it can be
	// written is conflated instead of queued.
	inFlight atomic.Int32
	// idleAt is when the last shard was done, in nanoseconds since start.
	idleAt atomic.Int64

	// lists holds the subscribers by shard; each is touched by its shard only.
	lists [][]entry
}

// entry is one connection in the list of a topic. slot says which of the
// connection's subscriptions this is, so that leaving needs no search.
type entry struct {
	conn *Conn
	slot int
}

// hotInterval is the pause a topic takes after a flush was written. A topic that
// was quiet for longer is flushed at once.
const hotInterval = 10 * time.Millisecond

// start is the origin of all monotonic instants of this package.
var start = time.Now()

// now is a monotonic clock that fits an atomic integer.
func now() int64 { return int64(time.Since(start)) }
