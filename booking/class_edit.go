package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// EditRequest changes a class, or several classes of its series.
type EditRequest struct {
	ClassID      int64
	Version      int64 // version of the class that the form showed; 0: do not check
	Scope        Scope
	Class        ClassRequest
	Only         []string // the names of the fields of Class to change, see facts; nil: all
	ConfirmBelow bool     // accept a capacity below the seats that are taken (rule 7)
}

// stale reports whether the form showed another class than the present one: the class has
// been edited since, or it never had this version. Bookings also raise the version, but an
// edit cannot overwrite them.
func (r *EditRequest) stale(c *Class) bool {
	return r.Version != 0 && (r.Version < c.Edited || r.Version > c.Version)
}

// facts are the fields that an edit may change, by their names in the class form, with the
// function that copies each. A class that begins at another time keeps its length.
var facts = map[string]func(to *ClassRequest, from *ClassRequest){
	"title":      func(to, from *ClassRequest) { to.Title = from.Title },
	"note":       func(to, from *ClassRequest) { to.Note = from.Note },
	"hidden":     func(to, from *ClassRequest) { to.Hidden = from.Hidden },
	"type":       func(to, from *ClassRequest) { to.TypeID = from.TypeID },
	"location":   func(to, from *ClassRequest) { to.LocationID = from.LocationID },
	"room":       func(to, from *ClassRequest) { to.RoomID = from.RoomID },
	"instructor": func(to, from *ClassRequest) { to.InstructorID = from.InstructorID },
	"substitute": func(to, from *ClassRequest) { to.SubstituteID = from.SubstituteID },
	"starts_at": func(to, from *ClassRequest) {
		to.StartsAt, to.EndsAt = from.StartsAt, from.StartsAt.Add(to.EndsAt.Sub(to.StartsAt))
	},
	"minutes":                 func(to, from *ClassRequest) { to.EndsAt = to.StartsAt.Add(from.EndsAt.Sub(from.StartsAt)) },
	"online":                  func(to, from *ClassRequest) { to.Rules.Online = from.Rules.Online },
	"cost":                    func(to, from *ClassRequest) { to.Rules.Cost = from.Rules.Cost },
	"capacity":                func(to, from *ClassRequest) { to.Rules.Capacity = from.Rules.Capacity },
	"free_cancel_hours":       func(to, from *ClassRequest) { to.Rules.FreeCancel = from.Rules.FreeCancel },
	"opens_before_hours":      func(to, from *ClassRequest) { to.Rules.OpensBefore = from.Rules.OpensBefore },
	"closes_before_minutes":   func(to, from *ClassRequest) { to.Rules.ClosesBefore = from.Rules.ClosesBefore },
	"waitlist_mode":           func(to, from *ClassRequest) { to.Rules.WaitlistMode = from.Rules.WaitlistMode },
	"waitlist_size":           func(to, from *ClassRequest) { to.Rules.WaitlistSize = from.Rules.WaitlistSize },
	"waitlist_closes_minutes": func(to, from *ClassRequest) { to.Rules.WaitlistCloses = from.Rules.WaitlistCloses },
}

// begunDenial refuses to change what a class keeps from its start on: time, length, capacity,
// price and cut-off (rule 21). The refusal names each of these fields that to would change.
func (c *Class) begunDenial(to *ClassRequest, zone *time.Location) error {
	if !c.Begun() {
		return nil
	}
	why := "running"
	if c.Over() {
		why = "over"
	}
	var f Faults
	keep := func(same bool, field string) {
		if !same {
			f.add(&Error{Code: ClassBegun, Field: field, Args: map[string]any{"why": why}})
		}
	}
	if !to.StartsAt.Equal(c.StartsAt) {
		sameDay := CalendarDay(to.StartsAt, zone).Equal(CalendarDay(c.StartsAt, zone))
		keep(sameDay, "date")
		keep(!sameDay, "time")
	}
	keep(to.EndsAt.Sub(to.StartsAt) == c.EndsAt.Sub(c.StartsAt), "minutes")
	keep(to.Rules.Capacity == c.Rules.Capacity, "capacity")
	keep(to.Rules.Cost == c.Rules.Cost, "cost")
	keep(to.Rules.FreeCancel == c.Rules.FreeCancel, "free_cancel_hours")
	return f.Err()
}

