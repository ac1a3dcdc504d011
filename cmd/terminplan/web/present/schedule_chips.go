package present

import (
	"slices"

	"terminplan/booking"
	"terminplan/templates"
)

// chips returns the filters above the rows: each link sets or removes one and keeps the others. The
// filters that are set come first, since the row may be wider than the screen.
func (pr Presenter) chips(q ScheduleQuery, p booking.FormOptions) []templates.Chip {
	link := func(kind, name string, current bool, change func(q *ScheduleQuery)) templates.Chip {
		to := q
		change(&to)
		return templates.Chip{Kind: kind, Name: name, Current: current, URL: to.URL(q.Date, q.Week)}
	}
	toggled := func(is, id int64) int64 {
		if is == id {
			return 0
		}
		return id
	}
	var fixed []templates.Chip
	if !pr.Public { // it depends on the person
		fixed = append(fixed, link("bookable", "", q.Bookable, func(to *ScheduleQuery) { to.Bookable = !q.Bookable }))
	}
	fixed = append(fixed,
		link("all", "", q.TypeID == 0 && q.Instructor == 0 && q.Room == 0, func(to *ScheduleQuery) {
			to.TypeID, to.Instructor, to.Room = 0, 0, 0
		}))
	var list []templates.Chip
	for _, t := range p.Types {
		c := link("type", t.Name, t.ID == q.TypeID, func(to *ScheduleQuery) { to.TypeID = toggled(q.TypeID, t.ID) })
		c.Hue, c.Glyph = t.Hue, t.Glyph
		list = append(list, c)
	}
	for _, i := range q.Instructors {
		list = append(list, link("instructor", i.Name, i.ID == q.Instructor, func(to *ScheduleQuery) {
			to.Instructor = toggled(q.Instructor, i.ID)
		}))
	}
	for _, one := range p.Rooms {
		list = append(list, link("room", one.Name, one.ID == q.Room, func(to *ScheduleQuery) { to.Room = toggled(q.Room, one.ID) }))
	}
	slices.SortStableFunc(list, func(a, b templates.Chip) int {
		switch {
		case a.Current == b.Current:
			return 0
		case a.Current:
			return -1
		}
		return 1
	})
	return append(fixed, list...)
}
