package web

import (
	"net/http"
	"testing"

	"terminplan/booking"
)

// Only the own alert can be put away. The id of no alert changes nothing, not even a version, so
// no page is sent anything.
func TestOnlyTheOwnAlertCanBeDismissed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(nil)
	for _, a := range []booking.Actor{anna, ben} {
		added := booking.AddRequest{ClassID: class, MemberIDs: []int64{a.ID}}
		if _, err := s.AddParticipants(t.Context(), s.Owner, added); err != nil {
			t.Fatal(err)
		}
	}
	alertOf := func(a booking.Actor) int64 { return int64(s.Int(`select id from alert where person_id = $1`, a.ID)) }
	version := func() int { return s.Int(`select version from person where id = $1`, anna.ID) }
	before := version()
	for _, id := range []int64{alertOf(ben), 999999} {
		s.as(anna).json().post(path("/alerts/%d/dismissal", id)).wants(http.StatusNotFound)
		s.as(anna).htmx().post(path("/alerts/%d/dismissal", id)).wants(http.StatusNotFound)
	}
	s.as(s.Owner).json().post(path("/alerts/%d/dismissal", alertOf(ben))).wants(http.StatusNotFound)
	if s.Int(`select count(*) from alert where dismissed_at is not null`) != 0 {
		t.Error("an alert of another person was dismissed")
	}
	if got := version(); got != before {
		t.Errorf("the version rose from %d to %d", before, got)
	}
	own := path("/alerts/%d/dismissal", alertOf(anna))
	s.as(anna).json().post(own).wants(http.StatusOK).shows(`"dismissed":true`)
	after := version()
	s.as(anna).json().post(own).wants(http.StatusOK)
	if got := version(); got != after || after == before {
		t.Errorf("the version was %d, then %d, then %d", before, after, got)
	}
}
