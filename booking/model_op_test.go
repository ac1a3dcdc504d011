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

// modelOp is one operation of a run. It refers to things by their number in the world,
// never by an id, so that a part of a run can be repeated in another world.
type modelOp struct {
	Verb             string
	Person, Class, N int
	Flag             bool
	Click            int // number of the request key; 0: none
}

// boundOp is a modelOp that is bound to real ids: the engine and the oracle can run it.
type boundOp struct {
	op     string
	actor  int64
	click  int
	body   string // the exact request
	engine func(context.Context, *booking.Engine) string
	oracle func(*oracle.Studio) string
	after  func(*oracle.Studio) // what the oracle does after every answer except refusals, also after repeats; nil: nothing
}

// expected is the answer of the oracle, which remembers operations with a key.
func (d boundOp) expected(o *oracle.Studio) string {
	answer := d.answer(o)
	if d.after != nil && (strings.HasPrefix(answer, oracle.OK) || strings.HasPrefix(answer, oracle.Already)) {
		d.after(o)
	}
	return answer
}

func (d boundOp) answer(o *oracle.Studio) string {
	if d.click == 0 {
		return d.oracle(o)
	}
	return o.Once(fmt.Sprint(d.actor, " ", d.click), d.body, func() string { return d.oracle(o) })
}

// often is the relative frequency of each verb.
var often = map[string]int{
	"book": 16, "cancel": 7, "cancel by staff": 5, "join": 12, "join by staff": 3, "leave": 3, "accept": 8, "decline": 3,
	"grant": 6, "correct": 2, "lower or raise": 4, "move": 4, "other rules": 4, "priority": 3, "offer to": 3, "book waiter": 3, "online": 3,
	"add": 5, "guest out": 2,
	"attend": 4, "all here": 1, "forgive": 3, "put back": 4,
	"settings": 2, "suspend": 1, "reactivate": 3, "cancel class": 1, "restore": 3, "new class": 8,
	"dismiss": 5, "tick": 10, "sweep": 2, "recur": 14, "end recurring": 3, "days": 3, "again": 6,
}

// a rare operation leaves a world where everything is gone and nothing happens any more.
const rare = "erase"

func randomOps(random *rand.Rand, n int) []modelOp {
	var verbs []string
	for verb, times := range often {
		verbs = append(verbs, slices.Repeat([]string{verb}, times)...)
	}
	slices.Sort(verbs) // a map has no order, and the seed must determine everything
	list := make([]modelOp, n)
	for i := range list {
		op := modelOp{
			Verb: verbs[random.IntN(len(verbs))], Person: random.IntN(worldPeople), Class: random.IntN(worldClasses),
			N: random.IntN(60), Flag: random.IntN(2) == 0,
		}
		if random.IntN(3) > 0 {
			op.Click = i + 1
		}
		if random.IntN(600) == 0 {
			op.Verb = rare
		}
		if op.Verb == "again" && i == 0 {
			op.Verb = "book"
		} else if op.Verb == "again" { // a repeat of an earlier operation, or its key with another request
			op = list[max(0, i-1-op.N)]
			switch random.IntN(8) {
			case 0:
				op.Class = random.IntN(worldClasses)
			case 1:
				op.Person = random.IntN(worldPeople)
			case 2:
				op.Verb = "book"
			}
		}
		list[i] = op
	}
	return list
}

// failed begins an answer that no rule gives.
const failed = "failed: "

// said is an answer as text: the refusal, or the outcome in the format ok.
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

func seatResult(out booking.BookOutcome, err error) string {
	return said(err, out.Already, ", %d paid, %d left, free until %s", out.Cost, out.Balance, oracle.Time(out.FreeUntil))
}

func cancelResult(out booking.CancelOutcome, err error) string {
	return said(err, out.Already, ", in time %t, late %t, %d back, %d left", out.Verdict.InTime, out.Verdict.Late, out.Refunded,
		out.Balance)
}

// key returns the request key of an operation as the engine expects it.
func (op modelOp) key() string {
	if op.Click == 0 {
		return ""
	}
	return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, op.Click)).String()
}

