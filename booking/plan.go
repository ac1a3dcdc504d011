package booking

import (
	"context"
	"slices"
	"strings"
	"time"
)

// ClassRequest is the class form.
type ClassRequest struct {
	Title                        string
	TypeID, RoomID, InstructorID int64 // 0: none
	StartsAt, EndsAt             time.Time
	Rules                        Rules
	Note                         string
}

// ClassOutcome is a class as it stands after a verb.
type ClassOutcome struct{ ClassID, Version int64 }

func (o ClassOutcome) effect() (string, int64) { return "class", 0 }

func (r *ClassRequest) check() error {
	r.Title, r.Note = strings.TrimSpace(r.Title), strings.TrimSpace(r.Note)
	rules := r.Rules
	window := func(d time.Duration) bool { return d >= 0 && d <= 365*24*time.Hour }
	switch {
	case r.Title == "" || !plainText(r.Title, 100):
		return invalid("title", "text")
	case !plainText(r.Note, 2000):
		return invalid("note", "text")
	case r.StartsAt.Year() < 2000 || r.StartsAt.Year() > 2200:
		return invalid("starts_at", "range")
	case !r.EndsAt.After(r.StartsAt) || r.EndsAt.Sub(r.StartsAt) > 7*24*time.Hour:
		return invalid("minutes", "range")
	case rules.Capacity < 0 || rules.Capacity > 10_000:
		return invalid("capacity", "range")
	case rules.Cost < 0 || rules.Cost > 1000:
		return invalid("cost", "range")
	case !window(rules.FreeCancel):
		return invalid("free_cancel_hours", "range")
	case !window(rules.OpensBefore):
		return invalid("opens_before_hours", "range")
	case !window(rules.ClosesBefore):
		return invalid("closes_before_minutes", "range")
	case !window(rules.WaitlistCloses):
		return invalid("waitlist_closes_minutes", "range")
	case rules.WaitlistMode != ModeOffer && rules.WaitlistMode != ModeAuto && rules.WaitlistMode != ModeNotifyAll:
		return invalid("waitlist_mode", "unknown")
	case rules.WaitlistSize < NoLimit || rules.WaitlistSize > 10_000:
		return invalid("waitlist_size", "range")
	}
	return nil
}

// CreateClass puts a class into the schedule.
func (e *Engine) CreateClass(ctx context.Context, a Actor, r ClassRequest) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	if err := r.check(); err != nil {
		return ClassOutcome{}, err
	}
	return run(ctx, e, a, "", r, need{}, func(s *snapshot) (ClassOutcome, error) {
		c := &class{Class: Class{ID: s.newID(), Version: 1, Edited: 1, ReadAt: s.now}, nextPlace: 1, isNew: true, dirty: true}
		s.classes[c.ID] = c
		c.apply(r)
		s.capacities = append(s.capacities, capacity{c.ID, c.Version, c.Rules.Capacity})
		s.record(history{actorID: a.ID, verb: "create_class", classID: c.ID})
		return ClassOutcome{c.ID, c.Version}, nil
	})
}

func (c *class) apply(r ClassRequest) {
	c.Title, c.Type.ID, c.RoomID, c.InstructorID = r.Title, r.TypeID, r.RoomID, r.InstructorID
	c.StartsAt, c.EndsAt, c.Rules, c.Note = r.StartsAt.UTC(), r.EndsAt.UTC(), r.Rules, r.Note
}

// EditRequest changes a class.
type EditRequest struct {
	ClassID      int64
	Version      int64 // Class.Edited as the form showed it; 0: do not check
	Class        ClassRequest
	ConfirmBelow bool // the capacity may fall below what is taken (rule 7)
}

// EditClass changes a class without ever dropping a booking (rule 21). More
// seats go to the waitlist at once; fewer than are taken want a confirmation.
// Who is booked when the start moves may leave free of charge (rule 14).
func (e *Engine) EditClass(ctx context.Context, a Actor, r EditRequest) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	if err := r.Class.check(); err != nil {
		return ClassOutcome{}, err
	}
	return run(ctx, e, a, "", r, need{classes: []int64{r.ClassID}, everyone: []int64{r.ClassID}, frees: r.Class.Rules.Capacity}, func(s *snapshot) (ClassOutcome, error) {
		c := s.classes[r.ClassID]
		switch {
		case c == nil:
			return ClassOutcome{}, refuse(NotFound)
		case r.Version != 0 && r.Version != c.Edited:
			return ClassOutcome{}, refuse(StaleClass)
		}
		taken, before := c.Booked+c.Held, *c
		if lowered := r.Class.Rules.Capacity < c.Rules.Capacity; lowered && r.Class.Rules.Capacity < taken && !r.ConfirmBelow {
			err := refuse(CapacityBelow, "taken", taken, "capacity", r.Class.Rules.Capacity)
			err.Field = "capacity"
			return ClassOutcome{}, err
		}
		s.change(c)
		c.edited, c.Edited = true, c.Version
		c.apply(r.Class)
		if c.Rules.Capacity != before.Rules.Capacity {
			s.capacities = append(s.capacities, capacity{c.ID, c.Version, c.Rules.Capacity})
			s.takeBackOffers(c)
		}
		if !c.StartsAt.Equal(before.StartsAt) || !c.EndsAt.Equal(before.EndsAt) {
			s.moved(c, before.Class)
		}
		s.record(history{actorID: a.ID, verb: "edit_class", classID: c.ID, details: map[string]any{
			"capacity": [2]int{before.Rules.Capacity, c.Rules.Capacity}, "starts_at": [2]time.Time{before.StartsAt, c.StartsAt},
			"online": c.Rules.Online, "cost": c.Rules.Cost,
		}})
		return ClassOutcome{c.ID, c.Version}, nil
	})
}

