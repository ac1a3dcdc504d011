package web

import (
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// home is the first page of a member. Others are redirected to theirs.
func (s *Server) home(r *request) (response, error) {
	switch {
	case r.actor.ID == 0:
		return response{redirect: "/login"}, nil
	case r.actor.Role.Staff():
		return response{redirect: "/today"}, nil
	}
	return response{page: func() error {
		d, err := s.readHome(r)
		if err != nil {
			return err
		}
		d.Seen = s.Live.Digest
		return s.renderPage(r, s.present(r).HomePage(s.frame(r), d))
	}}, nil
}

// readHome takes three round trips while the schedule is cached, and two more if the next class
// is beyond this week.
func (s *Server) readHome(r *request) (d present.HomeData, err error) {
	ctx := r.Request.Context()
	from, to := present.HomeSpan(time.Now(), r.studio.Zone)
	view, err := s.engine.ScheduleView(ctx, r.actor, from, to)
	if err != nil {
		return d, err
	}
	d.Now, d.Personal = view.Now, view.Personal
	d.Days = present.PersonalRows{Len: len(view.Snapshot.Classes), State: view.State, Class: view.Class}
	if d.Next, err = s.nextBooked(r, d.Days, view.Seats); err != nil {
		return d, err
	}
	if d.Grants, err = s.engine.Grants(ctx, r.actor); err != nil {
		return d, err
	}
	d.Alerts, err = s.engine.Alerts(ctx, r.actor, newsRead)
	return d, err
}

// nextBooked returns the class that the person goes to next; nil if nothing is booked. The list
// lacks classes of later weeks, and one that began before it and still runs.
func (s *Server) nextBooked(r *request, list present.PersonalRows, seats []time.Time) (*booking.BookedClass, error) {
	if len(seats) == 0 {
		return nil, nil
	}
	if next := present.NextBooked(list, slices.MinFunc(seats, time.Time.Compare)); next != nil {
		return next, nil
	}
	booked, err := s.engine.Bookings(r.Request.Context(), r.actor, r.actor.ID, false)
	if err != nil || len(booked) == 0 {
		return nil, err
	}
	return &booked[0], nil
}

// newsRead is how many alerts are read for the first page. Some of them may stand in other parts
// of it.
const newsRead = 10

func (s *Server) homeElement(r *request, _ string, _ int64, n notice) (name string, data any, err error) {
	d, err := s.readHome(r)
	if err != nil {
		return "", nil, err
	}
	if n.spoken != "" {
		n.text = n.spoken // the plate that named the class is gone
	}
	return parts.Home, s.present(r).Home(r.actor, d, n.view()), nil
}
