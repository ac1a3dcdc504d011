package web

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"

	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/hub"
	"terminplan/hub/localredis"
)

// node starts another node on the same database and Redis.
func (s *site) node(redisURL string) *site {
	s.t.Helper()
	t := s.t
	quiet := slog.New(slog.DiscardHandler)
	client, err := hub.OpenRedis(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	n := &site{Env: s.Env, t: t, tokens: s.tokens}
	var server *Server
	engine, err := booking.Open(t.Context(), booking.Options{Pool: s.Pool, OnCommit: func(c []booking.Change) { server.Live.Announce(c) }})
	if err != nil {
		t.Fatal(err)
	}
	h := hub.New(hub.Options{Log: quiet})
	broker := hub.NewBroker(hub.BrokerOptions{
		Redis: client, Epoch: engine.Epoch(), Log: quiet,
		Deliver: func(hints []hub.Hint) { server.Live.OnHints(hints) },
		Resync:  func() { server.Live.Resync() },
	})
	if server, err = New(Options{Engine: engine, Hub: h, Broker: broker}); err != nil {
		t.Fatal(err)
	}
	n.server = server
	listener := httptest.NewServer(server.Handler())
	n.url = listener.URL
	ctx, stop := context.WithCancel(context.Background())
	var loops errgroup.Group
	loops.Go(func() error { return server.Live.Run(ctx) })
	loops.Go(func() error { return h.Run(ctx) })
	loops.Go(func() error { return broker.Run(ctx) })
	t.Cleanup(func() {
		stop()
		if err := loops.Wait(); err != nil {
			t.Error(err)
		}
		listener.Close()
		engine.Close()
		_ = client.Close()
	})
	return n
}

func TestNodesSendChangesToEachOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	redis, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	one, two := s.node(redis.URL()), s.node(redis.URL())
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(nil)
	p := two.open(ben, s.scheduleOf(class))
	p.next(path(`id="class-%d-seats"`, class), `data-v="1"`)

	one.as(anna).json().post(path("/classes/%d/bookings", class)).wants(201)
	p.next(path(`id="class-%d-seats"`, class), `data-v="2"`)
	// A page from the other node shows the person's last action (read your own writes).
	two.as(anna).get(path("/classes/%d", class)).wants(200).shows("/cancellation")

	redis.Close()
	one.as(ben).json().post(path("/classes/%d/bookings", class)).wants(201)
	p.next(path(`id="class-%d-seats"`, class), `data-v="3"`, `data-state="full"`)
}

func TestSigningOutAtOneNodeClosesTheSocketsOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	redis, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	one, two := s.node(redis.URL()), s.node(redis.URL())
	anna := s.Member("Anna Arnold", 3)
	p := two.open(anna, "view=person")
	p.next(`id="balance"`)
	one.as(anna).post("/logout").leadsTo("/login")
	if code := p.ends(); code != 1008 {
		t.Errorf("the socket at the other node ends with %d", code)
	}
}

// pair starts two nodes that get no hints from each other.
func (s *site) pair() (one, two *site) {
	s.t.Helper()
	redis, err := localredis.Start()
	if err != nil {
		s.t.Fatal(err)
	}
	one, two = s.node(redis.URL()), s.node(redis.URL())
	redis.Close()
	return one, two
}

// A node caches sessions, so that pages are fast. Requests that change something look past the cache.
func TestNoNodeChangesAnythingForAnEndedSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.pair()
	class := s.Class(nil)
	for _, c := range []struct {
		name string
		end  func(booking.Actor)
	}{
		{"signed out", func(a booking.Actor) { one.as(a).post("/logout").leadsTo("/login") }},
		{"suspended", func(a booking.Actor) {
			one.as(s.Owner).json().post(path("/members/%d/suspension", a.ID), "reason", "Beitrag").wants(200)
		}},
		{"erased", func(a booking.Actor) {
			if _, err := s.Erase(t.Context(), s.Owner, a.ID); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		a := s.Member("Anna "+c.name, 3)
		two.as(a).get("/schedule").wants(200) // the node caches the session
		c.end(a)
		two.as(a).json().post(path("/classes/%d/bookings", class)).wants(401)
		two.as(a).json().get("/profile").wants(401) // it has learnt that the session has ended
	}

	// A role that was taken away permits nothing any more.
	desk, ben := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Member("Ben Berger", 3)
	two.as(desk).get("/today").wants(200)
	one.as(s.Owner).json().post(path("/members/%d/role", desk.ID), "role", "member").wants(200)
	if got := two.as(desk).json().post(path("/classes/%d/participants", class), "member_id", path("%d", ben.ID)).status; got < 400 {
		t.Errorf("a former desk adds a participant: %d", got)
	}
	if n := s.Int(`select count(*) from booking`); n != 0 {
		t.Errorf("%d bookings", n)
	}
}

// Every node acts on the settings as they are, whichever node changed them.
func TestAChangedSettingAppliesOnAllNodesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.pair()
	anna := s.Member("Anna Arnold", 3)
	class := s.mondays(t)
	at := path("/classes/%d/recurring", class)
	for range 3 { // the nodes take turns, and each has just read the settings
		one.as(anna).json().get(at).wants(404)
		version := two.as(s.Owner).json().get("/settings").wants(200).number("version")
		one.as(s.Owner).json().post("/settings", "version", path("%d", version), "recurring", "true").wants(200)
		two.as(anna).json().get(at).wants(200)
		version = two.as(s.Owner).json().get("/settings").wants(200).number("version")
		two.as(s.Owner).json().post("/settings", "version", path("%d", version), "recurring", "false").wants(200)
		one.as(anna).json().post(at, "class_id", path("%d", class)).wants(404)
		one, two = two, one
	}
}
