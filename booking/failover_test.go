package booking_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/localpg"
)

// pair is a primary with a standby, both with a studio.
type pair struct {
	t                *testing.T
	primary, standby *localpg.Server
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t}
	o := localpg.Options{
		Root: bookingtest.Folder(t), TCP: true, Unsafe: true, Timeout: bookingtest.Patience,
		// A checkpoint of a promoted standby takes minutes, as on a real server.
		Settings: map[string]string{"checkpoint_timeout": "30min", "checkpoint_completion_target": "0.9"},
	}
	var err error
	if p.primary, err = localpg.Start(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.primary.Stop(context.Background()) })
	pool, err := booking.Connect(ctx, p.primary.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := booking.Migrate(ctx, pool, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	hash, err := booking.HashPassword(bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := booking.CreateStudio(ctx, pool, booking.NewStudio{
		Name: "Studio Nord", Zone: time.UTC, Language: "de",
		Owner: booking.NewPerson{GivenName: "Olga", FamilyName: "Eigner", Email: "olga@example.test", PasswordHash: hash},
	}); err != nil {
		t.Fatal(err)
	}
	o.Root = bookingtest.Folder(t)
	if p.standby, err = p.primary.Standby(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.standby.Stop(context.Background()) })
	return p
}

// address names both servers.
func (p *pair) address(attributes string) string {
	one, two := p.config(p.primary), p.config(p.standby)
	return "postgres://" + one.User + ":" + one.Password + "@" +
		one.Host + ":" + fmt.Sprint(one.Port) + "," + two.Host + ":" + fmt.Sprint(two.Port) + "/" + one.Database +
		"?sslmode=disable&target_session_attrs=" + attributes
}

func (p *pair) config(s *localpg.Server) *pgx.ConnConfig {
	p.t.Helper()
	c, err := localpg.Config(s.DSN())
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *pair) connect(s *localpg.Server) *pgxpool.Pool {
	p.t.Helper()
	pool, err := booking.Connect(ctx, s.DSN())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(pool.Close)
	return pool
}

// fail kills the primary without a chance to send the tail of its log, and promotes the
// standby.
func (p *pair) fail() {
	p.t.Helper()
	stop, cancel := context.WithCancel(ctx)
	cancel()
	_ = p.primary.Stop(stop)
	p.promote()
}

func (p *pair) promote() {
	p.t.Helper()
	var done bool
	if err := p.connect(p.standby).QueryRow(ctx, `select pg_promote(true, 120)`).Scan(&done); err != nil || !done {
		p.t.Fatalf("the standby is not promoted: %v", err)
	}
}

// fill gives the standby so much to write that its first checkpoint takes minutes.
func (p *pair) fill() {
	p.t.Helper()
	var written string
	primary, standby := p.connect(p.primary), p.connect(p.standby)
	if _, err := primary.Exec(ctx, `create table filler as select repeat('x', 1500) from generate_series(1, 10000)`); err != nil {
		p.t.Fatal(err)
	}
	if err := primary.QueryRow(ctx, `select pg_current_wal_lsn()::text`).Scan(&written); err != nil {
		p.t.Fatal(err)
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for until := time.Now().Add(bookingtest.Patience); ; <-look.C {
		var has bool
		err := standby.QueryRow(ctx, `select pg_last_wal_replay_lsn() >= $1::text::pg_lsn`, written).Scan(&has)
		if err == nil && has {
			return
		}
		if time.Now().After(until) {
			p.t.Fatalf("the standby does not follow: %v", err)
		}
	}
}

// The control file names the new timeline minutes later.
func TestAPromotedStandbyHasAnotherEpochAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var before, during string
	pool := p.connect(p.standby)
	if err := p.connect(p.primary).QueryRow(ctx, booking.EpochSQL).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(ctx, booking.EpochSQL).Scan(&during); err != nil || during != before {
		t.Fatalf("the standby is in epoch %s (%v), the primary in %s", during, err, before)
	}
	p.fill()
	p.promote()
	var after string
	err := pool.QueryRow(ctx, booking.EpochSQL).Scan(&after)
	if err != nil || after == before {
		t.Errorf("after the promotion the epoch is %s (%v), as before", after, err)
	}
}

func TestANodeIsReadyOnlyWithEveryKindOfConnection(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	engine, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := engine.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	engine.ClosePages()
	if err := engine.Ready(ctx); err == nil || !strings.Contains(err.Error(), "pages") {
		t.Errorf("without connections for pages the node is ready: %v", err)
	}
}

// Both ways in which guides write it.
func TestAnAddressWithTwoServersSurvivesAFailover(t *testing.T) {
	t.Parallel()
	for _, attributes := range []string{"read-write", "primary"} {
		t.Run(attributes, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			pool, err := booking.Connect(ctx, p.address(attributes))
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			engine, err := booking.Open(ctx, booking.Options{Pool: pool})
			if err != nil {
				t.Fatal(err)
			}
			defer engine.Close()
			owner, err := engine.Owner(ctx)
			if err != nil {
				t.Fatal(err)
			}
			use := func() error {
				begins := time.Now().Add(time.Hour)
				if _, err := engine.ScheduleView(ctx, owner, begins, begins.Add(time.Hour)); err != nil { // the pool of pages
					return err
				}
				// This is the pool of operations.
				_, err = engine.GrantCredits(ctx, owner, booking.GrantRequest{PersonID: owner.ID, Name: "Karte", Quantity: 1})
				if err != nil {
					return err
				}
				return engine.Ready(ctx)
			}
			if err := use(); err != nil {
				t.Fatal(err)
			}
			p.fail()
			for until := time.Now().Add(bookingtest.Patience); ; {
				began := time.Now()
				err := use()
				if err == nil {
					return
				}
				if time.Now().After(until) {
					t.Fatalf("the node does not follow the failover: %v", err)
				}
				engine.Reconnect(began)
			}
		})
	}
}
