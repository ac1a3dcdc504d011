//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"time"
)

var clientFaults = []fault{
	{name: "every connection of clients is cut", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		for _, n := range s.nodes {
			n.clients.cut()
		}
		return nil
	})},
	{name: "clients have slow connections", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return setClientLinks(ctx, s, random, linkState{delay: time.Duration(50+random.IntN(400)) * time.Millisecond})
	})},
	{name: "clients get a few bytes at a time", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return setClientLinks(ctx, s, random, linkState{perSecond: 200 + random.IntN(2000)})
	})},
	{name: "the connections of clients hang", inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return setClientLinks(ctx, s, random, linkState{toServer: random.IntN(2) == 0, toClient: true})
	})},
	{
		name: "the connections of clients go silent", patience: watchdog + usualPatience, unnoticed: true,
		inject: func(_ context.Context, s *studio, _ *rand.Rand) (string, error) {
			for _, n := range s.nodes {
				n.clients.silence()
			}
			return "pages notice it by themselves, after 12 s of silence", nil
		},
	},
	{name: "readers stall, and others read a few bytes a second", inject: stallReaders},
	{name: "many sockets are cut and reconnect at once", inject: cutAndReconnect},
}

// setClientLinks changes the links of all clients for a while.
func setClientLinks(ctx context.Context, s *studio, random *rand.Rand, state linkState) error {
	for _, n := range s.nodes {
		n.clients.set(state)
	}
	s.wait(ctx, random, 2*time.Second, 6*time.Second)
	for _, n := range s.nodes {
		n.clients.set(linkState{})
	}
	return nil
}
