package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

// The schedule is joined from compressed pieces, other pages and JSON are compressed whole. A
// page with a secret is not, since its size would tell how the secret resembles the rest.
func TestPagesLeaveCompressedUnlessTheyShowASecret(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, desk := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Tina Tresen")
	class := s.Class(nil)
	day := s.start(class).Format("2006-01-02")
	for _, c := range []struct {
		what    string
		get     func(accepts string) reply
		gzipped bool
	}{
		{"the schedule", func(accepts string) reply {
			return s.as(anna).with("Accept-Encoding", accepts).get("/schedule?date=" + day)
		}, true},
		{"the bookings", func(accepts string) reply { return s.as(anna).with("Accept-Encoding", accepts).get("/bookings") }, true},
		{"the desk", func(accepts string) reply {
			return s.as(desk).with("Accept-Encoding", accepts).get(path("/classes/%d", class))
		}, true},
		{"the schedule as JSON", func(accepts string) reply {
			return s.as(anna).json().with("Accept-Encoding", accepts).get("/schedule?view=week&date=" + day)
		}, false}, // a small response is not worth it
		{"an invitation", func(accepts string) reply {
			return s.as(s.Owner).with("Accept-Encoding", accepts).post(path("/members/%d/invitation", anna.ID))
		}, false},
	} {
		for _, accepts := range []string{"gzip, deflate", "identity", "gzip;q=0"} {
			res := c.get(accepts)
			if res.status >= 300 {
				t.Fatalf("%s: %d\n%s", c.what, res.status, short(res.body))
			}
			if !strings.Contains(strings.Join(res.header.Values("Vary"), ","), "Accept-Encoding") {
				t.Errorf("%s does not vary by the encoding", c.what)
			}
			want := ""
			if c.gzipped && accepts == "gzip, deflate" {
				want = "gzip"
			}
			if got := res.header.Get("Content-Encoding"); got != want {
				t.Errorf("%s for %q has the encoding %q, want %q", c.what, accepts, got, want)
			}
			if len(res.header.Values("No-Gzip-Compression")) > 0 {
				t.Errorf("%s tells how it was made", c.what)
			}
			body := res.body
			if want == "gzip" {
				z, err := gzip.NewReader(strings.NewReader(body))
				if err != nil {
					t.Fatalf("%s: %v", c.what, err)
				}
				text, err := io.ReadAll(z)
				if err != nil {
					t.Fatalf("%s: %v", c.what, err)
				}
				body = string(text)
			}
			if c.gzipped && !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
				t.Errorf("%s ends with %q", c.what, body[max(0, len(body)-40):])
			}
		}
	}
	if res := s.as(anna).with("Accept-Encoding", "gzip").do(http.MethodHead, "/schedule", "", ""); res.status != 200 || res.body != "" {
		t.Errorf("HEAD: %d with %d bytes", res.status, len(res.body))
	}
}
