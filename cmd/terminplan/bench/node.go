package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web"
	"terminplan/hub"
)

// serveNode is a node of the program, put together as main does it. In "memory" the
// same server decides without a database who asks and who gets a seat: it is the
// limit of what HTTP, middleware, parsing and answering leave room for.
func serveNode(ctx context.Context, s Stage, l net.Listener, in io.Reader, out io.Writer) error {
	sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer sink.Close()
	log := slog.New(slog.NewTextHandler(sink, nil)) // each line is written, as in production
	seen := &statements{}
	pool, err := connect(ctx, s.Database, seen)
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := hub.OpenRedis(s.Redis)
	if err != nil {
		return err
	}
	defer client.Close()
	var server *web.Server
	engine, err := booking.Open(ctx, booking.Options{Pool: pool, Log: log, OnCommit: func(c []booking.Change) { server.Announce(c) }})
	if err != nil {
		return err
	}
	defer engine.Close()
	screens := hub.New(hub.Options{Log: log})
	broker := hub.NewBroker(hub.BrokerOptions{
		Redis: client, Epoch: engine.Epoch(), Log: log,
		Deliver: func(h []hub.Hint) { server.Hear(h) },
		Resync:  func() { server.Resync() },
	})
	o := web.Options{Engine: engine, Hub: screens, Broker: broker, Log: log}
	parts, running := errgroup.WithContext(ctx)
	if s.Kind == "memory" {
		o.Standin = newMemory(s.Seed, s.People).standin()
	} else {
		parts.Go(func() error { return engine.Run(running) })
	}
	if server, err = web.New(o); err != nil {
		return err
	}
	for _, run := range []func(context.Context) error{screens.Run, broker.Run, server.Run} {
		parts.Go(func() error { return run(running) })
	}
	parts.Go(func() error { return server.Serve(l) })
	if err := healthy(ctx, broker); err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	return obey(in, out, func(o order) (string, error) {
		if o.verb == "statements" {
			return fmt.Sprint(seen.all.Swap(0), seen.ofClasses.Swap(0)), nil
		}
		return common(o)
	})
}

// statements counts what is asked of PostgreSQL.
type statements struct{ all, ofClasses atomic.Int64 }

func (s *statements) count(sql string) {
	s.all.Add(1)
	if strings.Contains(sql, "from class ") { // not the alerts that name one
		s.ofClasses.Add(1)
	}
}

// TraceQueryStart is told of every single statement.
func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.count(q.SQL)
	return ctx
}

// TraceQueryEnd is part of the interface.
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart is part of the interface.
func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery is told of every statement of a round trip.
func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	s.count(q.SQL)
}

// TraceBatchEnd is part of the interface.
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// memory is the least that can decide who gets a seat: a lock and a counter.
type memory struct {
	people map[string]booking.Actor // by session

	mu    sync.Mutex
	taken map[int64]int
}

func newMemory(seed string, people int) *memory {
	m := &memory{people: make(map[string]booking.Actor, rushes*people), taken: map[int64]int{}}
	for i := range rushes * people {
		m.people[sessionID(sessionToken(seed, i))] = booking.Actor{ID: int64(1 + i%people), Role: booking.RoleMember, Name: "Lena Müller", Email: fmt.Sprintf("m%d@generated.example", i), Language: "de"}
	}
	return m
}

func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (m *memory) standin() *web.Standin { return &web.Standin{Session: m.session, Book: m.book} }

func (m *memory) session(token string) (booking.Actor, string, error) {
	id := sessionID(token)
	a, ok := m.people[id]
	if !ok {
		return a, "", &booking.Error{Code: booking.SignedOut}
	}
	return a, id, nil
}

func (m *memory) book(_ booking.Actor, r booking.BookRequest) (booking.BookOutcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.taken[r.ClassID] == seats {
		return booking.BookOutcome{}, &booking.Error{Code: booking.Full, Args: map[string]any{"place": 1}}
	}
	m.taken[r.ClassID]++
	n := int64(m.taken[r.ClassID])
	return booking.BookOutcome{BookingID: n, ClassID: r.ClassID, Version: n, Cost: 1, Balance: 1, FreeUntil: time.Now()}, nil
}
