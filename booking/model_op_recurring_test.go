package booking_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest/oracle"
)

// plan creates a series, once or twice a week, in some worlds at a time of day that a clock
// change skips or repeats.
func (w *modelWorld) plan(random *rand.Rand) boundOp {
	c := *someClass(random, w.oracle.Now)
	y, m, d := w.oracle.Now.In(berlin).Date()
	first := time.Date(y, m, d+1+random.IntN(3), 0, 0, 0, 0, time.UTC)
	weekdays := []time.Weekday{first.Weekday(), (first.Weekday() + 3) % 7}[:1+random.IntN(2)]
	hour, minute := pick(random, 2, 9, 18), pick(random, 0, 30)
	clock := time.Date(2044, 6, 1, hour, minute, 0, 0, berlin) // only its time of day is used
	r := booking.SeriesRequest{
		Class:   form(clock, clock.Add(c.End.Sub(c.Start)), c.Type, c.Rules),
		Pattern: booking.Pattern{First: first, Count: worldClasses, EveryWeeks: 1},
	}
	for _, day := range weekdays {
		r.Pattern.Weekdays = append(r.Pattern.Weekdays, (int(day)+6)%7+1)
	}
	return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
		out, err := e.CreateSeries(ctx, w.env.Owner, r)
		for place := range w.places {
			w.places[place] = len(w.classes) + place
		}
		w.classes = append(w.classes, out.Classes...)
		return said(err, false, "")
	}, oracle: func(o *oracle.Studio) string { return o.Plan(c, first, weekdays, worldClasses, hour, minute) }}
}

// days lets several days pass, with a sweep on each.
func (w *modelWorld) days(op modelOp) (d boundOp, ok bool) {
	day, sweep := w.tick(24*time.Hour), w.sweep()
	return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
		for range 1 + op.N%3 {
			if answer := day.engine(ctx, e) + sweep.engine(ctx, e); answer != oracle.OK+oracle.OK {
				return answer
			}
		}
		return oracle.OK
	}, oracle: func(o *oracle.Studio) string {
		for range 1 + op.N%3 {
			day.oracle(o)
			sweep.oracle(o)
		}
		return oracle.OK
	}}, w.series
}

func (w *modelWorld) sweep() boundOp {
	return boundOp{
		engine: func(ctx context.Context, e *booking.Engine) string { return said(e.Sweep(ctx), false, "") },
		oracle: func(o *oracle.Studio) string { o.Sweep(); return oracle.OK },
	}
}

// recur books some classes of the series, or makes a standing booking.
func (w *modelWorld) recur(op modelOp) (d boundOp, ok bool) {
	op = w.concerned(op, func(c *oracle.Class, _ int) bool { return c.Series > 0 && w.oracle.Now.Before(c.Start) })
	who, at := w.people[op.Person], w.now(op.Class)
	how := oracle.Repeat{Staff: op.N%5 == 0, Standing: op.N%3 == 0, Waitlist: op.Flag}
	r, actor := booking.RecurringRequest{Key: op.key(), ClassID: w.classes[at], Standing: how.Standing, Waitlist: how.Waitlist}, who
	for place := range worldClasses {
		if op.N>>place&1 == 1 {
			how.Ticked = append(how.Ticked, w.now(place))
			r.ClassIDs = append(r.ClassIDs, w.classes[w.now(place)])
		}
	}
	if how.Staff {
		r.MemberID, actor = who.ID, w.env.Owner
	}
	return op.keyed(actor, r, func(ctx context.Context, e *booking.Engine) string {
		out, err := e.BookRecurring(ctx, actor, r)
		var dates []string
		for _, d := range out.Dates {
			dates = append(dates, strings.TrimSpace(fmt.Sprint(slices.Index(w.classes, d.ClassID), " ", d.State, " ", d.Why)))
		}
		return said(err, false, ": %s; %d left", strings.Join(dates, ", "), out.Balance)
	}, func(o *oracle.Studio) string { return o.Recur(op.Person, at, how) }), w.series
}

// endRecurring ends one of the recurring bookings that the person has or had.
func (w *modelWorld) endRecurring(op modelOp) (d boundOp, ok bool) {
	op = w.concerned(op, func(_ *oracle.Class, person int) bool {
		return slices.ContainsFunc(w.oracle.RecurringOf(person), func(r *oracle.Recurring) bool { return !r.Ended })
	})
	who, at := w.people[op.Person], w.now(op.Class)
	var id int64
	var which int
	err := w.env.Pool.QueryRow(ctx,
		`select id, n
		from (select id, row_number() over (order by created_at) - 1 as n, count(*) over () as all_of from recurring where person_id = $1) r
		where n = $2 % all_of`, who.ID, op.N).Scan(&id, &which)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	how := oracle.Cancellation{Staff: op.N%4 == 0, Reason: []int{1, 1, 1, 2, 3, 4}[op.N%6], Text: op.N%7 == 0}
	r, actor := booking.EndRecurringRequest{Key: op.key(), RecurringID: id, ReasonID: int64(how.Reason)}, who
	var from *int
	if op.Flag {
		from, r.FromClassID = &at, w.classes[at]
	}
	if how.Staff {
		actor = w.env.Owner
	}
	if how.Text {
		r.Text = "it rains"
	}
	return op.keyed(actor, r, func(ctx context.Context, e *booking.Engine) string {
		out, err := e.EndRecurring(ctx, actor, r)
		if out.Already {
			return oracle.Already
		}
		var dates []string
		for _, d := range out.Cancelled {
			dates = append(dates, fmt.Sprintf("%d in time %t", slices.Index(w.classes, d.ClassID), d.Verdict.InTime))
		}
		return said(err, false, ": %s; %d back, %d left", strings.Join(dates, ", "), out.Refunded, out.Balance)
	}, func(o *oracle.Studio) string { return o.EndRecurring(op.Person, which, from, how) }), true
}
