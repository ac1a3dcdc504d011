package booking_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/bookingtest/oracle"
)

// modelWorld has a few classes and people, in the database and in the oracle.
type modelWorld struct {
	env     *bookingtest.Env
	oracle  *oracle.Studio
	people  []booking.Actor // members first, then guests in the order of their arrival
	classes []int64
	places  [worldClasses]int // the numbers of the classes that operations are about
	series  bool              // the classes are those of one series
	turned  sync.Map          // from operations to the operations that concerned made of them
}

const (
	worldPeople  = 8
	worldClasses = 4 // classes that operations are about at a time
	worldTypes   = 2
)

// newStage gives the database a clock that only the test moves: a function clock_timestamp
// in a schema that is searched first. Any number of worlds can run on it, one after the
// other.
func newStage(env *bookingtest.Env) {
	env.Exec(`create schema stopped`)
	env.Exec(`create table stopped.clock as select pg_catalog.clock_timestamp() as at`)
	env.Exec(`create function stopped.clock_timestamp() returns timestamptz language sql as 'select at from stopped.clock'`)
	env.Exec(`do $$ begin execute format('alter database %I set search_path = stopped, public, pg_catalog', current_database()); end $$`)
	env.Exec(saidSQL)
	env.HoldRechecks()
	env.Exec(`insert into class_type (id, name) values (1, 'Yoga'), (2, 'Pilates')`)
	env.Pool.Reset()
}

