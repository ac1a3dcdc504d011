//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

var nodeFaults = []fault{
	{name: "a node is killed", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		n.kill(syscall.SIGKILL)
		s.last(ctx, random, 0, time.Second)
		return n.start(ctx)
	})},
	{name: "a node is killed while its commit is on its way", inject: quiet(killedAt(commitOnItsWay))},
	{name: "a node is killed after the commit, before it knows", inject: quiet(killedAt(commitDone))},
	{name: "a node is killed when it knows of its commit", inject: quiet(killedAt(commitAnswered))},
	{name: "a connection is cut while a commit is on its way", inject: quiet(cutAt(commitOnItsWay))},
	{name: "a connection is cut after a commit, before its answer", inject: quiet(cutAt(commitDone))},
	{name: "a connection is cut after a commit's answer", inject: quiet(cutAt(commitAnswered))},
	{name: "a node freezes with what it has locked", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		if err := n.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		s.last(ctx, random, 2500*time.Millisecond, 5*time.Second)
		return n.signal(syscall.SIGCONT)
	})},
	{name: "both nodes are replaced in turn, after they have drained", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		watching, stop := context.WithTimeout(ctx, 3*hangs)
		var watch sync.WaitGroup
		watch.Go(func() { s.front.watch(watching) })
		defer watch.Wait()
		defer stop()
		s.front.both(watching)
		s.front.on.Store(true)
		defer s.front.on.Store(false)
		first := random.IntN(2)
		for i := range s.nodes {
			n := s.nodes[(first+i)%2]
			n.kill(syscall.SIGTERM)
			if err := n.start(ctx); err != nil {
				return err
			}
			s.front.both(watching)
		}
		return nil
	})},
}

// killedAt has a node die at a moment of a click's commit.
func killedAt(at moment) func(context.Context, *studio, *rand.Rand) error {
	return func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		done := n.ambush.lay(at, func(l *link) {
			_ = n.signal(syscall.SIGKILL)
			l.cut() // as the system does for what has died
		})
		defer n.ambush.lift()
		if err := ended(ctx, done, "a commit at "+n.name); err != nil {
			return err
		}
		n.kill(syscall.SIGKILL)
		return n.start(ctx)
	}
}

// cutAt cuts the connection of a click's commit at a moment.
func cutAt(at moment) func(context.Context, *studio, *rand.Rand) error {
	return func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		done := n.ambush.lay(at, (*link).cut)
		defer n.ambush.lift()
		return ended(ctx, done, "a commit at "+n.name)
	}
}
