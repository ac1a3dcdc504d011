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
type gather[K comparable, V any] struct {
	read func(context.Context, []K) (map[K]V, error)

	mu      sync.Mutex
	next    *reading[K, V] // nil: nobody waits for it
	reading bool
}

// gatherPause lets more come together while readings follow each other: a herd costs
// fewer statements, and who asks alone has his answer before it.
const gatherPause = 2 * time.Millisecond

type reading[K comparable, V any] struct {
	keys  []K
	done  chan struct{}
	found map[K]V
	err   error
}

// get reports whether there is something for the key.
func (g *gather[K, V]) get(ctx context.Context, key K) (v V, ok bool, err error) {
	r := g.join(key)
	select {
	case <-r.done:
		v, ok = r.found[key]
		return v, ok, r.err
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}

func (g *gather[K, V]) join(key K) *reading[K, V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next == nil {
		g.next = &reading[K, V]{done: make(chan struct{})}
	}
	g.next.keys = append(g.next.keys, key)
	if !g.reading {
		g.reading = true
		go g.run()
	}
	return g.next
}

// run reads until nobody waits. A reading is for many, so it ends with none of them.
func (g *gather[K, V]) run() {
	for r := g.take(); r != nil; r = g.take() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		r.found, r.err = g.safely(ctx, r.keys)
		cancel()
		close(r.done)
		time.Sleep(gatherPause)
	}
}

// safely makes a panic the error of those who asked: the others have a program to
// live in.
func (g *gather[K, V]) safely(ctx context.Context, keys []K) (found map[K]V, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("a reading panicked: %v\n%s", what, debug.Stack())
		}
	}()
	return g.read(ctx, keys)
}

func (g *gather[K, V]) take() *reading[K, V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.next
	g.next = nil
	g.reading = r != nil
	return r
}
