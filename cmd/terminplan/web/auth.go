package web

import (
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
	r.Header("Clear-Site-Data", `"cache"`)
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
