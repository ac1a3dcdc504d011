//go:build unix

package chaos

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// totals counts events of the whole run.
type totals struct {
	clicks, asked, unavailable, unknown, frames, overtaken, compared, alerts, mails, pushes atomic.Int64
}

// worst is the longest time noted since the last take.
type worst struct{ ns atomic.Int64 }

func (w *worst) note(d time.Duration) {
	for was := w.ns.Load(); int64(d) > was && !w.ns.CompareAndSwap(was, int64(d)); was = w.ns.Load() {
	}
}

func (w *worst) take() time.Duration { return time.Duration(w.ns.Swap(0)) }

// complaints are violations that members and screens have found.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) < 1000 {
		c.list = append(c.list, fmt.Sprintf(format, args...))
	}
}

// take returns the complaints since the last take.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// sum copies the totals of a finished run.
func (r *Report) sum(s *studio) {
	t := &s.totals
	r.Clicks, r.Requests, r.Unknown = int(t.clicks.Load()), int(t.asked.Load()), int(t.unknown.Load())
	r.Frames, r.Overtaken, r.Screens, r.Alerts = int(t.frames.Load()), int(t.overtaken.Load()), int(t.compared.Load()), int(t.alerts.Load())
	r.Mails, r.Pushes = int(t.mails.Load()), int(t.pushes.Load())
	for _, m := range s.members {
		r.Acked += len(m.acked)
	}
}
