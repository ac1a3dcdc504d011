package web

import (
	"cmp"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/live"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// boardDays is how many days the board shows: today and tomorrow.
const boardDays = 2

func boardPath(b booking.Board) string { return "/board/" + b.Secret }

// openBoard checks the secret in the path. A wrong one is "not found", as is a board that is
// off. It reads the studio again: for visitors without a session, an error of the database is
// no error of the request, and must not look like a wrong secret.
func (s *Server) openBoard(r *request) (err error) {
	// The address is a secret, so neither other sites nor search engines may learn it.
	r.Header("Referrer-Policy", "no-referrer")
	r.Header("X-Robots-Tag", "noindex, nofollow")
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		return err
	}
	if !r.studio.Board.Opens(r.Param("secret")) {
		return refuse(booking.NotFound)
	}
	r.lang = r.studio.Language // the room reads it, not one person
	if lang := r.query.values.Get("lang"); knownLanguage(lang) {
		r.lang = lang
	}
	r.Header("Content-Language", r.lang)
	return nil
}

// board shows the classes of today and tomorrow to everybody who has the address.
func (s *Server) board(r *request) (response, error) {
	if err := s.openBoard(r); err != nil {
		return response{}, err
	}
	ctx := r.Request.Context()
	today := present.Midnight(time.Now(), r.studio.Zone)
	query, err := s.withRunning(r, present.ScheduleQuery{Date: today})
	if err != nil {
		return response{}, err
	}
	from, _ := query.Span()
	to := present.AddDays(today, boardDays)
	data := present.BoardData{
		Studio: r.studio, Path: boardPath(r.studio.Board), Link: s.siteURL(r), Site: cmp.Or(s.public.Host(), r.Request.Host),
		Still: r.query.values.Has("static"),
	}
	if data.Classes, err = s.engine.Schedule(ctx, from, to); err != nil {
		return response{}, err
	}
	next, err := s.engine.NextClass(ctx, to)
	if err == nil {
		data.Next = &next
	} else if booking.CodeOf(err) != booking.NotFound {
		return response{}, err
	}
	return response{secret: true, page: func() error {
		p, err := s.present(r).Board(data)
		if err != nil {
			return err
		}
		return s.renderPage(r, p)
	}}, nil
}

// siteURL is the address of the site, as far as it is known: that of the request at least.
func (s *Server) siteURL(r *request) string {
	return cmp.Or(s.public.link("/"), "http://"+r.Request.Host+"/")
}

// boardSocket opens the socket of a board.
func (s *Server) boardSocket(r *request) (response, error) {
	if s.ready.draining.Load() {
		return response{}, refuse(booking.Interrupted)
	}
	if err := s.hub.CheckHandshake(r.Request); err != nil {
		return response{}, handshakeError(err)
	}
	if err := s.openBoard(r); err != nil {
		return response{}, err
	}
	view := live.View{
		Board: r.studio.Board.Secret, Lang: templates.Lang(r.lang), From: present.Midnight(time.Now(), r.studio.Zone),
	}
	view.Span(boardDays)
	viewer := live.Viewer{Network: rateLimitKey(s.address(r.Request))}
	if err := s.Live.Serve(r.Writer, r.Request, view, viewer); err != nil {
		return response{}, handshakeError(err)
	}
	return response{}, nil
}

type boardJSON struct {
	On          bool   `json:"on"`
	Address     string `json:"address"` // empty: the board was never on
	Secret      string `json:"secret"`
	Daylight    bool   `json:"daylight"`
	Instructors bool   `json:"instructors"`
	Waiting     bool   `json:"waiting"`
	Seconds     int    `json:"board_seconds"`
}

func (s *Server) boardJSON(r *request, b booking.Board) boardJSON {
	return boardJSON{b.On, s.boardAddress(r, b), b.Secret, b.Daylight, b.Instructors, b.Waiting, b.Seconds}
}

func (s *Server) boardAddress(r *request, b booking.Board) string {
	if b.Secret == "" {
		return ""
	}
	return strings.TrimSuffix(s.siteURL(r), "/") + boardPath(b)
}

// boardSettings shows the address of the board and what the board shows.
func (s *Server) boardSettings(r *request) (response, error) {
	return response{secret: true, page: s.renderBoardSettings(r, nil), json: s.boardJSON(r, r.studio.Board)}, nil
}

func (s *Server) renderBoardSettings(r *request, refused *booking.Error) func() error {
	return func() error {
		data, err := s.settingsData(r)
		if err != nil {
			return err
		}
		p, err := s.present(r).BoardSettings(s.frame(r), data, s.boardAddress(r, r.studio.Board), r.sent(refused))
		if err != nil {
			return err
		}
		return s.renderPage(r, p)
	}
}

// editBoard switches the board on or off, or changes what it shows. Settings that
// the form lacks keep their values.
func (s *Server) editBoard(r *request) (response, error) {
	now := r.studio.Board
	if r.form.values.Has("on") {
		now.On = r.form.flag("on")
	}
	if r.form.values.Get("form") == "shown" { // switches that are off are not sent
		now.Daylight, now.Instructors, now.Waiting = r.form.flag("daylight"), r.form.flag("instructors"), r.form.flag("waiting")
	}
	now.Seconds = r.form.number("board_seconds", booking.BoardSecondsMin, booking.BoardSecondsMax, now.Seconds)
	err := r.form.failed(now.Check)
	if err == nil {
		now, err = s.engine.EditBoard(r.Request.Context(), r.actor, now)
	}
	return s.boardChanged(r, now, err)
}

// resetBoard gives the board another address, and closes all boards with the former one.
func (s *Server) resetBoard(r *request) (response, error) {
	now, err := s.engine.ResetBoard(r.Request.Context(), r.actor, r.form.values.Get("former"))
	return s.boardChanged(r, now, err)
}

func (s *Server) boardChanged(r *request, now booking.Board, err error) (response, error) {
	if err != nil {
		return response{}, s.redisplaySettings(r, err, s.renderBoardSettings(r, refusal(err)))
	}
	studio := r.studio
	studio.Board = now
	s.Live.UpdateSettings(studio)
	return response{redirect: "/settings/board", notice: s.receipt(r, "receipt.saved"), json: s.boardJSON(r, now), secret: true}, nil
}
