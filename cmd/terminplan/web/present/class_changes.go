package present

import (
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// editChanges lists every fact that an edit of a class changes, in the order of the form.
func (pr Presenter) editChanges(was booking.Class, to booking.ClassRequest, places booking.FormOptions) (list []templates.ReviewChange) {
	add := func(label, before, after string) {
		if before != after {
			list = append(list, templates.ReviewChange{Label: pr.Text(label), Was: orDash(before), Now: orDash(after)})
		}
	}
	number := func(label string, before, after int) { add(label, strconv.Itoa(before), strconv.Itoa(after)) }
	window := func(label, none string, before, after time.Duration) {
		text := func(d time.Duration) string {
			if d == 0 {
				return pr.Text(none)
			}
			return pr.Text("preview.before", "Long", pr.duration(d))
		}
		add(label, text(before), text(after))
	}
	flag := func(label string, before, after bool) { add(label, pr.yes(before), pr.yes(after)) }
	moved := !to.StartsAt.Equal(was.StartsAt)
	rules, now := was.Rules, to.Rules

	if was.Type.ID != to.TypeID {
		add("class_form.type", was.Type.Name, nameIn(typeOptions(places, to.TypeID)))
	}
	add("class_form.title", was.Title, to.Title)
	if was.InstructorID != to.InstructorID {
		add("class_form.instructor", was.Instructor, nameIn(instructorOptions(places.Instructors, to.InstructorID)))
	}
	if was.SubstituteID != to.SubstituteID {
		add("class_form.substitute", was.Substitute, nameIn(instructorOptions(places.Instructors, to.SubstituteID)))
	}
	if moved {
		add("class_form.time", pr.DateTime(was.StartsAt), pr.DateTime(to.StartsAt))
	}
	number("class_form.minutes", Minutes(was.EndsAt.Sub(was.StartsAt)), Minutes(to.EndsAt.Sub(to.StartsAt)))
	if was.RoomID != to.RoomID {
		add("class_form.room", was.Room, nameIn(roomOptions(places, to.RoomID)))
	}
	if was.LocationID != to.LocationID {
		add("class_form.location", was.Location, nameIn(locationOptions(places, to.LocationID)))
	}
	number("class_form.capacity", rules.Capacity, now.Capacity)
	number("class_form.cost", rules.Cost, now.Cost)
	flag("class_form.online", rules.Online, now.Online)
	window("preview.free_cancel", "preview.at_start", rules.FreeCancel, now.FreeCancel)
	add("desk.waitlist", pr.waitlistMode(rules), pr.waitlistMode(now))
	window("preview.opens", "preview.always", rules.OpensBefore, now.OpensBefore)
	window("preview.closes", "preview.at_start", rules.ClosesBefore, now.ClosesBefore)
	if rules.WaitlistSize != 0 && now.WaitlistSize != 0 {
		add("class_form.size", pr.waitlistSize(rules), pr.waitlistSize(now))
	}
	window("preview.waitlist_closes", "preview.at_start", rules.WaitlistCloses, now.WaitlistCloses)
	flag("class_form.hidden", was.Hidden, to.Hidden)
	add("class_form.note", was.Note, to.Note)
	return list
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

func nameIn(options []templates.Option) string {
	for _, o := range options {
		if o.Selected {
			return o.Name
		}
	}
	return ""
}

func (pr Presenter) yes(on bool) string {
	if on {
		return pr.Text("field.yes")
	}
	return pr.Text("field.no")
}

func (pr Presenter) waitlistMode(r booking.Rules) string {
	switch {
	case r.WaitlistSize == 0:
		return pr.Text("class_form.mode_none")
	case r.WaitlistMode == booking.ModeAuto:
		return pr.Text("class_form.mode_auto")
	case r.WaitlistMode == booking.ModeNotifyAll:
		return pr.Text("class_form.mode_all")
	}
	return pr.Text("class_form.mode_offer")
}

func (pr Presenter) waitlistSize(r booking.Rules) string {
	if r.WaitlistSize < 0 {
		return pr.Text("preview.waitlist_any")
	}
	return strconv.Itoa(r.WaitlistSize)
}
