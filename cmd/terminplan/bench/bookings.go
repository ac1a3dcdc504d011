package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/generate"
	"terminplan/booking/localpg"
)

const (
	clickers   = 10_000
	seats      = 20
	classes    = 500
	naiveCount = 2000 // the naive ways are so slow that a part of the clicks must do
	singles    = 400
)

// studio is an engine on a database of its own with members and classes.
type studio struct {
	engine  *booking.Engine
	pool    *pgxpool.Pool
	owner   booking.Actor
	members []booking.Actor
	commits atomic.Int64
}

// bookings compares the engine with naive ways and with what PostgreSQL can do.
func (r *run) bookings(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "terminplan-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL refuses to run as root
		return err
	}
	r.say("bookings: starting PostgreSQL")
	server, err := localpg.Start(ctx, localpg.Options{Root: filepath.Join(dir, "pg")})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop(context.WithoutCancel(ctx)) }()
	s, err := openStudio(ctx, server.DSN(), generate.Size{Members: clickers, Bookings: 2000, Classes: 20, Seed: 1})
	if err != nil {
		return fmt.Errorf("making a studio: %w", err)
	}
	defer s.pool.Close()
	y, err := newYard(ctx, server.DSN())
	if err != nil {
		return fmt.Errorf("preparing the naive ways: %w", err)
	}
	defer y.pool.Close()
	r.say("bookings: the naive ways")
	limits, err := y.measure(ctx)
	if err != nil {
		return fmt.Errorf("the naive ways: %w", err)
	}
	r.say("bookings: one hot class")
	hot, commits, err := s.hot(ctx)
	if err != nil {
		return fmt.Errorf("a hot class: %w", err)
	}
	r.say("bookings: %d classes", classes)
	spread, err := s.spread(ctx)
	if err != nil {
		return fmt.Errorf("many classes: %w", err)
	}
	r.say("bookings: one at a time")
	old, err := openStudio(ctx, server.DSN()+" dbname=terminplan_old", generate.Size{Members: clickers, Bookings: 200_000, Classes: 2000, Seed: 1})
	if err != nil {
		return fmt.Errorf("making a studio with a history: %w", err)
	}
	defer old.pool.Close()
	single, aged, function, err := one(ctx, s, old, y)
	if err != nil {
		return fmt.Errorf("one at a time: %w", err)
	}
	rate := func(perSecond float64) string { return fmt.Sprintf("%s/s", number(perSecond)) }
	faster := func(what string, here, limit float64, name string, goal float64) {
		r.report.Rows = append(r.report.Rows, Row{"bookings", what, rate(here), rate(limit) + " " + name, here / limit, goal, true})
	}
	faster("hot class, 10,000 members, 20 seats", hot, limits.naive, "SELECT … FOR UPDATE", 25)
	faster("hot class", hot, limits.serializable, "SERIALIZABLE, retried", 45)
	faster("hot class", hot, limits.hotRow, "commits on one row", 8)
	r.report.Rows = append(r.report.Rows, Row{"bookings", "hot class, transactions", fmt.Sprint(commits), "20", float64(commits) / 20, 1, false})
	faster("spread over 500 classes", spread, limits.naiveSpread, "SELECT … FOR UPDATE", 8)
	faster("spread over 500 classes", spread, limits.insert, "commits of one row", 1)
	r.report.Rows = append(r.report.Rows,
		Row{"bookings", "one at a time", micros(single), micros(function) + " one function", ratio(single, function), 1.6, false},
		Row{"bookings", "one at a time, history × 100", micros(aged), micros(single) + " itself", ratio(aged, single), 1.10, false})
	return nil
}

func openStudio(ctx context.Context, dsn string, size generate.Size) (*studio, error) {
	if err := ensureDatabase(ctx, dsn); err != nil {
		return nil, err
	}
	pool, err := booking.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	s := &studio{pool: pool}
	if err := booking.Migrate(ctx, pool); err != nil {
		return nil, err
	}
	_, err = booking.Found(ctx, pool, booking.Setup{
		Name: "Bench", Zone: time.UTC, Language: "de",
		Owner: booking.NewPerson{GivenName: "Olga", FamilyName: "Eigner", Email: "owner@example.test", Password: uuid.NewString()},
	})
	if err != nil {
		return nil, err
	}
	if err := generate.Studio(ctx, pool, size); err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, `vacuum analyze`); err != nil {
		return nil, err
	}
	s.engine, err = booking.Open(ctx, booking.Options{Pool: pool, OnBatch: func(booking.Batch) { s.commits.Add(1) }})
	if err != nil {
		return nil, err
	}
	rows, _ := pool.Query(ctx, `select id, role, given_name || ' ' || family_name, coalesce(email, ''), language from person where role in ('owner', 'member') order by id`)
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a booking.Actor, err error) {
		return a, row.Scan(&a.ID, &a.Role, &a.Name, &a.Email, &a.Language)
	})
	for _, a := range people {
		if a.Role == booking.RoleOwner {
			s.owner = a
		} else {
			s.members = append(s.members, a)
		}
	}
	return s, err
}

