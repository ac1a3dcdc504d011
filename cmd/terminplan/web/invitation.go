package web

import (
	"net/http"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// invite shows a code and a link, once, to print, to copy or to send. Without a public address
// there is no link: the host of the request is what the client claims.
func (s *Server) invite(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	var in booking.Invitation
	if err = s.confirmInvitation(r, id); err == nil {
		in, err = s.engine.Invite(r.Request.Context(), r.actor, id)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	return s.respondInvitation(r, id, in)
}

// inviteNew invites a person who was just created.
func (s *Server) inviteNew(r *request, id int64) (response, error) {
	in, err := s.engine.Invite(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	res, err := s.respondInvitation(r, id, in)
	if json, ok := res.json.(map[string]any); ok {
		json["person_id"] = id
	}
	return res, err
}

func (s *Server) respondInvitation(r *request, id int64, in booking.Invitation) (response, error) {
	link := s.public.InvitationLink(in.Code)
	page := func() error {
		m, err := s.engine.Member(r.Request.Context(), r.actor, id)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).Invite(s.layoutOf(r, "members", "", booking.Personal{}), m, in, link, s.mailOn))
	}
	json := map[string]any{"code": in.Code, "expires_at": in.ExpiresAt, "mailed": s.mailOn}
	if link != "" {
		json["link"] = link
	}
	return response{status: http.StatusCreated, page: page, part: page, json: json, secret: true}, nil
}

// InvitationLink is the address at which the invited person sets a password; empty: without a
// public address there is none. Browsers send no fragment, so that no log contains the code.
func (p PublicURL) InvitationLink(code string) string {
	return p.link(present.LinkPath(booking.NoticeInvitation, code))
}

// confirmInvitation asks for the password before a code opens the account of staff.
func (s *Server) confirmInvitation(r *request, personID int64) error {
	m, err := s.engine.Member(r.Request.Context(), r.actor, personID)
	if err != nil || !m.Role.Staff() {
		return err
	}
	return s.confirmPassword(r)
}

// invitationPage is the page on which an invited person sets a password. The script of the
// page reads the code after the #; links of earlier versions have it in the query.
func (s *Server) invitationPage(r *request) (response, error) {
	return response{page: s.renderInvitation(r, r.query.text("code", 40), nil)}, nil
}

func (s *Server) renderInvitation(r *request, code string, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		l := pr.Layout(present.Frame{Studio: r.studio, Path: "/invitation", Wrong: r.wrong})
		return s.renderPage(r, pr.Invitation(l, code, refused))
	}
}

// acceptInvitation sets the password. The person then signs in.
func (s *Server) acceptInvitation(r *request) (response, error) {
	code, password := r.form.text("code", 40), r.form.values.Get("password")
	if code == "" {
		r.form.wrong("code", "missing")
	}
	err := r.form.failed(func() error { return booking.CheckPassword(password) })
	if err == nil {
		err = s.engine.AcceptInvitation(r.Request.Context(), code, password, rateLimitKey(s.address(r.Request)))
	}
	if err != nil {
		if r.format == asJSON || !canRedisplay(err) {
			return response{}, err
		}
		page := s.renderInvitation(r, code, refusal(err))
		return response{}, &redisplay{err: err, page: page, part: page}
	}
	return response{redirect: "/login", notice: s.receipt(r, "receipt.password"), json: struct{}{}}, nil
}
