package present

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// ClassForm is the source of the values in a class form: the typed values, else the class,
// else the rules for new classes.
type ClassForm struct {
	Class  *booking.Class
	Copied *booking.Class // the source of a copy, which takes place a week later
	Rules  booking.Rules
	Typed  url.Values // nil: nothing was typed

	Types  []booking.ClassTypeSettings // that can be chosen
	Studio booking.Rules               // the rules of a class without a type
	Titles []string
}

// ClassFormPage returns the form that creates or edits a class.
func (pr Presenter) ClassFormPage(
	l templates.Layout, f ClassForm, places booking.FormOptions, refused *booking.Error,
) *templates.ClassFormPage {
	p := &templates.ClassFormPage{
		Layout: l, Online: f.Rules.Online, MayCancel: true, EveryWeeks: "1", Bounds: classBounds, Key: pr.NewKey(), Titles: f.Titles,
		Repeat: f.Typed.Get("repeat") == "1",
	}
	var chosen chosenPlaces
	if c := cmp.Or(f.Class, f.Copied); c != nil {
		day := booking.CalendarDay(c.StartsAt, pr.Zone)
		if f.Class == nil {
			day = day.AddDate(0, 0, 7)
		}
		p.Title, p.Note, p.Hidden, p.Date, p.Clock = c.Title, c.Note, c.Hidden, pr.Lang.DateField(day), pr.Clock(c.StartsAt)
		if long := c.EndsAt.Sub(c.StartsAt); long < 24*time.Hour {
			p.End = pr.Clock(c.EndsAt)
		} else {
			p.Minutes = strconv.Itoa(Minutes(long))
		}
		chosen = chosenPlaces{c.Type.ID, c.LocationID, c.RoomID, c.InstructorID, c.SubstituteID}
	}
	if c := f.Class; c != nil {
		p.ClassID, p.Version, p.InSeries = c.ID, c.Version, c.SeriesID != 0
		p.Bookings, p.Waiting, p.MayCancel = c.Booked, c.Waiting, !c.Cancelled && !c.Over()
		if c.Begun() {
			p.Begun = pr.begunFacts(*c)
		}
	}
	showRules(p, f.Rules)
	if f.Typed != nil {
		typed := Sent{Values: f.Typed}
		chosen = chosenPlaces{typed.id("type"), typed.id("location"), typed.id("room"), typed.id("instructor"), typed.id("substitute")}
		pr.keepTyped(p, f.Typed)
	}
	p.CostN, _ = strconv.Atoi(p.Cost)
	pr.showTypes(p, f, chosen.typeID)
	p.Locations, p.Rooms = locationOptions(places, chosen.location), roomOptions(places, chosen.room)
	p.Instructors, p.Substitutes = instructorOptions(places.Instructors, chosen.instructor), instructorOptions(places.Instructors,
		chosen.substitute)
	p.Weekdays = pr.weekdays(f.Typed["weekday"])
	p.Problems, p.Errors = pr.Problems(refused, classFields)
	p.MoreRules = pr.moreRules(f.Rules)
	p.MoreOpen = slices.ContainsFunc(foldedFields, func(name string) bool { return p.Errors[name] != "" })
	switch {
	case refused == nil:
	case refused.Code == booking.InThePast, refused.Code == booking.FarAhead:
		p.ConfirmDate = true
	case refused.Code == booking.RoomTaken, refused.Code == booking.InstructorTaken:
		p.ConfirmConflict = true
	case refused.Field == "", refused.Field == "version":
		p.Notice = pr.refused(refused)
	}
	return p
}

// foldedFields are the fields that the form shows only on demand.
var foldedFields = []string{"opens_before_hours", "closes_before_minutes", "waitlist_size", "waitlist_closes_minutes"}

// showRules puts the rules of a class into the form.
func showRules(p *templates.ClassFormPage, r booking.Rules) {
	p.Capacity, p.Cost = strconv.Itoa(r.Capacity), strconv.Itoa(r.Cost)
	p.FreeCancelHours = strconv.Itoa(Hours(r.FreeCancel))
	p.OpensAlways, p.OpensInDays = r.OpensBefore == 0, r.OpensBefore%(24*time.Hour) == 0
	p.OpensBeforeHours, p.OpensMax = strconv.Itoa(Hours(r.OpensBefore)), Hours(booking.WindowMax)
	if p.OpensInDays {
		p.OpensBeforeHours, p.OpensMax = strconv.Itoa(Hours(r.OpensBefore)/24), p.OpensMax/24
	}
	if p.OpensAlways {
		p.OpensBeforeHours = "14" // proposed to somebody who wants a limit, like the numbers below
	}
	p.ClosesAtStart, p.ClosesBeforeMinutes = r.ClosesBefore == 0, strconv.Itoa(Minutes(r.ClosesBefore))
	if p.ClosesAtStart {
		p.ClosesBeforeMinutes = "30"
	}
	p.WaitlistMode, p.WaitlistAny = string(r.WaitlistMode), r.WaitlistSize <= 0
	if r.WaitlistSize == 0 {
		p.WaitlistMode = noWaitlist
	}
	p.WaitlistSize = "10"
	if r.WaitlistSize > 0 {
		p.WaitlistSize = strconv.Itoa(r.WaitlistSize)
	}
	p.WaitlistClosesMinutes = strconv.Itoa(Minutes(r.WaitlistCloses))
}

