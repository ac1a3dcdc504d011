//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"
)

// faults are what is done to a studio; each returns when the fault has ended.
var faults = []struct {
	name   string
	inject func(ctx context.Context, s *studio, random *rand.Rand) error
}{
	{"a node is killed", func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.nodes[random.IntN(2)]
		n.kill(syscall.SIGKILL)
		pause(ctx, some(random, time.Second))
		return n.start(ctx)
	}},
	{"a node is replaced, after it has drained", func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.nodes[random.IntN(2)]
		n.kill(syscall.SIGTERM)
		return n.start(ctx)
	}},
	{"a node freezes with what it has locked", func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.nodes[random.IntN(2)]
		return n.freeze(ctx, 3*time.Second+some(random, 2*time.Second))
	}},
	{"PostgreSQL crashes", func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.crashPostgres(); err != nil {
			return err
		}
		pause(ctx, some(random, 2*time.Second))
		return s.startPostgres(ctx)
	}},
	{"every connection to PostgreSQL is cut", func(ctx context.Context, s *studio, _ *rand.Rand) error {
		return s.admin(ctx, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'terminplan' and pid <> pg_backend_pid()`)
	}},
	{"the table of classes is locked", func(ctx context.Context, s *studio, random *rand.Rand) error {
		return s.admin(ctx, `begin; lock table class in access exclusive mode; select pg_sleep($1); commit`, 3+2*random.Float64())
	}},
	{"Redis is killed", func(ctx context.Context, s *studio, random *rand.Rand) error {
		s.redis.kill(syscall.SIGKILL)
		pause(ctx, some(random, 3*time.Second))
		return s.redis.start(ctx)
	}},
	{"Redis freezes", func(ctx context.Context, s *studio, random *rand.Rand) error {
		return s.redis.freeze(ctx, 2*time.Second+some(random, 3*time.Second))
	}},
	{"a node and Redis are killed together", func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.nodes[random.IntN(2)]
		n.kill(syscall.SIGKILL)
		s.redis.kill(syscall.SIGKILL)
		if err := n.start(ctx); err != nil { // without Redis
			return err
		}
		return s.redis.start(ctx)
	}},
}

func some(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}
