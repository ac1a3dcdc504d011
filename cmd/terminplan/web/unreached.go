package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

type unreachedJSON struct {
	ID       int64              `json:"id"`
	Kind     booking.NoticeKind `json:"kind"`
	Why      string             `json:"why"`
	FailedAt time.Time          `json:"failed_at"`
	PersonID int64              `json:"person_id"`
	Name     string             `json:"name"`
	Phone    string             `json:"phone,omitempty"`
	ClassID  int64              `json:"class_id"`
	Title    string             `json:"title"`
	StartsAt time.Time          `json:"starts_at"`
}

// unreached lists the people whom no message about their classes reached.
func (s *Server) unreached(r *request) (response, error) {
	list, err := s.engine.Unreached(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	json := make([]unreachedJSON, 0, len(list))
	for _, u := range list {
		json = append(json, unreachedJSON{
			u.DeliveryID, u.Kind, u.Why, u.FailedAt, u.Person.ID, u.Person.Name(), u.Person.Phone, u.Class.ID, u.Class.Title,
			u.Class.StartsAt,
		})
	}
	part := func() error { return s.renderFragment(r, parts.Unreached, s.present(r).Unreached(list)) }
	return response{part: part, redirect: "/today", json: map[string]any{"unreached": json}}, nil
}

// endUnreached records that staff told a person what no message could.
func (s *Server) endUnreached(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err := s.engine.TellPerson(r.Request.Context(), r.actor, id); err != nil {
		return response{}, err
	}
	return s.unreached(r)
}

// readUnreached reads the list for the page of the desk; nil: the actor may not see it.
func (s *Server) readUnreached(r *request) (*templates.UnreachedList, error) {
	if !r.actor.Can(booking.EditParticipants) {
		return nil, nil
	}
	list, err := s.engine.Unreached(r.Request.Context(), r.actor)
	return s.present(r).Unreached(list), err
}
