package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

const eventsPerPage = 50

type eventJSON struct {
	At       time.Time      `json:"at"`
	Verb     string         `json:"verb"`
	Actor    string         `json:"actor,omitempty"` // empty: the system
	Person   string         `json:"person,omitempty"`
	PersonID int64          `json:"person_id,omitempty"`
	ClassID  int64          `json:"class_id,omitempty"`
	Class    string         `json:"class,omitempty"`
	Details  map[string]any `json:"details,omitempty"`
}

// readEvents reads a page of the history with the filter of the request.
func (s *Server) readEvents(r *request, q booking.EventsQuery, path string) (found present.FoundEvents, json any, err error) {
	if before := r.query.seenInstant("before"); before != nil {
		q.Before = *before
	}
	q.ActorID, q.Kind, q.Limit = r.query.id("by"), booking.EventKind(r.query.values.Get("kind")), eventsPerPage
	if err := r.query.failed(); err != nil {
		return found, nil, err
	}
	found = present.FoundEvents{Query: q, Path: path}
	if found.Events, err = s.engine.Events(r.Request.Context(), r.actor, q); err != nil {
		return found, nil, err
	}
	found.More = len(found.Events) == eventsPerPage
	out := make([]eventJSON, 0, len(found.Events))
	for _, e := range found.Events {
		out = append(out, eventJSON{e.At, e.Verb, e.Actor, e.Person, e.PersonID, e.ClassID, e.ClassTitle, e.Details})
	}
	return found, map[string]any{"events": out}, nil
}

// withStaff adds the people to the filter, for those who may see them.
func (s *Server) withStaff(r *request, found present.FoundEvents) (present.FoundEvents, error) {
	var err error
	if r.actor.Can(booking.SeeMembers) {
		found.Staff, err = s.team(r)
	}
	return found, err
}

// classHistory lists the changes of a class.
func (s *Server) classHistory(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	found, json, err := s.readEvents(r, booking.EventsQuery{ClassID: id}, present.ClassPath(id)+"/history")
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		c, err := s.engine.Class(r.Request.Context(), id)
		if err != nil {
			return err
		}
		found, err := s.withStaff(r, found)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).ClassHistory(s.layoutOf(r, "today", "", booking.Personal{}), c, found))
	}}, nil
}

// memberHistory lists the changes that concern a person.
func (s *Server) memberHistory(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	m, err := s.engine.Member(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	found, json, err := s.readEvents(r, booking.EventsQuery{PersonID: id}, present.MemberTabPath(id, present.TabHistory))
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		found, err := s.withStaff(r, found)
		if err != nil {
			return err
		}
		return s.renderMember(r, present.Profile{Member: m, Events: &found}, present.TabHistory, notice{}, nil)()
	}}, nil
}

// studioHistory lists the changes of settings, lists and roles.
func (s *Server) studioHistory(r *request) (response, error) {
	found, json, err := s.readEvents(r, booking.EventsQuery{}, present.SettingsURL("history"))
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		d, err := s.settingsData(r)
		if err != nil {
			return err
		}
		found.Staff = d.Team
		return s.renderPage(r, s.present(r).SettingsHistory(s.frame(r), d, found))
	}}, nil
}
