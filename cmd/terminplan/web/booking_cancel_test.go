package web

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func (s *site) books(a booking.Actor, class int64) int64 {
	s.t.Helper()
	out, err := s.Book(s.t.Context(), a, booking.BookRequest{ClassID: class})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.BookingID
}

var nextField = regexp.MustCompile(`name="next" value="([^"]*)"><input type="hidden" name="refund_seen"`)

// Without script: a reason is missing, then it is chosen. The page after that is the one before
// the dialog, and the dialog of the cancelled booking asks nothing.
func TestACancelledBookingIsNotAskedAboutAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 5)
	id := s.books(anna, s.Class(nil))
	at := path("/bookings/%d/cancellation", id)
	dialog := s.as(anna).with("Referer", s.url+"/bookings").get(at).wants(http.StatusOK).shows("Buchung stornieren?")
	next := nextField.FindStringSubmatch(dialog.body)[1]
	again := s.as(anna).with("Referer", s.url+at).post(at, "next", next).wants(http.StatusUnprocessableEntity)
	next = nextField.FindStringSubmatch(again.body)[1]
	s.as(anna).with("Referer", s.url+at).post(at, "next", next, "reason", fmt.Sprint(bookingtest.ReasonIll)).leadsTo("/bookings")

	s.as(anna).
		get(at).
		wants(http.StatusOK).
		shows("Diese Buchung ist storniert, 1 Punkt kam am").
		hides("Du bekommst 1").
		hides("<form id=\"cancel-")
	s.as(anna).
		json().
		get(at).
		wants(http.StatusOK).
		shows(`"already":true`).
		shows(`"refunded":1`).
		shows(`"refund":0`).
		shows(`"balance_after":5`)
	s.as(s.Owner).get(at).wants(http.StatusOK).shows("Diese Buchung ist storniert, 1 Punkt kam am")

	late := s.books(anna, s.Class(nil))
	at = path("/bookings/%d/cancellation", late)
	s.MoveStart(s.classOf(late), -3*time.Hour)
	s.as(anna).json().get(at).wants(http.StatusConflict).shows(`"not_cancellable"`).shows("vorbei")
	s.as(anna).get(at).wants(http.StatusConflict).shows("Der Kurs ist vorbei.")
}

func (s *site) classOf(bookingID int64) int64 {
	return int64(s.Int(`select class_id from booking where id = $1`, bookingID))
}

// Rule 17: the dialog remembers where it was opened.
func TestACancellationRemembersWhereItWasMade(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Dora Empfang")
	cancel := func(fields ...string) (stored string, member booking.Actor) {
		member = s.Member("Anna Arnold", 5)
		class := s.Class(nil)
		id := s.books(member, class)
		for i, f := range fields {
			fields[i] = regexp.MustCompile(`%c`).ReplaceAllString(f, fmt.Sprint(class))
			fields[i] = regexp.MustCompile(`%m`).ReplaceAllString(fields[i], fmt.Sprint(member.ID))
		}
		at := path("/bookings/%d/cancellation", id)
		s.as(desk).post(at, append(fields, "reason", fmt.Sprint(bookingtest.ReasonIll))...).wants(http.StatusSeeOther)
		if err := s.Pool.QueryRow(t.Context(), `select ended_path from booking where id = $1`, id).Scan(&stored); err != nil {
			t.Fatal(err)
		}
		return stored, member
	}
	for want, fields := range map[string][]string{
		"participants": {"behind", "panel-%c"}, "profile": {"behind", "member-%m"}, "other": {"behind", ""},
	} {
		stored, member := cancel(fields...)
		if stored != want {
			t.Errorf("%v is stored as %q, want %q", fields, stored, want)
		}
		s.as(desk).json().get(path("/members/%d/history", member.ID)).wants(http.StatusOK).shows(path(`"path":"%s"`, want))
		if want == "participants" {
			s.as(desk).get(path("/members/%d/history", member.ID)).wants(http.StatusOK).shows("über die Teilnehmerliste")
		}
	}
	id := s.books(s.Member("Karl Klein", 5), s.Class(nil))
	at := path("/bookings/%d/cancellation", id)
	s.as(desk).app(at, `{"reason": 1, "path": "window"}`).wants(http.StatusUnprocessableEntity).shows(`"field":"path"`)
	s.as(desk).app(at, `{"reason": 1, "path": "profile"}`).wants(http.StatusOK)
	s.as(desk).json().get(path("/classes/%d", s.classOf(id))).wants(http.StatusOK).shows(`"ended_path":"profile"`)
}

