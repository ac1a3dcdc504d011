package booking_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest/oracle"
)

// wish is one operation of a run. It names things by their number in the world,
// never by an id, so that a part of a run can be run again in a world of its own.
type wish struct {
	Verb             string
	Person, Class, N int
	Flag             bool
	Click            int // the key of the click; 0: it has none
}

// deed is a wish that is ready to be asked of both.
type deed struct {
	wish   string
	actor  int64
	click  int
	body   string // what is asked for, exactly
	engine func(context.Context, *booking.Engine) string
	oracle func(*oracle.Studio) string
	after  func(*oracle.Studio) // what every answer that is no refusal is followed by, also one that was given before; nil: nothing
}

// expected is what the oracle answers; a click with a key is remembered.
func (d deed) expected(o *oracle.Studio) string {
	answer := d.answer(o)
	if d.after != nil && (strings.HasPrefix(answer, oracle.OK) || strings.HasPrefix(answer, oracle.Already)) {
		d.after(o)
	}
	return answer
}

func (d deed) answer(o *oracle.Studio) string {
	if d.click == 0 {
		return d.oracle(o)
	}
	return o.Once(fmt.Sprint(d.actor, " ", d.click), d.body, func() string { return d.oracle(o) })
}

// often is how often each verb is wished for.
var often = map[string]int{
	"book": 16, "cancel": 7, "cancel by staff": 5, "join": 12, "join by staff": 3, "leave": 3, "accept": 8, "decline": 3,
	"grant": 6, "correct": 2, "lower or raise": 4, "move": 4, "other rules": 4, "priority": 3, "offer to": 3, "book waiter": 3, "online": 3,
	"add": 5, "guest out": 2,
	"attend": 4, "all here": 1, "forgive": 3, "settings": 2, "suspend": 1, "reactivate": 3, "cancel class": 1, "restore": 3, "new class": 8,
	"dismiss": 5, "tick": 10, "sweep": 2, "recur": 14, "end recurring": 3, "days": 3, "again": 6,
}

// rare wishes leave a world where everything is gone and nothing happens any more.
const rare = "erase"

func wishesOf(random *rand.Rand, n int) []wish {
	var verbs []string
	for verb, times := range often {
		verbs = append(verbs, slices.Repeat([]string{verb}, times)...)
	}
	slices.Sort(verbs) // a map has no order, and a seed must say it all
	list := make([]wish, n)
	for i := range list {
		x := wish{Verb: verbs[random.IntN(len(verbs))], Person: random.IntN(worldPeople), Class: random.IntN(worldClasses), N: random.IntN(60), Flag: random.IntN(2) == 0}
		if random.IntN(3) > 0 {
			x.Click = i + 1
		}
		if random.IntN(600) == 0 {
			x.Verb = rare
		}
		if x.Verb == "again" && i == 0 {
			x.Verb = "book"
		} else if x.Verb == "again" { // a click of before: as it was, or the same key for something else
			x = list[max(0, i-1-x.N)]
			switch random.IntN(8) {
			case 0:
				x.Class = random.IntN(worldClasses)
			case 1:
				x.Person = random.IntN(worldPeople)
			case 2:
				x.Verb = "book"
			}
		}
		list[i] = x
	}
	return list
}

// failed begins the answer that is none of the rules.
const failed = "failed: "

// said is an answer in words: a refusal, or what ok says.
func said(err error, already bool, format string, args ...any) string {
	var refusal *booking.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == booking.NoCredits:
		return fmt.Sprintf("no_credits: %v needed, %v there", refusal.Args["needed"], refusal.Args["have"])
	case errors.As(err, &refusal) && refusal.Code == booking.CapacityBelow:
		return fmt.Sprintf("capacity_below: %v taken, %v seats", refusal.Args["taken"], refusal.Args["capacity"])
	case errors.As(err, &refusal):
		return string(refusal.Code)
	case err != nil:
		return failed + err.Error()
	case already:
		return oracle.Already + fmt.Sprintf(format, args...)
	}
	return oracle.OK + fmt.Sprintf(format, args...)
}

func saidOfSeat(out booking.BookOutcome, err error) string {
	return said(err, out.Already, ", %d paid, %d left, free until %s", out.Cost, out.Balance, oracle.Time(out.FreeUntil))
}

func saidOfCancel(out booking.CancelOutcome, err error) string {
	return said(err, out.Already, ", in time %t, late %t, %d back, %d left", out.Verdict.InTime, out.Verdict.Late, out.Refunded, out.Balance)
}

// key of a click, in the form that the engine wants.
func (x wish) key() string {
	if x.Click == 0 {
		return ""
	}
	return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, x.Click)).String()
}

