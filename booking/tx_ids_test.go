package booking_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// An operation that needs more ids than were reserved runs again with enough of them.
func TestADecisionThatNeedsManyIDsIsTakenAgainWithEnough(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna Alt", 0)
	tries := 0
	err := env.Meddle(ctx, "", anna, class, func(tell func(int64)) {
		tries++
		for range 2500 {
			tell(anna.ID)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from alert where id > 0`); n != 2500 || tries != 2 {
		t.Errorf("%d alerts after %d tries, want 2500 after 2", n, tries)
	}
}

// PostgreSQL ends the connection between decide and save, and no reserved id is left. The
// operation runs again on another connection, and the node goes on.
func TestAConnectionThatIsLostWhileAlertsAreWrittenEndsNoNode(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna Alt", 0)
	env.KeepIDs(0)
	var tries atomic.Int64
	err := env.Meddle(ctx, uuid.NewString(), anna, class, func(tell func(int64)) {
		if tries.Add(1) == 1 {
			env.Exec(`select pg_terminate_backend(pid, 10000) from pg_stat_activity
				where datname = current_database() and state = 'idle in transaction' and pid <> pg_backend_pid()`)
		}
		tell(anna.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from alert`); n != 1 || tries.Load() != 2 {
		t.Errorf("%d alerts after %d tries, want 1 after 2", n, tries.Load())
	}
}

// A panic while rows are written fails only its own request.
func TestAPanicWhileSavingFailsItsOwnRequestOnly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna Alt", 1)
	if err := env.Meddle(ctx, uuid.NewString(), anna, class, func(tell func(int64)) { tell(0) }); err == nil {
		t.Error("a transaction that panicked is answered as done")
	}
	if err := env.Meddle(ctx, "", anna, class, func(tell func(int64)) { tell(0) }); booking.CodeOf(err) != booking.Unknown {
		t.Errorf("without a key a transaction that panicked while it wrote is answered %v, want unknown", err)
	}
	if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Errorf("the next booking fails: %v", err)
	}
}

func TestIDsThatWereNotUsedAreUsedNext(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, members := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 100 }), env.Members(60, 1)
	before := env.Int(`select last_value from block_ids`)
	for _, m := range members {
		if _, err := env.Book(ctx, m, booking.BookRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
	}
	if blocks := (env.Int(`select last_value from block_ids`) - before) / 1000; blocks > 1 {
		t.Errorf("60 bookings reserved %d blocks of a thousand ids", blocks)
	}
}