func TestTheDialogSaysThatAPersonIsCheckedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Dora Empfang")
	id := s.books(s.Member("Anna Arnold", 5), s.Class(nil))
	at := path("/bookings/%d/cancellation", id)
	s.as(desk).get(at).wants(http.StatusOK).hides("confirm_checked_in").hides("ist eingecheckt")
	s.as(desk).app(path("/bookings/%d/attendance", id), `{"present": true}`).wants(http.StatusOK)
	s.as(desk).app(at, `{"reason": 1}`).wants(http.StatusConflict).shows(`"checked_in"`)
	// A dialog that was opened before is displayed again, with the news.
	s.as(desk).htmx().post(at, "reason", "1").wants(http.StatusConflict).shows("Anna Arnold ist eingecheckt").shows("confirm_checked_in")
	s.as(desk).json().get(at).wants(http.StatusOK).shows(`"checked_in":true`)
	s.as(desk).app(at, `{"reason": 1, "confirm_checked_in": true}`).wants(http.StatusOK).shows(`"refunded":1`)
	s.as(desk).app(path("/bookings/%d/attendance", id), `{"present": true}`).wants(http.StatusConflict).shows(`"booking_ended"`)
}

func TestAnEditThatIsSentTwiceSucceedsTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	at := path("/classes/%d/edit", class)
	fields := []string{
		"version", path("%d", s.read(class).Version), "title", "Yoga Sanft", "capacity", "3", "cost", "1", "online", "1",
		"key", "0e4f3a8e-7b0c-4b6e-9a5c-000000000001",
	}
	for range 2 {
		s.as(s.Owner).post(at, fields...).leadsTo(path("/classes/%d", class))
	}
	fields[len(fields)-1] = "0e4f3a8e-7b0c-4b6e-9a5c-000000000002"
	s.as(s.Owner).post(at, fields...).wants(http.StatusConflict)
	s.as(s.Owner).app(at, path(`{"version": %d, "capacity": 5, "preview": true}`, 1)).wants(http.StatusConflict).shows(`"stale_class"`)
}

func TestTheDialogsOfEndedThingsAskNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	at := path("/classes/%d/cancellation", class)
	s.as(s.Owner).get(at).wants(http.StatusOK).shows("cancel-class-form")
	s.as(s.Owner).app(at, `{}`).wants(http.StatusOK)
	s.as(s.Owner).get(at).wants(http.StatusOK).shows("schon abgesagt").hides("cancel-class-form")
	s.as(s.Owner).json().get(at).wants(http.StatusOK).shows(`"already":true`)
	s.MoveStart(class, -3*time.Hour)
	s.as(s.Owner).json().post(path("/classes/%d/restoration", class)).wants(http.StatusConflict).shows(`"class_over"`).shows("ist vorbei")
	s.as(s.Owner).get(path("/classes/%d", class)).wants(http.StatusOK).hides("restoration")
	class = s.Class(nil)
	s.MoveStart(class, -3*time.Hour)
	s.as(s.Owner).json().get(path("/classes/%d/cancellation", class)).wants(http.StatusConflict).shows(`"class_over"`)
	s.as(s.Owner).get(path("/classes/%d/edit", class)).wants(http.StatusOK).hides("/cancellation")
}

func TestTheReceiptAndTheDialogSayUntilWhenABookingMayBeUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).app("/settings", `{"version": 1, "undo_minutes": 61}`).wants(http.StatusUnprocessableEntity).shows(`"undo_minutes"`)
	s.as(s.Owner).app("/settings", `{"version": 1, "undo_minutes": 5}`).wants(http.StatusOK).shows(`"undo_minutes":5`)
	s.as(s.Owner).get("/settings/booking").wants(http.StatusOK).shows(`name="undo_minutes"`)
	anna := s.Member("Anna Arnold", 5)
	class := s.Class(func(r *booking.ClassRequest) {
		r.StartsAt = time.Now().Add(3 * time.Hour)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	res := s.as(anna).htmx().with("HX-Target", path("article#class-%d", class)).post(path("/classes/%d/bookings", class), "cost_seen", "1")
	res.wants(http.StatusCreated).shows("kostenlos rückgängig bis")
	id := s.Int(`select id from booking where class_id = $1`, class)
	s.as(anna).get(path("/bookings/%d/cancellation", id)).wants(http.StatusOK).shows("Kostenlos rückgängig bis").hides("verschoben")
	s.as(anna).json().get(path("/bookings/%d/cancellation", id)).wants(http.StatusOK).shows(`"undo":true`).shows(`"refund":1`)
	s.as(anna).app(path("/bookings/%d/cancellation", id), `{"reason": 1}`).wants(http.StatusOK).shows(`"refunded":1`)
	s.as(anna).app(path("/classes/%d/bookings", class), `{}`).wants(http.StatusCreated).shows(`"undo_until"`).shows(`"binding":false`)
}
