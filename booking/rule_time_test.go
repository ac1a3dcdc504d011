package booking_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// boundariesInSQL lists the boundaries of a class as the database does, without duplicates.
func boundariesInSQL(t *testing.T, env *bookingtest.Env, class int64) []time.Time {
	t.Helper()
	rows, _ := env.Pool.Query(ctx, `select b.at from class c, lateral (`+booking.BoundariesSQL+`) as b where c.id = $1 order by 1`, class)
	list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestGoAndSQLListTheSameTimeBoundaries(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	random := rand.New(rand.NewPCG(3, 4))
	minutes := func(most int) time.Duration { return time.Duration(random.IntN(most)) * time.Minute }
	for range 50 {
		class := env.Class(func(r *booking.ClassRequest) {
			r.EndsAt = r.StartsAt.Add(time.Minute + minutes(60))
			r.Rules.FreeCancel, r.Rules.OpensBefore, r.Rules.ClosesBefore = minutes(60), minutes(3)*30, minutes(60)
			r.Rules.WaitlistCloses = minutes(60)
		})
		if random.IntN(2) == 0 {
			env.Exec(`update class set reserved_until = starts_at - $2::interval where id = $1`, class, minutes(60))
		}
		c, err := env.Engine.Class(ctx, class)
		if err != nil {
			t.Fatal(err)
		}
		inGo := booking.Boundaries(c)
		slices.SortFunc(inGo, time.Time.Compare)
		inGo = slices.CompactFunc(inGo, time.Time.Equal)
		if inSQL := boundariesInSQL(t, env, class); !slices.EqualFunc(inGo, inSQL, time.Time.Equal) {
			t.Errorf("%+v\nchanges by time in Go at %v\nand in SQL at          %v", c.Rules, inGo, inSQL)
		}
	}
}

// due_at comes from Go. It is the first boundary in SQL after each change of the class.
func TestAClassIsDueAtItsFirstTimeBoundary(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	newStage(env)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	wantDue := func(step string) {
		t.Helper()
		var due time.Time
		if err := env.Pool.QueryRow(ctx, `select due_at from class where id = $1`, class).Scan(&due); err != nil {
			t.Fatal(err)
		}
		var now time.Time
		if err := env.Pool.QueryRow(ctx, `select at from stopped.clock`).Scan(&now); err != nil {
			t.Fatal(err)
		}
		later := slices.DeleteFunc(boundariesInSQL(t, env, class), func(at time.Time) bool { return !at.After(now) })
		if len(later) == 0 || !later[0].Equal(due) {
			t.Errorf("%s: due at %v, the next boundaries are %v", step, due, later)
		}
	}
	wantDue("a new class")
	booked := mustBook(t, env, env.Member("Anna Amsel", 5), class)
	for i, limit := range []time.Duration{30 * time.Hour, 40 * time.Hour} {
		_, err := env.JoinWaitlist(ctx, env.Member(fmt.Sprint("Wart Nr", i), 5), booking.JoinRequest{ClassID: class, NotLater: limit})
		if err != nil {
			t.Fatal(err)
		}
		wantDue("a waiter with a limit")
	}
	env.Exec(`update stopped.clock set at = at + interval '20 hours'`)
	mustCancel(t, env, env.Owner, booked.BookingID)
	wantDue("a seat is offered")
}
