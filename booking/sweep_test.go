package booking_test

import (
	"testing"

	"terminplan/booking/bookingtest"
)

// A clock that was an hour ahead and is set back passes the end of a class twice. Pages
// must be told both times.
func TestAClockThatGoesBackPassesEverythingAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	newStage(env)
	class := env.Class(nil)
	env.Exec(`update stopped.clock set at = (select starts_at + interval '50 minutes' from class where id = $1)`, class)
	after := func(leap string) int {
		t.Helper()
		env.Exec(`update stopped.clock set at = at + $1::text::interval`, leap)
		if err := env.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		return env.Int(`select version from class where id = $1`, class)
	}
	running := after("0")
	if over := after("1 hour"); over <= running {
		t.Errorf("version %d at the end, %d before", over, running)
	}
	if again := after("-1 hour"); after("5 minutes") != again {
		t.Error("nothing is due, and the class changes")
	} else if over := after("6 minutes"); over <= again {
		t.Errorf("version %d at the end, %d before: the clock had been there already", over, again)
	}
}
