package web

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// response is the result of a handler in each form that a client may ask for.
// writeResponse calls page or part only if the client asked for it.
type response struct {
	status   int          // 0: 200
	page     func() error // writes the whole page
	part     func() error // writes the fragment for htmx
	json     any
	redirect string // after a POST of a plain form: the page to go to
	notice   notice // the notice on the page after the redirect
	reload   bool   // also redirect htmx, since no single element can be replaced
	text     string // plain text for probes
	secret   bool   // it shows a secret, so it is not compressed
}

// writeResponse writes the response in the form that the client asked for.
func (s *Server) writeResponse(r *request, res response) error {
	status := res.status
	if status == 0 {
		status = http.StatusOK
	}
	if res.secret {
		r.Header(gzhttp.HeaderNoCompression, "1") // the wrapper removes it
	}
	switch {
	case r.Writer.Written():
		return nil // the connection is a WebSocket now
	case res.text != "":
		r.String(status, res.text)
	case r.format == asJSON && res.json != nil:
		r.JSON(status, res.json)
	case r.format == asJSON, status == http.StatusNoContent:
		r.Status(http.StatusNoContent)
		r.Writer.WriteHeaderNow()
	case r.format == asFragment && res.part != nil:
		r.Status(status)
		return res.part()
	case r.format == asFragment && res.redirect != "" && (res.reload || res.page == nil):
		r.Header("HX-Redirect", res.redirect)
		r.Status(http.StatusOK)
		r.Writer.WriteHeaderNow()
	case res.redirect != "":
		if res.notice.text != "" {
			s.setNoticeCookie(r, res.notice)
		}
		r.seeOther(res.redirect)
	case res.page != nil:
		r.Status(status)
		return res.page()
	default:
		r.Status(http.StatusNoContent)
		r.Writer.WriteHeaderNow()
	}
	return nil
}

// redisplay is a refusal together with its page, which is displayed again with the message
// at the right field.
type redisplay struct {
	err  error
	page func() error
	part func() error
}

func (a *redisplay) Error() string { return a.err.Error() }

func (a *redisplay) Unwrap() error { return a.err }

// canRedisplay reports whether the page can be displayed again for a refusal.
func canRedisplay(err error) bool {
	switch refusal(err).Code {
	case booking.NotFound, booking.SignedOut, booking.Forbidden, booking.Throttled, internal:
		return false
	}
	return true
}

// notice is one sentence about the action of the person; the zero value is none.
type notice struct {
	refused bool
	why     *booking.Error // the refusal with its fields; nil after a success
	text    string
	spoken  string
	asked   []booking.Added // people about whom the desk decides
	removed int64           // the booking that staff cancelled, if that can be undone; 0: none
}

func (n notice) view() templates.Notice {
	switch {
	case n.text == "":
		return templates.Notice{}
	case n.refused:
		return present.Refused(n.text)
	}
	done := present.Done(n.text)
	if n.spoken != n.text {
		done.Spoken = n.spoken
	}
	return done
}

func (s *Server) refusedNotice(r *request, err error) notice {
	e := refusal(err)
	return notice{refused: true, why: e, text: s.present(r).Refusal(e)}
}

// noticeCookieName names the cookie that carries a notice over a redirect. The cookie
// lives for one page.
func (s *Server) noticeCookieName() string {
	if s.public.Secure() {
		return "__Host-notice"
	}
	return "notice"
}

func (s *Server) setNoticeCookie(r *request, n notice) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.noticeCookieName(), Value: base64.RawURLEncoding.EncodeToString([]byte(n.text)), Path: "/", MaxAge: 30,
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// takeNotice returns the notice of the cookie and deletes the cookie.
func (s *Server) takeNotice(r *request) templates.Notice {
	c, err := r.Request.Cookie(s.noticeCookieName())
	if err != nil || r.Request.Method != http.MethodGet || r.format != asPage {
		return templates.Notice{}
	}
	http.SetCookie(r.Writer, &http.Cookie{
		Name: c.Name, Path: "/", MaxAge: -1, Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(text) > 1000 || !validText(string(text)) {
		return templates.Notice{}
	}
	return notice{text: string(text)}.view()
}

// unchanged names the content by its tag. If the client has this content, it answers so and
// returns true.
func (r *request) unchanged(tag string) bool {
	r.Header("ETag", tag)
	if !matchesTag(r.GetHeader("If-None-Match"), tag) {
		return false
	}
	r.Status(http.StatusNotModified)
	r.Writer.WriteHeaderNow()
	return true
}

// matchesTag compares by the weak rule of RFC 9110, 13.1.2.
func matchesTag(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
