package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
)

// mondays creates a series of six Mondays through the API.
func (s *site) mondays(t *testing.T) (first int64) {
	t.Helper()
	start := time.Now().In(s.zone()).AddDate(0, 0, 7)
	for start.Weekday() != time.Monday {
		start = start.AddDate(0, 0, 1)
	}
	s.as(s.Owner).json().post("/classes", "title", "Rücken Fit", "date", start.Format(time.DateOnly),
		"time", "18:00", "minutes", "45", "capacity", "2", "cost", "1", "online", "1",
		"repeat", "1", "weekday", "1", "count", "6").wants(http.StatusCreated)
	return int64(s.Int(`select id from class where series_id is not null order by starts_at limit 1`))
}

func (s *site) allowRecurring() { s.Exec(`update studio set recurring = true`) }

func TestPagesHideRecurringBookingsThatAreOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, first := s.Member("Anna Arnold", 3), s.mondays(t)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: first}); err != nil {
		t.Fatal(err)
	}
	at := path("/classes/%d/recurring", first)
	for _, a := range []booking.Actor{anna, s.Owner} {
		s.as(a).get(at).wants(http.StatusNotFound)
		s.as(a).json().post(at, "class_id", path("%d", first)).wants(http.StatusNotFound)
		s.as(a).json().get("/recurring/1/ending").wants(http.StatusNotFound)
	}
	for _, page := range []string{"/schedule", path("/classes/%d", first), "/bookings"} {
		if r := s.as(anna).get(page).wants(http.StatusOK); strings.Contains(
			strings.ToLower(r.body), "recurring",
		) || strings.Contains(r.body, "iederkehrend") {
			t.Errorf("%s mentions recurring bookings", page)
		}
	}
}

func TestAMemberBooksSixMondaysAndEndsThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.allowRecurring()
	anna, first := s.Member("Anna Arnold", 4), s.mondays(t)
	at := path("/classes/%d/recurring", first)
	s.as(anna).get(path("/classes/%d", first)).wants(http.StatusOK).shows(at)
	s.as(anna).get(at).wants(http.StatusOK).shows("wartet auf Punkte").shows("Jede Woche montags")
	s.as(anna).post(at).wants(http.StatusUnprocessableEntity)
	ids := []string{"cost_seen", "1", "key", "11111111-2222-4333-8444-555555555555"}
	for i := range 6 {
		ids = append(
			ids, "class_id",
			path("%d", int64(s.Int(`select id from class where series_id is not null order by starts_at offset $1 limit 1`, i))),
		)
	}
	s.as(anna).post(at, ids...).wants(http.StatusCreated).shows("4 Termine gebucht")
	s.as(anna).post(at, ids...).wants(http.StatusCreated).shows("4 Termine gebucht") // the browser reloads the response
	if n := s.Int(`select count(*) from booking`); n != 4 {
		t.Errorf("%d seats, want 4", n)
	}
	recurring := int64(s.Int(`select id from recurring`))
	end := path("/recurring/%d/ending", recurring)
	s.as(anna).get("/bookings").wants(http.StatusOK).shows(end)
	s.as(s.Member("Theo Dieb", 0)).json().post(end, "reason", "1").wants(http.StatusNotFound)
	s.as(s.Owner).get(path("/members/%d/training", anna.ID)).wants(http.StatusOK).shows(end)
	s.as(anna).get(end).wants(http.StatusOK).shows("4\u00a0Punkte")
	s.as(anna).post(end).wants(http.StatusUnprocessableEntity).shows("reasons-error")
	s.as(anna).post(end, "reason", "1").leadsTo("/bookings")
	if n := s.Int(`select count(*) from booking where state = 'booked'`); n != 0 {
		t.Errorf("%d seats are left", n)
	}
	if personal := s.Int(`select sum(remaining) from account where person_id = $1`, anna.ID); personal != 4 {
		t.Errorf("%d credits after all refunds, want 4", personal)
	}
}

func TestTheDeskSetsARecurringBookingUpForAMember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.allowRecurring()
	desk, anna, first := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Member("Anna Arnold", 9), s.mondays(t)
	at := path("/classes/%d/recurring", first)
	s.as(desk).get(at + path("?member_id=%d", anna.ID)).wants(http.StatusOK).shows("Anna Arnold")
	s.as(desk).post(at, "member_id", path("%d", anna.ID), "standing", "1").wants(http.StatusCreated)
	if n := s.Int(`select count(*) from booking where person_id = $1`, anna.ID); n == 0 {
		t.Error("nothing was booked")
	}
	if n := s.Int(
		`select count(*) from history where verb = 'book_recurring' and actor_id = $1 and person_id = $2`, desk.ID, anna.ID,
	); n != 1 {
		t.Error("the history does not name the desk as the actor")
	}
}
