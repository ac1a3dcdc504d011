package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestTheDeskUndoesARemoval(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.speaking(s.Staff(booking.RoleFrontDesk, "Fred Empfang"), "de")
	anna, class := s.Member("Anna Müller", 3), s.Class(one)
	out, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	cancel, restore := path("/bookings/%d/cancellation", out.BookingID), path("/bookings/%d/restoration", out.BookingID)
	s.as(anna).json().post(restore).wants(http.StatusForbidden)
	s.as(desk).htmx().with("HX-Target", path("section#cancel-%d", out.BookingID)).
		post(cancel, "reason", path("%d", bookingtest.ReasonIll), "behind", path("panel-%d", class)).wants(http.StatusOK).
		shows("Müller, Anna entfernt · Krank · 1 Punkt zurück", path(`action="%s"`, restore))
	s.as(desk).get(path("/classes/%d?tab=cancelled", class)).shows(path(`id="former-%d-undo"`, out.BookingID))

	panel := s.as(desk).htmx().with("HX-Target", path("article#panel-%d", class))
	panel.post(restore).wants(http.StatusOK).shows("Anna Müller ist wieder dabei.", "Müller, Anna</b>").
		hides(path(`id="former-%d-undo"`, out.BookingID))
	panel.post(restore).wants(http.StatusOK).shows("Anna Müller ist schon dabei.")

	// Somebody else gets the seat: the removal stays, and the panel says why.
	again, _ := s.Bookings(t.Context(), anna, anna.ID, false)
	seat := again[0].Booking.ID
	s.as(desk).json().post(path("/bookings/%d/cancellation", seat), "reason", path("%d", bookingtest.ReasonIll)).wants(http.StatusOK)
	if _, err := s.Book(t.Context(), s.Member("Ben Bunt", 3), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	panel.post(path("/bookings/%d/restoration", seat)).wants(http.StatusConflict).shows("Nicht zurückgenommen: ")
	s.as(desk).json().post(path("/bookings/%d/restoration", seat)).wants(http.StatusConflict).shows(`"code":"full"`)
}

// Telephone numbers and notes are for staff who may see members, also in the lists of an
// instructor's own class.
func TestAnInstructorSeesNoContactsOfParticipants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina := s.Staff(booking.RoleInstructor, "Ina Kurs")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID = ina.ID })
	anna := s.Member("Anna Müller", 3)
	s.Exec(`update person set phone = '0170 5550101', note = 'Knie links' where id = $1`, anna.ID)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	at := path("/classes/%d", class)
	s.as(s.Owner).get(at).shows("Müller, Anna", "0170 5550101", "Knie links")
	s.as(ina).get(at).shows("Müller, Anna").hides("0170 5550101", "Knie links")
	pushed := s.open(ina, path("view=roster&class=%d", class)).next("Müller, Anna")
	if strings.Contains(pushed, "5550101") || strings.Contains(pushed, "Knie") {
		t.Errorf("an instructor is sent %s", pushed)
	}
	s.open(s.Owner, path("view=roster&class=%d", class)).next("Müller, Anna", "5550101", "Knie")
}

func TestThePaletteFindsWithTheRightsOfTheReader(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, ina := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleInstructor, "Ina Kurs")
	anna, class := s.Member("Anna Müller", 3), s.Class(func(r *booking.ClassRequest) { r.Title = "Mürbe Muskeln" })
	find := func(a booking.Actor, q string) reply {
		t.Helper()
		return s.as(s.speaking(a, "de")).htmx().get("/find?q=" + q)
	}
	find(desk, "m%C3%BC").wants(http.StatusOK).shows(path("/members/%d", anna.ID), path("/classes/%d", class))
	find(ina, "m%C3%BC").wants(http.StatusOK).shows(path("/classes/%d", class)).hides("/members/")
	find(s.Owner, "neuer+kurs").shows(`href="/classes/new"`)
	find(desk, "neuer+kurs").hides(`href="/classes/new"`)
	find(desk, "heute").shows("/today?date=")
	find(desk, "24.12.").shows("-12-24")
	find(s.Owner, path("absagen&class=%d", class)).shows(path("/classes/%d/cancellation", class))
	s.as(desk).get("/find?q=anna").wants(http.StatusOK).shows("<html", path("/members/%d", anna.ID))
	s.as(anna).get("/find?q=anna").wants(http.StatusForbidden)
}

func TestTheFeedOfTheDayHasOnlyNamesThatTheReaderMaySee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, ina := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleInstructor, "Ina Kurs")
	class := s.Class(nil)
	anna := s.Member("Anna Müller", 3)
	out, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	ill := booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll}
	if _, err := s.Cancel(t.Context(), s.Owner, ill); err != nil {
		t.Fatal(err)
	}
	at := "/today/feed?date=" + day(s.start(class))
	body := s.as(s.speaking(desk, "de")).htmx().get(at).wants(http.StatusOK).shows("Anna Müller").body
	if removed, booked := strings.Index(body, "entfernt"), strings.Index(body, "gebucht"); removed < 0 || booked < removed {
		t.Errorf("the feed is not in order:\n%s", body)
	}
	s.as(ina).htmx().get(at).wants(http.StatusOK).hides("Anna")
	s.as(anna).get(at).wants(http.StatusForbidden)
}
