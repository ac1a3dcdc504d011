package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

func (s *Server) loginPage(r *request) (response, error) {
	next := localPath(r.query.values.Get("next"), "")
	if r.actor.ID != 0 {
		return response{redirect: localPath(next, "/")}, nil
	}
	return response{page: s.renderLogin(r, next, nil)}, nil
}

// login always begins a new session, so an older cookie has no effect.
func (s *Server) login(r *request) (response, error) {
	email, next := r.form.text("email", booking.EmailMax), localPath(r.form.values.Get("next"), "/")
	in, err := s.signIn(r, email)
	if err != nil {
		return response{}, &redisplay{err: err, page: s.renderLogin(r, next, refusal(err))}
	}
	if in.Second != "" {
		return s.awaitSecond(r, in, next)
	}
	return s.begin(r, in, next)
}

// begin gives the browser the new session and leads on.
func (s *Server) begin(r *request, in booking.SignedIn, next string) (response, error) {
	if err := s.beginSession(r, in); err != nil {
		return response{}, err
	}
	res := signedInResponse(in)
	res.redirect = afterLogin(r, next)
	return res, nil
}

// beginSession gives the browser the new session. One of another person on the same device ends.
func (s *Server) beginSession(r *request, in booking.SignedIn) error {
	if r.token != "" {
		if err := s.engine.SignOut(r.Request.Context(), r.token); err != nil {
			return err
		}
		s.Live.EndSession(r.session)
	}
	s.setCookie(r, in.Token, in.ExpiresAt)
	s.setKnownCookie(r, in.Known)
	return nil
}

// signedInResponse is the response to a sign-in, without the page that it leads to.
func signedInResponse(in booking.SignedIn) response {
	return response{reload: true, json: struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expires_at"`
		PersonID  int64     `json:"person_id"`
		Name      string    `json:"name"`
		Role      string    `json:"role"`
	}{in.Token, in.ExpiresAt, in.Actor.ID, in.Actor.Name, string(in.Actor.Role)}}
}

// afterLogin is the page after a login. A browser that sent no cookie at all may take none; it
// first comes back to the login page, which says so or leads on.
func afterLogin(r *request, next string) string {
	if r.GetHeader("Cookie") != "" {
		return next
	}
	return "/login?" + url.Values{"next": {next}, "signed_in": {"1"}}.Encode()
}

func (s *Server) signIn(r *request, email string) (booking.SignedIn, error) {
	password := r.form.values.Get("password")
	if email == "" {
		r.form.wrong("email", "missing")
	}
	if password == "" {
		r.form.wrong("password", "missing")
	}
	if err := r.form.failed(); err != nil {
		return booking.SignedIn{}, err
	}
	if len(password) > 1024 { // hashing a very long text would be expensive
		return booking.SignedIn{}, refuse(booking.WrongPassword)
	}
	return s.engine.SignIn(r.Request.Context(), booking.SignInRequest{
		Email: email, Password: password,
		Address: rateLimitKey(s.address(r.Request)), Device: deviceName(r.Request), Known: s.known(r),
	})
}

// deviceName is stored with the session.
func deviceName(r *http.Request) string {
	ua := strings.ReplaceAll(strings.ToValidUTF8(r.UserAgent(), ""), "\x00", "")
	if len(ua) > 200 {
		ua = strings.ToValidUTF8(ua[:200], "")
	}
	return ua
}

// logout ends the session and its sockets.
func (s *Server) logout(r *request) (response, error) {
	if r.token != "" {
		if err := s.engine.SignOut(r.Request.Context(), r.token); err != nil {
			return response{}, err
		}
		s.Live.EndSession(r.session)
	}
	s.dropCookie(r)
	return response{redirect: "/login", reload: true, json: struct{}{}}, nil
}

func (s *Server) renderLogin(r *request, next string, refused *booking.Error) func() error {
	return func() error {
		f := s.frame(r)
		f.Actor = booking.Actor{}
		pr := s.present(r)
		var demo *present.Demo
		if s.demo != nil {
			demo = &s.demo.Demo
		}
		p := pr.Login(pr.Layout(f), next, s.token(r.Request) != "", demo, r.sent(refused))
		if r.studio.Public {
			p.PlanURL = present.PlanPath
		}
		if s.registers(r.studio) {
			p.RegisterURL = registerPath(next)
		}
		p.Passkeys = s.passkeySite(r).Usable()
		p.NoCookies = r.query.values.Get("signed_in") != ""
		return s.renderPage(r, p)
	}
}
