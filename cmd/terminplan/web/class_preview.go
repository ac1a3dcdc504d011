package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// previewClass shows what the class form would create, while somebody types: the row that
// members would see, the dates, and what is taken. It saves nothing.
func (s *Server) previewClass(r *request) (response, error) {
	ctx := r.Request.Context()
	draft, err := s.readDraft(r)
	if err != nil && (r.format == asJSON || booking.CodeOf(err) != booking.Invalid) {
		return response{}, err
	}
	draft.Typed = present.Sent{Values: r.form.values, Refused: refusal(err)}
	show := func() error {
		types, err := s.engine.ActiveTypes(ctx)
		if err != nil {
			return err
		}
		options, err := s.engine.FormOptions(ctx)
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.ClassPreview, s.present(r).ClassPreview(draft, types, options))
	}
	json := map[string]any{"classes": toPlannedJSON(draft.Draft.Classes, r.studio.Zone)}
	if draft.Draft.Later > 0 {
		json["later_minutes"] = present.Minutes(draft.Draft.Later)
	}
	if draft.Draft.Room.ID != 0 {
		json["free_room"] = draft.Draft.Room.ID
	}
	return response{status: http.StatusOK, page: show, part: show, json: json}, nil
}

// draftFields are the fields without which nothing can be shown.
var draftFields = []string{"date", "time", "minutes", "room", "instructor", "until", "count", "every_weeks", "weekdays"}

// readDraft reads the class form and what it would create. The error is Invalid if not enough is
// typed yet.
func (s *Server) readDraft(r *request) (present.ClassDraft, error) {
	d := present.ClassDraft{ClassID: r.form.id("class"), Shown: shownDays(&r.form), Kept: r.form.values["day"]}
	d.Class = readClass(&r.form, r.studio.Zone, r.today(), r.studio.ClassRules())
	if r.form.flag("repeat") && d.ClassID == 0 {
		p := readPattern(&r.form, r.studio.Zone, d.Class.StartsAt)
		if p.Last.IsZero() && p.Count == 0 {
			p.Last = present.SeriesEnd(p.First)
		}
		p.Skip = leftOut(d.Shown, d.Kept)
		d.Pattern = &p
	}
	if slices.ContainsFunc(r.form.faults, func(e *booking.Error) bool { return slices.Contains(draftFields, e.Field) }) {
		return d, r.form.failed()
	}
	var err error
	d.Draft, err = s.engine.PreviewDraft(
		r.Request.Context(), r.actor, booking.DraftRequest{ClassID: d.ClassID, Class: d.Class, Pattern: d.Pattern},
	)
	return d, err
}

// leftOut returns the days that were shown and are not kept.
func leftOut(shown, kept []string) (days []time.Time) {
	for _, text := range shown {
		if day, err := time.Parse(time.DateOnly, text); err == nil && !slices.Contains(kept, text) {
			days = append(days, day)
		}
	}
	return days
}

// shownDays are the days that the form showed.
func shownDays(f *form) []string {
	if !f.has("shown") {
		return nil
	}
	return strings.Split(f.values.Get("shown"), ",")
}
