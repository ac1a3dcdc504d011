package present

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Desk returns the classes of a day, with the panel of one of them if there is one, and with
// the last things that happened in them.
func (pr Presenter) Desk(
	f Frame, q ScheduleQuery, classes []booking.Class, panel *templates.Panel, feed *templates.DeskFeed,
) *templates.DeskPage {
	link := func(d time.Time) string { return "/today?date=" + d.Format(time.DateOnly) }
	f.Active, f.Live = "today", q.Live()
	if panel != nil {
		f.Live = url.Values{"view": {"roster"}, "class": {strconv.FormatInt(panel.ClassID, 10)}}.Encode()
		if InSchedule(q.Date, q.Date, pr.Now) { // an old class has a page, but its day is not in the schedule
			f.Live += "&from=" + q.Date.Format(time.DateOnly)
		}
	}
	p := &templates.DeskPage{
		Layout: pr.Layout(f), Today: q.Date.Equal(Midnight(pr.Now, pr.Zone)), Weekday: pr.Lang.WeekdayLong(q.Date),
		Day: pr.Lang.DayMedium(q.Date), TimeNow: pr.Clock(pr.Now), Feed: feed,
		PrevURL: link(AddDays(q.Date, -1)), NextURL: link(AddDays(q.Date, 1)), TodayURL: "/today",
		Date: q.Date.Format(time.DateOnly), CanAdd: f.Actor.Can(booking.EditClasses), Panel: panel,
	}
	soon := -1 // the next start
	for _, c := range classes {
		row := pr.StaffRow(c, panel != nil && panel.ClassID == c.ID)
		p.Rows = append(p.Rows, row)
		part := &p.After
		switch {
		case c.Over(), c.Cancelled && c.Begun():
			part = &p.Past
		case c.Begun():
			part = &p.Running
		case !c.Cancelled && (soon < 0 || row.Starts == soon):
			part, soon = &p.Soon, row.Starts
			p.Soon.Minutes = minutesTo(c.StartsAt.Sub(c.ReadAt))
		}
		part.Rows = append(part.Rows, row)
	}
	return p
}

// minutesTo returns the minutes to the start of the next class, rounded up; 0: it is not soon.
// The script of the desk counts in the same way.
func minutesTo(d time.Duration) int {
	if d > 90*time.Minute {
		return 0
	}
	return max(1, int((d+time.Minute-1)/time.Minute))
}

// seatMeter returns the meter of a class in the list of the desk.
func seatMeter(c booking.Class) templates.SeatMeter {
	m := templates.SeatMeter{Taken: min(c.Booked, c.Rules.Capacity), Of: max(1, c.Rules.Capacity)}
	switch free := c.Free(); {
	case free == 0:
		m.Look = "is-full"
	case isFew(free, c.Rules.Capacity):
		m.Look = "few"
	}
	return m
}

// DeskFeed returns the last events in classes of the day.
func (pr Presenter) DeskFeed(day time.Time, events []booking.Event) *templates.DeskFeed {
	feed := &templates.DeskFeed{Date: day.Format(time.DateOnly)}
	for _, e := range events {
		feed.News = append(feed.News, templates.DeskNews{
			Clock: pr.Clock(e.At), ISO: pr.ISO(e.At), Name: e.Person, Text: pr.Text("feed."+e.Verb, "Title", e.ClassTitle),
		})
	}
	return feed
}

var guestFields = []Field{
	{Name: "guest_name", ID: "guest-name", Label: "desk.guest_name"},
	{Name: "guest_email", ID: "guest-email", Label: "desk.guest_email"},
	{Name: "guest_phone", ID: "guest-phone", Label: "desk.guest_phone"},
}

// RefuseGuest puts the sentences of a refused guest at the fields of the form, and removes the
// notice that repeats them.
func (pr Presenter) RefuseGuest(p *templates.Panel, sent Sent) {
	problems, sentences := pr.Problems(sent.Refused, guestFields)
	p.Guest = templates.GuestForm{
		Open: true, Name: sent.Values.Get("guest_name"), Email: sent.Values.Get("guest_email"),
		Phone: sent.Values.Get("guest_phone"), PhoneError: sentences["guest_phone"],
		NameError: sentences["guest_name"], EmailError: sentences["guest_email"], Problems: problems, Bounds: guestBounds,
	}
	if problems != nil {
		p.Notice = templates.Notice{}
	}
}

// Ticked adds a button that undoes the check-in of these bookings.
func Ticked(p *templates.Panel, bookings []int64) { p.Undo = bookings }
