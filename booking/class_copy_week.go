package booking

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// CopiesMax is how many classes one copy of a week makes at most.
const CopiesMax = 200

// CopyWeekRequest makes classes like those of a week on later days.
type CopyWeekRequest struct {
	Key    string `json:"-"`
	Copies []ClassCopy
}

// ClassCopy is a class to be made: like ClassID, on Day, at the same time of day.
type ClassCopy struct {
	ClassID         int64
	Day             time.Time // a day as in [Pattern]
	ConfirmConflict bool      // accept that the room or the instructor is taken at that time
}

// CopyWeekOutcome lists the new classes in the order of the request.
type CopyWeekOutcome struct{ Classes []int64 }

func (o CopyWeekOutcome) effect() (resultName, int64) { return resultWeekCopied, 0 }

// Check returns an Invalid error if the list is empty or too long, or names a class twice for
// the same day. It does not read the database.
func (r *CopyWeekRequest) Check() error {
	var f Faults
	f.Want(len(r.Copies) > 0, "copy", "missing")
	f.Want(len(r.Copies) <= CopiesMax, "copy", "too_many")
	seen := map[string]bool{}
	for _, c := range r.Copies {
		name := fmt.Sprint(c.ClassID, c.Day.Unix())
		f.Want(saneYear(c.Day) && !seen[name], "copy", "choice")
		seen[name] = true
	}
	return f.Err()
}

// copyOn returns the class as a new one on another day. A substitute replaces the instructor on
// one day only.
func (c *Class) copyOn(day time.Time, zone *time.Location) ClassRequest {
	r := c.request().on(day, zone)
	r.SubstituteID = 0
	return r
}

// CopyWeek makes all the classes in one transaction, or none. The new classes are single ones.
// Bookings, a substitute and a cancellation are not copied. Refusals: Forbidden, Invalid,
// NotFound, ClassCancelled (since the list was shown), InThePast, FarAhead, RoomTaken,
// InstructorTaken.
func (e *Engine) CopyWeek(ctx context.Context, a Actor, r CopyWeekRequest) (CopyWeekOutcome, error) {
	if !a.Can(EditClasses) {
		return CopyWeekOutcome{}, refuse(Forbidden)
	}
	if err := r.Check(); err != nil {
		return CopyWeekOutcome{}, err
	}
	list, occupied, denied, err := e.copies(ctx, r)
	if err != nil {
		return CopyWeekOutcome{}, err
	}
	if denied == nil {
		denied = e.refuseConflict(ctx, false, occupied)
		if CodeOf(denied) == "" && denied != nil {
			return CopyWeekOutcome{}, denied
		}
	}
	return run(ctx, e, a, r.Key, r, lockSet{}, func(s *snapshot) (CopyWeekOutcome, error) {
		if denied != nil { // a repeated request gets its stored result before this
			return CopyWeekOutcome{}, denied
		}
		for i := range list {
			if err := list[i].dateDenial(s.now); err != nil {
				return CopyWeekOutcome{}, err
			}
		}
		var out CopyWeekOutcome
		for _, one := range list {
			c := s.addClass(one, 0)
			out.Classes = append(out.Classes, c.ID)
			s.record(history{actorID: a.ID, verb: verbCreateClass, classID: c.ID})
		}
		s.record(history{actorID: a.ID, verb: verbCopyWeek, details: map[string]any{"classes": len(list)}})
		return out, nil
	})
}

