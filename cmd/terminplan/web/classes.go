package web

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// class is the sheet of one class: for members the facts and what they may do,
// for staff who are allowed to see names the participants.
func (s *Server) class(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	show, json, err := s.classView(r, id, notice{})
	if err != nil {
		return answer{}, err
	}
	return answer{page: show.page, part: show.sheet, json: json}, nil
}

type classFormJSON struct {
	Class classJSON `json:"class"`
	Rules rulesJSON `json:"rules"`
}

type rulesJSON struct {
	Online                bool                 `json:"online"`
	Cost                  int                  `json:"cost"`
	Capacity              int                  `json:"capacity"`
	FreeCancelHours       int                  `json:"free_cancel_hours"`
	OpensBeforeHours      int                  `json:"opens_before_hours"`
	ClosesBeforeMinutes   int                  `json:"closes_before_minutes"`
	WaitlistMode          booking.WaitlistMode `json:"waitlist_mode"`
	WaitlistSize          int                  `json:"waitlist_size"` // 0: no waitlist, -1: any number
	WaitlistClosesMinutes int                  `json:"waitlist_closes_minutes"`
}

func toRulesJSON(r booking.Rules) rulesJSON {
	return rulesJSON{
		r.Online, r.Cost, r.Capacity, present.Hours(r.FreeCancel), present.Hours(r.OpensBefore), present.Minutes(r.ClosesBefore),
		r.WaitlistMode, r.WaitlistSize, present.Minutes(r.WaitlistCloses),
	}
}

// newClass is the empty form, filled with what the studio usually does, or with
// a class that is copied into the week after it.
func (s *Server) newClass(r *request) (answer, error) {
	day, copied := r.query.day("date", r.studio.Zone), r.query.id("copy")
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	if copied != 0 {
		c, err := s.engine.Class(r.Request.Context(), copied)
		if err != nil {
			return answer{}, err
		}
		return answer{page: s.showClassForm(r, classForm{copied: &c, rules: c.Rules}, nil), json: classFormJSON{toClassJSON(c, nil, r.counts()), toRulesJSON(c.Rules)}}, nil
	}
	rules := defaultRules(r.studio)
	shown := classForm{rules: rules, date: day}
	if typeID := r.query.id("type"); typeID != 0 && r.query.failed() == nil {
		t, err := s.engine.TypeDefaults(r.Request.Context(), typeID)
		if err != nil {
			return answer{}, err
		}
		shown = typedDefaults(r.query.values, t, rules)
	}
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	return answer{page: s.showClassForm(r, shown, nil), json: toRulesJSON(shown.rules)}, nil
}

// typedDefaults is the form as it was typed so far, with the rules of the class
// type instead of those that stood there.
func typedDefaults(typed url.Values, t booking.CatalogueType, studio booking.Rules) classForm {
	f := classForm{rules: t.Rules(studio), values: maps.Clone(typed)}
	for _, rule := range []string{
		"capacity", "cost", "free_cancel_hours", "opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size", "waitlist_closes_minutes", "online", "key",
	} {
		f.values.Del(rule)
	}
	if f.rules.Online {
		f.values.Set("online", "1")
	}
	if f.values.Get("title") == "" {
		f.values.Set("title", t.Name)
	}
	if t.Minutes != nil {
		f.values.Set("minutes", strconv.Itoa(*t.Minutes))
	}
	return f
}

func defaultRules(studio booking.Studio) booking.Rules {
	return booking.Rules{
		Online: true, Cost: 1, Capacity: 12, FreeCancel: studio.FreeCancel, OpensBefore: studio.OpensBefore, ClosesBefore: studio.ClosesBefore,
		WaitlistMode: studio.WaitlistMode, WaitlistSize: studio.WaitlistSize, WaitlistCloses: studio.WaitlistCloses,
	}
}

