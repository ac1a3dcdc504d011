package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/generate"
	"terminplan/hub"
)

// BenchmarkABigStudioAgainstASmallOne requests the same pages from a small and a big studio in
// turn, and reports the ratio of their times. Both have the same number of classes per day and
// of people per class. The big one has months of classes and five hundred times the members.
//
//	go test ./cmd/terminplan/web -run xxx -bench BigStudio -benchtime 1x
func BenchmarkABigStudioAgainstASmallOne(b *testing.B) {
	small := studioOf(b, generate.Size{Members: 200, Bookings: 45 * 100, Classes: 45, Past: 2, Ahead: 3, Seed: 1})
	big := studioOf(b, generate.Size{Members: 100_000, Bookings: 200_000, Classes: 2000, Seed: 1})
	for name := range small.paths {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				const rounds = 40
				took := [2]time.Duration{}
				for i := range rounds + 5 {
					for at, s := range []sized{small, big} {
						d := s.get(b, s.paths[name])
						if i >= 5 { // the first requests open connections
							took[at] += d
						}
					}
				}
				b.ReportMetric(float64(took[1])/float64(took[0]), "×")
				b.ReportMetric(float64(took[0].Microseconds())/rounds, "small-µs")
				b.ReportMetric(float64(took[1].Microseconds())/rounds, "big-µs")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// sized is a studio with the paths of its pages.
type sized struct {
	handler http.Handler
	token   string
	paths   map[string]string
}

func studioOf(b *testing.B, size generate.Size) sized {
	b.Helper()
	env := bookingtest.New(b)
	if err := generate.Studio(b.Context(), env.Pool, size); err != nil {
		b.Fatal(err)
	}
	server, err := New(Options{Engine: env.Engine, Hub: hub.New(hub.Options{})})
	if err != nil {
		b.Fatal(err)
	}
	in, err := env.SignIn(
		context.Background(), booking.SignInRequest{Email: env.Owner.Email, Password: bookingtest.Password, Address: "192.0.2.1"},
	)
	if err != nil {
		b.Fatal(err)
	}
	server.strangers, server.mutations = newRateLimiter(1e6, 1e6), newRateLimiter(1e6, 1e6)
	class := int64(env.Int(`select id from class where starts_at > clock_timestamp() + interval '2 days' order by starts_at, id limit 1`))
	member := int64(env.Int(`select person_id from booking where class_id = $1 order by id limit 1`, class))
	c, err := env.Engine.Class(context.Background(), class)
	if err != nil {
		b.Fatal(err)
	}
	return sized{handler: server.Handler(), token: in.Token, paths: map[string]string{
		"directory": "/members", "search_common": "/members?q=müller", "search_one": "/members?q=m177@",
		"search_name": "/members?q=müller+lena", "search_typing_error": "/members?q=muellre+lenna",
		"search_typing_error_common": "/members?q=muellre", "candidates": path("/classes/%d/candidates?q=koch+pau", class),
		"schedule_day": "/schedule?date=" + day(c.StartsAt), "schedule_week": "/schedule?view=week&date=" + day(c.StartsAt),
		"panel": path("/classes/%d", class), "profile": path("/members/%d", member),
	}}
}

func (s sized) get(b *testing.B, at string) time.Duration {
	r := httptest.NewRequest("GET", "http://localhost"+at, nil)
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	began := time.Now()
	s.handler.ServeHTTP(w, r)
	took := time.Since(began)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", at, w.Code, short(w.Body.String()))
	}
	return took
}
