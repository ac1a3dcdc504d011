package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// ClassDraft is a class form while somebody types.
type ClassDraft struct {
	ClassID int64 // 0: a new class
	Class   booking.ClassRequest
	Pattern *booking.Pattern // nil: a single class
	Draft   booking.Draft    // no classes: not enough is typed, or it is wrong
	Typed   Sent             // Refused: why there are no classes
	Shown   []string         // the days that the form showed, 2026-12-01
	Kept    []string         // those of them that were not left out
}

// Keeps reports whether a day takes place: as it was chosen, or else if it is no holiday.
func (d ClassDraft) Keeps(p booking.PlannedClass) bool {
	if day := p.Day.Format(time.DateOnly); slices.Contains(d.Shown, day) {
		return slices.Contains(d.Kept, day)
	}
	return p.Holiday == "" || d.Pattern == nil
}

// ClassPreview returns what saving the form would create.
func (pr Presenter) ClassPreview(d ClassDraft, types []booking.ClassTypeSettings, places booking.FormOptions) templates.ClassPreview {
	v := templates.ClassPreview{New: d.ClassID == 0, Choice: d.Pattern != nil, MoreRules: pr.moreRules(d.Class.Rules)}
	v.Understood = pr.understood(d)
	if len(d.Draft.Classes) == 0 {
		v.Waits = pr.waitsFor(d.Typed.Refused)
		return v
	}
	c := classOf(d, types, places, pr.Now)
	members := pr
	members.Staff = false
	row := members.ClassRow(c, booking.PersonalState{})
	v.Row, v.FreeUntil = &row, pr.Text("preview.free_until", "At", pr.DateTime(c.Cutoff()))
	var shown []string
	n := 0
	for _, p := range d.Draft.Classes {
		keep := d.Keeps(p)
		day := templates.PreviewDay{
			ISO: p.Day.Format(time.DateOnly), Short: pr.Lang.DayOfMonth(p.Day), Full: pr.Lang.DayLong(p.Day), Holiday: p.Holiday,
			Taken: len(p.Conflicts) > 0, Keep: keep,
		}
		v.Days, shown, v.Holidays = append(v.Days, day), append(shown, day.ISO), v.Holidays || p.Holiday != ""
		if keep {
			n++
			if len(p.Conflicts) > 0 {
				v.Conflicts++
			}
		}
	}
	v.Shown, v.Number = strings.Join(shown, ","), pr.Text("preview.dates", "N", n)
	last := d.Draft.Classes[len(d.Draft.Classes)-1].Day
	v.Pattern = ", " + pr.Lang.DayLong(last)
	if d.Pattern != nil {
		v.Pattern = ", " + pr.Text(
			"preview.pattern",
			"Days",
			pr.onWeekdays(d.Draft.Classes, d.Pattern.EveryWeeks),
			"Last",
			pr.untilDay(last),
		)
	}
	v.Conflict = pr.conflict(d, places)
	return v
}

// classOf returns the class as if it were saved.
func classOf(d ClassDraft, types []booking.ClassTypeSettings, places booking.FormOptions, now time.Time) booking.Class {
	r, at := d.Class, d.Draft.Classes[0]
	c := booking.Class{
		Title: r.Title, StartsAt: at.StartsAt, EndsAt: at.EndsAt, Rules: r.Rules, RoomID: r.RoomID, LocationID: r.LocationID, ReadAt: now,
	}
	for _, p := range d.Draft.Classes { // the first that takes place
		if d.Keeps(p) {
			c.StartsAt, c.EndsAt = p.StartsAt, p.EndsAt
			break
		}
	}
	for _, t := range types {
		if t.ID == r.TypeID {
			c.Type = t.ClassType
		}
	}
	for _, room := range places.Rooms {
		if room.ID == r.RoomID {
			c.Room = room.Name
		}
	}
	for _, i := range places.Instructors {
		if i.ID == r.InstructorID {
			c.Instructor = i.Name
		}
		if i.ID == r.SubstituteID {
			c.Substitute = i.Name
		}
	}
	return c
}