// keyed binds an operation that may have a request key.
func (op modelOp) keyed(actor booking.Actor, request any, engine func(context.Context, *booking.Engine) string,
	o func(*oracle.Studio) string,
) boundOp {
	body, err := json.Marshal(request)
	if err != nil {
		panic(err)
	}
	return boundOp{actor: actor.ID, click: op.Click, body: fmt.Sprintf("%T %s", request, body), engine: engine, oracle: o}
}

// bind resolves the numbers of the operation to ids; ok is false if the world has no such
// thing.
func (w *modelWorld) bind(op modelOp) (d boundOp, ok bool) {
	d, ok = w.find(op)
	d.op = fmt.Sprintf("%+v", op)
	return d, ok
}

func (w *modelWorld) find(op modelOp) (d boundOp, ok bool) {
	switch op.Verb {
	case "join", "join by staff":
		op = w.concerned(op, w.crowded)
	case "reactivate":
		op = w.concerned(op, func(_ *oracle.Class, person int) bool { return w.oracle.People[person].Suspended })
	}
	who, at, owner := w.people[op.Person], w.now(op.Class), w.env.Owner
	class := w.classes[at]
	switch op.Verb {
	case "tick":
		minutes := pick(rand.New(rand.NewPCG(uint64(op.N), 0)), 1, 5, 5, 15, 15, 29, 30, 31, 45, 60, 90, 240)
		return w.tick(time.Duration(minutes) * time.Minute), true
	case "sweep":
		return w.sweep(), true
	case "days":
		return w.days(op)
	case "recur":
		return w.recur(op)
	case "end recurring":
		return w.endRecurring(op)
	case "book":
		r := booking.BookRequest{Key: op.key(), ClassID: class}
		return op.keyed(who, r, func(ctx context.Context, e *booking.Engine) string { return seatResult(e.Book(ctx, who, r)) },
			func(o *oracle.Studio) string { return o.Book(op.Person, at) }), true
	case "cancel", "cancel by staff", "attend", "forgive", "put back", "guest out":
		return w.bindSeat(op)
	case "leave", "accept", "decline", "priority", "offer to", "book waiter":
		return w.bindEntry(op)
	case "join", "join by staff":
		how := oracle.Joining{
			Staff: op.Verb != "join", Auto: op.Flag,
			NotLater: []time.Duration{0, 0, 0, 2 * time.Hour, 12 * time.Hour}[op.N%5],
		}
		r, actor := booking.JoinRequest{Key: op.key(), ClassID: class, Auto: &how.Auto, NotLater: how.NotLater}, who
		if how.Staff {
			r.MemberID, actor = who.ID, owner
		}
		return op.keyed(actor, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.JoinWaitlist(ctx, actor, r)
			if out.Already {
				return oracle.Already
			}
			return said(err, false, ", number %d", out.Position)
		}, func(o *oracle.Studio) string { return o.Join(op.Person, at, how) }), true
	case "add":
		return w.add(op), true
	case "all here":
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.CheckInAll(ctx, owner, booking.CheckInAllRequest{ClassID: class})
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.AttendAll(at) }}, true
	case "grant":
		// No two grants are equally old: the order in which they pay must be certain.
		now := w.oracle.Now.Add(-time.Duration(1+op.Click+len(w.oracle.People[op.Person].Grants)) * time.Microsecond)
		g := oracle.Grant{
			Left: 1 + op.N%3, From: now.Add([]time.Duration{0, 0, 0, 20 * time.Hour}[op.N%4]),
			Types: [][]int{nil, nil, nil, {1}, {2}, {1, 2}}[op.N%6],
		}
		if op.Flag {
			g.Expires = g.From.Add(time.Duration(5+3*op.N) * time.Hour)
		}
		d := w.grant(op.Person, g)
		d.click = 0
		return d, true
	case "correct":
		amount := []int{-2, -1, 1, 2}[op.N%4]
		var id int64
		var from time.Time
		err := w.env.Pool.QueryRow(ctx,
			`select id, valid_from from account where kind = 'grant' and person_id = $1
			order by valid_from, id offset $2 % (select count(*) from account where kind = 'grant' and person_id = $1)
			limit 1`, who.ID, op.N).Scan(&id, &from)
		if err != nil {
			panic(err)
		}
		r := booking.CorrectRequest{Key: op.key(), PersonID: who.ID, GrantID: id, Amount: amount, Reason: "asked for"}
		d := op.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.CorrectCredits(ctx, owner, r)
			return said(err, false, ", %d left", out.Balance)
		}, func(o *oracle.Studio) string {
			return o.Correct(op.Person,
				slices.IndexFunc(o.People[op.Person].Grants, func(g *oracle.Grant) bool { return g.From.Equal(from) }), amount)
		})
		if amount > 0 {
			d.after = func(o *oracle.Studio) { o.Arrived(op.Person) }
		}
		return d, true
	case "lower or raise", "move", "other rules", "online":
		return w.edit(op, at)
	case "new class":
		return w.fresh(op)
	case "cancel class":
		scope := w.scope(op)
		r := booking.CancelClassRequest{Key: op.key(), ClassID: class, Scope: booking.Scope(scope)}
		return op.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.CancelClass(ctx, owner, r)
			if out.Already {
				return oracle.Already
			}
			return said(err, false, ", %d seats, %d waiting, %d credits", out.Bookings+out.Guests, out.Waiting, out.Credits)
		}, func(o *oracle.Studio) string { return o.CancelClass(at, scope) }), true
	case "restore":
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.RestoreClass(ctx, owner, class)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Restore(at) }}, true
	case "dismiss":
		return w.dismiss(op)
	case "settings":
		return w.settings(someSettings(rand.New(rand.NewPCG(uint64(op.N), uint64(op.Person))))), true
	case "suspend", "erase":
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			remove := e.Suspend
			if op.Verb == "erase" {
				remove = e.Erase
			}
			out, err := remove(ctx, owner, who.ID)
			return said(err, false, ", %d freed", out.Freed)
		}, oracle: func(o *oracle.Studio) string {
			if op.Verb == "erase" {
				return o.Erase(op.Person)
			}
			return o.Suspend(op.Person)
		}}, true
	case "reactivate":
		return boundOp{
			engine: func(ctx context.Context, e *booking.Engine) string {
				return said(e.Reactivate(ctx, owner, who.ID), false, "")
			},
			oracle: func(o *oracle.Studio) string { return o.Reactivate(op.Person) },
		}, true
	}
	panic("an unknown operation: " + op.Verb)
}

