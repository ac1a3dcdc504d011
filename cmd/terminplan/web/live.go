package web

import (
	"errors"
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/live"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/hub"
	"terminplan/templates"
)

// maxDays limits the view to a month as a calendar shows it.
const maxDays = 42

// publicDays limits the view of the public schedule: to a week, or to a day with the class that
// runs since the days before.
const publicDays = 8

// readView reads the view of a page from the URL of its socket.
func readView(f *form, zone *time.Location) live.View {
	view := live.View{Digest: f.text("seen", 20), Lang: templates.Lang(f.values.Get("lang")), Grid: f.flag("grid")}
	if view.Lang != "" && !knownLanguage(string(view.Lang)) {
		f.wrong("lang", "language")
	}
	switch f.values.Get("view") {
	case "schedule":
		readSpan(f, zone, &view, maxDays)
	case "class", "roster":
		view.Class = f.id("class")
		if view.Class == 0 {
			f.wrong("class", "missing")
		}
		if f.values.Get("view") == "roster" {
			view.Roster = view.Class
		}
		readDay(f, zone, &view)
	case "bookings":
		view.List = parts.BookingsID
	case "home":
		view.List = parts.HomeID
		readDay(f, zone, &view)
	case "person":
	default:
		f.wrong("view", "choice")
	}
	return view
}

// readSpan reads the days whose classes the page lists, at most the given number.
func readSpan(f *form, zone *time.Location, view *live.View, most int) {
	view.From = f.day("from", zone)
	if view.From.IsZero() {
		view.From = present.Midnight(time.Now(), zone)
	}
	days := f.number("days", 1, most, 1)
	if !present.InSchedule(view.From, present.AddDays(view.From, days-1), time.Now()) {
		f.wrong("from", "beyond_schedule")
	}
	view.Span(days)
}

// readDay reads the day whose classes the page lists, if it lists any.
func readDay(f *form, zone *time.Location, view *live.View) {
	if view.From = f.day("from", zone); view.From.IsZero() {
		return
	}
	if !present.InSchedule(view.From, view.From, time.Now()) {
		f.wrong("from", "beyond_schedule")
	}
	view.Span(1)
}

// liveSocket opens the socket of a page. It refuses before the upgrade, with the functions
// that guard the pages, and does nothing for a request that is refused: topics and channels
// are made last.
func (s *Server) liveSocket(r *request) (response, error) {
	ctx := r.Request.Context()
	if s.ready.draining.Load() {
		return response{}, refuse(booking.Interrupted)
	}
	if err := s.hub.CheckHandshake(r.Request); err != nil {
		return response{}, handshakeError(err)
	}
	view := readView(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	if view.Lang == "" {
		view.Lang = templates.Lang(r.lang)
	}
	switch {
	case view.Roster != 0 && !r.actor.Role.Staff():
		return response{}, refuse(booking.Forbidden)
	case view.Roster != 0:
		if err := s.engine.CanSeeRoster(ctx, r.actor, view.Roster); err != nil {
			return response{}, err
		}
	case view.Class != 0: // a member must not learn of a hidden class
		if _, _, err := s.classAndState(ctx, r.actor, view.Class); err != nil {
			return response{}, err
		}
	}
	if view.List != "" {
		var err error
		if view.Follow, err = s.engine.ClassesOf(ctx, r.actor); err != nil {
			return response{}, err
		}
	}
	viewer := live.Viewer{Session: r.session, Actor: r.actor, Network: rateLimitKey(s.address(r.Request))}
	if err := s.Live.Serve(r.Writer, r.Request, view, viewer); err != nil {
		return response{}, handshakeError(err)
	}
	return response{}, nil
}

// handshakeError returns a refusal of the hub as an error of this package.
func handshakeError(err error) error {
	var refused *hub.HandshakeError
	if !errors.As(err, &refused) {
		return nil // the response is written already
	}
	code := badRequest
	switch refused.Status {
	case http.StatusForbidden:
		code = crossSite
	case http.StatusTooManyRequests:
		code = booking.Throttled
	case http.StatusServiceUnavailable:
		code = booking.Interrupted
	}
	return &booking.Error{Code: code, Err: err}
}
