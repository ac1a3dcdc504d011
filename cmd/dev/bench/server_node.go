package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web"
	"terminplan/hub"
)

// serveNode runs a node of the program, wired as the program's main does it. The kind
// "memory" answers bookings without a database instead; see server_memory.go.
func serveNode(ctx context.Context, s serverCmd, l net.Listener, in io.Reader, out io.Writer) error {
	sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer sink.Close()
	log := slog.New(slog.NewTextHandler(sink, nil)) // formats and writes each line, as in production
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
	engine, err := booking.Open(ctx, booking.Options{Pool: pool, Log: log, OnCommit: func(c []booking.Change) { server.Live.Announce(c) }})
	if err != nil {
		return err
	}
	defer engine.Close()
	screens := hub.New(hub.Options{Log: log, MaxPerNetwork: 1 << 20}) // all screens are on this machine
	broker := hub.NewBroker(hub.BrokerOptions{
		Redis: client, Epoch: engine.Epoch(), Log: log,
		Deliver: func(h []hub.Hint) { server.Live.OnHints(h) },
		Resync:  func() { server.Live.Resync() },
	})
	if server, err = web.New(web.Options{Engine: engine, Hub: screens, Broker: broker, Log: log}); err != nil {
		return err
	}
	if s.Kind == "memory" {
		return serveMemory(newMemory(s.Seed, s.People, server.Handler(), log), l, in, out)
	}
	parts, running := errgroup.WithContext(ctx)
	for _, run := range []func(context.Context) error{engine.Run, screens.Run, broker.Run, server.Live.Run} {
		parts.Go(func() error { return run(running) })
	}
	parts.Go(func() error { return server.Serve(l) })
	if err := healthy(ctx, broker); err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	return serveCommands(in, out, func(c command) (string, error) {
		if c.verb == "statements" {
			return fmt.Sprint(seen.all.Swap(0), seen.ofClasses.Swap(0)), nil
		}
		return commonCommand(c)
	})
}

// statements counts the statements that PostgreSQL is sent.
type statements struct{ all, ofClasses atomic.Int64 }

func (s *statements) count(sql string) {
	s.all.Add(1)
	if strings.Contains(sql, "from class ") { // statements about alerts only join classes
		s.ofClasses.Add(1)
	}
}

// TraceQueryStart counts a single statement.
func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.count(q.SQL)
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery counts a statement of a batch.
func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	s.count(q.SQL)
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
