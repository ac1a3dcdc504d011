package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"terminplan/booking"
)

// assetRoutes are the routes of package static. They serve no personal data.
var assetRoutes = map[string]bool{"GET /static/*path": true, "HEAD /static/*path": true}

func TestEveryServedRouteIsInTheTable(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, rt := range routes {
		listed[rt.method+" "+rt.path] = true
		if rt.method == http.MethodGet && !rt.socket() {
			listed["HEAD "+rt.path] = true
		}
	}
	s := newSite(t)
	for _, r := range s.server.routes(http.NewCrossOriginProtection()).Routes() {
		if name := r.Method + " " + r.Path; !listed[name] && !assetRoutes[name] {
			t.Errorf("%s is served, but is missing in both tables", name)
		}
	}
}

// HEAD has the status of GET and no body.
func TestHEADHasTheStatusOfGET(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 3)
	for _, at := range []string{
		"/healthz", "/readyz", "/login", "/", "/manifest.webmanifest", "/sw.js", "/app", "/schedule",
		"/bookings", "/nowhere",
	} {
		got, head := s.as(mia).get(at), s.as(mia).do(http.MethodHead, at, "", "")
		if head.status != got.status || head.body != "" {
			t.Errorf("HEAD %s: status %d and %d bytes, GET: status %d", at, head.status, len(head.body), got.status)
		}
	}
	s.as(mia).do(http.MethodHead, "/classes/1/bookings", "", "").wants(http.StatusMethodNotAllowed)
}

// rights are the roles that may use a route, by the name of its access. They are written from
// the rules and independent of the code.
var rights = map[string]string{
	"everybody":         "nobody member instructor front_desk manager owner",
	"anonymous":         "nobody member instructor front_desk manager owner",
	"signed in":         "member instructor front_desk manager owner",
	"staff":             "instructor front_desk manager owner",
	"check in":          "instructor front_desk manager owner",
	"edit participants": "front_desk manager owner",
	"see members":       "front_desk manager owner",
	"grant credits":     "front_desk manager owner",
	"edit members":      "manager owner",
	"edit classes":      "manager owner",
	"edit settings":     "manager owner",
	"correct credits":   "manager owner",
	"refund anyway":     "manager owner",
	"edit roles":        "owner",
}

func TestRoutesNeedTheirPermission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	people := []booking.Actor{
		{},
		s.Member("Mia Kunde", 3), s.Staff(booking.RoleInstructor, "Ina Trainer"),
		s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Staff(booking.RoleManager, "Maja Leitung"), s.Owner,
	}
	class := s.Class(nil)
	s.publish()
	out, err := s.Book(t.Context(), s.Member("Otto Andrer", 3), booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Int(`select count(*) from history where verb <> 'export'`)
	for _, rt := range routes {
		if rt.socket() || rt.path == "/logout" {
			continue // other tests cover sockets and the end of a session
		}
		for _, a := range people {
			role := string(a.Role)
			if a.ID == 0 {
				role = "nobody"
			}
			// An id that does not exist, and one that belongs to another person.
			for _, id := range []int64{999_999_999, out.BookingID} {
				at := strings.Replace(rt.path, ":id", path("%d", id), 1)
				r := s.as(a).json().do(rt.method, at, bodyType(rt.method), "")
				allowed := strings.Contains(rights[rt.access.name], role)
				denied := r.status == http.StatusForbidden || r.status == http.StatusUnauthorized && rt.path != "/login"
				if allowed && denied {
					t.Errorf("%s %s: %s is denied with %d", rt.method, at, role, r.status)
				}
				if !allowed && !denied {
					t.Errorf("%s %s: %s gets status %d, want a refusal: %s", rt.method, at, role, r.status, short(r.body))
				}
				if !allowed && a.ID != 0 && r.status != http.StatusForbidden || !allowed && a.ID == 0 &&
					r.status != http.StatusUnauthorized {
					t.Errorf("%s %s: %s is denied with %d", rt.method, at, role, r.status)
				}
				if r.status >= 500 {
					t.Errorf("%s %s: %s gets status %d", rt.method, at, role, r.status)
				}
			}
		}
	}
	if after := s.Int(`select count(*) from history where verb <> 'export'`); after != before {
		t.Errorf("requests without values caused %d events", after-before)
	}
}

func bodyType(method string) string {
	if method == "POST" {
		return "application/x-www-form-urlencoded"
	}
	return ""
}

func TestAMemberCannotUseDataOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	victim, thief := s.Member("Vera Opfer", 5), s.Member("Theo Dieb", 5)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	booked, err := s.Book(t.Context(), victim, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	waiter := s.Member("Willi Warter", 5)
	entry, err := s.JoinWaitlist(t.Context(), waiter, booking.JoinRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	seats := func() int { return s.Int(`select booked * 100 + waiting from class where id = $1`, class) }
	before := seats()
	for _, at := range []string{
		path("/bookings/%d/cancellation", booked.BookingID), path("/waitlist/%d/withdrawal", entry.EntryID),
		path("/offers/%d/acceptance", entry.EntryID), path("/offers/%d/refusal", entry.EntryID),
	} {
		s.as(thief).json().post(at, "reason", "1").wants(http.StatusNotFound)
		s.as(thief).json().post(strings.Replace(at, path("%d", booked.BookingID), "999999", 1), "reason", "1").wants(http.StatusNotFound)
	}
	s.as(thief).json().get(path("/bookings/%d/cancellation", booked.BookingID)).wants(http.StatusNotFound)
	// The parameter member_id has no effect in a member's request.
	s.as(thief).json().post(path("/classes/%d/waitlist", class), "member_id", path("%d", victim.ID)).wants(http.StatusCreated)
	if got := seats(); got != before+1 {
		t.Errorf("seats * 100 + waitlist entries: %d, want %d", got, before+1)
	}
	if s.Int(`select count(*) from waitlist_entry where person_id = $1`, victim.ID) != 0 {
		t.Error("a member added another person to the waitlist")
	}
}

func TestUnknownMethodsAndPathsAreRefused(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	s := newSite(t)
	m := s.Member("Mia Kunde", 0)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"} {
		s.as(m).json().do(method, "/schedule", "", "").wants(http.StatusMethodNotAllowed)
	}
	for _, at := range []string{
		"/nowhere", "/schedule/", "/profile/x.css", "/profile;x.css", "/profile%00.js", "/.git/config", "/.env", "/debug/pprof/",
		"/metrics",
		"/classes/0", "/classes/-1", "/classes/01", "/classes/9223372036854775808", "/classes/1e3", "/classes/%ff", "/classes/42%00",
	} {
		if r := s.as(m).json().get(at); r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", at, r.status)
		}
	}
}
