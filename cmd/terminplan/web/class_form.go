package web

import (
	"maps"
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

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

// ruleFields are the fields of the class form that a class type fills.
var ruleFields = []string{
	"capacity", "cost", "free_cancel_hours", "opens_limit", "opens_before_hours", "opens_unit", "closes_limit", "closes_before_minutes",
	"waitlist_mode", "waitlist_limit", "waitlist_size", "waitlist_closes_minutes", "online",
}

// prefilled returns the form for a new class with the values of a query: what an address says
// of the class ("type", "room", "date", …), or, with "defaults", the typed form for which the
// rules of the class type were asked.
func prefilled(query url.Values, t booking.ClassTypeSettings, rules booking.Rules) present.ClassForm {
	f := present.ClassForm{Rules: t.Rules(rules), Typed: maps.Clone(query)}
	f.Typed.Del("key")
	asked := query.Get("defaults") != ""
	for _, rule := range ruleFields {
		if asked {
			f.Typed.Del(rule)
		}
	}
	if f.Rules.Online && !f.Typed.Has("online") {
		f.Typed.Set("online", "1")
	}
	if f.Typed.Get("title") == "" {
		f.Typed.Set("title", t.Name)
	}
	if t.Minutes != nil && (asked || !f.Typed.Has("minutes")) {
		f.Typed.Set("minutes", strconv.Itoa(*t.Minutes))
		f.Typed.Del("end")
	}
	return f
}

// readClass reads the class form. Rules that the form does not contain stay as they are. Today
// is as in [typed.Date].
func readClass(f *form, zone *time.Location, today time.Time, was booking.Rules) booking.ClassRequest {
	c := booking.ClassRequest{
		Title: f.text("title", booking.NameMax), TypeID: f.id("type"), RoomID: f.id("room"), InstructorID: f.id("instructor"),
		Note:       f.text("note", booking.NoteMax),
		LocationID: f.id("location"), SubstituteID: f.id("substitute"), Hidden: f.flag("hidden"),
		ConfirmConflict: f.flag("confirm_conflict"), ConfirmDate: f.flag("confirm_date"),
		Rules: readRules(f, was),
	}
	if c.Title == "" {
		f.wrong("title", "missing")
	}
	c.StartsAt = f.localTime("date", "time", zone, today)
	if f.has("end") {
		c.EndsAt = f.until("end", c.StartsAt, zone)
		return c
	}
	minutes := f.number("minutes", present.Minutes(booking.LengthMin), present.Minutes(booking.LengthMax), 60)
	c.EndsAt = c.StartsAt.Add(time.Duration(minutes) * time.Minute)
	return c
}

// readRules reads the rules of a class. The form asks first whether there is a limit ("no") and
// then for the number; the API sends the number alone.
func readRules(f *form, was booking.Rules) booking.Rules {
	lasting := func(field string, unit, was time.Duration) time.Duration {
		if !f.has(field) {
			return was
		}
		return unlessUnchanged(time.Duration(f.number(field, 0, int(booking.WindowMax/unit), 0))*unit, was, unit)
	}
	unlimited := func(field string) bool { return f.values.Get(field) == "no" }
	rules := booking.Rules{
		Cost: f.number("cost", 0, booking.CostMax, was.Cost), Capacity: f.number("capacity", 0, booking.CapacityMax, was.Capacity),
		FreeCancel:     lasting("free_cancel_hours", time.Hour, was.FreeCancel),
		WaitlistCloses: lasting("waitlist_closes_minutes", time.Minute, was.WaitlistCloses),
		WaitlistMode:   was.WaitlistMode, WaitlistSize: was.WaitlistSize,
		// An unticked box is not sent at all.
		Online: f.flag("online"),
	}
	if !unlimited("opens_limit") {
		unit := time.Hour
		if f.values.Get("opens_unit") == "days" {
			unit = 24 * time.Hour
		}
		rules.OpensBefore = lasting("opens_before_hours", unit, was.OpensBefore)
	}
	if !unlimited("closes_limit") {
		rules.ClosesBefore = lasting("closes_before_minutes", time.Minute, was.ClosesBefore)
	}
	least := booking.NoLimit
	if f.has("waitlist_limit") {
		least = 1
	}
	switch mode := f.values.Get("waitlist_mode"); {
	case mode == "none":
		rules.WaitlistSize = 0
		return rules
	case mode != "":
		rules.WaitlistMode = booking.WaitlistMode(mode)
	}
	if unlimited("waitlist_limit") {
		rules.WaitlistSize = booking.NoLimit
	} else {
		rules.WaitlistSize = f.number("waitlist_size", least, booking.CapacityMax, was.WaitlistSize)
	}
	return rules
}

// unlessUnchanged returns read, or was where the form shows was as read, in whole units.
func unlessUnchanged(read, was, unit time.Duration) time.Duration {
	if read == was.Truncate(unit) {
		return was
	}
	return read
}

// sentFacts lists the facts of a class that an app has sent; the others stay as they are.
// A browser sends all facts except boxes that are not ticked.
func sentFacts(values url.Values) []string {
	facts := sentFields(values,
		"title", "note", "hidden", "type", "location", "room", "instructor", "substitute", "minutes", "online", "cost", "capacity",
		"free_cancel_hours", "opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size", "waitlist_closes_minutes")
	if len(sentFields(values, "date", "time")) > 0 {
		facts = append(facts, "starts_at")
	}
	return facts
}

// withStoredFacts adds facts of the class that readClass needs and the request does not
// contain. A date without a time keeps the time of the class; a time without a date keeps its
// date.
func withStoredFacts(values url.Values, c booking.Class, zone *time.Location) url.Values {
	all, local := maps.Clone(values), c.StartsAt.In(zone)
	add := func(name, value string) {
		if !values.Has(name) {
			all.Set(name, value)
		}
	}
	add("title", c.Title)
	add("minutes", strconv.Itoa(present.Minutes(c.EndsAt.Sub(c.StartsAt))))
	add("date", local.Format(time.DateOnly))
	if _, err := time.Parse(time.RFC3339, all.Get("date")); err != nil && !dateAndTime.MatchString(all.Get("date")) {
		add("time", local.Format("15:04")) // the field has no time in it
	}
	return all
}

func (s *Server) renderClassForm(r *request, f present.ClassForm, refused *booking.Error) func() error {
	return func() error {
		options, err := s.engine.FormOptions(r.Request.Context())
		if err != nil {
			return err
		}
		if f.Types, err = s.engine.ActiveTypes(r.Request.Context()); err != nil {
			return err
		}
		f.Studio = r.studio.ClassRules()
		return s.renderPage(r, s.present(r).ClassFormPage(s.layoutOf(r, "schedule", "", booking.Personal{}), f, options, refused))
	}
}

// redisplayClassForm displays the class form again with the message at its field.
func (s *Server) redisplayClassForm(r *request, f present.ClassForm, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	show := s.renderClassForm(r, f, refusal(refused))
	return &redisplay{err: refused, page: show, part: show}
}
