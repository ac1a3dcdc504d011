package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

// text reads one text of the database.
func (s *site) text(sql string) (text string) {
	s.t.Helper()
	if err := s.Pool.QueryRow(s.t.Context(), sql).Scan(&text); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// part sends a form as htmx does for an element of a page.
func (a ask) part(target, at string, fields ...string) reply {
	return a.htmx().with("HX-Target", target).post(at, fields...)
}

func TestASettingIsSavedAloneAndTakenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).get("/settings/booking").wants(http.StatusOK).shows(`name="was_free_cancel_hours" value="24"`)
	saved := s.as(s.Owner).part("set-free_cancel_hours", "/settings/fields/free_cancel_hours",
		"was_free_cancel_hours", "24", "free_cancel_hours", "6", "max_per_day", "9", "version", "77").wants(http.StatusOK)
	saved.shows(`id="set-free_cancel_hours"`).shows("Gespeichert. Vorher: 24").shows(`name="undo_free_cancel_hours" value="24"`)
	saved.shows(`hx-target="#set-said"`).shows(`hx-target="#timeline"`).shows("6 Std. vorher").shows(`hx-target="#set-booking-now"`)
	if n := s.Int(`select count(*) from studio where free_cancel = '6 hours' and max_per_day is null`); n != 1 {
		t.Error("the sent field was not saved, or another one was")
	}
	s.as(s.Owner).part("set-free_cancel_hours", "/settings/fields/free_cancel_hours/undo",
		"was_free_cancel_hours", "6", "free_cancel_hours", "6", "undo_free_cancel_hours", "24").wants(http.StatusOK).
		shows("Zurückgenommen.").hides("Rückgängig")
	if n := s.Int(`select count(*) from studio where free_cancel = '24 hours'`); n != 1 {
		t.Error("the value before is not back")
	}
	s.as(s.Owner).get("/settings/history").wants(http.StatusOK).shows("<s>24").shows("<b>6").shows("<s>6").shows("<b>24")
}

func TestARefusedSettingSaysWhyAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for field, typed := range map[string]string{
		"free_cancel_hours": "zwei", "horizon_days": "0", "offer_minutes": "", "name": "", "zone": "Mond/Krater", "waitlist_mode": "Los",
	} {
		r := s.as(s.Owner).part("set-"+field, "/settings/fields/"+field, field, typed).wants(http.StatusUnprocessableEntity)
		r.shows(`id="setting-` + field + `-error"`).hides("Gespeichert")
		if typed != "Los" {
			r.shows(`value="` + typed + `"`)
		}
	}
	for _, typed := range []string{"", "0", "1001", "drei"} {
		s.as(s.Owner).part("set-max_open", "/settings/fields/max_open", "max_open_is", "some", "max_open", typed).
			wants(http.StatusUnprocessableEntity).shows(`id="setting-max_open-error"`).shows(`value="some" checked`)
	}
	s.as(s.Owner).part("x", "/settings/fields/version", "version", "1").wants(http.StatusNotFound)
	s.as(s.Staff(booking.RoleFrontDesk, "Fred Empfang")).part("x", "/settings/fields/name", "name", "Meins").wants(http.StatusForbidden)
	if n := s.Int(`select version from studio`); n != 1 {
		t.Errorf("the settings have version %d after refusals", n)
	}
}

func TestChoicesStandForNumbersOfTheAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ field, choice, number, column, want string }{
		{"opens_before_hours", "days", "7", "opens_before", "168:00:00"},
		{"opens_before_hours", "some", "36", "opens_before", "36:00:00"},
		{"opens_before_hours", "none", "36", "opens_before", ""},
		{"max_open", "some", "3", "max_open_bookings", "3"},
		{"max_open", "none", "", "max_open_bookings", ""},
		{"waitlist_size", "zero", "4", "waitlist_size", "0"},
		{"waitlist_size", "some", "4", "waitlist_size", "4"},
		{"waitlist_size", "none", "4", "waitlist_size", ""},
	} {
		s.as(s.Owner).part("set-"+c.field, "/settings/fields/"+c.field, c.field+"_is", c.choice, c.field, c.number).wants(http.StatusOK)
		if got := s.text(`select coalesce(` + c.column + `::text, '') from studio`); got != c.want {
			t.Errorf("%s %s %s is stored as %q, want %q", c.field, c.choice, c.number, got, c.want)
		}
	}
	for _, on := range []bool{true, false} {
		var fields []string
		if on {
			fields = []string{"allow_overlap", "1"}
		}
		s.as(s.Owner).part("set-allow_overlap", "/settings/fields/allow_overlap", fields...).wants(http.StatusOK)
		if got := s.Int(`select count(*) from studio where allow_overlap`) == 1; got != on {
			t.Errorf("the switch is %v, want %v", got, on)
		}
	}
}