// berlin is the zone of the studio that bookingtest makes.
var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// beginning returns the first instant of a world: near a clock change, near the turn of a
// year, or at any other time. It is far in the future, since some checks of forms use the
// real clock.
func beginning(random *rand.Rand) time.Time {
	day := []time.Time{
		time.Date(2044, 3, 26, 0, 0, 0, 0, time.UTC),
		time.Date(2044, 10, 29, 0, 0, 0, 0, time.UTC),
		time.Date(2044, 12, 30, 0, 0, 0, 0, time.UTC),
		time.Date(2045, 6, 1+random.IntN(28), 0, 0, 0, 0, time.UTC),
	}[random.IntN(4)]
	return day.Add(time.Duration(random.IntN(24*60)) * time.Minute)
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func someClass(random *rand.Rand, now time.Time) *oracle.Class {
	start := now.Add(time.Duration(1+random.IntN(240)) * 15 * time.Minute)
	return &oracle.Class{
		Start: start, End: start.Add(time.Duration(1+random.IntN(2)) * time.Hour), Type: random.IntN(worldTypes + 1),
		Rules: oracle.Rules{
			Online: random.IntN(12) > 0, Capacity: pick(random, 0, 1, 1, 1, 2, 3), Cost: random.IntN(3),
			WaitlistSize: pick(random, -1, -1, -1, 0, 2), FreeCancel: pick(random, 0, time.Hour, 12*time.Hour, 24*time.Hour),
			WaitlistCloses: pick(random, 0, 15*time.Minute, 2*time.Hour),
			Opens:          pick(random, 0, 0, 0, 24*time.Hour), Closes: pick(random, 0, 0, 30*time.Minute),
			Mode: pick(random, oracle.Offer, oracle.Auto, oracle.NotifyAll),
		},
	}
}

// rests are night rests by the minute of the day: of a night, within a day, and over the hours in
// which clocks change.
var rests = [][2]int{{22 * 60, 7 * 60}, {22 * 60, 7 * 60}, {9 * 60, 17*60 + 30}, {23 * 60, 2*60 + 30}, {2*60 + 30, 21 * 60}}

func someSettings(random *rand.Rand) oracle.Settings {
	const day = 24 * time.Hour
	rest := pick(random, rests...)
	return oracle.Settings{
		Rest: random.IntN(2) == 0, RestFrom: rest[0], RestUntil: rest[1],
		Recurring: random.IntN(8) > 0, Horizon: pick(random, 5*day, 14*day, 28*day),
		OfferFor:    pick(random, 30*time.Minute, 30*time.Minute, 10*time.Minute),
		ReserveFor:  pick(random, 30*time.Minute, 30*time.Minute, 0),
		GiveBackFor: pick(random, 30*time.Minute, 30*time.Minute, 90*time.Minute, 0),
		UndoFor:     pick(random, 0, 5*time.Minute, time.Hour),
		MaxOpen:     pick(random, 0, 0, 0, 2), MaxPerDay: pick(random, 0, 0, 0, 1), MaxPerWeek: pick(random, 0, 0, 0, 2),
		AllowOverlap: random.IntN(4) == 0,
	}
}

// newModelWorld empties the database and builds the world of the seed, with single classes
// or with a series.
func newModelWorld(env *bookingtest.Env, seed uint64, series bool) *modelWorld {
	env.T.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	at := beginning(random)
	// In one statement: an operation of the previous world that is still running finds all
	// rows or none.
	env.Exec(`do $$ begin
		truncate class, class_capacity, booking, waitlist_entry, offer, skip, transfer, alert, request, history, recurring, recurring_date,
			periodic_grant, periodic_issue, series, waitlist_recheck, delivery;
		delete from account where kind = 'grant';
		delete from person where role in ('member', 'guest');
	end $$`)
	env.Exec(`update stopped.clock set at = $1`, at)
	if err := env.Sweep(ctx); err != nil { // what began before this world is nothing that has begun since
		env.T.Fatal(err)
	}
	w := &modelWorld{env: env, series: series, oracle: &oracle.Studio{Now: at, Zone: berlin}}
	w.must(w.settings(someSettings(random)))
	if series {
		w.must(w.plan(random))
	}
	for place := len(w.classes); place < worldClasses; place++ {
		w.must(w.class(place, someClass(random, at)))
	}
	for i := range worldPeople {
		w.people = append(w.people, env.Member(fmt.Sprintf("Person Nr%d", i), 0))
		w.oracle.People = append(w.oracle.People, &oracle.Person{})
		w.must(w.grant(i, oracle.Grant{Left: 1 + random.IntN(3), From: at}))
	}
	return w
}

// must runs an operation that cannot fail on both.
func (w *modelWorld) must(d boundOp) {
	w.env.T.Helper()
	if got, want := d.engine(ctx, w.env.Engine), d.oracle(w.oracle); got != want || !strings.HasPrefix(got, oracle.OK) {
		w.env.T.Fatalf("a world cannot be made: the engine says %q, the oracle %q", got, want)
	}
}

// now returns the number of the class at this place of the schedule.
func (w *modelWorld) now(place int) int { return w.places[place%worldClasses] }

// past reports whether the class at this place is over or cancelled.
func (w *modelWorld) past(place int) bool {
	c := w.oracle.Classes[w.now(place)]
	return c.Cancelled || !w.oracle.Now.Before(c.End)
}

// describe returns the initial state of the world as text.
func (w *modelWorld) describe() string {
	var b strings.Builder
	o := w.oracle
	fmt.Fprintf(&b, "it is %s; %+v\n", o.Now.Format(time.RFC3339), o.Settings)
	for i, c := range o.Classes {
		fmt.Fprintf(&b, "class %d: in %s for %s, type %d, %+v\n", i, c.Start.Sub(o.Now), c.End.Sub(c.Start), c.Type, c.Rules)
	}
	for i, p := range o.People {
		fmt.Fprintf(&b, "%d has %d credits\n", i, p.Grants[0].Left)
	}
	return b.String()
}

// stateSQL returns the state of a world in the database as text. The numbers of classes and
// people are their positions in the two lists.
const stateSQL = `with k as (select * from unnest($1::bigint[]) with ordinality as k(id, n)),
	p as (select * from unnest($2::bigint[]) with ordinality as p(id, n)),
lines as (
	select 1 as part, k.n, 0::bigint as m,
		format('class %s: %s, %s to %s, %s of %s seats, %s held, %s waiting, %s here, reserved until %s, %s', k.n - 1, c.state,
		said(c.starts_at), said(c.ends_at),
		c.booked, c.capacity, c.held, c.waiting, c.checked_in, said(c.reserved_until),
		format('cost %s, free until %s before, %s, waitlist of %s closes %s before, online %s from %s to %s before', c.cost, c.free_cancel,
			c.waitlist_mode, coalesce(c.waitlist_size, -1), c.waitlist_closes,
			c.online, coalesce(c.opens_before, '0'), c.closes_before)) as line from k join class c using (id)
	union all
	select 2, k.n, p.n,
		format('%s sits in %s: %s, %s paid, exit %s%s', p.n - 1, k.n - 1, b.state, b.cost, said(b.free_until),
		case when b.overbooked_by is not null then ', overbooked' end)
		from k join booking b on b.class_id = k.id join p on p.id = b.person_id where b.state in ('booked', 'checked_in', 'no_show')
	union all
	select 3, k.n, row_number() over (partition by k.n order by e.priority desc, e.seq),
		format('%s waits in %s: priority %s, auto %s, until %s, %s%s', p.n - 1, k.n - 1, e.priority, e.auto, said(e.latest),
		coalesce((select case when o.shared then 'asked' else 'offered' end || ' until ' || said(o.expires_at) from offer o
			where o.entry_id = e.id and o.state = 'open'), 'nothing offered'),
		', passed over: ' || e.skip_reason)
		from k join waitlist_entry e on e.class_id = k.id join p on p.id = e.person_id where e.state in ('waiting', 'offered')
	union all
	select 4, p.n, 0, format('%s has %s of a grant that ends %s', p.n - 1, a.remaining, said(a.expires_at)) from p
		join account a on a.person_id = p.id where a.kind = 'grant'
	union all
	select 5, p.n, 0, format('%s is %s', p.n - 1, x.state) from p join person x using (id) where x.state <> 'active'
	union all
	select 6, p.n, 0, format('%s is told %s', p.n - 1, ` + newsSQL + `)
		from p join alert a on a.person_id = p.id left join k on k.id = a.class_id left join account g on g.id = a.account_id
		where a.withdrawn_at is null and a.dismissed_at is null and a.created_at > clock_timestamp() - interval '7 days'
			and (g.id is null or g.remaining > 0 and g.expires_at >= clock_timestamp())
	union all
	select 7, p.n, row_number() over (partition by p.n order by r.created_at),
		format('%s comes from %s on, standing %s, waits %s, ended %s: %s', p.n - 1, said(r.from_at), r.standing, r.waitlist,
		r.ended_at is not null,
		(select string_agg(concat_ws(' ', k.n - 1, d.state, d.why), ', ' order by k.n) from recurring_date d join k on k.id = d.class_id
			where d.recurring_id = r.id))
		from p join recurring r on r.person_id = p.id)
select coalesce(string_agg(line, E'\n' order by part, n, m, line collate "C"), '') from lines`

// historySQL returns as text the end of every booking and waitlist entry, and all alerts.
const historySQL = `with k as (select * from unnest($1::bigint[]) with ordinality as k(id, n)),
	p as (select * from unnest($2::bigint[]) with ordinality as p(id, n)),
lines as (
	select 1 as part, k.n, p.n as m, b.from_v as v, b.id,
		format('%s sat in %s: %s, %s paid, %s back%s%s', p.n - 1, k.n - 1, b.state, b.cost,
		(select coalesce(sum(t.amount), 0) from transfer t where t.booking_id = b.id and t.kind = 'refund'),
		format(', ended by %s, path %s, reason %s, in time %s', b.ended_cause, b.ended_path, coalesce(b.reason_id, 0), b.in_time),
			case when b.refund_anyway then ', refunded anyway' end) as line
		from k join booking b on b.class_id = k.id join p on p.id = b.person_id
	union all
	select 2, k.n, p.n, e.seq, 0,
		format('%s waited in %s:%s', p.n - 1, k.n - 1,
		(select string_agg(format(' %s until %s%s', case when o.shared then 'asked' else 'offered' end, said(o.expires_at),
		case when o.state = 'accepted' then ', taken' end), ';' order by o.from_v, o.id) from offer o where o.entry_id = e.id))
		from k join waitlist_entry e on e.class_id = k.id join p on p.id = e.person_id
	union all
	select 3, p.n, 0, 0, 0,
		format('%s was told %s%s', p.n - 1, ` + newsSQL + `, case when a.dismissed_at is not null then ', and put it away' end)
		from p join alert a on a.person_id = p.id left join k on k.id = a.class_id left join account g on g.id = a.account_id)
select coalesce(string_agg(line, E'\n' order by part, n, m, v, id, line collate "C"), '') from lines`

// newsSQL is an alert as text.
const newsSQL = `a.kind || coalesce(' of ' || k.n - 1, ' of a grant that ends ' || said(g.expires_at))`

const saidSQL = `create function stopped.said(t timestamptz) returns text language sql as $$
	select coalesce(to_char(t at time zone 'UTC', 'MM-DD HH24:MI:SS'), 'never') $$`

// read returns the text of a statement for this world.
func (w *modelWorld) read(sql string) string {
	var text string
	if err := w.env.Pool.QueryRow(ctx, sql, w.classes, w.ids()).Scan(&text); err != nil {
		return err.Error()
	}
	return text
}

func (w *modelWorld) ids() []int64 {
	ids := make([]int64, len(w.people))
	for i, p := range w.people {
		ids[i] = p.ID
	}
	return ids
}

// stateOf is the state of the oracle, in the format of stateSQL.
func stateOf(o *oracle.Studio) string {
	var classes, seats, line, purses, barred, news, recurring []string
	for i, c := range o.Classes {
		taken, held, here, state := 0, 0, 0, "scheduled"
		var sitting []string
		for p := range o.People {
			for _, b := range c.SeatsOf(p) {
				if !b.Active() && b.State != oracle.NoShow {
					continue
				}
				taken++
				text := fmt.Sprintf("%d sits in %d: %s, %d paid, exit %s", p, i, b.State, b.Cost, oracle.Time(b.Exit))
				if b.Overbooked {
					text += ", overbooked"
				}
				if b.State == oracle.CheckedIn {
					here++
				}
				sitting = append(sitting, text)
			}
		}
		for _, x := range c.Waitlist() {
			text := fmt.Sprintf("%d waits in %d: priority %d, auto %s, until %s, ", x.Person, i, x.Priority, letter(x.Auto),
				oracle.Time(x.Latest))
			switch o := x.Offered(); {
			case o == nil:
				text += "nothing offered"
			case o.Shared:
				text += "asked until " + oracle.Time(o.Expires)
			default:
				held++
				text += "offered until " + oracle.Time(o.Expires)
			}
			if x.Why != "" {
				text += ", passed over: " + x.Why
			}
			line = append(line, text)
		}
		if c.Cancelled {
			state = "cancelled"
		}
		classes = append(classes, fmt.Sprintf("class %d: %s, %s to %s, %d of %d seats, %d held, %d waiting, %d here, reserved until %s, %s",
			i, state, oracle.Time(c.Start), oracle.Time(c.End), taken, c.Capacity, held, len(c.Waitlist()), here,
			oracle.Time(c.ReservedUntil),
			fmt.Sprintf("cost %d, free until %s before, %s, waitlist of %d closes %s before, online %s from %s to %s before", c.Cost,
				hours(c.FreeCancel), c.Mode, c.WaitlistSize, hours(c.WaitlistCloses),
				letter(c.Online), hours(c.Opens), hours(c.Closes))))
		seats = append(seats, sitting...)
	}
	for i, p := range o.People {
		var purse []string
		for _, g := range p.Grants {
			purse = append(purse, fmt.Sprintf("%d has %d of a grant that ends %s", i, g.Left, oracle.Time(g.Expires)))
		}
		slices.Sort(purse)
		purses = append(purses, purse...)
		if p.Erased {
			barred = append(barred, fmt.Sprintf("%d is erased", i))
		} else if p.Suspended {
			barred = append(barred, fmt.Sprintf("%d is suspended", i))
		}
		var told []string
		for _, a := range o.Alerts(i) {
			told = append(told, fmt.Sprintf("%d is told %s", i, alertsOf(o, i, a)))
		}
		slices.Sort(told)
		news = append(news, told...)
		for _, r := range o.RecurringOf(i) {
			var dates []string
			for class := range o.Classes {
				if d := r.Date(class); d != nil {
					dates = append(dates, d.String())
				}
			}
			recurring = append(recurring,
				fmt.Sprintf("%d comes from %s on, standing %s, waits %s, ended %s: %s", i, oracle.Time(r.From), letter(r.Standing),
					letter(r.Waitlist), letter(r.Ended), strings.Join(dates, ", ")))
		}
	}
	return strings.Join(slices.Concat(classes, seats, line, purses, barred, news, recurring), "\n")
}

// alertsOf are alerts in the format of newsSQL.
func alertsOf(o *oracle.Studio, person int, a *oracle.Alert) string {
	if g := o.Credits(person, a); g != nil {
		return a.Kind + " of a grant that ends " + oracle.Time(g.Expires)
	}
	return fmt.Sprintf("%s of %d", a.Kind, a.Class)
}

// shown returns the alerts on the pages of all people, sorted, and the alerts that the
// oracle expects.
func (w *modelWorld) shown() (got, want string) {
	personal, err := w.env.PersonalOfPeople(ctx, w.ids())
	if err != nil {
		return err.Error(), ""
	}
	var is, should []string
	for _, m := range personal {
		who := slices.IndexFunc(w.people, func(p booking.Actor) bool { return p.ID == m.PersonID })
		for _, a := range m.Alerts {
			about := " of a grant that ends " + oracle.Time(a.ExpiresAt)
			if a.Class != nil {
				about = fmt.Sprintf(" of %d", slices.Index(w.classes, a.Class.ID))
			}
			is = append(is, fmt.Sprintf("%d reads %s%s", who, a.Kind, about))
		}
	}
	for i := range w.oracle.People {
		for _, a := range w.oracle.Alerts(i) {
			should = append(should, fmt.Sprintf("%d reads %s", i, alertsOf(w.oracle, i, a)))
		}
	}
	slices.Sort(is)
	slices.Sort(should)
	return strings.Join(is, "\n"), strings.Join(should, "\n")
}

// letter and hours format a boolean and an interval as PostgreSQL does.
func letter(is bool) string { return fmt.Sprint(is)[:1] }

func hours(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:00", int(d.Hours()), int(d.Minutes())%60)
}

// historyOf is the history of the oracle, in the format of historySQL.
func historyOf(o *oracle.Studio) string {
	var list, options, news []string
	for i, c := range o.Classes {
		for p := range o.People {
			for _, b := range c.SeatsOf(p) {
				text := fmt.Sprintf("%d sat in %d: %s, %d paid, %d back", p, i, b.State, b.Cost, b.Refunded)
				if b.Cause != "" {
					text += fmt.Sprintf(", ended by %s, path %s, reason %d, in time %s", b.Cause, b.Path, b.Reason, letter(b.InTime))
				} else {
					text += ", ended by , path , reason 0, in time "
				}
				if b.Anyway {
					text += ", refunded anyway"
				}
				list = append(list, text)
			}
			for _, x := range c.EntriesOf(p) {
				var offers []string
				for _, f := range x.Offers {
					text := " offered until " + oracle.Time(f.Expires)
					if f.Shared {
						text = " asked until " + oracle.Time(f.Expires)
					}
					if f.Taken {
						text += ", taken"
					}
					offers = append(offers, text)
				}
				options = append(options, fmt.Sprintf("%d waited in %d:%s", p, i, strings.Join(offers, ";")))
			}
		}
	}
	for p, x := range o.People {
		var told []string
		for _, a := range x.Alerts {
			text := fmt.Sprintf("%d was told %s", p, alertsOf(o, p, a))
			if a.Dismissed {
				text += ", and put it away"
			}
			told = append(told, text)
		}
		slices.Sort(told)
		news = append(news, told...)
	}
	return strings.Join(slices.Concat(list, options, news), "\n")
}
