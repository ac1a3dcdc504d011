package booking

import (
	"context"
	"strings"
	"time"
)

// ClassRequest is the content of the class form.
type ClassRequest struct {
	Key                                                    string `json:"-"`
	Title                                                  string
	TypeID, LocationID, RoomID, InstructorID, SubstituteID int64 // 0: none
	StartsAt, EndsAt                                       time.Time
	Rules                                                  Rules
	Note                                                   string
	Hidden                                                 bool
	ConfirmConflict                                        bool // accept that the room or the instructor is taken at that time
	ConfirmDate                                            bool // accept a start in the past or more than farAhead from now
}

// ClassOutcome is the class after the operation.
type ClassOutcome struct{ ClassID, Version int64 }

func (o ClassOutcome) effect() (resultName, int64) { return resultClass, 0 }

// Check returns an Invalid error that names every wrong field. It trims Title and Note. It
// does not read the database.
func (r *ClassRequest) Check() error {
	r.Title, r.Note = strings.TrimSpace(r.Title), strings.TrimSpace(r.Note)
	rules := r.Rules
	window := func(d time.Duration) bool { return within(d, 0, WindowMax) }
	var f Faults
	f.wantText(r.Title, NameMax, "title")
	f.wantPlain(r.Note, NoteMax, "note")
	f.Want(saneYear(r.StartsAt), "date", "range")
	f.Want(within(r.EndsAt.Sub(r.StartsAt), LengthMin, LengthMax), "minutes", "range")
	f.Want(within(rules.Capacity, 0, CapacityMax), "capacity", "range")
	f.Want(within(rules.Cost, 0, CostMax), "cost", "range")
	f.Want(window(rules.FreeCancel), "free_cancel_hours", "range")
	f.Want(window(rules.OpensBefore), "opens_before_hours", "range")
	f.Want(window(rules.ClosesBefore), "closes_before_minutes", "range")
	f.Want(window(rules.WaitlistCloses), "waitlist_closes_minutes", "range")
	f.Want(rules.WaitlistMode.known(), "waitlist_mode", "choice")
	f.Want(within(rules.WaitlistSize, NoLimit, CapacityMax), "waitlist_size", "range")
	f.Want(r.SubstituteID == 0 || r.SubstituteID != r.InstructorID, "substitute", "same")
	return f.Err()
}

// farAhead is how many years ahead a class is planned without a question. A later one is
// probably a mistyped year.
const farAhead = 2

func isFarAhead(t, now time.Time) bool { return t.After(now.AddDate(farAhead, 0, 0)) }

// dateDenial asks about a start that is probably a mistake.
func (r *ClassRequest) dateDenial(now time.Time) error {
	code := InThePast
	switch {
	case r.ConfirmDate:
		return nil
	case isFarAhead(r.StartsAt, now):
		code = FarAhead
	case !r.StartsAt.Before(now):
		return nil
	}
	asked := refuse(code, "at", r.StartsAt, "year", r.StartsAt.Year())
	asked.Field = "date"
	return asked
}

// CreateClass adds a class to the schedule. Refusals: Forbidden, Invalid, RoomTaken,
// InstructorTaken, InThePast, FarAhead.
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
	return run(ctx, e, a, r.Key, r, lockSet{}, func(s *snapshot) (ClassOutcome, error) {
		if err := r.dateDenial(s.now); err != nil {
			return ClassOutcome{}, err
		}
		c := s.addClass(r, 0)
		s.record(history{actorID: a.ID, verb: verbCreateClass, classID: c.ID})
		return ClassOutcome{c.ID, c.Version}, nil
	})
}

// addClass adds a class to the snapshot. A seriesID of 0 means a single class.
func (s *snapshot) addClass(r ClassRequest, seriesID int64) *class {
	c := &class{Class: Class{ID: s.newID(), SeriesID: seriesID, Version: 1, Edited: 1, ReadAt: s.now}, nextSeq: 1, isNew: true, dirty: true}
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
