package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	commitRounds  = 200
	socketsOfEach = 10 // sockets of one session, fewer than the hub allows
)

// clicks measures the time from a booking at one node to the last screen of another node.
// The limit is the fan-out of a fragment of that size and the commit of one row.
func (r *run) clicks(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	r.logf("clicks: %d screens at another node", r.screensWanted)
	last, size, err := r.clickedScreens(ctx, s)
	if err != nil {
		return err
	}
	r.logf("clicks: the same fragment without the program")
	f, _, err := r.openFanout(ctx, "hub", size, false)
	if err != nil {
		return err
	}
	defer func() { f.end() }()
	fanOut, _, _, err := f.changes(r.clicked, 1)
	if err != nil {
		return err
	}
	f.end()
	commit, err := s.commits(ctx)
	if err != nil {
		return err
	}
	add := func(what string, percent int, goal float64) {
		here, limit := last.at(percent), fanOut.at(percent)+commit.at(50)
		name := fmt.Sprintf("%s fan-out p%d + commit p50", millis(limit), percent)
		r.add(Row{"clicks", what, millis(here), name, ratio(here, limit), goal, false})
	}
	add("click to the last screen elsewhere, p99", 99, 1.3)
	add(fmt.Sprintf("the same, p50; %d bytes each", size), 50, 0)
	return nil
}

// clickedScreens measures the clicks and how many bytes a screen receives for one.
func (r *run) clickedScreens(ctx context.Context, s *site) (last times, size int, err error) {
	w, err := s.watch(ctx, watchedDay)
	if err != nil {
		return nil, 0, err
	}
	var addrs [2]string
	for i := range addrs {
		node, addr, err := r.node(ctx, s, "node")
		if err != nil {
			return nil, 0, err
		}
		defer node.end()
		addrs[i] = addr
	}
	watchers, err := r.watchers(ctx, w, addrs[1], socketsOfEach)
	if err != nil {
		return nil, 0, err
	}
	defer watchers.end()
	members, err := r.askers(ctx, s, addrs[0], 1)
	if err != nil {
		return nil, 0, err
	}
	defer members.end()
	var sizes times
	for i := range r.clicked + 1 {
		time.Sleep(2 * hotInterval) // as in fanout.change
		if err := w.expect(ctx, watchers); err != nil {
			return nil, 0, err
		}
		began, err := w.click(members)
		if err != nil {
			return nil, 0, err
		}
		var half, most, end, read int64
		if err := watchers.call("seen", &half, &most, &end, &read); err != nil {
			return nil, 0, err
		}
		if i > 0 { // the first click only shows that every screen is connected
			last, sizes = append(last, time.Unix(0, end).Sub(began)), append(sizes, time.Duration(read))
		}
	}
	return last, int(sizes.at(50)), nil
}

// commits inserts one row at a time, on the same PostgreSQL server.
func (s *site) commits(ctx context.Context) (took times, err error) {
	if _, err := s.pool.Exec(ctx, `create table if not exists commit_of_a_row (n int)`); err != nil {
		return nil, err
	}
	for i := range commitRounds {
		began := time.Now()
		if _, err := s.pool.Exec(ctx, `insert into commit_of_a_row values ($1)`, i); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}
