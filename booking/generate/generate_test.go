package generate_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/generate"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }

// The environment checks every invariant when the test ends.
func TestAGeneratedStudioHoldsEveryInvariantAndCanBeWorkedWith(t *testing.T) {
	env := bookingtest.New(t)
	size := generate.Size{Members: 300, Bookings: 1200, Classes: 120, Seed: 7}
	if err := generate.Studio(t.Context(), env.Pool, size); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]int{
		`select count(*) from person where role = 'member'`: 300,
		`select count(*) from booking`:                      1200,
		`select count(*) from class`:                        120,
	} {
		if n := env.Int(sql); n != want {
			t.Errorf("%s: %d, want %d", sql, n, want)
		}
	}
	class := int64(env.Int(`select id from class
		where booked < capacity and starts_at > clock_timestamp() + interval '2 days'
		order by id limit 1`))
	if _, err := env.Book(t.Context(), env.Member("Anna Arnold", 1), booking.BookRequest{ClassID: class}); err != nil {
		t.Errorf("a new member books: %v", err)
	}
	if err := generate.Studio(t.Context(), env.Pool, size); err == nil {
		t.Error("a studio that has classes was filled again")
	}
}