// denial says why the edit of c into to is refused. The preview and the operation both ask it.
func (r *EditRequest) denial(c *Class, to *ClassRequest, zone *time.Location) error {
	if r.stale(c) {
		return refuse(StaleClass)
	}
	if err := c.begunDenial(to, zone); err != nil || to.StartsAt.Equal(c.StartsAt) {
		return err
	}
	if isFarAhead(c.StartsAt, c.ReadAt) && isFarAhead(to.StartsAt, c.ReadAt) {
		return nil // it was confirmed before
	}
	return to.dateDenial(c.ReadAt)
}

// trim removes from Class every field that the edit does not mean. The fingerprint of the
// request then depends only on the fields that were asked for.
func (r *EditRequest) trim() error {
	if r.Only == nil {
		return r.Class.Check() // the request has all fields
	}
	meant := ClassRequest{Key: r.Class.Key, ConfirmConflict: r.Class.ConfirmConflict, ConfirmDate: r.Class.ConfirmDate}
	for _, name := range r.Only {
		take := facts[name]
		if take == nil {
			return invalid(name, "unknown")
		}
		take(&meant, &r.Class)
	}
	r.Class = meant
	return nil
}

// of returns the class as it would be after the edit.
func (r *EditRequest) of(c *Class) (ClassRequest, error) {
	to := r.Class
	if r.Only != nil {
		to = c.request()
		to.ConfirmDate = r.Class.ConfirmDate
		for _, name := range r.Only {
			facts[name](&to, &r.Class)
		}
	}
	return to, to.Check()
}

// request returns the class as its unchanged form would send it.
func (c *Class) request() ClassRequest {
	return ClassRequest{
		Title: c.Title, TypeID: c.Type.ID, LocationID: c.LocationID, RoomID: c.RoomID,
		InstructorID: c.InstructorID, SubstituteID: c.SubstituteID,
		StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules, Note: c.Note, Hidden: c.Hidden,
	}
}

// carry applies the difference between was and now to r, another class of the series.
// Fields without a difference stay, so individual changes of single classes are kept. A
// changed day moves r by as many days; a changed time of day is set, in wall-clock time.
func (r ClassRequest) carry(was, now ClassRequest, zone *time.Location) ClassRequest {
	r.Title = changed(was.Title, now.Title, r.Title)
	r.Note = changed(was.Note, now.Note, r.Note)
	r.Hidden = changed(was.Hidden, now.Hidden, r.Hidden)
	r.TypeID = changed(was.TypeID, now.TypeID, r.TypeID)
	r.LocationID = changed(was.LocationID, now.LocationID, r.LocationID)
	r.RoomID = changed(was.RoomID, now.RoomID, r.RoomID)
	r.InstructorID = changed(was.InstructorID, now.InstructorID, r.InstructorID)
	r.SubstituteID = changed(was.SubstituteID, now.SubstituteID, r.SubstituteID)
	if r.SubstituteID == r.InstructorID {
		r.SubstituteID = 0
	}
	a, b := was.Rules, now.Rules
	r.Rules = Rules{
		Online:         changed(a.Online, b.Online, r.Rules.Online),
		Cost:           changed(a.Cost, b.Cost, r.Rules.Cost),
		Capacity:       changed(a.Capacity, b.Capacity, r.Rules.Capacity),
		FreeCancel:     changed(a.FreeCancel, b.FreeCancel, r.Rules.FreeCancel),
		OpensBefore:    changed(a.OpensBefore, b.OpensBefore, r.Rules.OpensBefore),
		ClosesBefore:   changed(a.ClosesBefore, b.ClosesBefore, r.Rules.ClosesBefore),
		WaitlistMode:   changed(a.WaitlistMode, b.WaitlistMode, r.Rules.WaitlistMode),
		WaitlistSize:   changed(a.WaitlistSize, b.WaitlistSize, r.Rules.WaitlistSize),
		WaitlistCloses: changed(a.WaitlistCloses, b.WaitlistCloses, r.Rules.WaitlistCloses),
	}
	long := changed(was.EndsAt.Sub(was.StartsAt), now.EndsAt.Sub(now.StartsAt), r.EndsAt.Sub(r.StartsAt))
	if !was.StartsAt.Equal(now.StartsAt) {
		shift := int(CalendarDay(now.StartsAt, zone).Sub(CalendarDay(was.StartsAt, zone)).Hours() / 24)
		old, local, own := was.StartsAt.In(zone), now.StartsAt.In(zone), r.StartsAt.In(zone)
		if old.Hour() != local.Hour() || old.Minute() != local.Minute() {
			own = local
		}
		r.StartsAt = WallTime(CalendarDay(r.StartsAt, zone).AddDate(0, 0, shift), own.Hour(), own.Minute(), zone)
	}
	r.EndsAt = r.StartsAt.Add(long)
	return r
}

