package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// calendarExt ends the addresses of calendars: some programs refuse others.
const calendarExt = ".ics"

func calendarPath(s booking.CalendarSettings) string { return "/calendar/" + s.Token + calendarExt }

// calendarSite names the site in calendars. The identifiers of events need a host that does not
// depend on the request.
func (s *Server) calendarSite(r *request) present.CalendarSite {
	return present.CalendarSite{
		Link: strings.TrimSuffix(s.siteURL(r), "/"), Host: cmp.Or(s.public.Host(), s.engine.CalendarHost()),
	}
}

// calendarFeed serves the feed of a person to everybody who has its address, in any format that
// the client may accept: the importer of Google asks for none.
func (s *Server) calendarFeed(r *request) (response, error) {
	// The address is a secret, so neither other sites nor search engines may learn it.
	r.Header("Referrer-Policy", "no-referrer")
	r.Header("X-Robots-Tag", "noindex, nofollow")
	token, isFeed := strings.CutSuffix(r.Param("token"), calendarExt)
	if !isFeed {
		return response{}, refuse(booking.NotFound)
	}
	var err error
	// For clients without a session an error of the database is no error of the request yet. It
	// must not look like a wrong address.
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		return response{}, err
	}
	cal, err := s.engine.Calendar(r.Request.Context(), token)
	if err != nil {
		return response{}, err
	}
	r.lang = cmp.Or(cal.Person.Language, r.studio.Language)
	r.Header("Content-Language", r.lang)
	r.Header("Cache-Control", "private, max-age=300")
	return response{}, writeCalendar(r, s.present(r).Calendar(s.calendarSite(r), r.studio.Name, cal.Entries))
}

// writeCalendar writes iCalendar, or that the client has this content already. The tag is weak,
// since the same content leaves in several encodings.
func writeCalendar(r *request, content []byte) error {
	sum := sha256.Sum256(content)
	if r.unchanged(`W/"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`) {
		return nil
	}
	r.Data(http.StatusOK, "text/calendar; charset=utf-8", content)
	return nil
}

// calendarBooking serves one booking as a file that any calendar adds once.
func (s *Server) calendarBooking(r *request) (response, error) {
	id, ok := parseID(strings.TrimSuffix(r.Param("id"), calendarExt))
	if !ok {
		return response{}, refuse(booking.NotFound)
	}
	e, err := s.engine.CalendarBooking(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	return response{}, s.writeEvent(r, e, s.calendarSite(r).Link+present.ClassPath(e.Class.ID))
}

// writeEvent writes one entry as a file that a browser hands to the calendar of the device. link
// is where the person sees the seat.
func (s *Server) writeEvent(r *request, e booking.CalendarEntry, link string) error {
	r.Header("Content-Disposition", fmt.Sprintf(`inline; filename="class-%d%s"`, e.Class.ID, calendarExt))
	return writeCalendar(r, s.present(r).CalendarEvent(s.calendarSite(r), e, link))
}

type calendarJSON struct {
	Address  string `json:"address"`
	Waitlist bool   `json:"waitlist"`
}

func (s *Server) calendarAddress(r *request, c booking.CalendarSettings) string {
	return s.calendarSite(r).Link + calendarPath(c)
}

// calendarSettings shows the address of the person's feed and what the feed shows.
func (s *Server) calendarSettings(r *request) (response, error) {
	c, err := s.engine.CalendarSettings(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	address := s.calendarAddress(r, c)
	page := func() error {
		personal, err := s.personal(r)
		if err != nil {
			return err
		}
		f := s.frame(r)
		f.Live, f.Personal = "view=person", personal
		return s.renderPage(r, s.present(r).CalendarPage(f, c, address))
	}
	return response{secret: true, page: page, json: calendarJSON{address, c.Waitlist}}, nil
}

// editCalendar chooses what the feed shows. A switch that is off is not sent.
func (s *Server) editCalendar(r *request) (response, error) {
	show := r.form.flag("waitlist")
	err := r.form.failed()
	if err == nil {
		err = s.engine.ShowWaitlistInCalendar(r.Request.Context(), r.actor, show)
	}
	if err != nil {
		return response{}, err
	}
	return response{redirect: "/profile/calendar", notice: s.receipt(r, "receipt.saved"), json: struct{}{}}, nil
}

// resetCalendar gives the feed another address.
func (s *Server) resetCalendar(r *request) (response, error) {
	c, err := s.engine.ResetCalendar(r.Request.Context(), r.actor, r.form.values.Get("former"))
	if err != nil {
		return response{}, err
	}
	return response{
		secret: true, redirect: "/profile/calendar", notice: s.receipt(r, "receipt.calendar_reset"),
		json: calendarJSON{s.calendarAddress(r, c), c.Waitlist},
	}, nil
}
