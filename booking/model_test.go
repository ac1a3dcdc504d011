package booking_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/bookingtest/oracle"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "seed of the run against the oracle; 0: of this moment")
	modelOps  = flag.Int("model.ops", 4000, "how many operations the run against the oracle has")
)

// wish is one operation of a run. It names things by their number in the world,
// never by an id, so that a part of a run can be run again in a world of its own.
type wish struct {
	Verb          string
	Person, Class int
	N             int
	Flag          bool
}

// world is a few classes and people, in the database and in the oracle.
type world struct {
	env     *bookingtest.Env
	oracle  *oracle.Studio
	people  []booking.Actor
	classes []int64
}

// The engine and the oracle are asked for the same, by the same clock, and must
// give the same answers and be in the same state after every one of them.
func TestTheEngineAnswersLikeTheOracle(t *testing.T) {
	seed := cmp.Or(*modelSeed, uint64(time.Now().UnixNano()))
	t.Logf("seed %d, %d operations", seed, *modelOps)
	env := bookingtest.New(t)
	stopTheClock(env)
	const length = 200
	for done, round := 0, uint64(0); done < *modelOps; done, round = done+length, round+1 {
		wishes := wishesOf(rand.New(rand.NewPCG(seed, round)), min(length, *modelOps-done))
		at, difference := play(env, seed^round, wishes, nil)
		if difference != "" {
			wishes = shrink(env, seed^round, wishes[:at+1], nil)
			_, difference = play(env, seed^round, wishes, nil)
			text, _ := json.Marshal(wishes)
			t.Fatalf("seed %d, round %d: %s\nafter\n%s\nin a world with\n%s", seed, round, difference, strings.ReplaceAll(string(text), "},", "},\n"), describe(seed^round))
		}
		if round%500 == 499 {
			if err := env.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			env.CheckInvariants()
			t.Logf("%d operations, no difference", done+length)
		}
	}
}

// A rule that only one of them has is found, and the run that shows it is short.
func TestARuleThatDiffersIsFoundAndShrunk(t *testing.T) {
	env := bookingtest.New(t)
	stopTheClock(env)
	for name, differ := range map[string]func(*oracle.Studio){
		"offers are held for a minute longer": func(s *oracle.Studio) { s.OfferFor += time.Minute },
		"a class costs one credit more":       func(s *oracle.Studio) { s.Classes[0].Cost++ },
	} {
		found := false
		for seed := uint64(1); seed < 50 && !found; seed++ {
			wishes := wishesOf(rand.New(rand.NewPCG(seed, 1)), 200)
			at, difference := play(env, seed, wishes, differ)
			if found = difference != ""; !found {
				continue
			}
			if short := shrink(env, seed, wishes[:at+1], differ); len(short) > 20 {
				t.Errorf("%s: the run that shows it has still %d operations", name, len(short))
			}
		}
		if !found {
			t.Errorf("%s, and no run shows it", name)
		}
	}
}

// stopTheClock gives the database a clock that only the test moves: a function of
// the same name that is found first.
func stopTheClock(env *bookingtest.Env) {
	env.Exec(`create schema stopped`)
	env.Exec(`create table stopped.clock as select date_trunc('minute', pg_catalog.clock_timestamp()) as at`)
	env.Exec(`create function stopped.clock_timestamp() returns timestamptz language sql as 'select at from stopped.clock'`)
	env.Exec(`do $$ begin execute format('alter database %I set search_path = stopped, public, pg_catalog', current_database()); end $$`)
	env.Pool.Reset()
}

func now(env *bookingtest.Env) (at time.Time) {
	env.T.Helper()
	if err := env.Pool.QueryRow(ctx, `select at from stopped.clock`).Scan(&at); err != nil {
		env.T.Fatal(err)
	}
	return at
}

const (
	worldPeople  = 7
	worldClasses = 4
)

func classesOf(seed uint64, at time.Time) (list []*oracle.Class) {
	random := rand.New(rand.NewPCG(seed, 7))
	for range worldClasses {
		start := at.Add(time.Duration(1+random.IntN(60)) * time.Hour)
		list = append(list, &oracle.Class{
			Start: start, End: start.Add(2 * time.Hour), Capacity: random.IntN(4), Cost: random.IntN(3), WaitlistSize: []int{-1, -1, -1, 0, 2}[random.IntN(5)],
			FreeCancel: []time.Duration{0, time.Hour, 12 * time.Hour, 24 * time.Hour}[random.IntN(4)], WaitlistCloses: []time.Duration{0, 15 * time.Minute, 2 * time.Hour}[random.IntN(3)],
			Mode: []oracle.Mode{oracle.Offer, oracle.Auto, oracle.NotifyAll}[random.IntN(3)],
		})
	}
	return list
}

