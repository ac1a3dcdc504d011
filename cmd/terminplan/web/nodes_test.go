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
