package bench

import (
	"context"
	"fmt"
	"time"
)

// visitors compares what a change costs a node whose pages are those of members, and a node
// whose pages are the public schedule. A third node takes the bookings.
func (r *run) visitors(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	if _, err := s.pool.Exec(ctx, `update studio set public_on = true, public_seats = 'exact', version = version + 1`); err != nil {
		return fmt.Errorf("opening the public schedule: %w", err)
	}
	w, err := s.watch(ctx, watchedDay+20)
	if err != nil {
		return err
	}
	var nodes [3]*process
	var addrs [3]string
	for i := range nodes {
		if nodes[i], addrs[i], err = r.node(ctx, s, "node"); err != nil {
			return err
		}
		defer nodes[i].end()
	}
	r.logf("visitors: %d screens of members, and %d that nobody is signed in at", r.screensWanted, r.screensWanted)
	members, err := r.watchers(ctx, w, addrs[0], socketsOfEach)
	if err != nil {
		return err
	}
	defer members.end()
	strangers, err := r.watchers(ctx, w, addrs[1], socketsOfEach, "--visitors")
	if err != nil {
		return err
	}
	defer strangers.end()
	booking, err := r.askers(ctx, s, addrs[2], 1)
	if err != nil {
		return err
	}
	defer booking.end()
	change := func() error { return w.showsBoth(ctx, members, strangers, booking) }
	if err := change(); err != nil { // so that every screen is connected
		return err
	}
	var ofMembers, ofVisitors time.Duration
	ofMembers, err = nodes[0].used(func() (err error) {
		ofVisitors, err = nodes[1].used(func() error {
			for range r.changes {
				if err := change(); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	deliveries := time.Duration(r.changes * r.screensWanted)
	r.add(Row{
		"visitors", "CPU per delivery", micros(ofVisitors / deliveries), micros(ofMembers/deliveries) + " members",
		ratio(ofVisitors, ofMembers), 1.05, false,
	})
	return nil
}

// showsBoth books once, and waits until all screens of both groups show it.
func (w *watched) showsBoth(ctx context.Context, members, strangers, booking *process) error {
	time.Sleep(2 * hotInterval) // as in fanout.change
	for _, screens := range []*process{members, strangers} {
		if err := w.expect(ctx, screens); err != nil {
			return err
		}
	}
	if _, err := w.click(booking); err != nil {
		return err
	}
	for _, screens := range []*process{members, strangers} {
		var half, most, end int64
		if err := screens.call("seen", &half, &most, &end); err != nil {
			return err
		}
	}
	return nil
}
