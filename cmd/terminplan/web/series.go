package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// readPattern reads the days of a series. The date of the class is the first day.
func readPattern(f *form, zone *time.Location, starts time.Time) booking.Pattern {
	p := booking.Pattern{
		First: booking.CalendarDay(starts, zone), EveryWeeks: f.number("every_weeks", 1, booking.EveryWeeksMax, 1),
		Count: f.number("count", 1, booking.SeriesMax, 0),
	}
	if last := f.typedDay("until", p.First); !last.IsZero() {
		p.Last, p.Count = last, 0
	}
	for _, text := range f.values["weekday"] {
		n, err := strconv.Atoi(text)
		if err != nil {
			f.wrong("weekdays", "choice")
		}
		p.Weekdays = append(p.Weekdays, n)
	}
	if len(p.Weekdays) == 0 {
		p.Weekdays = []int{(int(p.First.Weekday())+6)%7 + 1} // the weekday of the first class
	}
	for _, text := range f.values["skip"] {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			f.wrong("skip", "date")
		}
		p.Skip = append(p.Skip, day)
	}
	return p
}

type plannedJSON struct {
	ClassID   int64          `json:"class_id,omitempty"`
	Day       string         `json:"day"`
	StartsAt  time.Time      `json:"starts_at"`
	EndsAt    time.Time      `json:"ends_at"`
	Holiday   string         `json:"holiday,omitempty"`
	Conflicts []conflictJSON `json:"conflicts,omitempty"`
	Booked    int            `json:"booked"`
	Guests    int            `json:"guests"`
	Waiting   int            `json:"waiting"`
	Below     bool           `json:"below,omitempty"` // fewer seats than taken ones
}

type conflictJSON struct {
	Field    string    `json:"field"` // "room" or "instructor"
	ClassID  int64     `json:"class_id"`
	Title    string    `json:"title"`
	StartsAt time.Time `json:"starts_at"`
}

func toPlannedJSON(list []booking.PlannedClass, zone *time.Location) []plannedJSON {
	out := make([]plannedJSON, 0, len(list))
	for _, p := range list {
		j := plannedJSON{
			ClassID: p.Was.ID, Day: p.StartsAt.In(zone).Format(time.DateOnly), StartsAt: p.StartsAt, EndsAt: p.EndsAt, Holiday: p.Holiday,
			Booked: p.Was.Booked, Guests: p.Guests, Waiting: p.Was.Waiting, Below: p.Below,
		}
		for _, c := range p.Conflicts {
			j.Conflicts = append(j.Conflicts, conflictJSON{c.Field, c.ClassID, c.Title, c.StartsAt})
		}
		out = append(out, j)
	}
	return out
}

// createSeries creates the classes of a series after the person has seen its days: beside the
// form, or on a page of their own. A client of the API asks for the preview with "preview".
func (s *Server) createSeries(r *request, shown present.ClassForm, req booking.SeriesRequest) (response, error) {
	ctx := r.Request.Context()
	if err := r.form.failed(req.Check); err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	if r.form.flag("preview") || r.format != asJSON {
		list, err := s.engine.PreviewSeries(ctx, r.actor, req)
		if err != nil {
			return response{}, s.redisplayClassForm(r, shown, err)
		}
		days := make([]string, len(list))
		for i, p := range list {
			days[i] = p.Day.Format(time.DateOnly)
		}
		confirmed, beside := r.form.flag("confirmed"), shownDays(&r.form)
		unseen := func(day string) bool { return !slices.Contains(beside, day) }
		switch {
		case r.form.has("change"):
			return response{page: s.renderClassForm(r, shown, nil)}, nil
		case r.format == asJSON, !confirmed && slices.ContainsFunc(days, unseen):
			return response{
				page: s.renderSeriesReview(r, req, list), json: map[string]any{"classes": toPlannedJSON(list, r.studio.Zone)},
			}, nil
		}
		// The page lists the days that take place. An unticked day is skipped.
		req.Pattern.Skip = append(req.Pattern.Skip, leftOut(days, r.form.values["day"])...)
		req.Class.ConfirmConflict = req.Class.ConfirmConflict || confirmed
	}
	out, err := s.engine.CreateSeries(ctx, r.actor, req)
	if err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	first, err := s.engine.Class(ctx, out.Classes[0]) // the first day of the pattern may be left out
	if err != nil {
		return response{}, err
	}
	req.Class.StartsAt, req.Class.EndsAt = first.StartsAt, first.EndsAt
	return response{
		status: http.StatusCreated, redirect: s.afterCreation(r, first.ID, req.Class), reload: true,
		notice: s.receipt(r, "receipt.series", "N", len(out.Classes)),
		json:   map[string]any{"series_id": out.SeriesID, "class_ids": out.Classes},
	}, nil
}