// keyed is a deed that may be a click with a key.
func (x wish) keyed(actor booking.Actor, request any, engine func(context.Context, *booking.Engine) string, o func(*oracle.Studio) string) deed {
	body, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	return deed{actor: actor.ID, click: x.Click, body: fmt.Sprintf("%T %s", request, body), engine: engine, oracle: o}
}

// deed finds what the wish is about; ok is false where there is no such thing.
func (w *world) deed(x wish) (d deed, ok bool) {
	d, ok = w.find(x)
	d.wish = fmt.Sprintf("%+v", x)
	return d, ok
}

func (w *world) find(x wish) (d deed, ok bool) {
	switch x.Verb {
	case "join", "join by staff":
		x = w.concerned(x, w.crowded)
	case "reactivate":
		x = w.concerned(x, func(_ *oracle.Class, person int) bool { return w.oracle.People[person].Suspended })
	}
	who, at, owner := w.people[x.Person], w.now(x.Class), w.env.Owner
	class := w.classes[at]
	switch x.Verb {
	case "tick":
		minutes := pick(rand.New(rand.NewPCG(uint64(x.N), 0)), 1, 5, 5, 15, 15, 29, 30, 31, 45, 60, 90, 240)
		return w.tick(time.Duration(minutes) * time.Minute), true
	case "sweep":
		return w.sweep(), true
	case "days":
		return w.days(x)
	case "recur":
		return w.recur(x)
	case "end recurring":
		return w.endRecurring(x)
	case "book":
		r := booking.BookRequest{Key: x.key(), ClassID: class}
		return x.keyed(who, r, func(ctx context.Context, e *booking.Engine) string { return saidOfSeat(e.Book(ctx, who, r)) },
			func(o *oracle.Studio) string { return o.Book(x.Person, at) }), true
	case "cancel", "cancel by staff", "attend", "forgive", "guest out":
		return w.deedWithSeat(x)
	case "leave", "accept", "decline", "priority", "offer to", "book waiter":
		return w.deedWithPlace(x)
	case "join", "join by staff":
		how := oracle.Joining{Staff: x.Verb != "join", Auto: x.Flag, NotLater: []time.Duration{0, 0, 0, 2 * time.Hour, 12 * time.Hour}[x.N%5]}
		r, actor := booking.JoinRequest{Key: x.key(), ClassID: class, Auto: &how.Auto, NotLater: how.NotLater}, who
		if how.Staff {
			r.MemberID, actor = who.ID, owner
		}
		return x.keyed(actor, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.JoinWaitlist(ctx, actor, r)
			if out.Already {
				return oracle.Already
			}
			return said(err, false, ", number %d", out.Place)
		}, func(o *oracle.Studio) string { return o.Join(x.Person, at, how) }), true
	case "add":
		return w.add(x), true
	case "all here":
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.CheckInAll(ctx, owner, booking.CheckInAllRequest{ClassID: class})
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.AttendAll(at) }}, true
	case "grant":
		// No two are equally old: which of them pays first must be certain.
		now := w.oracle.Now.Add(-time.Duration(1+x.Click+len(w.oracle.People[x.Person].Grants)) * time.Microsecond)
		g := oracle.Grant{Left: 1 + x.N%3, From: now.Add([]time.Duration{0, 0, 0, 20 * time.Hour}[x.N%4]), Types: [][]int{nil, nil, nil, {1}, {2}, {1, 2}}[x.N%6]}
		if x.Flag {
			g.Expires = g.From.Add(time.Duration(5+3*x.N) * time.Hour)
		}
		d := w.grant(x.Person, g)
		d.click = 0
		return d, true
	case "correct":
		amount := []int{-2, -1, 1, 2}[x.N%4]
		var id int64
		var from time.Time
		err := w.env.Pool.QueryRow(ctx, `select id, valid_from from account where kind = 'grant' and person_id = $1 order by valid_from, id offset $2 % (select count(*) from account where kind = 'grant' and person_id = $1) limit 1`, who.ID, x.N).Scan(&id, &from)
		if err != nil {
			panic(err)
		}
		r := booking.CorrectRequest{Key: x.key(), PersonID: who.ID, GrantID: id, Amount: amount, Reason: "asked for"}
		d := x.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.CorrectCredits(ctx, owner, r)
			return said(err, false, ", %d left", out.Balance)
		}, func(o *oracle.Studio) string {
			return o.Correct(x.Person, slices.IndexFunc(o.People[x.Person].Grants, func(g *oracle.Grant) bool { return g.From.Equal(from) }), amount)
		})
		if amount > 0 {
			d.after = func(o *oracle.Studio) { o.Arrived(x.Person) }
		}
		return d, true
	case "lower or raise", "move", "other rules", "online":
		return w.edit(x, at)
	case "new class":
		return w.fresh(x)
	case "cancel class":
		scope := w.scope(x)
		r := booking.CancelClassRequest{Key: x.key(), ClassID: class, Scope: booking.Scope(scope)}
		return x.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.CancelClass(ctx, owner, r)
			if out.Already {
				return oracle.Already
			}
			return said(err, false, ", %d seats, %d waiting, %d credits", out.Bookings+out.Guests, out.Waiting, out.Credits)
		}, func(o *oracle.Studio) string { return o.CancelClass(at, scope) }), true
	case "restore":
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.RestoreClass(ctx, owner, class)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Restore(at) }}, true
	case "dismiss":
		return w.dismiss(x)
	case "settings":
		return w.settings(someSettings(rand.New(rand.NewPCG(uint64(x.N), uint64(x.Person))))), true
	case "suspend", "erase":
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			remove := e.Suspend
			if x.Verb == "erase" {
				remove = e.Erase
			}
			out, err := remove(ctx, owner, who.ID)
			return said(err, false, ", %d freed", out.Freed)
		}, oracle: func(o *oracle.Studio) string {
			if x.Verb == "erase" {
				return o.Erase(x.Person)
			}
			return o.Suspend(x.Person)
		}}, true
	case "reactivate":
		return deed{
			engine: func(ctx context.Context, e *booking.Engine) string {
				return said(e.Reactivate(ctx, owner, who.ID), false, "")
			},
			oracle: func(o *oracle.Studio) string { return o.Reactivate(x.Person) },
		}, true
	}
	panic("an unknown wish: " + x.Verb)
}

