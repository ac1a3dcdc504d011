package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// readScheduleQuery reads the filters; they are GET parameters, so that a view
// can be shared and the Back button works.
func readScheduleQuery(f *form, zone *time.Location) present.ScheduleQuery {
	q := present.ScheduleQuery{
		Date: f.day("date", zone), TypeID: f.id("type"), Instructor: f.id("instructor"), Room: f.id("room"), Bookable: f.flag("bookable"),
	}
	switch f.values.Get("view") {
	case "", "day":
	case "week":
		q.Week = true
	default:
		f.wrong("view", "choice")
	}
	if q.Date.IsZero() {
		q.Date = present.Midnight(time.Now(), zone)
	}
	return q
}

// schedule is what is on and what is free, with what is one's own.
func (s *Server) schedule(r *request) (answer, error) {
	ctx := r.Request.Context()
	query := readScheduleQuery(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	from, to := query.Span()
	visit, err := s.engine.Visit(ctx, r.actor, from, to)
	if err != nil {
		return answer{}, err
	}
	a := answer{page: s.showSchedule(r, query, visit)}
	if r.wants == asJSON { // a page does not pay for it
		shown := query.Shown(r.actor, visit)
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
	query := readScheduleQuery(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	query.Week = false
	from, to := query.Span()
	classes, err := s.engine.Schedule(ctx, from, to)
	if err != nil {
		return answer{}, err
	}
	return answer{page: s.showToday(r, query, classes, nil), json: s.scheduleJSON(r, from, to, classes, booking.Mine{})}, nil
}
