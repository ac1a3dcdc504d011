package present

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// URL returns the address of the schedule for another date or view with the same filters.
func (q ScheduleQuery) URL(date time.Time, week bool) string {
	values := q.filters()
	maps.Copy(values, q.Keep)
	values.Set("date", date.Format(time.DateOnly))
	if week {
		values.Set("view", "week")
	}
	return cmp.Or(q.Page, "/schedule") + "?" + values.Encode()
}

// Filtered reports whether a filter is set.
func (q ScheduleQuery) Filtered() bool { return len(q.filters()) > 0 }

// unfiltered returns the same page without filters.
func (q ScheduleQuery) unfiltered() ScheduleQuery { return ScheduleQuery{Page: q.Page, Keep: q.Keep} }

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

// Live returns the query of the page's socket: the days that the page shows.
func (q ScheduleQuery) Live() string {
	from, to := q.Span()
	return DaysQuery(from, daysBetween(from, to, from.Location()), q.Seen)
}

// DaysQuery returns the query of the socket of a page that shows the classes of some days. seen
// is the digest of these classes, see live.Pages.Digest; empty: the socket sends them.
func DaysQuery(from time.Time, days int, seen string) string {
	values := url.Values{"view": {"schedule"}, "from": {from.Format(time.DateOnly)}, "days": {strconv.Itoa(days)}}
	if seen != "" {
		values.Set("seen", seen)
	}
	return values.Encode()
}

// monday returns the first day of the week strip.
func (q ScheduleQuery) monday() time.Time {
	monday, _ := ScheduleQuery{Date: q.Date, Week: true}.Span()
	return monday
}

// column returns the day of the strip on which an instant is, counted from 0; -1: none.
func (q ScheduleQuery) column(at time.Time) int {
	monday := q.monday()
	for i := range 7 {
		if day := AddDays(monday, i); !at.Before(day) && at.Before(AddDays(day, 1)) {
			return i
		}
	}
	return -1
}

// marks reports for each day of the strip whether one of the seats is on it.
func (q ScheduleQuery) marks(seats []time.Time) (days [7]bool) {
	for _, at := range seats {
		if i := q.column(at); i >= 0 {
			days[i] = true
		}
	}
	return days
}

// strip returns the week of day links above the schedule.
func (pr Presenter) strip(q ScheduleQuery) templates.Strip {
	first, today := q.monday(), Midnight(pr.Now, pr.Zone)
	s := templates.Strip{
		Week: q.Week, PrevURL: q.URL(AddDays(q.Date, -7), q.Week),
		NextURL:  q.URL(AddDays(q.Date, 7), q.Week),
		TodayURL: q.URL(today, q.Week), DayURL: q.URL(q.Date, false), WeekURL: q.URL(q.Date, true),
	}
	from, to := ScheduleQuery{Date: q.Date, Week: q.Week}.Span()
	s.Today = !today.Before(from) && today.Before(to)
	for i := range 7 {
		d := AddDays(first, i)
		s.Days = append(s.Days, templates.StripDay{
			URL: q.URL(d, false), Weekday: pr.Lang.Weekday(d), Number: d.Day(), Full: pr.Lang.DayLong(d),
			Current: !q.Week && d.Equal(q.Date), Past: d.Before(today),
		})
	}
	return s
}

// filters returns the form above the schedule of the staff.
func (pr Presenter) filters(q ScheduleQuery, p booking.FormOptions) templates.Filters {
	f := templates.Filters{
		Date: q.Date.Format(time.DateOnly), Instructor: q.Instructor != 0, Active: q.Filtered(),
		ResetURL: ScheduleQuery{}.URL(q.Date, false),
	}
	f.Types, f.Rooms, f.Instructors = typeOptions(p, q.TypeID), roomOptions(p, q.Room), instructorOptions(q.Instructors, q.Instructor)
	return f
}

// dates returns the days of the view, and the classes by date.
func (q ScheduleQuery) dates(zone *time.Location, classes []booking.Class) (days []time.Time, of map[string][]booking.Class) {
	from, to := q.Span()
	for d := from; d.Before(to); d = AddDays(d, 1) {
		days = append(days, d)
	}
	of = map[string][]booking.Class{}
	if !q.Week {
		return []time.Time{q.Date}, map[string][]booking.Class{q.Date.Format(time.DateOnly): classes}
	}
	for _, c := range classes {
		day := c.StartsAt.In(zone).Format(time.DateOnly)
		of[day] = append(of[day], c)
	}
	return days, of
}

// Schedule returns the schedule of a member without the parts that belong to one person. If
// the day has no classes, next is the next class after it, or nil.
func (pr Presenter) Schedule(
	f Frame, q ScheduleQuery, places booking.FormOptions, classes []booking.Class, next *booking.Class,
) *templates.SchedulePage {
	f.Active, f.Live = "schedule", q.Live()
	p := &templates.SchedulePage{
		Layout: pr.SharedLayout(f), Strip: pr.strip(q), Chips: pr.chips(q, places), Filtered: q.Filtered(),
		ResetURL: q.unfiltered().URL(q.Date, q.Week), Days: pr.memberDays(q, classes), Kicker: pr.Lang.Week(q.Date),
		Start: "classes", AllFull: !q.Week && allFull(classes),
	}
	if q.Week {
		from, to := q.Span()
		p.Title, p.Parts = pr.Lang.DaySpan(from, AddDays(to, -1)), pr.weekParts(p.Days)
	} else {
		p.Title = pr.Lang.DayLong(q.Date)
		switch daysBetween(pr.Now, q.Date, pr.Zone) {
		case 0:
			if p.Strip.Today {
				p.Kicker = pr.Text("day.today_head") + " · " + p.Kicker
			}
		case 1:
			p.Kicker = pr.Text("day.tomorrow_head") + " · " + p.Kicker
		}
	}
	for _, day := range p.Days {
		for _, row := range day.Rows() {
			switch {
			case p.Start != "classes" || !row.Bookable():
			case q.Week: // the day may be folded
				p.Start = "week-" + day.ISO
			default:
				p.Start = fmt.Sprintf("class-%d-link", row.ID)
			}
		}
	}
	if next != nil {
		p.NextClass = pr.DateTime(next.StartsAt) + " " + next.Title
		p.NextURL = q.unfiltered().URL(Midnight(next.StartsAt, pr.Zone), false)
	}
	return p
}

