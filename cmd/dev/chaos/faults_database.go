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
	{name: "PostgreSQL crashes", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.postgres.crash(ctx, false); err != nil {
			return err
		}
		s.wait(ctx, random, 0, 2*time.Second)
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL is killed with all of its processes", inject: noRemark(func(
		ctx context.Context, s *studio, random *rand.Rand,
	) error {
		if err := s.postgres.crash(ctx, true); err != nil {
			return err
		}
		s.wait(ctx, random, 0, 2*time.Second)
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL is restarted", inject: noRemark(func(ctx context.Context, s *studio, _ *rand.Rand) error {
		s.postgres.close()
		return s.postgres.start(ctx)
	})},
	{name: "PostgreSQL freezes", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		pids, err := s.postgres.halt(ctx)
		if err != nil {
			return err
		}
		s.wait(ctx, random, 2*time.Second, 6*time.Second)
		signalAll(pids, syscall.SIGCONT)
		return nil
	})},
	{name: "PostgreSQL ends every connection", inject: noRemark(func(ctx context.Context, s *studio, _ *rand.Rand) error {
		return s.postgres.do(ctx, cutSQL)
	})},
	{name: "a node is cut off from PostgreSQL", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.anyNode(random)
		n.postgres.set(linkState{toServer: random.IntN(3) > 0, toClient: true})
		s.wait(ctx, random, 2*time.Second, 6*time.Second)
		n.postgres.cut()
		n.postgres.set(linkState{})
		return nil
	})},
	{name: "the connection to PostgreSQL is slow", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		for _, n := range s.nodes {
			n.postgres.set(linkState{delay: time.Duration(5+random.IntN(100)) * time.Millisecond})
		}
		s.wait(ctx, random, 2*time.Second, 5*time.Second)
		for _, n := range s.nodes {
			n.postgres.set(linkState{})
		}
		return nil
	})},
	{name: "the table of classes is locked", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return s.postgres.locked(ctx, func() { s.wait(ctx, random, 2500*time.Millisecond, 5*time.Second) })
	})},
	{name: "another program takes every connection of PostgreSQL", inject: noRemark(takeConnections)},
	{name: "every connection of the pools hangs", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		conn, err := s.postgres.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		rows, _ := conn.Query(ctx, `select pid from pg_stat_activity where application_name like 'terminplan%'`)
		pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil {
			return err
		}
		signalAll(pids, syscall.SIGSTOP)
		s.wait(ctx, random, 2*time.Second, 5*time.Second)
		signalAll(pids, syscall.SIGCONT)
		return nil
	})},
	{name: "the database's clock jumps by an hour, ahead and back", inject: moveClock},
	{name: "the disk of the database is full", inject: fillDisk},
}

// takeConnections opens every free connection, ends those of the nodes, and opens the ones
// that become free.
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
				return nil // no connection is left
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
	for range 20 { // again and again, since the nodes reconnect as well
		if err := take(); err != nil {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
	s.wait(ctx, random, 1500*time.Millisecond, 4*time.Second)
	return nil
}

// moveClock moves the clock of the database, the only one that decides: an hour in one
// direction, an hour in the other, and back to the right time. Ahead, offers end and
// deadlines pass. Rows show the state at the present time, and a page is not told that time
// has gone back, so pages are loaded again at the end.
func moveClock(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	s.clockMoved = true
	s.clockMoves.Store(true)
	defer s.clockMoves.Store(false)
	ahead := 1 - 2*random.IntN(2)
	for _, hours := range []int{ahead, -ahead, 0} {
		if err := s.postgres.do(ctx, `update moved.clock set by = make_interval(hours => $1)`, hours); err != nil {
			return "", err
		}
		if hours != 0 {
			s.wait(ctx, random, 1500*time.Millisecond, 3*time.Second)
		}
	}
	for _, c := range s.screens {
		if err := c.fetch(ctx); err != nil {
			return "", fmt.Errorf("loading %s again: %w", c.name, err)
		}
	}
	return "pages were loaded again, since rows depend on the time", nil
}
