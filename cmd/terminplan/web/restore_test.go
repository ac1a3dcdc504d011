package web

import (
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/hub/localredis"
)

// Two nodes have open pages while the database is restored. Versions fall from 5 to 2.
func TestPagesFollowARestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	redis, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	one, two := s.node(redis.URL()), s.node(redis.URL())
	members := s.Members(5, 1)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 20 })
	book := func(n *site, a booking.Actor) {
		t.Helper()
		n.as(a).json().post(path("/classes/%d/bookings", class)).wants(201)
	}
	book(one, members[0])
	anna, fred := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	one.token(anna) // the session must be in the backup
	one.token(fred)
	day := s.scheduleOf(class)
	restore := s.Backup()
	pages := []*page{one.open(anna, day), two.open(anna, day)}
	roster := two.open(fred, path("view=roster&class=%d", class))
	for _, m := range members[1:4] {
		book(one, m)
	}
	seats := path(`id="class-%d-seats"`, class)
	for _, p := range pages {
		p.next(seats, `data-v="5"`)
	}
	roster.next(path(`id="roster-%d"`, class), `data-v="5"`)
	lost := path(`data-e="%s"`, one.server.Live.Epoch())

	restore()
	for _, p := range append(pages, roster) {
		what := seats
		if p == roster {
			what = path(`id="roster-%d"`, class)
		}
		if frame := p.next(what, `data-v="2"`); strings.Contains(frame, lost) {
			t.Errorf("%s gets the restored state in the epoch of the lost one: %s", p.name, short(frame))
		}
	}
	book(two, members[4])
	for _, p := range pages {
		p.next(seats, `data-v="3"`)
	}
	for _, n := range []*site{one, two} {
		n.as(anna).get(path("/classes/%d", class)).wants(200).shows(`data-v="3"`).shows(path(`data-e="%s"`, n.server.Live.Epoch()))
	}
}
