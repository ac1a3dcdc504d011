package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
)

var weekly = []string{
	"title", "Rücken Fit", "date", "2030-06-03", "time", "18:00", "minutes", "45", "capacity", "2", "cost", "1", "online", "1",
	"repeat", "1", "weekday", "1", "until", "2030-06-24", "confirm_date", "1",
}

func with(fields []string, more ...string) []string {
	return append(fields[:len(fields):len(fields)], more...)
}

func TestASeriesIsPreviewedBeforeItsCreation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	s.Exec(`insert into holiday (day, name) values ('2030-06-10', 'Pfingstmontag')`)
	page := s.as(boss).post("/classes", weekly...).wants(http.StatusOK).shows("Pfingstmontag").shows("Rücken Fit")
	if n := s.Int(`select count(*) from class`); n != 0 {
		t.Fatalf("%d classes were created before the confirmation", n)
	}
	ticked := regexp.MustCompile(`name="day" value="([0-9-]+)" checked`).FindAllStringSubmatch(page.body, -1)
	if len(ticked) != 3 {
		t.Fatalf("%d days are ticked, want all but the holiday: %v", len(ticked), ticked)
	}
	s.as(boss).post("/classes", with(weekly, "change", "1")...).wants(http.StatusOK).shows(`value="Rücken Fit"`).shows(
		`value="1" checked`,
	)
	confirmed := with(weekly, "confirmed", "1", "key", "11111111-2222-4333-8444-555555555555")
	for _, day := range ticked[1:] {
		confirmed = append(confirmed, "day", day[1])
	}
	for range 2 { // a double click sends the form twice
		s.as(boss).
			post("/classes", confirmed...).
			leadsTo(path("/schedule?view=week&date=2030-06-17#class-%d-link", s.Int(`select min(id) from class`)))
	}
	if n := s.Int(`select count(*) from class where series_id is not null`); n != 2 {
		t.Errorf("%d classes were created, want the two ticked ones", n)
	}
}

func TestErrorsOfASeriesAreShownAtTheirFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	for field, wrong := range map[string][]string{
		"until":       {"until", ""},
		"count":       {"until", "", "count", "5000"},
		"every_weeks": {"every_weeks", "0"},
		"weekdays":    {"weekday", "9"},
	} {
		fields := map[string]string{}
		var list []string
		for i := 0; i < len(weekly); i += 2 {
			fields[weekly[i]] = weekly[i+1]
		}
		for i := 0; i < len(wrong); i += 2 {
			fields[wrong[i]] = wrong[i+1]
		}
		for name, value := range fields {
			list = append(list, name, value)
		}
		s.as(boss).post("/classes", list...).wants(http.StatusUnprocessableEntity).shows(`id="` + field + `-error"`).
			shows(`value="Rücken Fit"`)
	}
}

func TestAnEditOfASeriesShowsThePeopleConcerned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	s.as(boss).json().post("/classes", weekly...).wants(http.StatusCreated)
	first := int64(s.Int(`select id from class order by starts_at limit 1`))
	last := int64(s.Int(`select id from class order by starts_at desc limit 1`))
	if _, err := s.Book(t.Context(), s.Member("Anna Müller", 3), booking.BookRequest{ClassID: last}); err != nil {
		t.Fatal(err)
	}
	at := path("/classes/%d/edit", first)
	s.as(boss).get(at).wants(http.StatusOK).shows(`name="scope"`)
	later := with(weekly[:14], "time", "19:00", "scope", "all", "version", "1")
	later[5] = "19:00"
	s.as(boss).post(at, later...).wants(http.StatusConflict).shows("Müller, Anna").shows("19:00").shows("18:00")
	s.as(boss).post(at, with(later, "confirmed", "1")...).leadsTo(path("/classes/%d", first))
	for _, id := range []int64{first, last} {
		c, err := s.Engine.Class(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.StartsAt.In(s.zone()).Format("15:04"); got != "19:00" {
			t.Errorf("class %d begins at %s", id, got)
		}
	}
	s.as(boss).get(path("/classes/%d/cancellation?scope=following", first)).wants(http.StatusOK).shows("4 Kurse absagen")
	s.as(boss).get(path("/classes/new?copy=%d", first)).wants(http.StatusOK).shows(`value="Mo., 10.6.2030"`).shows(`value="19:00"`)
}

