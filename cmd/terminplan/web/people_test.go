package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/present"
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
	chip := func(a booking.Actor) string { return path(`&amp;instructor=%d"`, a.ID) }

	page := s.as(anna).get(day).wants(http.StatusOK).shows(chip(tina), chip(kim))
	page.hides(chip(dora), chip(hanno), chip(s.Owner), "Dora", "Hanno", "Olga")
	s.as(s.Owner).get(day).shows(option(tina), option(kim), option(hanno)).hides(option(dora))
	for _, hidden := range []booking.Actor{dora, hanno, s.Owner} {
		at := day + path("&instructor=%d", hidden.ID)
		s.as(anna).get(at).wants(http.StatusOK).hides("Dora", "Hanno", "Olga").shows(path("/classes/%d", class))
		s.as(anna).json().get(at).wants(http.StatusOK).shows(path(`"id":%d`, class))
	}
	other := "/schedule?date=" + s.start(class).AddDate(0, 1, 0).In(s.zone()).Format("2006-01-02") + path("&instructor=%d", tina.ID)
	s.as(anna).get(other).shows(`aria-current="true">Tina</a>`)
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
	s.as(s.Owner).htmx().get(path("/classes/%d/candidates?q=lena+muller", class)).shows(" (A-1)", " (zweite@example.test)")
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
	for _, email := range []string{
		"info@bücher.example", "INFO@Bücher.example", "info@xn--bcher-kva.example",
		" info@bu\u0308cher.example ",
	} {
		s.as(s.Owner).post("/members", "given_name", "", "family_name", "", "email", email).wants(http.StatusUnprocessableEntity).
			shows("Diese Adresse hat schon Lena Müller (10400).", path("/members/%d", lena.ID), "Vorname oder Nachname fehlt noch.")
	}
	s.Exec(`update person set email = 'info@xn--bcher-kva.example' where id = $1`, lena.ID)
	s.as(s.Owner).post("/members", "given_name", "A", "family_name", "B", "email",
		"info@bücher.example").wants(http.StatusUnprocessableEntity)
}

func TestTheDeskIsAskedBeforeSomebodyGetsTwoSeats(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.Cost = 50, 0 })
	lena := s.Member("Lena Müller", 0)
	s.Exec(`update person set email = 'lena@example.test', number = '10400' where id = $1`, lena.ID)
	at, seats := path("/classes/%d/participants", class), 0
	guest := func(name, email string, more ...string) reply {
		return s.as(s.Owner).json().post(at, append([]string{"guest_name", name, "guest_email", email}, more...)...)
	}
	adds := func(what string, r reply, n int) {
		t.Helper()
		seats += n
		if got := s.Int(`select count(*) from booking where class_id = $1 and ended_at is null`, class); got != seats {
			t.Errorf("%s: %d seats are taken, want %d: %s", what, got, seats, r.body)
			seats = got
		}
	}
	adds("a guest", guest("Eva Gast", "eva@example.org").wants(http.StatusCreated), 1)
	for _, again := range [][2]string{
		{"Eva Gast", "eva@example.org"}, {"EVA GAST", "Eva@Example.org"}, {"Gast, Eva", "eva@example.org"}, {"Eva Gast", ""},
	} {
		adds("the same guest", guest(again[0], again[1]).wants(http.StatusConflict).shows(`"duplicate"`, "steht schon auf der Liste"), 0)
	}
	adds("another Eva", guest("Eva Gast", "eva.zwei@example.org").wants(http.StatusCreated), 1)
	adds("confirmed", guest("Eva Gast", "eva@example.org", "confirm_duplicate", "1").wants(http.StatusCreated), 1)

	adds("a member's address", guest("Lena", "LENA@example.test").wants(http.StatusConflict).shows("Lena Müller ist Mitglied"), 0)
	panel := s.as(s.Owner).post(at, "guest_name", "Lena", "guest_email", "lena@example.test").wants(http.StatusConflict)
	panel.shows("Lena Müller ist Mitglied: als Mitglied buchen?", "Lena Müller buchen", "Als Gast hinzufügen",
		path(`name="member_id" value="%d"`, lena.ID))
	adds("as a guest", guest("Lena", "lena@example.test", "confirm_duplicate", "1").wants(http.StatusCreated), 1)
	member := func(more ...string) reply {
		return s.as(s.Owner).json().post(at, append([]string{"member_id", path("%d", lena.ID)}, more...)...)
	}
	adds("then the member", member().wants(http.StatusConflict).shows("steht schon auf der Liste"), 0)
	adds("then the member, confirmed", member("confirm_duplicate", "1").wants(http.StatusCreated), 1)
	adds("the member again", member().wants(http.StatusOK).shows(`"already":true`), 0)
	adds("a booked member's address", guest("Lena M.",
		"lena@example.test").wants(http.StatusConflict).shows("steht schon auf der Liste"), 0)

	twice := s.as(s.Owner).json().post(at, "guest_name", "Otto", "guest_email", "", "guest_name", "Ida", "guest_email", "",
		"guest_name", "OTTO", "guest_email", "")
	adds("a name twice in one request", twice.wants(http.StatusMultiStatus).shows(`"duplicate"`), 2)
	keyed := s.as(s.Owner).json().with("Idempotency-Key", "3f0cb1c2-6c0e-4a58-9d3b-0a4d4a8f6a11")
	adds("with a key", keyed.post(at, "guest_name", "Uli", "guest_email", "").wants(http.StatusCreated), 1)
	adds("repeated with the key", keyed.post(at, "guest_name", "Uli", "guest_email", "").wants(http.StatusCreated), 0)
}

