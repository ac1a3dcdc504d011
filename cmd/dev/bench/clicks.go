package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	commitRounds  = 200
	socketsOfEach = 10 // sessions have fewer sockets than the hub allows
)

// clicks is how long it takes from a click at one node to the last screen of another
// one, beside what showing a fragment of that size and committing a row take.
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
	stage, _, err := r.openFanout(ctx, "hub", size, false)
	if err != nil {
		return err
	}
	defer func() { stage.end() }()
	fan, _, _, err := stage.changes(r.clicked, 1)
	if err != nil {
		return err
	}
	stage.end()
	commit, err := s.commits(ctx)
	if err != nil {
		return err
	}
	limit := fan.at(99) + commit.at(50)
	r.add(Row{"clicks", "click to the last screen elsewhere, p99", millis(last.at(99)), millis(limit) + " fan-out p99 + commit p50", ratio(last.at(99), limit), 1.3, false})
	r.add(Row{"clicks", fmt.Sprintf("the same, p50; %d bytes each", size), millis(last.at(50)), millis(fan.at(50)+commit.at(50)) + " fan-out p50 + commit p50", ratio(last.at(50), fan.at(50)+commit.at(50)), 0, false})
	return nil
}

// clickedScreens measures the clicks and the size of what a screen gets.
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
	viewers, err := r.watchers(ctx, w, addrs[1], socketsOfEach)
	if err != nil {
		return nil, 0, err
	}
	defer viewers.end()
	members, err := r.askers(ctx, s, addrs[0], 1)
	if err != nil {
		return nil, 0, err
	}
	defer members.end()
	var sizes times
	for i := range r.clicked + 1 {
		time.Sleep(2 * hotInterval) // as in show.change
		if err := w.expect(ctx, viewers); err != nil {
			return nil, 0, err
		}
		began, err := w.click(members)
		if err != nil {
			return nil, 0, err
		}
		var half, most, end, read int64
		if err := viewers.call("seen", &half, &most, &end, &read); err != nil {
			return nil, 0, err
		}
		if i > 0 { // with the first, everybody is there
			last, sizes = append(last, time.Unix(0, end).Sub(began)), append(sizes, time.Duration(read))
		}
	}
	return last, int(sizes.at(50)), nil
}

// commits is a row at a time, on the same server.
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
