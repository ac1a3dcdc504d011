package present

import (
	"cmp"
	"net/url"
	"strconv"
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
	Date   time.Time
	Typed  url.Values // nil: nothing was typed
}

// ClassFormPage returns the form that creates or edits a class.
func (pr Presenter) ClassFormPage(
	l templates.Layout, f ClassForm, places booking.FormOptions, refused *booking.Error,
) *templates.ClassFormPage {
	p := &templates.ClassFormPage{
		Layout: l, Minutes: "60", Capacity: strconv.Itoa(f.Rules.Capacity), Cost: strconv.Itoa(f.Rules.Cost), Online: f.Rules.Online,
		FreeCancelHours:     strconv.Itoa(Hours(f.Rules.FreeCancel)),
		OpensBeforeHours:    strconv.Itoa(Hours(f.Rules.OpensBefore)),
		ClosesBeforeMinutes: strconv.Itoa(Minutes(f.Rules.ClosesBefore)), WaitlistMode: string(f.Rules.WaitlistMode),
		WaitlistSize: strconv.Itoa(f.Rules.WaitlistSize), WaitlistClosesMinutes: strconv.Itoa(Minutes(f.Rules.WaitlistCloses)),
		MayCancel: true, EveryWeeks: "1", Bounds: classBounds, Key: pr.NewKey(),
	}
	var chosen chosenPlaces
	if !f.Date.IsZero() {
		p.Date = f.Date.Format(time.DateOnly)
	}
	if c := cmp.Or(f.Class, f.Copied); c != nil {
		day, local := booking.CalendarDay(c.StartsAt, pr.Zone), c.StartsAt.In(pr.Zone)
		if f.Class == nil {
			day = day.AddDate(0, 0, 7)
		}
		p.Title, p.Note, p.Hidden = c.Title, c.Note, c.Hidden
		p.Date, p.Clock, p.Minutes = day.Format(time.DateOnly), local.Format("15:04"), strconv.Itoa(Minutes(c.EndsAt.Sub(c.StartsAt)))
		chosen = chosenPlaces{c.Type.ID, c.LocationID, c.RoomID, c.InstructorID, c.SubstituteID}
	}
	if c := f.Class; c != nil {
		p.ClassID, p.Version, p.InSeries = c.ID, c.Version, c.SeriesID != 0
		p.Bookings, p.Waiting, p.MayCancel = c.Booked, c.Waiting, !c.Cancelled && !c.Over()
		if c.Begun() {
			p.Begun = pr.begunFacts(*c)
		}
	}
	if f.Typed != nil {
		typed := Sent{Values: f.Typed}
		chosen = chosenPlaces{typed.id("type"), typed.id("location"), typed.id("room"), typed.id("instructor"), typed.id("substitute")}
		keepTyped(p, f.Typed)
	}
	p.Types, p.Locations = typeOptions(places, chosen.typeID), locationOptions(places, chosen.location)
	p.Rooms = roomOptions(places, chosen.room)
	p.Instructors, p.Substitutes = instructorOptions(places.Instructors, chosen.instructor), instructorOptions(places.Instructors,
		chosen.substitute)
	p.Weekdays = pr.weekdays(f.Typed["weekday"])
	p.Problems, p.Errors = pr.Problems(refused, classFields)
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

// begunFacts returns what a class keeps from its start on.
func (pr Presenter) begunFacts(c booking.Class) []templates.BegunFact {
	values := map[string]string{
		"date": pr.Date(c.StartsAt), "time": pr.Clock(c.StartsAt), "minutes": strconv.Itoa(Minutes(c.EndsAt.Sub(c.StartsAt))),
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

// keepTyped puts the typed values into the form, valid or not.
func keepTyped(p *templates.ClassFormPage, typed url.Values) {
	for name, field := range map[string]*string{
		"title": &p.Title, "date": &p.Date, "time": &p.Clock, "minutes": &p.Minutes, "capacity": &p.Capacity, "cost": &p.Cost,
		"note":              &p.Note,
		"free_cancel_hours": &p.FreeCancelHours, "opens_before_hours": &p.OpensBeforeHours, "closes_before_minutes": &p.ClosesBeforeMinutes,
		"every_weeks": &p.EveryWeeks, "until": &p.Until, "count": &p.Count, "scope": &p.Scope,
		"waitlist_mode": &p.WaitlistMode, "waitlist_size": &p.WaitlistSize, "waitlist_closes_minutes": &p.WaitlistClosesMinutes,
	} {
		if typed.Has(name) {
			*field = typed.Get(name)
		}
	}
	p.DateConfirmed, p.ConflictConfirmed = typed.Get("confirm_date") == "1", typed.Get("confirm_conflict") == "1"
	p.ConfirmDate, p.ConfirmConflict = p.DateConfirmed, p.ConflictConfirmed
	p.Online, p.Hidden, p.Repeat = typed.Get("online") == "1", typed.Get("hidden") == "1", typed.Get("repeat") == "1"
}

// classFields are the fields of the class form in the order of the page.
var classFields = []Field{
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
