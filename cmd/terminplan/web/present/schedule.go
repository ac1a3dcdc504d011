package present

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// URL returns the address of the schedule for another date or view with the same filters.
func (q ScheduleQuery) URL(date time.Time, week bool) string {
	values := q.filters()
	values.Set("date", date.Format(time.DateOnly))
	if week {
		values.Set("view", "week")
	}
	return "/schedule?" + values.Encode()
}

func (q ScheduleQuery) filters() url.Values {
	values := url.Values{}
	for name, id := range map[string]int64{"type": q.TypeID, "instructor": q.Instructor, "room": q.Room} {
		if id != 0 {
			values.Set(name, strconv.FormatInt(id, 10))
		}
	}
	if q.Bookable {
		values.Set("bookable", "1")
	}
	return values
}

// Live returns the query of the socket of the page: the days that it shows.
func (q ScheduleQuery) Live() string {
	from, to := q.Span()
	values := url.Values{
		"view": {"schedule"}, "from": {from.Format(time.DateOnly)}, "days": {strconv.Itoa(daysBetween(from, to, from.Location()))},
	}
	if q.Seen != "" {
		values.Set("seen", q.Seen)
	}
	return values.Encode()
}

// monday returns the first day of the strip.
func (q ScheduleQuery) monday() time.Time {
	monday, _ := ScheduleQuery{Date: q.Date, Week: true}.Span()
	return monday
}

// Marks reports for the days of the strip whether one of the seats is on them.
func (q ScheduleQuery) Marks(seats []time.Time) (days [7]bool) {
	for _, at := range seats {
		for i := range days {
			if day := q.monday().AddDate(0, 0, i); !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
				days[i] = true
			}
		}
	}
	return days
}

// Strip returns the week of day links above the schedule.
func (pr Presenter) Strip(q ScheduleQuery) templates.Strip {
	first := q.monday()
	s := templates.Strip{
		Week: q.Week, Label: pr.Lang.Week(q.Date), PrevURL: q.URL(q.Date.AddDate(0, 0, -7), q.Week),
		NextURL:  q.URL(q.Date.AddDate(0, 0, 7), q.Week),
		TodayURL: q.URL(Midnight(time.Now(), pr.Zone), q.Week), DayURL: q.URL(q.Date, false), WeekURL: q.URL(q.Date, true),
	}
	for i := range 7 {
		d := first.AddDate(0, 0, i)
		s.Days = append(s.Days, templates.StripDay{
			URL: q.URL(d, false), Weekday: pr.Lang.Weekday(d), Number: d.Day(), Full: pr.Lang.DayLong(d),
			Current: !q.Week && d.Equal(q.Date),
		})
	}
	return s
}

// Filters returns the form above the schedule.
func (pr Presenter) Filters(q ScheduleQuery, p booking.FormOptions, members bool) templates.Filters {
	f := templates.Filters{
		Date: q.Date.Format(time.DateOnly), View: "day", Bookable: q.Bookable, ShowBookable: members, Active: len(q.filters()) > 0,
		ResetURL: ScheduleQuery{Date: q.Date, Week: q.Week}.URL(q.Date, q.Week),
	}
	if q.Week {
		f.View = "week"
	}
	f.Types, f.Rooms, f.Instructors = TypeOptions(p, q.TypeID), RoomOptions(p, q.Room), InstructorOptions(p, q.Instructor)
	return f
}

// dates returns the days of the view, and the classes by day.
func (q ScheduleQuery) dates(zone *time.Location, classes []booking.Class) (days []time.Time, of map[string][]booking.Class) {
	from, to := q.Span()
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		days = append(days, d)
	}
	of = map[string][]booking.Class{}
	for _, c := range classes {
		day := c.StartsAt.In(zone).Format(time.DateOnly)
		of[day] = append(of[day], c)
	}
	return days, of
}