// fresh is a class for a place of the schedule where there is none any more, or,
// where most are gone, a series for all of them.
func (w *world) fresh(x wish) (d deed, ok bool) {
	random := rand.New(rand.NewPCG(uint64(x.N), uint64(x.Person)))
	gone := 0
	for place := range worldClasses {
		if w.past(x.Class + place) {
			gone++
		}
	}
	if w.series {
		return w.plan(random), gone > worldClasses/2
	}
	for place := range worldClasses {
		if w.past(x.Class + place) {
			return w.class((x.Class+place)%worldClasses, someClass(random, w.oracle.Now)), true
		}
	}
	return d, false
}

// concerned turns most wishes to somebody for whom there is something to do, by the
// first sign that anybody shows: in a random class a random person seldom has an offer.
func (w *world) concerned(x wish, by ...func(c *oracle.Class, person int) bool) wish {
	if x.N%4 == 0 {
		return x
	}
	if before, ok := w.turned.Load(x); ok { // the same click again is about the same
		return before.(wish)
	}
	to := w.turn(x, by)
	w.turned.Store(x, to)
	return to
}

func (w *world) turn(x wish, by []func(*oracle.Class, int) bool) wish {
	for _, has := range by {
		for i := range worldClasses * worldPeople {
			class, person := (x.Class+i/worldPeople)%worldClasses, (x.Person+i)%worldPeople
			if has(w.oracle.Classes[w.now(class)], person) {
				x.Class, x.Person = class, person
				return x
			}
		}
	}
	return x
}

func seated(c *oracle.Class, person int) bool { return c.Seat(person) != nil }

// wanted is a seat that somebody waits for.
func wanted(c *oracle.Class, person int) bool {
	return seated(c, person) && len(c.Line()) > 0 && c.Line()[0].Offered() == nil
}

func late(c *oracle.Class, person int) bool {
	return slices.ContainsFunc(c.SeatsOf(person), func(b *oracle.Booking) bool { return b.State == oracle.LateCancelled })
}

// crowded is a class in which a person has nothing yet, and nobody finds a seat.
func (w *world) crowded(c *oracle.Class, person int) bool {
	taken := 0
	for p := range w.oracle.People {
		if seated(c, p) {
			taken++
		}
	}
	return taken >= c.Capacity && !c.Cancelled && w.oracle.Now.Before(c.Start) && !seated(c, person) && !waiting(c, person)
}

func waiting(c *oracle.Class, person int) bool { return c.Place(person) != nil }

// stranded waits where nobody is asked.
func stranded(c *oracle.Class, person int) bool { return waiting(c, person) && !c.Online }

func offered(c *oracle.Class, person int) bool {
	return waiting(c, person) && c.Place(person).Offered() != nil
}

