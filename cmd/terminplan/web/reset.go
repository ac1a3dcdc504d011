package web

import (
	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// Links in mails. Opening one changes nothing, since programs that check mails open every link.

// resetRequestPage asks for the address to which a link is sent that sets another password.
func (s *Server) resetRequestPage(r *request) (response, error) {
	return response{page: s.renderResetRequest(r, r.query.values.Get("sent") != "", nil)}, nil
}

// requestReset answers the same for every address (S43). Without a mail server the page says whom
// to ask.
func (s *Server) requestReset(r *request) (response, error) {
	if !s.mailOn && r.format == asJSON {
		return response{}, refuse(booking.NotFound)
	}
	if !s.mailOn {
		page := s.renderResetRequest(r, false, nil)
		return response{page: page, part: page}, nil
	}
	err := r.form.failed()
	if err == nil {
		err = s.engine.RequestReset(r.Request.Context(), r.form.values.Get("email"), rateLimitKey(s.address(r.Request)))
	}
	if err != nil {
		page := s.renderResetRequest(r, false, refusal(err))
		return response{}, &redisplay{err: err, page: page, part: page}
	}
	return response{redirect: "/reset?sent=1", reload: true, json: struct{}{}}, nil
}

func (s *Server) renderResetRequest(r *request, sent bool, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		l := pr.Layout(present.Frame{Studio: r.studio, Path: "/reset", Wrong: r.wrong})
		return s.renderPage(r, pr.ResetRequest(l, s.mailOn, sent, r.sent(refused)))
	}
}

// resetPage shows the form for another password, as often as the link is opened.
func (s *Server) resetPage(r *request) (response, error) {
	link, err := s.openLink(r, booking.NoticeReset)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderReset(r, link, nil), secret: true}, nil
}

// setResetPassword sets the password, once. The person then signs in.
func (s *Server) setResetPassword(r *request) (response, error) {
	password := r.form.values.Get("password")
	if password == "" {
		r.form.wrong("password", "missing")
	}
	err := r.form.failed()
	if err == nil {
		err = s.engine.ResetPassword(r.Request.Context(), r.linkToken(), password, rateLimitKey(s.address(r.Request)))
	}
	if err != nil {
		return response{}, s.redisplayLink(r, booking.NoticeReset, err, s.renderReset)
	}
	return response{redirect: "/login", reload: true, notice: s.receipt(r, "receipt.password"), json: struct{}{}}, nil
}

func (s *Server) renderReset(r *request, link booking.OpenedLink, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		return s.renderPage(r, pr.Reset(pr.Layout(s.linkFrame(r)), link.Email, refused))
	}
}

// addressPage shows the address that the link confirms, as often as it is opened.
func (s *Server) addressPage(r *request) (response, error) {
	link, err := s.openLink(r, booking.NoticeAddress)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderAddress(r, link, nil), secret: true}, nil
}

// confirmAddress changes the address of the person whose link it is, signed in here or not.
func (s *Server) confirmAddress(r *request) (response, error) {
	err := s.engine.ConfirmEmail(r.Request.Context(), r.linkToken(), rateLimitKey(s.address(r.Request)))
	if err != nil {
		return response{}, s.redisplayLink(r, booking.NoticeAddress, err, s.renderAddress)
	}
	to := "/login"
	if r.actor.ID != 0 {
		to = "/profile"
	}
	return response{redirect: to, reload: true, notice: s.receipt(r, "receipt.email_changed"), json: struct{}{}}, nil
}

func (s *Server) renderAddress(r *request, link booking.OpenedLink, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		return s.renderPage(r, pr.ConfirmEmail(pr.Layout(s.linkFrame(r)), link.Email, refused))
	}
}

// requestEmail sends a link to another address of the person, who types the password.
func (s *Server) requestEmail(r *request) (response, error) {
	if !s.mailOn {
		return response{}, refuse(booking.NotFound)
	}
	proof, email := s.proof(r), r.form.values.Get("new_email")
	if proof.Password == "" {
		r.form.wrong("password", "missing")
	}
	if email == "" {
		r.form.wrong("new_email", "missing")
	}
	err := r.form.failed()
	if err == nil {
		err = s.engine.RequestEmail(r.Request.Context(), r.actor, proof, email)
	}
	if err != nil {
		return response{}, s.redisplayProfile(r, err)
	}
	return response{redirect: "/profile", notice: s.receipt(r, "receipt.email_asked"), json: struct{}{}}, nil
}

// linkToken is the secret of the link; empty: it cannot be one.
func (r *request) linkToken() string {
	token := r.Param("token")
	if len(token) > 100 || !validText(token) {
		return ""
	}
	return token
}

// openLink reads the link of the request without using it. A link that is not valid has a page that
// says how to get another one.
func (s *Server) openLink(r *request, kind booking.NoticeKind) (booking.OpenedLink, error) {
	link, err := s.engine.OpenLink(r.Request.Context(), kind, r.linkToken())
	if booking.CodeOf(err) == booking.LinkGone {
		page := s.renderLinkGone(r, kind)
		err = &redisplay{err: err, page: page, part: page}
	}
	return link, err
}

// redisplayLink displays the page of a link again with the reason of a refusal.
func (s *Server) redisplayLink(
	r *request, kind booking.NoticeKind, refused error, render func(*request, booking.OpenedLink, *booking.Error) func() error,
) error {
	if r.format == asJSON {
		return refused
	}
	link, err := s.openLink(r, kind)
	if err != nil {
		return err
	}
	if !canRedisplay(refused) && booking.CodeOf(refused) != booking.Throttled {
		return refused
	}
	page := render(r, link, refusal(refused))
	return &redisplay{err: refused, page: page, part: page}
}

func (s *Server) renderLinkGone(r *request, kind booking.NoticeKind) func() error {
	return func() error {
		pr := s.present(r)
		return s.renderPage(r, pr.LinkGone(pr.Layout(s.linkFrame(r)), kind, s.mailOn))
	}
}

// linkFrame is the frame of the page of a link, which shows nobody who is signed in.
func (s *Server) linkFrame(r *request) present.Frame {
	return present.Frame{Studio: r.studio, Path: r.Request.URL.Path, Wrong: r.wrong}
}
