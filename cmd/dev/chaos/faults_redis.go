//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

var redisFaults = []fault{
	{name: "Redis is killed, and comes back empty", fresh: true, inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		s.redis.kill(syscall.SIGKILL)
		s.last(ctx, random, time.Second, 3*time.Second)
		return s.redis.start(ctx)
	})},
	{name: "Redis freezes", fresh: true, inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.redis.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		s.last(ctx, random, 1500*time.Millisecond, 5*time.Second)
		return s.redis.signal(syscall.SIGCONT)
	})},
	{name: "Redis is cut off from both nodes", fresh: true, inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return redisWeather(ctx, s, random, weather{there: true, back: true}, s.nodes[:]...)
	})},
	{name: "a node is cut off from Redis in one direction", fresh: true, inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		there := random.IntN(2) == 0
		return redisWeather(ctx, s, random, weather{there: hold(there), back: hold(!there)}, s.one(random))
	})},
	{name: "a node and Redis are killed together", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		n := s.one(random)
		n.kill(syscall.SIGKILL)
		s.redis.kill(syscall.SIGKILL)
		if err := n.start(ctx); err != nil { // without Redis
			return err
		}
		return s.redis.start(ctx)
	})},
	{name: "a stranger writes into Redis", fresh: true, inject: quiet(lie)},
}

func redisWeather(ctx context.Context, s *studio, random *rand.Rand, w weather, nodes ...*node) error {
	for _, n := range nodes {
		n.redis.set(w)
	}
	s.last(ctx, random, 1500*time.Millisecond, 5*time.Second)
	for _, n := range nodes {
		if random.IntN(2) == 0 {
			n.redis.cut() // what waited is lost, as after a long while
		}
		n.redis.set(weather{})
	}
	return nil
}

// canary is a word that nobody but the stranger in Redis ever writes.
const canary = "canary-of-chaos"

// lie publishes what nodes must not believe: other formats, huge messages, versions
// of the future, other epochs, on the channels that nodes listen to.
func lie(ctx context.Context, s *studio, random *rand.Rand) error {
	client := redis.NewClient(&redis.Options{Addr: s.redis.addr})
	defer client.Close()
	channels, err := client.PubSubChannels(ctx, "*").Result()
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return fmt.Errorf("nodes listen to no channel of Redis")
	}
	for range 200 {
		channel := channels[random.IntN(len(channels))]
		_, id, _ := strings.Cut(channel[strings.LastIndex(channel, "}")+1:], ":")
		if _, after, ok := strings.Cut(id, ":"); ok {
			id = after
		}
		message := []string{
			"<b>" + canary + "</b>", canary, strings.Repeat(canary, 1<<16), "1 " + canary, "", "\x00\xff",
			fmt.Sprintf("1 %s epoch.1 %s 9223372036854775807", canary, id),
			fmt.Sprintf("1 %s epoch.1 1 %d", canary, random.Int64()),
			fmt.Sprintf("2 node epoch.1 1 <b>%s</b>", canary),
		}[random.IntN(9)]
		if err := client.Publish(ctx, channel, message).Err(); err != nil {
			return err
		}
	}
	return nil
}
