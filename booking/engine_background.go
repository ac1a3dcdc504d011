package booking

import (
	"errors"
	"sync"
)

// background owns the goroutines of an engine.
type background struct {
	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

// errClosed is the error of an operation or a read that begins after [Engine.Close].
var errClosed = errors.New("the engine is closed")

// start runs f in a goroutine. It returns false, and does not run f, after close.
func (b *background) start(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.group.Go(f)
	return true
}

// startWithin is start for a goroutine that background runs already: its work is finished
// even after close.
func (b *background) startWithin(f func()) { b.group.Go(f) }

// close makes start return false from now on.
func (b *background) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// wait waits for all goroutines. Call it after close.
func (b *background) wait() { b.group.Wait() }
