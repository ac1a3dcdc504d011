package web

import (
	"slices"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/static"
)

// readScheduleQuery reads the filters. They are GET parameters, so a view can be shared
// and the Back button works.
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
	if !present.InSchedule(q.Date, q.Date, time.Now()) {
		f.wrong("date", "beyond_schedule")
	}
	return q
}

// schedule lists the classes of a day or a week with the personal state of the reader.
func (s *Server) schedule(r *request) (response, error) {
	ctx := r.Request.Context()
	query := readScheduleQuery(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	if r.actor.Role.Staff() && r.format != asJSON {
		query.Week = true // the page is the time grid of a week
	}
	query, err := s.withRunning(r, query)
	if err != nil {
		return response{}, err
	}
	from, to := query.Span()
	view, err := s.engine.ScheduleView(ctx, r.actor, from, to)
	if err != nil {
		return response{}, err
	}
	if query, err = s.withInstructors(r, query, view.Snapshot); err != nil {
		return response{}, err
	}
	res := response{page: s.renderSchedule(r, query, view)}
	if r.format == asJSON { // build the lists for JSON only
		shown := query.Shown(r.actor, view)
		personal := view.Personal
		personal.Classes = make(map[int64]booking.PersonalState, len(shown))
		classes := make([]booking.Class, len(shown))
		for at, i := range shown {
			classes[at] = view.Class(i)
			personal.Classes[classes[at].ID] = view.State(i)
		}
		if !query.Week {
			from = query.Date
		}
		res.json = s.scheduleJSON(r, from, to, classes, personal)
	}
	return res, nil
}

// firstRunning remembers for a second which class that began on an earlier day runs, since every
// page of today asks.
type firstRunning struct {
	mu    sync.Mutex
	asked time.Time // when the database was asked
	day   time.Time
	first time.Time // the start of the class; zero: there is none
}

// withRunning lets the page of today begin with the classes of an earlier day that run now.
func (s *Server) withRunning(r *request, query present.ScheduleQuery) (present.ScheduleQuery, error) {
	if query.Week || !query.Date.Equal(present.Midnight(time.Now(), r.studio.Zone)) {
		return query, nil
	}
	f := &s.overnight
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.day.Equal(query.Date) || time.Since(f.asked) > time.Second {
		first, err := s.engine.FirstRunning(r.Request.Context(), query.Date)
		if err != nil {
			return query, err
		}
		f.asked, f.day, f.first = time.Now(), query.Date, first
	}
	if !f.first.IsZero() {
		query.Since = present.Midnight(f.first, r.studio.Zone)
	}
	return query, nil
}

// withInstructors sets the choices of the filter. It ignores a chosen person who gives no class
// that the reader may see.
func (s *Server) withInstructors(
	r *request, query present.ScheduleQuery, snapshot *booking.ScheduleSnapshot,
) (present.ScheduleQuery, error) {
	query.Instructors = present.InstructorsIn(r.actor, snapshot.Classes)
	chosen := func(i booking.Instructor) bool { return i.ID == query.Instructor }
	if query.Instructor == 0 || slices.ContainsFunc(query.Instructors, chosen) {
		return query, nil
	}
	switch i, err := s.engine.Teaches(r.Request.Context(), r.actor, query.Instructor); {
	case err == nil:
		query.Instructors = append(query.Instructors, i)
	case booking.CodeOf(err) == booking.NotFound:
		query.Instructor = 0
	default:
		return query, err
	}
	return query, nil
}

func (s *Server) scheduleJSON(r *request, from, to time.Time, classes []booking.Class, personal booking.Personal) any {
	list := make([]classJSON, 0, len(classes))
	for _, c := range classes {
		list = append(list, toClassJSON(c, toPersonalJSON(personal.Classes[c.ID]), r.counts()))
	}
	return struct {
		Epoch   string      `json:"epoch"`
		From    time.Time   `json:"from"`
		To      time.Time   `json:"to"`
		Balance int         `json:"balance"`
		Classes []classJSON `json:"classes"`
	}{r.epoch, from, to, personal.Balance, list}
}

func (s *Server) renderSchedule(r *request, query present.ScheduleQuery, view *booking.ScheduleView) func() error {
	return func() error {
		if r.actor.Role.Staff() {
			return s.renderStaffSchedule(r, query, view)
		}
		p, err := s.skeletonFor(r, query, view)
		if err != nil {
			return err
		}
		f := s.frame(r)
		f.Personal = view.Personal
		return p.page.Write(r.Writer, s.present(r).Personal(f, query, present.PersonalRows{
			Len:   len(p.shown),
			State: func(at int) booking.PersonalState { return view.State(p.shown[at]) },
			Class: func(at int) booking.Class { return view.Class(p.shown[at]) },
		}, view.Seats), static.Takes(r.Request.Header.Get("Accept-Encoding"), "gzip"))
	}
}

func (s *Server) renderStaffSchedule(r *request, query present.ScheduleQuery, view *booking.ScheduleView) error {
	var classes []booking.Class
	for _, i := range query.Shown(r.actor, view) {
		classes = append(classes, view.Snapshot.Classes[i])
	}
	query.Seen = s.digest(r, view.Snapshot)
	return s.renderPage(r, s.present(r).StaffSchedule(s.frame(r), query, view.Snapshot.FormOptions, classes))
}

// digest names the classes of the snapshot that the person may see, in their versions.
func (s *Server) digest(r *request, snapshot *booking.ScheduleSnapshot) string {
	var classes []booking.Class
	for i := range snapshot.Classes {
		if present.Visible(r.actor, &snapshot.Classes[i]) {
			classes = append(classes, snapshot.Classes[i])
		}
	}
	return s.Live.Digest(classes)
}
