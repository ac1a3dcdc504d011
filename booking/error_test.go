package booking_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A read must report an unavailable database as temporary too, not as a defect.
func TestADatabaseThatIsAwayIsNotADefect(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	conn, err := env.Pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, `select pg_terminate_backend(pg_backend_pid())`)
	if !booking.OutOfReach(fmt.Errorf("reading: %w", err)) || !booking.ConnectionLost(fmt.Errorf("reading: %w", err)) {
		t.Errorf("the end of a connection is a defect: %v", err)
	}
	if _, err = conn.Exec(ctx, `select 1`); !booking.OutOfReach(err) {
		t.Errorf("a connection that has ended is a defect: %v", err)
	}
	away, err := booking.Connect(ctx, "postgres://nobody@127.0.0.1:1/nothing")
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	if _, err := away.Exec(ctx, `select 1`); !booking.OutOfReach(err) {
		t.Errorf("a server that does not listen is a defect: %v", err)
	}
	for code, want := range map[string]bool{
		"57P01": true, "57014": true, "53100": true, "53300": true, "08006": true, "55P03": true,
		"25006": true, "23505": false, "42601": false, "XX000": false,
	} {
		if got := booking.OutOfReach(fmt.Errorf("writing: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("SQLSTATE %s: got %v", code, got)
		}
	}
	for code, want := range map[string]bool{"57P01": true, "57P02": true, "57P03": false, "57014": false, "53300": false, "23505": false} {
		if got := booking.ConnectionLost(fmt.Errorf("reading: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("SQLSTATE %s: a lost connection? %v", code, got)
		}
	}
	if booking.ConnectionLost(nil) || booking.ConnectionLost(fmt.Errorf("reading: %w", context.Canceled)) {
		t.Error("a reader who went away has lost no connection")
	}
	if booking.OutOfReach(errors.New("a rule was broken")) || booking.OutOfReach(nil) {
		t.Error("a defect is taken for a database that is away")
	}
}
