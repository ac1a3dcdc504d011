package web

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"terminplan/booking"
)

// app sends a JSON request as a client of the API does.
func (a ask) app(path, body string) reply {
	a.site.t.Helper()
	return a.json().do("POST", path, "application/json", body)
}

// 02:30 occurs twice in that night, and the form cannot tell the two apart.
func TestAnUnchangedFormKeepsTheTimeOfAClass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	for _, start := range []string{"2030-10-27T00:30:00Z", "2030-10-27T01:30:00Z"} {
		class := s.as(boss).
			json().
			post("/classes", "title", "Nachtlauf", "date", start, "minutes", "60", "capacity", "4", "confirm_date", "1").
			wants(http.StatusCreated).
			number("class_id")
		fields := []string{
			"title", "Nachtlauf", "date", "2030-10-27", "time", "02:30", "minutes", "60", "capacity", "4", "cost", "1", "note", "Lampe",
			"version", path("%d", s.read(class).Version), "confirmed", "1",
		}
		s.as(boss).post(path("/classes/%d/edit", class), fields...).leadsTo(path("/classes/%d", class))
		now := s.read(class)
		if now.StartsAt.UTC().Format(time.RFC3339) != start || now.EndsAt.Sub(now.StartsAt) != time.Hour || now.Note != "Lampe" {
			t.Errorf("%s became %s, %s, with the note %q", start, now.StartsAt.UTC(), now.EndsAt.UTC(), now.Note)
		}
		// An app names the other of the two instants.
		const first, second = "2030-10-27T00:30:00Z", "2030-10-27T01:30:00Z"
		other := map[string]string{first: second, second: first}[start]
		s.as(boss).app(path("/classes/%d/edit", class), path(`{"version": %d, "date": "%s"}`, now.Version, other)).wants(http.StatusOK)
		if got := s.read(class).StartsAt.UTC().Format(time.RFC3339); got != other {
			t.Errorf("an app moves %s to %s, and it is at %s", start, other, got)
		}
	}
}

func TestAnAppEditsABookedClass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	class := s.Class(func(r *booking.ClassRequest) { r.Note, r.InstructorID, r.Hidden = "Handtuch", boss.ID, true })
	at := path("/classes/%d", class)
	sitting := booking.AddRequest{ClassID: class, MemberIDs: []int64{s.Member("Anna Arnold", 3).ID}}
	if _, err := s.AddParticipants(t.Context(), s.Owner, sitting); err != nil {
		t.Fatal(err)
	}
	was := s.read(class)
	if was.Version == was.Edited {
		t.Fatal("the booking did not change the version")
	}
	for _, from := range []string{at, at + "/edit"} { // both show the version
		var shown struct{ Class struct{ Version int64 } }
		err := json.Unmarshal([]byte(s.as(boss).json().get(from).wants(http.StatusOK).body), &shown)
		if err != nil || shown.Class.Version != was.Version {
			t.Fatalf("%s shows version %d, want %d (%v)", from, shown.Class.Version, was.Version, err)
		}
	}
	edited := s.as(boss).app(at+"/edit", path(`{"version": %d, "capacity": 4}`, was.Version)).wants(http.StatusOK).number("version")
	now := s.read(class)
	want := was
	want.Rules.Capacity, want.Version, want.Edited, want.ReadAt = 4, now.Version, now.Edited, now.ReadAt
	if now != want {
		t.Errorf("after {capacity: 4}\n%+v\nwant\n%+v", now, want)
	}
	// The response to an edit contains the version for the next edit.
	s.as(boss).app(at+"/edit", path(`{"version": %d, "online": false, "note": "", "instructor": ""}`, edited)).wants(http.StatusOK)
	if now = s.read(class); now.Rules.Online || now.Note != "" || now.InstructorID != 0 || !now.Hidden || now.Rules.Capacity != 4 {
		t.Errorf("after an edit that turns online off and removes note and instructor: %+v", now)
	}

	for body, code := range map[string]string{
		path(`{"version": %d, "capacity": 9}`, was.Version):   `"stale_class"`, // outdated since two edits
		path(`{"version": %d, "capacity": 9}`, now.Version+1): `"stale_class"`, // a version that does not exist
	} {
		s.as(boss).app(at+"/edit", body).wants(http.StatusConflict).shows(code)
	}
	for _, body := range []string{
		`{"capacity": 9}`, `{"version": null, "capacity": 9}`, `{"version": 0, "capacity": 9}`, `{"version": "new", "capacity": 9}`,
		`{"version": -3}`,
	} {
		s.as(boss).app(at+"/edit", body).wants(http.StatusUnprocessableEntity).shows(`"field":"version"`)
	}
	// A form without a version is refused, too.
	s.as(boss).post(at+"/edit", "title", "Yoga", "date", "2027-01-01", "time", "10:00").wants(http.StatusUnprocessableEntity)
	if s.read(class).Rules.Capacity != 4 {
		t.Error("a refused edit changed the class")
	}
}

