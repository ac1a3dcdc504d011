package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const cannotConnectNow = "57P03" // "the database system is starting up", and the like

// ready waits until the server answers and has the database.
func (s *Server) ready(ctx context.Context, database string) error {
	admin := s.address
	admin.database = "postgres"
	cfg, err := Config(admin.dsn())
	if err != nil {
		return err
	}
	retry := time.NewTicker(15 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err == nil {
			return errors.Join(makeDatabase(ctx, conn, database), conn.Close(ctx))
		}
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code != cannotConnectNow {
			return err // waiting would not help
		}
		select {
		case <-s.done:
			return fmt.Errorf("postgres ended while starting: %w\n%s", s.err, tail(s.cluster.log()))
		case <-ctx.Done():
			return fmt.Errorf("postgres did not become ready: %w (last: %w)\n%s", ctx.Err(), err, tail(s.cluster.log()))
		case <-retry.C:
		}
	}
}

func makeDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	var have bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&have); err != nil || have {
		return err
	}
	_, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	return err
}

// tail is the end of a log file, for an error message.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const length = 2000
	if st, err := f.Stat(); err == nil && st.Size() > length {
		_, _ = f.Seek(-length, io.SeekEnd)
	}
	b, _ := io.ReadAll(f) // half a log is better than none
	return string(b)
}
