package hub

import (
	"sync/atomic"
	"time"
)

// Topic names something that pages show. The caller chooses the names; the hub only compares
// them.
type Topic string

// topic is the state of a Topic that has subscribers.
type topic struct {
	name Topic

	// Hub.mu guards these.
	subscribers int
	pending     latest // updates for the next flush
	queued      bool   // the topic is in Hub.dirty
	flushed     bool   // there was a flush before

	// inFlight counts the shards that are still writing the last flush. The next flush waits
	// for them. A topic that changes faster than it can be written is therefore conflated and
	// does not grow a queue.
	inFlight atomic.Int32
	// idleAt is the time when the last shard finished, in nanoseconds since start.
	idleAt atomic.Int64

	// lists holds the subscribers by shard. Each list is used by its shard only.
	lists [][]entry
}

// entry is a connection in the list of a topic. slot is the index of the topic in the
// connection's topics, so that remove needs no search.
type entry struct {
	conn *Conn
	slot int
}

// hotInterval is the pause of a topic after a flush was written. A topic without a flush for
// longer than this is flushed at once.
const hotInterval = 10 * time.Millisecond

// start is the origin of all monotonic times of this package.
var start = time.Now()

// now returns a monotonic time that fits into an atomic integer: nanoseconds since start.
func now() int64 { return int64(time.Since(start)) }
