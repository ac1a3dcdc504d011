package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// Members learn who gives classes, not who works here.
func TestTheFilterNamesOnlyWhoGivesAClassThatTheReaderMaySee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	tina, kim, hanno := s.Staff(booking.RoleInstructor, "Tina Trainer"), s.Staff(booking.RoleInstructor, "Kim Kurs"),
		s.Staff(booking.RoleInstructor, "Hanno Heimlich")
	dora := s.Staff(booking.RoleFrontDesk, "Dora Empfang")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.SubstituteID = tina.ID, kim.ID })
	s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Hidden = hanno.ID, true })
	day := "/schedule?date=" + s.start(class).In(s.zone()).Format("2006-01-02")
	option := func(a booking.Actor) string { return path(`<option value="%d"`, a.ID) }

	page := s.as(anna).get(day).wants(http.StatusOK).shows(option(tina), option(kim))
	page.hides(option(dora), option(hanno), option(s.Owner), "Dora", "Hanno", "Olga")
	s.as(s.Owner).get(day).shows(option(tina), option(kim), option(hanno)).hides(option(dora))
	for _, hidden := range []booking.Actor{dora, hanno, s.Owner} {
		at := day + path("&instructor=%d", hidden.ID)
		s.as(anna).get(at).wants(http.StatusOK).hides(option(hidden), "Dora", "Hanno", "Olga").shows(path("/classes/%d", class))
		s.as(anna).json().get(at).wants(http.StatusOK).shows(path(`"id":%d`, class))
	}
	other := "/schedule?date=2031-01-01" + path("&instructor=%d", tina.ID)
	s.as(anna).get(other).shows(option(tina) + " selected")
}

func TestTwoPeopleOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 3; r.Rules.Cost = 0 })
	lena, second, ida := s.Member("Lena Müller", 0), s.Member("Lena Mueller", 0), s.Member("Ida Ott", 0)
	s.Exec(`update person set number = 'A-1' where id = $1`, lena.ID)
	s.Exec(`update person set number = '', email = 'zweite@example.test' where id = $1`, second.ID)
	var seat booking.BookOutcome
	for _, a := range []booking.Actor{lena, second, ida} {
		out, err := s.Book(t.Context(), a, booking.BookRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		if a.ID == lena.ID {
			seat = out
		}
	}
	panel := s.as(s.Owner).get(path("/classes/%d", class)).wants(http.StatusOK)
	panel.shows("Müller, Lena (A-1)", "Mueller, Lena (zweite@example.test)", "Ott, Ida<", "Buchung von Lena Müller (A-1) stornieren",
		"Buchung von Lena Mueller (zweite@example.test) stornieren").hides("Ott, Ida (")
	s.as(s.Owner).get(path("/bookings/%d/cancellation", seat.BookingID)).shows("Lena Müller (A-1)")
	s.as(s.Owner).get("/members").shows("Müller, Lena (A-1)").hides("Ott, Ida (")
	s.as(s.Owner).get(path("/classes/%d/candidates?q=lena+muller", class)).shows("Lena Müller (A-1)", "Lena Mueller (zweite@example.test)")
	s.as(s.Owner).get(path("/classes/%d/history", class)).shows("Lena Müller (A-1)")

	// A waiter and a guest of the same name, a receipt, and the list of the cancelled.
	third := s.Member("Lena Muller", 0)
	s.Exec(`update person set number = '', email = null, phone = '0170 5550101' where id = $1`, third.ID)
	if _, err := s.JoinWaitlist(t.Context(), s.Owner, booking.JoinRequest{ClassID: class, MemberID: third.ID}); err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).get(path("/classes/%d", class)).shows("Muller, Lena (…0101)", "Lena Muller (…0101)")
	s.as(s.Owner).htmx().with("HX-Target", path("panel-%d", class)).
		post(path("/bookings/%d/cancellation", seat.BookingID), "reason", path("%d", bookingtest.ReasonIll)).shows("Lena Müller (A-1)")
	s.as(s.Owner).get(path("/classes/%d?tab=cancelled", class)).shows("Müller, Lena (A-1)")
	for _, a := range []booking.Actor{lena, ida} {
		s.as(a).get(path("/classes/%d", class)).hides("A-1", "zweite@example.test", "Mueller")
	}
}

func TestANameIsShownWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 20 })
	guests := []string{
		"2 Kinder Müller", "Dr. Anna Weber", "María José de la Cruz", "Nguyễn Thị Minh Khai", "Oma von Lena", "Weber, Anna", "Zoe",
	}
	form := []string{}
	for _, name := range guests {
		form = append(form, "guest_name", name, "guest_email", "")
	}
	s.as(s.Owner).post(path("/classes/%d/participants", class), form...)
	page := s.as(s.Owner).get(path("/classes/%d", class))
	last := -1
	for _, name := range guests {
		at := strings.Index(page.body, `<b class="name">`+name+`</b>`)
		if at < 0 {
			t.Errorf("%q is not shown whole", name)
		} else if at < last {
			t.Errorf("%q is not sorted by the whole name", name)
		}
		last = at
	}
	s.as(s.Owner).post("/members", "given_name", "", "family_name", "Suharto", "email", "suharto@example.test").wants(http.StatusSeeOther)
	s.as(s.Owner).post("/members", "given_name", "Madonna", "family_name", "", "email", "madonna@example.test").wants(http.StatusSeeOther)
	s.as(s.Owner).get("/members?q=" + url.QueryEscape("madonna")).shows(`<b class="name">Madonna</b>`)
	s.as(s.Owner).get("/members?q=suharto").shows(`<b class="name">Suharto</b>`)
	s.as(s.Owner).post("/members", "given_name", " ", "family_name", "", "email", "niemand@example.test").
		wants(http.StatusUnprocessableEntity).shows("Vorname oder Nachname fehlt noch.")
}

func TestATakenAddressIsToldWithTheOtherWrongFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(`update person set language = 'de' where id = $1`, s.Owner.ID)
	lena := s.Member("Lena Müller", 0)
	s.Exec(`update person set email = 'info@bücher.example', number = '10400' where id = $1`, lena.ID)
	for _, email := range []string{"info@bücher.example", "INFO@Bücher.example", "info@xn--bcher-kva.example", " info@bu\u0308cher.example "} {
		s.as(s.Owner).post("/members", "given_name", "", "family_name", "", "email", email).wants(http.StatusUnprocessableEntity).
			shows("Diese Adresse hat schon Lena Müller (10400).", path("/members/%d", lena.ID), "Vorname oder Nachname fehlt noch.")
	}
	s.Exec(`update person set email = 'info@xn--bcher-kva.example' where id = $1`, lena.ID)
	s.as(s.Owner).post("/members", "given_name", "A", "family_name", "B", "email", "info@bücher.example").wants(http.StatusUnprocessableEntity)
}
