package booking_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// While a class is locked, requests wait in a queue of limited length. Further requests are
// refused at once as Busy; the waiting ones are answered when the lock is released. The test is
// not parallel: its 25,000 requests take the whole machine for a while.
func TestALineOfClicksHasAnEnd(t *testing.T) {
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna Alt", 1)
	tx, err := env.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `set local idle_in_transaction_session_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `select from class where id = $1 for update`, class); err != nil {
		t.Fatal(err)
	}
	const clicks = 25_000 // more than the queue holds
	var answered, sentAway atomic.Int64
	first := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(clicks, func(int) {
			_, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class})
			switch booking.CodeOf(err) {
			case booking.Busy:
				if sentAway.Add(1) == 1 {
					first <- struct{}{}
				}
			case "":
				if err != nil {
					t.Error(err)
				}
				answered.Add(1)
			default:
				t.Error(err)
			}
		})
	}()
	select {
	case <-first:
	case <-time.After(bookingtest.Patience):
		t.Error("nobody is sent away")
	}
	if n := answered.Load(); n != 0 {
		t.Errorf("%d clicks are answered while the class is locked", n)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	<-done
	if answered.Load() < 20_000 || answered.Load()+sentAway.Load() != clicks {
		t.Errorf("%d clicks are answered, %d sent away", answered.Load(), sentAway.Load())
	}
	if n := env.Int(`select count(*) from booking where class_id = $1`, class); n != 1 {
		t.Errorf("%d bookings", n)
	}
}

// If a lock is held for too long, the whole batch is refused together. Trying its
// operations one by one would keep the queue waiting for hours.
func TestALockThatIsHeldTooLongSendsAllAwayTogether(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, members := env.Class(nil), env.Members(40, 1)
	pool, err := booking.Connect(ctx, env.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var transactions atomic.Int64
	engine, err := booking.Open(ctx, booking.Options{Pool: pool, OnBatch: func(booking.Batch) { transactions.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	tx, err := env.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, `set local idle_in_transaction_session_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `select from class where id = $1 for update`, class); err != nil {
		t.Fatal(err)
	}
	together(len(members), func(i int) {
		_, err := engine.Book(ctx, members[i], booking.BookRequest{ClassID: class})
		wantCode(t, err, booking.Busy)
	})
	if n := transactions.Load(); n > 5 {
		t.Errorf("%d transactions wait for the lock in turn", n)
	}
}

// A booking that gives up while a connection is opening must not close the connection:
// later bookings use it, or a busy machine would never have one.
func TestAConnectionThatOpensSlowlyIsKept(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna Alt", 1)
	slow := env.Pool.Config()
	var dials atomic.Int64
	open := make(chan struct{})
	slow.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 { // the first one is for Open itself
			<-open
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	pool, err := pgxpool.NewWithConfig(ctx, slow)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	engine, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	_, err = engine.Book(ctx, anna, booking.BookRequest{ClassID: class})
	wantCode(t, err, booking.Busy)
	if n := dials.Load(); n != 2 {
		t.Errorf("%d connections are opened for one booking", n-1)
	}
	close(open)
	idle := func() int32 { operations, _ := engine.Connections(); return operations.IdleConns() }
	for deadline := time.Now().Add(bookingtest.Patience); idle() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the connection that was being opened is gone")
		}
		time.Sleep(time.Millisecond) // the pool has no event to wait for
	}
	if _, err := engine.Book(ctx, anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Error(err)
	}
	if n := dials.Load(); n != 2 {
		t.Errorf("%d connections are opened for two bookings", n-1)
	}
}