func describe(seed uint64) string {
	var b strings.Builder
	at := time.Unix(0, 0).UTC()
	for i, c := range classesOf(seed, at) {
		fmt.Fprintf(&b, "class %d: in %s, capacity %d, cost %d, waitlist %s of %d, free until %s before, waitlist closes %s before\n", i, c.Start.Sub(at), c.Capacity, c.Cost, c.Mode, c.WaitlistSize, c.FreeCancel, c.WaitlistCloses)
	}
	return b.String()
}

func newWorld(env *bookingtest.Env, seed uint64) *world {
	env.T.Helper()
	at := now(env)
	w := &world{env: env, oracle: &oracle.Studio{Now: at, OfferFor: 30 * time.Minute, ReserveFor: 30 * time.Minute, GiveBackFor: 30 * time.Minute}}
	for _, c := range classesOf(seed, at) {
		w.oracle.Classes = append(w.oracle.Classes, c)
		w.classes = append(w.classes, env.Class(func(r *booking.ClassRequest) {
			r.StartsAt, r.EndsAt = c.Start, c.End
			r.Rules.Capacity, r.Rules.Cost, r.Rules.FreeCancel = c.Capacity, c.Cost, c.FreeCancel
			r.Rules.WaitlistMode, r.Rules.WaitlistSize, r.Rules.WaitlistCloses = booking.WaitlistMode(c.Mode), c.WaitlistSize, c.WaitlistCloses
		}))
	}
	for i := range worldPeople {
		w.people = append(w.people, env.Member(fmt.Sprintf("Person Nr%d", i), 0))
		w.oracle.People = append(w.oracle.People, &oracle.Person{})
		_, _, _ = w.ask(wish{Verb: "grant", Person: i, N: i})
	}
	return w
}

func wishesOf(random *rand.Rand, n int) []wish {
	verbs := strings.Fields("book book book book cancel cancel cancel_by_staff join join join leave accept accept decline grant grant capacity priority tick tick tick suspend reactivate cancel_class restore")
	list := make([]wish, n)
	for i := range list {
		list[i] = wish{Verb: verbs[random.IntN(len(verbs))], Person: random.IntN(worldPeople), Class: random.IntN(worldClasses), N: random.IntN(12), Flag: random.IntN(2) == 0}
		if v := list[i].Verb; (v == "suspend" || v == "cancel_class") && random.IntN(3) > 0 {
			list[i].Verb = "book" // worlds where everything is gone say little
		}
	}
	return list
}

// play runs wishes in a new world and returns the first that is answered
// differently, or leaves another state; "" if none does.
func play(env *bookingtest.Env, seed uint64, wishes []wish, differ func(*oracle.Studio)) (at int, difference string) {
	env.T.Helper()
	// The worlds before go on ageing; the sweep looks after them, as it does after
	// classes that nobody touches.
	if err := env.Sweep(ctx); err != nil {
		env.T.Fatal(err)
	}
	w := newWorld(env, seed)
	if differ != nil {
		differ(w.oracle)
	}
	for i, x := range wishes {
		got, want, asked := w.ask(x)
		if asked && got != want {
			return i, fmt.Sprintf("%+v is answered %q, the oracle says %q", x, got, want)
		}
		if !asked {
			continue
		}
		if got, want := w.state(), w.expected(); got != want {
			return i, fmt.Sprintf("after %+v, answered %q, the state is\n%s\nthe oracle says\n%s", x, want, got, want)
		}
	}
	return 0, ""
}

// shrink leaves out what the difference does not need.
func shrink(env *bookingtest.Env, seed uint64, wishes []wish, differ func(*oracle.Studio)) []wish {
	for part := len(wishes) / 2; part > 0; {
		before := len(wishes)
		for i := 0; i+part <= len(wishes); {
			fewer := append(append([]wish{}, wishes[:i]...), wishes[i+part:]...)
			if at, difference := play(env, seed, fewer, differ); difference != "" {
				wishes = fewer[:at+1]
			} else {
				i += part
			}
		}
		if part > 1 || len(wishes) == before {
			part /= 2
		}
	}
	return wishes
}