// deedWithSeat is about the last seat that the person has or had in the class.
func (w *world) deedWithSeat(x wish) (d deed, ok bool) {
	switch x.Verb {
	case "forgive":
		x = w.concerned(x, late)
	case "cancel", "cancel by staff":
		x = w.concerned(x, wanted, seated)
	default:
		x = w.concerned(x, seated)
	}
	at, owner := w.now(x.Class), w.env.Owner
	person, actor := x.Person, w.people[x.Person]
	if x.Verb == "guest out" {
		guests := len(w.people) - worldPeople
		if guests == 0 {
			return d, false
		}
		person = worldPeople + x.N%guests
	}
	var id int64
	var which int
	err := w.env.Pool.QueryRow(ctx, `select id, count(*) over () - 1 from booking where class_id = $1 and person_id = $2 order by from_v desc, id desc limit 1`,
		w.classes[at], w.people[person].ID).Scan(&id, &which)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	switch x.Verb {
	case "attend":
		state := []oracle.State{oracle.CheckedIn, oracle.CheckedIn, oracle.Booked, oracle.NoShow}[x.N%4]
		r := booking.CheckInRequest{BookingID: id, Present: state == oracle.CheckedIn, NoShow: state == oracle.NoShow}
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.CheckIn(ctx, owner, r)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Attend(at, person, which, state) }}, true
	case "forgive":
		d := x.keyed(owner, id, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.Forgive(ctx, owner, x.key(), id)
			return said(err, out.Already, ", %d back", out.Refunded)
		}, func(o *oracle.Studio) string { return o.Forgive(at, person, which) })
		d.after = func(o *oracle.Studio) { o.Arrived(person) }
		return d, true
	}
	how := oracle.Cancellation{Staff: x.Verb != "cancel", Reason: []int{1, 1, 1, 2, 3, 4}[x.N%6], Text: x.N%4 == 0}
	r := booking.CancelRequest{Key: x.key(), BookingID: id, ReasonID: int64(how.Reason)}
	if how.Staff {
		actor, how.Anyway, r.RefundAnyway = owner, x.Flag, x.Flag
	}
	if how.Text {
		r.Text = "it rains"
	}
	return x.keyed(actor, r, func(ctx context.Context, e *booking.Engine) string { return saidOfCancel(e.Cancel(ctx, actor, r)) },
		func(o *oracle.Studio) string { return o.Cancel(at, person, which, how) }), true
}

// deedWithPlace is about the last place that the person has or had on the
// waitlist of the class, and the last offer that was made to it.
func (w *world) deedWithPlace(x wish) (d deed, ok bool) {
	switch x.Verb {
	case "accept", "decline":
		x = w.concerned(x, offered)
	case "book waiter":
		x = w.concerned(x, stranded, waiting)
	case "priority", "offer to":
		x = w.concerned(x, waiting)
	}
	who, at, owner := w.people[x.Person], w.now(x.Class), w.env.Owner
	var id int64
	var which int
	err := w.env.Pool.QueryRow(ctx, `select id, count(*) over () - 1 from waitlist_entry where class_id = $1 and person_id = $2 order by seq desc limit 1`,
		w.classes[at], who.ID).Scan(&id, &which)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	switch x.Verb {
	case "leave":
		r := booking.LeaveRequest{Key: x.key(), EntryID: id}
		return x.keyed(who, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.LeaveWaitlist(ctx, who, r)
			return said(err, out.Already, "")
		}, func(o *oracle.Studio) string { return o.Leave(at, x.Person, which) }), true
	case "priority":
		r := booking.PriorityRequest{EntryID: id, Priority: []int{0, 0, 1, 2, -3}[x.N%5]}
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.SetPriority(ctx, owner, r)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Prioritise(at, x.Person, which, r.Priority) }}, true
	case "book waiter":
		r := booking.BookWaiterRequest{Key: x.key(), EntryID: id}
		return x.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.BookWaiter(ctx, owner, r)
			return said(err, out.Already, ", %d left", out.Balance)
		}, func(o *oracle.Studio) string { return o.BookWaiter(at, x.Person, which) }), true
	case "offer to":
		return deed{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.OfferSeat(ctx, owner, id)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.OfferTo(at, x.Person, which) }}, true
	}
	var offer int64
	var nth int
	err = w.env.Pool.QueryRow(ctx, `select id, count(*) over () - 1 from offer where entry_id = $1 order by from_v desc, id desc limit 1`, id).Scan(&offer, &nth)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	if x.Verb == "accept" {
		r := booking.AcceptRequest{Key: x.key(), OfferID: offer}
		return x.keyed(who, r, func(ctx context.Context, e *booking.Engine) string { return saidOfSeat(e.AcceptOffer(ctx, who, r)) },
			func(o *oracle.Studio) string { return o.Accept(at, x.Person, which, nth) }), true
	}
	r := booking.DeclineRequest{Key: x.key(), OfferID: offer}
	return x.keyed(who, r, func(ctx context.Context, e *booking.Engine) string {
		out, err := e.DeclineOffer(ctx, who, r)
		return said(err, out.Already, "")
	}, func(o *oracle.Studio) string { return o.Decline(at, x.Person, which, nth) }), true
}
