package present

import (
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// maxRoomLinks is the number of rooms that have a place in a row of links. More rooms are a list.
const maxRoomLinks = 4

// StaffSchedule returns the week of the staff as a time grid. classes are those of the week, by
// start, that pass the filters.
func (pr Presenter) StaffSchedule(
	f Frame, q ScheduleQuery, places booking.FormOptions, classes []booking.Class,
) *templates.StaffSchedulePage {
	q.Week = true
	monday, next := q.Span()
	link := func(d time.Time) string { return q.URL(d, false) }
	today := Midnight(pr.Now, pr.Zone)
	f.Active, f.Live = "schedule", q.Live()+"&grid=1"
	p := &templates.StaffSchedulePage{
		Layout: pr.Layout(f), Week: pr.Lang.Week(monday), Dates: pr.Lang.DateSpan(monday, AddDays(monday, 6)),
		PrevURL: link(AddDays(q.Date, -7)), NextURL: link(AddDays(q.Date, 7)), TodayURL: link(today),
		Filters: pr.filters(q, places), Rooms: roomLinks(pr, q, places),
		CanAdd:  f.Actor.Can(booking.EditClasses),
		NewURL:  "/classes/new?date=" + q.Date.Format(time.DateOnly),
		CopyURL: "/schedule/copy?week=" + monday.Format(time.DateOnly), Empty: len(classes) == 0,
	}
	if p.CanAdd {
		p.Quick = pr.QuickAdd(q, f.Path)
	}
	pr.placeClasses(p, monday, classes)
	for i := range 7 {
		d := AddDays(monday, i)
		day := templates.GridDay{
			Column: i + 1, ISO: d.Format(time.DateOnly), Weekday: pr.Lang.Weekday(d), Number: d.Day(), Full: pr.Lang.DayLong(d),
			URL: link(d), DeskURL: "/today?date=" + d.Format(time.DateOnly), Today: d.Equal(today), Past: d.Before(today),
		}
		for _, b := range p.Blocks {
			day.Classes = day.Classes || b.Column == day.Column && !b.Cancelled
		}
		if d.Equal(q.Date) {
			p.Shown = day.Column
		}
		p.Days = append(p.Days, day)
	}
	if !pr.Now.Before(monday) && pr.Now.Before(next) {
		p.Now = pr.gridNow(p.From, p.To)
	}
	return p
}

// placeClasses puts the blocks into the columns of their days, and chooses the hours.
func (pr Presenter) placeClasses(p *templates.StaffSchedulePage, monday time.Time, classes []booking.Class) {
	spans, columns := make([]gridSpan, len(classes)), make([]int, len(classes))
	byColumn := map[int][]int{}
	for i, c := range classes {
		spans[i] = gridSpanOf(c.StartsAt, c.EndsAt, pr.Zone)
		columns[i] = pr.columnOf(c, monday)
		byColumn[columns[i]] = append(byColumn[columns[i]], i)
	}
	lanes := make([]gridLane, len(classes))
	p.Lanes = 1
	for _, list := range byColumn {
		own := make([]gridSpan, len(list))
		for at, i := range list {
			own[at] = spans[i]
		}
		for at, lane := range lanesOf(own) {
			lanes[list[at]] = lane
			p.Lanes = max(p.Lanes, lane.of)
		}
	}
	p.From, p.To = gridHours(spans)
	for h := p.From; h < p.To; h++ {
		p.Hours = append(p.Hours, h)
	}
	for i, c := range classes {
		b, s := pr.GridBlock(c), spans[i]
		b.Column, b.Lane, b.Lanes = columns[i], lanes[i].at, lanes[i].of
		b.Hour, b.Minute, b.Hours, b.Minutes = s.from/60, s.from%60, (s.to-s.from)/60, (s.to-s.from)%60
		b.Short = s.to-s.from < 40
		if b.Low {
			p.Low++
		}
		p.Blocks = append(p.Blocks, b)
	}
}

// columnOf returns the column of the day on which a class of the week begins.
func (pr Presenter) columnOf(c booking.Class, monday time.Time) int {
	return daysBetween(monday, c.StartsAt, pr.Zone) + 1
}

// GridBlock returns the part of a block of the time grid that changes while the page is open.
func (pr Presenter) GridBlock(c booking.Class) templates.GridBlock {
	s := gridSpanOf(c.StartsAt, c.EndsAt, pr.Zone)
	local := c.StartsAt.In(pr.Zone)
	b := templates.GridBlock{
		ID: c.ID, Epoch: pr.Epoch, Version: c.Version, URL: ClassPath(c.ID), Day: pr.Lang.WeekdayLong(local), Clock: pr.Clock(c.StartsAt),
		Slot: local.Format("2006-01-02T15:04") + "/" + strconv.Itoa(s.to-s.from) + "/" + strconv.FormatInt(c.RoomID, 10),
		Hue:  c.Type.Hue, Title: c.Title, Instructor: c.Instructor, Cancelled: c.Cancelled, Over: c.Over(),
		Full: !c.Cancelled && c.Free() == 0, Taken: c.Booked, Capacity: c.Rules.Capacity,
		Beyond: max(0, c.Booked-c.Rules.Capacity), Waiting: c.Waiting,
	}
	if b.Hue == "" {
		b.Hue = "slate"
	}
	if c.Substitute != "" {
		b.Instructor, b.Substitute = c.Substitute, true
	}
	if s.cut {
		b.Until = pr.Text("text.until", "At", pr.Clock(c.EndsAt))
	}
	b.Low = !c.Cancelled && c.Phase() != booking.PhaseOver && c.Phase() != booking.PhaseRunning && 4*c.Booked < c.Rules.Capacity
	return b
}

// gridNow returns the line of the present time.
func (pr Presenter) gridNow(from, to int) *templates.GridNow {
	local := pr.Now.In(pr.Zone)
	return &templates.GridNow{
		Column: (int(local.Weekday())+6)%7 + 1, Hour: local.Hour(), Minute: local.Minute() / gridStep * gridStep, Clock: pr.Clock(pr.Now),
		Outside: local.Hour() < from || local.Hour() >= to,
	}
}

// roomLinks returns the rooms as links, unless there is only one, or too many for a row.
func roomLinks(pr Presenter, q ScheduleQuery, places booking.FormOptions) (list []templates.GridRoom) {
	if len(places.Rooms) < 2 || len(places.Rooms) > maxRoomLinks {
		return nil
	}
	link := func(room int64) string {
		one := q
		one.Room = room
		return one.URL(q.Date, false)
	}
	list = append(list, templates.GridRoom{Name: pr.Text("grid.all_rooms"), URL: link(0), Current: q.Room == 0})
	for _, r := range places.Rooms {
		list = append(list, templates.GridRoom{Name: r.Name, URL: link(r.ID), Current: q.Room == r.ID})
	}
	return list
}

// ClassSummary returns what the staff reads about a class beside its block. roster says whether
// the reader may see the participants.
func (pr Presenter) ClassSummary(a booking.Actor, c booking.Class, series booking.SeriesAhead, roster bool) templates.ClassSummary {
	t := templates.ClassSummary{
		ID: c.ID, Hue: c.Type.Hue, Glyph: c.Type.Glyph, Title: c.Title, URL: ClassPath(c.ID),
		When:  pr.dayShort(c.StartsAt) + ", " + pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)),
		Taken: c.Booked, Capacity: c.Rules.Capacity, Held: c.Held, Waiting: c.Waiting, Full: c.Free() == 0,
		Beyond:    max(0, c.Booked-c.Rules.Capacity),
		Cancelled: c.Cancelled, Room: location(c), Instructor: pr.instructor(c), StaffOnly: !c.Rules.Online, Hidden: c.Hidden,
		Roster: roster, MayEdit: a.Can(booking.EditClasses), MayCancel: a.Can(booking.EditClasses) && !c.Cancelled && !c.Over(),
		FreeCancel: pr.Text("text.summary_free_cancel", "N", Hours(c.Rules.FreeCancel)),
		Waitlist:   pr.Text("text.summary_waitlist_" + waitlistKind(c.Rules)),
	}
	if c.SeriesID != 0 {
		t.Series = pr.Text("text.summary_series_over")
		if series.Dates > 0 {
			t.Series = pr.Text("text.summary_series", "N", series.Dates, "Last", pr.dayShort(series.Last))
		}
	}
	return t
}

// waitlistKind names what happens with a seat that becomes free: offer, auto, notify_all or none.
func waitlistKind(r booking.Rules) string {
	if r.WaitlistSize == 0 {
		return "none"
	}
	return string(r.WaitlistMode)
}
