package booking

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// coalescer answers many simultaneous reads by one statement. A read that arrives while
// another is running joins the next one. A read that comes alone does not wait, and a
// result is never older than its read.
type coalescer[K comparable, V any] struct {
	read  func(context.Context, []K) (map[K]V, error)
	start func(func()) bool // runs a function in a goroutine; false: it does not, the engine is closed

	mu      sync.Mutex
	next    *reading[K, V] // nil: nobody waits
	running bool
}

// coalescePause is the pause between two statements. It lets more reads join under load; a
// read that comes alone is answered before the pause.
const coalescePause = 2 * time.Millisecond

type reading[K comparable, V any] struct {
	keys  []K
	done  chan struct{}
	found map[K]V
	err   error
}

// get returns the value of the key; ok is false if there is none.
func (c *coalescer[K, V]) get(ctx context.Context, key K) (v V, ok bool, err error) {
	r := c.join(key)
	select {
	case <-r.done:
		v, ok = r.found[key]
		return v, ok, r.err
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}

func (c *coalescer[K, V]) join(key K) *reading[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = &reading[K, V]{done: make(chan struct{})}
	}
	r := c.next
	r.keys = append(r.keys, key)
	if !c.running {
		c.running = c.start(c.run)
	}
	if !c.running {
		c.next, r.err = nil, errClosed
		close(r.done)
	}
	return r
}

// run reads until nobody waits. A statement serves many callers, so it does not end when
// one of them leaves.
func (c *coalescer[K, V]) run() {
	for r := c.take(); r != nil; r = c.take() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		r.found, r.err = c.readSafely(ctx, r.keys)
		cancel()
		close(r.done)
		time.Sleep(coalescePause)
	}
}

// readSafely turns a panic in read into an error for its callers, so that it does not crash
// the process.
func (c *coalescer[K, V]) readSafely(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("a read panicked: %v\n%s", what, debug.Stack())
		}
	}()
	return c.read(ctx, keys)
}

func (c *coalescer[K, V]) take() *reading[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.next
	c.next = nil
	c.running = r != nil
	return r
}
