package web

import (
	"net/http"
	"testing"
	"time"

	"terminplan/booking"
)

// A refund to an expired grant cannot be used. The dialog and the receipt say so, and the
// balance in the dialog does not include the refund.
func TestAPersonIsToldThatARefundGoesToAnExpiredGrant(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben, class := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3), s.Class(nil)
	s.Exec(`update account set name = 'Zehnerkarte' where kind = 'grant'`)
	s.as(anna).get(path("/classes/%d", class)).wants(http.StatusOK).shows("Zehnerkarte: noch 3, danach 2")
	var seats [2]int64
	for i, a := range []booking.Actor{anna, ben} {
		seats[i] = s.as(a).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated).number("booking_id")
	}
	s.as(anna).get(path("/bookings/%d/cancellation", seats[0])).wants(http.StatusOK).hides("nicht mehr einlösbar")
	// The class moves to a time after the end of the grants, and then the grants expire.
	later := s.start(class).AddDate(0, 1, 0).Format(time.RFC3339)
	s.as(s.Owner).json().post(path("/classes/%d/edit", class), "version", "1", "date", later).wants(http.StatusOK)
	s.Exec(`update account set expires_at = clock_timestamp() where kind = 'grant'`)

	dialog := path("/bookings/%d/cancellation", seats[0])
	s.as(anna).get(dialog).wants(http.StatusOK).
		shows("1\u00a0Punkt geht zurück auf „Zehnerkarte“, abgelaufen am ").shows("Er ist nicht mehr einlösbar.").shows("danach 0")
	s.as(anna).json().get(dialog).wants(http.StatusOK).shows(`"grant_expired":true`).shows(`"balance_after":0`)
	s.as(anna).with("HX-Target", path("section#cancel-%d", seats[0])).htmx().post(dialog, "reason", "1").wants(http.StatusOK).
		shows("1\u00a0Punkt ging zurück an ein abgelaufenes Paket und ist nicht mehr einlösbar.")
	// The desk gets the same information.
	desk := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	s.as(desk).get(path("/bookings/%d/cancellation", seats[1])).wants(http.StatusOK).shows("abgelaufen am ")
	if lost := s.as(desk).json().post(path("/bookings/%d/cancellation", seats[1]), "reason", "1").number("refunded_to_expired"); lost != 1 {
		t.Errorf("%d credits are lost, want 1", lost)
	}
}
