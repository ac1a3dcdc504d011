package booking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Scope says which classes of a series a verb is about.
type Scope string

// The scopes. Classes that have begun or are cancelled are never among the others.
const (
	ThisClass     Scope = ""          // this one alone
	ThisFollowing Scope = "following" // this one and those after it
	WholeSeries   Scope = "all"       // every class of the series that is still to come
)

func (s Scope) several() bool { return s == ThisFollowing || s == WholeSeries }

// inScope lists the classes that a verb about one class of a series is about,
// that one always among them.
func (e *Engine) inScope(ctx context.Context, classID int64, scope Scope) ([]int64, error) {
	switch scope {
	case ThisClass:
		return []int64{classID}, nil
	case ThisFollowing, WholeSeries:
	default:
		return nil, invalid("scope", "choice")
	}
	rows, _ := e.readPool.Query(ctx, `select c.id from class this join class c on c.id = this.id or c.series_id = this.series_id
		and c.state = 'scheduled' and c.starts_at > clock_timestamp() and ($2 = 'all' or c.starts_at >= this.starts_at)
		where this.id = $1 order by c.id`, classID, scope)
	ids, err := collectIDs(rows)
	return ids, during("reading the classes of a series", err)
}

// Pattern is when a series takes place, in days of the calendar. A day is named
// by its midnight in UTC, whatever the zone of the studio.
type Pattern struct {
	First      time.Time
	Last       time.Time // zero: Count says how many
	Count      int
	EveryWeeks int   // 1: every week
	Weekdays   []int // 1 is Monday
	Skip       []time.Time
}

// Limits of a series: so many classes can be looked through before saving.
const (
	seriesClasses = 200
	seriesYears   = 2
)

func (p Pattern) check() error {
	day := func(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 2200 }
	var f Faults
	f.Want(day(p.First), "date", "range")
	f.Want(p.EveryWeeks >= 1 && p.EveryWeeks <= 52, "every_weeks", "range")
	f.Want(len(p.Weekdays) > 0, "weekdays", "missing")
	f.Want(!slices.ContainsFunc(p.Weekdays, func(d int) bool { return d < 1 || d > 7 }), "weekdays", "choice")
	f.Want(!p.Last.IsZero() || p.Count != 0, "until", "missing")
	f.Want(p.Count >= 0 && p.Count <= seriesClasses, "count", "range")
	if day(p.First) && !p.Last.IsZero() {
		f.Want(!p.Last.Before(p.First) && !p.Last.After(p.First.AddDate(seriesYears, 0, 0)), "until", "range")
	}
	return f.Err()
}

// days lists the days of the pattern in their order, those to skip included. A
// count counts them all.
func (p Pattern) days() (list []time.Time) {
	last := p.Last
	if last.IsZero() {
		last = p.First.AddDate(seriesYears, 0, 0)
	}
	monday := p.First.AddDate(0, 0, -(int(p.First.Weekday())+6)%7)
	weekdays := slices.Compact(slices.Sorted(slices.Values(p.Weekdays)))
	for week := monday; !week.After(last); week = week.AddDate(0, 0, 7*p.EveryWeeks) {
		for _, weekday := range weekdays {
			day := week.AddDate(0, 0, weekday-1)
			if day.Before(p.First) {
				continue
			}
			if day.After(last) || len(list) == seriesClasses || p.Count > 0 && len(list) == p.Count {
				return list
			}
			list = append(list, day)
		}
	}
	return list
}

// WallTime is the instant at which clocks in the zone show this time of the day.
// One that does not exist moves to the first that does; of an ambiguous one it
// is the first pass (rule 22).
func WallTime(day time.Time, hour, minute int, zone *time.Location) time.Time {
	y, m, d := day.Date()
	wall := time.Date(y, m, d, hour, minute, 0, 0, time.UTC)
	shown := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return wall.Add(-time.Duration(offset) * time.Second)
	}
	before, after := shown(wall.Add(-24*time.Hour)), shown(wall.Add(24*time.Hour))
	for _, t := range []time.Time{before, after} {
		if got := t.In(zone); got.Hour() == hour && got.Minute() == minute {
			return got
		}
	}
	begins, _ := before.In(zone).ZoneBounds()
	return begins
}

// CalendarDay is the day that people in the zone read at an instant, as a
// [Pattern] names it.
func CalendarDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// SeriesRequest plans a series: every class is like Class, at its time of the
// day, on the days of the pattern.
type SeriesRequest struct {
	Key     string `json:"-"`
	Class   ClassRequest
	Pattern Pattern
}

// SeriesOutcome is a series that was planned.
type SeriesOutcome struct {
	SeriesID int64
	Classes  []int64 // by start
}

func (o SeriesOutcome) effect() (string, int64) { return "series", 0 }

// Check refuses every field of the class and of the pattern that is wrong by itself.
func (r *SeriesRequest) Check() error {
	var f Faults
	f.Join(r.Class.Check())
	f.Join(r.Pattern.check())
	return f.Err()
}