// fresh creates a class at a place whose class is over or, if most are over, a series for
// all places.
func (w *modelWorld) fresh(op modelOp) (d boundOp, ok bool) {
	random := rand.New(rand.NewPCG(uint64(op.N), uint64(op.Person)))
	gone := 0
	for place := range worldClasses {
		if w.past(op.Class + place) {
			gone++
		}
	}
	if w.series {
		return w.plan(random), gone > worldClasses/2
	}
	for place := range worldClasses {
		if w.past(op.Class + place) {
			return w.class((op.Class+place)%worldClasses, someClass(random, w.oracle.Now)), true
		}
	}
	return d, false
}

// concerned directs most operations to a person and class for which the verb can do
// something: a random person in a random class seldom has an offer.
func (w *modelWorld) concerned(op modelOp, by ...func(c *oracle.Class, person int) bool) modelOp {
	if op.N%4 == 0 {
		return op
	}
	if before, ok := w.turned.Load(op); ok { // a repeat has the same subject
		return before.(modelOp)
	}
	to := w.turn(op, by)
	w.turned.Store(op, to)
	return to
}

func (w *modelWorld) turn(op modelOp, by []func(*oracle.Class, int) bool) modelOp {
	for _, has := range by {
		for i := range worldClasses * worldPeople {
			class, person := (op.Class+i/worldPeople)%worldClasses, (op.Person+i)%worldPeople
			if has(w.oracle.Classes[w.now(class)], person) {
				op.Class, op.Person = class, person
				return op
			}
		}
	}
	return op
}

func seated(c *oracle.Class, person int) bool { return c.Seat(person) != nil }

