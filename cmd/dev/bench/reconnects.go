package bench

import (
	"context"
	"fmt"
	"time"
)

// back is what a return of all screens took.
type back struct {
	last           time.Duration // until the last shows the newest version
	tries          int64         // connections that were refused and tried again
	all, ofClasses int64         // statements that PostgreSQL was sent meanwhile
}

// reconnects cuts all screens of a node, changes what they show, and has them come
// back at once: to the same node, and to one that has just started.
func (r *run) reconnects(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	w, err := s.watch(ctx, watchedDay+1)
	if err != nil {
		return err
	}
	node, addr, err := r.node(ctx, s, "node")
	if err != nil {
		return err
	}
	defer node.end()
	r.logf("reconnects: %d screens", r.screensWanted)
	viewers, err := r.watchers(ctx, w, addr, 1)
	if err != nil {
		return err
	}
	defer viewers.end()
	members, err := r.askers(ctx, s, addr, 1)
	if err != nil {
		return err
	}
	defer members.end()
	if err := w.expect(ctx, viewers); err != nil { // everybody is there
		return err
	}
	if _, err := w.click(members); err != nil {
		return err
	}
	if err := viewers.call("seen"); err != nil {
		return err
	}
	same, err := w.reconnect(ctx, viewers, members, node, addr)
	if err != nil {
		return fmt.Errorf("to the same node: %w", err)
	}
	r.reconnected("to the same node", same)
	fresh, addr, err := r.node(ctx, s, "node")
	if err != nil {
		return err
	}
	defer fresh.end()
	elsewhere, err := w.reconnect(ctx, viewers, members, fresh, addr)
	if err != nil {
		return fmt.Errorf("to a new node: %w", err)
	}
	r.reconnected("to a new node", elsewhere)
	return nil
}

func (w *watched) reconnect(ctx context.Context, viewers, members, node *process, addr string) (b back, err error) {
	if err := w.expect(ctx, viewers); err != nil {
		return b, err
	}
	if err := viewers.call("cut"); err != nil {
		return b, err
	}
	if _, err := w.click(members); err != nil {
		return b, err
	}
	if err := node.call("statements"); err != nil { // from here on
		return b, err
	}
	var began, half, most, end, read int64
	if err := viewers.call("reconnect "+addr, &began); err != nil {
		return b, err
	}
	if err := viewers.call("seen", &half, &most, &end, &read, &b.tries); err != nil {
		return b, err
	}
	b.last = time.Duration(end - began)
	err = node.call("statements", &b.all, &b.ofClasses)
	return b, err
}

func (r *run) reconnected(where string, b back) {
	if b.tries > 0 {
		r.note("Coming back %s, %d connections were refused at first and tried again after half a second.", where, b.tries)
	}
	r.add(Row{"reconnects", fmt.Sprintf("all back at once %s, the last", where), millis(b.last), "3000 ms allowed", ratio(b.last, 3*time.Second), 1, false})
	r.add(Row{"reconnects", "statements that read classes meanwhile", fmt.Sprint(b.ofClasses), fmt.Sprintf("%d classes", dayClasses), float64(b.ofClasses) / dayClasses, 1, false})
	r.add(Row{"reconnects", "all statements meanwhile", fmt.Sprint(b.all), fmt.Sprintf("%d connections", r.screensWanted), float64(b.all) / float64(r.screensWanted), 0.1, false})
}
