//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

var pushFaults = []fault{
	{name: "the push service is unavailable", fresh: true, inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		return s.whilePush(ctx, random, func(*http.Request) int { return http.StatusServiceUnavailable })
	})},
	{name: "the push service hangs", fresh: true, doubles: mailsOnTheirWay, inject: noRemark(
		func(ctx context.Context, s *studio, random *rand.Rand) error {
			return s.whilePush(ctx, random, func(r *http.Request) int {
				select {
				case <-r.Context().Done():
				case <-time.After(hangTimeout):
				}
				return http.StatusGatewayTimeout
			})
		},
	)},
	{name: "the push service takes messages and answers too late", fresh: true, doubles: anyMails, inject: noRemark(
		func(ctx context.Context, s *studio, random *rand.Rand) error {
			return s.whilePush(ctx, random, func(r *http.Request) int {
				s.push.taken.Add(1)
				<-r.Context().Done()
				return http.StatusGatewayTimeout
			})
		},
	)},
}

// whilePush lets the push service answer as judge says, for a while, and then ends its connections.
func (s *studio) whilePush(ctx context.Context, random *rand.Rand, judge func(*http.Request) int) error {
	s.push.judge(judge)
	s.wait(ctx, random, 2*time.Second, 6*time.Second)
	s.push.judge(nil)
	s.push.server.CloseClientConnections()
	return nil
}
