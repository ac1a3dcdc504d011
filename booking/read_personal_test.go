package booking_test

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A page ignores a state unless its version is newer. So a state must be exactly that of
// its version, however reads and commits interleave.
func TestOnesOwnStateIsThatOfItsVersion(t *testing.T) {
	t.Parallel()
	today := time.Now()
	for _, reading := range []struct {
		name string
		read func(*bookingtest.Env, booking.Actor, int64) (booking.PersonalState, error)
	}{
		{"alone", func(env *bookingtest.Env, a booking.Actor, class int64) (booking.PersonalState, error) {
			personal, err := env.Personal(ctx, a, []int64{class})
			return personal.Classes[class], err
		}},
		{"for everybody", func(env *bookingtest.Env, a booking.Actor, class int64) (m booking.PersonalState, err error) {
			list, err := env.StatesInClasses(ctx, []int64{class})
			for _, p := range list {
				if p.PersonID == a.ID {
					m = p
				}
			}
			return m, err
		}},
		{"for a view", func(env *bookingtest.Env, a booking.Actor, class int64) (m booking.PersonalState, err error) {
			v, err := env.ScheduleView(ctx, a, today, today.AddDate(0, 1, 0))
			if err == nil {
				m = v.State(slices.IndexFunc(v.Snapshot.Classes, func(c booking.Class) bool { return c.ID == class }))
			}
			return m, err
		}},
	} {
		t.Run(reading.name, func(t *testing.T) {
			env := bookingtest.New(t)
			anna, ben := env.Member("Anna Alt", 3), env.Member("Ben Bunt", 3)
			class, other := env.Class(nil), env.Class(nil)
			ended := make(chan error, 1)
			go func() {
				var both errgroup.Group
				both.Go(func() error { return bookAndCancel(env, anna, class, 150) })
				both.Go(func() error { return bookAndCancel(env, ben, other, 150) })
				ended <- both.Wait()
			}()
			seen := map[int64]map[int64]bool{} // the bookings that were read with each version; 0: none
			for going := true; going; {
				m, err := reading.read(env, anna, class)
				if err != nil {
					t.Fatal(err)
				}
				if m.Version > 0 && seen[m.Version] == nil {
					seen[m.Version] = map[int64]bool{}
				}
				switch {
				case m.Version == 0: // nothing yet
				case m.Booking != nil:
					seen[m.Version][m.Booking.ID] = true
				default:
					seen[m.Version][0] = true
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
			if len(seen) < 20 {
				t.Errorf("only %d versions were seen: that proves nothing", len(seen))
			}
			for version, shown := range seen {
				was := env.Int(`select coalesce(max(id), 0) from booking
					where class_id = $1 and from_v <= $2 and (to_v is null or to_v > $2)`, class, version)
				if len(shown) != 1 || !shown[int64(was)] {
					t.Errorf("version %d, of booking %d, was shown with %v", version, was, shown)
				}
			}
		})
	}
}

func bookAndCancel(env *bookingtest.Env, a booking.Actor, class int64, times int) error {
	for range times {
		id, err := addedByStaff(env, a, class) // a member could not book so often
		if err != nil {
			return err
		}
		if _, err := env.Cancel(ctx, a, booking.CancelRequest{BookingID: id, ReasonID: bookingtest.ReasonIll}); err != nil {
			return err
		}
	}
	return nil
}