// noWaitlist is the choice of the form beside the waitlist modes.
const noWaitlist = "none"

// showTypes puts the tiles of the class types into the form, and says whose rules it shows.
func (pr Presenter) showTypes(p *templates.ClassFormPage, f ClassForm, chosen int64) {
	p.NoType = tile(booking.ClassTypeSettings{}, f.Studio)
	p.NoType.Name, p.NoType.Selected = pr.Text("preview.no_type"), true
	present := p.NoType
	present.Name = pr.Text("class_form.studio")
	for _, t := range f.Types {
		one := tile(t, f.Studio)
		if one.Selected = t.ID == chosen; one.Selected {
			present, p.NoType.Selected = one, false
		}
		p.Types = append(p.Types, one)
	}
	if c := cmp.Or(f.Class, f.Copied); p.NoType.Selected && chosen != 0 && c != nil && c.Type.ID == chosen { // no longer offered
		one := tile(booking.ClassTypeSettings{ClassType: c.Type}, f.Rules)
		one.Selected, p.NoType.Selected = true, false
		present, p.Types = one, append(p.Types, one)
	}
	if f.Rules == rulesOf(present) {
		p.LikeType = present.Name
	}
}

func tile(t booking.ClassTypeSettings, studio booking.Rules) templates.TypeTile {
	r := t.Rules(studio)
	one := templates.TypeTile{
		Option: templates.Option{ID: t.ID, Name: t.Name}, Hue: t.Hue, Glyph: t.Glyph, Title: t.Name, Minutes: 60, Capacity: r.Capacity,
		Cost: r.Cost, Online: r.Online, FreeCancel: Hours(r.FreeCancel), OpensBefore: Hours(r.OpensBefore),
		ClosesBefore: Minutes(r.ClosesBefore), WaitlistMode: string(r.WaitlistMode), WaitlistSize: r.WaitlistSize,
		WaitlistCloses: Minutes(r.WaitlistCloses),
	}
	if t.Minutes != nil {
		one.Minutes = *t.Minutes
	}
	return one
}

// rulesOf returns the rules that a tile puts into the form.
func rulesOf(t templates.TypeTile) booking.Rules {
	return booking.Rules{
		Online: t.Online, Cost: t.Cost, Capacity: t.Capacity, FreeCancel: time.Duration(t.FreeCancel) * time.Hour,
		OpensBefore: time.Duration(t.OpensBefore) * time.Hour, ClosesBefore: time.Duration(t.ClosesBefore) * time.Minute,
		WaitlistMode: booking.WaitlistMode(t.WaitlistMode), WaitlistSize: t.WaitlistSize,
		WaitlistCloses: time.Duration(t.WaitlistCloses) * time.Minute,
	}
}

// moreRules says the rules that the form folds, in a line.
func (pr Presenter) moreRules(r booking.Rules) string {
	opens, closes := pr.Text("preview.opens_always"), pr.Text("preview.closes_at_start")
	if r.OpensBefore > 0 {
		opens = pr.Text("preview.opens_from", "Long", pr.duration(r.OpensBefore))
	}
	if r.ClosesBefore > 0 {
		closes = pr.Text("preview.closes_before", "Long", pr.duration(r.ClosesBefore))
	}
	list := []string{opens, closes}
	switch {
	case r.WaitlistSize > 0:
		list = append(list, pr.Text("preview.waitlist_of", "N", r.WaitlistSize))
	case r.WaitlistSize < 0:
		list = append(list, pr.Text("preview.waitlist_any"))
	}
	return strings.Join(list, " · ")
}

// duration formats a duration in whole days, hours or minutes for a sentence.
func (pr Presenter) duration(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return pr.Text("preview.days", "N", Hours(d)/24)
	case d%time.Hour == 0:
		return pr.Text("preview.hours", "N", Hours(d))
	}
	return pr.Text("preview.minutes_long", "N", Minutes(d))
}

// begunFacts returns what a class keeps from its start on.
func (pr Presenter) begunFacts(c booking.Class) []templates.BegunFact {
	values := map[string]string{
		"date": pr.Date(c.StartsAt), "time": pr.Clock(c.StartsAt), "minutes": pr.Clock(c.EndsAt),
		"capacity": strconv.Itoa(c.Rules.Capacity), "cost": strconv.Itoa(c.Rules.Cost),
		"free_cancel_hours": strconv.Itoa(Hours(c.Rules.FreeCancel)),
	}
	var list []templates.BegunFact
	for _, f := range classFields {
		if value, kept := values[f.Name]; kept {
			list = append(list, templates.BegunFact{ID: f.ID, Label: pr.Text(f.Label), Value: value})
		}
	}
	return list
}

