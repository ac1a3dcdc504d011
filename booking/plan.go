package booking

import (
	"context"
	"strings"
	"time"
)

// ClassRequest is the class form.
type ClassRequest struct {
	Key                                                    string `json:"-"`
	Title                                                  string
	TypeID, LocationID, RoomID, InstructorID, SubstituteID int64 // 0: none
	StartsAt, EndsAt                                       time.Time
	Rules                                                  Rules
	Note                                                   string
	Hidden                                                 bool
	ConfirmConflict                                        bool // the room or the instructor may be taken at that time
}

// ClassOutcome is a class as it stands after a verb.
type ClassOutcome struct{ ClassID, Version int64 }

func (o ClassOutcome) effect() (string, int64) { return "class", 0 }

// Check refuses every field that is wrong by itself, whatever the studio has.
func (r *ClassRequest) Check() error {
	r.Title, r.Note = strings.TrimSpace(r.Title), strings.TrimSpace(r.Note)
	rules := r.Rules
	window := func(d time.Duration) bool { return d >= 0 && d <= 365*24*time.Hour }
	var f Faults
	f.wantText(r.Title, 100, "title")
	f.Want(plainText(r.Note, 2000), "note", "text")
	f.Want(r.StartsAt.Year() >= 2000 && r.StartsAt.Year() <= 2200, "date", "range")
	f.Want(r.EndsAt.After(r.StartsAt) && r.EndsAt.Sub(r.StartsAt) <= 7*24*time.Hour, "minutes", "range")
	f.Want(rules.Capacity >= 0 && rules.Capacity <= 10_000, "capacity", "range")
	f.Want(rules.Cost >= 0 && rules.Cost <= 1000, "cost", "range")
	f.Want(window(rules.FreeCancel), "free_cancel_hours", "range")
	f.Want(window(rules.OpensBefore), "opens_before_hours", "range")
	f.Want(window(rules.ClosesBefore), "closes_before_minutes", "range")
	f.Want(window(rules.WaitlistCloses), "waitlist_closes_minutes", "range")
	f.Want(rules.WaitlistMode.known(), "waitlist_mode", "choice")
	f.Want(rules.WaitlistSize >= NoLimit && rules.WaitlistSize <= 10_000, "waitlist_size", "range")
	f.Want(r.SubstituteID == 0 || r.SubstituteID != r.InstructorID, "substitute", "same")
	return f.Err()
}

// CreateClass puts a class into the schedule.
func (e *Engine) CreateClass(ctx context.Context, a Actor, r ClassRequest) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	if err := r.Check(); err != nil {
		return ClassOutcome{}, err
	}
	if err := e.refuseConflict(ctx, r.ConfirmConflict, []occupation{r.occupation(0)}); err != nil {
		return ClassOutcome{}, err
	}
	return run(ctx, e, a, r.Key, r, need{}, func(s *snapshot) (ClassOutcome, error) {
		c := s.addClass(r, 0)
		s.record(history{actorID: a.ID, verb: "create_class", classID: c.ID})
		return ClassOutcome{c.ID, c.Version}, nil
	})
}

// addClass puts a class into the snapshot; seriesID 0: a single one.
func (s *snapshot) addClass(r ClassRequest, seriesID int64) *class {
	c := &class{Class: Class{ID: s.newID(), SeriesID: seriesID, Version: 1, Edited: 1, ReadAt: s.now}, nextPlace: 1, isNew: true, dirty: true}
	s.classes[c.ID] = c
	c.apply(r)
	s.capacities = append(s.capacities, capacity{c.ID, c.Version, c.Rules.Capacity})
	return c
}

func (c *class) apply(r ClassRequest) {
	c.Title, c.Note, c.Rules, c.Hidden = r.Title, r.Note, r.Rules, r.Hidden
	c.Type.ID, c.LocationID, c.RoomID, c.InstructorID, c.SubstituteID = r.TypeID, r.LocationID, r.RoomID, r.InstructorID, r.SubstituteID
	c.StartsAt, c.EndsAt = r.StartsAt.UTC(), r.EndsAt.UTC()
}

// CancelClassRequest calls a class off.
type CancelClassRequest struct {
	Key     string `json:"-"`
	ClassID int64
	Scope   Scope
	Note    string // for the people concerned
}

// CancelClassOutcome counts what a cancellation of classes undid.
type CancelClassOutcome struct {
	ClassID, Version                            int64
	Classes, Bookings, Guests, Waiting, Credits int
	Already                                     bool
}

func (o CancelClassOutcome) effect() (string, int64) { return "class_cancelled", 0 }

// CancelClass is one transaction for all classes of the scope (rule 20): bookings end with the cause, credits
// go back whatever the time, offers are withdrawn, the waitlist closes; then
// everyone booked and waiting is told.
func (e *Engine) CancelClass(ctx context.Context, a Actor, r CancelClassRequest) (CancelClassOutcome, error) {
	if !a.Can(EditClasses) {
		return CancelClassOutcome{}, refuse(Forbidden)
	}
	if !plainText(r.Note, 500) {
		return CancelClassOutcome{}, invalid("note", "text")
	}
	ids, err := e.inScope(ctx, r.ClassID, r.Scope)
	if err != nil {
		return CancelClassOutcome{}, err
	}
	return run(ctx, e, a, r.Key, r, need{everyone: ids}, func(s *snapshot) (CancelClassOutcome, error) {
		c := s.classes[r.ClassID]
		switch {
		case c == nil:
			return CancelClassOutcome{}, refuse(NotFound)
		case c.Cancelled && !r.Scope.several():
			return CancelClassOutcome{ClassID: c.ID, Version: c.Version, Already: true}, nil
		case !s.now.Before(c.EndsAt):
			return CancelClassOutcome{}, refuse(ClassOver)
		}
		out := CancelClassOutcome{ClassID: c.ID}
		for _, id := range ids {
			if c := s.classes[id]; !c.Cancelled {
				s.cancelClass(c, a, r.Note, &out)
			}
		}
		out.Version = c.Version
		return out, nil
	})
}

// cancelClass ends everything in one class and adds to out what it undid.
func (s *snapshot) cancelClass(c *class, a Actor, note string, out *CancelClassOutcome) {
	s.change(c)
	c.Cancelled, c.edited, c.ReservedUntil = true, true, time.Time{}
	var undone CancelClassOutcome
	for _, o := range c.offers {
		if o.state == offerOpen {
			s.closeOffer(c, o, offerWithdrawn)
		}
	}
	for _, b := range c.bookings {
		if !b.active() {
			continue
		}
		undone.Credits += s.unseat(c, b, judge(s.now, freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit), ByClass, false), ByClass, a.ID)
		if s.people[b.PersonID].role == RoleGuest {
			undone.Guests++
			continue
		}
		undone.Bookings++
		s.alert(&alert{personID: b.PersonID, classID: c.ID, kind: AlertClassCancelled, causeV: c.Version})
	}
	for _, e := range c.entries {
		if e.active() {
			s.endEntry(c, e, entryWithdrawn)
			undone.Waiting++
			s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertClassCancelled, causeV: c.Version})
		}
	}
	s.record(history{actorID: a.ID, verb: "cancel_class", classID: c.ID, details: map[string]any{
		"bookings": undone.Bookings, "guests": undone.Guests, "waiting": undone.Waiting, "credits": undone.Credits, "note": note,
	}})
	out.Classes++
	out.Bookings += undone.Bookings
	out.Guests += undone.Guests
	out.Waiting += undone.Waiting
	out.Credits += undone.Credits
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