func changed[T comparable](was, now, other T) T {
	if was == now {
		return other
	}
	return now
}

// editTargets lists the classes of the scope, and what each of them would be, by start.
// denied says why the edit is refused at present.
func (rd *Reader) editTargets(ctx context.Context, r EditRequest) (classes []Class, to []ClassRequest, denied, err error) {
	ids, err := rd.inScope(ctx, r.ClassID, r.Scope)
	if err != nil {
		return nil, nil, nil, err
	}
	studio, err := rd.Studio(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	classes, err = rd.Classes(ctx, ids)
	if err != nil {
		return nil, nil, nil, err
	}
	slices.SortFunc(classes, func(a, b Class) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID)) })
	at := slices.IndexFunc(classes, func(c Class) bool { return c.ID == r.ClassID })
	if at < 0 {
		return nil, nil, nil, refuse(NotFound)
	}
	this := classes[at].request()
	now, err := r.of(&classes[at])
	if err != nil {
		return nil, nil, nil, err
	}
	to = make([]ClassRequest, len(classes))
	for i := range classes {
		to[i] = classes[i].request().carry(this, now, studio.Zone)
	}
	to[at] = now // exactly as requested, also in the repeated hour of a clock change
	return classes, to, r.denial(&classes[at], &now, studio.Zone), nil
}

// PreviewEdit lists what an edit would do to each class of its scope, with conflicts and
// the number of guests. Refusals: those of [Engine.EditClass] that no confirmation overcomes.
func (rd *Reader) PreviewEdit(ctx context.Context, a Actor, r EditRequest) ([]PlannedClass, error) {
	if !a.Can(EditClasses) {
		return nil, refuse(Forbidden)
	}
	if err := r.trim(); err != nil {
		return nil, err
	}
	classes, to, denied, err := rd.editTargets(ctx, r)
	if err = cmp.Or(err, denied); err != nil {
		return nil, err
	}
	list, occupied, ids := make([]PlannedClass, len(classes)), make([]occupation, len(classes)), make([]int64, len(classes))
	for i, c := range classes {
		taken, seats := c.Booked+c.Held, to[i].Rules.Capacity
		list[i] = PlannedClass{
			StartsAt: to[i].StartsAt,
			EndsAt:   to[i].EndsAt,
			Was:      c,
			To:       to[i],
			Below:    seats < c.Rules.Capacity && seats < taken,
		}
		occupied[i], ids[i] = to[i].occupation(c.ID), c.ID
	}
	conflicts, err := rd.conflicts(ctx, occupied)
	if err != nil {
		return nil, err
	}
	guests := map[int64]int{}
	rows, _ := rd.readPool.Query(ctx, `select b.class_id, count(*) from booking b join person p on p.id = b.person_id
		where b.class_id = any($1) and b.state in ('booked', 'checked_in') and p.role = 'guest' group by b.class_id`, ids)
	err = each(rows, func(rows pgx.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		guests[id] = n
		return err
	})
	for i := range list {
		list[i].Conflicts, list[i].Guests = conflicts[i], guests[list[i].Was.ID]
	}
	return list, during("counting guests", err)
}

// EditClass changes a class and, with a scope, other classes of its series by the same
// difference. It never drops a booking (rule 21). New seats go to the waitlist at once. A
// capacity below the taken seats needs ConfirmBelow. People who are booked or waiting are
// told what changed. If time or location changes, people who are booked may cancel free of
// charge (rule 14). A class that has begun keeps its time, length, capacity, price and
// cut-off. Refusals: Forbidden, Invalid, NotFound, StaleClass, ClassBegun, InThePast, FarAhead,
// CapacityBelow, RoomTaken, InstructorTaken.
func (e *Engine) EditClass(ctx context.Context, a Actor, r EditRequest) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	if err := r.trim(); err != nil {
		return ClassOutcome{}, err
	}
	classes, planned, denied, err := e.editTargets(ctx, r)
	if err != nil {
		return ClassOutcome{}, err
	}
	occupied, ids := make([]occupation, 0, len(classes)), make([]int64, len(classes))
	for i, c := range classes {
		ids[i] = c.ID
		// A conflict that existed before is not caused by this edit.
		if own := c.request(); own.occupation(c.ID) != planned[i].occupation(c.ID) {
			occupied = append(occupied, planned[i].occupation(c.ID))
		}
	}
	if denied == nil { // else the transaction refuses, or returns what the same request got before
		if err := e.refuseConflict(ctx, r.Class.ConfirmConflict, occupied); err != nil {
			return ClassOutcome{}, err
		}
	}
	return run(ctx, e, a, r.Class.Key, r, lockSet{classes: ids, wholeClasses: ids}, func(s *snapshot) (ClassOutcome, error) {
		this := s.classes[r.ClassID]
		if this == nil {
			return ClassOutcome{}, refuse(NotFound)
		}
		was := this.request()
		now, err := r.of(&this.Class)
		if err == nil {
			err = r.denial(&this.Class, &now, s.studio.Zone)
		}
		if err != nil {
			return ClassOutcome{}, err
		}
		to := map[*class]ClassRequest{}
		for _, id := range ids {
			c := s.classes[id]
			if c != this && (c.Cancelled || c.Begun()) {
				continue // begun or cancelled since it was read
			}
			to[c] = now
			if c != this {
				to[c] = c.request().carry(was, now, s.studio.Zone)
			}
			if err := c.shrinkDenial(to[c].Rules.Capacity); err != nil && !r.ConfirmBelow {
				return ClassOutcome{}, err
			}
		}
		for _, c := range byID(s.classes) {
			if request, ok := to[c]; ok {
				s.editClass(c, request, a)
			}
		}
		return ClassOutcome{this.ID, this.Version}, nil
	})
}