// chosenPlaces are the ids that are selected in a class form.
type chosenPlaces struct{ typeID, location, room, instructor, substitute int64 }

// keepTyped puts the typed values into the form, valid or not. Dates of an address are written
// as the page writes them.
func (pr Presenter) keepTyped(p *templates.ClassFormPage, typed url.Values) {
	for name, field := range map[string]*string{
		"title": &p.Title, "date": &p.Date, "time": &p.Clock, "end": &p.End, "minutes": &p.Minutes, "capacity": &p.Capacity,
		"cost": &p.Cost, "note": &p.Note, "free_cancel_hours": &p.FreeCancelHours, "opens_before_hours": &p.OpensBeforeHours,
		"closes_before_minutes": &p.ClosesBeforeMinutes, "every_weeks": &p.EveryWeeks, "until": &p.Until, "count": &p.Count,
		"scope": &p.Scope, "waitlist_mode": &p.WaitlistMode, "waitlist_size": &p.WaitlistSize,
		"waitlist_closes_minutes": &p.WaitlistClosesMinutes,
	} {
		if typed.Has(name) {
			*field = typed.Get(name)
		}
	}
	for name, flag := range map[string]*bool{
		"opens_limit": &p.OpensAlways, "closes_limit": &p.ClosesAtStart, "waitlist_limit": &p.WaitlistAny,
	} {
		if typed.Has(name) {
			*flag = typed.Get(name) == "no"
		}
	}
	if typed.Has("opens_unit") {
		p.OpensInDays, p.OpensMax = typed.Get("opens_unit") == "days", Hours(booking.WindowMax)
		if p.OpensInDays {
			p.OpensMax /= 24
		}
	}
	p.DateConfirmed, p.ConflictConfirmed = typed.Get("confirm_date") == "1", typed.Get("confirm_conflict") == "1"
	p.ConfirmDate, p.ConfirmConflict = p.DateConfirmed, p.ConflictConfirmed
	p.Online, p.Hidden, p.Repeat = typed.Get("online") == "1", typed.Get("hidden") == "1", typed.Get("repeat") == "1"
	for _, date := range []*string{&p.Date, &p.Until} {
		if day, err := time.Parse(time.DateOnly, *date); err == nil {
			*date = pr.Lang.DateField(day)
		}
	}
	pr.fillEnd(p, typed)
}

// fillEnd puts the end into the form where the address says the start alone, or with a length.
func (pr Presenter) fillEnd(p *templates.ClassFormPage, typed url.Values) {
	minutes, err := strconv.Atoi(typed.Get("minutes"))
	switch {
	case typed.Has("end"), p.ClassID != 0:
		return
	case !typed.Has("minutes"):
		minutes = 60
	case err != nil || minutes <= 0 || minutes >= 24*60:
		return // shown as typed
	}
	start, err := time.Parse("15:04", p.Clock)
	if err != nil {
		if !typed.Has("defaults") { // else there is no script that keeps the length until there is a start
			p.Minutes = ""
		}
		return
	}
	p.Minutes, p.End = "", start.Add(time.Duration(minutes)*time.Minute).Format("15:04")
}

// classFields are the fields of the class form in the order of the page.
var classFields = []Field{
	{Name: "type", ID: "type", Label: "class_form.type"},
	{Name: "title", ID: "title", Label: "class_form.title"},
	{Name: "instructor", ID: "instructor", Label: "class_form.instructor"},
	{Name: "substitute", ID: "substitute", Label: "class_form.substitute"},
	{Name: "weekdays", ID: "weekdays", Label: "class_form.weekdays"},
	{Name: "time", ID: "time", Label: "class_form.time"},
	{Name: "minutes", ID: "minutes", Label: "class_form.end"},
	{Name: "room", ID: "room", Label: "class_form.room"},
	{Name: "date", ID: "date", Label: "class_form.date"},
	{Name: "location", ID: "location", Label: "class_form.location"},
	{Name: "every_weeks", ID: "every_weeks", Label: "class_form.every_weeks"},
	{Name: "until", ID: "until", Label: "class_form.until"},
	{Name: "count", ID: "count", Label: "class_form.count"},
	{Name: "capacity", ID: "capacity", Label: "class_form.capacity"},
	{Name: "cost", ID: "cost", Label: "class_form.cost"},
	{Name: "free_cancel_hours", ID: "free_cancel_hours", Label: "class_form.free_cancel"},
	{Name: "waitlist_mode", ID: "waitlist_mode", Label: "desk.waitlist"},
	{Name: "opens_before_hours", ID: "opens_before_hours", Label: "class_form.opens"},
	{Name: "closes_before_minutes", ID: "closes_before_minutes", Label: "class_form.closes"},
	{Name: "waitlist_size", ID: "waitlist_size", Label: "class_form.size"},
	{Name: "waitlist_closes_minutes", ID: "waitlist_closes_minutes", Label: "class_form.waitlist_closes"},
	{Name: "note", ID: "note", Label: "class_form.note"},
}
