package web

import (
	"net/http"
	"testing"

	"terminplan/booking"
)

const notificationsPath = "/profile/notifications"

func TestASwitchOfThePreferencesIsSavedAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.as(s.Member("Anna Amsel", 3))
	anna.get("/profile").wants(http.StatusOK).shows(`href="/profile/notifications"`)
	anna.get(notificationsPath).wants(http.StatusOK).
		shows(`name="waitlist_mail" value="1" checked`, "Betrifft deine Buchungen").
		shows("Push braucht ein Gerät", `href="/profile#devices"`, `href="/app"`).
		hides(`name="classes_mail"`, `name="account_push"`, `name="receipts_push"`, `name="teaching_mail"`)
	anna.part("li#pref-waitlist", notificationsPath, "waitlist_push", "1", "waitlist_push", "0", "waitlist_mail", "0").
		wants(http.StatusOK).shows(`<li id="pref-waitlist"`, "Gespeichert", `name="waitlist_push" value="1" checked`).
		hides(`name="waitlist_mail" value="1" checked`)
	anna.post(notificationsPath, "waitlist_mail", "1", "waitlist_mail", "0", "receipts_mail", "0").leadsTo(notificationsPath)
	got := s.text(`select string_agg(concat_ws(' ', category, channel, wanted), ', ' order by category, channel) from preference`)
	if got != "receipts mail f, waitlist mail t, waitlist push t" {
		t.Errorf("the stored choices are %q", got)
	}
	ina := s.Staff(booking.RoleInstructor, "Ina Igel")
	s.as(ina).get(notificationsPath).wants(http.StatusOK).shows(`name="teaching_mail" value="1" checked`)
}

func TestPreferencesHaveAJSONTwin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.as(s.Member("Anna Amsel", 3)).json()
	anna.get(notificationsPath).wants(http.StatusOK).shows(
		`{"category":"classes","push":"fixed","mail":"fixed"}`, `{"category":"receipts","push":null,"mail":true}`,
		`"free_until_always":false,"quiet":"studio","quiet_from":"","quiet_until":"","push_devices":0`,
	)
	const much = `{"waitlist_mail": false, "free_until_always": true, "quiet": "own", "quiet_from": "21:30", "quiet_until": "8"}`
	anna.app(notificationsPath, much).wants(http.StatusOK).shows(`{"category":"waitlist","push":true,"mail":false}`,
		`"free_until_always":true,"quiet":"own","quiet_from":"21:30","quiet_until":"08:00"`)
	anna.app(notificationsPath, `{"quiet": "none"}`).wants(http.StatusOK).shows(`"quiet":"none","quiet_from":""`, `"mail":false`)
	anna.app(notificationsPath, `{"quiet": "studio"}`).wants(http.StatusOK).shows(`"quiet":"studio"`)
}

func TestPreferencesThatDoNotExistAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.as(s.Member("Anna Amsel", 3))
	for _, c := range []struct{ field, value, field2, sentence string }{
		{"moon_mail", "1", "moon_mail", "Das gibt es nicht (mehr)."},
		{"teaching_mail", "0", "teaching_mail", "Das gibt es nicht (mehr)."},
		{"receipts_push", "1", "receipts_push", "Das gibt es nicht (mehr)."},
		{"classes_mail", "0", "classes_mail", "Das lässt sich nicht abstellen"},
		{"account_push", "0", "account_push", "Das lässt sich nicht abstellen"},
		{"waitlist_mail", "vielleicht", "waitlist_mail", "Hier geht nur ja oder nein."},
		{"free_until_always", "2", "free_until_always", "Hier geht nur ja oder nein."},
		{"quiet", "laut", "quiet", "Wähl eine der Möglichkeiten."},
	} {
		r := anna.json().post(notificationsPath, c.field, c.value).wants(http.StatusUnprocessableEntity)
		r.shows(`"`+c.field2+`"`, c.sentence)
		anna.post(notificationsPath, c.field, c.value).wants(http.StatusUnprocessableEntity).shows(c.sentence)
	}
	for _, c := range [][3]string{
		{"99:99", "7", "Das ist keine Uhrzeit"},
		{"22", "25", "Das ist keine Uhrzeit"},
		{"", "7", "Das fehlt noch"},
		{"7", "7:00", "Beginn und Ende sind gleich"},
		{`"><script>`, "7", "Das ist keine Uhrzeit"},
	} {
		anna.part("form#quiet", notificationsPath, "quiet", "own", "quiet_from", c[0], "quiet_until", c[1]).
			wants(http.StatusUnprocessableEntity).shows(`<form id="quiet"`, c[2]).hides("Gespeichert", "<script>")
	}
	if n := s.Int(`select (select count(*) from preference) + (select count(*) from person where quiet_from is not null)`); n != 0 {
		t.Errorf("%d things were stored", n)
	}
}

func TestOwnQuietHoursAreSavedFromThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Exec(`update studio set night_rest = true`)
	anna := s.as(s.Member("Anna Amsel", 3))
	anna.get(notificationsPath).wants(http.StatusOK).shows("Wie das Studio: 22:00–07:00", `value="studio" checked`)
	anna.part("form#quiet", notificationsPath, "quiet", "own", "quiet_from", "21", "quiet_until", "9.30 Uhr").wants(http.StatusOK).
		shows("Gespeichert", `value="own" checked`, `value="21:00"`, `value="09:30"`)
	anna.part("form#quiet", notificationsPath, "quiet", "none", "quiet_from", "x", "quiet_until", "").wants(http.StatusOK).
		shows(`value="none" checked`, `value="22:00"`)
	anna.post(notificationsPath, "quiet", "studio").leadsTo(notificationsPath)
	if n := s.Int(`select count(*) from person where quiet_from is not null`); n != 0 {
		t.Error("a person with the hours of the studio has own ones")
	}
}