// shrinkDenial refuses a capacity below the taken seats unless it is confirmed (rule 7).
func (c *class) shrinkDenial(capacity int) error {
	if taken := c.Booked + c.Held; capacity < c.Rules.Capacity && capacity < taken {
		err := refuse(CapacityBelow, "taken", taken, "capacity", capacity)
		err.Field = "capacity"
		return err
	}
	return nil
}

// editClass changes the class in the snapshot and alerts the people concerned.
func (s *snapshot) editClass(c *class, r ClassRequest, a Actor) {
	before := c.Class
	s.change(c)
	c.edited, c.Edited = true, c.Version
	c.apply(r)
	for _, p := range s.people {
		p.follow(c)
	}
	if !c.Rules.Online { // first: the steps below also end offers, but without an alert
		s.withdrawAllOffers(c)
	}
	if c.Rules.Capacity != before.Rules.Capacity {
		s.capacities = append(s.capacities, capacity{c.ID, c.Version, c.Rules.Capacity})
		s.withdrawOffersBeyondCapacity(c)
	}
	switch {
	case before.Over(): // nobody needs to know where a past class was
	case !c.StartsAt.Equal(before.StartsAt) || !c.EndsAt.Equal(before.EndsAt) || c.LocationID != before.LocationID && !before.Begun():
		s.classMoved(c, before)
	case c.LocationID != before.LocationID || c.RoomID != before.RoomID ||
		c.InstructorID != before.InstructorID || c.SubstituteID != before.SubstituteID:
		s.alertClassChanged(c, before)
	}
	s.withdrawOffersPastLimit(c)
	if c.Rules.Online && !before.Rules.Online {
		s.withdrawOfflineAlerts(c)
	}
	s.record(history{actorID: a.ID, verb: verbEditClass, classID: c.ID, details: before.differences(&c.Class)})
}

// follow updates the time that the class takes in the person's day. Other classes of the
// same edit check it for overlaps.
func (p *person) follow(c *class) {
	for i, o := range p.bookings {
		if o.classID == c.ID {
			p.bookings[i] = occupied{o.bookingID, c.ID, c.Title, c.StartsAt, c.EndsAt}
		}
	}
}

// differences lists every fact that an edit changed, from and to.
func (c *Class) differences(now *Class) map[string]any {
	d := map[string]any{}
	addDifference(d, "title", c.Title, now.Title)
	addDifference(d, "type", c.Type.ID, now.Type.ID)
	addDifference(d, "location", c.LocationID, now.LocationID)
	addDifference(d, "room", c.RoomID, now.RoomID)
	addDifference(d, "instructor", c.InstructorID, now.InstructorID)
	addDifference(d, "substitute", c.SubstituteID, now.SubstituteID)
	addDifference(d, "starts_at", c.StartsAt.UTC(), now.StartsAt.UTC())
	addDifference(d, "ends_at", c.EndsAt.UTC(), now.EndsAt.UTC())
	addDifference(d, "hidden", c.Hidden, now.Hidden)
	addDifference(d, "note", c.Note, now.Note)
	was, is := c.Rules, now.Rules
	addDifference(d, "online", was.Online, is.Online)
	addDifference(d, "cost", was.Cost, is.Cost)
	addDifference(d, "capacity", was.Capacity, is.Capacity)
	addDifference(d, "free_cancel", was.FreeCancel.String(), is.FreeCancel.String())
	addDifference(d, "opens_before", was.OpensBefore.String(), is.OpensBefore.String())
	addDifference(d, "closes_before", was.ClosesBefore.String(), is.ClosesBefore.String())
	addDifference(d, "waitlist_mode", was.WaitlistMode, is.WaitlistMode)
	addDifference(d, "waitlist_size", was.WaitlistSize, is.WaitlistSize)
	addDifference(d, "waitlist_closes", was.WaitlistCloses.String(), is.WaitlistCloses.String())
	return d
}