// wanted finds a booked seat in a class with waiters.
func wanted(c *oracle.Class, person int) bool {
	return seated(c, person) && len(c.Waitlist()) > 0 && c.Waitlist()[0].Offered() == nil
}

func late(c *oracle.Class, person int) bool {
	return slices.ContainsFunc(c.SeatsOf(person), func(b *oracle.Booking) bool { return b.State == oracle.LateCancelled })
}

// removed finds a removal by staff that can still be undone.
func (w *modelWorld) removed(c *oracle.Class, person int) bool {
	return !seated(c, person) && slices.ContainsFunc(c.SeatsOf(person), func(b *oracle.Booking) bool {
		return b.Cause == "staff" && !w.oracle.Now.After(b.Ended.Add(booking.RestoreFor))
	})
}

// crowded finds a class without free seats, and a person with no seat and no entry in it.
func (w *modelWorld) crowded(c *oracle.Class, person int) bool {
	taken := 0
	for p := range w.oracle.People {
		if seated(c, p) {
			taken++
		}
	}
	return taken >= c.Capacity && !c.Cancelled && w.oracle.Now.Before(c.Start) && !seated(c, person) && !waiting(c, person)
}

func waiting(c *oracle.Class, person int) bool { return c.EntryOf(person) != nil }

// stranded finds a waiter in a class that offers nothing.
func stranded(c *oracle.Class, person int) bool { return waiting(c, person) && !c.Online }

func offered(c *oracle.Class, person int) bool {
	return waiting(c, person) && c.EntryOf(person).Offered() != nil
}

// bindSeat binds an operation about the latest booking of the person in the class.
func (w *modelWorld) bindSeat(op modelOp) (d boundOp, ok bool) {
	switch op.Verb {
	case "forgive":
		op = w.concerned(op, late)
	case "put back":
		op = w.concerned(op, w.removed)
	case "cancel", "cancel by staff":
		op = w.concerned(op, wanted, seated)
	default:
		op = w.concerned(op, seated)
	}
	at, owner := w.now(op.Class), w.env.Owner
	person, actor := op.Person, w.people[op.Person]
	if op.Verb == "guest out" {
		guests := len(w.people) - worldPeople
		if guests == 0 {
			return d, false
		}
		person = worldPeople + op.N%guests
	}
	var id int64
	var which int
	err := w.env.Pool.QueryRow(ctx,
		`select id, count(*) over () - 1 from booking where class_id = $1 and person_id = $2 order by from_v desc, id desc limit 1`,
		w.classes[at], w.people[person].ID).Scan(&id, &which)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	switch op.Verb {
	case "attend":
		state := []oracle.State{oracle.CheckedIn, oracle.CheckedIn, oracle.Booked, oracle.NoShow}[op.N%4]
		r := booking.CheckInRequest{BookingID: id, Present: state == oracle.CheckedIn, NoShow: state == oracle.NoShow}
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.CheckIn(ctx, owner, r)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Attend(at, person, which, state) }}, true
	case "forgive":
		d := op.keyed(owner, id, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.Forgive(ctx, owner, op.key(), id)
			return said(err, out.Already, ", %d back", out.Refunded)
		}, func(o *oracle.Studio) string { return o.Forgive(at, person, which) })
		d.after = func(o *oracle.Studio) { o.Arrived(person) }
		return d, true
	case "put back":
		r := booking.RestoreRequest{Key: op.key(), BookingID: id}
		return op.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.RestoreBooking(ctx, owner, r)
			return said(err, out.Already, ", %d left", out.Balance)
		}, func(o *oracle.Studio) string { return o.PutBack(at, person, which) }), true
	}
	how := oracle.Cancellation{Staff: op.Verb != "cancel", Reason: []int{1, 1, 1, 2, 3, 4}[op.N%6], Text: op.N%4 == 0}
	r := booking.CancelRequest{Key: op.key(), BookingID: id, ReasonID: int64(how.Reason)}
	if how.Staff {
		actor, how.Anyway, r.RefundAnyway = owner, op.Flag, op.Flag
		how.Path, how.Known = []string{"", "participants", "profile"}[op.N%3], op.N%5 > 0
		r.Path, r.ConfirmCheckedIn = booking.CancelPath(how.Path), how.Known
	}
	if how.Text {
		r.Text = "it rains"
	}
	cancel := func(ctx context.Context, e *booking.Engine) string { return cancelResult(e.Cancel(ctx, actor, r)) }
	if c := w.oracle.Classes[at]; op.Verb == "guest out" && op.N%4 == 1 && w.oracle.Now.Before(c.End.Add(24*time.Hour)) {
		op.Click = 0 // a repeat could come after the end of the link
		actor, how = w.people[person], oracle.Cancellation{Link: true, Reason: how.Reason, Text: how.Text}
		r.Key = ""
		cancel = func(ctx context.Context, e *booking.Engine) string {
			return cancelResult(e.CancelAsGuest(ctx, e.GuestToken(id), r))
		}
	}
	return op.keyed(actor, r, cancel, func(o *oracle.Studio) string { return o.Cancel(at, person, which, how) }), true
}

