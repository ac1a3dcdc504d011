package bench

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/generate"
)

//go:embed function.sql
var functionSQL string

const seats = 20

// bookings compares the engine with the baseline and with commits of PostgreSQL.
func (r *run) bookings(ctx context.Context) error {
	s, err := r.studio(ctx, "terminplan_young", generate.Size{Members: r.members, Bookings: 2000, Classes: 20, Seed: 1})
	if err != nil {
		return fmt.Errorf("making a studio: %w", err)
	}
	defer s.pool.Close()
	dsn, err := r.database(ctx, "terminplan_baseline")
	if err != nil {
		return err
	}
	base, err := newBaseline(ctx, dsn)
	if err != nil {
		return fmt.Errorf("preparing the baseline: %w", err)
	}
	defer base.pool.Close()
	r.logf("bookings: the baseline")
	limits, err := base.measure(ctx, r.members, r.classes)
	if err != nil {
		return fmt.Errorf("the baseline: %w", err)
	}
	r.logf("bookings: one hot class")
	hot, commits, err := s.hot(ctx)
	if err != nil {
		return fmt.Errorf("a hot class: %w", err)
	}
	r.logf("bookings: %d classes", r.classes)
	spread, err := s.spread(ctx, r.classes)
	if err != nil {
		return fmt.Errorf("many classes: %w", err)
	}
	r.logf("bookings: one at a time")
	old, err := r.studio(
		ctx, "terminplan_old", generate.Size{Members: r.members, Bookings: 20 * r.members, Classes: r.members / 5, Seed: 1},
	)
	if err != nil {
		return fmt.Errorf("making a studio with a history: %w", err)
	}
	defer old.pool.Close()
	single, err := oneAtATime(ctx, s, old, base, r.singles)
	if err != nil {
		return fmt.Errorf("one at a time: %w", err)
	}
	faster := func(what string, here float64, limit best, name string, goal float64) {
		rate := fmt.Sprintf("%s/s %s, %d conns", number(limit.perSecond), name, limit.conns)
		r.add(Row{"bookings", what, number(here) + "/s", rate, here / limit.perSecond, goal, true})
	}
	faster(fmt.Sprintf("hot class, %s members, %d seats", thousands(r.members), seats), hot, limits.naive, "FOR UPDATE", 25)
	faster("hot class", hot, limits.hotRow, "commits on a row", 8)
	r.add(Row{"bookings", "hot class, transactions", fmt.Sprint(commits), "20", float64(commits) / 20, 1, false})
	spreadOver := fmt.Sprintf("spread over %d classes", r.classes)
	faster(spreadOver, spread, limits.naiveSpread, "FOR UPDATE", 8)
	faster(spreadOver, spread, limits.insert, "one-row commits", 1)
	slower := func(what string, here, limit time.Duration, name string, goal float64) {
		r.add(Row{"bookings", what, micros(here), micros(limit) + " " + name, ratio(here, limit), goal, false})
	}
	slower("one at a time", single.engine.at(50), single.function.at(50), "function of the same rules", 1.6)
	slower("one at a time", single.engine.at(50), single.bare.at(50), "a bare function", 0)
	slower("one at a time, history × 100", single.aged.at(50), single.engine.at(50), "itself", 1.10)
	return nil
}

// studio makes a studio in a database of its own.
func (r *run) studio(ctx context.Context, database string, size generate.Size) (*studio, error) {
	dsn, err := r.database(ctx, database)
	if err != nil {
		return nil, err
	}
	return openStudio(ctx, dsn, size)
}

// hot books the same class for all members at once. It returns the bookings answered per
// second and the number of transactions, each the median of five classes.
func (s *studio) hot(ctx context.Context) (perSecond float64, commits int64, err error) {
	var took, counts times
	for i := range 5 {
		class, err := s.class(ctx, 40+i, seats)
		if err != nil {
			return 0, 0, err
		}
		var booked atomic.Int64
		before := s.commits.Load()
		began := time.Now()
		err = parallel(len(s.members), func(i int) error {
			got, err := s.book(ctx, s.members[i], class)
			if got {
				booked.Add(1)
			}
			return err
		})
		took, counts = append(took, time.Since(began)), append(counts, time.Duration(s.commits.Load()-before))
		if err != nil {
			return 0, 0, err
		}
		if booked.Load() != seats {
			return 0, 0, fmt.Errorf("%d members have one of %d seats", booked.Load(), seats)
		}
	}
	return float64(len(s.members)) / took.at(50).Seconds(), int64(counts.at(50)), nil
}

// spread books many classes at once, so that every member gets a seat.
func (s *studio) spread(ctx context.Context, classes int) (perSecond float64, err error) {
	list := make([]int64, classes)
	for i := range list {
		if list[i], err = s.class(ctx, 60+i%100, seats); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	err = parallel(len(s.members), func(i int) error {
		got, err := s.book(ctx, s.members[i], list[i%classes])
		if err == nil && !got {
			return fmt.Errorf("a class with seats left refuses")
		}
		return err
	})
	return float64(len(s.members)) / time.Since(began).Seconds(), err
}

// single holds the times of bookings that come one at a time.
type single struct{ engine, aged, function, bare times }

// oneAtATime books with each way in turn: with the engine in a young studio and in one with
// a hundred times its history, and with the functions in the database. All invariants must
// hold after the function with the same rules has written its rows.
func oneAtATime(ctx context.Context, young, old *studio, base *baseline, singles int) (took single, err error) {
	if _, err := young.pool.Exec(ctx, functionSQL); err != nil {
		return took, err
	}
	var ofEngine, ofFunction, aged int64 // classes
	for i := range singles {
		if i%seats == 0 {
			for _, c := range []struct {
				studio *studio
				days   int
				id     *int64
			}{{young, 200, &ofEngine}, {young, 300, &ofFunction}, {old, 200, &aged}} {
				if *c.id, err = c.studio.class(ctx, c.days+i/seats, seats); err != nil {
					return took, err
				}
			}
		}
		// Each way has members of its own, since rows that were used a moment ago cost less.
		member, other := (i*23)%len(young.members), (i*23+len(young.members)/2)%len(young.members)
		for _, way := range []struct {
			took *times
			book func() (bool, error)
		}{
			{&took.engine, func() (bool, error) { return young.book(ctx, young.members[member], ofEngine) }},
			{&took.aged, func() (bool, error) { return old.book(ctx, old.members[member], aged) }},
			{&took.function, func() (bool, error) { return true, young.function(ctx, young.members[other], ofFunction) }},
			{&took.bare, func() (bool, error) { return true, base.bare(ctx, bareClass+int64(i/seats), int64(i)) }},
		} {
			began := time.Now()
			got, err := way.book()
			if err == nil && !got {
				err = fmt.Errorf("the class is full")
			}
			if err != nil {
				return took, fmt.Errorf("booking %d: %w", i, err)
			}
			*way.took = append(*way.took, time.Since(began))
		}
	}
	found, err := young.engine.Check(ctx)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("%s does not hold any more, for instance %s", found[0].Name, found[0].Row)
	}
	return took, err
}

// function books in one round trip, with the rules in the database.
func (s *studio) function(ctx context.Context, who booking.Actor, class int64) error {
	print := sha256.Sum256(fmt.Append(nil, class))
	_, err := s.pool.Exec(ctx, `select bench_book($1, $2, $3, $4)`, uuid.NewString(), print[:], class, who.ID)
	return err
}
