package web

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// Registration: a form, a code that is typed in the same browser, and a link that does the same
// (rule 35). The answers are the same for every address.

// registers reports whether people may register: the address must be confirmed by mail.
func (s *Server) registers(st booking.Studio) bool {
	return s.mailOn && st.Registration != booking.RegistrationOff && st.Registration != ""
}

// registerPage is the form.
func (s *Server) registerPage(r *request) (response, error) {
	next := localPath(r.query.values.Get("next"), "")
	if !s.registers(r.studio) {
		return response{}, refuse(booking.NotFound)
	}
	if r.actor.ID != 0 {
		return response{redirect: localPath(next, "/")}, nil
	}
	return response{page: s.renderRegister(r, next, booking.NewRegistrationSecret(), nil)}, nil
}

// register adds a registration. The browser keeps its ticket in a cookie, an app in the JSON.
func (s *Server) register(r *request) (response, error) {
	if !s.registers(r.studio) {
		return response{}, refuse(booking.NotFound)
	}
	f := &r.form
	secret := f.text("ticket", 100)
	if secret == "" {
		secret = booking.NewRegistrationSecret()
	}
	next := localPath(f.values.Get("next"), "")
	req := booking.RegisterRequest{
		GivenName: f.text("given_name", booking.NameMax), FamilyName: f.text("family_name", booking.NameMax),
		Email: f.text("email", booking.EmailMax), Phone: f.text("phone", booking.ContactMax), Password: f.values.Get("password"),
		Language: r.lang, Next: next, Ticket: secret, Address: rateLimitKey(s.address(r.Request)),
	}
	err := f.failed(func() error { return req.Check(r.studio.Name) })
	if err == nil {
		err = s.engine.Register(r.Request.Context(), req)
	}
	if err != nil {
		return response{}, redisplayGate(r, err, s.renderRegister(r, next, secret, refusal(err)))
	}
	s.setTicketCookie(r, booking.RegistrationTicket{Email: req.Email, Secret: secret})
	return response{
		redirect: "/register/code?sent=1", reload: true, status: http.StatusAccepted,
		json: map[string]any{"ticket": secret, "email": req.Email},
	}, nil
}

// redisplayGate displays a page for people who are not signed in again with the reason of a refusal,
// also if they must wait.
func redisplayGate(r *request, refused error, page func() error) error {
	if r.format == asJSON || !canRedisplay(refused) && booking.CodeOf(refused) != booking.Throttled {
		return refused
	}
	return &redisplay{err: refused, page: page, part: page}
}

func (s *Server) renderRegister(r *request, next, secret string, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		l := pr.Layout(present.Frame{Studio: r.studio, Path: registerPath(next), Wrong: r.wrong})
		return s.renderPage(r, pr.Register(l, r.studio.Registration == booking.RegistrationApprove, next, secret, r.sent(refused)))
	}
}

// registerPath is the address of the form for somebody who comes from a page of the site.
func registerPath(next string) string {
	if next == "" {
		return "/register"
	}
	return "/register?" + url.Values{"next": {next}}.Encode()
}

// registerCodePage asks for the code, or says what the registration waits for.
func (s *Server) registerCodePage(r *request) (response, error) {
	t := s.ticket(r)
	state, next, err := s.engine.RegistrationState(r.Request.Context(), t)
	if booking.CodeOf(err) == booking.LinkGone && r.format != asJSON {
		s.dropTicketCookie(r)
		if t.Secret == "" && r.query.has("sent") && s.registers(r.studio) {
			return response{page: s.renderNoCookies(r)}, nil
		}
		if r.actor.ID != 0 || !s.registers(r.studio) {
			return response{redirect: "/"}, nil
		}
		return response{redirect: "/register"}, nil
	}
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderRegisterCode(r, t, state, next, nil), json: map[string]any{"state": state}}, nil
}

// renderNoCookies displays the form again for a browser that kept no ticket: it takes no cookies.
func (s *Server) renderNoCookies(r *request) func() error {
	return func() error {
		pr := s.present(r)
		l := pr.Layout(present.Frame{Studio: r.studio, Path: "/register", Notice: present.Refused(pr.Text("login.no_cookies"))})
		approve := r.studio.Registration == booking.RegistrationApprove
		return s.renderPage(r, pr.Register(l, approve, "", booking.NewRegistrationSecret(), present.Sent{}))
	}
}

func (s *Server) renderRegisterCode(
	r *request, t booking.RegistrationTicket, state booking.RegistrationState, next string, refused *booking.Error,
) func() error {
	return func() error {
		pr := s.present(r)
		f := present.Frame{Studio: r.studio, Path: "/register/code", Wrong: r.wrong, Notice: s.takeNotice(r)}
		form := registerPath(localPath(next, ""))
		return s.renderPage(r, pr.RegisterCode(pr.Layout(f), t.Email, state, form, s.demo != nil, r.sent(refused)))
	}
}

// confirmRegistration takes the code of the mail.
func (s *Server) confirmRegistration(r *request) (response, error) {
	t, code := s.ticket(r), r.form.text("code", 40)
	state, next, err := s.engine.RegistrationState(r.Request.Context(), t)
	if err == nil && state == booking.RegistrationSent && code == "" {
		r.form.wrong("code", "missing")
	}
	if err == nil {
		err = r.form.failed()
	}
	var out booking.Registered
	if err == nil {
		out, err = s.engine.ConfirmByCode(r.Request.Context(), t, code, s.signInHere(r, ""))
	}
	if err != nil {
		return response{}, s.redisplayRegisterCode(r, t, state, next, err)
	}
	return s.respondRegistered(r, out)
}

