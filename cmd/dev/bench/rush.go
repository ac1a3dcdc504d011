package bench

import (
	"context"
	"fmt"
	"time"
)

// rush measures the hot class over HTTP, with sessions, all middleware and all rules. The
// limit is a server that does the same HTTP work and decides in memory.
func (r *run) rush(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	var askers [2]*process
	for i, kind := range []string{"node", "memory"} {
		node, addr, err := r.node(ctx, s, kind)
		if err != nil {
			return err
		}
		defer node.end()
		if askers[i], err = r.askers(ctx, s, addr, r.rushConns); err != nil {
			return err
		}
		defer askers[i].end()
	}
	r.logf("rush: %d members over HTTP", r.members)
	var took [2]times
	for n := range rushes {
		class, err := s.class(ctx, 100+n, seats)
		if err != nil {
			return err
		}
		for i, a := range askers {
			var began, ended int64
			var booked, full int
			if err := a.call(fmt.Sprint("book ", class, " ", n*r.members, " ", r.members), &began, &ended, &booked, &full); err != nil {
				return err
			}
			if booked != seats || full != r.members-seats {
				return fmt.Errorf("%d members have one of %d seats, %d were told that the class is full", booked, seats, full)
			}
			took[i] = append(took[i], time.Duration(ended-began))
		}
	}
	here, limit := took[0].at(50), took[1].at(50)
	what := fmt.Sprintf("%s over HTTP, %d seats, all answered", thousands(r.members), seats)
	r.add(Row{"rush", what, millis(here), millis(limit) + " in memory", ratio(here, limit), 1.8, false})
	return nil
}