func TestAClassThatRunsOverMidnightIsOnTheDayAfterUntilItEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	add := func(title string, minutes int) int64 {
		return s.Class(func(r *booking.ClassRequest) {
			r.Title, r.EndsAt = title, r.StartsAt.Add(time.Duration(minutes)*time.Minute)
		})
	}
	midnight := present.Midnight(time.Now(), s.zone())
	runs, ended, cancelled, later := add("Nachtlauf", 3000), add("Spätkurs", 60), add("Ausfall", 3000), add("Frühkurs", 30)
	for class, start := range map[int64]time.Time{
		runs: midnight.Add(-25 * time.Minute), ended: midnight.Add(-time.Hour), cancelled: midnight.Add(-25 * time.Minute), later: midnight,
	} {
		s.MoveStart(class, time.Until(start))
	}
	s.Exec(`update class set ends_at = $2 where id = $1`, ended, midnight)
	s.Exec(`update class set state = 'cancelled' where id = $1`, cancelled)
	day := func(at time.Time) string { return "?date=" + at.In(s.zone()).Format(time.DateOnly) }
	for _, page := range []reply{
		s.as(s.Owner).get("/today"), s.as(anna).get("/schedule"), s.as(anna).json().get("/schedule"),
		s.as(s.Owner).json().get("/today"), s.as(s.Owner).get("/today" + day(midnight)),
	} {
		page.wants(http.StatusOK).shows("Nachtlauf", "Frühkurs").hides("Spätkurs", "Ausfall")
	}
	for _, page := range []reply{
		s.as(s.Owner).get("/today" + day(midnight.Add(36*time.Hour))),
		s.as(anna).get("/schedule" + day(midnight.Add(36*time.Hour))),
	} {
		page.hides("Nachtlauf")
	}
	s.as(anna).get("/schedule"+day(midnight.Add(-time.Hour))).shows("Nachtlauf", "Spätkurs")
}

func TestAnInstructorSeesTheFactsOfAColleaguesClassAndNoActionsOfCustomers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, kim, anna := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Kim Kurs"),
		s.Member("Anna Arnold", 3)
	class := s.Class(func(r *booking.ClassRequest) {
		r.InstructorID, r.Rules.Capacity, r.Rules.Cost, r.Rules.FreeCancel = kim.ID, 5, 1, 24*300*time.Hour
	})
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	at := path("/classes/%d", class)
	customer := []string{"Guthaben", "nötig", "Stunden bis zum Start", "/bookings\"", "/waitlist\"", "Anna"}
	s.as(ina).get(at).wants(http.StatusOK).hides(customer...).
		shows("Yoga Flow", "Kim", `<b class="num">4</b>`, "Plätze frei", "von 5", "Die Teilnehmer sehen")
	s.as(ina).htmx().get(at).wants(http.StatusOK).hides(customer...)
	s.as(kim).get(at).wants(http.StatusOK).shows("Arnold, Anna")
	s.as(s.Member("Paul Pleite", 0)).get(at).shows("Guthaben")
}