// mailRegistration sends the mail again.
func (s *Server) mailRegistration(r *request) (response, error) {
	t := s.ticket(r)
	state, next, err := s.engine.RegistrationState(r.Request.Context(), t)
	if err == nil {
		err = s.engine.MailRegistration(r.Request.Context(), t, rateLimitKey(s.address(r.Request)))
	}
	if err != nil {
		return response{}, s.redisplayRegisterCode(r, t, state, next, err)
	}
	return response{redirect: "/register/code", reload: true, notice: s.receipt(r, "receipt.registration_mailed"), json: struct{}{}}, nil
}

// redisplayRegisterCode displays the page of the code again, or what to do where there is no
// registration any more.
func (s *Server) redisplayRegisterCode(
	r *request, t booking.RegistrationTicket, state booking.RegistrationState, next string, refused error,
) error {
	if booking.CodeOf(refused) == booking.LinkGone {
		return redisplayGate(r, refused, s.renderLinkGone(r, booking.NoticeRegistration))
	}
	return redisplayGate(r, refused, s.renderRegisterCode(r, t, state, next, refusal(refused)))
}

// registrationPage shows what the link of the mail confirms, as often as it is opened.
func (s *Server) registrationPage(r *request) (response, error) {
	o, err := s.openRegistration(r)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderRegistration(r, o, nil), secret: true}, nil
}

func (s *Server) openRegistration(r *request) (booking.OpenedRegistration, error) {
	o, err := s.engine.OpenRegistration(r.Request.Context(), r.linkToken(), s.ticket(r))
	if booking.CodeOf(err) == booking.LinkGone {
		page := s.renderLinkGone(r, booking.NoticeRegistration)
		err = &redisplay{err: err, page: page, part: page}
	}
	return o, err
}

// confirmRegistrationLink confirms the address by the link, and signs in where it was opened.
func (s *Server) confirmRegistrationLink(r *request) (response, error) {
	out, err := s.engine.ConfirmByLink(r.Request.Context(), r.linkToken(), s.ticket(r), s.signInHere(r, r.form.values.Get("password")))
	if err == nil {
		return s.respondRegistered(r, out)
	}
	if r.format == asJSON {
		return response{}, err
	}
	o, gone := s.openRegistration(r)
	if gone != nil {
		return response{}, gone
	}
	return response{}, redisplayGate(r, err, s.renderRegistration(r, o, refusal(err)))
}

func (s *Server) renderRegistration(r *request, o booking.OpenedRegistration, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		return s.renderPage(r, pr.Registration(pr.Layout(s.linkFrame(r)), o, refused))
	}
}

// signInHere says where a person signs in.
func (s *Server) signInHere(r *request, password string) booking.SignInRequest {
	return booking.SignInRequest{
		Password: password, Address: rateLimitKey(s.address(r.Request)), Device: deviceName(r.Request), Known: s.known(r),
	}
}

// respondRegistered signs the person in and leads to the page that the person came from, or says that
// staff must agree first.
func (s *Server) respondRegistered(r *request, out booking.Registered) (response, error) {
	if out.Waits {
		return response{redirect: "/register/code", reload: true, json: map[string]any{"waits": true}}, nil
	}
	s.dropTicketCookie(r)
	if out.SignedIn.Second != "" { // a factor was added since, and the link is opened again
		return s.awaitSecond(r, out.SignedIn, localPath(out.Next, "/"))
	}
	if err := s.beginSession(r, out.SignedIn); err != nil {
		return response{}, err
	}
	res := signedInResponse(out.SignedIn)
	res.redirect = localPath(out.Next, "/")
	res.notice = s.receipt(r, "receipt.registered", "Name", out.SignedIn.Actor.Name, "Studio", r.studio.Name)
	return res, nil
}

// The ticket of a registration is kept until the registration ends.
const ticketLife = 7 * 24 * time.Hour

func (s *Server) ticketCookieName() string {
	if s.public.Secure() {
		return "__Host-registration"
	}
	return "registration"
}

func (s *Server) setTicketCookie(r *request, t booking.RegistrationTicket) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.ticketCookieName(), Value: t.Secret + "." + base64.RawURLEncoding.EncodeToString([]byte(t.Email)), Path: "/",
		MaxAge: int(ticketLife / time.Second), Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) dropTicketCookie(r *request) {
	if _, err := r.Request.Cookie(s.ticketCookieName()); err == nil {
		http.SetCookie(r.Writer, &http.Cookie{
			Name: s.ticketCookieName(), Path: "/", MaxAge: -1, Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
}

// ticket returns the ticket of the fields, or of the cookie; the zero value if there is none.
func (s *Server) ticket(r *request) (t booking.RegistrationTicket) {
	if r.form.has("ticket") {
		return booking.RegistrationTicket{Email: r.form.values.Get("email"), Secret: r.form.values.Get("ticket")}
	}
	c, err := r.Request.Cookie(s.ticketCookieName())
	if err != nil || len(c.Value) > 1000 {
		return t
	}
	secret, encoded, _ := strings.Cut(c.Value, ".")
	email, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !validText(string(email)) {
		return t
	}
	return booking.RegistrationTicket{Email: string(email), Secret: secret}
}
