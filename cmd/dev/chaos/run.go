//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Run breaks things until the time is over and every fault had its turn.
func Run(ctx context.Context, o Options) (report Report, err error) {
	report.Seed = o.Seed
	fmt.Fprintf(o.Log, "seed %d; building the program, starting PostgreSQL, Redis and two nodes …\n", o.Seed)
	s, err := openStudio(ctx, o)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.signIn(ctx); err != nil {
		return report, fmt.Errorf("signing in: %w", err)
	}
	traffic, stop := context.WithCancel(ctx)
	for _, m := range s.members {
		s.clicking.Go(func() { m.clickAround(traffic, o.Seed) })
	}
	for _, c := range s.screens {
		s.watching.Go(func() { c.watch(traffic) })
	}
	defer func() {
		stop()
		s.clicking.Wait()
		s.watching.Wait()
		report.sum(s)
	}()
	random := rand.New(rand.NewPCG(o.Seed, 0))
	all := faults()
	for _, f := range all {
		report.Results = append(report.Results, Result{Fault: f.name, Violations: []string{}})
	}
	began := time.Now()
	for round := 0; ctx.Err() == nil && (round == 0 || time.Since(began) < o.For); round++ {
		for _, i := range random.Perm(len(all)) {
			if o.Only != "" && o.Only != all[i].name {
				continue
			}
			fmt.Fprintf(o.Log, "%s …\n", all[i].name)
			going, err := s.try(ctx, all[i], random, &report.Results[i])
			if err != nil {
				return report, fmt.Errorf("%s: %w", all[i].name, err)
			}
			if !going {
				return report, nil // what cannot be reached cannot be broken further
			}
		}
	}
	return report, ctx.Err()
}

// try injects a fault once and looks what became of it. It reports false when the
// studio did not come back.
func (s *studio) try(ctx context.Context, f fault, random *rand.Rand, r *Result) (going bool, err error) {
	s.last(ctx, random, 100*time.Millisecond, 600*time.Millisecond) // the moment is a matter of chance
	s.stalest.take()
	s.slowest.take()
	remark, err := f.inject(ctx, s, random)
	if why := new(cannot); errors.As(err, &why) {
		r.Remark = "not made: " + why.why
		return true, nil
	}
	if err != nil {
		return false, err
	}
	ended := time.Now()
	r.Times++
	if remark != "" {
		r.Remark = remark
	}
	if err := s.recover(ctx); err != nil {
		r.Violations = append(r.Violations, err.Error())
		return false, nil
	}
	r.Recovered = append(r.Recovered, time.Since(ended))
	// Nothing may be under way while screens are compared.
	s.turn.Lock()
	defer s.turn.Unlock()
	patience := f.patience
	if patience == 0 {
		patience = usualPatience
	}
	var unaware time.Time
	if f.unnoticed {
		unaware = ended
	}
	still := time.Now()
	took, wrong, err := s.settle(ctx, still, patience, unaware)
	if err != nil {
		return false, fmt.Errorf("comparing the screens: %w", err)
	}
	r.Equal = append(r.Equal, still.Sub(ended)+took)
	alerts, err := s.wrongAlerts(ctx)
	if err != nil {
		return false, err
	}
	found, err := s.violations(ctx)
	if err != nil {
		return false, fmt.Errorf("looking for violations: %w", err)
	}
	stale := s.stalest.take()
	if f.fresh && !s.brief && stale > freshWithin { // a brief run shares the machine with all other tests
		found = append(found, fmt.Sprintf("a page that was live did not show for %s what somebody had been told", stale))
	}
	r.Stalest, r.Slowest = max(r.Stalest, stale), max(r.Slowest, s.slowest.take())
	r.Violations = slices.Concat(r.Violations, wrong, alerts, found)
	return true, nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