// readClass reads the class form; what a field does not say stays as it was.
func readClass(f *form, zone *time.Location, was booking.Rules) booking.ClassRequest {
	lasting := func(field string, unit, was time.Duration) time.Duration {
		if !f.has(field) {
			return was
		}
		return time.Duration(f.number(field, 0, int(365*24*time.Hour/unit), 0)) * unit
	}
	c := booking.ClassRequest{
		Title: f.text("title", 100), TypeID: f.id("type"), RoomID: f.id("room"), InstructorID: f.id("instructor"), Note: f.text("note", 1000),
		LocationID: f.id("location"), SubstituteID: f.id("substitute"), Hidden: f.flag("hidden"), ConfirmConflict: f.flag("confirm_conflict"),
		Rules: booking.Rules{
			Cost: f.number("cost", 0, 1000, was.Cost), Capacity: f.number("capacity", 0, 10_000, was.Capacity),
			FreeCancel: lasting("free_cancel_hours", time.Hour, was.FreeCancel), OpensBefore: lasting("opens_before_hours", time.Hour, was.OpensBefore),
			ClosesBefore:   lasting("closes_before_minutes", time.Minute, was.ClosesBefore),
			WaitlistCloses: lasting("waitlist_closes_minutes", time.Minute, was.WaitlistCloses),
			WaitlistSize:   f.number("waitlist_size", -1, 10_000, was.WaitlistSize), WaitlistMode: was.WaitlistMode,
			// An unticked box is not sent at all.
			Online: f.flag("online"),
		},
	}
	if mode := f.values.Get("waitlist_mode"); mode != "" {
		c.Rules.WaitlistMode = booking.WaitlistMode(mode)
	}
	if c.Title == "" {
		f.wrong("title", "missing")
	}
	c.StartsAt = f.localTime("date", "time", zone)
	c.EndsAt = c.StartsAt.Add(time.Duration(f.number("minutes", 1, 24*60, 60)) * time.Minute)
	return c
}

// createClass puts a class on the schedule, or a series of them.
func (s *Server) createClass(r *request) (answer, error) {
	rules := defaultRules(r.studio)
	req := readClass(&r.form, r.studio.Zone, rules)
	req.Key = r.key()
	shown := classForm{rules: rules, values: r.form.values}
	if r.form.flag("repeat") {
		return s.createSeries(r, shown, booking.SeriesRequest{Key: req.Key, Class: req, Pattern: readPattern(&r.form, r.studio.Zone, req.StartsAt)})
	}
	if err := r.form.failed(req.Check); err != nil {
		return answer{}, s.formAgain(r, shown, err)
	}
	out, err := s.engine.CreateClass(r.Request.Context(), r.actor, req)
	if err != nil {
		return answer{}, s.formAgain(r, shown, err)
	}
	return answer{status: http.StatusCreated, see: present.ClassPath(out.ClassID), reload: true, json: toClassOutcome(out)}, nil
}

type classOutcomeJSON struct {
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
}

func toClassOutcome(out booking.ClassOutcome) classOutcomeJSON {
	return classOutcomeJSON{out.ClassID, out.Version}
}

func (s *Server) editPage(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	c, err := s.engine.Class(r.Request.Context(), id)
	if err != nil {
		return answer{}, err
	}
	return answer{
		page: s.showClassForm(r, classForm{class: &c, rules: c.Rules}, nil),
		json: classFormJSON{toClassJSON(c, nil, r.counts()), toRulesJSON(c.Rules)},
	}, nil
}

// editClass changes a class and never drops a booking (rule 21).
func (s *Server) editClass(r *request) (answer, error) {
	ctx := r.Request.Context()
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	c, err := s.engine.Class(ctx, id)
	if err != nil {
		return answer{}, err
	}
	req := booking.EditRequest{
		ClassID: id, Version: r.form.version(), Scope: booking.Scope(r.form.values.Get("scope")), ConfirmBelow: r.form.flag("confirm_below"),
	}
	if r.wants == asJSON {
		req.Only = factsOf(r.form.values)
		r.form.values = filled(r.form.values, c, r.studio.Zone)
	}
	req.Class = readClass(&r.form, r.studio.Zone, c.Rules)
	req.Class.Key = r.key()
	shown := classForm{class: &c, rules: c.Rules, values: r.form.values}
	if err := r.form.failed(req.Class.Check); err != nil {
		return answer{}, s.formAgain(r, shown, err)
	}
	if r.wants != asJSON || r.form.flag("preview") {
		a, err := s.reviewEdit(r, shown, req)
		if a.page != nil || err != nil {
			return a, err
		}
	}
	if r.form.flag("confirmed") {
		req.ConfirmBelow, req.Class.ConfirmConflict = true, true
	}
	out, err := s.engine.EditClass(ctx, r.actor, req)
	if err != nil {
		return answer{}, s.formAgain(r, shown, err)
	}
	return answer{see: present.ClassPath(id), reload: true, json: toClassOutcome(out)}, nil
}

