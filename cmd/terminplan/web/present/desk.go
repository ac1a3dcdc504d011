package present

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Desk returns the classes of a day, with the panel of one of them if there is one.
func (pr Presenter) Desk(f Frame, q ScheduleQuery, classes []booking.Class, panel *templates.Panel) *templates.DeskPage {
	link := func(d time.Time) string { return "/today?date=" + d.Format(time.DateOnly) }
	f.Active, f.Live = "today", q.Live()
	if panel != nil {
		f.Live = url.Values{"view": {"roster"}, "class": {strconv.FormatInt(panel.ClassID, 10)}}.Encode()
		if InSchedule(q.Date, q.Date, pr.Now) { // an old class has a page, but its day is not in the schedule
			f.Live += "&from=" + q.Date.Format(time.DateOnly)
		}
	}
	p := &templates.DeskPage{
		Layout: pr.Layout(f), Today: q.Date.Equal(Midnight(pr.Now, pr.Zone)), DayLabel: pr.Lang.DayLong(q.Date),
		PrevURL: link(AddDays(q.Date, -1)), NextURL: link(AddDays(q.Date, 1)), TodayURL: "/today",
		Date: q.Date.Format(time.DateOnly), CanAdd: f.Actor.Can(booking.EditClasses), Panel: panel,
	}
	for _, c := range classes {
		p.Rows = append(p.Rows, pr.StaffRow(c, panel != nil && panel.ClassID == c.ID))
	}
	return p
}

var guestFields = []Field{
	{Name: "guest_name", ID: "guest-name", Label: "desk.guest_name"}, {Name: "guest_email", ID: "guest-email", Label: "desk.guest_email"},
}

// RefuseGuest puts the sentences of a refused guest at the fields of the form, and removes the
// notice that repeats them.
func (pr Presenter) RefuseGuest(p *templates.Panel, sent Sent) {
	problems, sentences := pr.Problems(sent.Refused, guestFields)
	p.Guest = templates.GuestForm{
		Open: true, Name: sent.Values.Get("guest_name"), Email: sent.Values.Get("guest_email"),
		NameError: sentences["guest_name"], EmailError: sentences["guest_email"], Problems: problems, Bounds: guestBounds,
	}
	if problems != nil {
		p.Notice = templates.Notice{}
	}
}

// DuplicateQuestions returns the questions about people who seem to have a seat already or to
// be members.
func (pr Presenter) DuplicateQuestions(asked []booking.Added) (list []templates.DuplicateQuestion) {
	for _, a := range asked {
		q := templates.DuplicateQuestion{Text: pr.Refusal(a.Err), PersonID: a.PersonID, Key: pr.NewKey()}
		if a.PersonID == 0 {
			q.GuestName, q.GuestEmail = a.Name, a.Email
		}
		if id, ok := a.Err.Args["person_id"].(int64); ok {
			q.MemberID = id
			q.Member, _ = a.Err.Args["name"].(string)
		}
		list = append(list, q)
	}
	return list
}

// Ticked adds a button that undoes the check-in of these bookings.
func Ticked(p *templates.Panel, bookings []int64) { p.Undo = bookings }
