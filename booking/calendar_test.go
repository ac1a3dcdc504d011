package booking_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// statements counts what an engine asks the database.
type statements struct{ atomic.Int64 }

func (n *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	n.Add(1)
	return ctx
}

func (n *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// engineCounting is another engine on the database of the environment.
func engineCounting(env *bookingtest.Env) (*booking.Engine, *statements) {
	env.T.Helper()
	n := &statements{}
	cfg := env.Pool.Config()
	cfg.ConnConfig.Tracer = n
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		env.T.Fatal(err)
	}
	e, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		env.T.Fatal(err)
	}
	env.T.Cleanup(func() { e.Close(); pool.Close() })
	return e, n
}

func TestALongCalendarTakesAsManyStatementsAsAShortOne(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	mia := env.Member("Mia Kunde", 0)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 0 })
	if _, err := env.Book(ctx, mia, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	e, n := engineCounting(env)
	read := func() (entries int, asked int64) {
		t.Helper()
		s, err := e.CalendarSettings(ctx, mia)
		if err != nil {
			t.Fatal(err)
		}
		before := n.Load()
		c, err := e.Calendar(ctx, s.Token)
		if err != nil {
			t.Fatal(err)
		}
		return len(c.Entries), n.Load() - before
	}
	few, asked := read()
	env.Exec(`insert into class (id, title, starts_at, ends_at, capacity, free_cancel, waitlist_mode, waitlist_closes, version, booked)
		select 1000 + i, 'Yoga', now() + i * interval '2 hours', now() + i * interval '2 hours' + interval '1 hour', 5, '1 day', 'offer',
			'0', 2, 1 from generate_series(100, 2099) i`)
	env.Exec(`insert into class_capacity (class_id, from_v, capacity) select id, 1, 5 from class where id between 1100 and 3099`)
	env.Exec(`insert into booking (id, class_id, person_id, state, from_v, booked_at, booked_by)
		select id, id, $1, 'booked', 2, now(), $1 from class where id between 1100 and 3099`, mia.ID)
	many, now := read()
	if few != 1 || many != 2001 {
		t.Errorf("the calendar has %d and then %d entries", few, many)
	}
	if asked != now || now > 4 {
		t.Errorf("one entry takes %d statements, 2001 take %d", asked, now)
	}
}

func TestTheAddressOfACalendarIsAsSecretAsTheStudio(t *testing.T) {
	t.Parallel()
	env, other := bookingtest.New(t), bookingtest.New(t)
	mia := env.Member("Mia Kunde", 0)
	s, err := env.CalendarSettings(ctx, mia)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(s.Token, "-")
	if len(secret) != 43 { // 256 bits
		t.Errorf("the secret %q has %d characters", secret, len(secret))
	}
	if n := env.Int(`select count(*) from person p where p::text like '%' || $1 || '%'`, secret); n != 0 {
		t.Error("the secret is stored")
	}
	next, err := env.ResetCalendar(ctx, mia, s.Token)
	if err != nil || next.Token == s.Token {
		t.Fatalf("a reset gives %q, %v", next.Token, err)
	}
	if n := env.Int(`select count(*) from history where verb = 'reset_calendar' and person_id = $1`, mia.ID); n != 1 {
		t.Errorf("the history has %d resets", n)
	}
	if n := env.Int(`select count(*) from history h where h::text like '%' || $1 || '%'`, secret); n != 0 {
		t.Error("the history holds the secret")
	}
	// The same person of another studio has another address.
	other.Exec(`insert into person (id, role, given_name, family_name) values ($1, 'member', 'Mia', 'Kunde')`, mia.ID)
	other.Exec(`update studio set secret = sha256('another')`)
	e, err := booking.Open(ctx, booking.Options{Pool: other.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	elsewhere, err := e.CalendarSettings(ctx, mia)
	if err != nil || elsewhere.Token == s.Token {
		t.Errorf("another studio has the address %q, %v", elsewhere.Token, err)
	}
	if _, err := e.Calendar(ctx, s.Token); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("the address opens a calendar of another studio: %v", err)
	}
}
