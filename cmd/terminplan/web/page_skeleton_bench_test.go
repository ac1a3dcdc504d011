package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
)

// BenchmarkSchedulePage requests a day of 150 classes as one member, through the handler alone
// and over real connections.
//
//	go test ./cmd/terminplan/web -run xxx -bench SchedulePage -benchmem -cpuprofile cpu.out
func BenchmarkSchedulePage(b *testing.B) {
	env := bookingtest.New(b)
	server, err := New(Options{Engine: env.Engine, Hub: hub.New(hub.Options{})})
	if err != nil {
		b.Fatal(err)
	}
	server.strangers, server.mutations = newRateLimiter(1e6, 1e6), newRateLimiter(1e6, 1e6)
	start := time.Now().UTC().AddDate(0, 0, 30).Truncate(24 * time.Hour)
	for i := range 150 {
		env.Class(func(r *booking.ClassRequest) {
			r.StartsAt = start.Add(6*time.Hour + time.Duration(i)*5*time.Minute)
			r.EndsAt = r.StartsAt.Add(time.Hour)
		})
	}
	anna := env.Member("Anna Arnold", 3)
	in, err := env.SignIn(
		context.Background(), booking.SignInRequest{Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1"},
	)
	if err != nil {
		b.Fatal(err)
	}
	get := func(w http.ResponseWriter) {
		r := httptest.NewRequest("GET", "http://localhost/schedule?date="+start.Format(time.DateOnly), nil)
		r.Header.Set("Accept", "text/html")
		r.AddCookie(&http.Cookie{Name: "terminplan", Value: in.Token})
		server.Handler().ServeHTTP(w, r)
	}
	w := httptest.NewRecorder()
	if get(w); w.Code != http.StatusOK || w.Body.Len() < 150*1000 {
		b.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
	}
	b.ReportAllocs()
	b.SetParallelism(4)
	var bytes atomic.Int64
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			sink := &sink{header: http.Header{}}
			get(sink)
			bytes.Add(int64(sink.size))
		}
	})
	if want := int64(b.N) * int64(w.Body.Len()); bytes.Load() != want {
		b.Fatal(fmt.Errorf("%d bytes, want %d", bytes.Load(), want))
	}
}

// sink is a ResponseWriter that counts bytes.
type sink struct {
	header http.Header
	size   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { s.size += len(p); return len(p), nil }
