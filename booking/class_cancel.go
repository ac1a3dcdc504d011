package booking

import (
	"context"
	"slices"
	"time"
)

// CancelClassRequest cancels a class, or several classes of its series.
type CancelClassRequest struct {
	Key     string `json:"-"`
	ClassID int64
	Scope   Scope
	Note    string // a note for the people concerned; at most RemarkMax characters
}

// CancelClassOutcome counts what the cancellation of classes ended.
type CancelClassOutcome struct {
	ClassID, Version                            int64
	Classes, Bookings, Guests, Waiting, Credits int // Bookings without those of guests
	Already                                     bool
}

func (o CancelClassOutcome) effect() (resultName, int64) { return resultClassCancelled, 0 }

// cancelClassDenial refuses to cancel a class that is over. already means that a request
// for this class alone changes nothing. The preview and the operation both ask it.
func (c *Class) cancelClassDenial(scope Scope) (already bool, err error) {
	switch {
	case c.Cancelled && !scope.several():
		return true, nil
	case c.Over():
		return false, refuse(ClassOver, "why", "over")
	}
	return false, nil
}

// CancelClassPreview counts what cancelling the classes of the scope would end. It refuses
// what [Engine.CancelClass] would refuse: Forbidden, Invalid, NotFound, ClassOver.
func (rd *Reader) CancelClassPreview(ctx context.Context, a Actor, classID int64, scope Scope) (CancelClassOutcome, error) {
	out := CancelClassOutcome{ClassID: classID}
	if !a.Can(EditClasses) {
		return out, refuse(Forbidden)
	}
	ids, err := rd.inScope(ctx, classID, scope)
	if err != nil {
		return out, err
	}
	c, err := rd.Class(ctx, classID)
	if err != nil {
		return out, err
	}
	out.Version = c.Version
	if out.Already, err = c.cancelClassDenial(scope); err != nil || out.Already {
		return out, err
	}
	err = rd.readPool.QueryRow(ctx, `
		select count(*), coalesce(sum(c.waiting), 0),
			coalesce(sum(n.members), 0), coalesce(sum(n.guests), 0), coalesce(sum(n.credits), 0)
		from class c
		cross join lateral (
			select count(*) filter (where p.role <> 'guest') as members, count(*) filter (where p.role = 'guest') as guests,
				sum(b.cost) as credits
			from booking b join person p on p.id = b.person_id
			where b.class_id = c.id and b.state in ('booked', 'checked_in')) n
		where c.id = any($1) and c.state = 'scheduled'`, ids).
		Scan(&out.Classes, &out.Waiting, &out.Bookings, &out.Guests, &out.Credits)
	return out, during("counting the effects of a cancellation", err)
}

// CancelClass cancels all classes of the scope in one transaction (rule 20): bookings end,
// credits are refunded even after the cut-off, offers are withdrawn, the waitlist closes,
// and everybody who was booked or waiting is alerted. Refusals: Forbidden, Invalid,
// NotFound, ClassOver.
func (e *Engine) CancelClass(ctx context.Context, a Actor, r CancelClassRequest) (CancelClassOutcome, error) {
	if !a.Can(EditClasses) {
		return CancelClassOutcome{}, refuse(Forbidden)
	}
	if err := textFault(r.Note, RemarkMax, "note"); err != nil {
		return CancelClassOutcome{}, err
	}
	ids, err := e.inScope(ctx, r.ClassID, r.Scope)
	if err != nil {
		return CancelClassOutcome{}, err
	}
	return run(ctx, e, a, r.Key, r, lockSet{wholeClasses: ids, told: ids}, func(s *snapshot) (CancelClassOutcome, error) {
		c := s.classes[r.ClassID]
		if c == nil {
			return CancelClassOutcome{}, refuse(NotFound)
		}
		out := CancelClassOutcome{ClassID: c.ID, Version: c.Version}
		var err error
		if out.Already, err = c.cancelClassDenial(r.Scope); err != nil || out.Already {
			return out, err
		}
		for _, id := range ids {
			if c := s.classes[id]; !c.Cancelled {
				s.cancelClass(c, a, r.Note, &out)
			}
		}
		out.Version = c.Version
		return out, nil
	})
}

// cancelClass cancels one class and adds to out what this ended.
func (s *snapshot) cancelClass(c *class, a Actor, note string, out *CancelClassOutcome) {
	s.change(c)
	c.Cancelled, c.edited, c.ReservedUntil = true, true, time.Time{}
	var undone CancelClassOutcome
	tell := append([]int64{}, c.told...) // an earlier restoration told them that the class takes place
	for _, o := range c.offers {
		if o.state == offerOpen {
			s.closeOffer(c, o, offerWithdrawn)
		}
	}
	for _, b := range c.bookings {
		if !b.active() {
			continue
		}
		undone.Credits += s.unseat(c, b, refundVerdict(s.now, c.freeUntil(b), ByClass, false), ByClass, PathClass, a.ID)
		if s.people[b.PersonID].role == RoleGuest {
			undone.Guests++
		} else {
			undone.Bookings++
		}
		tell = append(tell, b.PersonID)
	}
	for _, e := range c.entries {
		if e.active() {
			s.endEntry(c, e, EntryWithdrawn)
			undone.Waiting++
			tell = append(tell, e.personID)
		}
	}
	s.tellInstead(c, tell, AlertClassRestored, AlertClassCancelled)
	s.record(history{actorID: a.ID, verb: verbCancelClass, classID: c.ID, details: map[string]any{
		"bookings": undone.Bookings, "guests": undone.Guests, "waiting": undone.Waiting, "credits": undone.Credits, "note": note,
	}})
	out.Classes++
	out.Bookings += undone.Bookings
	out.Guests += undone.Guests
	out.Waiting += undone.Waiting
	out.Credits += undone.Credits
}

// tellInstead withdraws what these people were told before about the class, and tells each
// of them once what is true now.
func (s *snapshot) tellInstead(c *class, people []int64, before, now AlertKind) {
	for _, id := range c.told {
		s.withdraw(withdrawal{personID: id, classID: c.ID, version: c.Version, kinds: []AlertKind{before}})
	}
	slices.Sort(people)
	for _, id := range slices.Compact(people) {
		if s.people[id].state != PersonErased {
			s.alert(&alert{personID: id, classID: c.ID, kind: now, causeV: c.Version})
		}
	}
}

// RestoreClass restores a cancelled class without its bookings, and debits nobody (rule 20).
// The alerts about the cancellation are withdrawn, and the people who had them are told that
// the class takes place after all. It changes nothing if the class is not cancelled.
// Refusals: Forbidden, NotFound, ClassOver.
func (e *Engine) RestoreClass(ctx context.Context, a Actor, classID int64) (ClassOutcome, error) {
	if !a.Can(EditClasses) {
		return ClassOutcome{}, refuse(Forbidden)
	}
	locks := lockSet{classes: []int64{classID}, told: []int64{classID}}
	return run(ctx, e, a, "", classID, locks, func(s *snapshot) (ClassOutcome, error) {
		c := s.classes[classID]
		switch {
		case c == nil:
			return ClassOutcome{}, refuse(NotFound)
		case c.Cancelled && c.Over():
			return ClassOutcome{}, refuse(ClassOver, "why", "over")
		case c.Cancelled:
			s.change(c)
			c.Cancelled, c.edited = false, true
			s.tellInstead(c, slices.Clone(c.told), AlertClassCancelled, AlertClassRestored)
			s.record(history{actorID: a.ID, verb: verbRestoreClass, classID: c.ID})
		}
		return ClassOutcome{c.ID, c.Version}, nil
	})
}
