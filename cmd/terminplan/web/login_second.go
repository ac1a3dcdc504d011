package web

import (
	"net/http"
	"net/url"

	"terminplan/booking"
)

// passkeySite is the site for which browsers keep passkeys; the zero value: with this address they
// cannot. Browsers want a name, and https except on their own machine.
func (s *Server) passkeySite(r *request) booking.PasskeySite {
	scheme, host := "http", r.Request.Host
	if s.public.Known() {
		scheme, host = s.public.scheme, s.public.host
	}
	if isAddress(host) || scheme == "http" && !isLoopback(host) {
		return booking.PasskeySite{}
	}
	return booking.PasskeySite{Host: hostName(host), Origin: scheme + "://" + host, Name: r.studio.Name}
}

// secondCookieName names the cookie that binds the second step of a sign-in to the browser of the
// first.
func (s *Server) secondCookieName() string {
	if s.public.Secure() {
		return "__Host-second"
	}
	return "second"
}

func (s *Server) setSecondCookie(r *request, token string, age int) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.secondCookieName(), Value: token, Path: "/", MaxAge: age,
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// secondToken is the token of the second step: an app sends it, a browser has it in its cookie.
func (s *Server) secondToken(r *request) string {
	token := r.form.values.Get("token")
	if c, err := r.Request.Cookie(s.secondCookieName()); token == "" && err == nil {
		token = c.Value
	}
	if len(token) > 100 || !validText(token) {
		return ""
	}
	return token
}

// awaitSecond asks for the second factor. There is no session yet.
func (s *Server) awaitSecond(r *request, in booking.SignedIn, next string) (response, error) {
	if r.format == asJSON {
		return response{}, &booking.Error{Code: booking.SecondFactor, Args: map[string]any{"token": in.Second, "until": in.ExpiresAt}}
	}
	s.setSecondCookie(r, in.Second, 300)
	return response{redirect: "/login/second?" + url.Values{"next": {next}}.Encode(), reload: true}, nil
}

// secondPage asks for the second factor of a person whose password was right.
func (s *Server) secondPage(r *request) (response, error) {
	next := localPath(r.query.values.Get("next"), "/")
	step, err := s.engine.SecondStep(r.Request.Context(), s.secondToken(r))
	if booking.CodeOf(err) == booking.SignInExpired && r.format != asJSON {
		return response{redirect: "/login?" + url.Values{"next": {next}}.Encode()}, nil
	}
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderSecond(r, step, next, nil)}, nil
}

// finishLogin begins the session by the second factor.
func (s *Server) finishLogin(r *request) (response, error) {
	ctx, token, next := r.Request.Context(), s.secondToken(r), localPath(r.form.values.Get("next"), "/")
	proof := booking.FactorProof{
		Code: r.form.text("code", 40), RecoveryCode: r.form.text("recovery_code", 40),
		Passkey: []byte(r.form.values.Get("passkey")), Site: s.passkeySite(r),
	}
	if proof.Code == "" && proof.RecoveryCode == "" && len(proof.Passkey) == 0 {
		r.form.wrong("code", "missing")
	}
	var in booking.SignedIn
	err := r.form.failed()
	if err == nil {
		in, err = s.engine.FinishSignIn(ctx, token, proof, s.signInRequest(r))
	}
	if err == nil {
		s.setSecondCookie(r, "", -1)
		return s.begin(r, in, next)
	}
	if booking.CodeOf(err) == booking.SignInExpired {
		return response{}, &redisplay{err: err, page: s.renderLogin(r, next, refusal(err))}
	}
	step, lost := s.engine.SecondStep(ctx, token)
	if lost != nil {
		return response{}, err
	}
	page := s.renderSecond(r, step, next, refusal(err))
	return response{}, &redisplay{err: err, page: page, part: page}
}

func (s *Server) signInRequest(r *request) booking.SignInRequest {
	return booking.SignInRequest{Address: rateLimitKey(s.address(r.Request)), Device: deviceName(r.Request), Known: s.known(r)}
}

func (s *Server) renderSecond(r *request, step booking.SecondStep, next string, refused *booking.Error) func() error {
	return func() error {
		f := s.frame(r)
		f.Actor = booking.Actor{}
		pr := s.present(r)
		step.Passkeys = step.Passkeys && s.passkeySite(r).Usable()
		return s.renderPage(r, pr.SecondLogin(pr.Layout(f), step, next, r.sent(refused)))
	}
}

// The questions to the browser for a passkey. Scripts fetch them.

func (s *Server) askSecondPasskey(r *request) (response, error) {
	q, err := s.engine.AskSecondPasskey(r.Request.Context(), s.secondToken(r), s.passkeySite(r))
	return response{json: q}, err
}

func (s *Server) askPasskey(r *request) (response, error) {
	q, err := s.engine.AskPasskey(r.Request.Context(), s.passkeySite(r))
	return response{json: q}, err
}

// loginWithPasskey begins a session without a password.
func (s *Server) loginWithPasskey(r *request) (response, error) {
	next := localPath(r.form.values.Get("next"), "/")
	in, err := s.engine.SignInWithPasskey(
		r.Request.Context(), s.passkeySite(r), []byte(r.form.values.Get("passkey")), s.signInRequest(r),
	)
	if err != nil {
		return response{}, &redisplay{err: err, page: s.renderLogin(r, next, wholeRefusal(err))}
	}
	return s.begin(r, in, next)
}

// wholeRefusal is a refusal for a page without the field.
func wholeRefusal(err error) *booking.Error {
	e := *refusal(err)
	if e.Code == booking.WrongFactor {
		e.Args, e.Field = map[string]any{"why": e.Field}, ""
	}
	return &e
}
