package web

import (
	"time"

	"terminplan/booking"
)

// scheduleView is what a schedule page was asked to show.
type scheduleView struct {
	date       time.Time // midnight of the chosen day in the studio's zone
	week       bool
	typeID     int64
	instructor int64
	room       int64
	bookable   bool
	seen       string // names all classes of the span in their versions
}

// readScheduleView reads the filters; they are GET parameters, so that a view
// can be shared and the Back button works.
func readScheduleView(f *form, zone *time.Location) scheduleView {
	v := scheduleView{
		date: f.day("date", zone), typeID: f.id("type"), instructor: f.id("instructor"), room: f.id("room"), bookable: f.flag("bookable"),
	}
	switch f.values.Get("view") {
	case "", "day":
	case "week":
		v.week = true
	default:
		f.wrong("view", "choice")
	}
	if v.date.IsZero() {
		v.date = midnight(time.Now(), zone)
	}
	return v
}

// span is the time that the view covers: a day, or the week from Monday on.
// Days are counted in the calendar: one of them may have 23 or 25 hours.
func (v scheduleView) span() (from, to time.Time) {
	if !v.week {
		return v.date, v.date.AddDate(0, 0, 1)
	}
	monday := v.date.AddDate(0, 0, -(int(v.date.Weekday())+6)%7)
	return monday, monday.AddDate(0, 0, 7)
}

// shows reports whether the filters let a class through.
func (v scheduleView) shows(c *booking.Class) bool {
	return (v.typeID == 0 || c.Type.ID == v.typeID) && (v.room == 0 || c.RoomID == v.room) &&
		(v.instructor == 0 || c.InstructorID == v.instructor || c.SubstituteID == v.instructor)
}

// visible leaves out what members must not see.
func visible(a booking.Actor, c *booking.Class) bool { return a.Role.Staff() || !c.Hidden }

// shown lists the places on the board that the visitor sees in this view.
func (v scheduleView) shown(a booking.Actor, visit *booking.Visit) (list []int) {
	for i := range visit.Board.Classes {
		c := &visit.Board.Classes[i]
		if visible(a, c) && v.shows(c) && (!v.bookable || bookable(*c, visit.Of(i))) {
			list = append(list, i)
		}
	}
	return list
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

func classIDs(classes []booking.Class) []int64 {
	ids := make([]int64, len(classes))
	for i, c := range classes {
		ids[i] = c.ID
	}
	return ids
}

// schedule is what is on and what is free, with what is one's own.
func (s *Server) schedule(r *request) (answer, error) {
	ctx := r.Request.Context()
	view := readScheduleView(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	from, to := view.span()
	visit, err := s.engine.Visit(ctx, r.actor, from, to)
	if err != nil {
		return answer{}, err
	}
	a := answer{page: s.showSchedule(r, view, visit)}
	if r.wants == asJSON { // a page does not pay for it
		shown := view.shown(r.actor, visit)
		mine := visit.Mine
		mine.Classes = make(map[int64]booking.MyClass, len(shown))
		classes := make([]booking.Class, len(shown))
		for at, i := range shown {
			classes[at] = visit.Class(i)
			mine.Classes[classes[at].ID] = visit.Of(i)
		}
		a.json = s.scheduleJSON(r, from, to, classes, mine)
	}
	return a, nil
}

// bookable reports whether a click on "book" would give a seat now.
func bookable(c booking.Class, m booking.MyClass) bool {
	if m.Offer != nil {
		return true
	}
	return m.Booking == nil && m.Block == nil && c.Free() > c.Reserved() && !c.Cancelled &&
		(c.Phase() == booking.PhaseOpen || c.Phase() == booking.PhaseLate)
}

func (s *Server) scheduleJSON(r *request, from, to time.Time, classes []booking.Class, mine booking.Mine) any {
	list := make([]classJSON, 0, len(classes))
	for _, c := range classes {
		list = append(list, toClassJSON(c, toMineJSON(mine.Classes[c.ID]), r.counts()))
	}
	return struct {
		Epoch   string      `json:"epoch"`
		From    time.Time   `json:"from"`
		To      time.Time   `json:"to"`
		Balance int         `json:"balance"`
		Classes []classJSON `json:"classes"`
	}{s.engine.Epoch(), from, to, mine.Balance, list}
}

// today is the desk's home: the classes of a day with who is in them.
func (s *Server) today(r *request) (answer, error) {
	ctx := r.Request.Context()
	view := readScheduleView(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	view.week = false
	from, to := view.span()
	classes, err := s.engine.Schedule(ctx, from, to)
	if err != nil {
		return answer{}, err
	}
	return answer{page: s.showToday(r, view, classes, nil), json: s.scheduleJSON(r, from, to, classes, booking.Mine{})}, nil
}
