package present

import (
	"net/url"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// HomeData is what the first page of a member shows.
type HomeData struct {
	Now      time.Time
	Personal booking.Personal
	Days     PersonalRows         // the classes of HomeSpan
	Next     *booking.BookedClass // the next class; nil: nothing is booked
	Grants   []booking.Grant
	Alerts   []booking.Alert // the latest ones
	Seen     func(day []booking.Class) string
}

// NewsShown is how many alerts the first page shows at most, and FreeShown how many classes that
// can be booked.
const (
	NewsShown = 3
	FreeShown = 3
)

// HomeSpan returns the days that the first page reads: the week of now, and tomorrow.
func HomeSpan(now time.Time, zone *time.Location) (from, to time.Time) {
	today := Midnight(now, zone)
	from, to = ScheduleQuery{Date: today, Week: true}.Span()
	if after := AddDays(today, 2); after.After(to) {
		to = after
	}
	return from, to
}

// NextBooked returns the class that the person goes to next if it begins at this instant and the
// list has it.
func NextBooked(list PersonalRows, at time.Time) *booking.BookedClass {
	for i := range list.Len {
		c := list.Class(i)
		if !c.StartsAt.Equal(at) {
			continue
		}
		if b := list.State(i).Booking; b != nil && b.State != booking.StateNoShow {
			return &booking.BookedClass{Booking: *b, Class: c}
		}
	}
	return nil
}

// HomePage returns the first page of a member.
func (pr Presenter) HomePage(f Frame, d HomeData) *templates.HomePage {
	f.Active, f.Personal = "home", d.Personal
	home, day := pr.home(f.Actor, d, templates.Notice{})
	values := url.Values{"view": {"home"}, "from": {day.Format(time.DateOnly)}}
	if d.Seen != nil {
		values.Set("seen", d.Seen(d.onDay(day)))
	}
	f.Live = values.Encode()
	return &templates.HomePage{Layout: pr.Layout(f), Home: home}
}

// Home returns the content of the first page after an action in it.
func (pr Presenter) Home(a booking.Actor, d HomeData, n templates.Notice) templates.Home {
	home, _ := pr.home(a, d, n)
	return home
}

// home returns the content, and the day whose classes it offers.
func (pr Presenter) home(a booking.Actor, d HomeData, n templates.Notice) (templates.Home, time.Time) {
	given, _, _ := strings.Cut(a.Name, " ")
	free, day := pr.freeClasses(a, d)
	return templates.Home{
		Epoch: pr.Epoch, Version: d.Personal.Version, Given: given,
		Offers: pr.offers(d.Personal), Next: pr.nextClass(d.Next), Week: pr.homeWeek(d),
		Credits: pr.creditsCard(d.Personal.Balance, d.Grants), Free: free, News: pr.latest(d.Alerts), Notice: n,
	}, day
}

// onDay returns the classes of a day that members see.
func (d HomeData) onDay(day time.Time) (list []booking.Class) {
	for i := range d.Days.Len {
		if c := d.Days.Class(i); !c.Hidden && !c.StartsAt.Before(day) && c.StartsAt.Before(AddDays(day, 1)) {
			list = append(list, c)
		}
	}
	return list
}

// offers returns the seats that the person can take or give back now.
func (pr Presenter) offers(m booking.Personal) (list []templates.AlertCard) {
	for _, a := range m.Alerts {
		if card := pr.card(a, m.Balance); card.Kind != "info" && (card.Kind != "moved_up" || card.FreeUntil != "") {
			list = append(list, card)
		}
	}
	return list
}

func (pr Presenter) nextClass(b *booking.BookedClass) *templates.NextClass {
	if b == nil {
		return nil
	}
	row, c := pr.BookedRow(*b, true), b.Class
	n := &templates.NextClass{
		BookingID: row.BookingID, ClassID: row.ClassID, Hue: c.Type.Hue, Glyph: c.Type.Glyph, Title: row.Title,
		Day: pr.dayNear(c.StartsAt, c.ReadAt), Clock: row.Clock, ISO: row.ISO, Room: row.Room, Instructor: row.Instructor,
		State: row.State, FreeUntil: row.FreeUntil, Late: row.Late, CanCancel: row.CanCancel,
	}
	n.In, n.Left = pr.timeUntil(c.StartsAt.Sub(c.ReadAt))
	return n
}

// timeUntil returns the time until a start as text. During the last day it also returns the
// seconds, so that the scripts of the page can count on with the same words.
func (pr Presenter) timeUntil(d time.Duration) (text string, left int) {
	minutes := Minutes(d + time.Minute - 1)
	switch {
	case d <= 0:
		return pr.Text("until.now"), 0
	case minutes < 60:
		return pr.Text("until.minutes", "Minutes", minutes), int(d.Seconds())
	case minutes < 24*60:
		return pr.Text("until.hours", "Hours", minutes/60, "Minutes", minutes%60), int(d.Seconds())
	}
	return pr.Text("text.in_days", "N", int(d.Hours()/24+0.5)), 0
}

// homeWeek returns the week of now with the person's classes.
func (pr Presenter) homeWeek(d HomeData) []templates.HomeDay {
	today := Midnight(d.Now, pr.Zone)
	monday := ScheduleQuery{Date: today}.monday()
	days := make([]templates.HomeDay, 7)
	for i := range days {
		at := AddDays(monday, i)
		days[i] = templates.HomeDay{Weekday: pr.Lang.Weekday(at), Number: at.Day(), Full: pr.Lang.DayLong(at), Today: at.Equal(today)}
		if !at.Before(today) {
			days[i].URL = ScheduleQuery{}.URL(at, false)
		}
	}
	for i := range d.Days.Len {
		c, m := d.Days.Class(i), d.Days.State(i)
		at := daysBetween(monday, c.StartsAt, pr.Zone)
		if at < 0 || at >= len(days) || m.Booking == nil && (m.Entry == nil || c.Over() || c.Cancelled) {
			continue
		}
		item := templates.HomeItem{
			ClassID: c.ID, Hue: c.Type.Hue, Title: c.Title, Clock: pr.Clock(c.StartsAt), ISO: pr.ISO(c.StartsAt), Over: c.Over(),
		}
		switch {
		case m.Booking != nil:
			item.State = string(m.Booking.State)
		case m.Offer != nil:
			item.State = "offer"
		default:
			item.State, item.Position = "waiting", m.Entry.Position
		}
		days[at].Items = append(days[at].Items, item)
	}
	return days
}

func (pr Presenter) creditsCard(balance int, grants []booking.Grant) templates.CreditsCard {
	t := templates.CreditsCard{Balance: balance, Expiring: pr.expiring(grants)}
	for _, g := range grants {
		t.Quantity += max(g.Quantity, g.Remaining)
	}
	if len(grants) == 1 {
		g := grants[0]
		if t.Grant = g.Name; !g.ExpiresAt.IsZero() {
			t.Grant = pr.Text("text.grant_until", "Grant", g.Name, "Day", pr.lastDay(g.ExpiresAt))
		}
	}
	return t
}

// freeClasses returns the next classes of today that the person can book, or else those of
// tomorrow, and the day. A class that the person has booked a moment ago stays in its place, so
// that the booking can be undone.
func (pr Presenter) freeClasses(a booking.Actor, d HomeData) (free templates.FreeClasses, day time.Time) {
	day = Midnight(d.Now, pr.Zone)
	list := freeOn(a, d.Days, day)
	free.When = "today"
	switch {
	case len(list) == 0:
		day, free.When = AddDays(day, 1), ""
		if list = freeOn(a, d.Days, day); len(list) > 0 {
			free.When = "tomorrow"
		}
	case d.Days.Class(list[0]).StartsAt.In(pr.Zone).Hour() >= evening:
		free.When = "tonight"
	}
	free.URL = ScheduleQuery{}.URL(day, false)
	for _, i := range list {
		free.Rows = append(free.Rows, pr.ClassRow(d.Days.Class(i), d.Days.State(i)))
	}
	return free, day
}

// freeOn returns the indexes of the first classes of a day that the person can book.
func freeOn(a booking.Actor, days PersonalRows, day time.Time) (list []int) {
	for i := range days.Len {
		c := days.Class(i)
		if len(list) == FreeShown || c.StartsAt.Before(day) || !c.StartsAt.Before(AddDays(day, 1)) || !Visible(a, &c) {
			continue
		}
		m := days.State(i)
		justBooked := m.Booking != nil && !c.Begun() && c.ReadAt.Sub(m.Booking.BookedAt) < undoShown && !m.Booking.FromWaitlist
		if justBooked || m.Offer == nil && m.Entry == nil && bookable(c, withoutCredits(m)) {
			list = append(list, i)
		}
	}
	return list
}

// withoutCredits returns the state as if the person had credits: who has none is shown the free
// seats, too, and how many credits are missing.
func withoutCredits(m booking.PersonalState) booking.PersonalState {
	if m.Block != nil && m.Block.Code == booking.NoCredits {
		m.Block = nil
	}
	return m
}

// latest returns the latest alerts that no other part of the first page shows.
func (pr Presenter) latest(alerts []booking.Alert) (list []templates.AlertItem) {
	for _, a := range alerts {
		if len(list) == NewsShown || a.Offer != nil && !a.Stale || listedOnly(a) {
			continue
		}
		item := pr.alertItem(a)
		item.When = pr.clockOrDay(a.CreatedAt)
		list = append(list, item)
	}
	return list
}

// clockOrDay returns the time of day of an instant of today, and the day of an earlier one.
func (pr Presenter) clockOrDay(t time.Time) string {
	switch daysBetween(t, pr.Now, pr.Zone) {
	case 0:
		return pr.Clock(t)
	case 1:
		return pr.Text("day.yesterday")
	}
	return pr.dayShort(t)
}