// ensureDatabase makes the database of a DSN on a server that has "terminplan".
func ensureDatabase(ctx context.Context, dsn string) error {
	config, err := localpg.Config(dsn)
	if err != nil {
		return err
	}
	name := config.Database
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	if pg := new(pgconn.PgError); errors.As(err, &pg) && pg.Code == "42P04" {
		return nil // it is there
	}
	return err
}

// class makes a class, days ahead so that no two overlap for anybody.
func (s *studio) class(ctx context.Context, days int) (int64, error) {
	start := time.Now().AddDate(0, 0, days).Truncate(time.Hour)
	c, err := s.engine.CreateClass(ctx, s.owner, booking.ClassRequest{
		Title: "Yoga", StartsAt: start, EndsAt: start.Add(time.Hour),
		Rules: booking.Rules{Online: true, Cost: 1, Capacity: seats, FreeCancel: 24 * time.Hour, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute},
	})
	return c.ClassID, err
}

func (s *studio) book(ctx context.Context, who booking.Actor, class int64) (booked bool, err error) {
	_, err = s.engine.Book(ctx, who, booking.BookRequest{Key: uuid.NewString(), ClassID: class})
	if booking.CodeOf(err) == booking.Full || booking.CodeOf(err) == booking.HeldForWaitlist {
		return false, nil
	}
	return err == nil, err
}

// hot is how many clicks a second are answered when all want the same class, the
// median of five classes, and in how many transactions.
func (s *studio) hot(ctx context.Context) (perSecond float64, commits int64, err error) {
	var took []time.Duration
	var counts []int64
	for i := range 5 {
		class, err := s.class(ctx, 40+i)
		if err != nil {
			return 0, 0, err
		}
		var booked atomic.Int64
		before := s.commits.Load()
		began := time.Now()
		err = together(clickers, func(i int) error {
			got, err := s.book(ctx, s.members[i%len(s.members)], class)
			if got {
				booked.Add(1)
			}
			return err
		})
		took, counts = append(took, time.Since(began)), append(counts, s.commits.Load()-before)
		if err != nil {
			return 0, 0, err
		}
		if booked.Load() != seats {
			return 0, 0, fmt.Errorf("%d members have one of %d seats", booked.Load(), seats)
		}
	}
	slices.Sort(took)
	slices.Sort(counts)
	return clickers / took[2].Seconds(), counts[2], nil
}

// spread is the same over many classes: everybody gets a seat.
func (s *studio) spread(ctx context.Context) (perSecond float64, err error) {
	list := make([]int64, classes)
	for i := range list {
		if list[i], err = s.class(ctx, 60+i%100); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	err = together(clickers, func(i int) error {
		got, err := s.book(ctx, s.members[i%len(s.members)], list[i%classes])
		if err == nil && !got {
			return fmt.Errorf("a class with seats left refuses")
		}
		return err
	})
	return clickers / time.Since(began).Seconds(), err
}

// one is the median time of a single booking: in a young studio, in one with a
// hundred times its history, and by a function in the database, in turn.
func one(ctx context.Context, young, old *studio, y *yard) (single, aged, function time.Duration, err error) {
	var took [3][]time.Duration
	var targets [2][]int64
	for i := range singles / seats {
		for k, s := range []*studio{young, old} {
			class, err := s.class(ctx, 200+i)
			if err != nil {
				return 0, 0, 0, err
			}
			targets[k] = append(targets[k], class)
		}
	}
	for i := range singles {
		for k, s := range []*studio{young, old} {
			began := time.Now()
			got, err := s.book(ctx, s.members[(i*23)%len(s.members)], targets[k][i/seats])
			if err != nil || !got {
				return 0, 0, 0, fmt.Errorf("booking %d: %v, %w", i, got, err)
			}
			took[k] = append(took[k], time.Since(began))
		}
		began := time.Now()
		if err := y.function(ctx, int64(i/seats), int64(i)); err != nil {
			return 0, 0, 0, err
		}
		took[2] = append(took[2], time.Since(began))
	}
	for k := range took {
		slices.Sort(took[k])
	}
	return took[0][singles/2], took[1][singles/2], took[2][singles/2], nil
}

// atOnce runs f for 0 to n-1 on eight connections and says how many a second were done.
func atOnce(ctx context.Context, n int, f func(ctx context.Context, i int) error) (perSecond float64, err error) {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for range 8 {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := f(ctx, i); err != nil {
					return err
				}
			}
		})
	}
	err = group.Wait()
	return float64(n) / time.Since(began).Seconds(), err
}