// PersonalRows gives access to the rows of a schedule with the personal state of each.
type PersonalRows struct {
	Len   int
	State func(i int) booking.PersonalState
	Class func(i int) booking.Class // called only for rows with a personal state
}

// Personal returns the parts of a schedule that belong to one person. seats are the starts of
// the classes in which the person has a seat.
func (pr Presenter) Personal(f Frame, q ScheduleQuery, rows PersonalRows, seats []time.Time) templates.Personal {
	personal := templates.Personal{
		Clock: pr.SecondOfDay(), Who: pr.who(f.Actor), Alerts: pr.Alerts(f.Personal), Balance: pr.Balance(f.Personal), Notice: f.Notice,
		Marks: q.marks(seats),
	}
	if q.Week {
		pr.openFolds(&personal, q, seats)
	}
	for i := range rows.Len {
		m := rows.State(i)
		if !isPersonal(m) {
			continue
		}
		c := rows.Class(i)
		row := pr.ClassRow(c, m)
		personal.Rows = append(personal.Rows, templates.PersonalRow{At: i, Row: row})
		if day := q.column(c.StartsAt); q.Week && day >= 0 {
			switch fold := &personal.Folds[day]; row.Personal.State {
			case "booked":
				fold.Booked++
			case "checked_in":
				fold.Booked++
				fold.Was = c.Title
			}
		}
	}
	return personal
}

// QuickAdd returns the line that makes classes, beside a week of the schedule.
func (pr Presenter) QuickAdd(q ScheduleQuery, path string) *templates.QuickAdd {
	return &templates.QuickAdd{Next: path, From: q.monday().Format(time.DateOnly), Key: pr.NewKey()}
}

// allFull reports whether all future classes are full.
func allFull(classes []booking.Class) bool {
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
	Since      time.Time // if a class that began earlier runs now, and the day is today: midnight of its day; else zero
	Week       bool
	TypeID     int64
	Instructor int64
	Room       int64
	Bookable   bool
	// Instructors are the choices of the filter: who gives, or takes over, a class in view, and
	// the chosen instructor.
	Instructors []booking.Instructor
	Seen        string     // digest of the classes of the span and their versions, see live.Pages.Digest
	Page        string     // path of the page; empty: /schedule
	Keep        url.Values // further parameters of the page, which its links keep
}

// InSchedule reports whether the schedule shows any of the days: it reaches from a year ago to
// two years ahead. Each day that is shown is read and kept for a while, so the number of days
// must have a limit.
func InSchedule(first, last, now time.Time) bool {
	today := Midnight(now, first.Location())
	return !last.Before(today.AddDate(-1, 0, 0)) && !first.After(today.AddDate(2, 0, 0))
}

// Span returns the start and the end of the view: a day, or a week from Monday on. It adds
// calendar days, since a day may have 23 or 25 hours.
func (q ScheduleQuery) Span() (from, to time.Time) {
	if !q.Week {
		if from = q.Date; !q.Since.IsZero() {
			from = q.Since
		}
		return from, AddDays(q.Date, 1)
	}
	monday := AddDays(q.Date, -(int(q.Date.Weekday())+6)%7)
	return monday, AddDays(monday, 7)
}

// InstructorsIn returns who gives, or takes over, one of the classes that a person may see, by
// name. A list of everybody who works here is not for members (rule 26).
func InstructorsIn(a booking.Actor, classes []booking.Class) (list []booking.Instructor) {
	for i := range classes {
		c := &classes[i]
		if !Visible(a, c) {
			continue
		}
		for _, one := range []booking.Instructor{{ID: c.InstructorID, Name: c.Instructor}, {ID: c.SubstituteID, Name: c.Substitute}} {
			if one.ID != 0 && !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
	}
	slices.SortFunc(list, func(a, b booking.Instructor) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}

// OnTheDay reports whether a class belongs to the view: it begins within it, or it began
// earlier and runs now.
func (q ScheduleQuery) OnTheDay(c *booking.Class, now time.Time) bool {
	return q.Week || !c.StartsAt.Before(q.Date) || now.Before(c.EndsAt) && !c.Cancelled
}

// shows reports whether a class passes the filters.
func (q ScheduleQuery) shows(c *booking.Class) bool {
	return (q.TypeID == 0 || c.Type.ID == q.TypeID) && (q.Room == 0 || c.RoomID == q.Room) &&
		(q.Instructor == 0 || c.InstructorID == q.Instructor || c.SubstituteID == q.Instructor)
}

// Visible reports whether a person may see a class: members do not see hidden classes.
func Visible(a booking.Actor, c *booking.Class) bool { return a.Role.Staff() || !c.Hidden }

// Shown returns the indexes of the classes in the snapshot that the person sees in this view.
func (q ScheduleQuery) Shown(a booking.Actor, view *booking.ScheduleView) (list []int) {
	for i := range view.Snapshot.Classes {
		c := &view.Snapshot.Classes[i]
		if q.OnTheDay(c, view.Now) && Visible(a, c) && q.shows(c) && (!q.Bookable || bookable(*c, view.State(i))) {
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
