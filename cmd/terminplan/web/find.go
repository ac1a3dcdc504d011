package web

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// foundMax is how many people and how many classes a search lists. findDays is how many days
// of the schedule it looks at.
const (
	foundMax = 6
	findDays = 14
)

// find searches people, classes of the coming days, days and actions: each with the rights of
// the reader, and with one bounded read.
func (s *Server) find(r *request) (response, error) {
	ctx := r.Request.Context()
	q, at := r.query.text("q", booking.NameMax), r.query.id("class")
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	look := present.FindQuery{Text: q}
	var err error
	if q != "" && r.actor.Can(booking.SeeMembers) {
		search := booking.DirectoryQuery{Search: q, Limit: foundMax}
		if look.People, _, err = s.engine.Members(ctx, r.actor, search); err != nil {
			return response{}, err
		}
	}
	now := s.present(r).Now
	today := present.Midnight(now, r.studio.Zone)
	if look.Classes, err = s.engine.Schedule(ctx, today, present.AddDays(today, findDays)); err != nil {
		return response{}, err
	}
	if at != 0 {
		c, err := s.engine.Class(ctx, at)
		if booking.CodeOf(err) != booking.NotFound {
			if err != nil {
				return response{}, err
			}
			look.Open = &c
		}
	}
	found := s.present(r).Find(r.actor, look, foundMax)
	part := func() error { return s.renderFragment(r, parts.Found, found) }
	page := func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.renderPage(r, &templates.FindPage{Layout: l, Found: found})
	}
	return response{page: page, part: part, json: toFoundJSON(found)}, nil
}

type foundJSON struct {
	Kind string `json:"kind"` // people, classes, days or actions
	Text string `json:"text"`
	URL  string `json:"url"`
}

func toFoundJSON(found templates.Found) map[string]any {
	list := []foundJSON{}
	for _, group := range found.Groups {
		for _, item := range group.Items {
			var text strings.Builder
			for _, piece := range item.Name {
				text.WriteString(piece.Text)
			}
			list = append(list, foundJSON{group.Kind, text.String(), item.URL})
		}
	}
	return map[string]any{"found": list}
}
