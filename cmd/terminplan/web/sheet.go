package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// sheetView reads a class for its sheet. With a choice, the switch of the recurring booking
// is on.
func (s *Server) sheetView(r *request, id int64, n templates.Notice, choice *templates.RecurringChoice) (classPage, any, error) {
	c, m, err := s.classAndState(r.Request.Context(), r.actor, id)
	if err != nil {
		return classPage{}, nil, err
	}
	sheet := s.present(r).Sheet(r.studio, c, m, n)
	if choice != nil {
		sheet = present.WithRecurring(sheet, *choice)
	}
	page := func() error {
		l, err := s.layout(r, "schedule", url.Values{"view": {"class"}, "class": {strconv.FormatInt(id, 10)}}.Encode())
		if err != nil {
			return err
		}
		return s.renderPage(r, &templates.ClassPage{Layout: l, Back: s.backFrom(r, c), Sheet: sheet})
	}
	json := map[string]any{"epoch": r.epoch, "class": toClassJSON(c, toPersonalJSON(m), r.counts()), "usable_credits": m.Usable}
	return classPage{page: page, fragment: func() error { return s.renderFragment(r, parts.ClassSheet, sheet) }}, json, nil
}

// backFrom is the page from which one came to a class: as the browser says, else the day of
// the class in the schedule.
func (s *Server) backFrom(r *request, c booking.Class) templates.Back {
	came := r.cameFrom()
	path, _, _ := strings.Cut(came, "?")
	switch path {
	case "/schedule", "/bookings":
		return templates.Back{URL: came, Page: path[1:]}
	case "/home", "/alerts", "/today", "/credits":
		return templates.Back{URL: came}
	}
	return templates.Back{URL: "/schedule?date=" + c.StartsAt.In(r.studio.Zone).Format(time.DateOnly), Page: "schedule"}
}
