//go:build unix

package chaos

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/localpg"
)

// The connection of a booking is cut at each moment of its commit. At that moment the
// database holds the booking or not, as the name of the moment says, and the engine answers
// the booking in any case.
func TestCommitTrap(t *testing.T) {
	env := bookingtest.New(t)
	config, err := localpg.Config(env.DSN)
	if err != nil {
		t.Fatal(err)
	}
	var trap commitTrap
	server := func() (string, string) { return pgxNetwork(config.Host, config.Port) }
	p, err := listenProxy(server, func(*link) tap { return newConversation(&trap) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	address := "postgres://" + config.User + ":" + config.Password + "@" + p.addr + "/" + config.Database + "?sslmode=disable"
	pool, err := booking.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	engine, err := booking.Open(t.Context(), booking.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[moment]int{commitOnItsWay: 0, commitDone: 1, commitAnswered: 1} {
		class, anna, found := env.Class(nil), env.Member("Anna Alt", 3), -1
		done := trap.set(at, func(l *link) {
			found = env.Int(`select count(*) from booking where class_id = $1`, class)
			l.cut()
		})
		out, err := engine.Book(t.Context(), anna, booking.BookRequest{Key: uuid.NewString(), ClassID: class})
		select {
		case <-done:
		case <-time.After(bookingtest.Patience):
			t.Fatalf("moment %d: the trap did not spring", at)
		}
		if found != want {
			t.Errorf("moment %d: %d bookings were committed, want %d", at, found, want)
		}
		if err != nil || out.BookingID == 0 || env.Int(`select count(*) from booking where class_id = $1`, class) != 1 {
			t.Errorf("moment %d: the click is answered %+v, %v", at, out, err)
		}
	}
}

// Messages may arrive in pieces of any size.
func TestMessagesInPieces(t *testing.T) {
	stream := []byte("\x00\x00\x00\x08abcdQ\x00\x00\x00\x06hiX\x00\x00\x00\x04")
	for size := 1; size <= len(stream); size++ {
		m, found := messages{first: true}, ""
		for from := 0; from < len(stream); from += size {
			m.read(stream[from:min(from+size, len(stream))], func(_ int, kind byte, body []byte) bool {
				found += string(kind) + string(body) + ";"
				return true
			})
		}
		if found != "\x00abcd;Qhi;X;" {
			t.Errorf("in pieces of %d: %q", size, found)
		}
	}
}
