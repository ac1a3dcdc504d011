package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub/localredis"
)

// speaking stores a language in the account of the person.
func (s *site) speaking(a booking.Actor, lang string) booking.Actor {
	s.t.Helper()
	s.Exec(`update person set language = $2 where id = $1`, a.ID, lang)
	return a
}

// line books and frees the only seat of a class, so that it is offered to the first waiter.
func (s *site) line(class int64, waiters ...booking.Actor) (entries []int64, offer int64) {
	s.t.Helper()
	ctx := s.t.Context()
	sitting := s.Member("Anna Arnold", 3)
	seat, err := s.Book(ctx, sitting, booking.BookRequest{ClassID: class})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, w := range waiters {
		out, err := s.JoinWaitlist(ctx, w, booking.JoinRequest{ClassID: class})
		if err != nil {
			s.t.Fatal(err)
		}
		entries = append(entries, out.EntryID)
	}
	if _, err := s.Cancel(ctx, sitting, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll}); err != nil {
		s.t.Fatal(err)
	}
	return entries, int64(s.Int(`select id from offer where class_id = $1 and state = 'open'`, class))
}

func one(r *booking.ClassRequest) { r.Rules.Capacity = 1 }

// switchTo turns online booking on or off through the API.
func (s *site) switchTo(class int64, on string) {
	s.t.Helper()
	at := path("/classes/%d", class)
	version := s.Int(`select version from class where id = $1`, class)
	s.as(s.Owner).json().do("POST", at+"/edit", "application/json", path(`{"version": %d, "online": %s}`, version, on)).wants(http.StatusOK)
}

func TestEveryOpenPageSaysThatOnlineBookingIsOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	redis, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	here, there := s.node(redis.URL()), s.node(redis.URL())
	cora, dora := s.speaking(s.Member("Cora Chic", 3), "de"), s.speaking(s.Member("Dora Dach", 3), "en")
	desk := s.speaking(s.Staff(booking.RoleFrontDesk, "Fred Empfang"), "en")
	class := s.Class(one)
	entries, offer := s.line(class, cora, dora)
	view, personal := path("view=class&class=%d", class), path(`id="class-%d-personal"`, class)

	coras, doras, roster := there.open(cora, "view=person"), there.open(dora, view), there.open(desk, path("view=roster&class=%d", class))
	coras.next(`id="alerts"`, "card-offer")
	doras.next(personal)
	roster.next(path(`id="entry-%d"`, entries[1]))
	here.switchTo(class, "false")

	alert := coras.next(`id="alerts"`, "Angebot zurückgenommen", "Onlinebuchungen wurden für diesen Kurs ausgeschaltet")
	if strings.Contains(alert, "card-offer") {
		t.Error("the offer is still on the page")
	}
	doras.next(personal, `data-personal="waiting"`, "The desk books") // makes the script of the class page fetch the page
	names := roster.next(path(`id="entry-%d-book"`, entries[0]), path(`id="entry-%d-book"`, entries[1]), "1 free, 2 waiting.")
	if strings.Contains(names, path("/waitlist/%d/offer", entries[1])) {
		t.Error("the desk can still make an offer that nobody can accept")
	}

	// Newly loaded pages on both nodes show the same.
	for _, n := range []*site{here, there} {
		for _, at := range []string{path("/classes/%d", class), "/bookings"} {
			n.as(cora).get(at).wants(http.StatusOK).shows("Der Empfang bucht ein").hides(path("/offers/%d", offer))
			n.as(dora).get(at).wants(http.StatusOK).hides("Ask me")
		}
		n.as(dora).get(path("/classes/%d", class)).
			shows("You keep your place on the waitlist: when a seat is free, the desk can book you in.")
		n.as(dora).get("/bookings").shows("Online booking is off: the desk books.")
		n.as(dora).get("/schedule?date=" + day(s.start(class))).shows("The desk books")
		n.as(cora).json().get("/alerts").wants(http.StatusOK).shows(`"kind":"offer_withdrawn"`).shows(`"stale":false`)
		n.as(desk).get(path("/classes/%d", class)).shows("1 free, 2 waiting.").shows(path("/waitlist/%d/booking", entries[1]))
	}
	s.as(cora).json().post(path("/offers/%d/acceptance", offer)).wants(http.StatusConflict).shows(`"offer_gone"`).
		shows(`"why":"online_off"`).
		shows("dein Rang auf der Warteliste bleibt")
	s.as(cora).json().get(path("/classes/%d", class)).shows(`"online":false`).shows(`"code":"online_off"`).hides(`"offer":{`)

	here.switchTo(class, "true")
	alert = coras.next(`id="alerts"`, "card-offer")
	if strings.Contains(alert, "zurückgenommen") {
		t.Error("the page still says that the offer was withdrawn")
	}
	if names = roster.next(path(`id="entry-%d"`, entries[0]), "tag offer"); strings.Contains(names, "-book") {
		t.Error("the desk can still book in spite of the offer")
	}
}

func TestTheDeskBooksAWaiterWhereOnlineBookingIsOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cora, dora := s.Member("Cora Chic", 3), s.Member("Dora Dach", 3)
	desk := s.speaking(s.Staff(booking.RoleFrontDesk, "Fred Empfang"), "de")
	class := s.Class(one)
	entries, _ := s.line(class, cora, dora)
	s.switchTo(class, "false")

	// A button on a page from before the switch creates no offer, and the response explains
	// the alternative.
	pressed := s.as(desk).htmx().with("HX-Target", path("article#panel-%d", class))
	pressed.post(path("/waitlist/%d/offer", entries[1])).wants(http.StatusConflict).shows("Buche die Person direkt ein").
		shows(path(`id="entry-%d-book"`, entries[1]))
	s.as(desk).json().post(path("/waitlist/%d/offer", entries[1])).wants(http.StatusConflict).shows(`"code":"book_instead"`)

	s.as(cora).json().post(path("/waitlist/%d/booking", entries[0])).wants(http.StatusForbidden)
	pressed.post(path("/waitlist/%d/booking", entries[1])).wants(http.StatusCreated).
		shows("Dora Dach").hides(path(`id="entry-%d"`, entries[1]))
	s.as(desk).json().post(path("/waitlist/%d/booking", entries[1])).wants(http.StatusOK).shows(`"already":true`).shows(`"balance":2`)
	pressed.post(path("/waitlist/%d/booking", entries[0])).wants(http.StatusConflict).shows("Kurs ist voll")
	s.as(desk).json().post(path("/waitlist/%d/booking", entries[0])).wants(http.StatusConflict).shows(`"code":"full"`)
	s.as(desk).json().post("/waitlist/999999/booking").wants(http.StatusNotFound)
}

func TestOnlyTheDeskBooksWhereOnlineBookingIsOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(one)
	s.line(class, s.Member("Cora Chic", 3))
	s.switchTo(class, "false")
	other := s.Member("Emil Eck", 3)
	s.as(other).json().post(path("/classes/%d/bookings", class)).wants(http.StatusForbidden).shows(`"online_off"`)
	s.as(s.Staff(booking.RoleFrontDesk, "Fred Empfang")).json().
		post(path("/classes/%d/participants", class), "member_id", path("%d", other.ID)).wants(http.StatusCreated)
}
