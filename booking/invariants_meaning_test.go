package booking_test

import (
	"testing"

	"terminplan/booking"
)

// The command check prints the sentence to an operator who does not know the invariant.
func TestEveryInvariantHasAMeaning(t *testing.T) {
	t.Parallel()
	for name, meaning := range booking.InvariantMeanings() {
		if len(meaning) < 20 {
			t.Errorf(`%s has no sentence: add the line "-- means: …" below its name`, name)
		}
	}
}
