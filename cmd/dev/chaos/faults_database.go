//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var databaseFaults = []fault{
	{name: "PostgreSQL crashes", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.postgres.crash(ctx, false); err != nil {
			return err
		}
		s.last(ctx, random, 0, 2*time.Second)
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL is killed with all of its processes", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.postgres.crash(ctx, true); err != nil {
			return err
		}
		s.last(ctx, random, 0, 2*time.Second)
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL is restarted", inject: quiet(func(ctx context.Context, s *studio, _ *rand.Rand) error {
		s.postgres.close()
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL freezes", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		pids, err := s.postgres.halt(ctx)
		if err != nil {
			return err
		}
		s.last(ctx, random, 2*time.Second, 6*time.Second)
		signalAll(pids, syscall.SIGCONT)
		return nil
	})},
	{name: "PostgreSQL ends every connection", inject: quiet(func(ctx context.Context, s *studio, _ *rand.Rand) error {
		return s.postgres.do(ctx, cutSQL)
	})},
	{name: "a node is cut off from PostgreSQL", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		n.postgres.set(weather{there: random.IntN(3) > 0, back: true})
		s.last(ctx, random, 2*time.Second, 6*time.Second)
		n.postgres.cut()
		n.postgres.set(weather{})
		return nil
	})},
	{name: "the way to PostgreSQL is slow", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		for _, n := range s.nodes {
			n.postgres.set(weather{delay: time.Duration(5+random.IntN(100)) * time.Millisecond})
		}
		s.last(ctx, random, 2*time.Second, 5*time.Second)
		for _, n := range s.nodes {
			n.postgres.set(weather{})
		}
		return nil
	})},
	{name: "the table of classes is locked", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return s.postgres.locked(ctx, func() { s.last(ctx, random, 2500*time.Millisecond, 5*time.Second) })
	})},
	{name: "a stranger takes every connection of PostgreSQL", inject: quiet(takeConnections)},
	{name: "every connection of the pools hangs", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		conn, err := s.postgres.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		rows, _ := conn.Query(ctx, `select pid from pg_stat_activity where application_name = 'terminplan'`)
		pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil {
			return err
		}
		signalAll(pids, syscall.SIGSTOP)
		s.last(ctx, random, 2*time.Second, 5*time.Second)
		signalAll(pids, syscall.SIGCONT)
		return nil
	})},
	{name: "the database's clock jumps by an hour, ahead and back", inject: jump},
	{name: "the disk of the database is full", inject: fillDisk},
}

// takeConnections leaves the nodes without any: theirs are ended, and whatever comes
// free is taken by the stranger.
func takeConnections(ctx context.Context, s *studio, random *rand.Rand) error {
	var taken []*pgx.Conn
	defer func() {
		for _, c := range taken {
			_ = c.Close(context.Background())
		}
	}()
	take := func() error {
		for len(taken) <= connections {
			c, err := s.postgres.connect(ctx)
			if err != nil {
				return nil // there is none left
			}
			taken = append(taken, c)
		}
		return fmt.Errorf("PostgreSQL gives out more than %d connections", connections)
	}
	if err := take(); err != nil {
		return err
	}
	if len(taken) == 0 {
		return fmt.Errorf("not even one connection is free")
	}
	if _, err := taken[0].Exec(ctx, cutSQL); err != nil {
		return err
	}
	for range 20 { // the nodes are as quick as the stranger, so not all at once
		if err := take(); err != nil {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
	s.last(ctx, random, 1500*time.Millisecond, 4*time.Second)
	return nil
}

// jump moves the database's clock, the only one that decides: an hour ahead, which
// ends offers and passes deadlines, an hour behind, and back. Rows say what time it
// is, and a page is not told that time went back: it is loaded again.
func jump(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	ahead := 1 - 2*random.IntN(2)
	for _, hours := range []int{ahead, -ahead, 0} {
		if err := s.postgres.do(ctx, `update moved.clock set by = make_interval(hours => $1)`, hours); err != nil {
			return "", err
		}
		if hours != 0 {
			s.last(ctx, random, 1500*time.Millisecond, 3*time.Second)
		}
	}
	for _, c := range s.screens {
		if err := c.fetch(ctx); err != nil {
			return "", fmt.Errorf("loading %s again: %w", c.name, err)
		}
	}
	return "pages were loaded again, for rows say what time it is", nil
}
