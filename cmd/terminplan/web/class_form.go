package web

import (
	"cmp"
	"maps"
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
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

// typedDefaults keeps what was typed but takes the rules from the class type.
func typedDefaults(typed url.Values, t booking.ClassTypeSettings, studio booking.Rules) classForm {
	f := classForm{rules: t.Rules(studio), values: maps.Clone(typed)}
	for _, rule := range []string{
		"capacity", "cost", "free_cancel_hours", "opens_before_hours", "closes_before_minutes", "waitlist_mode", "waitlist_size",
		"waitlist_closes_minutes", "online", "key",
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

// readClass reads the class form. Rules that the form does not contain stay as they are.
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
			FreeCancel:     lasting("free_cancel_hours", time.Hour, was.FreeCancel),
			OpensBefore:    lasting("opens_before_hours", time.Hour, was.OpensBefore),
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

// withStoredFacts adds from the class what readClass needs and the request does not
// contain. A date without a time keeps the time of the class, and a time without a date
// the date.
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

// classForm is the source of the values in a class form: what was typed, else the class,
// else the defaults of the studio.
type classForm struct {
	class  *booking.Class
	copied *booking.Class // the new class has the values of this one, a week later
	rules  booking.Rules
	date   time.Time
	values url.Values
}

func (s *Server) renderClassForm(r *request, f classForm, refused *booking.Error) func() error {
	return func() error {
		options, err := s.engine.FormOptions(r.Request.Context())
		if err != nil {
			return err
		}
		p := &templates.ClassFormPage{
			Layout: s.layoutOf(r, "schedule", "", booking.Personal{}), Minutes: "60", Capacity: strconv.Itoa(f.rules.Capacity),
			Cost:   strconv.Itoa(f.rules.Cost),
			Online: f.rules.Online, FreeCancelHours: strconv.Itoa(present.Hours(f.rules.FreeCancel)),
			OpensBeforeHours:    strconv.Itoa(present.Hours(f.rules.OpensBefore)),
			ClosesBeforeMinutes: strconv.Itoa(present.Minutes(f.rules.ClosesBefore)), WaitlistMode: string(f.rules.WaitlistMode),
			WaitlistSize: strconv.Itoa(f.rules.WaitlistSize), WaitlistClosesMinutes: strconv.Itoa(present.Minutes(f.rules.WaitlistCloses)),
			MayCancel: true, EveryWeeks: "1", Key: newKey(),
		}
		var chosen chosenPlaces
		if !f.date.IsZero() {
			p.Date = f.date.Format(time.DateOnly)
		}
		if c := cmp.Or(f.class, f.copied); c != nil {
			local := c.StartsAt.In(r.studio.Zone)
			if f.class == nil {
				local = local.AddDate(0, 0, 7)
			}
			p.Title, p.Note, p.Hidden = c.Title, c.Note, c.Hidden
			p.Date, p.Clock, p.Minutes = local.Format(time.DateOnly), local.Format("15:04"), strconv.Itoa(present.Minutes(c.EndsAt.Sub(c.StartsAt)))
			chosen = chosenPlaces{c.Type.ID, c.LocationID, c.RoomID, c.InstructorID, c.SubstituteID}
		}
		if c := f.class; c != nil {
			p.ClassID, p.Version, p.InSeries = c.ID, c.Version, c.SeriesID != 0
			p.Bookings, p.Waiting, p.MayCancel = c.Booked, c.Waiting, !c.Cancelled
		}
		var weekdays []string
		if f.values != nil {
			typed := form{values: f.values}
			chosen = chosenPlaces{typed.id("type"), typed.id("location"), typed.id("room"), typed.id("instructor"), typed.id("substitute")}
			keepTyped(p, f.values)
			weekdays = f.values["weekday"]
		}
		p.Types, p.Locations = present.TypeOptions(options, chosen.typeID), present.LocationOptions(options, chosen.location)
		p.Rooms = present.RoomOptions(options, chosen.room)
		p.Instructors, p.Substitutes = present.InstructorOptions(options, chosen.instructor), present.InstructorOptions(options, chosen.substitute)
		p.Weekdays = s.present(r).Weekdays(weekdays)
		s.formErrors(r, p, refused)
		return s.renderPage(r, p)
	}
}

// chosenPlaces is what is selected in a class form.
type chosenPlaces struct{ typeID, location, room, instructor, substitute int64 }

// keepTyped shows what was typed, right or wrong.
func keepTyped(p *templates.ClassFormPage, typed url.Values) {
	for name, field := range map[string]*string{
		"title": &p.Title, "date": &p.Date, "time": &p.Clock, "minutes": &p.Minutes, "capacity": &p.Capacity, "cost": &p.Cost, "note": &p.Note,
		"free_cancel_hours": &p.FreeCancelHours, "opens_before_hours": &p.OpensBeforeHours, "closes_before_minutes": &p.ClosesBeforeMinutes,
		"every_weeks": &p.EveryWeeks, "until": &p.Until, "count": &p.Count, "scope": &p.Scope,
		"waitlist_mode": &p.WaitlistMode, "waitlist_size": &p.WaitlistSize, "waitlist_closes_minutes": &p.WaitlistClosesMinutes,
	} {
		if typed.Has(name) {
			*field = typed.Get(name)
		}
	}
	p.Online, p.Hidden, p.Repeat = typed.Get("online") == "1", typed.Get("hidden") == "1", typed.Get("repeat") == "1"
}

// classFields are the fields of the class form in their order.
var classFields = []present.Field{
	{Name: "title", ID: "title", Label: "class_form.title"},
	{Name: "type", ID: "type", Label: "class_form.type"},
	{Name: "location", ID: "location", Label: "class_form.location"},
	{Name: "room", ID: "room", Label: "class_form.room"},
	{Name: "instructor", ID: "instructor", Label: "class_form.instructor"},
	{Name: "substitute", ID: "substitute", Label: "class_form.substitute"},
	{Name: "date", ID: "date", Label: "class_form.date"},
	{Name: "time", ID: "time", Label: "class_form.time"},
	{Name: "minutes", ID: "minutes", Label: "class_form.minutes"},
	{Name: "capacity", ID: "capacity", Label: "class_form.capacity"},
	{Name: "cost", ID: "cost", Label: "class_form.cost"},
	{Name: "free_cancel_hours", ID: "free_cancel_hours", Label: "class_form.free_cancel"},
	{Name: "opens_before_hours", ID: "opens_before_hours", Label: "class_form.opens"},
	{Name: "closes_before_minutes", ID: "closes_before_minutes", Label: "class_form.closes"},
	{Name: "waitlist_mode", ID: "waitlist_mode", Label: "class_form.mode"},
	{Name: "waitlist_size", ID: "waitlist_size", Label: "class_form.size"},
	{Name: "waitlist_closes_minutes", ID: "waitlist_closes_minutes", Label: "class_form.waitlist_closes"},
	{Name: "every_weeks", ID: "every_weeks", Label: "class_form.every_weeks"},
	{Name: "weekdays", ID: "weekdays", Label: "class_form.weekdays"},
	{Name: "until", ID: "until", Label: "class_form.until"},
	{Name: "count", ID: "count", Label: "class_form.count"},
	{Name: "note", ID: "note", Label: "class_form.note"},
}

func (s *Server) formErrors(r *request, p *templates.ClassFormPage, refused *booking.Error) {
	p.Problems, p.Errors = s.present(r).Problems(refused, classFields)
	switch {
	case refused == nil:
	case refused.Code == booking.RoomTaken, refused.Code == booking.InstructorTaken:
		p.ConfirmConflict = true
	case refused.Field == "", refused.Field == "version":
		p.Notice = templates.Notice{Kind: "refused", Text: s.present(r).Refusal(refused)}
		p.Layout.Notice = p.Notice
	}
}

// redisplayClassForm displays the class form again with the message at its field.
func (s *Server) redisplayClassForm(r *request, f classForm, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	show := s.renderClassForm(r, f, refusal(refused))
	return &redisplay{err: refused, page: show, part: show}
}
