package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The choice of a recurring booking shows the cost of the chosen dates before the member books.
// While ticks change, app.js calculates in the same way. The engine decides at booking time,
// date by date.

// choosable reports whether a date can be ticked: the member has the credits, or can still get
// them in time.
func choosable(d booking.RecurringDate) bool {
	return d.State == booking.DateBookable || d.State == booking.DatePending
}

// suggested returns the dates that are ticked at first: the dates on the weekday of the first
// one that a standing booking would book now and that the balance covers.
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

// Tally is the effect of booking some dates, as counts.
type Tally struct {
	Booked, Cost, Pending, Waiting, Full int
	short                                []int64 // ids of classes that wait for credits
}

// CountDates returns the effect of booking the dates for which chosen is true. If waitlist is
// true, dates of full classes count as waitlist entries.
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

// sum returns two sentences for a tally: "4 dates · 4 credits, 4 left afterwards", and the
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

// RecurringFor is the person for whom dates are booked.
type RecurringFor struct {
	MemberID int64 // 0: the reader of the page
	Member   string
	Balance  int
}

// RecurringPage returns the page on which the desk chooses the dates of a recurring booking.
func (pr Presenter) RecurringPage(
	l templates.Layout, person RecurringFor, dates []booking.RecurringDate, choice templates.RecurringChoice,
) *templates.RecurringPage {
	p := &templates.RecurringPage{Layout: l, Member: person.Member, BackURL: "/bookings", Choice: choice}
	if len(dates) > 0 {
		p.Title = dates[0].Title
	}
	if person.MemberID != 0 {
		p.BackURL = MemberTabPath(person.MemberID, TabTraining)
	}
	return p
}

// Recurring returns the dates of a recurring booking to choose from, and the notice of a
// refusal that belongs to no field.
func (pr Presenter) Recurring(
	studio booking.Studio, classID int64, person RecurringFor, dates []booking.RecurringDate, sent Sent,
) (p templates.RecurringChoice, n templates.Notice) {
	p = pr.recurringChoice(studio, classID, person, dates)
	ticked := suggested(dates, pr.Zone)
	p.Standing = len(ticked) > 0 && !slices.ContainsFunc(dates, func(d booking.RecurringDate) bool {
		return d.Near && (choosable(d) || d.State == booking.DateFull) && !slices.Contains(ticked, d.ClassID)
	})
	if sent.Refused != nil {
		if sent.Refused.Field == "class_id" {
			p.Refused = pr.Refusal(sent.Refused)
		} else {
			n = pr.refused(sent.Refused)
		}
		p.Standing, p.Waitlist, ticked = sent.is("standing"), sent.is("waitlist"), sent.ids("class_id")
	}
	pr.fillRecurring(&p, dates, ticked)
	return p, n
}

// WithRecurring returns the sheet with the switch of the recurring booking on.
func WithRecurring(s templates.Sheet, choice templates.RecurringChoice) templates.Sheet {
	choice.InSheet = true
	s.Recurring, s.URL = &choice, RecurringPath(s.ID)
	return s
}

// RecurringDone returns the result for each date, and the receipt.
func (pr Presenter) RecurringDone(
	studio booking.Studio, classID int64, person RecurringFor, out booking.RecurringOutcome,
) (templates.RecurringChoice, templates.Notice) {
	p, booked := pr.recurringChoice(studio, classID, person, out.Dates), 0
	for _, d := range out.Dates {
		if d.State == booking.DateBooked {
			booked++
		}
	}
	p.Done = true
	return p, Done(pr.Text("receipt.recurring", "N", booked, "Balance", out.Balance))
}

func (pr Presenter) recurringChoice(
	studio booking.Studio, classID int64, person RecurringFor, dates []booking.RecurringDate,
) templates.RecurringChoice {
	p := templates.RecurringChoice{
		ClassID: classID, MemberID: person.MemberID, Balance: person.Balance, Key: pr.NewKey(), Horizon: Hours(studio.Horizon) / 24,
	}
	for _, d := range dates {
		p.Cost = max(p.Cost, d.Cost)
		p.Dates = append(p.Dates, pr.recurringDate(d))
	}
	return p
}

// recurringItems returns the recurring bookings of a person as lines of a list.
func (pr Presenter) recurringItems(list []booking.Recurring) (items []templates.RecurringItem) {
	for _, one := range list {
		item := templates.RecurringItem{ID: one.ID, Title: one.Title, Standing: one.Standing}
		for _, d := range one.Dates {
			item.Dates = append(item.Dates, pr.recurringDate(d))
		}
		items = append(items, item)
	}
	return items
}

// EndRecurring returns the page with the bookings that the end of a recurring booking would
// cancel.
func (pr Presenter) EndRecurring(
	l templates.Layout, id, from int64, p booking.RecurringEndPreview, back string, sent Sent,
) *templates.EndRecurringPage {
	page := &templates.EndRecurringPage{
		Layout: l, ID: id, From: from, Already: p.Already, Refund: p.Refund, Bound: remarkBound,
		Reasons: pr.reasons(p.Reasons), Chosen: sent.id("reason"),
		Text: sent.Values.Get("text"), Key: pr.NewKey(), BackURL: back,
	}
	for _, d := range p.Cancelled {
		page.Dates = append(page.Dates, templates.EndingDate{
			When: d.Title + ", " + pr.DateTime(d.StartsAt), Cost: d.Cost, Late: !d.Verdict.Refund && d.Cost > 0,
		})
	}
	if sent.Refused != nil {
		page.ReasonError, page.TextError, page.Notice = pr.reasonErrors(sent.Refused)
	}
	return page
}

// shownDates is how many dates of a weekday are shown at least; others may be folded.
const shownDates = 4

// fillRecurring sets the dates by weekday, the ticks and the sums of the page.
func (pr Presenter) fillRecurring(p *templates.RecurringChoice, dates []booking.RecurringDate, ticked []int64) {
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
			p.Days = append(p.Days, templates.RecurringDay{Weekday: weekday, Label: pr.Lang.WeekdayLong(d.StartsAt.In(pr.Zone))})
			names = append(names, p.Days[at].Label)
		}
		date := p.Dates[i]
		date.Order, date.Cost, date.Usable, date.Near = i, d.Cost, d.Usable, d.Near
		date.Ticked, date.Short = slices.Contains(ticked, d.ClassID), slices.Contains(t.short, d.ClassID)
		if choosable(d) {
			date.State = string(booking.DateBookable) // no credits are used before dates are ticked
		}
		date.Fixed = !choosable(d) && d.State != booking.DateFull
		day := &p.Days[at]
		if d.Near || len(day.Dates) < shownDates {
			day.Dates = append(day.Dates, date)
		} else {
			day.Later, day.Open = append(day.Later, date), day.Open || date.Ticked
		}
		day.Ticked = day.Ticked || date.Ticked
	}
	p.Weekdays = strings.Join(names, ", ")
}

// recurringDate returns one date with its state.
func (pr Presenter) recurringDate(d booking.RecurringDate) templates.RecurringDate {
	t := templates.RecurringDate{ClassID: d.ClassID, When: pr.DateTime(d.StartsAt), State: string(d.State)}
	if d.Why != "" {
		t.Why = pr.why(d.Why)
	}
	return t
}

// markRecurring calls mark with the index of the first booking of each series. These bookings
// get a link to a recurring booking.
func markRecurring(list []booking.BookedClass, mark func(i int)) {
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
