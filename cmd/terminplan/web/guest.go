package web

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// guest shows a guest the own seat. Everybody with the link sees it, staff included.
func (s *Server) guest(r *request) (response, error) {
	v, err := s.openGuest(r)
	if err != nil {
		return response{}, err
	}
	return response{secret: true, page: s.renderGuest(r, v, nil)}, nil
}

// openGuest reads the seat to which the token in the path leads. A visitor who chose no language
// reads that of the mails to the guest. It reads the studio again: for visitors without a session,
// an error of the database is no error of the request, and must not look like a wrong link.
func (s *Server) openGuest(r *request) (v booking.GuestSeat, err error) {
	r.Header("X-Robots-Tag", "noindex, nofollow") // that other sites never learn the address is the policy of all pages
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		return v, err
	}
	if v, err = s.engine.GuestSeat(r.Request.Context(), r.Param("token")); err != nil {
		return v, err
	}
	if r.actor.ID == 0 {
		r.lang = languageOf(r.Request, v.Guest.Language, r.studio)
		r.Header("Content-Language", r.lang)
	}
	return v, nil
}

func (s *Server) renderGuest(r *request, v booking.GuestSeat, refused *booking.Error) func() error {
	return func() error {
		pr := s.present(r)
		pr.Staff, pr.Contacts = false, false
		f := present.Frame{Studio: r.studio, Path: present.GuestPath(r.Param("token")), Wrong: r.wrong, Notice: s.takeNotice(r)}
		return s.renderPage(r, pr.Guest(pr.Layout(f), r.Param("token"), v, r.sent(refused)))
	}
}

// cancelAsGuest cancels the seat of the guest who has the link.
func (s *Server) cancelAsGuest(r *request) (response, error) {
	v, err := s.openGuest(r)
	if err != nil {
		return response{}, err
	}
	req := booking.CancelRequest{Key: r.key(), ReasonID: r.form.id("reason"), Text: r.form.text("text", booking.RemarkMax)}
	token := r.Param("token")
	if err = r.form.failed(reasonGiven(req.ReasonID)); err == nil {
		_, err = s.engine.CancelAsGuest(r.Request.Context(), token, req)
	}
	if err == nil {
		return response{redirect: present.GuestPath(token), secret: true}, nil
	}
	if r.format == asJSON || !canRedisplay(err) {
		return response{}, err
	}
	if now, err := s.engine.GuestSeat(r.Request.Context(), token); err == nil {
		v = now // the refusal may come from something that has changed since
	}
	page := s.renderGuest(r, v, refusal(err))
	return response{}, &redisplay{err: err, page: page, part: page}
}

// guestCalendar serves the seat of a guest as a file that any calendar adds once.
func (s *Server) guestCalendar(r *request) (response, error) {
	v, err := s.openGuest(r)
	if err != nil {
		return response{}, err
	}
	e, err := s.engine.CalendarOfGuest(r.Request.Context(), v.Booking.ID)
	if err != nil {
		return response{}, err
	}
	return response{}, s.writeEvent(r, e, s.calendarSite(r).Link+present.GuestPath(r.Param("token")))
}

type guestLinkJSON struct {
	BookingID int64     `json:"booking_id"`
	Link      string    `json:"link"`
	Until     time.Time `json:"until"`
}

// guestLink shows staff the link of a guest, to hand it over.
func (s *Server) guestLink(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	l, err := s.engine.GuestLink(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	address := strings.TrimSuffix(s.siteURL(r), "/") + present.GuestPath(l.Token)
	view := s.present(r).GuestLink(l, address)
	part := func() error { return s.renderFragment(r, parts.GuestLink, view) }
	page := func() error {
		layout, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.renderPage(r, &templates.GuestLinkPage{Layout: layout, Link: view})
	}
	return response{secret: true, page: page, part: part, json: guestLinkJSON{id, address, l.Until}}, nil
}
