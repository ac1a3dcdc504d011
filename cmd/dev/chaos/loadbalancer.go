//go:build unix

package chaos

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// loadBalancer acts as the proxy in front of the nodes while they are replaced: it probes
// whether each node is ready and sends requests to one that is. It never repeats a request,
// so that a lost request is noticed.
type loadBalancer struct {
	active atomic.Bool
	nodes  [2]*node
	ready  [2]atomic.Bool
}

const healthInterval = 200 * time.Millisecond

// probe probes both nodes until ctx ends. A node that answers slowly does not delay the probes
// of the other one.
func (b *loadBalancer) probe(ctx context.Context) {
	client := &http.Client{Timeout: 3 * time.Second}
	defer client.CloseIdleConnections()
	var both sync.WaitGroup
	for i, n := range b.nodes {
		both.Go(func() {
			for ; ctx.Err() == nil; pause(ctx, healthInterval) {
				res, err := client.Get(n.site(true) + "/readyz")
				if err == nil {
					res.Body.Close()
				}
				b.ready[i].Store(err == nil && res.StatusCode == http.StatusOK)
			}
		})
	}
	both.Wait()
}

// waitForBoth waits until both nodes are ready.
func (b *loadBalancer) waitForBoth(ctx context.Context) {
	for ctx.Err() == nil && !(b.ready[0].Load() && b.ready[1].Load()) {
		pause(ctx, healthInterval/10)
	}
}

// choose returns the address of a node that is ready, of the wanted one if it is.
func (b *loadBalancer) choose(wanted int) (site string) {
	if !b.ready[wanted].Load() {
		wanted = 1 - wanted
	}
	return b.nodes[wanted].site(true)
}
