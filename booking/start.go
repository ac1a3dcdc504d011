package booking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// StartPage says what becomes of the page with the first steps of a new studio.
type StartPage string

// The states of the page with the first steps.
const (
	StartOpen StartPage = "open" // it is the first page while there is neither a class type nor a class
	StartLeft StartPage = "left" // it is a page among others
	StartOver StartPage = "over" // nothing leads to it any more
)

// FirstSteps says what a new studio has. Each number is at most 1000.
type FirstSteps struct {
	Types, Rooms int
	Classes      int // planned classes
	Offline      int // planned classes that members cannot book themselves
	Team         int // staff besides the owners
	Members      int
}

// Empty reports whether the studio has neither a class type nor a planned class.
func (f FirstSteps) Empty() bool { return f.Types == 0 && f.Classes == 0 }

// Open reports whether members can book a planned class themselves.
func (f FirstSteps) Open() bool { return f.Classes > f.Offline }

// Done reports whether every step is done.
func (f FirstSteps) Done() bool {
	return f.Types > 0 && f.Classes > 0 && f.Team+f.Members > 0 && f.Open()
}

// FirstSteps reads what the studio has. Refusal: Forbidden.
func (rd *Reader) FirstSteps(ctx context.Context, a Actor) (f FirstSteps, err error) {
	if !a.Can(EditSettings) {
		return f, refuse(Forbidden)
	}
	// Count no further than needed: a big studio has a hundred thousand members.
	const planned = `from class where state = 'scheduled' and starts_at > (select clock_timestamp())`
	err = rd.readPool.QueryRow(ctx, `
		select
			(select count(*) from (select from class_type where active limit 1000) x),
			(select count(*) from (select from room where active limit 1000) x),
			(select count(*) from (select `+planned+` limit 1000) x),
			(select count(*) from (select `+planned+` and not online limit 1000) x),
			(select count(*) from (
				select from person where role in ('instructor', 'front_desk', 'manager') and state = 'active' limit 1000) x),
			(select count(*) from (select from person where role = 'member' and state = 'active' limit 1000) x)`).
		Scan(&f.Types, &f.Rooms, &f.Classes, &f.Offline, &f.Team, &f.Members)
	return f, during("reading the first steps of the studio", err)
}

// SetStart sets what becomes of the page with the first steps. Refusals: Forbidden, Invalid.
func (e *Engine) SetStart(ctx context.Context, a Actor, p StartPage) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	if p != StartOpen && p != StartLeft && p != StartOver {
		return invalid("start", "choice")
	}
	_, err := e.recordPool.Exec(ctx, `update studio set start = $1 where start <> $1`, p)
	return during("setting the start page", err)
}

// OnlineOutcome says how many classes members can book since.
type OnlineOutcome struct{ Classes int }

func (o OnlineOutcome) effect() (resultName, int64) { return resultDone, 0 }

// OpenOnline activates online booking of all planned classes. It is the last of the first steps:
// classes of a template can be booked only from then on. Refusal: Forbidden.
func (e *Engine) OpenOnline(ctx context.Context, a Actor, key string) (OnlineOutcome, error) {
	if !a.Can(EditClasses) {
		return OnlineOutcome{}, refuse(Forbidden)
	}
	rows, _ := e.readPool.Query(ctx, `
		select id from class
		where state = 'scheduled' and not online and starts_at > (select clock_timestamp()) order by id limit 1000`)
	ids, err := collectIDs(rows)
	if err != nil {
		return OnlineOutcome{}, during("reading the classes without online booking", err)
	}
	return run(ctx, e, a, key, nil, lockSet{wholeClasses: ids}, func(s *snapshot) (OnlineOutcome, error) {
		var out OnlineOutcome
		for _, c := range byID(s.classes) {
			if !slices.Contains(ids, c.ID) || c.Rules.Online || c.Cancelled || c.Begun() {
				continue
			}
			to := c.request()
			to.Rules.Online = true
			s.editClass(c, to, a)
			out.Classes++
		}
		return out, nil
	})
}

// TemplateOutcome says what a template has made.
type TemplateOutcome struct {
	Already bool // the studio was not empty, so nothing was made
	Classes int
}

func (o TemplateOutcome) effect() (resultName, int64) { return resultDone, 0 }

