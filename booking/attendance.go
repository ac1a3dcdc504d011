package booking

import (
	"context"
	"slices"
	"time"
)

// CheckInRequest records whether a participant is present.
type CheckInRequest struct {
	BookingID int64
	Present   bool
	NoShow    bool // only after the end of the class: the participant did not come
}

// CheckInOutcome is the attendance of one booking after the operation.
type CheckInOutcome struct {
	BookingID, ClassID, Version int64
	At                          time.Time // zero: not checked in
}

func (o CheckInOutcome) effect() (resultName, int64) { return resultAttendance, 0 }

// CheckIn checks a participant in, undoes the check-in or, after the end of the class,
// records a no-show. Instructors may do this in their own classes, the front desk in all
// classes. Refusals: NotFound, BookingEnded, NotOver (a no-show
// before the end).
func (e *Engine) CheckIn(ctx context.Context, a Actor, r CheckInRequest) (CheckInOutcome, error) {
	return run(ctx, e, a, "", r, lockSet{bookings: []int64{r.BookingID}}, func(s *snapshot) (CheckInOutcome, error) {
		b := s.booking(r.BookingID)
		if b == nil {
			return CheckInOutcome{}, refuse(NotFound)
		}
		c := s.classes[b.ClassID]
		switch {
		case !a.Can(CheckIn) && !a.canSeeRoster(c.InstructorID, c.SubstituteID):
			return CheckInOutcome{}, refuse(NotFound)
		case !b.active() && b.State != StateNoShow:
			return CheckInOutcome{}, refuse(BookingEnded)
		case r.NoShow && s.now.Before(c.EndsAt):
			return CheckInOutcome{}, refuse(NotOver)
		}
		state := StateBooked
		if r.Present {
			state = StateCheckedIn
		} else if r.NoShow {
			state = StateNoShow
		}
		verb := historyVerb("")
		if state == StateNoShow && b.State != StateNoShow {
			verb = verbNoShow
		} else if state != StateNoShow && b.State == StateNoShow {
			verb = verbNoShowUndone
		}
		if verb != "" {
			s.record(history{actorID: a.ID, verb: verb, classID: c.ID, personID: b.PersonID, bookingID: b.ID})
		}
		s.attend(c, b, state)
		return CheckInOutcome{BookingID: b.ID, ClassID: c.ID, Version: c.Version, At: b.CheckedInAt}, nil
	})
}

// attend moves a booking between booked, checked in and no-show. The seat counts as taken
// in all three states.
func (s *snapshot) attend(c *class, b *booking, state BookingState) {
	if b.State == state {
		return
	}
	s.change(c)
	if b.State == StateCheckedIn {
		c.CheckedIn--
	}
	b.State, b.CheckedInAt, b.dirty = state, time.Time{}, true
	switch state {
	case StateCheckedIn:
		b.CheckedInAt = s.now
		c.CheckedIn++
	case StateNoShow:
		s.ease(b.PersonID) // a no-show counts toward no limit
	}
}

// CheckInAllRequest checks in all booked participants of a class, or undoes exactly those
// check-ins.
type CheckInAllRequest struct {
	ClassID int64
	Undo    []int64 // bookings that an earlier request checked in; empty: check in all
}

// CheckInAllOutcome lists the bookings that the request checked in.
type CheckInAllOutcome struct {
	ClassID, Version int64
	BookingIDs       []int64
}

func (o CheckInAllOutcome) effect() (resultName, int64) { return resultAttendance, 0 }

// CheckInAll checks in all booked participants in one transaction, or undoes an earlier
// CheckInAll. It needs the same right as [Engine.CheckIn]. Refusal: NotFound.
func (e *Engine) CheckInAll(ctx context.Context, a Actor, r CheckInAllRequest) (CheckInAllOutcome, error) {
	return run(ctx, e, a, "", r, lockSet{wholeClasses: []int64{r.ClassID}}, func(s *snapshot) (CheckInAllOutcome, error) {
		c := s.classes[r.ClassID]
		if c == nil || !a.Can(CheckIn) && !a.canSeeRoster(c.InstructorID, c.SubstituteID) {
			return CheckInAllOutcome{}, refuse(NotFound)
		}
		out := CheckInAllOutcome{ClassID: c.ID}
		for _, b := range c.bookings {
			switch {
			case len(r.Undo) == 0 && b.State == StateBooked:
				s.attend(c, b, StateCheckedIn)
				out.BookingIDs = append(out.BookingIDs, b.ID)
			case slices.Contains(r.Undo, b.ID) && b.State == StateCheckedIn:
				s.attend(c, b, StateBooked)
			}
		}
		out.Version = c.Version
		return out, nil
	})
}

// noShowAfter is how long after the end of a class the front desk may still add people and
// check them in before countNoShows runs.
const noShowAfter = time.Hour

// countNoShows marks the remaining bookings of a class that is over as no-shows. It
// considers only classes in which at least one participant was checked in: a studio that
// never checks people in must not have all its members marked.
func (e *Engine) countNoShows(ctx context.Context) error {
	rows, _ := e.readPool.Query(ctx, `
		select c.id from class c
		where c.starts_at > (select clock_timestamp()) - interval '9 days' and c.ends_at < (select clock_timestamp()) - $1::interval
			and c.checked_in > 0 and c.checked_in < c.booked
			and exists (select from booking b where b.class_id = c.id and b.state = 'booked')
		limit 100`, noShowAfter)
	ids, err := collectIDs(rows)
	if err != nil {
		return during("reading classes with open ticks", err)
	}
	for _, id := range ids {
		_, err := run(ctx, e, Actor{}, "", id, lockSet{wholeClasses: []int64{id}, skipLocked: true}, func(s *snapshot) (nothing, error) {
			c := s.classes[id]
			if c == nil || c.CheckedIn == 0 {
				return nothing{}, nil
			}
			for _, b := range c.bookings {
				if b.State == StateBooked {
					s.attend(c, b, StateNoShow)
					s.record(history{verb: verbNoShow, classID: c.ID, personID: b.PersonID, bookingID: b.ID})
				}
			}
			return nothing{}, nil
		})
		if err != nil {
			e.log.Error("no-shows were not counted", "class", id, "err", err)
		}
	}
	return nil
}

// AttendanceRecord counts all no-shows and late cancellations of a member. Refusal:
// Forbidden (without SeeMembers).
func (rd *Reader) AttendanceRecord(ctx context.Context, a Actor, id int64) (noShows, lateCancels int, err error) {
	if !a.Can(SeeMembers) {
		return 0, 0, refuse(Forbidden)
	}
	err = rd.readPool.QueryRow(ctx, `
		select count(*) filter (where state = 'no_show'), count(*) filter (where state = 'late_cancelled')
		from booking where person_id = $1`, id).Scan(&noShows, &lateCancels)
	return noShows, lateCancels, during("counting the no-shows of a member", err)
}