func (s *site) zone() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		s.t.Fatal(err)
	}
	return zone
}

func TestAHiddenClassIsNotShownToMembersAnywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Title, r.Hidden = "Geheimes Yoga", true })
	c, err := s.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	plan := "/schedule?date=" + day(c.StartsAt)
	for _, r := range []reply{s.as(anna).get(plan), s.as(anna).json().get(plan), s.as(anna).get(plan + "&view=week")} {
		if strings.Contains(r.body, "Geheimes") {
			t.Errorf("%s shows the hidden class", r.what)
		}
	}
	s.as(anna).get(path("/classes/%d", class)).wants(http.StatusNotFound)
	s.as(s.Owner).get(plan).wants(http.StatusOK).shows("Geheimes")
	open := s.Class(func(r *booking.ClassRequest) {
		r.Title, r.StartsAt, r.EndsAt = "Offenes Yoga", c.StartsAt.Add(2*time.Hour), c.EndsAt.Add(2*time.Hour)
	})
	socket := s.open(anna, s.scheduleOf(open))
	_, res, err := s.dial(anna, path("view=class&class=%d", class), s.url)
	if res == nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a socket for the hidden class: %v, %v, want 404", res, err)
	}
	if _, err := s.AddParticipants(t.Context(), s.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{ben.ID}}); err != nil {
		t.Fatal(err)
	}
	s.as(ben).get(path("/classes/%d", class)).wants(http.StatusOK).shows("Geheimes") // participants see a hidden class
	s.open(ben, path("view=class&class=%d", class)).next("Geheimes")
	s.as(anna).json().post(path("/classes/%d/bookings", open)).wants(http.StatusCreated)
	socket.next(path(`id="class-%d-personal"`, open), `data-personal="booked"`)
	if socket.saw("Geheimes") {
		t.Error("a socket receives the hidden class")
	}
}

func TestAHiddenClassLeavesOpenPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(nil)
	socket := s.open(anna, s.scheduleOf(class))
	socket.next(path(`id="class-%d-seats"`, class), `data-v="1"`)
	c, err := s.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.EditClass(t.Context(), s.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
		Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules, Hidden: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	socket.next(path(`id="class-%d-seats"`, class), `data-e="resync"`)
}

// The refusal is stored under its idempotency key, so the displayed form must have a new key.
func TestAStaleFormCanBeSavedAfterTheRefusal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	class := int64(
		s.as(boss).json().post("/classes", with(weekly[:14], "confirm_date", "1")...).wants(http.StatusCreated).number("class_id"),
	)
	at := path("/classes/%d/edit", class)
	hidden := func(r reply, name string) string {
		found := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(r.body)
		if found == nil {
			t.Fatalf("%s has no %s", r.what, name)
		}
		return found[1]
	}
	page := s.as(boss).get(at).wants(http.StatusOK)
	s.as(s.Owner).json().post(at, with(weekly[:14], "note", "Handtuch", "version", "1")...).wants(http.StatusOK)
	refused := s.as(boss).post(
		at, with(weekly[:14], "note", "Matte", "version", hidden(page, "version"), "key", hidden(page, "key"))...,
	).wants(http.StatusConflict).shows("Matte")
	s.as(boss).post(
		at, with(weekly[:14], "note", "Matte", "version", hidden(refused, "version"), "key", hidden(refused, "key"))...,
	).leadsTo(path("/classes/%d", class))
	if c, err := s.Engine.Class(t.Context(), class); err != nil || c.Note != "Matte" {
		t.Errorf("the note is %q (%v)", c.Note, err)
	}
}
