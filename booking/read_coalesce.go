package booking

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// gather reads what many ask for at the same moment by one statement for all of
// them: who asks while a reading is on its way is in the next. Alone, nobody waits,
// and what is found is never older than the question.
type coalescer[K comparable, V any] struct {
	read func(context.Context, []K) (map[K]V, error)

	mu      sync.Mutex
	next    *reading[K, V] // nil: nobody waits for it
	running bool
}

// gatherPause lets more come together while readings follow each other: a herd costs
// fewer statements, and who asks alone has his answer before it.
const coalescePause = 2 * time.Millisecond

type reading[K comparable, V any] struct {
	keys  []K
	done  chan struct{}
	found map[K]V
	err   error
}

// get reports whether there is something for the key.
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
	c.next.keys = append(c.next.keys, key)
	if !c.running {
		c.running = true
		go c.run()
	}
	return c.next
}

// run reads until nobody waits. A reading is for many, so it ends with none of them.
func (c *coalescer[K, V]) run() {
	for r := c.take(); r != nil; r = c.take() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		r.found, r.err = c.readSafely(ctx, r.keys)
		cancel()
		close(r.done)
		time.Sleep(coalescePause)
	}
}

// safely makes a panic the error of those who asked: the others have a program to
// live in.
func (c *coalescer[K, V]) readSafely(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("a reading panicked: %v\n%s", what, debug.Stack())
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
