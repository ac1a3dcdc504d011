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
	{name: "a node is killed", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.anyNode(random)
		n.kill(syscall.SIGKILL)
		s.wait(ctx, random, 0, time.Second)
		return n.start(ctx)
	})},
	{name: "a node is killed while a commit is on its way", inject: noRemark(killedAt(commitOnItsWay))},
	{name: "a node is killed after a commit, before its answer", inject: noRemark(killedAt(commitDone))},
	{name: "a node is killed after a commit's answer", inject: noRemark(killedAt(commitAnswered))},
	{name: "a connection is cut while a commit is on its way", inject: noRemark(cutAt(commitOnItsWay))},
	{name: "a connection is cut after a commit, before its answer", inject: noRemark(cutAt(commitDone))},
	{name: "a connection is cut after a commit's answer", inject: noRemark(cutAt(commitAnswered))},
	{name: "a node freezes while it holds locks", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.anyNode(random)
		if err := n.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		s.wait(ctx, random, 2500*time.Millisecond, 5*time.Second)
		return n.signal(syscall.SIGCONT)
	})},
	{name: "both nodes are replaced in turn, after they have drained", inject: noRemark(replaceNodes)},
}

// replaceNodes replaces both nodes as an operator does, behind a load balancer.
func replaceNodes(ctx context.Context, s *studio, random *rand.Rand) error {
	probing, stop := context.WithTimeout(ctx, 3*hangTimeout)
	var probe sync.WaitGroup
	probe.Go(func() { s.balancer.probe(probing) })
	defer probe.Wait()
	defer stop()
	s.balancer.waitForBoth(probing)
	s.balancer.active.Store(true)
	defer s.balancer.active.Store(false)
	first := random.IntN(2)
	for i := range s.nodes {
		n := s.nodes[(first+i)%2]
		n.kill(syscall.SIGTERM)
		if err := n.start(ctx); err != nil {
			return err
		}
		s.balancer.waitForBoth(probing)
	}
	return nil
}

// killedAt kills a node at a moment of a click's commit.
func killedAt(at moment) func(context.Context, *studio, *rand.Rand) error {
	return func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.anyNode(random)
		done := n.trap.set(at, func(l *link) {
			_ = n.signal(syscall.SIGKILL)
			l.cut() // as the system does when a process has died
		})
		defer n.trap.clear()
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
		n := s.anyNode(random)
		done := n.trap.set(at, (*link).cut)
		defer n.trap.clear()
		return ended(ctx, done, "a commit at "+n.name)
	}
}
