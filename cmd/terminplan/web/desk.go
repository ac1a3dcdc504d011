package web

import (
	"slices"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// today lists the classes of a day for the desk.
func (s *Server) today(r *request) (response, error) {
	ctx := r.Request.Context()
	query := readScheduleQuery(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	query.Week = false
	query, err := s.withRunning(r, query)
	if err != nil {
		return response{}, err
	}
	from, to := query.Span()
	classes, err := s.engine.Schedule(ctx, from, to)
	if err != nil {
		return response{}, err
	}
	classes = slices.DeleteFunc(classes, func(c booking.Class) bool { return !query.OnTheDay(&c, c.ReadAt) })
	return response{page: s.renderDesk(r, query, classes, nil), json: s.scheduleJSON(r, query.Date, to, classes, booking.Personal{})}, nil
}

// renderDesk renders the classes of a day, with the panel of one of them if there is one.
func (s *Server) renderDesk(r *request, query present.ScheduleQuery, classes []booking.Class, panel *templates.Panel) func() error {
	return func() error {
		f := s.frame(r)
		var err error
		if f.Personal, err = s.personal(r); err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).Desk(f, query, classes, panel))
	}
}
