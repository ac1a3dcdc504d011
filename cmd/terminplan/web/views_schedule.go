package web

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// address is the URL of a plan on another day or in another view, with the same
// filters.
func (w scheduleView) address(date time.Time, week bool) string {
	q := w.filters()
	q.Set("date", date.Format(time.DateOnly))
	if week {
		q.Set("view", "week")
	}
	return "/schedule?" + q.Encode()
}

func (w scheduleView) filters() url.Values {
	q := url.Values{}
	for name, id := range map[string]int64{"type": w.typeID, "instructor": w.instructor, "room": w.room} {
		if id != 0 {
			q.Set(name, strconv.FormatInt(id, 10))
		}
	}
	if w.bookable {
		q.Set("bookable", "1")
	}
	return q
}

// live is the socket of a plan: the days that it shows.
func (w scheduleView) live() string {
	from, to := w.span()
	q := url.Values{"view": {"schedule"}, "from": {from.Format(time.DateOnly)}, "days": {strconv.Itoa(daysBetween(from, to, from.Location()))}}
	if w.seen != "" {
		q.Set("seen", w.seen)
	}
	return q.Encode()
}

// monday is the first day of the strip.
func (w scheduleView) monday() time.Time {
	monday, _ := scheduleView{date: w.date, week: true}.span()
	return monday
}

// marks are the days of the strip on which a seat is.
func (w scheduleView) marks(seats []time.Time) (days [7]bool) {
	for _, at := range seats {
		for i := range days {
			if day := w.monday().AddDate(0, 0, i); !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
				days[i] = true
			}
		}
	}
	return days
}

func (v voice) strip(w scheduleView) templates.Strip {
	first := w.monday()
	s := templates.Strip{
		Week: w.week, Label: v.lang.Week(w.date), PrevURL: w.address(w.date.AddDate(0, 0, -7), w.week), NextURL: w.address(w.date.AddDate(0, 0, 7), w.week),
		TodayURL: w.address(midnight(time.Now(), v.zone), w.week), DayURL: w.address(w.date, false), WeekURL: w.address(w.date, true),
	}
	for i := range 7 {
		d := first.AddDate(0, 0, i)
		s.Days = append(s.Days, templates.StripDay{
			URL: w.address(d, false), Weekday: v.lang.Weekday(d), Number: d.Day(), Full: v.lang.DayLong(d),
			Current: !w.week && d.Equal(w.date),
		})
	}
	return s
}

func (v voice) filters(w scheduleView, p booking.Places, members bool) templates.Filters {
	f := templates.Filters{
		Date: w.date.Format(time.DateOnly), View: "day", Bookable: w.bookable, ShowBookable: members, Active: len(w.filters()) > 0,
		ResetURL: scheduleView{date: w.date, week: w.week}.address(w.date, w.week),
	}
	if w.week {
		f.View = "week"
	}
	f.Types, f.Rooms, f.Instructors = typeOptions(p, w.typeID), roomOptions(p, w.room), instructorOptions(p, w.instructor)
	return f
}

func typeOptions(p booking.Places, chosen int64) (list []templates.Option) {
	for _, t := range p.Types {
		list = append(list, templates.Option{ID: t.ID, Name: t.Name, Selected: t.ID == chosen})
	}
	return list
}

func locationOptions(p booking.Places, chosen int64) (list []templates.Option) {
	for _, l := range p.Locations {
		list = append(list, templates.Option{ID: l.ID, Name: l.Name, Selected: l.ID == chosen})
	}
	return list
}

func roomOptions(p booking.Places, chosen int64) (list []templates.Option) {
	for _, r := range p.Rooms {
		o := templates.Option{ID: r.ID, Name: r.Name, Selected: r.ID == chosen}
		if r.Location != "" {
			o.Name += ", " + r.Location
		}
		list = append(list, o)
	}
	return list
}

func instructorOptions(p booking.Places, chosen int64) (list []templates.Option) {
	for _, i := range p.Instructors {
		list = append(list, templates.Option{ID: i.ID, Name: i.Name, Selected: i.ID == chosen})
	}
	return list
}

// dates are the days of the view, each with its classes.
func (w scheduleView) dates(zone *time.Location, classes []booking.Class) (days []time.Time, of map[string][]booking.Class) {
	from, to := w.span()
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

func (v voice) memberDays(w scheduleView, classes []booking.Class, next string) (list []templates.Day) {
	days, of := w.dates(v.zone, classes)
	today := midnight(time.Now(), v.zone)
	for _, d := range days {
		iso := d.Format(time.DateOnly)
		day := templates.Day{ISO: iso, Label: v.lang.DayLong(d), Short: v.lang.Weekday(d) + " " + strconv.Itoa(d.Day()), Today: d.Equal(today)}
		for _, c := range of[iso] {
			day.Rows = append(day.Rows, v.row(c, booking.MyClass{}, next, false))
		}
		list = append(list, day)
	}
	return list
}

func (v voice) staffDays(w scheduleView, classes []booking.Class) (list []templates.StaffDay) {
	days, of := w.dates(v.zone, classes)
	today := midnight(time.Now(), v.zone)
	for _, d := range days {
		iso := d.Format(time.DateOnly)
		day := templates.StaffDay{ISO: iso, Label: v.lang.DayLong(d), Short: v.lang.Weekday(d) + " " + strconv.Itoa(d.Day()), Today: d.Equal(today)}
		for _, c := range of[iso] {
			day.Rows = append(day.Rows, v.staffRow(c, false))
		}
		list = append(list, day)
	}
	return list
}

// allFull reports whether everything to come is full, so that the page can say
// what to do about it.
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
