package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
)

func TestAManagerSetsUpTheStudioThroughPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	for _, c := range []struct {
		at, back string
		fields   []string
		shows    string
	}{
		{"/settings/locations", "/settings/places", []string{"form", "location-0", "name", "Haus Nord", "active", "1"}, "Haus Nord"},
		{"/settings/rooms", "/settings/places", []string{"form", "room-0", "name", "Saal 9", "active", "1"}, "Saal 9"},
		{
			"/settings/class-types", "/settings/class-types",
			[]string{
				"form", "type-0", "name", "Aqua", "hue", "teal", "capacity", "7", "minutes", "45", "free_cancel_hours", "6", "active",
				"1",
			},
			"Aqua",
		},
		{
			"/settings/reasons", "/settings/reasons",
			[]string{"form", "reason-0", "text_de", "Stau", "text_en", "Traffic", "audience", "both", "active", "1"},
			"Stau",
		},
		{
			"/settings/holidays", "/settings/holidays",
			[]string{"form", "holiday-new", "day", "2030-12-25", "holiday_name", "Weihnachten"},
			"Weihnachten",
		},
		{
			"/settings/packs", "/settings/packs",
			[]string{"form", "pack-0", "name", "Zwölferkarte", "quantity", "12", "valid_unit", "months", "valid_for", "6", "active", "1"},
			"Zwölferkarte",
		},
	} {
		s.as(boss).post(c.at, c.fields...).leadsTo(c.back)
		s.as(boss).get(c.back).wants(http.StatusOK).shows(c.shows)
	}
	// The defaults of the class type fill the form, and typed values stay.
	aqua := path("%d", int64(s.Int(`select id from class_type where name = 'Aqua'`)))
	s.as(boss).get("/classes/new?defaults=1&title=&date=2030-01-07&type=" + aqua).wants(http.StatusOK).
		shows(`aria-label="Plätze" value="7"`).shows(`value="45"`).shows(`value="6"`).shows(`value="Mo., 7.1.2030"`).shows(`value="Aqua"`)
	s.as(boss).get("/settings/history").wants(http.StatusOK).shows("Maja Leitung").shows("Aqua")
	if n := s.Int(`select count(*) from history where actor_id = $1`, boss.ID); n != 6 {
		t.Errorf("%d changes are recorded, want 6", n)
	}
}

func TestAnInactiveReasonStaysReadable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: s.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	s.as(anna).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1").wants(http.StatusOK)
	s.as(s.Owner).post(
		"/settings/reasons", "form", "reason-1", "id", "1", "text_de", "Krank", "text_en", "Ill", "audience", "both",
	).leadsTo("/settings/reasons")
	s.as(anna).get("/bookings").wants(http.StatusOK).shows("Krank")
	again, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: s.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	s.as(anna).json().post(path("/bookings/%d/cancellation", again.BookingID), "reason", "1").wants(http.StatusUnprocessableEntity)
}

func TestTheSettingsFormKeepsTypedValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	version := regexp.MustCompile(`name="version"\s+value="(\d+)"`).FindStringSubmatch(
		s.as(s.Owner).get("/settings/booking").wants(http.StatusOK).body,
	)[1]
	for field, wrong := range map[string][2]string{
		"name": {"studio", ""}, "zone": {"studio", "Mitteleuropa"}, "offer_minutes": {"waitlist", "0"}, "max_per_day": {"booking", "-1"},
		"horizon_days":      {"booking", "99999"},
		"free_cancel_hours": {"booking", "zwei"},
	} {
		s.as(s.Owner).post("/settings", "form", wrong[0], "version", version, field, wrong[1]).wants(http.StatusUnprocessableEntity).
			shows(`id="setting-` + field + `-error"`).shows(`value="` + wrong[1] + `"`)
	}
	s.as(s.Owner).post("/settings", "form", "booking", "version", version, "max_per_day", "2").leadsTo("/settings/booking")
	// The version is outdated by the edit before.
	s.as(s.Owner).post("/settings", "form", "booking", "version", version, "max_per_day", "3").wants(http.StatusConflict)
	if n := s.Int(`select max_per_day from studio`); n != 2 {
		t.Errorf("max_per_day is %d, want 2", n)
	}
}

func TestSettingsNeedPermission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, a := range []booking.Actor{
		s.Member("Mia Kunde", 0), s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleInstructor, "Ina Trainer"),
	} {
		s.as(a).get("/settings").wants(http.StatusForbidden)
		s.as(a).json().post("/settings", "name", "Meins").wants(http.StatusForbidden)
		if page := s.as(a).get("/profile"); strings.Contains(page.body, `href="/settings"`) {
			t.Errorf("%s sees a link to the settings", a.Role)
		}
	}
}

func TestHiddenSeatCountsAreNeverSent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 77 })
	c, err := s.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).json().post("/settings", "version", "1", "seat_counts", "hidden").wants(http.StatusOK)
	socket := s.open(anna, s.scheduleOf(class))
	plan := "/schedule?date=" + day(c.StartsAt)
	s.as(anna).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	socket.next(path(`id="class-%d-personal"`, class), `data-personal="booked"`)
	numbers := regexp.MustCompile(`\b7[67]\b|"booked"|"waiting"`)
	for _, r := range []reply{
		s.as(anna).get(plan), s.as(anna).json().get(plan), s.as(anna).get(path("/classes/%d", class)),
		s.as(anna).json().get(path("/classes/%d", class)), s.as(anna).json().get("/bookings"),
	} {
		if found := regexp.MustCompile(`\b7[67]\b`).FindString(r.wants(http.StatusOK).body); found != "" {
			t.Errorf("%s contains the number %s", r.what, found)
		}
	}
	if found := numbers.FindString(
		regexp.MustCompile(`data-personal="booked"`).ReplaceAllString(strings.Join(socket.got, ""), ""),
	); found != "" {
		t.Errorf("a pushed update contains the number %s", found)
	}
	s.as(s.Owner).json().get(path("/classes/%d", class)).wants(http.StatusOK).shows(`"capacity":77`)
}

func TestTheHistoryNamesTheActors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, desk := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	s.as(desk).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "3").wants(http.StatusOK)
	for _, at := range []string{path("/classes/%d/history", class), path("/members/%d/history", anna.ID)} {
		s.as(desk).get(at).wants(http.StatusOK).shows("hat selbst gebucht").shows("Anna Arnold").shows("Fred Empfang hat die Buchung von ")
		s.as(anna).get(at).wants(http.StatusForbidden)
	}
	if _, err := s.Pool.Exec(t.Context(), `update history set verb = 'nothing'`); err == nil {
		t.Error("history can be changed")
	}
	if _, err := s.Pool.Exec(t.Context(), `delete from history`); err == nil {
		t.Error("history can be deleted")
	}
}
