package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// class is the page of a class: the facts and actions for members, the participants for staff
// with the permission to see names.
func (s *Server) class(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	show, json, err := s.classView(r, id, notice{})
	if err != nil {
		return response{}, err
	}
	return response{page: show.page, part: show.fragment, json: json}, nil
}

// newClass is the form for a new class, with the defaults of the studio or of a class
// type, or the values of a copied class.
func (s *Server) newClass(r *request) (response, error) {
	copied := r.query.id("copy")
	if copied != 0 {
		c, err := s.engine.Class(r.Request.Context(), copied)
		if err != nil {
			return response{}, err
		}
		return response{
			page: s.renderClassForm(r, present.ClassForm{Copied: &c, Rules: c.Rules}, nil),
			json: classFormJSON{toClassJSON(c, nil, r.counts()), toRulesJSON(c.Rules)},
		}, nil
	}
	rules, t := r.studio.ClassRules(), booking.ClassTypeSettings{}
	if typeID := r.query.id("type"); typeID != 0 && r.query.failed() == nil {
		var err error
		if t, err = s.engine.TypeDefaults(r.Request.Context(), typeID); err != nil {
			return response{}, err
		}
	}
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	shown := prefilled(r.query.values, t, rules)
	return response{page: s.renderClassForm(r, shown, nil), json: toRulesJSON(shown.Rules)}, nil
}

// createClass creates a class, or a series.
func (s *Server) createClass(r *request) (response, error) {
	rules := r.studio.ClassRules()
	req := readClass(&r.form, r.studio.Zone, r.today(), rules)
	req.Key = r.key()
	shown := present.ClassForm{Rules: rules, Typed: r.form.values}
	if r.form.flag("repeat") {
		pattern := readPattern(&r.form, r.studio.Zone, req.StartsAt)
		return s.createSeries(r, shown, booking.SeriesRequest{Key: req.Key, Class: req, Pattern: pattern})
	}
	if err := r.form.failed(req.Check); err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	out, err := s.engine.CreateClass(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	return response{
		status: http.StatusCreated, redirect: s.afterCreation(r, out.ClassID, req), reload: true, json: toClassOutcome(out),
		notice: s.receipt(r, "receipt.class", "Title", req.Title, "At", s.present(r).DateTime(req.StartsAt)),
	}, nil
}

// afterCreation returns where the form leads after it has created a class: to the class in its
// week, or with "then" to the form for the next class, at the end of this one.
func (s *Server) afterCreation(r *request, classID int64, c booking.ClassRequest) string {
	starts, ends := c.StartsAt.In(r.studio.Zone), c.EndsAt.In(r.studio.Zone)
	day := starts.Format(time.DateOnly)
	if r.form.values.Get("then") != "next" {
		return "/schedule?view=week&date=" + day + "#" + parts.StaffLinkID(classID)
	}
	next := url.Values{"date": {day}, "time": {ends.Format("15:04")}, "weekday": r.form.values["weekday"]}
	for _, field := range []string{"type", "room", "location", "instructor", "repeat", "until", "count", "every_weeks"} {
		if r.form.has(field) {
			next.Set(field, r.form.values.Get(field))
		}
	}
	return "/classes/new?" + next.Encode()
}

type classOutcomeJSON struct {
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
}

func toClassOutcome(out booking.ClassOutcome) classOutcomeJSON {
	return classOutcomeJSON{out.ClassID, out.Version}
}

func (s *Server) editPage(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	c, err := s.engine.Class(r.Request.Context(), id)
	if err != nil {
		return response{}, err
	}
	return response{
		page: s.renderClassForm(r, present.ClassForm{Class: &c, Rules: c.Rules}, nil),
		json: classFormJSON{toClassJSON(c, nil, r.counts()), toRulesJSON(c.Rules)},
	}, nil
}

// editClass changes a class and keeps its bookings (rule 21).
func (s *Server) editClass(r *request) (response, error) {
	ctx := r.Request.Context()
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	c, err := s.engine.Class(ctx, id)
	if err != nil {
		return response{}, err
	}
	req := booking.EditRequest{
		ClassID: id, Version: r.form.version(), Scope: booking.Scope(r.form.values.Get("scope")),
		ConfirmBelow: r.form.flag("confirm_below"),
	}
	if r.format == asJSON {
		req.Only = sentFacts(r.form.values)
	}
	r.form.values = withStoredFacts(r.form.values, c, r.studio.Zone) // the form of a class that has begun lacks some fields, too
	req.Class = readClass(&r.form, r.studio.Zone, r.today(), c.Rules)
	req.Class.Key = r.key()
	length := unlessUnchanged(req.Class.EndsAt.Sub(req.Class.StartsAt), c.EndsAt.Sub(c.StartsAt), time.Minute)
	_, notInstant := time.Parse(time.RFC3339, r.form.values.Get("date"))
	if notInstant != nil && sameClock(req.Class.StartsAt, c.StartsAt, r.studio.Zone) {
		// The form still shows the time of the class. A time of day that occurs twice then
		// keeps its instant. An app that sends an instant means that one.
		req.Class.StartsAt = c.StartsAt
	}
	req.Class.EndsAt = req.Class.StartsAt.Add(length)
	shown := present.ClassForm{Class: &c, Rules: c.Rules, Typed: r.form.values}
	if err := r.form.failed(req.Class.Check); err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	if r.format != asJSON || r.form.flag("preview") {
		res, err := s.reviewEdit(r, shown, req)
		if res.page != nil || err != nil {
			return res, err
		}
	}
	if r.form.flag("confirmed") {
		req.ConfirmBelow, req.Class.ConfirmConflict = true, true
	}
	out, err := s.engine.EditClass(ctx, r.actor, req)
	if err != nil {
		return response{}, s.redisplayClassForm(r, shown, err)
	}
	return response{redirect: present.ClassPath(id), reload: true, json: toClassOutcome(out)}, nil
}

func (s *Server) classAndState(ctx context.Context, a booking.Actor, id int64) (booking.Class, booking.PersonalState, error) {
	c, err := s.engine.Class(ctx, id)
	if err != nil {
		return c, booking.PersonalState{}, err
	}
	personal, err := s.engine.Personal(ctx, a, []int64{id})
	m := personal.Classes[id]
	if err == nil && c.Hidden && !a.Role.Staff() && m.Booking == nil && m.Entry == nil {
		err = refuse(booking.NotFound)
	}
	return c, m, err
}

// sameClock reports whether clocks in the zone show the same date and time.
func sameClock(a, b time.Time, zone *time.Location) bool {
	const clock = "2006-01-02 15:04"
	return a.In(zone).Format(clock) == b.In(zone).Format(clock)
}

// classPage renders a class for the person, as a page or as the fragment in it.
type classPage struct{ page, fragment func() error }

// classView reads a class for its page: with the participants if the person may see them.
func (s *Server) classView(r *request, id int64, n notice) (classPage, any, error) {
	ctx := r.Request.Context()
	err := s.engine.CanSeeRoster(ctx, r.actor, id)
	code := booking.CodeOf(err)
	switch {
	case err == nil:
		return s.deskView(r, id, n)
	case code != booking.Forbidden && code != booking.NotFound:
		return classPage{}, nil, err
	}
	return s.sheetView(r, id, n.view(), nil)
}
