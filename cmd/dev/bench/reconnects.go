package bench

import (
	"context"
	"fmt"
	"time"
)

// reconnection is the measurement of one reconnect of all screens.
type reconnection struct {
	last           time.Duration // until the last screen shows the newest version
	tries          int64         // connections that were refused and tried again
	all, ofClasses int64         // statements that the node sent to PostgreSQL meanwhile
}

// reconnects cuts all screens of a node, changes the class that they show, and reconnects
// them at once: to the same node, and to a node that has just started.
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
	watchers, err := r.watchers(ctx, w, addr, 1)
	if err != nil {
		return err
	}
	defer watchers.end()
	members, err := r.askers(ctx, s, addr, 1)
	if err != nil {
		return err
	}
	defer members.end()
	if err := w.expect(ctx, watchers); err != nil { // until every screen is connected
		return err
	}
	if _, err := w.click(members); err != nil {
		return err
	}
	if err := watchers.call("seen"); err != nil {
		return err
	}
	same, err := w.reconnect(ctx, watchers, members, node, addr)
	if err != nil {
		return fmt.Errorf("to the same node: %w", err)
	}
	r.reconnected("to the same node", same)
	fresh, addr, err := r.node(ctx, s, "node")
	if err != nil {
		return err
	}
	defer fresh.end()
	elsewhere, err := w.reconnect(ctx, watchers, members, fresh, addr)
	if err != nil {
		return fmt.Errorf("to a new node: %w", err)
	}
	r.reconnected("to a new node", elsewhere)
	return nil
}

func (w *watched) reconnect(ctx context.Context, watchers, members, node *process, addr string) (b reconnection, err error) {
	if err := w.expect(ctx, watchers); err != nil {
		return b, err
	}
	if err := watchers.call("cut"); err != nil {
		return b, err
	}
	if _, err := w.click(members); err != nil {
		return b, err
	}
	if err := node.call("statements"); err != nil { // sets the counters to zero
		return b, err
	}
	var began, half, most, end, read int64
	if err := watchers.call("reconnect "+addr, &began); err != nil {
		return b, err
	}
	if err := watchers.call("seen", &half, &most, &end, &read, &b.tries); err != nil {
		return b, err
	}
	b.last = time.Duration(end - began)
	err = node.call("statements", &b.all, &b.ofClasses)
	return b, err
}

func (r *run) reconnected(where string, b reconnection) {
	if b.tries > 0 {
		r.note("When all reconnected %s, %d connections were refused at first and tried again after half a second.", where, b.tries)
	}
	what := fmt.Sprintf("all back at once %s, the last", where)
	r.add(Row{"reconnects", what, millis(b.last), "3000 ms allowed", ratio(b.last, 3*time.Second), 1, false})
	count := func(what string, statements int64, limit int, of string, goal float64) {
		r.add(Row{"reconnects", what, fmt.Sprint(statements), fmt.Sprintf("%d %s", limit, of), float64(statements) / float64(limit), goal, false})
	}
	count("statements that read classes meanwhile", b.ofClasses, dayClasses, "classes", 1)
	count("all statements meanwhile", b.all, r.screensWanted, "connections", 0.1)
}