func (r *SeriesRequest) allowed(a Actor) error {
	if !a.Can(EditClasses) {
		return refuse(Forbidden)
	}
	return r.Check()
}

// on is the class as it takes place on a day: the same time of the day, and as
// long in elapsed time.
func (r ClassRequest) on(day time.Time, zone *time.Location) ClassRequest {
	local, long := r.StartsAt.In(zone), r.EndsAt.Sub(r.StartsAt)
	r.StartsAt = WallTime(day, local.Hour(), local.Minute(), zone)
	r.EndsAt = r.StartsAt.Add(long)
	return r
}

// CreateSeries puts all classes of a series into the schedule, in one
// transaction, but for the days to skip. Holidays and conflicts are shown by
// [Engine.PreviewSeries]; who saves has seen them.
func (e *Engine) CreateSeries(ctx context.Context, a Actor, r SeriesRequest) (SeriesOutcome, error) {
	if err := r.allowed(a); err != nil {
		return SeriesOutcome{}, err
	}
	days := slices.DeleteFunc(r.Pattern.days(), func(d time.Time) bool { return slices.ContainsFunc(r.Pattern.Skip, d.Equal) })
	if len(days) == 0 {
		return SeriesOutcome{}, invalid("weekdays", "no_day")
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return SeriesOutcome{}, err
	}
	list := make([]ClassRequest, len(days))
	occupied := make([]occupation, len(days))
	for i, day := range days {
		list[i] = r.Class.on(day, studio.Zone)
		occupied[i] = list[i].occupation(0)
	}
	if err := e.refuseConflict(ctx, r.Class.ConfirmConflict, occupied); err != nil {
		return SeriesOutcome{}, err
	}
	return run(ctx, e, a, r.Key, r, lockSet{}, func(s *snapshot) (SeriesOutcome, error) {
		out := SeriesOutcome{SeriesID: s.newID()}
		s.series = append(s.series, series{
			id: out.SeriesID, zone: studio.Zone.String(), first: days[0], last: days[len(days)-1],
			everyWeeks: r.Pattern.EveryWeeks, weekdays: r.Pattern.Weekdays, createdBy: a.ID,
		})
		for _, one := range list {
			out.Classes = append(out.Classes, s.addClass(one, out.SeriesID).ID)
		}
		s.record(history{actorID: a.ID, verb: "create_series", classID: out.Classes[0], details: map[string]any{"classes": len(list), "until": days[len(days)-1].Format(time.DateOnly)}})
		return out, nil
	})
}

// series is a row to be written.
type series struct {
	id          int64
	zone        string
	first, last time.Time
	everyWeeks  int
	weekdays    []int
	createdBy   int64
}

const insertSeriesSQL = `insert into series (id, zone, first_day, last_day, every_weeks, weekdays, created_by) values ($1, $2, $3, $4, $5, $6, $7)`

func (s *snapshot) queueSeries(b *pgx.Batch) {
	for _, x := range s.series {
		b.Queue(insertSeriesSQL, x.id, x.zone, x.first, x.last, x.everyWeeks, x.weekdays, idOrNil(x.createdBy))
	}
}

// Planned is one class as it would be after saving.
type Planned struct {
	Day              time.Time // as a Pattern names it
	StartsAt, EndsAt time.Time
	Holiday          string // its name; empty: none
	Conflicts        []Conflict
	Was              Class // edits: the class as it is
	Guests           int   // edits: of those booked
	Below            bool  // edits: fewer seats than are taken
}

// PreviewSeries lists the days that a series would have, with holidays and with
// who is in the way.
func (e *Engine) PreviewSeries(ctx context.Context, a Actor, r SeriesRequest) ([]Planned, error) {
	if err := r.allowed(a); err != nil {
		return nil, err
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return nil, err
	}
	days := r.Pattern.days()
	if len(days) == 0 {
		return nil, invalid("weekdays", "no_day")
	}
	list, occupied := make([]Planned, len(days)), make([]occupation, len(days))
	for i, day := range days {
		c := r.Class.on(day, studio.Zone)
		list[i] = Planned{Day: day, StartsAt: c.StartsAt, EndsAt: c.EndsAt}
		occupied[i] = c.occupation(0)
	}
	holidays, err := e.holidays(ctx, days[0], days[len(days)-1])
	if err != nil {
		return nil, err
	}
	conflicts, err := e.conflicts(ctx, occupied)
	for i := range list {
		list[i].Holiday, list[i].Conflicts = holidays[list[i].Day], conflicts[i]
	}
	return list, err
}

func (e *Engine) holidays(ctx context.Context, first, last time.Time) (map[time.Time]string, error) {
	names := map[time.Time]string{}
	rows, _ := e.readPool.Query(ctx, `select day, name from holiday where day between $1 and $2`, first, last)
	err := each(rows, func(rows pgx.Rows) error {
		var day time.Time
		var name string
		err := rows.Scan(&day, &name)
		names[day.UTC()] = name
		return err
	})
	return names, during("reading the holidays", err)
}