// templateWeeks is for how many weeks a template plans classes.
const templateWeeks = 4

// ApplyTemplate fills an empty studio in one transaction: class types and rooms in the language
// of the studio, and the weekly classes of the next four weeks, from tomorrow on. Members cannot
// book them before OpenOnline. A studio that is not empty stays as it is. Refusals: Forbidden,
// Invalid.
func (e *Engine) ApplyTemplate(ctx context.Context, a Actor, key, name string) (TemplateOutcome, error) {
	if !a.Can(EditSettings) || !a.Can(EditClasses) {
		return TemplateOutcome{}, refuse(Forbidden)
	}
	i := slices.IndexFunc(StudioTemplates, func(t StudioTemplate) bool { return t.Name == name })
	if i < 0 {
		return TemplateOutcome{}, invalid("template", "choice")
	}
	steps, err := e.FirstSteps(ctx, a)
	if err != nil {
		return TemplateOutcome{}, err
	}
	return run(ctx, e, a, key, name, lockSet{studio: true}, func(s *snapshot) (TemplateOutcome, error) {
		if !steps.Empty() || s.studio.Template != "" {
			return TemplateOutcome{Already: true}, nil
		}
		out := TemplateOutcome{Classes: s.fillFrom(&StudioTemplates[i], a)}
		s.record(history{actorID: a.ID, verb: verbApplyTemplate, details: map[string]any{"classes": out.Classes}})
		return out, nil
	})
}

// filling is what a template adds to the lists of the studio.
type filling struct {
	template string
	types    []ClassType
	defaults []templateType
	rooms    []LocationSettings
}

// fillFrom adds the content of a template to the snapshot and returns the number of classes.
func (s *snapshot) fillFrom(t *StudioTemplate, a Actor) (classes int) {
	lang := s.studio.Language
	s.filling = &filling{template: t.Name, defaults: t.types}
	for _, x := range t.types {
		s.filling.types = append(s.filling.types, ClassType{ID: s.newID(), Name: x.name.In(lang), Hue: x.hue, Glyph: x.glyph})
	}
	for _, x := range t.rooms {
		s.filling.rooms = append(s.filling.rooms, LocationSettings{ID: s.newID(), Name: x.In(lang)})
	}
	first := CalendarDay(s.now, s.studio.Zone).AddDate(0, 0, 1)
	pattern := Pattern{First: first, Last: first.AddDate(0, 0, 7*templateWeeks-1), EveryWeeks: 1}
	for _, l := range t.lessons {
		pattern.Weekdays = l.weekdays
		days, kind := pattern.days(), s.filling.types[l.kind]
		request := ClassRequest{
			Title: l.title.In(lang), TypeID: kind.ID, RoomID: s.filling.rooms[l.room].ID,
			Rules: Rules{
				Cost: t.types[l.kind].cost, Capacity: t.types[l.kind].capacity, FreeCancel: s.studio.FreeCancel,
				OpensBefore: s.studio.OpensBefore, ClosesBefore: s.studio.ClosesBefore, WaitlistMode: s.studio.WaitlistMode,
				WaitlistSize: s.studio.WaitlistSize, WaitlistCloses: s.studio.WaitlistCloses,
			},
		}
		if request.Title == "" {
			request.Title = kind.Name
		}
		var list []ClassRequest
		for _, day := range days {
			request.StartsAt = WallTime(day, l.hour, l.minute, s.studio.Zone)
			request.EndsAt = request.StartsAt.Add(time.Duration(l.minutes) * time.Minute)
			list = append(list, request)
		}
		classes += len(s.addSeries(list, pattern, s.studio.Zone, a).Classes)
	}
	return classes
}

// queueFilling writes the lists before the classes that refer to them.
func (s *snapshot) queueFilling(b *pgx.Batch) {
	f := s.filling
	if f == nil {
		return
	}
	b.Queue(`update studio set template = $1`, f.template)
	for i, t := range f.types {
		d := f.defaults[i]
		b.Queue(`insert into class_type (id, name, hue, glyph, position, minutes, capacity, cost) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.ID, t.Name, t.Hue, t.Glyph, i, d.minutes, d.capacity, d.cost)
	}
	for i, r := range f.rooms {
		b.Queue(`insert into room (id, name, position) values ($1, $2, $3)`, r.ID, r.Name, i)
	}
}
