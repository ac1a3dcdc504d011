package web

import (
	"net/http"
	"testing"
	"time"
)

func TestAnotherZoneIsReviewedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	was := s.read(class).StartsAt
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	version := path("%d", studio.Version)
	s.as(s.Owner).get("/settings/studio").wants(http.StatusOK).shows(`list="setting-zone-list"`).
		shows(`<option value="America/Sao_Paulo">`).hides("Etc/GMT").hides(`value="EST"`)

	fields := []string{"form", "studio", "version", version, "zone", "america/sao_paulo"}
	review := s.as(s.Owner).post("/settings", fields...).wants(http.StatusConflict)
	review.shows("Von Europe/Berlin nach America/Sao_Paulo.").
		shows("1 Kurs ist geplant").
		hides(" checked").
		hides("Wähl eine der Möglichkeiten")
	s.as(s.Owner).post("/settings", append(fields, "zone_asked", "1")...).wants(http.StatusConflict).shows("Wähl eine der Möglichkeiten")
	if !s.read(class).StartsAt.Equal(was) {
		t.Error("the class moved before the choice")
	}

	body := path(`{"version": %s, "zone": "America/Sao_Paulo"}`, version)
	s.as(s.Owner).app("/settings", body).wants(http.StatusConflict).shows(`"zone_change"`).shows(`"classes":1`).shows(`"bookings":0`)
	for _, zone := range []string{"EST", "Etc/GMT+5", "Mond/Krater", "", "Local"} {
		s.as(s.Owner).app("/settings", path(`{"version": %s, "zone": "%s", "zone_change": "clock"}`, version, zone)).
			wants(http.StatusUnprocessableEntity).shows(`"field":"zone"`).shows("Wähl eine aus der Liste")
	}
	s.as(s.Owner).app("/settings", path(`{"version": %s, "zone": "America/Sao_Paulo", "zone_change": "some"}`, version)).
		wants(http.StatusUnprocessableEntity).shows(`"field":"zone_change"`)

	s.as(s.Owner).post("/settings", append(fields, "zone_asked", "1", "zone_change", "clock")...).leadsTo("/settings/studio")
	zone, err := s.Zone(t.Context(), "America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	if now := s.read(class).StartsAt; now.In(zone).Format(time.DateTime) != was.In(studio.Zone).Format(time.DateTime) {
		t.Errorf("the class was at %s and is at %s", was.In(studio.Zone), now.In(zone))
	}
	s.as(s.Owner).get("/settings/history").wants(http.StatusOK).shows("Uhrzeiten behalten").
		shows("<s>Europe/Berlin</s>").shows("<b>America/Sao_Paulo</b>")
	// The same name in another spelling is no change.
	s.as(s.Owner).app("/settings", path(`{"version": %d, "zone": "AMERICA/sao_paulo"}`, studio.Version+1)).wants(http.StatusOK)
}
