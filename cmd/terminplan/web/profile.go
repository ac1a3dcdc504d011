package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// profile is the page of the person's account.
func (s *Server) profile(r *request) (response, error) {
	sessions, err := s.engine.Sessions(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderProfile(r, sessions, nil), json: map[string]any{
		"id": r.actor.ID, "name": r.actor.Name, "email": r.actor.Email, "role": string(r.actor.Role), "language": r.lang,
		"chosen_language": chosenLanguage(r.Request, r.actor.Language), "sessions": toSessionsJSON(sessions, r.session),
	}}, nil
}

type sessionJSON struct {
	ID         string    `json:"id"`
	Device     string    `json:"device"`
	SignedInAt time.Time `json:"signed_in_at"`
	UsedAt     time.Time `json:"used_at"`
	Current    bool      `json:"current"`
}

func toSessionsJSON(sessions []booking.OpenSession, current string) []sessionJSON {
	list := make([]sessionJSON, 0, len(sessions))
	for _, o := range sessions {
		list = append(list, sessionJSON{o.ID, o.Device, o.SignedInAt.UTC(), o.UsedAt.UTC(), o.ID == current})
	}
	return list
}

func (s *Server) renderProfile(r *request, sessions []booking.OpenSession, refused *booking.Error) func() error {
	return func() error {
		personal, err := s.personal(r)
		if err != nil {
			return err
		}
		devices, err := s.engine.PushDevices(r.Request.Context(), r.actor)
		if err != nil {
			return err
		}
		l := s.layoutOf(r, "profile", "view=person", personal)
		return s.renderPage(r, s.present(r).Account(l, present.AccountData{
			Actor: r.actor, Language: chosenLanguage(r.Request, r.actor.Language),
			Sessions: sessions, Devices: devices, PushOn: s.pushOn, Current: r.session, MailOn: s.mailOn, Sent: r.sent(refused),
		}))
	}
}

// changePassword sets another password of the person, who types the old one.
func (s *Server) changePassword(r *request) (response, error) {
	proof, password := s.proof(r), r.form.values.Get("new_password")
	if proof.Password == "" {
		r.form.wrong("password", "missing")
	}
	if password == "" {
		r.form.wrong("new_password", "missing")
	}
	known, err := "", r.form.failed()
	if err == nil {
		known, err = s.engine.ChangePassword(r.Request.Context(), r.actor, proof, password, s.known(r))
	}
	if err != nil {
		return response{}, s.redisplayProfile(r, err)
	}
	s.setKnownCookie(r, known)
	return response{redirect: "/profile", notice: s.receipt(r, "receipt.password_changed"), json: struct{}{}}, nil
}

// redisplayProfile displays the page again with the reason of the refusal.
func (s *Server) redisplayProfile(r *request, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	sessions, err := s.engine.Sessions(r.Request.Context(), r.actor)
	if err != nil {
		return refused
	}
	page := s.renderProfile(r, sessions, refusal(refused))
	return &redisplay{err: refused, page: page, part: page}
}

// endSession signs the person out on another device.
func (s *Server) endSession(r *request) (response, error) {
	id := r.Param("session")
	if err := s.endSessions(r, id); err != nil {
		return response{}, err
	}
	s.Live.EndSession(id)
	return response{redirect: "/profile", notice: s.receipt(r, "receipt.session_ended"), json: struct{}{}}, nil
}

// endOtherSessions signs the person out everywhere else.
func (s *Server) endOtherSessions(r *request) (response, error) {
	if err := s.endSessions(r, ""); err != nil {
		return response{}, err
	}
	return response{redirect: "/profile", notice: s.receipt(r, "receipt.sessions_ended"), json: struct{}{}}, nil
}

func (s *Server) endSessions(r *request, id string) error {
	known, err := s.engine.EndSession(r.Request.Context(), r.actor, r.session, id, s.known(r))
	if err == nil {
		s.setKnownCookie(r, known)
	}
	return err
}
