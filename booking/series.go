package booking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Scope selects the classes of a series that an operation changes.
type Scope string

// The scopes. Other classes of the series are included only if they have not begun and are
// not cancelled.
const (
	ThisClass     Scope = ""          // only this class
	ThisFollowing Scope = "following" // this class and the later ones
	WholeSeries   Scope = "all"       // all future classes of the series
)

func (s Scope) several() bool { return s == ThisFollowing || s == WholeSeries }

// inScope lists the ids of the classes in the scope. The class itself is always included.
func (rd *Reader) inScope(ctx context.Context, classID int64, scope Scope) ([]int64, error) {
	switch scope {
	case ThisClass:
		return []int64{classID}, nil
	case ThisFollowing, WholeSeries:
	default:
		return nil, invalid("scope", "choice")
	}
	rows, _ := rd.readPool.Query(ctx, `select c.id from class this join class c on c.id = this.id or c.series_id = this.series_id
		and c.state = 'scheduled' and c.starts_at > clock_timestamp() and ($2 = 'all' or c.starts_at >= this.starts_at)
		where this.id = $1 order by c.id`, classID, scope)
	ids, err := collectIDs(rows)
	return ids, during("reading the classes of a series", err)
}

// Pattern describes the days of a series. A day is midnight UTC of that date, whatever the
// studio's time zone.
type Pattern struct {
	First      time.Time
	Last       time.Time // zero: use Count
	Count      int
	EveryWeeks int   // 1: every week
	Weekdays   []int // 1 is Monday, 7 is Sunday
	Skip       []time.Time
}

// seriesYears is how long a series may last.
const seriesYears = 2

func (p Pattern) check() error {
	var f Faults
	f.Want(saneYear(p.First), "date", "range")
	f.Want(within(p.EveryWeeks, 1, EveryWeeksMax), "every_weeks", "range")
	f.Want(len(p.Weekdays) > 0, "weekdays", "missing")
	f.Want(!slices.ContainsFunc(p.Weekdays, func(d int) bool { return d < 1 || d > 7 }), "weekdays", "choice")
	f.Want(!p.Last.IsZero() || p.Count != 0, "until", "missing")
	f.Want(within(p.Count, 0, SeriesMax), "count", "range")
	if saneYear(p.First) && !p.Last.IsZero() {
		f.Want(!p.Last.Before(p.First) && !p.Last.After(p.First.AddDate(seriesYears, 0, 0)), "until", "range")
	}
	return f.Err()
}

// days lists the days of the pattern in order, including the days to skip. Count includes
// them too.
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
			if day.After(last) || len(list) == SeriesMax || p.Count > 0 && len(list) == p.Count {
				return list
			}
			list = append(list, day)
		}
	}
	return list
}

// WallTime returns the instant at which clocks in the zone show this time on this day. A
// time that a clock change skips becomes the first instant after the change; a time that
// occurs twice means the first occurrence (rule 22).
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

// CalendarDay returns the date in the zone at an instant, as a day of a [Pattern].
func CalendarDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// SeriesRequest creates a series: classes like Class, at its time of day, on the days of
// the pattern.
type SeriesRequest struct {
	Key     string `json:"-"`
	Class   ClassRequest
	Pattern Pattern
}

// SeriesOutcome is the series that was created.
type SeriesOutcome struct {
	SeriesID int64
	Classes  []int64 // by start
}

func (o SeriesOutcome) effect() (resultName, int64) { return resultSeries, 0 }

// Check returns an Invalid error that names every wrong field of the class and of the
// pattern.
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

// on returns the class on another day, at the same time of day and with the same length.
func (r ClassRequest) on(day time.Time, zone *time.Location) ClassRequest {
	local, long := r.StartsAt.In(zone), r.EndsAt.Sub(r.StartsAt)
	r.StartsAt = WallTime(day, local.Hour(), local.Minute(), zone)
	r.EndsAt = r.StartsAt.Add(long)
	return r
}

// CreateSeries adds all classes of a series to the schedule in one transaction, except the
// days to skip. Holidays do not prevent it: [Reader.PreviewSeries] shows them before.
// Refusals: Forbidden, Invalid, RoomTaken, InstructorTaken, InThePast, FarAhead (of the first
// day).
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
		if err := list[0].dateDenial(s.now); err != nil {
			return SeriesOutcome{}, err
		}
		out := s.addSeries(list, r.Pattern, studio.Zone, a)
		s.record(history{
			actorID: a.ID, verb: verbCreateSeries, classID: out.Classes[0],
			details: map[string]any{"classes": len(list), "until": days[len(days)-1].Format(time.DateOnly)},
		})
		return out, nil
	})
}

