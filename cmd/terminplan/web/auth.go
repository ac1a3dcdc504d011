package web

import (
	"fmt"
	"net/http"
	"time"

	"terminplan/booking"
)

// cookieName depends on the scheme of the site: browsers silently drop Secure cookies on
// plain HTTP, and the prefix __Host- needs Secure.
func (s *Server) cookieName() string {
	if s.public.Secure() {
		return "__Host-terminplan"
	}
	return "terminplan"
}

func (s *Server) setCookie(r *request, token string, until time.Time) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.cookieName(), Value: token, Path: "/", Expires: until,
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) dropCookie(r *request) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.cookieName(), Path: "/", MaxAge: -1,
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	// The service worker and the login page delete the bookings that the device keeps. The value
	// "storage" would do so, too, but Chromium can stand still over it while a worker is running.
	r.Header("Clear-Site-Data", `"cache"`)
}

// knownCookieName names the cookie that marks the device as known to people who signed in on
// it. It outlives sessions.
func (s *Server) knownCookieName() string {
	if s.public.Secure() {
		return "__Host-known"
	}
	return "known"
}

func (s *Server) setKnownCookie(r *request, known string) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.knownCookieName(), Value: known, Path: "/", MaxAge: int(booking.DeviceLife / time.Second),
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// known returns the mark of the device; empty: none.
func (s *Server) known(r *request) string {
	c, err := r.Request.Cookie(s.knownCookieName())
	if err != nil || len(c.Value) > 1000 {
		return ""
	}
	return c.Value
}

// neighbourhood names the clients that share a limit: those of an address or, on a known
// device, one person.
func (s *Server) neighbourhood(r *request) string {
	if person := s.engine.KnownTo(s.known(r)); person != 0 {
		return fmt.Sprint("person ", person)
	}
	return rateLimitKey(s.address(r.Request))
}

// proof returns the password that a signed-in person typed again.
func (s *Server) proof(r *request) booking.PasswordProof {
	return booking.PasswordProof{
		Session: r.session, Password: r.form.values.Get("password"), Address: rateLimitKey(s.address(r.Request)),
	}
}

// confirmPassword asks for the password again before a change that opens or ends accounts.
func (s *Server) confirmPassword(r *request) error {
	return s.engine.ConfirmPassword(r.Request.Context(), r.actor, s.proof(r))
}

// token returns the bearer token of an app, or the cookie of a browser.
func (s *Server) token(r *http.Request) string {
	if bearer, ok := bearerOf(r); ok {
		return bearer
	}
	if c, err := r.Cookie(s.cookieName()); err == nil {
		return c.Value
	}
	return ""
}

// identify sets the person of the request. A session that has ended is no error; the
// request then has no person. Requests that change something look past the session cache.
func (s *Server) identify(r *request) error {
	r.token = s.token(r.Request)
	if r.token == "" {
		return nil
	}
	if len(r.token) > 200 || !validText(r.token) {
		r.token = ""
		return nil
	}
	read := s.engine.Session
	if r.Request.Method == http.MethodPost {
		read = s.engine.SessionNow
	}
	actor, session, err := read(r.Request.Context(), r.token)
	switch {
	case booking.CodeOf(err) == booking.SignedOut:
		r.token = ""
		return nil
	case err != nil:
		return err
	}
	r.actor, r.session = actor, session
	return nil
}
