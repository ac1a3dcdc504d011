package web

import (
	"net/url"
	"strconv"
	"time"

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
	from, to := query.Span()
	classes, err := s.engine.Schedule(ctx, from, to)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderDesk(r, query, classes, nil), json: s.scheduleJSON(r, from, to, classes, booking.Personal{})}, nil
}

// renderDesk renders the classes of a day, with the panel of one of them if there is one.
func (s *Server) renderDesk(r *request, query present.ScheduleQuery, classes []booking.Class, panel *templates.Panel) func() error {
	return func() error {
		pr := s.present(r)
		today := present.Midnight(time.Now(), pr.Zone)
		link := func(d time.Time) string { return "/today?date=" + d.Format(time.DateOnly) }
		live := query.Live()
		if panel != nil {
			live = url.Values{
				"view": {"roster"}, "class": {strconv.FormatInt(panel.ClassID, 10)},
			}.Encode() + "&from=" + query.Date.Format(time.DateOnly)
		}
		p := &templates.DeskPage{
			Layout: s.layoutOf(r, "today", live, booking.Personal{}), Today: query.Date.Equal(today), DayLabel: pr.Lang.DayLong(query.Date),
			PrevURL: link(query.Date.AddDate(0, 0, -1)), NextURL: link(query.Date.AddDate(0, 0, 1)), TodayURL: "/today",
			Date: query.Date.Format(time.DateOnly), CanAdd: r.actor.Can(booking.EditClasses), Panel: panel,
		}
		for _, c := range classes {
			p.Rows = append(p.Rows, pr.StaffRow(c, panel != nil && panel.ClassID == c.ID))
		}
		return s.renderPage(r, p)
	}
}