// ask has both do what is wished; asked is false where there is nothing to ask for.
func (w *world) ask(x wish) (got, want string, asked bool) {
	o, who, class := w.oracle, w.people[x.Person], w.classes[x.Class]
	c := o.Classes[x.Class]
	env := w.env
	said := func(err error, already bool) string {
		switch {
		case err != nil && booking.CodeOf(err) == "":
			return err.Error()
		case err != nil:
			return string(booking.CodeOf(err))
		case already:
			return oracle.Already
		}
		return oracle.OK
	}
	switch x.Verb {
	case "tick":
		d := time.Duration([]int{1, 5, 15, 30, 31, 60, 90, 120, 240, 600, 1, 29}[x.N]) * time.Minute
		env.Exec(`update stopped.clock set at = at + $1`, d)
		for _, id := range w.classes {
			if err := env.SettleClass(ctx, id); err != nil {
				return err.Error(), oracle.OK, true
			}
		}
		o.Tick(d)
		return oracle.OK, oracle.OK, true
	case "book":
		out, err := env.Book(ctx, who, booking.BookRequest{ClassID: class})
		return said(err, out.Already), o.Book(x.Person, x.Class), true
	case "cancel", "cancel_by_staff":
		var b *oracle.Booking
		for _, k := range c.Bookings {
			if k.Person == x.Person {
				b = k // the last one
			}
		}
		if b == nil {
			return "", "", false
		}
		r := booking.CancelRequest{BookingID: w.id(`select id from booking where class_id = $1 and person_id = $2 order by id desc limit 1`, class, who.ID), ReasonID: bookingtest.ReasonIll}
		actor, staff := who, x.Verb == "cancel_by_staff"
		if staff {
			actor, r.RefundAnyway = env.Owner, x.Flag
		}
		out, err := env.Cancel(ctx, actor, r)
		return said(err, out.Already), o.Cancel(x.Class, b, staff, staff && x.Flag), true
	case "join":
		out, err := env.JoinWaitlist(ctx, who, booking.JoinRequest{ClassID: class, Auto: &x.Flag})
		return said(err, out.Already), o.Join(x.Person, x.Class, x.Flag), true
	case "leave", "accept", "decline", "priority":
		var place *oracle.Waiter
		for _, k := range c.Waiters {
			if k.Person == x.Person {
				place = k
			}
		}
		if place == nil {
			return "", "", false
		}
		entry := w.id(`select id from waitlist_entry where class_id = $1 and person_id = $2 order by id desc limit 1`, class, who.ID)
		if x.Verb == "leave" {
			out, err := env.LeaveWaitlist(ctx, who, booking.LeaveRequest{EntryID: entry})
			return said(err, out.Already), o.Leave(x.Class, place), true
		}
		if x.Verb == "priority" {
			_, err := env.SetPriority(ctx, env.Owner, booking.PriorityRequest{EntryID: entry, Priority: x.N%5 - 2})
			return said(err, false), o.Prioritise(x.Class, place, x.N%5-2), true
		}
		offered := place.Offer
		if offered == nil {
			return "", "", false
		}
		id := w.id(`select id from offer where entry_id = $1 order by id desc limit 1`, entry)
		if x.Verb == "accept" {
			out, err := env.AcceptOffer(ctx, who, booking.AcceptRequest{OfferID: id})
			return said(err, out.Already), o.Accept(x.Class, place, offered), true
		}
		out, err := env.DeclineOffer(ctx, who, booking.DeclineRequest{OfferID: id})
		return said(err, out.Already), o.Decline(x.Class, place, offered), true
	case "grant":
		g := &oracle.Grant{Left: 1 + x.N%3, From: o.Now}
		r := booking.GrantRequest{PersonID: who.ID, Quantity: g.Left, ValidFrom: o.Now}
		if x.Flag {
			g.Expires = o.Now.Add(time.Duration(5+7*x.N) * time.Hour)
			r.ExpiresAt = g.Expires
		}
		_, err := env.GrantCredits(ctx, env.Owner, r)
		return said(err, false), o.Grant(x.Person, g), true
	case "capacity":
		if c.Cancelled || !o.Now.Before(c.Start) {
			return "", "", false
		}
		now, err := env.Engine.Class(ctx, class)
		if err == nil {
			now.Rules.Capacity = x.N % 5
			_, err = env.EditClass(ctx, env.Owner, booking.EditRequest{
				ClassID: class, ConfirmBelow: true,
				Class: booking.ClassRequest{Title: now.Title, StartsAt: now.StartsAt, EndsAt: now.EndsAt, Rules: now.Rules},
			})
		}
		return said(err, false), o.Resize(x.Class, x.N%5), true
	case "cancel_class":
		if c.Cancelled || !o.Now.Before(c.Start) {
			return "", "", false
		}
		_, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class})
		return said(err, false), o.CancelClass(x.Class), true
	case "restore":
		_, err := env.RestoreClass(ctx, env.Owner, class)
		return said(err, false), o.Restore(x.Class), true
	case "suspend":
		_, err := env.Suspend(ctx, env.Owner, who.ID)
		return said(err, false), o.Suspend(x.Person), true
	case "reactivate":
		return said(env.Reactivate(ctx, env.Owner, who.ID), false), o.Reactivate(x.Person), true
	}
	panic("an unknown wish: " + x.Verb)
}

