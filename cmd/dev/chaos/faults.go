//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// fault is one way to disturb the studio.
type fault struct {
	name   string
	inject injector
	// patience is how long pages may take to reconnect. Default: usualPatience.
	patience time.Duration
	// unnoticed means that a page notices the fault only by its watchdog.
	unnoticed bool
	// fresh means that pages must keep up while the fault lasts.
	fresh bool
	// doubles is how many mails may arrive twice because of the fault: the workers of both nodes do
	// not learn, or cannot record, that their mails were taken.
	doubles int
}

// mailsOnTheirWay is how many mails both nodes send at a time. anyMails is for a database that
// goes back in time, and sends everything after that time again.
const (
	mailsOnTheirWay = 8
	anyMails        = 1_000_000
)

// doubling returns the faults, each of which may let so many mails arrive twice.
func doubling(mails int, faults []fault) []fault {
	list := slices.Clone(faults)
	for i := range list {
		list[i].doubles = mails
	}
	return list
}

// injector injects a fault and returns when the fault has ended. The remark is printed in
// the table.
type injector func(ctx context.Context, s *studio, random *rand.Rand) (remark string, err error)

// freshWithin is how far behind a page with a socket may be. A node without Redis compares
// versions four times a second; the rest is for a busy machine.
const freshWithin = 3 * time.Second

// usualPatience covers the wait of a page before it reconnects, and the work of a node to
// accept it.
const usualPatience = laterWait + 5*time.Second

// hangTimeout limits the wait for events that must come, such as the start of a process, a
// node that becomes ready, or the commit for a trap. It only ends a run that hangs.
const hangTimeout = 2 * time.Minute

// A brief run is a test and shares a machine, which may be slow and busy, with other tests.
// So it does not use the promise in seconds as its limit, but a multiple of the time in which
// the same nodes deliver a page at that moment.
const (
	// usualLoad is the longest load time of a page on an idle machine.
	usualLoad = 100 * time.Millisecond
	// equalAtLeast is below the ten seconds after which nodes check all pages anyway.
	equalAtLeast = 8 * time.Second
)

// equalLimit is the time within which a screen must equal a fresh page, given how long that
// page took to load.
func (s *studio) equalLimit(load time.Duration) time.Duration {
	if !s.brief {
		return equalWithin
	}
	return max(equalAtLeast, time.Duration(float64(equalWithin)*float64(load)/float64(usualLoad)))
}

// atLeast returns a limit; in a brief run it is never shorter than hangTimeout.
func (s *studio) atLeast(patience time.Duration) time.Duration {
	if !s.brief {
		return patience
	}
	return max(patience, hangTimeout)
}

// notPossible is the error of a fault that this machine does not allow. It is not counted.
type notPossible struct{ why string }

func (c *notPossible) Error() string { return c.why }

// faultsByPart returns all faults, in a list for each part of the studio that they disturb.
func faultsByPart() [][]fault {
	return [][]fault{
		doubling(mailsOnTheirWay, nodeFaults), doubling(mailsOnTheirWay, databaseFaults), doubling(anyMails, historyFaults),
		redisFaults, mailFaults, pushFaults, clientFaults,
	}
}

// faults returns all faults.
func faults() []fault { return slices.Concat(faultsByPart()...) }

// noRemark adapts a function that returns no remark.
func noRemark(inject func(ctx context.Context, s *studio, random *rand.Rand) error) injector {
	return func(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
		return "", inject(ctx, s, random)
	}
}

// wait lets a fault last for a random time, or for the shortest in a brief run.
func (s *studio) wait(ctx context.Context, random *rand.Rand, least, most time.Duration) {
	if !s.brief {
		least += time.Duration(random.Int64N(int64(most - least)))
	}
	pause(ctx, least)
}

// anyNode picks a node.
func (s *studio) anyNode(random *rand.Rand) *node { return s.nodes[random.IntN(2)] }

// ended waits until done is closed.
func ended(ctx context.Context, done <-chan struct{}, what string) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(hangTimeout):
		return fmt.Errorf("%s did not happen within %s", what, hangTimeout)
	}
}
