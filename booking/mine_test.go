package booking_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A screen drops what is not newer than what it shows. So a state must not have a
// version that is newer than itself, however reads and commits fall together.
func TestOnesOwnStateIsNeverOlderThanItsVersion(t *testing.T) {
	env := bookingtest.New(t)
	anna, class := env.Member("Anna Alt", 3), env.Class(nil)
	ended := make(chan error, 1)
	go func() {
		for range 300 {
			out, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class})
			if err == nil {
				_, err = env.Cancel(ctx, anna, booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll})
			}
			if err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	seen := map[int64]int64{} // the highest version under which a booking was shown
	for going := true; going; {
		mine, err := env.Mine(ctx, anna, []int64{class})
		if err != nil {
			t.Fatal(err)
		}
		if m := mine.Classes[class]; m.Booking != nil {
			seen[m.Booking.ID] = max(seen[m.Booking.ID], m.Version)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			going = false
		default:
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d bookings were seen: that proves nothing", len(seen))
	}
	for id, version := range seen {
		if n := env.Int(`select count(*) from booking where id = $1 and to_v <= $2`, id, version); n > 0 {
			t.Errorf("booking %d is shown with version %d, in which it had ended", id, version)
		}
	}
}
