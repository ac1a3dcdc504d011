package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terminplan/booking"
)

// The test sends malformed values to each route. The status is never 5xx, and nothing changes.
func TestMalformedRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.Member("Mia Kunde", 3)
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), member, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Int(
		`select (select count(*) from booking) * 1000000 + (select count(*) from history where verb <> 'export') * 1000
			+ (select sum(version) from class)`,
	)
	junk := []string{
		"-1", "0", "9223372036854775808", "99999999999999999999999", "1.5", "1e309", "NaN", "'; drop table booking; --", "%00",
		"\x00", "\xff\xfe",
		"<script>alert(1)</script>", "../../etc/passwd", "\r\nSet-Cookie: a=b", strings.Repeat("9", 5000), "{{.}}", "٣", "null",
	}
	fields := []string{
		"cost_seen", "starts_seen", "refundable_seen", "key", "reason", "text", "refund_seen", "refund_anyway", "preference",
		"not_later_hours", "member_id",
		"guest_name", "guest_email", "overbook", "present", "title", "date", "time", "starts_at", "minutes", "capacity", "cost",
		"free_cancel_hours",
		"waitlist_mode", "waitlist_size", "quantity", "expires", "type", "version", "lang", "email", "password", "next", "intent",
	}
	for _, rt := range routes {
		if rt.path == "/logout" || rt.path == "/live" {
			continue
		}
		for _, a := range []booking.Actor{member, s.Owner} {
			for _, value := range junk {
				form := url.Values{}
				for _, f := range fields {
					form.Set(f, value)
				}
				at := strings.Replace(rt.path, ":id", path("%d", max(class, seat.BookingID)), 1)
				r := s.as(a).json()
				var got reply
				if rt.method == "GET" {
					got = r.get(at + "?" + form.Encode() + "&q=" + url.QueryEscape(value) + "&view=" + url.QueryEscape(value))
				} else {
					got = r.do(rt.method, at, "application/x-www-form-urlencoded", form.Encode())
				}
				if got.status >= 500 {
					t.Errorf("%s %s with %q: %d %s", rt.method, at, value, got.status, short(got.body))
				}
			}
		}
	}
	after := s.Int(
		`select (select count(*) from booking) * 1000000 + (select count(*) from history where verb <> 'export') * 1000
			+ (select sum(version) from class)`,
	)
	if after != before {
		t.Errorf("malformed requests changed the data: sum %d, was %d", after, before)
	}
}

func TestBodiesOfTheWrongKind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	at := path("/classes/%d/bookings", s.Class(nil))
	a := s.as(m).json()
	a.do("POST", at, "text/plain", `{"cost_seen":1}`).wants(http.StatusUnsupportedMediaType)
	a.do("POST", at, "application/xml", "<a/>").wants(http.StatusUnsupportedMediaType)
	a.do("POST", at, "multipart/form-data; boundary=x", "--x--").wants(http.StatusUnsupportedMediaType)
	a.do("POST", at, "application/json", `{"cost_seen":`).wants(http.StatusUnprocessableEntity)
	a.do("POST", at, "application/json", strings.Repeat("[", 20_000)).wants(http.StatusUnprocessableEntity)
	a.do("POST", at, "application/x-www-form-urlencoded", strings.Repeat("a", 70_000)).wants(http.StatusRequestEntityTooLarge)
	a.do("POST", at, "application/x-www-form-urlencoded", strings.Repeat("a=&", 20_000)).wants(http.StatusUnprocessableEntity)
	a.post(at, "key", "not-a-uuid").wants(http.StatusUnprocessableEntity)
	if n := s.Int(`select count(*) from booking`); n != 0 {
		t.Errorf("%d bookings, want 0", n)
	}
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	at := path("/classes/%d/bookings", s.Class(nil))
	s.as(m).with("Sec-Fetch-Site", "cross-site").post(at).wants(http.StatusForbidden)
	s.as(m).with("Sec-Fetch-Site", "same-site").post(at).wants(http.StatusForbidden)
	s.as(m).with("Origin", "https://evil.example").post(at).wants(http.StatusForbidden)
	s.as(m).with("Origin", "null").post(at).wants(http.StatusForbidden)
	s.as(m).with("X-HTTP-Method-Override", "POST").get(at).wants(http.StatusMethodNotAllowed)
	if n := s.Int(`select count(*) from booking`); n != 0 {
		t.Errorf("a request from another site booked %d seats", n)
	}
	s.as(m).with("Sec-Fetch-Site", "same-origin").json().post(at).wants(http.StatusCreated)
}

func TestEveryResponseCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.Member("Mia Kunde", 3)
	for _, r := range []reply{
		s.as(m).get("/schedule"), s.as(m).get("/nowhere"), s.as(booking.Actor{}).get("/login"), s.as(booking.Actor{}).get("/schedule"),
		s.as(m).with("Origin", "https://evil.example").post("/logout"), s.as(m).do("PUT", "/schedule", "", ""),
		s.as(m).json().get("/credits"),
		s.as(m).get("/healthz"), s.as(m).with("Origin", "https://evil.example").get("/live?view=person"),
	} {
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", r.what, name, got)
			}
		}
		for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin"} {
			if r.header.Get(name) != "" {
				t.Errorf("%s has the header %s", r.what, name)
			}
		}
		if kind := r.header.Get("Content-Type"); r.body != "" && !strings.Contains(kind, "charset=utf-8") {
			t.Errorf("%s: Content-Type %q", r.what, kind)
		}
	}
}

func TestTheRateLimitRefusesRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.mutations = newRateLimiter(0.01, 5)
	m, other := s.Member("Mia Kunde", 3), s.Member("Otto Andrer", 3)
	at := path("/classes/%d/bookings", s.Class(nil))
	throttled := 0
	for range 20 {
		if r := s.as(m).json().post(at); r.status == http.StatusTooManyRequests {
			throttled++
			if r.header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		}
	}
	if throttled != 15 {
		t.Errorf("%d of 20 requests were refused, want 15", throttled)
	}
	s.as(other).json().post(at).wants(http.StatusCreated)
}
