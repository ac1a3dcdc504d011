package web

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

func (s *Server) present(r *request) present.Presenter {
	pr := present.Presenter{Messages: s.pages, Lang: templates.Lang(r.lang), Zone: r.studio.Zone, Epoch: s.Live.Epoch(), Staff: r.actor.Role.Staff(), Counts: r.studio.SeatCounts}
	if pr.Zone == nil {
		pr.Zone = time.UTC // the studio could not be read: an error page needs none
	}
	return pr
}

// show writes a whole page.
func (s *Server) show(r *request, p templates.Page) error {
	return s.pages.Page(templates.Lang(r.lang), p).Render(r.Writer)
}

// fragment writes one define as the answer to htmx.
func (s *Server) fragment(r *request, name string, data any) error {
	return s.pages.Part(templates.Lang(r.lang), name, data).Render(r.Writer)
}

// replacing writes one define and besides it others that htmx puts elsewhere.
func (s *Server) replacing(r *request, main []byte, beside ...[]byte) error {
	r.Header("Content-Type", "text/html; charset=utf-8")
	_, err := r.Writer.Write(bytes.Join(append([][]byte{main}, beside...), nil))
	return err
}

// layout is what every page has around it.
func (s *Server) layout(r *request, active, live string) (templates.Layout, error) {
	if r.actor.ID == 0 || r.actor.Role.Staff() {
		return s.layoutOf(r, active, live, booking.Mine{}), nil
	}
	mine, err := s.mine(r)
	return s.layoutOf(r, active, live, mine), err
}

// mine is the person's balance and alerts.
func (s *Server) mine(r *request) (booking.Mine, error) {
	return s.engine.MineNow(r.Request.Context(), r.actor.ID)
}

func (s *Server) layoutOf(r *request, active, live string, mine booking.Mine) templates.Layout {
	pr := s.present(r)
	l := s.frame(r, active, live)
	l.Notice = s.keptNotice(r)
	if l.Area == "member" {
		l.Alerts, l.Balance = pr.Alerts(mine), pr.Balance(mine)
	}
	return l
}

// frame is a layout without what happened to the person.
func (s *Server) frame(r *request, active, live string) templates.Layout {
	l := templates.Layout{Wrong: r.wrong, Studio: r.studio.Name, Active: active, Path: r.here(), Live: live, Epoch: s.Live.Epoch()}
	if len(r.studio.Languages) == 1 {
		l.OneLanguage = r.studio.Languages[0]
	}
	switch {
	case r.actor.ID == 0:
		l.Live = ""
	case r.actor.Role.Staff():
		l.Area, l.SeesMembers, l.SeesSettings = "staff", r.actor.Can(booking.SeeMembers), r.actor.Can(booking.EditSettings)
	default:
		l.Area = "member"
	}
	return l
}

// errorPage says that something is not there, not allowed or not possible now.
func (s *Server) errorPage(r *request, status int, e *booking.Error) {
	l, err := templates.Layout{}, error(nil)
	if status < 500 {
		l, err = s.layout(r, "", "")
	}
	if status >= 500 || err != nil {
		// What failed would fail again: the page goes without.
		l = templates.Layout{Studio: r.studio.Name, Path: "/", Epoch: s.Live.Epoch()}
	}
	p := &templates.ErrorPage{Layout: l, Status: status, Text: s.present(r).Refusal(e)}
	if status >= 500 {
		p.Request = r.id
	}
	r.Status(status)
	if r.wants == asPart {
		err = s.fragment(r, parts.Notice, templates.Notice{Kind: "refused", Text: p.Text})
	} else {
		err = s.show(r, p)
	}
	if err != nil {
		s.log.Error("the error page failed", "request", r.id, "err", err)
		if !r.Writer.Written() {
			r.String(status, "%d\n", status)
		}
	}
}

// again is a refusal whose page can be shown once more, with the message where
// it belongs.
type again struct {
	err  error
	page func() error
	part func() error
}

func (a *again) Error() string { return a.err.Error() }

func (a *again) Unwrap() error { return a.err }

// reshow reports whether showing the page again makes sense for a refusal.
func reshow(err error) bool {
	switch refusal(err).Code {
	case booking.NotFound, booking.SignedOut, booking.Forbidden, booking.Throttled, internal:
		return false
	}
	return true
}

// notice is one sentence about what the person just did; the zero value is none.
type notice struct {
	refused bool
	why     *booking.Error // of a refusal, where fields are to be told apart
	text    string
	spoken  string
}

func (n notice) view() templates.Notice {
	switch {
	case n.text == "":
		return templates.Notice{}
	case n.refused:
		return templates.Notice{Kind: "refused", Text: n.text}
	}
	return templates.Notice{Kind: "done", Text: n.text}
}

func (s *Server) refusedNotice(r *request, err error) notice {
	e := refusal(err)
	return notice{refused: true, why: e, text: s.present(r).Refusal(e)}
}

// noticeCookie carries a sentence over the redirect after a form without
// script. It lives for one page.
func (s *Server) noticeCookie() string {
	if s.https {
		return "__Host-notice"
	}
	return "notice"
}

func (s *Server) keepNotice(r *request, n notice) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: s.noticeCookie(), Value: base64.RawURLEncoding.EncodeToString([]byte(n.text)), Path: "/", MaxAge: 30,
		Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// keptNotice takes the sentence that the redirect brought.
func (s *Server) keptNotice(r *request) templates.Notice {
	c, err := r.Request.Cookie(s.noticeCookie())
	if err != nil || r.Request.Method != http.MethodGet || r.wants != asPage {
		return templates.Notice{}
	}
	http.SetCookie(r.Writer, &http.Cookie{Name: c.Name, Path: "/", MaxAge: -1, Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(text) > 1000 || !clean(string(text)) {
		return templates.Notice{}
	}
	return notice{text: string(text)}.view()
}

// newKey is an idempotency key for a form that works without script.
func newKey() string { return uuid.Must(uuid.NewRandomFromReader(rand.Reader)).String() }

// swapTarget is the id of the element that htmx will put the answer into.
func (r *request) swapTarget() string {
	_, id, _ := strings.Cut(r.GetHeader("HX-Target"), "#")
	return id
}
