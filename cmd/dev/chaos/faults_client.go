//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"time"
)

var clientFaults = []fault{
	{name: "every connection of clients is cut", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		for _, n := range s.nodes {
			n.clients.cut()
		}
		return nil
	})},
	{name: "clients have a slow line", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return clientWeather(ctx, s, random, weather{delay: time.Duration(50+random.IntN(400)) * time.Millisecond})
	})},
	{name: "clients get a few bytes at a time", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return clientWeather(ctx, s, random, weather{perSecond: 200 + random.IntN(2000)})
	})},
	{name: "the line of clients hangs", inject: quiet(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return clientWeather(ctx, s, random, weather{there: random.IntN(2) == 0, back: true})
	})},
	{name: "connections of clients die without a word", patience: watchdog + usualPatience, unnoticed: true, inject: func(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
		for _, n := range s.nodes {
			n.clients.deaden()
		}
		return "pages notice by themselves, after 12 s of silence", nil
	}},
	{name: "readers stall, and others read a few bytes a second", inject: stall},
	{name: "a herd is cut and comes back at once", inject: stampede},
}

func clientWeather(ctx context.Context, s *studio, random *rand.Rand, w weather) error {
	for _, n := range s.nodes {
		n.clients.set(w)
	}
	s.last(ctx, random, 2*time.Second, 6*time.Second)
	for _, n := range s.nodes {
		n.clients.set(weather{})
	}
	return nil
}