// takeBackOffers withdraws held seats, the newest first, that a lowered capacity
// no longer has: bookings stay, but nobody new is admitted beyond it (rules 3, 7).
// The waiters keep their places.
func (s *snapshot) takeBackOffers(c *class) {
	for _, o := range slices.Backward(c.offers) {
		if c.free() >= 0 {
			return
		}
		if o.state == offerOpen && !o.Shared {
			s.closeOffer(c, o, offerWithdrawn)
			e := c.entryByID(o.EntryID)
			e.state, e.dirty = entryWaiting, true
		}
	}
}

// moved gives everybody booked a free exit until the later of both cut-offs, at
// least 24 hours from now, never past the start; and tells those who wait too.
func (s *snapshot) moved(c *class, before Class) {
	exit := s.now.Add(24 * time.Hour)
	for _, t := range []time.Time{before.Cutoff(), c.Cutoff()} {
		if t.After(exit) {
			exit = t
		}
	}
	for _, b := range c.bookings {
		if b.active() {
			b.exit, b.dirty = earliest(exit, c.StartsAt), true
			if s.people[b.PersonID].role != RoleGuest {
				s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: AlertClassMoved, causeV: c.Version, bookingID: b.ID})
			}
		}
	}
	for _, e := range c.entries {
		if e.active() {
			s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertClassMoved, causeV: c.Version})
		}
	}
	for _, o := range c.offers {
		if o.state == offerOpen && c.waitlistClose().Before(o.ExpiresAt) {
			e := c.entryByID(o.EntryID)
			s.closeOffer(c, o, offerWithdrawn)
			if !o.Shared {
				e.state, e.dirty = entryWaiting, true
			}
		}
	}
}

// CancelClassRequest calls a class off.
type CancelClassRequest struct {
	Key     string `json:"-"`
	ClassID int64
	Note    string // for the people concerned
}

// CancelClassOutcome counts what a cancelled class undid.
type CancelClassOutcome struct {
	ClassID, Version                   int64
	Bookings, Guests, Waiting, Credits int
	Already                            bool
}

func (o CancelClassOutcome) effect() (string, int64) { return "class_cancelled", 0 }

// CancelClass is one transaction (rule 20): bookings end with the cause, credits
// go back whatever the time, offers are withdrawn, the waitlist closes; then
// everyone booked and waiting is told.
func (e *Engine) CancelClass(ctx context.Context, a Actor, r CancelClassRequest) (CancelClassOutcome, error) {
	if !a.Can(EditClasses) {
		return CancelClassOutcome{}, refuse(Forbidden)
	}
	if !plainText(r.Note, 500) {
		return CancelClassOutcome{}, invalid("note", "text")
	}
	return run(ctx, e, a, r.Key, r, need{everyone: []int64{r.ClassID}}, func(s *snapshot) (CancelClassOutcome, error) {
		c := s.classes[r.ClassID]
		switch {
		case c == nil:
			return CancelClassOutcome{}, refuse(NotFound)
		case c.Cancelled:
			return CancelClassOutcome{ClassID: c.ID, Version: c.Version, Already: true}, nil
		case !s.now.Before(c.EndsAt):
			return CancelClassOutcome{}, refuse(ClassOver)
		}
		s.change(c)
		c.Cancelled, c.edited, c.ReservedUntil = true, true, time.Time{}
		out := CancelClassOutcome{ClassID: c.ID, Version: c.Version}
		for _, o := range c.offers {
			if o.state == offerOpen {
				s.closeOffer(c, o, offerWithdrawn)
			}
		}
		for _, b := range c.bookings {
			if !b.active() {
				continue
			}
			out.Credits += s.unseat(c, b, judge(s.now, freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit), ByClass, false), ByClass, a.ID)
			if s.people[b.PersonID].role == RoleGuest {
				out.Guests++
				continue
			}
			out.Bookings++
			s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: AlertClassCancelled, causeV: c.Version})
		}
		for _, e := range c.entries {
			if e.active() {
				s.endEntry(c, e, entryWithdrawn)
				out.Waiting++
				s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertClassCancelled, causeV: c.Version})
			}
		}
		s.record(history{actorID: a.ID, verb: "cancel_class", classID: c.ID, details: map[string]any{"bookings": out.Bookings, "credits": out.Credits, "note": r.Note}})
		return out, nil
	})
}

// RestoreClass brings a cancelled class back, not its bookings; nobody is debited.
func (e *Engine) RestoreClass(ctx context.Context, a Actor, classID int64) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	return run(ctx, e, a, "", classID, need{classes: []int64{classID}}, func(s *snapshot) (ClassOutcome, error) {
		c := s.classes[classID]
		if c == nil {
			return ClassOutcome{}, refuse(NotFound)
		}
		if c.Cancelled {
			s.change(c)
			c.Cancelled, c.edited = false, true
			s.record(history{actorID: a.ID, verb: "restore_class", classID: c.ID})
		}
		return ClassOutcome{c.ID, c.Version}, nil
	})
}
