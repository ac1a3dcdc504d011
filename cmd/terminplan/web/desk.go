package web

import (
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// today lists the classes of a day for the desk.
func (s *Server) today(r *request) (response, error) {
	if first, err := s.welcomes(r); err != nil || first {
		return response{redirect: "/start"}, err
	}
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
		feed, err := s.readFeed(r, query.Date, classes)
		if err != nil {
			return err
		}
		p := s.present(r).Desk(f, query, classes, panel, feed)
		if p.Today {
			if p.Unreached, err = s.readUnreached(r); err != nil {
				return err
			}
			if p.Registrations, err = s.readRegistrations(r); err != nil {
				return err
			}
		}
		return s.renderPage(r, p)
	}
}

// readFeed reads what happened last in the classes of today; nil: of another day.
func (s *Server) readFeed(r *request, day time.Time, classes []booking.Class) (*templates.DeskFeed, error) {
	pr := s.present(r)
	if !day.Equal(present.Midnight(pr.Now, pr.Zone)) {
		return nil, nil
	}
	events, err := s.engine.Feed(r.Request.Context(), r.actor, classes)
	return pr.DeskFeed(day, events), err
}

type feedJSON struct {
	At      time.Time `json:"at"`
	Verb    string    `json:"verb"`
	ClassID int64     `json:"class_id"`
	Title   string    `json:"title"`
	Name    string    `json:"name"`
}

// dayFeed is the feed of a day, with the names that the reader may see.
func (s *Server) dayFeed(r *request) (response, error) {
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
	events, err := s.engine.Feed(ctx, r.actor, classes)
	if err != nil {
		return response{}, err
	}
	list := make([]feedJSON, 0, len(events))
	for _, e := range events {
		list = append(list, feedJSON{e.At, e.Verb, e.ClassID, e.ClassTitle, e.Person})
	}
	part := func() error { return s.renderFragment(r, parts.DeskFeed, s.present(r).DeskFeed(query.Date, events)) }
	return response{part: part, redirect: "/today", json: map[string]any{"feed": list}}, nil
}