// addSeries adds a series with its classes, by start, to the snapshot. Of the pattern it reads the
// weekdays and the weeks.
func (s *snapshot) addSeries(list []ClassRequest, p Pattern, zone *time.Location, a Actor) SeriesOutcome {
	out := SeriesOutcome{SeriesID: s.newID()}
	s.series = append(s.series, series{
		id: out.SeriesID, zone: zone.String(), first: CalendarDay(list[0].StartsAt, zone),
		last: CalendarDay(list[len(list)-1].StartsAt, zone), everyWeeks: p.EveryWeeks, weekdays: p.Weekdays, createdBy: a.ID,
	})
	for _, one := range list {
		out.Classes = append(out.Classes, s.addClass(one, out.SeriesID).ID)
	}
	return out
}

// series is a row to be inserted.
type series struct {
	id          int64
	zone        string
	first, last time.Time
	everyWeeks  int
	weekdays    []int
	createdBy   int64
}

const insertSeriesSQL = `
	insert into series (id, zone, first_day, last_day, every_weeks, weekdays, created_by)
	values ($1, $2, $3, $4, $5, $6, $7)`

func (s *snapshot) queueSeries(b *pgx.Batch) {
	for _, x := range s.series {
		b.Queue(insertSeriesSQL, x.id, x.zone, x.first, x.last, x.everyWeeks, x.weekdays, idOrNil(x.createdBy))
	}
}

// PlannedClass is one class as it would be after saving.
type PlannedClass struct {
	Day              time.Time // a day as in Pattern
	StartsAt, EndsAt time.Time
	Holiday          string // name of the holiday; empty: none
	Conflicts        []Conflict
	Was              Class        // edits only: the present class
	To               ClassRequest // edits only: the class after saving
	Guests           int          // edits only: number of booked guests
	Below            bool         // edits only: the capacity would be below the taken seats
}

// PreviewSeries lists the days of a series with holidays and conflicts. Refusals:
// Forbidden, Invalid, InThePast, FarAhead.
func (rd *Reader) PreviewSeries(ctx context.Context, a Actor, r SeriesRequest) ([]PlannedClass, error) {
	if err := r.allowed(a); err != nil {
		return nil, err
	}
	list, err := rd.planSeries(ctx, r)
	if err != nil {
		return nil, err
	}
	var now time.Time
	if err := rd.readPool.QueryRow(ctx, `select clock_timestamp()`).Scan(&now); err != nil {
		return nil, during("reading the clock", err)
	}
	first := ClassRequest{StartsAt: list[0].StartsAt, ConfirmDate: r.Class.ConfirmDate}
	return list, first.dateDenial(now)
}

// planSeries lists the days of a pattern with holidays and conflicts.
func (rd *Reader) planSeries(ctx context.Context, r SeriesRequest) ([]PlannedClass, error) {
	studio, err := rd.Studio(ctx)
	if err != nil {
		return nil, err
	}
	days := r.Pattern.days()
	if len(days) == 0 {
		return nil, invalid("weekdays", "no_day")
	}
	list, occupied := make([]PlannedClass, len(days)), make([]occupation, len(days))
	for i, day := range days {
		c := r.Class.on(day, studio.Zone)
		list[i] = PlannedClass{Day: day, StartsAt: c.StartsAt, EndsAt: c.EndsAt}
		occupied[i] = c.occupation(0)
	}
	holidays, err := rd.holidays(ctx, days[0], days[len(days)-1])
	if err != nil {
		return nil, err
	}
	conflicts, err := rd.conflicts(ctx, occupied)
	for i := range list {
		list[i].Holiday, list[i].Conflicts = holidays[list[i].Day], conflicts[i]
	}
	return list, err
}

func (rd *Reader) holidays(ctx context.Context, first, last time.Time) (map[time.Time]string, error) {
	return readHolidays(ctx, rd.readPool, first, last)
}

// readHolidays returns the names of the holidays between two days, by day.
func readHolidays(ctx context.Context, db querier, first, last time.Time) (map[time.Time]string, error) {
	names := map[time.Time]string{}
	rows, _ := db.Query(ctx, `select day, name from holiday where day between $1 and $2`, first, last)
	err := each(rows, func(rows pgx.Rows) error {
		var day time.Time
		var name string
		err := rows.Scan(&day, &name)
		names[day.UTC()] = name
		return err
	})
	return names, during("reading the holidays", err)
}
