//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// fault is one way to break a studio.
type fault struct {
	name string
	// inject returns when the fault has ended, with a remark for people.
	inject func(ctx context.Context, s *studio, random *rand.Rand) (remark string, err error)
	// patience is how long pages may take to have a socket again: their own wait, and
	// what a node needs to accept it. Default: usualPatience.
	patience time.Duration
	// unnoticed says that a page cannot know of it before its watchdog does.
	unnoticed bool
	// fresh says that pages have to follow while it lasts.
	fresh bool
}

// freshWithin is how far behind a page may be that says that it is live: a node without
// Redis compares four times a second, and a machine that runs all of this is busy.
const freshWithin = 3 * time.Second

const usualPatience = laterWait + 5*time.Second

// hangs is how long is waited for what must come: processes that start, a node that is
// ready again, a commit that walks into an ambush. It only ends a run that hangs.
const hangs = 2 * time.Minute

// A brief run is one of the tests. It shares its machine with all others, which may be
// slow and busy, so it does not hold a page to the promise in seconds: what it measures
// with is how long the same nodes need for a page at the same time.
const (
	// usualLoad is how long a page takes at most on a machine that has time for it.
	usualLoad = 100 * time.Millisecond
	// soonAtLeast is below the ten seconds after which nodes look at all pages once more.
	soonAtLeast = 8 * time.Second
)

// soon is within what time a screen must equal a fresh page that took so long to load.
func (s *studio) soon(load time.Duration) time.Duration {
	if !s.brief {
		return equalWithin
	}
	return max(soonAtLeast, time.Duration(float64(equalWithin)*float64(load)/float64(usualLoad)))
}

// atLeast is a patience, which in a brief run only ends what hangs.
func (s *studio) atLeast(patience time.Duration) time.Duration {
	if !s.brief {
		return patience
	}
	return max(patience, hangs)
}

// cannot says in words why a fault cannot be made on this machine; it is not counted.
type cannot struct{ why string }

func (c *cannot) Error() string { return c.why }

// faults is all that is done to a studio.
func faults() []fault {
	return slices.Concat(nodeFaults, databaseFaults, redisFaults, clientFaults)
}

// quiet makes a fault of one that has nothing to remark.
func quiet(inject func(ctx context.Context, s *studio, random *rand.Rand) error) func(context.Context, *studio, *rand.Rand) (string, error) {
	return func(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
		return "", inject(ctx, s, random)
	}
}

// last goes on for some time, the least in a brief run.
func (s *studio) last(ctx context.Context, random *rand.Rand, least, most time.Duration) {
	if !s.brief {
		least += time.Duration(random.Int64N(int64(most - least)))
	}
	pause(ctx, least)
}

// one is either node.
func (s *studio) one(random *rand.Rand) *node { return s.nodes[random.IntN(2)] }

// ended waits for a fault that something else causes.
func ended(ctx context.Context, done <-chan struct{}, what string) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(hangs):
		return fmt.Errorf("%s did not happen within %s", what, hangs)
	}
}
