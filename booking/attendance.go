package booking

import (
	"context"
	"slices"
	"time"
)

// CheckInRequest says whether a participant is here.
type CheckInRequest struct {
	BookingID int64
	Present   bool
	NoShow    bool // after the end: did not come
}

// CheckInOutcome is the tick as it stands.
type CheckInOutcome struct {
	BookingID, ClassID, Version int64
	At                          time.Time // zero: not checked in
}

func (o CheckInOutcome) effect() (string, int64) { return "checked_in", 0 }

// CheckIn ticks a participant, takes the tick back or, after the class, notes a
// no-show. Instructors tick in their own classes, the desk in all.
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
			return CheckInOutcome{}, refuse(NotCancellable)
		case r.NoShow && s.now.Before(c.EndsAt):
			return CheckInOutcome{}, refuse(NotOver)
		}
		state := StateBooked
		if r.Present {
			state = StateCheckedIn
		} else if r.NoShow {
			state = StateNoShow
		}
		verb := ""
		if state == StateNoShow && b.State != StateNoShow {
			verb = "no_show"
		} else if state != StateNoShow && b.State == StateNoShow {
			verb = "no_show_undone"
		}
		if verb != "" {
			s.record(history{actorID: a.ID, verb: verb, classID: c.ID, personID: b.PersonID, bookingID: b.ID})
		}
		s.attend(c, b, state)
		return CheckInOutcome{BookingID: b.ID, ClassID: c.ID, Version: c.Version, At: b.CheckedInAt}, nil
	})
}

// attend moves a booking between booked, checked in and no-show; the seat counts
// as taken in all three.
func (s *snapshot) attend(c *class, b *booking, state string) {
	if b.State == state {
		return
	}
	s.change(c)
	if b.State == StateCheckedIn {
		c.CheckedIn--
	}
	b.State, b.CheckedInAt, b.dirty = state, time.Time{}, true
	if state == StateCheckedIn {
		b.CheckedInAt = s.now
		c.CheckedIn++
	}
}

// CheckInAllRequest ticks everybody who is booked, or takes back exactly those ticks.
type CheckInAllRequest struct {
	ClassID int64
	Undo    []int64 // bookings that an earlier request ticked; empty: tick all
}

// CheckInAllOutcome names whom the request ticked.
type CheckInAllOutcome struct {
	ClassID, Version int64
	BookingIDs       []int64
}

func (o CheckInAllOutcome) effect() (string, int64) { return "checked_in", 0 }

// CheckInAll is "all present", in one transaction, and its undo.
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

// noShowAfter is how long after the end the desk may still tick who came.
const noShowAfter = time.Hour

// countNoShows ends the bookings of who did not come to a class that is over.
// Only classes where somebody was ticked are looked at: a studio that never ticks
// must not have all its members marked.
func (e *Engine) countNoShows(ctx context.Context) error {
	rows, _ := e.readPool.Query(ctx, `select c.id from class c where c.starts_at > clock_timestamp() - interval '9 days' and c.ends_at < clock_timestamp() - $1::interval
		and c.checked_in > 0 and c.checked_in < c.booked and exists (select from booking b where b.class_id = c.id and b.state = 'booked') limit 100`, noShowAfter)
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
					s.record(history{verb: "no_show", classID: c.ID, personID: b.PersonID, bookingID: b.ID})
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

// Missed counts what a member did not come to, and cancelled too late, ever.
func (e *Engine) Missed(ctx context.Context, a Actor, id int64) (noShows, lateCancels int, err error) {
	if !a.Can(SeeMembers) {
		return 0, 0, refuse(Forbidden)
	}
	err = e.readPool.QueryRow(ctx, `select count(*) filter (where state = 'no_show'), count(*) filter (where state = 'late_cancelled') from booking where person_id = $1`, id).Scan(&noShows, &lateCancels)
	return noShows, lateCancels, during("counting what a member missed", err)
}
