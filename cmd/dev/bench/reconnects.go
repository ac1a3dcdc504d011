package bench

import (
	"context"
	"fmt"
	"time"
)

// reconnection holds the measurements of several reconnects of all screens.
type reconnection struct {
	last, cpu      times // time until the last screen shows the newest version; CPU of the server in that time
	all, ofClasses times // numbers of statements that the node sent to PostgreSQL in that time
	tries          int64 // connections that were refused and tried again
}

// reconnects cuts all screens, changes the class that they show, and reconnects them at
// once: to a node that has just started, and then to the same node. The limit is a server
// that only upgrades them and sends each a frame of the size of the node's first.
func (r *run) reconnects(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	w, err := s.watch(ctx, watchedDay+1)
	if err != nil {
		return err
	}
	first, addr, err := r.node(ctx, s, "node")
	if err != nil {
		return err
	}
	defer first.end()
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
	size, err := w.stateSize(ctx, addr)
	if err != nil {
		return fmt.Errorf("reading the first state of a socket: %w", err)
	}
	var fresh, same, freshLimit, sameLimit reconnection
	for range r.returns {
		if err := r.reconnectNode(ctx, w, watchers, members, &fresh, &same); err != nil {
			return fmt.Errorf("to a node: %w", err)
		}
		if err := r.reconnectLimit(ctx, watchers, size, &freshLimit, &sameLimit); err != nil {
			return fmt.Errorf("to the server that only upgrades: %w", err)
		}
	}
	r.reconnected("to the same node", same, sameLimit)
	r.reconnected("to a new node", fresh, freshLimit)
	return nil
}

// reconnectNode reconnects all screens to a new node and then once more to the same node.
func (r *run) reconnectNode(ctx context.Context, w *watched, watchers, elsewhere *process, fresh, same *reconnection) error {
	node, addr, err := r.node(ctx, w.site, "node")
	if err != nil {
		return err
	}
	defer node.end()
	members, err := r.askers(ctx, w.site, addr, 1)
	if err != nil {
		return err
	}
	defer members.end()
	for _, to := range []struct {
		took    *reconnection
		members *process
	}{{fresh, elsewhere}, {same, members}} {
		if err := w.expect(ctx, watchers); err != nil {
			return err
		}
		if err := watchers.call("cut"); err != nil {
			return err
		}
		if _, err := w.click(to.members); err != nil {
			return err
		}
		if err := node.call("statements"); err != nil { // sets the counters to zero
			return err
		}
		if err := to.took.measure(watchers, node, addr); err != nil {
			return err
		}
		var all, ofClasses int64
		if err := node.call("statements", &all, &ofClasses); err != nil {
			return err
		}
		to.took.all, to.took.ofClasses = append(to.took.all, time.Duration(all)), append(to.took.ofClasses, time.Duration(ofClasses))
	}
	return nil
}

// reconnectLimit does the same with a server that only upgrades.
func (r *run) reconnectLimit(ctx context.Context, watchers *process, size int, fresh, same *reconnection) error {
	server, addr, err := r.startServer(ctx, "upgrade")
	if err != nil {
		return err
	}
	defer server.end()
	for version, took := range []*reconnection{fresh, same} {
		if err := watchers.call("cut"); err != nil {
			return err
		}
		if err := watchers.call(fmt.Sprintf("expect %x", mark(int64(version)))); err != nil {
			return err
		}
		if err := server.call(fmt.Sprint("state ", version, " ", size)); err != nil {
			return err
		}
		if err := took.measure(watchers, server, addr); err != nil {
			return err
		}
	}
	return nil
}

// measure reconnects all screens to a server.
func (b *reconnection) measure(watchers, server *process, addr string) error {
	var began, half, most, end, read, tries int64
	used, err := server.used(func() error {
		if err := watchers.call("reconnect "+addr, &began); err != nil {
			return err
		}
		return watchers.call("seen", &half, &most, &end, &read, &tries)
	})
	b.last, b.cpu, b.tries = append(b.last, time.Duration(end-began)), append(b.cpu, used), b.tries+tries
	return err
}

func (r *run) reconnected(where string, here, limit reconnection) {
	if here.tries > 0 {
		r.note("When all reconnected %s, %d connections were refused at first and tried again after half a second.", where, here.tries)
	}
	add := func(what string, here, limit time.Duration, goal float64) {
		r.add(Row{"reconnects", what, millis(here), millis(limit) + " upgrades alone", ratio(here, limit), goal, false})
	}
	add(fmt.Sprintf("all back at once %s, the last", where), here.last.at(50), limit.last.at(50), 1.5)
	add("CPU of the server meanwhile", here.cpu.at(50), limit.cpu.at(50), 0)
	count := func(what string, statements times, limit int, of string, goal float64) {
		n := int64(statements.at(50))
		r.add(Row{"reconnects", what, fmt.Sprint(n), fmt.Sprintf("%d %s", limit, of), float64(n) / float64(limit), goal, false})
	}
	count("statements that read classes meanwhile", here.ofClasses, dayClasses, "classes", 1)
	count("all statements meanwhile", here.all, r.screensWanted, "connections", 0.1)
}