// bindEntry binds an operation about the latest waitlist entry of the person in the class,
// and its latest offer.
func (w *modelWorld) bindEntry(op modelOp) (d boundOp, ok bool) {
	switch op.Verb {
	case "accept", "decline":
		op = w.concerned(op, offered)
	case "book waiter":
		op = w.concerned(op, stranded, waiting)
	case "priority", "offer to":
		op = w.concerned(op, waiting)
	}
	who, at, owner := w.people[op.Person], w.now(op.Class), w.env.Owner
	var id int64
	var which int
	err := w.env.Pool.QueryRow(ctx,
		`select id, count(*) over () - 1 from waitlist_entry where class_id = $1 and person_id = $2 order by seq desc limit 1`,
		w.classes[at], who.ID).Scan(&id, &which)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	switch op.Verb {
	case "leave":
		r := booking.LeaveRequest{Key: op.key(), EntryID: id}
		return op.keyed(who, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.LeaveWaitlist(ctx, who, r)
			return said(err, out.Already, "")
		}, func(o *oracle.Studio) string { return o.Leave(at, op.Person, which) }), true
	case "priority":
		r := booking.PriorityRequest{EntryID: id, Priority: []int{0, 0, 1, 2, -3}[op.N%5]}
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.SetPriority(ctx, owner, r)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.Prioritise(at, op.Person, which, r.Priority) }}, true
	case "book waiter":
		r := booking.BookWaiterRequest{Key: op.key(), EntryID: id}
		return op.keyed(owner, r, func(ctx context.Context, e *booking.Engine) string {
			out, err := e.BookWaiter(ctx, owner, r)
			return said(err, out.Already, ", %d left", out.Balance)
		}, func(o *oracle.Studio) string { return o.BookWaiter(at, op.Person, which) }), true
	case "offer to":
		return boundOp{engine: func(ctx context.Context, e *booking.Engine) string {
			_, err := e.OfferSeat(ctx, owner, id)
			return said(err, false, "")
		}, oracle: func(o *oracle.Studio) string { return o.OfferTo(at, op.Person, which) }}, true
	}
	var offer int64
	var nth int
	err = w.env.Pool.QueryRow(ctx, `select id, count(*) over () - 1 from offer where entry_id = $1 order by from_v desc, id desc limit 1`,
		id).Scan(&offer, &nth)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false
	}
	if err != nil {
		panic(err)
	}
	if op.Verb == "accept" {
		r := booking.AcceptRequest{Key: op.key(), OfferID: offer}
		return op.keyed(who, r, func(ctx context.Context, e *booking.Engine) string { return seatResult(e.AcceptOffer(ctx, who, r)) },
			func(o *oracle.Studio) string { return o.Accept(at, op.Person, which, nth) }), true
	}
	r := booking.DeclineRequest{Key: op.key(), OfferID: offer}
	return op.keyed(who, r, func(ctx context.Context, e *booking.Engine) string {
		out, err := e.DeclineOffer(ctx, who, r)
		return said(err, out.Already, "")
	}, func(o *oracle.Studio) string { return o.Decline(at, op.Person, which, nth) }), true
}
