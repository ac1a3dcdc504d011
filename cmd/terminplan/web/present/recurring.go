package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The page of a recurring booking says what the chosen dates would cost before the member
// books. app.js counts in the same way while ticks change. The engine decides in the end,
// date by date.

// choosable reports whether a date can be ticked: the member has credits for it, or may
// get them in time.
func choosable(d booking.RecurringDate) bool {
	return d.State == booking.DateBookable || d.State == booking.DatePending
}

// Suggested returns the dates that are ticked before the member has chosen: those on the
// weekday of the first date that a standing booking would book now and that the balance
// covers.
func Suggested(dates []booking.RecurringDate, zone *time.Location) (ids []int64) {
	spent := 0
	for _, d := range dates {
		sameDay := d.StartsAt.In(zone).Weekday() == dates[0].StartsAt.In(zone).Weekday()
		if choosable(d) && sameDay && d.Near && d.Usable >= spent+d.Cost {
			spent += d.Cost
			ids = append(ids, d.ClassID)
		}
	}
	return ids
}

// Tally counts what a booking of some dates would do.
type Tally struct {
	Booked, Cost, Pending, Waiting, Full int
	short                                []int64 // the classes that wait for credits
}

// CountDates counts what a booking of the chosen dates would do.
func CountDates(dates []booking.RecurringDate, waitlist bool, chosen func(booking.RecurringDate) bool) (t Tally) {
	for _, d := range dates {
		switch {
		case !chosen(d):
		case d.State == booking.DateFull && waitlist:
			t.Waiting++
		case d.State == booking.DateFull:
			t.Full++
		case !choosable(d):
		case d.Usable < t.Cost+d.Cost:
			t.Pending++
			t.short = append(t.short, d.ClassID)
		default:
			t.Booked++
			t.Cost += d.Cost
		}
	}
	return t
}

// sum returns the sentences for a tally: "4 dates · 4 credits, 4 left afterwards", and the
// dates that are not booked.
func (pr Presenter) sum(t Tally, balance int) (sum, rest string) {
	sum = pr.Text("recurring.n_none")
	if t.Booked > 0 {
		cost := pr.Text("row.no_cost")
		if t.Cost > 0 {
			cost = pr.Text("credits", "N", t.Cost) + ", " + pr.Text("recurring.after", "Balance", balance-t.Cost)
		}
		sum = pr.Text("recurring.n_dates", "N", t.Booked) + " · " + cost
	}
	var parts []string
	for _, part := range []struct {
		key string
		n   int
	}{{"recurring.n_pending", t.Pending}, {"recurring.n_waitlist", t.Waiting}, {"recurring.n_full", t.Full}} {
		if part.n > 0 {
			parts = append(parts, pr.Text(part.key, "N", part.n))
		}
	}
	rest = strings.Join(parts, " · ")
	if t.Booked == 0 && rest != "" {
		sum, rest = rest, ""
	}
	return sum, rest
}

// FillRecurring fills in the dates by weekday, which of them are ticked, and the sums.
func (pr Presenter) FillRecurring(p *templates.RecurringPage, dates []booking.RecurringDate, ticked []int64) {
	chosen := func(d booking.RecurringDate) bool {
		return slices.Contains(ticked, d.ClassID) || p.Standing && d.Near
	}
	t := CountDates(dates, p.Waitlist, chosen)
	p.Sum, p.Rest = pr.sum(t, p.Balance)
	now := CountDates(dates, p.Waitlist, func(d booking.RecurringDate) bool { return d.Near })
	sum, rest := pr.sum(now, p.Balance)
	p.StandingSum = strings.TrimSuffix(sum+" · "+rest, " · ")
	var names []string
	for i, d := range dates {
		weekday := int(d.StartsAt.In(pr.Zone).Weekday()+6)%7 + 1
		at := slices.IndexFunc(p.Days, func(day templates.RecurringDay) bool { return day.Weekday == weekday })
		if at < 0 {
			at = len(p.Days)
			p.Days = append(p.Days, templates.RecurringDay{Weekday: weekday, Name: pr.Lang.WeekdayLong(d.StartsAt.In(pr.Zone))})
			names = append(names, p.Days[at].Name)
		}
		date := p.Dates[i]
		date.Order, date.Cost, date.Usable, date.Near = i, d.Cost, d.Usable, d.Near
		date.Ticked, date.Short = slices.Contains(ticked, d.ClassID), slices.Contains(t.short, d.ClassID)
		if choosable(d) {
			date.State = booking.DateBookable // the credits are not used until dates are ticked
		}
		date.Fixed = !choosable(d) && d.State != booking.DateFull
		p.Days[at].Dates = append(p.Days[at].Dates, date)
		p.Days[at].Ticked = p.Days[at].Ticked || date.Ticked
	}
	p.Weekdays = strings.Join(names, ", ")
}

// RecurringDate returns one date with its state.
func (pr Presenter) RecurringDate(d booking.RecurringDate) templates.RecurringDate {
	t := templates.RecurringDate{ClassID: d.ClassID, When: pr.DateTime(d.StartsAt), State: d.State}
	if d.Why != "" {
		t.Why = pr.why(d.Why)
	}
	return t
}

// MarkRecurring calls mark for each booking of a list that gets a link to a recurring
// booking: the first booking of each series.
func MarkRecurring(list []booking.BookedClass, mark func(i int)) {
	seen := map[int64]bool{}
	for i, b := range list {
		if recurs(b.Class) && !seen[b.Class.SeriesID] {
			seen[b.Class.SeriesID] = true
			mark(i)
		}
	}
}

// recurs reports whether a class belongs to a series and can still be booked.
func recurs(c booking.Class) bool {
	return c.SeriesID != 0 && !c.Cancelled && !c.Hidden && c.Rules.Online && c.ReadAt.Before(c.StartsAt)
}