// reviewEdit previews an edit and the people it concerns. The response has no page if the edit
// needs no review.
func (s *Server) reviewEdit(r *request, shown present.ClassForm, req booking.EditRequest) (response, error) {
	if r.format != asJSON && r.form.has("change") {
		return response{page: s.renderClassForm(r, shown, nil)}, nil
	}
	list, err := s.engine.PreviewEdit(r.Request.Context(), r.actor, req)
	switch code := booking.CodeOf(err); {
	case r.format != asJSON && (code == booking.StaleClass || code == booking.ClassBegun):
		// The edit is refused for the same reason, unless this is a repeat of one that succeeded.
		return response{}, nil
	case err != nil:
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	json := map[string]any{"classes": toPlannedJSON(list, r.studio.Zone)}
	switch {
	case r.format == asJSON:
		return response{page: s.renderEditReview(r, present.ClassPath(req.ClassID)+"/edit", req, list), json: json}, nil
	case r.form.flag("confirmed") || !needsReview(req, list):
		return response{}, nil
	}
	return response{
		status: http.StatusConflict,
		page:   s.renderEditReview(r, present.ClassPath(req.ClassID)+"/edit", req, list),
		json:   json,
	}, nil
}

// needsReview reports whether an edit needs a review: it changes several classes, has a
// conflict, or sends alerts to people.
func needsReview(req booking.EditRequest, list []booking.PlannedClass) bool {
	if len(list) > 1 {
		return true
	}
	return slices.ContainsFunc(list, func(p booking.PlannedClass) bool {
		was := p.Was
		moved := !was.StartsAt.Equal(p.StartsAt) || !was.EndsAt.Equal(p.EndsAt) ||
			was.LocationID != req.Class.LocationID || was.RoomID != req.Class.RoomID ||
			was.InstructorID != req.Class.InstructorID || was.SubstituteID != req.Class.SubstituteID
		return p.Below && !req.ConfirmBelow || moved && (len(p.Conflicts) > 0 || was.Booked+was.Waiting > 0)
	})
}

func (s *Server) renderSeriesReview(r *request, req booking.SeriesRequest, list []booking.PlannedClass) func() error {
	return func() error {
		return s.renderPage(r, s.present(r).SeriesReview(s.layoutOf(r, "schedule", "", booking.Personal{}), req, list, r.form.values))
	}
}

func (s *Server) renderEditReview(r *request, action string, req booking.EditRequest, list []booking.PlannedClass) func() error {
	return func() error {
		ids := make([]int64, len(list))
		for i, d := range list {
			ids[i] = d.Was.ID
		}
		rosters, _, err := s.engine.Rosters(r.Request.Context(), ids, nil)
		if err != nil {
			return err
		}
		options, err := s.engine.FormOptions(r.Request.Context())
		if err != nil {
			return err
		}
		unreachable, err := s.engine.Unreachable(r.Request.Context(), r.actor, req.ClassID, req.Scope)
		if err != nil {
			return err
		}
		l := s.layoutOf(r, "schedule", "", booking.Personal{})
		return s.renderPage(r, s.present(r).EditReview(l, action, req, list, rosters, unreachable, options, r.form.values))
	}
}
