package booking_test

import (
	"sync/atomic"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// Close waits for the engine's goroutines. Here one still announces a commit, long after
// its connection went back to the pool.
func TestCloseWaitsForTheGoroutinesOfTheEngine(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, anna := env.Class(nil), env.Member("Anna", 1)
	committed, release := make(chan struct{}), make(chan struct{})
	var announced atomic.Bool
	engine, err := booking.Open(ctx, booking.Options{Pool: env.Pool, OnCommit: func([]booking.Change) {
		close(committed)
		<-release
		announced.Store(true)
	}})
	if err != nil {
		t.Fatal(err)
	}
	booked := make(chan error, 1)
	go func() {
		_, err := engine.Book(ctx, anna, booking.BookRequest{ClassID: class})
		booked <- err
	}()
	<-committed
	time.AfterFunc(100*time.Millisecond, func() { close(release) })
	engine.Close()
	if !announced.Load() {
		t.Error("Close returned while a goroutine of the engine was running")
	}
	if err := <-booked; err != nil {
		t.Errorf("the booking that was running: %v", err)
	}
	// A later request ends at once, with an error and without a goroutine.
	_, err = engine.Book(ctx, anna, booking.BookRequest{ClassID: class})
	wantCode(t, err, booking.Busy)
	if _, err = engine.PersonalOf(ctx, anna.ID); err == nil {
		t.Error("a closed engine reads")
	}
}
