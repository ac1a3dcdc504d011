//go:build unix

package chaos

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// front does what a proxy in front of the nodes does while they are replaced: it asks
// each again and again whether it is ready, and sends requests to one that is. It never
// sends a request twice, so that one which is lost is seen.
type front struct {
	on    atomic.Bool
	nodes [2]*node
	ready [2]atomic.Bool
}

const healthInterval = 200 * time.Millisecond

// watch asks until ctx ends.
func (f *front) watch(ctx context.Context) {
	client := &http.Client{Timeout: 3 * time.Second}
	defer client.CloseIdleConnections()
	for ; ctx.Err() == nil; pause(ctx, healthInterval) {
		for i, n := range f.nodes {
			res, err := client.Get(n.site(true) + "/readyz")
			if err == nil {
				res.Body.Close()
			}
			f.ready[i].Store(err == nil && res.StatusCode == http.StatusOK)
		}
	}
}

// both waits until both nodes are ready.
func (f *front) both(ctx context.Context) {
	for ctx.Err() == nil && !(f.ready[0].Load() && f.ready[1].Load()) {
		pause(ctx, healthInterval/10)
	}
}

// choose is the site of a node that is ready: the wanted one, if it is.
func (f *front) choose(wanted int) (site string) {
	if !f.ready[wanted].Load() {
		wanted = 1 - wanted
	}
	return f.nodes[wanted].site(true)
}
