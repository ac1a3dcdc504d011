package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestTheProfileFormKeepsTypedValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna, ben := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Arnold", 3), s.Member("Ben Berger", 0)
	s.as(anna).get("/profile").wants(http.StatusOK) // signs in before the address changes
	at := path("/members/%d", anna.ID)
	facts := []string{
		"form", "facts", "given_name", "Anne", "family_name", "Arnold", "email", "anne@example.test", "phone", "0171 1", "number",
		"7", "language", "en", "note", "Knie links",
	}
	s.as(boss).post(at+"/edit", facts...).leadsTo(at)
	s.as(boss).get(at).wants(http.StatusOK).shows("Anne Arnold").shows("Knie links")
	for field, value := range map[string]string{"given_name": strings.Repeat("x", 101), "email": "keine Adresse", "language": "fr"} {
		wrong := append([]string{}, facts...)
		for i := 0; i < len(wrong); i += 2 {
			if wrong[i] == field {
				wrong[i+1] = value
			}
		}
		s.as(boss).post(at+"/edit", wrong...).wants(http.StatusUnprocessableEntity).shows(`id="facts-` + field + `-error"`).
			shows("Knie links")
	}
	taken := append([]string{}, facts...)
	taken[7] = ben.Email
	s.as(boss).post(at+"/edit", taken...).wants(http.StatusUnprocessableEntity).shows(`id="facts-email-error"`)
	// The note is for the staff only.
	for _, page := range []string{"/profile", "/bookings", "/schedule"} {
		if r := s.as(anna).get(page); strings.Contains(r.body, "Knie") {
			t.Errorf("%s shows the note to the member", r.what)
		}
	}
	s.as(s.Staff(booking.RoleFrontDesk, "Fred Empfang")).json().post(at+"/edit", facts...).wants(http.StatusForbidden)
}

func TestCreditsAreCorrectedForgivenAndIssuedInTheProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Arnold", 3)
	at, grant := path("/members/%d", anna.ID), path("%d", int64(s.Int(`select id from account where person_id = $1`, anna.ID)))
	s.as(boss).post(
		at+"/corrections", "form", "correct-"+grant, "grant", grant, "amount", "-1", "reason", "doppelt verkauft",
	).leadsTo(at + "/credits")
	s.as(boss).post(
		at+"/corrections", "form", "correct-"+grant, "grant", grant, "amount", "-9", "reason", "x",
	).wants(http.StatusPaymentRequired).shows("correct-" + grant + "-amount-error")
	s.as(boss).post(
		at+"/corrections", "form", "correct-"+grant, "grant", grant, "amount", "1", "reason", "",
	).wants(http.StatusUnprocessableEntity).shows("correct-" + grant + "-reason-error")
	s.as(boss).get(at + "/credits").wants(http.StatusOK).shows("doppelt verkauft")
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	s.MoveStart(class, 2*time.Hour)
	if _, err := s.Cancel(
		t.Context(), anna, booking.CancelRequest{BookingID: seat.BookingID, ReasonID: bookingtest.ReasonIll},
	); err != nil {
		t.Fatal(err)
	}
	s.as(boss).get(at).wants(http.StatusOK).shows("1× zu spät storniert")
	s.as(boss).get(at + "/training").wants(http.StatusOK).shows(path("/bookings/%d/forgiveness", seat.BookingID))
	s.as(boss).json().post(path("/bookings/%d/forgiveness", seat.BookingID)).wants(http.StatusOK).shows(`"refunded":1`)
	s.as(boss).post(
		at+"/periodic", "form", "periodic", "name", "Abo", "quantity", "4", "every", "month", "starts_on",
		day(time.Now()), "valid_days", "31",
	).leadsTo(at + "/credits")
	s.as(boss).get(at + "/credits").wants(http.StatusOK).shows("4 jeden Monat")
	if n := s.Int(`select sum(remaining) from account where person_id = $1`, anna.ID); n != 6 {
		t.Errorf("%d credits, want 3 - 1 + 4", n)
	}
}

func TestAnInvitedMemberSetsAPasswordAndLogsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).json().post(
		"/members", "given_name", "Lena", "family_name", "Müller", "email", "lena@example.test",
	).wants(http.StatusCreated)
	at := path("/members/%d/invitation", int64(s.Int(`select id from person where email = 'lena@example.test'`)))
	page := s.as(s.Owner).post(at).wants(http.StatusCreated)
	code := regexp.MustCompile(`[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}`).FindString(page.body)
	nobody := booking.Actor{}
	s.as(nobody).get("/invitation?code=" + code).wants(http.StatusOK).shows(code)
	s.as(nobody).post(
		"/invitation", "code", code, "password", "kurz",
	).wants(http.StatusUnprocessableEntity).shows("password-error").shows(code)
	s.as(nobody).post(
		"/invitation", "code", "AAAA-BBBB", "password", "ein langes Passwort",
	).wants(http.StatusUnprocessableEntity).shows("code-error")
	s.as(nobody).post("/invitation", "code", code, "password", "ein langes Passwort").leadsTo("/login")
	s.as(nobody).json().post("/login", "email", "lena@example.test", "password", "ein langes Passwort").wants(http.StatusOK)
	s.as(nobody).post("/invitation", "code", code, "password", "noch ein Passwort").wants(http.StatusUnprocessableEntity)
}

// If the staff could choose a password, they could use the account of the member.
func TestTheStaffCannotSetPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).get("/members").wants(http.StatusOK).shows(`name="email"`).hides(`name="password"`)
	lena := []string{"given_name", "Lena", "family_name", "Müller", "email", "lena@example.test", "password", "ein langes Passwort"}
	s.as(s.Owner).post("/members", lena...).wants(http.StatusUnprocessableEntity).shows("Lade sie dazu ein")
	s.as(s.Owner).json().post("/members", lena...).wants(http.StatusUnprocessableEntity).shows(`"field":"password"`).shows(`"why":"invite"`)
	if n := s.Int(`select count(*) from person where given_name = 'Lena'`); n != 0 {
		t.Error("the account was created in spite of the refusal")
	}
}

func TestErasureNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	s.as(anna).get("/bookings").wants(http.StatusOK)
	at := path("/members/%d", anna.ID)
	s.as(s.Owner).post(at+"/erasure", "form", "erase").wants(http.StatusUnprocessableEntity)
	s.as(s.Owner).get(at).wants(http.StatusOK).shows("Anna Arnold")
	s.as(s.Owner).post(at+"/erasure", "form", "erase", "confirm", "1").leadsTo("/members")
	s.as(s.Owner).get(at).wants(http.StatusNotFound)
	s.as(anna).get("/bookings").wants(http.StatusSeeOther)
}

func TestACheckInOfAllReachesASecondDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), s.Member("Anna Arnold", 3), booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	panel := s.open(two, path("view=roster&class=%d", class))
	panel.next("Arnold, Anna", `aria-pressed="false"`)
	s.as(one).json().post(path("/classes/%d/attendance", class)).wants(http.StatusOK).shows(path(`"booking_ids":[%d]`, seat.BookingID))
	panel.next("Arnold, Anna", `aria-pressed="true"`)
	s.as(one).json().post(path("/classes/%d/attendance", class), "undo", path("%d", seat.BookingID)).wants(http.StatusOK)
	panel.next("Arnold, Anna", `aria-pressed="false"`)
	s.as(one).json().post(path("/bookings/%d/attendance", seat.BookingID), "no_show", "1").wants(http.StatusConflict)
	s.as(s.Member("Mia Kunde", 0)).json().post(path("/classes/%d/attendance", class)).wants(http.StatusForbidden)
}
