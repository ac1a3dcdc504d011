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

// Run injects faults until the time is over and every fault was injected at least once.
func Run(ctx context.Context, o Options) (report Report, err error) {
	report.Seed = o.Seed
	for _, name := range o.Only {
		if !slices.ContainsFunc(faults(), func(f fault) bool { return f.name == name }) {
			return report, fmt.Errorf("there is no fault %q; a run without --only names all in its table", name)
		}
	}
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
	if len(o.Only) > 0 {
		all = slices.DeleteFunc(all, func(f fault) bool { return !slices.Contains(o.Only, f.name) })
	}
	for _, f := range all {
		report.Results = append(report.Results, Result{Fault: f.name, Violations: []string{}})
	}
	began := time.Now()
	for round := 0; ctx.Err() == nil && (round == 0 || time.Since(began) < o.For); round++ {
		for _, i := range random.Perm(len(all)) {
			fmt.Fprintf(o.Log, "%s …\n", all[i].name)
			going, err := s.try(ctx, all[i], random, &report.Results[i])
			if err != nil {
				return report, fmt.Errorf("%s: %w", all[i].name, err)
			}
			if !going {
				return report, nil // a studio that is not ready cannot take more faults
			}
		}
	}
	return report, ctx.Err()
}

// try injects a fault once and verifies the studio afterwards. It reports false when the
// studio did not become ready again.
func (s *studio) try(ctx context.Context, f fault, random *rand.Rand, r *Result) (going bool, err error) {
	s.wait(ctx, random, 100*time.Millisecond, 600*time.Millisecond) // a random moment
	s.stalest.take()
	s.slowest.take()
	s.slowestLoad.take()
	s.mayDouble += f.doubles
	remark, err := f.inject(ctx, s, random)
	if why := new(notPossible); errors.As(err, &why) {
		r.Remark = "not injected: " + why.why
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
	// No click may be in progress while screens are compared.
	s.clickLock.Lock()
	defer s.clickLock.Unlock()
	patience := f.patience
	if patience == 0 {
		patience = usualPatience
	}
	var silentUntil time.Time
	if f.unnoticed {
		silentUntil = ended
	}
	still := time.Now()
	took, wrong, err := s.waitUntilEqual(ctx, still, patience, silentUntil)
	if err != nil {
		return false, fmt.Errorf("comparing the screens: %w", err)
	}
	r.Equal = append(r.Equal, still.Sub(ended)+took)
	alerts, err := s.wrongAlerts(ctx, s.equalLimit(s.slowestLoad.take()))
	if err != nil {
		return false, err
	}
	found, err := s.verify(ctx)
	if err != nil {
		return false, fmt.Errorf("verifying: %w", err)
	}
	stale := s.stalest.take()
	if f.fresh && !s.brief && stale > freshWithin { // a brief run shares the machine with other tests
		found = append(
			found, fmt.Sprintf("a page with a socket did not show for %s a version that was already confirmed to a member", stale),
		)
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
