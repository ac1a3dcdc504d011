package web

import (
	"net/url"
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

// readEvents reads a page of the history and the address of the next page.
func (s *Server) readEvents(r *request, q booking.EventsQuery, address string) (list []booking.Event, older string, json any, err error) {
	if before := r.query.seenInstant("before"); before != nil {
		q.Before = *before
	}
	if err := r.query.failed(); err != nil {
		return nil, "", nil, err
	}
	q.Limit = eventsPerPage
	if list, err = s.engine.Events(r.Request.Context(), r.actor, q); err != nil {
		return nil, "", nil, err
	}
	if len(list) == eventsPerPage {
		older = address + "?before=" + url.QueryEscape(present.Timestamp(list[len(list)-1].At))
	}
	out := make([]eventJSON, 0, len(list))
	for _, e := range list {
		out = append(out, eventJSON{e.At, e.Verb, e.Actor, e.Person, e.PersonID, e.ClassID, e.ClassTitle, e.Details})
	}
	return list, older, map[string]any{"events": out}, nil
}

// classHistory lists the changes of a class.
func (s *Server) classHistory(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	list, older, json, err := s.readEvents(r, booking.EventsQuery{ClassID: id}, present.ClassPath(id)+"/history")
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		c, err := s.engine.Class(r.Request.Context(), id)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).ClassHistory(s.layoutOf(r, "today", "", booking.Personal{}), c, list, older))
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
	list, older, json, err := s.readEvents(r, booking.EventsQuery{PersonID: id}, present.MemberPath(id)+"/history")
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		return s.renderPage(r, s.present(r).MemberHistory(s.layoutOf(r, "members", "", booking.Personal{}), m, list, older))
	}}, nil
}

// studioHistory lists the changes of settings, lists and roles.
func (s *Server) studioHistory(r *request) (response, error) {
	list, older, json, err := s.readEvents(r, booking.EventsQuery{}, "/settings/history")
	if err != nil {
		return response{}, err
	}
	return response{json: json, page: func() error {
		return s.renderPage(r, s.present(r).SettingsHistory(s.frame(r), list, older))
	}}, nil
}