func (w *world) id(sql string, args ...any) int64 { return int64(w.env.Int(sql, args...)) }

// state is what the database says of the world, in words.
func (w *world) state() string {
	var ids []int64
	for _, p := range w.people {
		ids = append(ids, p.ID)
	}
	var text string
	err := w.env.Pool.QueryRow(ctx, `select
		coalesce((select string_agg(format('class %s: %s of %s seats, %s held, %s waiting', array_position($1, c.id) - 1, c.booked, c.capacity, c.held, c.waiting), E'\n' order by c.id) from class c where c.id = any($1)), '')
		|| E'\n' || coalesce((select string_agg(format('%s sits in %s', array_position($2, b.person_id) - 1, array_position($1, b.class_id) - 1), E'\n' order by b.class_id, b.person_id)
			from booking b where b.class_id = any($1) and b.state = 'booked'), '')
		|| E'\n' || coalesce((select string_agg(format('%s waits in %s%s', array_position($2, e.person_id) - 1, array_position($1, e.class_id) - 1,
				(select case when o.shared then ', asked' else ', offered' end || ' until ' || to_char(o.expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from offer o where o.entry_id = e.id and o.state = 'open')),
				E'\n' order by e.class_id, e.priority desc, e.seq)
			from waitlist_entry e where e.class_id = any($1) and e.state in ('waiting', 'offered')), '')
		|| E'\n' || (select string_agg(format('%s has %s', array_position($2, p.id) - 1, (select coalesce(sum(remaining), 0) from account a where a.person_id = p.id and (a.expires_at is null or a.expires_at >= clock_timestamp()))),
				E'\n' order by p.id) from person p where p.id = any($2))`, w.classes, ids).Scan(&text)
	if err != nil {
		return err.Error()
	}
	return text
}

// expected is the same of the oracle's world.
func (w *world) expected() string {
	var classes, seats, waiting, purses []string
	for i, c := range w.oracle.Classes {
		taken, held := 0, 0
		for p := range w.oracle.People {
			if c.Seat(p) != nil {
				taken++
				seats = append(seats, fmt.Sprintf("%d sits in %d", p, i))
			}
		}
		for _, x := range c.Line() {
			line := fmt.Sprintf("%d waits in %d", x.Person, i)
			if x.Offer != nil && x.Offer.Open {
				how := "offered"
				if x.Offer.Shared {
					how = "asked"
				} else {
					held++
				}
				line += fmt.Sprintf(", %s until %s", how, x.Offer.Expires.UTC().Format("2006-01-02 15:04"))
			}
			waiting = append(waiting, line)
		}
		classes = append(classes, fmt.Sprintf("class %d: %d of %d seats, %d held, %d waiting", i, taken, c.Capacity, held, len(c.Line())))
	}
	for p := range w.oracle.People {
		purses = append(purses, fmt.Sprintf("%d has %d", p, w.oracle.Balance(p)))
	}
	return strings.Join([]string{strings.Join(classes, "\n"), strings.Join(seats, "\n"), strings.Join(waiting, "\n"), strings.Join(purses, "\n")}, "\n")
}
