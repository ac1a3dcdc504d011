package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/generate"
	"terminplan/booking/localpg"
)

// studio is an engine on a database of its own, with members and classes.
type studio struct {
	engine  *booking.Engine
	pool    *pgxpool.Pool
	owner   booking.Actor
	members []booking.Actor
	commits atomic.Int64
}

// connect opens connections as the program does, with longer limits: a statement that is slow
// on a busy machine is measured and must not end the run.
func connect(ctx context.Context, dsn string, tracer pgx.QueryTracer) (*pgxpool.Pool, error) {
	pool, err := booking.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	pool.Close()
	config := pool.Config()
	for _, limit := range []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"} {
		config.ConnConfig.RuntimeParams[limit] = fmt.Sprint(patience.Milliseconds())
	}
	config.ConnConfig.ConnectTimeout, config.PingTimeout = patience, patience
	config.ConnConfig.Tracer = tracer
	return pgxpool.NewWithConfig(ctx, config)
}

func openStudio(ctx context.Context, dsn string, size generate.Size) (*studio, error) {
	pool, err := connect(ctx, dsn, nil)
	if err != nil {
		return nil, err
	}
	s := &studio{pool: pool}
	if err := booking.Migrate(ctx, pool, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	password, err := booking.HashPassword(rand.Text())
	if err != nil {
		return nil, err
	}
	_, err = booking.CreateStudio(ctx, pool, booking.NewStudio{
		Name: "Bench", Zone: time.UTC, Language: "de",
		Owner: booking.NewPerson{GivenName: "Olga", FamilyName: "Eigner", Email: "owner@example.test", PasswordHash: password},
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
	rows, _ := pool.Query(ctx, `select id, role, given_name || ' ' || family_name, coalesce(email, ''), language from person
		where role in ('owner', 'member') order by id`)
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

// ensureDatabase makes the database of a DSN where it does not exist.
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
		return nil // it exists
	}
	return err
}

// class makes a class the given number of days ahead; classes on different days do not
// overlap.
func (s *studio) class(ctx context.Context, days, capacity int) (int64, error) {
	return s.classAt(ctx, time.Now().AddDate(0, 0, days).Truncate(time.Hour), capacity)
}

func (s *studio) classAt(ctx context.Context, start time.Time, capacity int) (int64, error) {
	c, err := s.engine.CreateClass(ctx, s.owner, booking.ClassRequest{
		Title: "Yoga", StartsAt: start, EndsAt: start.Add(time.Hour),
		Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: capacity, FreeCancel: 24 * time.Hour,
			WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
		},
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

// site is a studio with signed-in members, for the parts that measure nodes over HTTP.
type site struct {
	*studio
	dsn, redis, seed string
}

// rushes is the number of rushes. Members have a set of sessions for each, so that the node
// sees every session for the first time. The other parts use one more set.
const rushes = 5

// others is the number of the first session of the other parts.
func (s *site) others() int { return rushes * len(s.members) }

// site makes the site, once per run.
func (r *run) site(ctx context.Context) (*site, error) {
	if r.madeSite != nil {
		return r.madeSite, nil
	}
	redis, err := r.redis(ctx)
	if err != nil {
		return nil, err
	}
	dsn, err := r.database(ctx, "terminplan_site")
	if err != nil {
		return nil, err
	}
	r.logf("a studio with %d members who are signed in", r.members)
	s, err := openStudio(ctx, dsn, generate.Size{Members: r.members, Bookings: 2000, Classes: 20, Seed: 2})
	if err != nil {
		return nil, fmt.Errorf("making a studio: %w", err)
	}
	r.stops = append(r.stops, s.pool.Close)
	made := &site{studio: s, dsn: dsn, redis: redis, seed: rand.Text()}
	if err := made.signIn(ctx); err != nil {
		return nil, fmt.Errorf("signing members in: %w", err)
	}
	r.madeSite = made
	return made, nil
}

// sessionToken derives the token of session i from the seed, which all processes of the run
// know.
func sessionToken(seed string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", seed, i))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signIn inserts all sessions in one statement.
func (s *site) signIn(ctx context.Context) error {
	var hashes [][]byte
	var people []int64
	for set := range rushes + 1 {
		for i, m := range s.members {
			sum := sha256.Sum256([]byte(sessionToken(s.seed, set*len(s.members)+i)))
			hashes, people = append(hashes, sum[:]), append(people, m.ID)
		}
	}
	_, err := s.pool.Exec(ctx, `insert into session (token_hash, person_id, expires_at)
		select *, clock_timestamp() + interval '1 day' from unnest($1::bytea[], $2::bigint[])`, hashes, people)
	if err == nil {
		_, err = s.pool.Exec(ctx, `vacuum analyze session`)
	}
	return err
}

// env is the environment of the processes of nodes, watchers and askers.
func (s *site) env() []string {
	return []string{"TERMINPLAN_BENCH_DATABASE=" + s.dsn, "TERMINPLAN_BENCH_REDIS=" + s.redis, "TERMINPLAN_BENCH_SEED=" + s.seed}
}

// node starts a node, or the server that decides in memory.
func (r *run) node(ctx context.Context, s *site, kind string) (*process, string, error) {
	return spawn(ctx, "", s.env(), r.program, "bench-server", kind, fmt.Sprint("--people=", r.members))
}

// askers starts members who send requests to a node.
func (r *run) askers(ctx context.Context, s *site, addr string, conns int) (*process, error) {
	p, _, err := spawn(ctx, "", s.env(), r.program, "bench-askers", addr, fmt.Sprint(conns))
	return p, err
}
