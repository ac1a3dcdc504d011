//go:build unix

package chaos

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }

// What is looked for after a fault is found where it is, and missed where it is not.
func TestALostConfirmationIsSeen(t *testing.T) {
	env := bookingtest.New(t)
	anna, key := env.Member("Anna Alt", 3), uuid.NewString()
	out, err := env.Book(t.Context(), anna, booking.BookRequest{Key: key, ClassID: env.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	m := &member{email: "anna", acked: map[string]ack{key: {result: "booked", bookingID: out.BookingID}}}
	s := &studio{url: env.DSN, members: []*member{m}}
	look := func() string {
		t.Helper()
		found, err := s.violations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(found, "; ")
	}
	if found := look(); found != "" {
		t.Errorf("a booking that is there is missed: %s", found)
	}
	m.acked[uuid.NewString()] = ack{result: "booked", bookingID: out.BookingID}
	if found := look(); !strings.Contains(found, "is lost") {
		t.Errorf("a confirmation without a trace is not seen: %q", found)
	}
	m.acked = map[string]ack{key: {result: "cancelled", bookingID: out.BookingID}}
	if found := look(); !strings.Contains(found, "is lost") {
		t.Errorf("a cancellation that was not done is not seen: %q", found)
	}
	m.acked = nil
	m.different = []string{"two answers to one click"}
	if found := look(); !strings.Contains(found, "two answers") {
		t.Errorf("a contradiction is not seen: %q", found)
	}
}
