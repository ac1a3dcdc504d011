//go:build unix

package chaos

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }

// The verification must report a confirmation whose booking is lost, and nothing else.
func TestLostConfirmationIsReported(t *testing.T) {
	env := bookingtest.New(t)
	anna, key := env.Member("Anna Alt", 3), uuid.NewString()
	out, err := env.Book(t.Context(), anna, booking.BookRequest{Key: key, ClassID: env.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	m := &member{email: "anna", id: anna.ID, acked: map[string]ack{key: {result: "booked", bookingID: out.BookingID}}}
	s := &studio{postgres: &database{address: env.DSN}, members: []*member{m}}
	verify := func() string {
		t.Helper()
		found, err := s.verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(found, "; ")
	}
	if found := verify(); found != "" {
		t.Errorf("a booking that exists is reported as lost: %s", found)
	}
	m.acked[uuid.NewString()] = ack{result: "booked", bookingID: out.BookingID}
	if found := verify(); !strings.Contains(found, "is lost") {
		t.Errorf("a confirmation without a booking is not reported: %q", found)
	}
	m.acked = map[string]ack{key: {result: "cancelled", bookingID: out.BookingID}}
	if found := verify(); !strings.Contains(found, "is lost") {
		t.Errorf("a cancellation without effect is not reported: %q", found)
	}
	m.acked = nil
	s.complaints.add("two answers to one click")
	if found := verify(); !strings.Contains(found, "two answers") {
		t.Errorf("a contradiction is not reported: %q", found)
	}
	if found := verify(); found != "" {
		t.Errorf("a complaint is reported twice: %q", found)
	}
}

// A fake node answers the repeat of a click differently.
func TestDifferentAnswerToARepeatIsReported(t *testing.T) {
	var answers []func(http.ResponseWriter)
	say := func(status, id int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"booking_id": %d}`, id)
		}
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer := answers[0]
		answers = answers[1:]
		answer(w)
	}))
	defer site.Close()
	s := &studio{}
	for i := range s.nodes {
		s.nodes[i] = &node{clients: &proxy{addr: strings.TrimPrefix(site.URL, "http://")}}
	}
	m := &member{studio: s, acked: map[string]ack{}}
	for _, c := range []struct {
		name  string
		first reply
		then  func(http.ResponseWriter)
		wrong bool
	}{
		{"the same seat", reply{status: 201, BookingID: 7}, say(200, 7), false},
		{"another seat", reply{status: 201, BookingID: 7}, say(201, 8), true},
		{"a refusal after a seat", reply{status: 201, BookingID: 7}, say(409, 0), true},
		{"a seat after a refusal", reply{status: 409}, say(201, 8), true},
		{"a refusal again", reply{status: 409}, say(409, 0), false},
		{"not certain", reply{status: 201, BookingID: 7}, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(503)
			fmt.Fprint(w, "{}")
		}, false},
		{"broken", reply{status: 201, BookingID: 7}, say(500, 0), true},
	} {
		answers = append(answers, c.then)
		m.repeat(t.Context(), 0, click{key: uuid.NewString(), path: "/classes/1/bookings", answer: c.first})
		if found := s.complaints.take(); (len(found) > 0) != c.wrong {
			t.Errorf("%s: %q", c.name, found)
		}
	}
}