func addDifference[T comparable](d map[string]any, fact string, was, now T) {
	if was != now {
		d[fact] = [2]T{was, now}
	}
}

// withdrawOffersBeyondCapacity withdraws held seats, the newest first, that a lower
// capacity no longer has. Bookings stay; nobody new is admitted beyond the capacity (rules
// 3, 7). The waiters keep their positions.
func (s *snapshot) withdrawOffersBeyondCapacity(c *class) {
	newest := slices.SortedFunc(slices.Values(c.offers), func(a, b *offer) int { // ids of two nodes are not in the order of time
		return cmp.Or(cmp.Compare(b.fromV, a.fromV), cmp.Compare(b.ID, a.ID))
	})
	for _, o := range newest {
		if c.free() >= 0 {
			return
		}
		if o.state == offerOpen && !o.Shared {
			s.withdrawOffer(c, o)
		}
	}
}

// classMoved lets everybody who is booked cancel free of charge until the later of the old
// and the new cut-off, at least 24 hours from now and never past the start. It alerts the
// booked and the waiting.
func (s *snapshot) classMoved(c *class, before Class) {
	exit := s.now.Add(24 * time.Hour)
	for _, t := range []time.Time{before.Cutoff(), c.Cutoff()} {
		if t.After(exit) {
			exit = t
		}
	}
	for _, b := range c.bookings {
		if b.active() {
			b.exit, b.dirty = earliest(exit, c.StartsAt), true
			s.ease(b.PersonID) // the time before is free again
		}
	}
	later := c.StartsAt.Sub(before.StartsAt)
	for _, e := range c.entries {
		if e.active() && !e.latest.IsZero() { // "not later than N hours before the start" follows the start
			e.latest, e.dirty = e.latest.Add(later), true
		}
	}
	s.alertClassEdit(c, AlertClassMoved, before)
}

// withdrawOffersPastLimit withdraws offers that would outlive the closing of the waitlist or
// the limit of the waiter, which an edit may bring forward (rule 9). The waiters keep their
// positions.
func (s *snapshot) withdrawOffersPastLimit(c *class) {
	for _, o := range c.offers {
		if o.state == offerOpen && c.offerLimit(c.entryByID(o.EntryID)).Before(o.ExpiresAt) {
			s.withdrawOffer(c, o)
		}
	}
}

// withdrawOfflineAlerts withdraws the alerts that online booking is off, because it is on
// again.
func (s *snapshot) withdrawOfflineAlerts(c *class) {
	for _, e := range c.entries {
		if e.active() {
			s.withdraw(withdrawal{personID: e.personID, classID: c.ID, version: c.Version, kinds: []AlertKind{AlertOfferWithdrawn}})
		}
	}
}

// alertClassChanged alerts about a change that keeps time and location.
func (s *snapshot) alertClassChanged(c *class, before Class) {
	s.alertClassEdit(c, AlertClassChanged, before)
}

// alertClassEdit alerts everybody who is booked or waiting, with the facts that changed.
func (s *snapshot) alertClassEdit(c *class, kind AlertKind, before Class) {
	details := map[string]any{}
	addDifference(details, "starts_at", before.StartsAt.UTC(), c.StartsAt.UTC())
	addDifference(details, "ends_at", before.EndsAt.UTC(), c.EndsAt.UTC())
	addDifference(details, "location", before.LocationID, c.LocationID)
	addDifference(details, "room", before.RoomID, c.RoomID)
	addDifference(details, "instructor", before.actualInstructor(), c.actualInstructor())
	for _, b := range c.bookings {
		if b.active() {
			s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: kind, causeV: c.Version, bookingID: b.ID, details: details})
		}
	}
	for _, e := range c.entries {
		if e.active() {
			s.alert(&alert{personID: e.personID, classID: c.ID, kind: kind, causeV: c.Version, details: details})
		}
	}
}

// actualInstructor is the substitute if there is one, else the instructor; 0: none.
func (c *Class) actualInstructor() int64 {
	if c.SubstituteID != 0 {
		return c.SubstituteID
	}
	return c.InstructorID
}
