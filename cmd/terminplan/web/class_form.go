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

// typedDefaults keeps the typed values but takes the rules from the class type.
func typedDefaults(typed url.Values, t booking.ClassTypeSettings, studio booking.Rules) present.ClassForm {
	f := present.ClassForm{Rules: t.Rules(studio), Typed: maps.Clone(typed)}
	for _, rule := range []string{
		"capacity", "cost", "free_cancel_hours", "opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size",
		"waitlist_closes_minutes", "online", "key",
	} {
		f.Typed.Del(rule)
	}
	if f.Rules.Online {
		f.Typed.Set("online", "1")
	}
	if f.Typed.Get("title") == "" {
		f.Typed.Set("title", t.Name)
	}
	if t.Minutes != nil {
		f.Typed.Set("minutes", strconv.Itoa(*t.Minutes))
	}
	return f
}

func defaultRules(studio booking.Studio) booking.Rules {
	return booking.Rules{
		Online: true, Cost: 1, Capacity: 12, FreeCancel: studio.FreeCancel, OpensBefore: studio.OpensBefore,
		ClosesBefore: studio.ClosesBefore,
		WaitlistMode: studio.WaitlistMode, WaitlistSize: studio.WaitlistSize, WaitlistCloses: studio.WaitlistCloses,
	}
}

// readClass reads the class form. Rules that the form does not contain stay as they are.
func readClass(f *form, zone *time.Location, was booking.Rules) booking.ClassRequest {
	lasting := func(field string, unit, was time.Duration) time.Duration {
		if !f.has(field) {
			return was
		}
		return unlessUnchanged(time.Duration(f.number(field, 0, int(booking.WindowMax/unit), 0))*unit, was, unit)
	}
	c := booking.ClassRequest{
		Title: f.text("title", booking.NameMax), TypeID: f.id("type"), RoomID: f.id("room"), InstructorID: f.id("instructor"),
		Note:       f.text("note", booking.NoteMax),
		LocationID: f.id("location"), SubstituteID: f.id("substitute"), Hidden: f.flag("hidden"),
		ConfirmConflict: f.flag("confirm_conflict"), ConfirmDate: f.flag("confirm_date"),
		Rules: booking.Rules{
			Cost: f.number("cost", 0, booking.CostMax, was.Cost), Capacity: f.number("capacity", 0, booking.CapacityMax, was.Capacity),
			FreeCancel:     lasting("free_cancel_hours", time.Hour, was.FreeCancel),
			OpensBefore:    lasting("opens_before_hours", time.Hour, was.OpensBefore),
			ClosesBefore:   lasting("closes_before_minutes", time.Minute, was.ClosesBefore),
			WaitlistCloses: lasting("waitlist_closes_minutes", time.Minute, was.WaitlistCloses),
			WaitlistSize:   f.number("waitlist_size", booking.NoLimit, booking.CapacityMax, was.WaitlistSize),
			WaitlistMode:   was.WaitlistMode,
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
	minutes := f.number("minutes", present.Minutes(booking.LengthMin), present.Minutes(booking.LengthMax), 60)
	c.EndsAt = c.StartsAt.Add(time.Duration(minutes) * time.Minute)
	return c
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
	if _, err := time.Parse(time.DateOnly, all.Get("date")); err == nil { // the field has no time in it
		add("time", local.Format("15:04"))
	}
	return all
}

func (s *Server) renderClassForm(r *request, f present.ClassForm, refused *booking.Error) func() error {
	return func() error {
		options, err := s.engine.FormOptions(r.Request.Context())
		if err != nil {
			return err
		}
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
