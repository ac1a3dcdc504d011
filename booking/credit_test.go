package booking_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// The rules count credits in Go, lists and sweeps count them in SQL. Both must agree for
// grants that have expired, are not valid yet, or pay for some class types only, also at the
// very instants at which a grant becomes valid and expires.
func TestGoAndSQLCountTheSameCredits(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	newStage(env)
	var now time.Time
	if err := env.Pool.QueryRow(ctx, `select at from stopped.clock`).Scan(&now); err != nil {
		t.Fatal(err)
	}
	start := now.Add(72 * time.Hour)
	var classes []int64
	for _, classType := range []int64{0, 1, 2} {
		classes = append(classes, env.Class(func(r *booking.ClassRequest) {
			r.TypeID, r.StartsAt, r.EndsAt = classType, start, start.Add(time.Hour)
		}))
	}
	random := rand.New(rand.NewPCG(5, 6))
	instant := func() *time.Time {
		around := pick(random, now, now, start)
		at := around.Add(pick(random, -time.Hour, -time.Microsecond, 0, time.Microsecond, time.Hour))
		return pick(random, nil, &at, &at, &at)
	}
	differs := 0
	for i := range 40 {
		a := env.Member(fmt.Sprint("Person Nr", i), 0)
		for range random.IntN(5) {
			env.Grant(a, 1+random.IntN(9))
			env.Exec(`update account set valid_from = $2, expires_at = $3, class_type_ids = $4
				where id = (select max(id) from account where person_id = $1)`, a.ID, instant(), instant(), pick(random, nil, []int64{},
				[]int64{1}, []int64{1, 2}))
		}
		inGo, err := env.Personal(ctx, a, classes)
		if err != nil {
			t.Fatal(err)
		}
		member, err := env.Engine.Member(ctx, env.Owner, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		credits, err := env.Credits(ctx, a, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		list, err := env.PersonalOfPeople(ctx, []int64{a.ID})
		if err != nil {
			t.Fatal(err)
		}
		for name, inSQL := range map[string]int{"directory": member.Balance, "ledger": credits.Balance, "personal": list[0].Balance} {
			if inSQL != inGo.Balance {
				t.Errorf("person %d: the rules count a balance of %d, the SQL of the %s %d", i, inGo.Balance, name, inSQL)
			}
		}
		for _, class := range classes {
			usable := inGo.Classes[class].Usable
			if inSQL := env.Int(`select `+booking.UsableSQL(`$1`)+` from class c where c.id = $2`, a.ID, class); inSQL != usable {
				t.Errorf("person %d, class %d: the rules count %d usable credits, SQL %d", i, class, usable, inSQL)
			}
			if usable != inGo.Balance && usable > 0 {
				differs++
			}
		}
	}
	if differs < 10 {
		t.Errorf("balance and usable credits differ %d times: the grants are too much alike", differs)
	}
}
