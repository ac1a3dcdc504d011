package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

type registrationJSON struct {
	PersonID    int64         `json:"person_id"`
	Name        string        `json:"name"`
	Email       string        `json:"email"`
	Phone       string        `json:"phone,omitempty"`
	ConfirmedAt time.Time     `json:"confirmed_at"`
	Similar     []similarJSON `json:"similar,omitempty"`
}

type similarJSON struct {
	PersonID int64  `json:"person_id"`
	Name     string `json:"name"`
	CanJoin  bool   `json:"can_join"`
}

// registrations lists the registrations that staff has to decide.
func (s *Server) registrations(r *request) (response, error) { return s.respondRegistrations(r, nil) }

func (s *Server) respondRegistrations(r *request, refused *booking.Error) (response, error) {
	list, err := s.engine.PendingRegistrations(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	json := make([]registrationJSON, 0, len(list))
	for _, p := range list {
		one := registrationJSON{
			PersonID: p.Person.ID, Name: p.Person.Name(), Email: p.Person.Email, Phone: p.Person.Phone, ConfirmedAt: p.ConfirmedAt.UTC(),
		}
		for _, m := range p.Similar {
			one.Similar = append(one.Similar, similarJSON{m.ID, m.Name(), m.CanJoin})
		}
		json = append(json, one)
	}
	part := func() error {
		return s.renderFragment(r, parts.Registrations, s.present(r).Registrations(r.actor, list, refused))
	}
	return response{part: part, redirect: "/today", json: map[string]any{"registrations": json}}, nil
}

// readRegistrations reads the list for the page of the desk; nil: the actor may not see it.
func (s *Server) readRegistrations(r *request) (*templates.RegistrationList, error) {
	if !r.actor.MayDecideRegistrations() {
		return nil, nil
	}
	list, err := s.engine.PendingRegistrations(r.Request.Context(), r.actor)
	return s.present(r).Registrations(r.actor, list, nil), err
}

func (s *Server) approveRegistration(r *request) (response, error) {
	return s.decideRegistration(r, "receipt.registration_approved", func(id int64) error {
		return s.engine.ApproveRegistration(r.Request.Context(), r.actor, id)
	})
}

func (s *Server) refuseRegistration(r *request) (response, error) {
	return s.decideRegistration(r, "receipt.registration_refused", func(id int64) error {
		return s.engine.RefuseRegistration(r.Request.Context(), r.actor, id)
	})
}

// joinRegistration makes the registration the account of a member who is there.
func (s *Server) joinRegistration(r *request) (response, error) {
	member := r.form.id("member")
	return s.decideRegistration(r, "receipt.registration_joined", func(id int64) error {
		if member == 0 {
			r.form.wrong("member", "missing")
		}
		if err := r.form.failed(); err != nil {
			return err
		}
		return s.engine.JoinRegistration(r.Request.Context(), r.actor, id, member)
	})
}

// decideRegistration carries out a decision and shows the list that is left.
func (s *Server) decideRegistration(r *request, said string, decide func(id int64) error) (response, error) {
	id, err := r.idParam()
	if err == nil {
		err = decide(id)
	}
	if err != nil && (r.format != asFragment || !canRedisplay(err)) {
		return response{}, err
	}
	if err != nil {
		res, failed := s.respondRegistrations(r, refusal(err))
		if failed != nil {
			return response{}, failed
		}
		return response{}, &redisplay{err: err, part: res.part}
	}
	res, err := s.respondRegistrations(r, nil)
	res.notice = s.receipt(r, said)
	return res, err
}
