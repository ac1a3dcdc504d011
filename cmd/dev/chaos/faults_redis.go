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
	{name: "Redis is killed, and comes back empty", fresh: true, inject: noRemark(killRedis)},
	{name: "Redis freezes", fresh: true, inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		if err := s.redis.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		s.wait(ctx, random, 1500*time.Millisecond, 5*time.Second)
		return s.redis.signal(syscall.SIGCONT)
	})},
	{name: "Redis is cut off from both nodes", fresh: true, inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return setRedisLinks(ctx, s, random, linkState{toServer: true, toClient: true}, s.nodes[:]...)
	})},
	{name: "a node is cut off from Redis in one direction", fresh: true, inject: noRemark(cutOneDirection)},
	{
		name:    "a node and Redis are killed together",
		doubles: mailsOnTheirWay,
		inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
			n := s.anyNode(random)
			n.kill(syscall.SIGKILL)
			s.redis.kill(syscall.SIGKILL)
			if err := n.start(ctx); err != nil { // without Redis
				return err
			}
			return s.redis.start(ctx)
		}),
	},
	{name: "another program writes into Redis", fresh: true, inject: noRemark(publishGarbage)},
}

func killRedis(ctx context.Context, s *studio, random *rand.Rand) error {
	s.redis.kill(syscall.SIGKILL)
	s.wait(ctx, random, time.Second, 3*time.Second)
	return s.redis.start(ctx)
}

func cutOneDirection(ctx context.Context, s *studio, random *rand.Rand) error {
	toServer := random.IntN(2) == 0
	return setRedisLinks(ctx, s, random, linkState{toServer: hold(toServer), toClient: hold(!toServer)}, s.anyNode(random))
}

// setRedisLinks changes the links of nodes to Redis for a while.
func setRedisLinks(ctx context.Context, s *studio, random *rand.Rand, state linkState, nodes ...*node) error {
	for _, n := range nodes {
		n.redis.set(state)
	}
	s.wait(ctx, random, 1500*time.Millisecond, 5*time.Second)
	for _, n := range nodes {
		if random.IntN(2) == 0 {
			n.redis.cut() // held bytes are lost, as after a timeout
		}
		n.redis.set(linkState{})
	}
	return nil
}

// canary is a word that only publishGarbage writes into Redis.
const canary = "canary-of-chaos"

// publishGarbage publishes messages that nodes must ignore on the channels that they listen
// to: other formats, huge messages, versions of the future, other epochs.
func publishGarbage(ctx context.Context, s *studio, random *rand.Rand) error {
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
