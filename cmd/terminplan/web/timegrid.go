package web

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// classSummary is what the time grid shows beside the block of a class. As a page it is the class
// itself.
func (s *Server) classSummary(r *request) (response, error) {
	ctx := r.Request.Context()
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	c, err := s.engine.Class(ctx, id)
	if err != nil {
		return response{}, err
	}
	var series booking.SeriesAhead
	if c.SeriesID != 0 {
		if series, err = s.engine.SeriesAhead(ctx, c.SeriesID); err != nil {
			return response{}, err
		}
	}
	seen := s.engine.CanSeeRoster(ctx, r.actor, id)
	if code := booking.CodeOf(seen); seen != nil && code != booking.Forbidden && code != booking.NotFound {
		return response{}, seen
	}
	view := s.present(r).ClassSummary(r.actor, c, series, seen == nil)
	return response{
		part:     func() error { return s.renderFragment(r, parts.ClassSummary, view) },
		redirect: present.ClassPath(id),
		json:     map[string]any{"class": toClassJSON(c, nil, r.counts()), "rules": toRulesJSON(c.Rules), "series_dates": series.Dates},
	}, nil
}

// movePage reviews a class at another time, with everything else as it is. It asks also if
// nobody is concerned, since a press of a key has led here.
func (s *Server) movePage(r *request) (response, error) {
	c, req, err := s.readMove(r, &r.query)
	if err != nil {
		return response{}, err
	}
	list, err := s.engine.PreviewEdit(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, err
	}
	local := req.Class.StartsAt.In(r.studio.Zone)
	r.form.values = url.Values{
		"date": {local.Format(time.DateOnly)}, "time": {local.Format("15:04")}, "version": {strconv.FormatInt(c.Version, 10)},
		"key": {s.present(r).NewKey()},
	}
	return response{
		page: s.renderEditReview(r, present.ClassPath(c.ID)+"/move", req, list),
		json: map[string]any{"classes": toPlannedJSON(list, r.studio.Zone)},
	}, nil
}

// moveClass gives a class the time that was reviewed.
func (s *Server) moveClass(r *request) (response, error) {
	c, req, err := s.readMove(r, &r.form)
	if err != nil {
		return response{}, err
	}
	if r.form.has("change") {
		return response{redirect: present.ClassPath(c.ID) + "/edit"}, nil
	}
	req.Version, req.Class.Key = r.form.version(), r.key()
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.EditClass(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, err
	}
	return response{
		redirect: "/schedule?date=" + req.Class.StartsAt.In(r.studio.Zone).Format(time.DateOnly), reload: true,
		notice: s.receipt(r, "receipt.class_moved", "Title", c.Title, "At", s.present(r).DateTime(req.Class.StartsAt)),
		json:   toClassOutcome(out),
	}, nil
}

// readMove reads the new time of a class. The review shows conflicts, so it confirms them.
func (s *Server) readMove(r *request, f *form) (booking.Class, booking.EditRequest, error) {
	id, err := r.idParam()
	if err != nil {
		return booking.Class{}, booking.EditRequest{}, err
	}
	c, err := s.engine.Class(r.Request.Context(), id)
	if err != nil {
		return c, booking.EditRequest{}, err
	}
	starts := f.localTime("date", "time", r.studio.Zone, r.today())
	return c, booking.EditRequest{
		ClassID: id, Version: c.Version, Only: []string{"starts_at"},
		Class: booking.ClassRequest{Title: c.Title, StartsAt: starts, ConfirmConflict: true},
	}, f.failed()
}