func (s *site) read(class int64) booking.Class {
	s.t.Helper()
	c, err := s.Engine.Class(s.t.Context(), class)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestAnAppMovesAClassBySentFactsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2044, 5, 3, 18, 0, 0, 0, berlin)
	class := s.Class(func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = start, start.Add(90*time.Minute) })
	for _, c := range []struct{ body, at, long string }{
		{`"time": "19:30"`, "2044-05-03 19:30", "1h30m0s"},
		{`"date": "2044-05-10"`, "2044-05-10 19:30", "1h30m0s"},
		{`"date": "2044-05-11T07:15"`, "2044-05-11 07:15", "1h30m0s"},
		{`"minutes": 45`, "2044-05-11 07:15", "45m0s"},
		{`"date": "2044-05-12T06:00:00Z"`, "2044-05-12 08:00", "45m0s"},
		{`"date": "2044-06-01", "time": "09:00", "minutes": 60`, "2044-06-01 09:00", "1h0m0s"},
		{`"title": "Yoga Sanft"`, "2044-06-01 09:00", "1h0m0s"},
	} {
		s.as(boss).app(path("/classes/%d/edit", class), path(`{"version": %d, %s}`, s.read(class).Version, c.body)).wants(http.StatusOK)
		now := s.read(class)
		if at, long := now.StartsAt.In(berlin).Format("2006-01-02 15:04"), now.EndsAt.Sub(now.StartsAt).String(); at != c.at ||
			long != c.long {
			t.Errorf("%s: %s for %s, want %s for %s", c.body, at, long, c.at, c.long)
		}
	}
}

func TestAnAppEditsASeriesBySentFactsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	made := s.as(boss).app("/classes", `{"title": "Rücken Fit", "date": "2044-05-03", "time": "18:00", "capacity": 6, "online": true,
		"confirm_date": true, "repeat": true, "count": 3}`).wants(http.StatusCreated)
	var series struct {
		Classes []int64 `json:"class_ids"`
	}
	if err := json.Unmarshal([]byte(made.body), &series); err != nil || len(series.Classes) != 3 {
		t.Fatal(made.body, err)
	}
	at := path("/classes/%d/edit", series.Classes[1])
	body := path(`{"version": %d, "scope": "following", "capacity": 4, "preview": true}`, s.read(series.Classes[1]).Version)
	s.as(boss).app(at, body).wants(http.StatusOK).shows(path(`"class_id":%d`, series.Classes[2]))
	s.as(boss).app(at, path(`{"version": %d, "scope": "following", "capacity": 4}`, s.read(series.Classes[1]).Version)).wants(http.StatusOK)
	for i, want := range []int{6, 4, 4} {
		c := s.read(series.Classes[i])
		if c.Rules.Capacity != want || !c.Rules.Online || c.Title != "Rücken Fit" || c.EndsAt.Sub(c.StartsAt) != time.Hour {
			t.Errorf("class %d is %+v, want %d seats and nothing else", i+1, c, want)
		}
	}
}

// A browser sends all fields of a form, so a missing checkbox is one without a tick.
func TestAFormWithoutATickTurnsTheFlagOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	class := s.Class(func(r *booking.ClassRequest) { r.Hidden, r.Note = true, "Handtuch" })
	c := s.read(class)
	s.as(boss).post(path("/classes/%d/edit", class), "version", path("%d", c.Version), "title", c.Title,
		"date", c.StartsAt.Format(time.RFC3339), "minutes", "60", "note", "").
		leadsTo(path("/classes/%d", class))
	if now := s.read(class); now.Rules.Online || now.Hidden || now.Note != "" {
		t.Errorf("%+v", now)
	}
}

func TestAnAppEditsAMemberBySentFactsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss, anna := s.Staff(booking.RoleManager, "Maja Leitung"), s.Member("Anna Arnold", 0)
	at := path("/members/%d", anna.ID)
	s.as(boss).app(at+"/edit", `{"phone": "0171 1", "note": "Knie links"}`).wants(http.StatusOK)
	s.as(boss).app(at+"/edit", `{"language": "en"}`).wants(http.StatusOK)
	s.as(boss).app(at+"/edit", `{"family_name": "Adler"}`).wants(http.StatusOK)
	for _, shown := range []string{
		`"given_name":"Anna"`, `"family_name":"Adler"`, `"phone":"0171 1"`, `"note":"Knie links"`, `"language":"en"`, anna.Email,
	} {
		s.as(boss).json().get(at).wants(http.StatusOK).shows(shown)
	}
	s.as(boss).app(at+"/edit", `{"note": ""}`).wants(http.StatusOK)
	s.as(boss).json().get(at).hides("Knie").shows(`"phone":"0171 1"`)
	s.as(boss).app(at+"/edit", `{"given_name": "", "family_name": ""}`).wants(http.StatusUnprocessableEntity).shows(`"field":"given_name"`)
	s.as(boss).json().get(at).shows(`"given_name":"Anna"`)
	// Lists of people do not show notes.
	s.as(boss).app(at+"/edit", `{"note": "Knie rechts"}`).wants(http.StatusOK)
	s.as(boss).json().get("/members").wants(http.StatusOK).shows("Adler").hides("Knie")
}

func TestAnAppEditsAListBySentFactsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.Staff(booking.RoleManager, "Maja Leitung")
	type row = map[string]any
	read := func(list string, id int64) row {
		t.Helper()
		var all map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s.as(boss).json().get("/settings/places").wants(http.StatusOK).body), &all); err != nil {
			t.Fatal(err)
		}
		var rows []row
		if err := json.Unmarshal(all[list], &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if int64(r["id"].(float64)) == id {
				return r
			}
		}
		t.Fatalf("%s has no %d", list, id)
		return nil
	}
	for _, c := range []struct{ list, at, made, change, fact string }{
		{"reasons", "/settings/reasons", `"text_de": "Umzug", "text_en": "Moving", "audience": "member", "needs_text": true,
			"position": 7, "active": true`, `"active": false`, "active"},
		{"class_types", "/settings/class-types", `"name": "Barre", "hue": "sky", "glyph": "ball",
			"description": "An der Stange", "position": 3,
			"minutes": 45, "cost": 2, "online": false, "free_cancel_hours": 12, "waitlist_mode": "auto", "waitlist_size": 0,
			"active": true`, `"cost": 3`, "cost"},
		{
			"locations", "/settings/locations", `"name": "Nord", "address": "Ring 1", "position": 2, "active": true`,
			`"address": "Ring 2"`, "address",
		},
		{"rooms", "/settings/rooms", `"name": "Saal 9", "position": 4, "active": true`, `"name": "Saal 10"`, "name"},
	} {
		id := s.as(boss).app(c.at, "{"+c.made+"}").wants(http.StatusOK).number("id")
		was := read(c.list, id)
		s.as(boss).app(c.at, path(`{"id": %d, %s}`, id, c.change)).wants(http.StatusOK)
		now := read(c.list, id)
		if now[c.fact] == was[c.fact] {
			t.Errorf("%s: %s is still %v", c.list, c.fact, now[c.fact])
		}
		was[c.fact] = now[c.fact]
		if a, b := path("%v", now), path("%v", was); a != b {
			t.Errorf("%s: after %s it is\n%s\nwant\n%s", c.list, c.change, a, b)
		}
	}
}

func TestSettingsWithoutTheirVersionAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(s.Owner).app("/settings", `{"max_per_day": 2}`).wants(http.StatusUnprocessableEntity).shows(`"field":"version"`)
	version := s.as(s.Owner).json().get("/settings").wants(http.StatusOK).number("version")
	s.as(s.Owner).app("/settings", path(`{"version": %d, "max_per_day": 2}`, version)).wants(http.StatusOK)
	s.as(s.Owner).app("/settings", path(`{"version": %d, "max_per_day": 3}`, version)).wants(http.StatusConflict).shows(`"stale_settings"`)
}