// factsOf lists which facts of a class an app has sent: the others stay as they are. A
// form of a browser sends all, but for boxes that are not ticked.
func factsOf(values url.Values) []string {
	facts := sent(values,
		"title", "note", "hidden", "type", "location", "room", "instructor", "substitute", "minutes", "online", "cost", "capacity",
		"free_cancel_hours", "opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size", "waitlist_closes_minutes")
	if len(sent(values, "date", "time")) > 0 {
		facts = append(facts, "starts_at")
	}
	return facts
}

// filled adds what readClass wants and was not sent, from the class: a date without a
// time keeps the time of the day, and a time the day.
func filled(values url.Values, c booking.Class, zone *time.Location) url.Values {
	all, local := maps.Clone(values), c.StartsAt.In(zone)
	add := func(name, value string) {
		if !values.Has(name) {
			all.Set(name, value)
		}
	}
	add("title", c.Title)
	add("minutes", strconv.Itoa(present.Minutes(c.EndsAt.Sub(c.StartsAt))))
	add("date", local.Format(time.DateOnly))
	if _, err := time.Parse(time.DateOnly, all.Get("date")); err == nil { // not an instant, nor a date with its time
		add("time", local.Format("15:04"))
	}
	return all
}

type classCancelledJSON struct {
	ClassID  int64 `json:"class_id"`
	Version  int64 `json:"version"`
	Classes  int   `json:"classes"`
	Bookings int   `json:"bookings"`
	Guests   int   `json:"guests"`
	Waiting  int   `json:"waiting"`
	Credits  int   `json:"credits"`
}

func toClassCancelled(o booking.CancelClassOutcome) classCancelledJSON {
	return classCancelledJSON{o.ClassID, o.Version, o.Classes, o.Bookings, o.Guests, o.Waiting, o.Credits}
}

// cancelClassPage says who would be told and what would be refunded.
func (s *Server) cancelClassPage(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	p, err := s.engine.CancelClassPreview(r.Request.Context(), r.actor, id, booking.Scope(r.query.values.Get("scope")))
	if err != nil {
		return answer{}, err
	}
	page, part := s.showCancelClass(r, id, p, nil)
	return answer{page: page, part: part, json: toClassCancelled(p)}, nil
}

// cancelClass calls a class off: everybody gets the credits back and is told.
func (s *Server) cancelClass(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	req := booking.CancelClassRequest{Key: r.key(), ClassID: id, Scope: booking.Scope(r.form.values.Get("scope")), Note: r.form.text("note", 500)}
	if err = r.form.failed(); err == nil {
		var out booking.CancelClassOutcome
		if out, err = s.engine.CancelClass(r.Request.Context(), r.actor, req); err == nil {
			return answer{see: present.ClassPath(id), reload: true, json: toClassCancelled(out)}, nil
		}
	}
	return answer{}, s.cancelClassAgain(r, id, err)
}

// cancelClassAgain shows the question once more with why nothing happened.
func (s *Server) cancelClassAgain(r *request, id int64, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	p, err := s.engine.CancelClassPreview(r.Request.Context(), r.actor, id, booking.Scope(r.form.values.Get("scope")))
	if err != nil {
		return refused
	}
	page, part := s.showCancelClass(r, id, p, refusal(refused))
	return &again{err: refused, page: page, part: part}
}

// restoreClass takes a cancellation back; bookings do not come back (rule 20).
func (s *Server) restoreClass(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.RestoreClass(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, err
	}
	return answer{see: present.ClassPath(id), reload: true, json: toClassOutcome(out)}, nil
}