// copies reads the classes to copy. denied is the refusal if one of them cannot be copied.
// occupied are the new classes whose conflicts are not confirmed.
func (rd *Reader) copies(ctx context.Context, r CopyWeekRequest) (list []ClassRequest, occupied []occupation, denied, err error) {
	studio, err := rd.Studio(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	ids := make([]int64, len(r.Copies))
	for i, c := range r.Copies {
		ids[i] = c.ClassID
	}
	classes, err := rd.Classes(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	if err != nil {
		return nil, nil, nil, err
	}
	for _, c := range r.Copies {
		at := slices.IndexFunc(classes, func(one Class) bool { return one.ID == c.ClassID })
		switch {
		case at < 0:
			return nil, nil, refuse(NotFound), nil
		case classes[at].Cancelled:
			return nil, nil, refuse(ClassCancelled), nil
		}
		one := classes[at].copyOn(c.Day, studio.Zone)
		list = append(list, one)
		if !c.ConfirmConflict {
			occupied = append(occupied, one.occupation(0))
		}
	}
	return list, occupied, nil, nil
}

// PlannedCopy is a class as copying its week would make it. Was is the class that is copied.
type PlannedCopy struct {
	PlannedClass
	Past   bool // the start is in the past: it cannot be made
	Exists bool // a class with the same title is in the same room at that time already
}

// WeekPlan lists what copying a week would make.
type WeekPlan struct {
	Copies []PlannedCopy // by target week and start
	Series int           // classes of the week that belong to a series, which goes on by itself
}

// PreviewCopyWeek lists the copies of the single classes of a week on the same weekdays of other
// weeks, with holidays and conflicts. A week is named by its Monday, a day as in [Pattern].
// Cancelled classes are not copied. Refusals: Forbidden, Invalid.
func (rd *Reader) PreviewCopyWeek(ctx context.Context, a Actor, week time.Time, targets []time.Time) (WeekPlan, error) {
	if !a.Can(EditClasses) {
		return WeekPlan{}, refuse(Forbidden)
	}
	studio, err := rd.Studio(ctx)
	if err != nil {
		return WeekPlan{}, err
	}
	classes, now, err := rd.weekClasses(ctx, week, studio.Zone)
	if err != nil || len(targets) == 0 {
		return WeekPlan{}, err
	}
	var plan WeekPlan
	var occupied []occupation
	for _, target := range targets {
		there, _, err := rd.weekClasses(ctx, target, studio.Zone)
		if err != nil {
			return WeekPlan{}, err
		}
		holidays, err := rd.holidays(ctx, target, target.AddDate(0, 0, 6))
		if err != nil {
			return WeekPlan{}, err
		}
		days := int(target.Sub(week).Hours() / 24)
		for _, c := range classes {
			if c.SeriesID != 0 || c.Cancelled {
				continue
			}
			day := CalendarDay(c.StartsAt, studio.Zone).AddDate(0, 0, days)
			to := c.copyOn(day, studio.Zone)
			plan.Copies = append(plan.Copies, PlannedCopy{
				PlannedClass: PlannedClass{Day: day, StartsAt: to.StartsAt, EndsAt: to.EndsAt, Holiday: holidays[day], Was: c},
				Past:         to.StartsAt.Before(now),
				Exists: slices.ContainsFunc(there, func(x Class) bool {
					return !x.Cancelled && x.Title == to.Title && x.RoomID == to.RoomID && x.StartsAt.Equal(to.StartsAt)
				}),
			})
			occupied = append(occupied, to.occupation(0))
		}
	}
	for _, c := range classes {
		if c.SeriesID != 0 && !c.Cancelled {
			plan.Series++
		}
	}
	if len(plan.Copies) > CopiesMax {
		return WeekPlan{}, invalid("to", "too_many")
	}
	conflicts, err := rd.conflicts(ctx, occupied)
	for i := range plan.Copies {
		plan.Copies[i].Conflicts = conflicts[i]
	}
	return plan, err
}

// weekClasses reads the classes of a week, and the clock of the database.
func (rd *Reader) weekClasses(ctx context.Context, monday time.Time, zone *time.Location) (list []Class, now time.Time, err error) {
	list, err = rd.Schedule(ctx, WallTime(monday, 0, 0, zone), WallTime(monday.AddDate(0, 0, 7), 0, 0, zone))
	if err != nil {
		return nil, now, err
	}
	err = rd.readPool.QueryRow(ctx, `select clock_timestamp()`).Scan(&now)
	return list, now, during("reading the clock", err)
}
