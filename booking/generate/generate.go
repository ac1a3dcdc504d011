// Package generate fills a studio with as many people, classes and bookings as a big one
// has after some months, for measurements of speed.
//
// It writes rows with COPY, without the engine. The rows hold every invariant of
// booking/invariants.sql; a test checks this. The database must have no classes; a failure
// leaves it unchanged.
package generate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
)

// Size is the size of the studio.
type Size struct {
	Members  int
	Bookings int
	Classes  int
	Past     int    // days with classes before today; 0: 200
	Ahead    int    // days with classes from today on; 0: 28
	Seed     uint64 // the same seed on the same day gives the same studio
}

// waiters is the number of entries on the waitlist of every full class.
const waiters = 5

const packSize = 1000 // credits granted to every member: more than a member spends

var (
	givenNames = strings.Fields(`Lena Jon Ana Tim Karl Ina Eva Aylin Björn Clara David Elif Finn Greta Hannah Ida Jakob
		Katja Leon Mia Noah Olivia Paul Quirin Rosa Samuel Tara Uwe Vera Yusuf Zoë`)
	familyNames = strings.Fields(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch
		Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Krüger Voß Weiß Yılmaz Petrović Łukasik Åkesson
		Jiménez Groß König`)
	titles = []string{"Yoga Flow", "Rücken Fit", "Spinning", "Pilates", "Kraftzirkel", "Boxen", "Mobility", "Hatha Yoga"}
)

// Studio fills the database, in a time proportional to the number of bookings.
func Studio(ctx context.Context, pool *pgxpool.Pool, size Size) error {
	if size.Members < 1 || size.Classes < 1 || size.Bookings < 0 || size.Bookings/size.Classes+waiters+1 > size.Members {
		return fmt.Errorf("a studio needs members and classes, and more members than seats in a class")
	}
	size.Past, size.Ahead = cmp.Or(size.Past, 200), cmp.Or(size.Ahead, 28)
	pool, err := patient(ctx, pool.Config())
	if err != nil {
		return err
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var there bool
		if err := tx.QueryRow(ctx, `select exists (select from class)`).Scan(&there); err != nil {
			return fmt.Errorf("looking for classes: %w", err)
		}
		if there {
			return fmt.Errorf("the database has classes already")
		}
		g := &generator{
			ctx: ctx, tx: tx, size: size,
			random: rand.New(rand.NewPCG(size.Seed, 1)), now: time.Now().UTC().Truncate(time.Minute),
		}
		for _, step := range []func() error{g.always, g.reserve, g.people, g.classes, g.credits} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		// The planner needs the new sizes of the tables.
		_, err = pool.Exec(ctx, `analyze`)
	}
	return err
}

// patient opens a pool without time limits for statements.
func patient(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = "0"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to fill the database: %w", err)
	}
	return pool, nil
}

type generator struct {
	ctx    context.Context
	tx     pgx.Tx
	size   Size
	random *rand.Rand
	now    time.Time

	next    int64   // id
	members []int64 // ids
	grants  []int64 // by member
	spent   []int   // by member
	debits  [][]any // rows of transfer
}

// always switches the night rest off, so that a measurement does not depend on the hour.
func (g *generator) always() error {
	_, err := g.tx.Exec(g.ctx, `update studio set night_rest = false`)
	if err != nil {
		return fmt.Errorf("switching the night rest off: %w", err)
	}
	return nil
}

// reserve takes all ids from the sequence from which the engine takes its blocks.
func (g *generator) reserve() error {
	need := 3*g.size.Members + 2*g.size.Bookings + 8*g.size.Classes + 1000
	err := g.tx.QueryRow(g.ctx, `select nextval('block_ids')`).Scan(&g.next)
	if err == nil {
		_, err = g.tx.Exec(g.ctx, `select setval('block_ids', $1)`, g.next+int64(need/1000+1)*1000)
	}
	if err != nil {
		return fmt.Errorf("reserving ids: %w", err)
	}
	return nil
}

func (g *generator) id() int64 { g.next++; return g.next - 1 }

func (g *generator) copy(table, columns string, rows [][]any) error {
	_, err := g.tx.CopyFrom(g.ctx, pgx.Identifier{table}, strings.Fields(columns), pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("filling %s: %w", table, err)
	}
	return nil
}

func (g *generator) people() error {
	rows := make([][]any, 0, g.size.Members)
	for i := range g.size.Members {
		id, given, family := g.id(), givenNames[g.random.IntN(len(givenNames))], familyNames[g.random.IntN(len(familyNames))]
		email, number := fmt.Sprintf("m%d@generated.example", i), fmt.Sprint(100_000+i)
		phone := fmt.Sprintf("0151 %07d", g.random.IntN(10_000_000))
		rows = append(rows, []any{
			id, booking.RoleMember, given, family, email, phone, number,
			booking.SearchText(given, family, email, number, phone),
			g.now.AddDate(0, 0, -400).Add(time.Duration(i) * time.Minute),
		})
		g.members = append(g.members, id)
	}
	g.spent = make([]int, len(g.members))
	for range g.members {
		g.grants = append(g.grants, g.id())
	}
	return g.copy("person", "id role given_name family_name email phone number search created_at", rows)
}

// classes creates the classes, most of them in the past, as in a studio that has been used
// for a while.
func (g *generator) classes() error {
	seats := max(1, g.size.Bookings/g.size.Classes)
	var classes, capacities, bookings, entries [][]any
	for i := range g.size.Classes {
		id := g.id()
		days := i*(g.size.Past+g.size.Ahead)/g.size.Classes - g.size.Past
		start := time.Date(g.now.Year(), g.now.Month(), g.now.Day()+days, 6+i%14, 15*(i%4), 0, 0, time.UTC)
		past, full := start.Before(g.now.Add(-2*time.Hour)), i%7 == 0
		if start.Before(g.now.Add(time.Hour)) && !past {
			start = start.AddDate(0, 0, 1) // so no class is running now
		}
		capacity, version, cameIn, waiting := seats+seats/5+1, 1, 0, 0
		if full {
			capacity = seats
		}
		first, step := g.random.IntN(len(g.members)), len(g.members)/(seats+waiters+1)
		person := func(n int) int { return (first + n*step) % len(g.members) } // each person at most once
		for n := range seats {
			version++
			m := person(n)
			state, came := booking.StateBooked, any(nil)
			if past {
				state, came = booking.StateCheckedIn, start
				cameIn++
			}
			at := start.AddDate(0, 0, -7).Add(time.Duration(n) * time.Minute)
			if at.After(g.now) {
				at = g.now.Add(-time.Hour)
			}
			b := g.id()
			bookings = append(bookings, []any{b, id, g.members[m], state, 1, version, at, g.members[m], came})
			g.debits = append(g.debits, []any{g.grants[m], int64(2), 1, booking.TransferDebit, b, at})
			g.spent[m]++
		}
		if full && !past {
			for n := range waiters {
				m := person(seats + n)
				version++
				waiting++
				entries = append(entries, []any{
					g.id(), id, g.members[m], booking.EntryWaiting, int64(n + 1), version, g.now.Add(-time.Hour),
				})
			}
		}
		var due any
		if !past {
			due = start
		}
		classes = append(classes, []any{
			id, titles[i%len(titles)], start, start.Add(time.Hour), true, 1, capacity, 24 * time.Hour,
			booking.ModeOffer, 15 * time.Minute, version, seats, waiting, cameIn, waiting + 1, due,
		})
		capacities = append(capacities, []any{id, 1, capacity})
	}
	for _, table := range []struct {
		name, columns string
		rows          [][]any
	}{
		{
			"class", "id title starts_at ends_at online cost capacity free_cancel " +
				"waitlist_mode waitlist_closes version booked waiting checked_in next_place due_at", classes,
		},
		{"class_capacity", "class_id from_v capacity", capacities},
		{"booking", "id class_id person_id state cost from_v booked_at booked_by checked_in_at", bookings},
		{"waitlist_entry", "id class_id person_id state seq from_v since", entries},
	} {
		if err := g.copy(table.name, table.columns, table.rows); err != nil {
			return err
		}
	}
	return nil
}

// credits creates one grant per member, its issue, and a debit per booking.
func (g *generator) credits() error {
	began := g.now.AddDate(0, 0, -300)
	var accounts, transfers [][]any
	for i, m := range g.members {
		accounts = append(accounts, []any{g.grants[i], "grant", m, "Jahreskarte", packSize, began, packSize - g.spent[i]})
		transfers = append(transfers, []any{int64(1), g.grants[i], packSize, booking.TransferGrant, nil, began})
	}
	if err := g.copy("account", "id kind person_id name quantity valid_from remaining", accounts); err != nil {
		return err
	}
	return g.copy("transfer", "from_id to_id amount kind booking_id at", append(transfers, g.debits...))
}