// Two people change settings at the same time: another setting does not matter, the same one
// is not overwritten unseen.
func TestASettingThatSomebodyElseChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	maja := s.Staff(booking.RoleManager, "Maja Leitung")
	s.as(maja).part("set-max_per_day", "/settings/fields/max_per_day", "was_max_per_day", "0", "max_per_day_is", "some",
		"max_per_day", "2").wants(http.StatusOK)
	s.as(s.Owner).part("set-max_per_week", "/settings/fields/max_per_week", "version", "1", "was_max_per_week", "0",
		"max_per_week_is", "some", "max_per_week", "5").wants(http.StatusOK)
	s.as(s.Owner).part("set-max_per_day", "/settings/fields/max_per_day", "was_max_per_day", "0", "max_per_day_is", "some",
		"max_per_day", "4").wants(http.StatusConflict).shows(`id="setting-max_per_day-error"`).shows(`name="was_max_per_day" value="2"`)
	if n := s.Int(`select max_per_day * 10 + max_per_week from studio`); n != 25 {
		t.Errorf("max_per_day and max_per_week are %d, want 2 and 5", n)
	}
}

func TestAnotherZoneIsReviewedOnItsOwnPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	zone := []string{"was_zone", "Europe/Berlin", "zone", "America/Sao_Paulo"}
	class := s.Class(nil)
	was := s.read(class).StartsAt
	r := s.as(s.Owner).part("set-zone", "/settings/fields/zone", zone...).wants(http.StatusOK)
	if to := r.header.Get("HX-Redirect"); to != "/settings/zone?zone=America%2FSao_Paulo" {
		t.Fatalf("the browser goes to %q", to)
	}
	s.as(s.Owner).get("/settings/zone?zone=America%2FSao_Paulo").wants(http.StatusOK).shows("1 Kurs ist geplant").
		shows(`name="zone" value="America/Sao_Paulo"`)
	if !s.read(class).StartsAt.Equal(was) || s.text(`select zone from studio`) != "Europe/Berlin" {
		t.Error("the zone changed before the choice")
	}
	s.as(s.Owner).post("/settings", "form", "studio", "version", "1", "zone", "America/Sao_Paulo", "zone_change", "instants").
		leadsTo("/settings/studio")
	s.Exec(`update class set state = 'cancelled'`)
	s.as(s.Owner).part("set-zone", "/settings/fields/zone", "zone", "Europe/Berlin").wants(http.StatusOK).shows("Gespeichert")
	s.as(s.Owner).get("/settings/zone?zone=America%2FSao_Paulo").leadsTo("/settings/studio")
}

func TestEntriesOfAListMoveByOnePlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"A", "B", "C"} {
		s.as(s.Owner).post("/settings/rooms", "form", "room-0", "name", name, "active", "1").leadsTo("/settings/places")
	}
	order := func() string { return s.text(`select string_agg(name, '' order by position) from room`) }
	id := path("%d", int64(s.Int(`select id from room where name = 'C'`)))
	move := func(steps string) reply {
		return s.as(s.Owner).part("list-room", "/settings/order/rooms", "id", id, "steps", steps)
	}
	for _, c := range []struct{ steps, want string }{{"-1", "ACB"}, {"-1", "CAB"}, {"-1", "CAB"}, {"1", "ACB"}} {
		move(c.steps).wants(http.StatusOK).shows(`id="list-room"`)
		if got := order(); got != c.want {
			t.Errorf("after %s the order is %s, want %s", c.steps, got, c.want)
		}
	}
	move("5").wants(http.StatusUnprocessableEntity)
	s.as(s.Owner).part("x", "/settings/order/studio", "id", id, "steps", "1").wants(http.StatusNotFound)
	s.as(s.Owner).post("/settings/order/rooms", "id", id, "steps", "1").leadsTo("/settings/places")
	// Saving the form of an entry keeps its place.
	s.as(s.Owner).post("/settings/rooms", "form", "room-"+id, "id", id, "name", "D", "active", "1").leadsTo("/settings/places")
	if got := order(); got != "ABD" {
		t.Errorf("the order is %s, want ABD", got)
	}
}

func TestTheHistoryShowsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	maja := s.Staff(booking.RoleManager, "Maja Leitung")
	s.as(s.Owner).post("/settings/class-types", "form", "type-0", "name", "Aqua", "capacity", "7", "free_cancel_hours_is", "some",
		"free_cancel_hours", "6", "active", "1").leadsTo("/settings/class-types")
	id := path("%d", int64(s.Int(`select id from class_type`)))
	change := []string{"form", "type-" + id, "id", id, "name", "Aqua Fit", "capacity", "14", "free_cancel_hours_is", "", "active", "1"}
	s.as(maja).post("/settings/class-types", change...).leadsTo("/settings/class-types")
	s.as(maja).post("/settings/class-types", change...).leadsTo("/settings/class-types") // no change, no line
	all := s.as(s.Owner).get("/settings/history").wants(http.StatusOK)
	all.shows("hat die Kursart „Aqua“ angelegt").shows("Maja Leitung hat die Kursart „Aqua“ geändert").
		shows("<s>7</s>").shows("<b>14</b>").shows("<s>Aqua</s>").shows("<b>Aqua Fit</b>").shows("<s>6")
	if n := s.Int(`select count(*) from history where verb = 'save_class_type'`); n != 2 {
		t.Errorf("%d lines for two changes", n)
	}
	by := path("%d", maja.ID)
	s.as(s.Owner).get("/settings/history?by=" + by).wants(http.StatusOK).hides("angelegt").shows("geändert")
	s.as(s.Owner).get("/settings/history?kind=settings").wants(http.StatusOK).hides("Aqua").shows("Noch nichts.")
	s.as(s.Owner).get("/settings/history?kind=bookings").wants(http.StatusUnprocessableEntity)

	// A class: names instead of ids, and links.
	ina, jo := s.Staff(booking.RoleInstructor, "Ina Sand"), s.Staff(booking.RoleInstructor, "Jo Winter")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID = ina.ID })
	c := s.read(class)
	s.as(maja).app(path("/classes/%d/edit", class), path(`{"version": %d, "instructor": %d, "capacity": 4}`, c.Version, jo.ID)).
		wants(http.StatusOK)
	s.as(maja).get(path("/classes/%d/history", class)).wants(http.StatusOK).shows("<s>Ina Sand</s>").shows("<b>Jo Winter</b>").
		shows("<b>4</b>").shows(path(`<a href="/classes/%d">`, class))
}

func TestAProfileHasATabForEachTask(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, desk := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: s.Class(nil)})
	if err != nil {
		t.Fatal(err)
	}
	at := path("/members/%d", anna.ID)
	cancel := path("/bookings/%d/cancellation", seat.BookingID)
	s.as(desk).get(at).wants(http.StatusOK).shows("Yoga Flow").hides(cancel).shows(`href="mailto:`)
	s.as(desk).get(at + "/training").wants(http.StatusOK).shows("Training ›").shows("Buchung stornieren").shows(cancel)
	s.as(desk).get(at + "/history").wants(http.StatusOK).shows("hat selbst gebucht")
	s.as(desk).get(at + "/access").wants(http.StatusOK).hides(at + "/erasure")
	s.as(s.Owner).get(at + "/access").wants(http.StatusOK).shows(at + "/erasure").shows(at + "/role").shows(at + "/invitation")
	for _, tab := range []string{"", "/training", "/credits", "/access", "/history"} {
		s.as(anna).get(at + tab).wants(http.StatusForbidden)
	}

	// A grant that was given before is one press.
	s.as(desk).post(at+"/credits", "name", "10er-Karte", "quantity", "10").leadsTo(at + "/credits")
	ben := s.Member("Ben Berger", 0)
	s.as(desk).get(path("/members/%d/credits", ben.ID)).wants(http.StatusOK).shows("10er-Karte · 10")
	s.as(desk).part(path("member-%d", ben.ID), path("/members/%d/credits", ben.ID), "name", "10er-Karte", "quantity", "10").
		wants(http.StatusCreated).shows("10 Punkte gutgeschrieben")

	// Named packs replace what was derived from former grants.
	s.as(s.Owner).post("/settings/packs", "form", "pack-0", "name", "Kurskarte", "quantity", "8", "active", "1").
		leadsTo("/settings/packs")
	pack := path("%d", int64(s.Int(`select id from pack`)))
	s.as(desk).get(path("/members/%d/credits", ben.ID)).wants(http.StatusOK).shows("Kurskarte · 8").hides("10er-Karte · 10")
	s.as(desk).part(path("member-%d", ben.ID), path("/members/%d/credits", ben.ID), "pack", pack).wants(http.StatusCreated).
		shows("8 Punkte gutgeschrieben")
	s.as(desk).json().post(path("/members/%d/credits", ben.ID), "pack", "99999999").wants(http.StatusNotFound)
}

func TestWrongPacksKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, wrong := range [][]string{
		{"quantity", "0"}, {"quantity", "viele"}, {"valid_for", "0"}, {"valid_for", ""}, {"valid_unit", "years"}, {"name", ""},
	} {
		fields := map[string]string{"name": "Karte X", "quantity": "8", "valid_unit": "months", "valid_for": "6", "active": "1"}
		fields[wrong[0]] = wrong[1]
		sent := []string{"form", "pack-0"}
		for name, value := range fields {
			sent = append(sent, name, value)
		}
		answer := s.as(s.Owner).post("/settings/packs", sent...).wants(http.StatusUnprocessableEntity).
			shows(`id="pack-0-` + wrong[0] + `-error"`)
		if wrong[0] != "name" {
			answer.shows(`value="Karte X"`)
		}
	}
	if n := s.Int(`select count(*) from pack`); n != 0 {
		t.Errorf("%d packs were saved, want 0", n)
	}
}

func TestMembersReadHowToGetCredits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	s.as(anna).get("/credits").wants(http.StatusOK).shows("Am Empfang bekommst du neue Punkte")
	for field, value := range map[string]string{
		"contact_email": "hallo@studio.example", "contact_phone": "030 123456", "shop_url": "https://studio.example/karten",
	} {
		s.as(s.Owner).json().post("/settings/fields/"+field, field, value).wants(http.StatusOK)
	}
	s.as(anna).get("/credits").wants(http.StatusOK).shows(`href="https://studio.example/karten"`).
		shows(`href="mailto:hallo@studio.example"`).
		shows(`href="tel:030123456"`)
	for field, value := range map[string]string{
		"contact_email": "kein-at", "shop_url": "javascript:alert(1)", "contact_phone": strings.Repeat("1", 51),
	} {
		s.as(s.Owner).json().post("/settings/fields/"+field, field, value).wants(http.StatusUnprocessableEntity)
	}
	s.as(s.Owner).json().post("/settings/fields/shop_url", "shop_url", "").wants(http.StatusOK)
	s.as(anna).get("/credits").wants(http.StatusOK).hides("studio.example/karten")
}

func TestANewMemberIsInvitedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).get("/members").wants(http.StatusOK).shows(`name="invite" value="1" checked`)
	s.as(s.Owner).post("/members", "given_name", "Lena", "family_name", "Müller", "email", "lena@example.test", "invite", "1").
		wants(http.StatusCreated).shows("Lena Müller").shows(`id="invite-mail"`)
	if n := s.Int(`select count(*) from invitation`); n != 1 {
		t.Errorf("%d invitations, want 1", n)
	}
}

func TestTheDeskAddsAChildWithTheAddressOfAParentOnceItConfirms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, parent := s.as(s.Staff(booking.RoleManager, "Maja Leitung")), s.Member("Lena Brandt", 0)
	child := []string{"given_name", "Tim", "family_name", "Brandt", "email", parent.Email}
	desk.get("/members").wants(http.StatusOK).hides("share_email")
	desk.post("/members", child...).wants(http.StatusUnprocessableEntity).
		shows(`name="share_email" value="1">`, `value="Tim"`)
	desk.post("/members", append(child, "share_email", "1")...).leadsTo(path("/members/%d", s.Int(`select max(id) from person`)))
	if n := s.Int(`select count(*) from person where given_name = 'Tim' and email is null and shared_email = $1`, parent.Email); n != 1 {
		t.Errorf("%d children have the address of the parent", n)
	}
}
