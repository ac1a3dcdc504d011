package web

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// At first, dates on the weekday of the class within four weeks and within the balance are
// ticked. The button shows the cost of any choice.
func TestTheRecurringButtonShowsTheWholeCost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.allowRecurring()
	start := time.Now().In(s.zone()).AddDate(0, 0, 1)
	day := func(t time.Time) string { return fmt.Sprint(int(t.Weekday()+6)%7 + 1) }
	s.as(s.Owner).json().post("/classes", "title", "Rücken Fit", "date", start.Format(time.DateOnly), "time", "18:00", "capacity", "2",
		"online", "1", "repeat", "1", "weekday", day(start), "weekday", day(start.AddDate(0, 0, 2)), "count", "17").
		wants(http.StatusCreated)
	class := func(i int) string {
		return path("%d", s.Int(`select id from class where series_id is not null order by starts_at offset $1 limit 1`, i))
	}
	at := "/classes/" + class(0) + "/recurring"
	ticked := func(r reply) (list []string) {
		for _, box := range regexp.MustCompile(`(?s)<input id="date-(\d+)"[^>]* checked`).FindAllStringSubmatch(r.body, -1) {
			list = append(list, box[1])
		}
		return list
	}
	for _, c := range []struct {
		credits int
		ticks   []int // indexes by start; even ones are on the weekday of the first class
		sum     string
	}{
		{8, []int{0, 2, 4, 6}, "4 Termine · 4\u00a0Punkte, danach 4"},
		{2, []int{0, 2}, "2 Termine · 2\u00a0Punkte, danach 0"},
		{1, []int{0}, "1 Termin · 1\u00a0Punkt, danach 0"},
		{0, nil, "noch kein Termin gewählt"},
	} {
		anna := s.Member(fmt.Sprintf("Anna Nr%d", c.credits), c.credits)
		page := s.as(anna).get(at).wants(http.StatusOK).shows(`<span id="recurring-sum">` + c.sum + "<")
		got, want := ticked(page), make([]string, 0)
		for _, i := range c.ticks {
			want = append(want, class(i))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with %d credits %v are ticked, want %v", c.credits, got, want)
		}
	}

	// The page shows ticks beyond the balance before the form is sent, and again after a
	// refusal.
	bert := s.Member("Bert Barth", 2)
	none := s.as(bert).post(at).wants(http.StatusUnprocessableEntity)
	none.shows("Wähl mindestens einen Termin.").shows(`href="#dates"`).shows(`id="dates-error"`)
	if list := ticked(none); list != nil {
		t.Errorf("after an empty choice %v are ticked", list)
	}
	wrong := s.as(bert).post(at, "class_id", class(0), "class_id", class(1), "class_id", class(2), "cost_seen", "0").
		wants(http.StatusConflict)
	wrong.shows("2 Termine · 2\u00a0Punkte, danach 0").shows("1 wartet auf Punkte")
	if list := ticked(wrong); len(list) != 3 {
		t.Errorf("of three dates %v stay ticked", list)
	}
	// For a standing booking the page shows its cost at once: eight or nine dates in four
	// weeks.
	s.as(bert).get(at).wants(http.StatusOK).shows("auch ohne Haken").shows("Sofort: 2 Termine · 2\u00a0Punkte, danach 0 · ")
	s.as(bert).json().post(at).wants(http.StatusUnprocessableEntity).shows(`"no_date"`)
}

// The sum on the page equals the result of the booking.
func TestTheRecurringSumEqualsTheBooking(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.allowRecurring()
	anna, first := s.Member("Anna Arnold", 3), s.mondays(t)
	dates, err := s.PreviewRecurring(t.Context(), anna, first, 0)
	if err != nil {
		t.Fatal(err)
	}
	chosen := map[int64]bool{dates[1].ClassID: true, dates[2].ClassID: true, dates[4].ClassID: true, dates[5].ClassID: true}
	told := present.CountDates(dates, false, func(d booking.RecurringDate) bool { return chosen[d.ClassID] })
	req := booking.RecurringRequest{ClassID: first}
	for id := range chosen {
		req.ClassIDs = append(req.ClassIDs, id)
	}
	out, err := s.BookRecurring(t.Context(), anna, req)
	if err != nil {
		t.Fatal(err)
	}
	booked, pending := 0, 0
	for _, d := range out.Dates {
		switch d.State {
		case booking.DateBooked:
			booked++
		case booking.DatePending:
			pending++
		}
	}
	if told.Booked != booked || told.Pending != pending || 3-told.Cost != out.Balance || booked != 3 {
		t.Errorf("told %+v; %d are booked, %d wait, %d credits are left", told, booked, pending, out.Balance)
	}
}
