package booking_test

import (
	"fmt"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// PostgreSQL makes a plan once per connection. A plan that was made while the studio was
// empty must not read all people and all classes when the studio has grown.
func TestPlansDoNotDependOnHowBigTheStudioWas(t *testing.T) {
	if read := readWithPlansThatLast(t, 0); len(read) > 0 {
		t.Errorf("a booking, its cancellation and a place read %v rows", read)
	}
}

func TestTheTestOfPlansFindsOldOnes(t *testing.T) {
	if len(readWithPlansThatLast(t, time.Hour)) == 0 {
		t.Error("plans of an empty studio read as little as new ones: the test beside this one proves nothing")
	}
}

// readWithPlansThatLast returns the tables of which more than a few rows are read.
func readWithPlansThatLast(t *testing.T, long time.Duration) map[string]int64 {
	t.Helper()
	defer booking.FirstPlansLast(long)()
	env := bookingtest.New(t)
	env.Exec(`vacuum analyze`)
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	use := func(a booking.Actor, class, full int64) {
		t.Helper()
		out, err := other.Book(ctx, a, booking.BookRequest{ClassID: class})
		if err == nil {
			_, err = other.Cancel(ctx, a, booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll})
		}
		if err == nil {
			_, err = other.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: full})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	first := env.Member("Anna Alt", 1)
	use(first, env.Class(nil), env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 0 }))

	// Eighty classes, half of them full and with a waitlist, and three hundred members.
	const classes, seats = 80, 10
	members := env.Members(300, classes)
	var list []int64
	for i := range classes {
		list = append(list, env.Class(func(r *booking.ClassRequest) {
			r.StartsAt = r.StartsAt.Add(time.Duration(2*i) * time.Hour)
			r.EndsAt = r.StartsAt.Add(time.Hour)
			r.Rules.Capacity = seats + i%2*len(members)
		}))
	}
	together(classes, func(i int) {
		for k := range seats {
			if _, err := env.Book(ctx, members[(7*i+k)%100], booking.BookRequest{ClassID: list[i]}); err != nil {
				t.Error(err)
			}
		}
		for k := range seats {
			if i%2 == 0 {
				if _, err := env.JoinWaitlist(ctx, members[100+(7*i+k)%100], booking.JoinRequest{ClassID: list[i]}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	const uses = 100
	read := readBy(t, env, other, func() {
		for i := range uses {
			use(members[200+i], list[1+2*(i%(classes/2))], list[2*(i%(classes/2))])
		}
	})
	much := map[string]int64{}
	for _, table := range []string{"class", "person", "transfer", "offer"} {
		if per := read[table] / uses; per > 100 {
			much[table] = per
		}
	}
	return much
}

// A search in a big studio reads the people whom it finds and some more, not all.
func TestASearchReadsFewPeople(t *testing.T) {
	env := bookingtest.New(t)
	const people = 20_000
	var ids []int64
	var given, family, email, number, text []string
	for i := range int64(people) {
		g, f := fmt.Sprintf("Vor%d", i%977), fmt.Sprintf("Nach%d de la Stadt%d", i, i%1009)
		e, n := fmt.Sprintf("adresse%d@studio.example", i), fmt.Sprint("M-", 100_000+i)
		ids, given, family, email, number = append(ids, 50_000_000+i), append(given, g), append(family, f), append(email, e),
			append(number, n)
		text = append(text, booking.SearchText(g, f, e, n, fmt.Sprintf("0170 %07d", i)))
	}
	env.Exec(`
		insert into person (id, role, given_name, family_name, email, number, search)
		select a, 'member', b, c, d, e, f from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) x(a,
			b, c, d, e, f)`,
		ids, given, family, email, number, text)
	env.Exec(`vacuum analyze`)
	class := env.Class(nil)
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	typed := []string{
		"nach1234", "vor12 nach12", "delastadt55", "stadt17", "M-100123", "m100123", "0170 0000123", "01700000123", "adresse77@stu",
		"nahc1234 vor257",
		"ach1999", "vor1 n",
	}
	read := readBy(t, env, other, func() {
		for _, q := range typed {
			if _, _, err := other.Candidates(ctx, env.Owner, class, q); err != nil {
				t.Error(err)
			}
		}
	})
	if per := read["person"] / int64(len(typed)); per > 1500 {
		t.Errorf("a search reads %d rows of %d people", per, people)
	}
}

// readBy counts the rows per table that an engine reads while it runs a function. It closes
// the engine, since a connection reports its reads when it ends, and before that all
// connections of env.
func readBy(t *testing.T, env *bookingtest.Env, engine *booking.Engine, do func()) map[string]int64 {
	t.Helper()
	sums := func() map[string]int64 {
		rows, _ := env.Pool.Query(ctx, `select relname, coalesce(seq_tup_read, 0) + coalesce(sum(i.idx_tup_read), 0)::bigint
			from pg_stat_user_tables t left join pg_stat_user_indexes i using (relid, relname) group by 1, seq_tup_read`)
		sums := map[string]int64{}
		for rows.Next() {
			var table string
			var n int64
			if err := rows.Scan(&table, &n); err != nil {
				t.Fatal(err)
			}
			sums[table] = n
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		return sums
	}
	// A connection reports what it has read at its end at the latest, so all must end.
	ended := func(engine *booking.Engine, left int) {
		engine.Close()
		env.Pool.Reset()
		const others = `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
		for deadline := time.Now().Add(bookingtest.Patience); env.Int(others) > left; {
			if time.Now().After(deadline) {
				t.Fatal("connections do not end")
			}
		}
	}
	verbs, pages := engine.Connections()
	ended(env.Engine, int(verbs.TotalConns()+pages.TotalConns()))
	before := sums()
	do()
	ended(engine, 0)
	after := sums()
	for table := range after {
		after[table] -= before[table]
	}
	return after
}
