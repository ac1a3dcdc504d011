package booking_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest/oracle"
)

// add is "Add a member" by staff: one to three members, and sometimes guests.
func (w *modelWorld) add(op modelOp) boundOp {
	at, how := w.now(op.Class), oracle.Adding{Overbook: op.N%5 == 0, Override: op.N%3 == 0}
	members, guests := []int{op.Person, (op.Person + 3) % worldPeople, (op.Person + 5) % worldPeople}[:1+op.N%3], 0
	if op.Flag {
		guests = op.N % 3
	}
	r := booking.AddRequest{
		Key: op.key(), ClassID: w.classes[at], Overbook: how.Overbook, Override: how.Override, ConfirmDuplicate: true,
	}
	for _, m := range members {
		r.MemberIDs = append(r.MemberIDs, w.people[m].ID)
	}
	for range guests {
		r.Guests = append(r.Guests, booking.Guest{Name: "Gast"})
	}
	return op.keyed(w.env.Owner, r, func(ctx context.Context, e *booking.Engine) string {
		out, err := e.AddParticipants(ctx, w.env.Owner, r)
		if err != nil {
			return said(err, false, "")
		}
		var answers []string
		for i, a := range out.Added {
			var refusal error
			if a.Err != nil {
				refusal = a.Err
			}
			answers = append(answers, said(refusal, a.Already, ", %d left", a.Balance))
			guest := booking.Actor{ID: a.PersonID, Role: booking.RoleGuest}
			if i >= len(members) && a.Err == nil && !slices.ContainsFunc(w.people, func(p booking.Actor) bool { return p.ID == guest.ID }) {
				w.people = append(w.people, guest)
			}
		}
		return strings.Join(answers, "; ")
	}, func(o *oracle.Studio) string { return o.Add(at, members, guests, how) })
}

// edit changes one field of a class, as the form does.
func (w *modelWorld) edit(op modelOp, at int) (d boundOp, ok bool) {
	if op.Verb == "online" {
		at = w.now(w.concerned(op, switched).Class)
	}
	c := w.oracle.Classes[at]
	start, end, rules, confirmed := c.Start, c.End, c.Rules, op.N%4 > 0
	switch op.Verb {
	case "lower or raise":
		rules.Capacity = op.N % 5
	case "online":
		rules.Online = !rules.Online
	case "move":
		if op.Flag {
			start = w.oracle.Now.Add(time.Duration(1+op.N) * 7 * time.Minute)
		} else {
			start = start.Add(time.Duration(op.N) * time.Hour)
		}
		end = start.Add(time.Duration(1+op.N%2) * time.Hour)
	case "other rules":
		other := someClass(rand.New(rand.NewPCG(uint64(op.N), uint64(op.Person))), w.oracle.Now).Rules
		switch op.N % 7 {
		case 0:
			rules.Online = op.Flag
		case 1:
			rules.Cost = other.Cost
		case 2:
			rules.FreeCancel = other.FreeCancel
		case 3:
			rules.Opens, rules.Closes = other.Opens, other.Closes
		case 4:
			rules.WaitlistCloses = other.WaitlistCloses
		case 5:
			rules.WaitlistSize = other.WaitlistSize
		case 6:
			rules.Mode = other.Mode
		}
	}
	scope := w.scope(op)
	r := booking.EditRequest{
		ClassID: w.classes[at], Scope: booking.Scope(scope), ConfirmBelow: confirmed,
		Class: form(start, end, c.Type, rules),
	}
	r.Class.Key = op.key()
	return op.keyed(w.env.Owner, r, func(ctx context.Context, e *booking.Engine) string {
		_, err := e.EditClass(ctx, w.env.Owner, r)
		return said(err, false, "")
	}, func(o *oracle.Studio) string { return o.Edit(at, scope, start, end, rules, confirmed) }), true
}

// switched returns a class with waiters, who notice if its switch for online booking
// changes.
func switched(c *oracle.Class, person int) bool { return stranded(c, person) || offered(c, person) }

// scope selects the classes of the series that an operation changes.
func (w *modelWorld) scope(op modelOp) oracle.Scope {
	if !w.series {
		return oracle.This
	}
	return []oracle.Scope{oracle.This, oracle.This, oracle.Following, oracle.All}[op.Person%4]
}

// form is the content of the class form.
func form(start, end time.Time, kind int, rules oracle.Rules) booking.ClassRequest {
	return booking.ClassRequest{
		Title:       "Yoga Flow",
		TypeID:      int64(kind),
		StartsAt:    start,
		EndsAt:      end,
		ConfirmDate: true,
		Rules: booking.Rules{
			Online: rules.Online, Capacity: rules.Capacity, Cost: rules.Cost,
			FreeCancel: rules.FreeCancel, OpensBefore: rules.Opens, ClosesBefore: rules.Closes,
			WaitlistMode: booking.WaitlistMode(rules.Mode), WaitlistSize: rules.WaitlistSize, WaitlistCloses: rules.WaitlistCloses,
		},
	}
}

