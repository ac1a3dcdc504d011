//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"
)

// Options of a run.
type Options struct {
	Program string        // what is run as "PROGRAM serve"
	Seed    uint64        // of the faults and their moments
	For     time.Duration // at least each fault once, whatever this says
	Log     io.Writer
}

// Result is what became of one kind of fault.
type Result struct {
	Fault      string
	Times      int
	Violations []string
	Recovered  []time.Duration // from the end of the fault until both nodes are ready
}

// Report is a whole run.
type Report struct {
	Results              []Result
	Clicks, Asked, Acked int // clicks, requests that they took, confirmations
}

// Violated reports whether anything went wrong.
func (r Report) Violated() bool {
	return slices.ContainsFunc(r.Results, func(x Result) bool { return len(x.Violations) > 0 })
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\ttimes\tviolations\trecovered after (median, worst)")
	for _, x := range r.Results {
		slices.Sort(x.Recovered)
		took := "–"
		if n := len(x.Recovered); n > 0 {
			took = fmt.Sprintf("%s, %s", x.Recovered[n/2].Round(time.Millisecond), x.Recovered[n-1].Round(time.Millisecond))
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", x.Fault, x.Times, len(x.Violations), took)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d clicks took %d requests; %d seats and cancellations were confirmed, and every one was looked for after every fault.\n", r.Clicks, r.Asked, r.Acked)
	for _, x := range r.Results {
		for _, v := range x.Violations {
			fmt.Fprintf(w, "VIOLATED by %s: %s\n", x.Fault, v)
		}
	}
	return nil
}

// Run breaks things until the time is over and every fault had its turn.
func Run(ctx context.Context, o Options) (report Report, err error) {
	fmt.Fprintf(o.Log, "seed %d; starting PostgreSQL, Redis and two nodes …\n", o.Seed)
	s, err := openStudio(ctx, o.Program)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.signIn(ctx); err != nil {
		return report, fmt.Errorf("signing in: %w", err)
	}
	traffic, stop := context.WithCancel(ctx)
	defer stop()
	for _, m := range s.members {
		s.clicking.Go(func() { m.click(traffic, o.Seed) })
	}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	for _, f := range faults {
		report.Results = append(report.Results, Result{Fault: f.name})
	}
	defer func() {
		stop()
		s.clicking.Wait()
		for _, m := range s.members {
			report.Clicks, report.Asked, report.Acked = report.Clicks+m.clicks, report.Asked+m.asked, report.Acked+len(m.acked)
		}
	}()
	began := time.Now()
	for round := 0; ctx.Err() == nil && (round == 0 || time.Since(began) < o.For); round++ {
		for _, i := range random.Perm(len(faults)) {
			r := &report.Results[i]
			fmt.Fprintf(o.Log, "%s …\n", r.Fault)
			pause(ctx, time.Duration(200+random.IntN(800))*time.Millisecond) // the moment is a matter of chance
			if err := faults[i].inject(ctx, s, random); err != nil {
				return report, fmt.Errorf("%s: %w", r.Fault, err)
			}
			r.Times++
			ended := time.Now()
			if err := s.recover(ctx); err != nil {
				r.Violations = append(r.Violations, err.Error())
				return report, nil // what cannot be reached cannot be broken further
			}
			r.Recovered = append(r.Recovered, time.Since(ended))
			found, err := s.violations(ctx)
			if err != nil {
				return report, fmt.Errorf("looking for violations after %s: %w", r.Fault, err)
			}
			r.Violations = append(r.Violations, found...)
		}
	}
	return report, ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