// onWeekdays returns the weekdays of a series: "dienstags und donnerstags".
func (pr Presenter) onWeekdays(list []booking.PlannedClass, everyWeeks int) string {
	var names []string
	for weekday := range 7 { // Monday first
		i := slices.IndexFunc(list, func(p booking.PlannedClass) bool { return (int(p.Day.Weekday())+6)%7 == weekday })
		if i >= 0 {
			names = append(names, pr.Lang.OnWeekday(list[i].Day))
		}
	}
	return pr.Text("preview.weekly_of", "Days", pr.Lang.List(names), "N", everyWeeks)
}

// untilDay formats the last day of a series, with the year if that is another one.
func (pr Presenter) untilDay(day time.Time) string {
	if day.Year() == pr.Now.In(pr.Zone).Year() && pr.Lang == templates.German {
		return day.Format("2.1.")
	}
	return pr.Lang.Date(day)
}

// waitsFor returns what the dates wait for.
func (pr Presenter) waitsFor(refused *booking.Error) string {
	if refused != nil {
		for _, e := range refused.All() {
			why, _ := e.Args["why"].(string)
			if why != "missing" &&
				slices.Contains([]string{"date", "time", "minutes", "until", "count", "every_weeks", "weekdays"}, e.Field) {
				return pr.Refusal(e)
			}
		}
	}
	return pr.Text("class_form.waits")
}

// conflict says what is taken first, and how to avoid it.
func (pr Presenter) conflict(d ClassDraft, places booking.FormOptions) *templates.ClassConflict {
	var first *booking.PlannedClass
	n := 0
	for i, p := range d.Draft.Classes {
		if len(p.Conflicts) > 0 && d.Keeps(p) {
			if n++; first == nil {
				first = &d.Draft.Classes[i]
			}
		}
	}
	if first == nil {
		return nil
	}
	other := first.Conflicts[0]
	until := pr.ClockLong(other.EndsAt)
	v := &templates.ClassConflict{
		Lead: pr.Text("preview.room_taken", "At", pr.DayClock(first.StartsAt), "Room", other.Room),
		Text: pr.Text("preview.until_then", "Title", other.Title, "Until", until),
	}
	if other.Field == "instructor" {
		v.Lead = pr.Text("preview.instructor_taken", "At", pr.DayClock(first.StartsAt), "Name", other.Instructor)
		if other.Room != "" {
			v.Text = pr.Text("preview.until_then_in", "Title", other.Title, "Until", until, "Room", other.Room)
		}
	}
	if n > 1 {
		v.More = pr.Text("preview.more_conflicts", "N", n-1)
	}
	if d.Draft.Later > 0 {
		v.Clock, v.End = pr.Clock(first.StartsAt.Add(d.Draft.Later)), pr.Clock(first.EndsAt.Add(d.Draft.Later))
	}
	if room := d.Draft.Room; room.ID != 0 && other.Field == "room" {
		v.Room = templates.Option{ID: room.ID, Name: room.Name}
	}
	return v
}

// understood returns dates and times as the page writes them, for the fields that could be
// read.
func (pr Presenter) understood(d ClassDraft) templates.Understood {
	typed := d.Typed.Values
	wrong := map[string]bool{}
	if d.Typed.Refused != nil {
		for _, e := range d.Typed.Refused.All() {
			wrong[e.Field] = true
		}
	}
	u := templates.Understood{
		DateTyped:  typed.Get("date"),
		ClockTyped: typed.Get("time"),
		EndTyped:   typed.Get("end"),
		UntilTyped: typed.Get("until"),
	}
	if u.DateTyped != "" && !wrong["date"] {
		day := booking.CalendarDay(d.Class.StartsAt, pr.Zone)
		u.Date, u.Weekday = pr.Lang.DateField(day), (int(day.Weekday())+6)%7+1
	}
	if u.ClockTyped != "" && u.DateTyped != "" && !wrong["time"] && !wrong["date"] {
		u.Clock = pr.Clock(d.Class.StartsAt)
		if u.EndTyped != "" && !wrong["minutes"] {
			u.End = pr.Clock(d.Class.EndsAt)
		}
	}
	if !wrong["until"] && typed.Get("count") == "" && d.Pattern != nil && !d.Pattern.Last.IsZero() {
		u.Until = pr.Lang.DateField(d.Pattern.Last)
	}
	return u
}