// class creates a class at a place of the schedule.
func (w *modelWorld) class(place int, c *oracle.Class) boundOp {
	return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
		out, err := e.CreateClass(ctx, w.env.Owner, form(c.Start, c.End, c.Type, c.Rules))
		w.places[place], w.classes = len(w.classes), append(w.classes, out.ClassID)
		return said(err, false, "")
	}, oracle: func(o *oracle.Studio) string { o.Classes = append(o.Classes, c); return oracle.OK }}
}

func (w *modelWorld) grant(person int, g oracle.Grant) boundOp {
	r := booking.GrantRequest{PersonID: w.people[person].ID, Quantity: g.Left, ValidFrom: g.From, ExpiresAt: g.Expires}
	for _, t := range g.Types {
		r.TypeIDs = append(r.TypeIDs, int64(t))
	}
	return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
		out, err := e.GrantCredits(ctx, w.env.Owner, r)
		return said(err, false, ", %d left", out.Balance)
	}, oracle: func(o *oracle.Studio) string { return o.Grant(person, g) }, after: func(o *oracle.Studio) { o.Arrived(person) }}
}

// dismiss dismisses an alert of the person.
func (w *modelWorld) dismiss(op modelOp) (d boundOp, ok bool) {
	who, news := w.people[op.Person], w.oracle.Alerts(op.Person)
	if len(news) == 0 {
		return d, false
	}
	a, told := news[op.N%len(news)], w.oracle.People[op.Person].Alerts
	which, before := slices.Index(told, a), 0
	for _, b := range told[:which] { // alerts of the same kind about the same subject in the same minute
		if b.Kind == a.Kind && b.Class == a.Class && b.At.Equal(a.At) && w.oracle.Credits(op.Person, b) == w.oracle.Credits(op.Person, a) {
			before++
		}
	}
	var class *int64
	var since *time.Time
	if g := w.oracle.Credits(op.Person, a); g != nil {
		since = &g.From
	} else {
		class = &w.classes[a.Class]
	}
	var id int64
	err := w.env.Pool.QueryRow(ctx,
		`select a.id from alert a left join account g on g.id = a.account_id where a.person_id = $1 and a.kind = $2 and a.created_at = $3
		and a.class_id is not distinct from $4 and g.valid_from is not distinct from $5 order by a.cause_v offset $6 limit 1`,
		who.ID, a.Kind, a.At, class, since, before).Scan(&id)
	if err != nil {
		panic(err)
	}
	return boundOp{
		engine: func(ctx context.Context, e *booking.Engine) string {
			return said(e.DismissAlert(ctx, who, id), false, "")
		},
		oracle: func(o *oracle.Studio) string { return o.Dismiss(op.Person, which) },
	}, true
}

// settings are always changed on one node: another node may read them up to a second late.
func (w *modelWorld) settings(to oracle.Settings) boundOp {
	return boundOp{engine: func(ctx context.Context, _ *booking.Engine) string {
		e := w.env.Engine
		s, err := e.Studio(ctx)
		if err == nil {
			s.OfferFor, s.ReserveFor, s.GiveBackFor = to.OfferFor, to.ReserveFor, to.GiveBackFor
			s.UndoFor = to.UndoFor
			s.MaxOpen, s.MaxPerDay, s.MaxPerWeek, s.AllowOverlap = to.MaxOpen, to.MaxPerDay, to.MaxPerWeek, to.AllowOverlap
			s.Recurring, s.Horizon = to.Recurring, to.Horizon
			s.Night = booking.Rest{On: to.Rest, From: to.RestFrom, Until: to.RestUntil}
			err = e.EditStudio(ctx, w.env.Owner, s, "")
		}
		return said(err, false, "")
	}, oracle: func(o *oracle.Studio) string { return o.Set(to) }}
}

// tick lets time pass. The engine settles only the classes that its sweep would find, in a
// defined order; the oracle settles all. A sweep skips a locked class until its next run,
// so tick waits for locks: an operation whose client gave up may still be running.
func (w *modelWorld) tick(d time.Duration) boundOp {
	return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
		w.env.Exec(`update stopped.clock set at = at + $1`, d)
		due := `due_at <= clock_timestamp()`
		idle := ` or state = 'scheduled' and waiting > 0 and booked + held < capacity and starts_at - waitlist_closes > clock_timestamp()`
		for try := 0; try < 20 && (try == 0 || w.env.Int(`select count(*) from class where `+due) > 0); try++ {
			rows, _ := w.env.Pool.Query(ctx,
				`select id from class where `+due+idle+` order by id for share`) // waits for the locks of running operations
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			for _, id := range ids {
				err = errors.Join(err, e.SettleClass(ctx, id))
			}
			if err != nil {
				return said(err, false, "")
			}
		}
		return oracle.OK
	}, oracle: func(o *oracle.Studio) string { o.Tick(d); return oracle.OK }}
}
