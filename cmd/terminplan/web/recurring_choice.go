package web

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The choice of dates says what a press would book and cost before it is pressed.
// app.js counts in the same way while ticks change; what is booked in the end the
// engine says, date by date.

var recurringFields = []formField{{"class_id", "dates", "recurring.dates"}}

// choosable is a date that a tick can book: with credits, or when some arrive.
func choosable(d booking.RecurringDate) bool {
	return d.State == booking.DateBookable || d.State == booking.DatePending
}

// suggested are the dates that are ticked before anybody has chosen: those on the
// weekday of the first one that a standing booking would book by now, as far as the
// credits go. Nobody spends more than that without having said so.
func suggested(dates []booking.RecurringDate, zone *time.Location) (ids []int64) {
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

// tally is what a press would do with some dates.
type tally struct {
	booked, cost, pending, waiting, full int
	short                                []int64 // the classes that wait for credits
}

func count(dates []booking.RecurringDate, waitlist bool, chosen func(booking.RecurringDate) bool) (t tally) {
	for _, d := range dates {
		switch {
		case !chosen(d):
		case d.State == booking.DateFull && waitlist:
			t.waiting++
		case d.State == booking.DateFull:
			t.full++
		case !choosable(d):
		case d.Usable < t.cost+d.Cost:
			t.pending++
			t.short = append(t.short, d.ClassID)
		default:
			t.booked++
			t.cost += d.Cost
		}
	}
	return t
}

// sum is "4 dates · 4 credits, 4 left afterwards", and rest what else there is.
func (v voice) sum(t tally, balance int) (sum, rest string) {
	sum = v.say("recurring.n_none")
	if t.booked > 0 {
		cost := v.say("row.no_cost")
		if t.cost > 0 {
			cost = v.say("credits", "N", t.cost) + ", " + v.say("recurring.after", "Balance", balance-t.cost)
		}
		sum = v.say("recurring.n_dates", "N", t.booked) + " · " + cost
	}
	var parts []string
	for _, part := range []struct {
		key string
		n   int
	}{{"recurring.n_pending", t.pending}, {"recurring.n_waitlist", t.waiting}, {"recurring.n_full", t.full}} {
		if part.n > 0 {
			parts = append(parts, v.say(part.key, "N", part.n))
		}
	}
	rest = strings.Join(parts, " · ")
	if t.booked == 0 && rest != "" {
		sum, rest = rest, ""
	}
	return sum, rest
}

// choice fills in the dates by weekday, with what is ticked and what that means.
func (v voice) choice(p *templates.RecurringPage, dates []booking.RecurringDate, ticked []int64) {
	chosen := func(d booking.RecurringDate) bool {
		return slices.Contains(ticked, d.ClassID) || p.Standing && d.Near
	}
	t := count(dates, p.Waitlist, chosen)
	p.Sum, p.Rest = v.sum(t, p.Balance)
	now := count(dates, p.Waitlist, func(d booking.RecurringDate) bool { return d.Near })
	sum, rest := v.sum(now, p.Balance)
	p.StandingSum = strings.TrimSuffix(sum+" · "+rest, " · ")
	var names []string
	for i, d := range dates {
		weekday := int(d.StartsAt.In(v.zone).Weekday()+6)%7 + 1
		at := slices.IndexFunc(p.Days, func(day templates.RecurringDay) bool { return day.Weekday == weekday })
		if at < 0 {
			at = len(p.Days)
			p.Days = append(p.Days, templates.RecurringDay{Weekday: weekday, Name: v.lang.WeekdayLong(d.StartsAt.In(v.zone))})
			names = append(names, p.Days[at].Name)
		}
		date := p.Dates[i]
		date.Order, date.Cost, date.Usable, date.Near = i, d.Cost, d.Usable, d.Near
		date.Ticked, date.Short = slices.Contains(ticked, d.ClassID), slices.Contains(t.short, d.ClassID)
		if choosable(d) {
			date.State = booking.DateBookable // until something is ticked no credit is spoken for
		}
		date.Fixed = !choosable(d) && d.State != booking.DateFull
		p.Days[at].Dates = append(p.Days[at].Dates, date)
		p.Days[at].Ticked = p.Days[at].Ticked || date.Ticked
	}
	p.Weekdays = strings.Join(names, ", ")
}
