package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// copyWeekPage lists what copying a week to later weeks would make.
func (s *Server) copyWeekPage(r *request) (response, error) {
	q, err := s.readCopyWeek(r, &r.query)
	if err != nil {
		return response{}, err
	}
	plan, err := s.engine.PreviewCopyWeek(r.Request.Context(), r.actor, q.Week, q.Targets)
	if err != nil {
		return response{}, err
	}
	planned := make([]booking.PlannedClass, len(plan.Copies))
	for i, c := range plan.Copies {
		planned[i] = c.PlannedClass
	}
	return response{
		page: s.renderCopyWeek(r, q, plan, notice{}),
		json: map[string]any{"classes": toPlannedJSON(planned, r.studio.Zone), "series_classes": plan.Series},
	}, nil
}

// copyWeek makes the ticked classes. A class whose conflict the page has shown is sent as
// "despite", any other as "copy"; each is the id of its source and the day, as "42 2026-12-07".
func (s *Server) copyWeek(r *request) (response, error) {
	q, err := s.readCopyWeek(r, &r.form)
	if err != nil {
		return response{}, err
	}
	req := booking.CopyWeekRequest{Key: r.key()}
	for _, field := range []string{"copy", "despite"} {
		for _, text := range r.form.values[field] {
			id, day, _ := strings.Cut(text, " ")
			on, err := time.Parse(time.DateOnly, day)
			one, ok := parseID(id)
			if err != nil || !ok {
				r.form.wrong("copy", "choice")
			}
			req.Copies = append(req.Copies, booking.ClassCopy{ClassID: one, Day: on, ConfirmConflict: field == "despite"})
		}
	}
	err = r.form.failed()
	if err == nil {
		var out booking.CopyWeekOutcome
		if out, err = s.engine.CopyWeek(r.Request.Context(), r.actor, req); err == nil {
			first := slices.MinFunc(req.Copies, func(a, b booking.ClassCopy) int { return a.Day.Compare(b.Day) })
			return response{
				status: http.StatusCreated, redirect: "/schedule?date=" + first.Day.Format(time.DateOnly), reload: true,
				notice: s.receipt(r, "receipt.week_copied", "N", len(out.Classes)), json: map[string]any{"class_ids": out.Classes},
			}, nil
		}
	}
	if r.format == asJSON || !canRedisplay(err) {
		return response{}, err
	}
	plan, planErr := s.engine.PreviewCopyWeek(r.Request.Context(), r.actor, q.Week, q.Targets)
	if planErr != nil {
		return response{}, planErr
	}
	return response{}, &redisplay{err: err, page: s.renderCopyWeek(r, q, plan, s.refusedNotice(r, err))}
}

// readCopyWeek reads the week to copy and the weeks to copy it to: without a choice, the next one.
func (s *Server) readCopyWeek(r *request, f *form) (q present.CopyWeekQuery, err error) {
	q.Week = present.Monday(f.day("week", time.UTC), time.Now(), r.studio.Zone)
	for _, text := range f.values["to"] {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			f.wrong("to", "date")
			continue
		}
		if monday := present.Monday(day, time.Now(), r.studio.Zone); monday.After(q.Week) && !slices.ContainsFunc(q.Targets, monday.Equal) {
			q.Targets = append(q.Targets, monday)
		}
	}
	for _, day := range append(q.Targets, q.Week) {
		if !present.InSchedule(day, day, time.Now()) {
			f.wrong("week", "beyond_schedule")
		}
	}
	slices.SortFunc(q.Targets, time.Time.Compare)
	if len(q.Targets) == 0 {
		q.Targets = []time.Time{present.FirstTarget(q.Week, time.Now(), r.studio.Zone)}
	}
	return q, f.failed()
}

func (s *Server) renderCopyWeek(r *request, q present.CopyWeekQuery, plan booking.WeekPlan, n notice) func() error {
	return func() error {
		l := s.layoutOf(r, "schedule", "", booking.Personal{})
		if n.text != "" {
			l.Notice = n.view()
		}
		return s.renderPage(r, s.present(r).CopyWeek(l, q, plan))
	}
}
