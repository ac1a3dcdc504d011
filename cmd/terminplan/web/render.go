package web

import (
	"bytes"
	"crypto/rand"
	"strings"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// present returns the presenter for the reader of the response.
func (s *Server) present(r *request) present.Presenter {
	pr := present.Presenter{
		Messages: s.pages, Lang: templates.Lang(r.lang), Zone: r.studio.Zone, Now: time.Now(), Epoch: r.epoch,
		Staff: r.actor.Role.Staff(), Contacts: r.actor.Can(booking.SeeMembers),
		Counts: r.studio.SeatCounts, Night: r.studio.Night, NewKey: newKey,
		PublicURL: strings.TrimSuffix(s.siteURL(r), "/"),
	}
	if pr.Zone == nil {
		pr.Zone = time.UTC // the studio could not be read; an error page shows no times
	}
	return pr
}

// renderPage writes a whole page.
func (s *Server) renderPage(r *request, p templates.Page) error {
	return s.pages.Page(templates.Lang(r.lang), p).Render(r.Writer)
}

// renderFragment writes one fragment as the response to htmx.
func (s *Server) renderFragment(r *request, name string, data any) error {
	return s.pages.Part(templates.Lang(r.lang), name, data).Render(r.Writer)
}

// writeFragments writes a fragment as the response, and others that htmx puts into other
// elements.
func (s *Server) writeFragments(r *request, main []byte, beside ...[]byte) error {
	r.Header("Content-Type", "text/html; charset=utf-8")
	_, err := r.Writer.Write(bytes.Join(append([][]byte{main}, beside...), nil))
	return err
}

// layout returns the frame of a page.
func (s *Server) layout(r *request, active, live string) (templates.Layout, error) {
	if r.actor.ID == 0 || r.actor.Role.Staff() {
		return s.layoutOf(r, active, live, booking.Personal{}), nil
	}
	personal, err := s.personal(r)
	return s.layoutOf(r, active, live, personal), err
}

// personal reads the balance and the alerts of the person.
func (s *Server) personal(r *request) (booking.Personal, error) {
	return s.engine.PersonalOf(r.Request.Context(), r.actor.ID)
}

// frame returns the values for the layout around a page. Only the layout of a member needs
// more.
func (s *Server) frame(r *request) present.Frame {
	f := frameWithoutNotice(r)
	f.Notice = s.takeNotice(r)
	if r.actor.Can(booking.EditSettings) {
		f.Channels = s.channels(s.watch.get(r.Request.Context(), s.engine))
	}
	return f
}

func frameWithoutNotice(r *request) present.Frame {
	return present.Frame{Studio: r.studio, Actor: r.actor, Path: r.here(), Wrong: r.wrong}
}

func (s *Server) layoutOf(r *request, active, live string, personal booking.Personal) templates.Layout {
	f := s.frame(r)
	f.Active, f.Live, f.Personal = active, live, personal
	return s.present(r).Layout(f)
}

// errorPage writes the page of a refusal that no form can show.
func (s *Server) errorPage(r *request, status int, e *booking.Error) {
	l, err := templates.Layout{}, error(nil)
	if status < 500 {
		l, err = s.layout(r, "", "")
	}
	if status >= 500 || err != nil {
		// The same read would fail again, so the page has no alerts and no balance.
		l = s.present(r).Layout(present.Frame{Studio: r.studio, Path: "/"})
	}
	p := s.present(r).Error(l, status, e, r.id)
	r.Status(status)
	if r.format == asFragment {
		err = s.renderFragment(r, parts.Notice, present.Refused(s.present(r).Refusal(e)))
	} else {
		err = s.renderPage(r, p)
	}
	if err != nil {
		s.log.Error("the error page failed", "request", r.id, "err", err)
		if !r.Writer.Written() {
			r.String(status, "%d\n", status)
		}
	}
}

// newKey returns an idempotency key for a form that works without script.
func newKey() string { return uuid.Must(uuid.NewRandomFromReader(rand.Reader)).String() }