// MemberDays returns the classes of each day as members see them, without personal state.
func (pr Presenter) MemberDays(q ScheduleQuery, classes []booking.Class, next string) (list []templates.Day) {
	days, of := q.dates(pr.Zone, classes)
	today := Midnight(time.Now(), pr.Zone)
	for _, d := range days {
		iso := d.Format(time.DateOnly)
		day := templates.Day{ISO: iso, Label: pr.Lang.DayLong(d), Short: pr.Lang.Weekday(d) + " " + strconv.Itoa(d.Day()), Today: d.Equal(today)}
		for _, c := range of[iso] {
			day.Rows = append(day.Rows, pr.ClassRow(c, booking.PersonalState{}, next, false))
		}
		list = append(list, day)
	}
	return list
}

// StaffDays returns the classes of each day as the staff sees them.
func (pr Presenter) StaffDays(q ScheduleQuery, classes []booking.Class) (list []templates.StaffDay) {
	days, of := q.dates(pr.Zone, classes)
	today := Midnight(time.Now(), pr.Zone)
	for _, d := range days {
		iso := d.Format(time.DateOnly)
		day := templates.StaffDay{
			ISO: iso, Label: pr.Lang.DayLong(d), Short: pr.Lang.Weekday(d) + " " + strconv.Itoa(d.Day()), Today: d.Equal(today),
		}
		for _, c := range of[iso] {
			day.Rows = append(day.Rows, pr.StaffRow(c, false))
		}
		list = append(list, day)
	}
	return list
}

// AllFull reports whether all classes to come are full.
func AllFull(classes []booking.Class) bool {
	some := false
	for _, c := range classes {
		switch state, _ := sharedState(c); state {
		case "free", "few":
			return false
		case "full", "held", "full_waitlist":
			some = true
		}
	}
	return some
}

// ScheduleQuery is the view of the schedule that a request asks for.
type ScheduleQuery struct {
	Date       time.Time // midnight of the chosen day in the studio's zone
	Week       bool
	TypeID     int64
	Instructor int64
	Room       int64
	Bookable   bool
	Seen       string // names the classes of the span in their versions, see live.Pages.Digest
}

// Span returns the time that the view covers: a day, or a week from Monday on. It counts
// calendar days, since a day may have 23 or 25 hours.
func (q ScheduleQuery) Span() (from, to time.Time) {
	if !q.Week {
		return q.Date, q.Date.AddDate(0, 0, 1)
	}
	monday := q.Date.AddDate(0, 0, -(int(q.Date.Weekday())+6)%7)
	return monday, monday.AddDate(0, 0, 7)
}

// shows reports whether the filters let a class through.
func (q ScheduleQuery) shows(c *booking.Class) bool {
	return (q.TypeID == 0 || c.Type.ID == q.TypeID) && (q.Room == 0 || c.RoomID == q.Room) &&
		(q.Instructor == 0 || c.InstructorID == q.Instructor || c.SubstituteID == q.Instructor)
}

// Visible reports whether a person may see a class: members do not see hidden classes.
func Visible(a booking.Actor, c *booking.Class) bool { return a.Role.Staff() || !c.Hidden }

// Shown returns the indexes of the classes of the snapshot that the person sees in this view.
func (q ScheduleQuery) Shown(a booking.Actor, visit *booking.ScheduleView) (list []int) {
	for i := range visit.Snapshot.Classes {
		c := &visit.Snapshot.Classes[i]
		if Visible(a, c) && q.shows(c) && (!q.Bookable || bookable(*c, visit.State(i))) {
			list = append(list, i)
		}
	}
	return list
}

// bookable reports whether the person could book a seat now.
func bookable(c booking.Class, m booking.PersonalState) bool {
	if m.Offer != nil {
		return true
	}
	return m.Booking == nil && m.Block == nil && c.Free() > c.Reserved() && !c.Cancelled &&
		(c.Phase() == booking.PhaseOpen || c.Phase() == booking.PhaseLate)
}
