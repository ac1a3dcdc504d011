package hub_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"terminplan/hub"
	"terminplan/hub/localredis"
	"terminplan/hub/redistest"
)

// node is a broker that records everything it receives.
type node struct {
	*hub.Broker
	hints   chan hub.Hint
	resyncs chan struct{}
	client  redis.UniversalClient
}

func newNode(t *testing.T, url string) *node {
	t.Helper()
	return newNodeThatAsks(t, url, 50*time.Millisecond)
}

// newNodeThatAsks returns a node that probes Redis at the given interval. A node without an
// answer before the next probe counts as having lost hints.
func newNodeThatAsks(t *testing.T, url string, every time.Duration) *node {
	t.Helper()
	client, err := hub.OpenRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	return runNode(t, client, every, quiet)
}

func runNode(t *testing.T, client redis.UniversalClient, every time.Duration, log *slog.Logger) *node {
	t.Helper()
	n := &node{hints: make(chan hub.Hint, 100_000), resyncs: make(chan struct{}, 1000), client: client}
	n.Broker = hub.NewBroker(hub.BrokerOptions{
		Redis: client, Epoch: "e1", Log: log,
		Deliver: func(hints []hub.Hint) {
			for _, h := range hints {
				n.hints <- h
			}
		},
		Resync: func() { n.resyncs <- struct{}{} },
	})
	n.ProbeEvery(every)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		_ = client.Close()
	})
	return n
}

func (n *node) becomes(t *testing.T, healthy bool) {
	t.Helper()
	eventually(t, fmt.Sprint("healthy to be ", healthy), func() bool { return n.Healthy() == healthy })
}

// hears announces hints until the other node receives one, because a subscription takes a
// moment.
func (n *node) hears(t *testing.T, from *node, channel string, id int64) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(patience)
	for version := int64(1); ; version++ {
		from.Announce(hub.Hint{Channel: channel, ID: id, Version: version})
		for waiting := true; waiting; {
			select {
			case h := <-n.hints:
				if h.Channel == channel && h.ID == id {
					return
				}
			case <-tick.C:
				waiting = false
			case <-timeout:
				t.Fatalf("a hint of %s never came", channel)
			}
		}
	}
}

func TestHintsReachNodesThatWatchTheChannel(t *testing.T) {
	for _, c := range []struct {
		name string
		url  func(t *testing.T) string
	}{
		{"Redis", func(t *testing.T) string { return redistest.Start(t).URL() }},
		{"a cluster", func(t *testing.T) string {
			return "redis+cluster" + redistest.StartCluster(t).URL()[len("redis"):]
		}},
		{"the local Redis", func(t *testing.T) string {
			s, err := localredis.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return s.URL()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.url(t)
			// A long interval, so that a busy machine loses no probe: Redis has ten seconds
			// for each.
			a, b := newNodeThatAsks(t, url, 10*time.Second), newNodeThatAsks(t, url, 10*time.Second)
			b.Watch("day:2026-11-25")
			b.Watch("person:7")
			a.Watch("person:7")
			a.becomes(t, true)
			b.becomes(t, true)
			b.hears(t, a, "day:2026-11-25", 42)
			b.hears(t, a, "person:7", 7)
			a.hears(t, b, "person:7", 7)
			b.Announce(hub.Hint{Channel: "person:7", Epoch: "e2", ID: 7, Version: 1 << 40})
			for {
				if h := wait(t, "a hint", a.hints); h != (hub.Hint{Channel: "person:7", Epoch: "e1", ID: 7, Version: h.Version}) {
					if h != (hub.Hint{Channel: "person:7", Epoch: "e2", ID: 7, Version: 1 << 40}) {
						t.Errorf("got %+v", h)
					}
					break
				}
			}
			if n := len(a.resyncs) + len(b.resyncs); n > 0 {
				t.Errorf("%d resyncs although nothing was lost", n)
			}
		})
	}
}

func TestLastUnwatchEndsTheHints(t *testing.T) {
	url := redistest.Start(t).URL()
	a, b := newNode(t, url), newNode(t, url)
	b.Watch("class:1")
	b.Watch("class:1")
	b.Watch("class:2")
	b.hears(t, a, "class:1", 1)
	b.Unwatch("class:1")
	b.hears(t, a, "class:1", 2)
	b.Unwatch("class:1")
	b.Unwatch("class:1") // one call more than Watch
	subscribers := func() int64 {
		n, err := a.client.PubSubNumSub(t.Context(), hub.HintPrefix+"class:1").Result()
		if err != nil {
			t.Fatal(err)
		}
		return n[hub.HintPrefix+"class:1"]
	}
	eventually(t, "Redis to forget the subscription", func() bool { return subscribers() == 0 })
	b.hears(t, a, "class:2", 2)
	b.Watch("class:1")
	b.hears(t, a, "class:1", 3)
}

func TestRedisRestartCausesResync(t *testing.T) {
	server := redistest.Start(t)
	a, b := newNode(t, server.URL()), newNode(t, server.URL())
	b.Watch("class:1")
	b.hears(t, a, "class:1", 1)
	a.becomes(t, true)
	b.becomes(t, true)
	server.Stop()
	a.becomes(t, false)
	b.becomes(t, false)
	wait(t, "a comparison while it is away", b.resyncs)
	b.Watch("class:2") // while Redis is away
	server.Restart()
	b.becomes(t, true)
	wait(t, "a comparison when it is back", b.resyncs)
	b.hears(t, a, "class:1", 1)
	b.hears(t, a, "class:2", 2)
}

func TestLostRedisConnectionCausesResync(t *testing.T) {
	server := redistest.Start(t)
	b := newNode(t, server.URL())
	b.Watch("class:1")
	b.becomes(t, true)
	if err := b.client.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	wait(t, "a comparison", b.resyncs)
	b.becomes(t, true)
}

func TestFrozenRedisIsNoticedAndBlocksNoCaller(t *testing.T) {
	server := redistest.Start(t)
	a, b := newNode(t, server.URL()), newNode(t, server.URL())
	b.Watch("class:1")
	b.hears(t, a, "class:1", 1)
	a.becomes(t, true)
	b.becomes(t, true)
	server.Freeze()
	waited := 0
	for v := range int64(2000) {
		began := time.Now()
		a.Announce(hub.Hint{Channel: "class:1", ID: v % 10, Version: v + 100})
		a.Watch(fmt.Sprint("class:", v))
		a.Unwatch(fmt.Sprint("class:", v))
		if time.Since(began) > hub.RedisCall/2 {
			waited++
		}
	}
	// A busy machine delays some of the calls, waiting for Redis would delay all of them.
	if waited > 100 {
		t.Errorf("%d of 2000 announcements waited for Redis", waited)
	}
	b.becomes(t, false)
	wait(t, "a comparison while it is frozen", b.resyncs)
	server.Thaw()
	a.becomes(t, true)
	b.becomes(t, true)
	wait(t, "a comparison when it goes on", b.resyncs)
	// The hints that were announced in the meantime arrive once per id, with the newest
	// version.
	newest := map[int64]int64{}
	for len(newest) < 10 {
		if h := wait(t, "the hints of the frozen time", b.hints); h.Version > 2000 {
			newest[h.ID] = h.Version
		}
	}
	for id, version := range newest {
		if want := 2090 + id; version != want {
			t.Errorf("id %d came with version %d, not %d", id, version, want)
		}
	}
	b.hears(t, a, "class:1", 99)
}

func TestBrokerConnectsWhenRedisStartsLater(t *testing.T) {
	server := redistest.Start(t)
	server.Stop()
	a, b := newNode(t, server.URL()), newNode(t, server.URL())
	b.Watch("class:1")
	a.Announce(hub.Hint{Channel: "class:1", ID: 5, Version: 1})
	if a.Healthy() || b.Healthy() {
		t.Error("healthy without Redis")
	}
	server.Restart()
	b.becomes(t, true)
	b.hears(t, a, "class:1", 6)
}

func TestForeignMessagesAreIgnored(t *testing.T) {
	server := redistest.Start(t)
	a, b := newNode(t, server.URL()), newNode(t, server.URL())
	b.Watch("class:1")
	b.hears(t, a, "class:1", 1)
	for _, message := range []string{
		"", "<p>hello</p>", "1 n e 5", "1 n e 5 6 7", "1 n e -5 6", "1 n e 05 6", "1 n e 5 99999999999999999999", "2 n e 5 6",
		"1 n e 5 6\n",
	} {
		if err := a.client.Publish(t.Context(), hub.HintPrefix+"class:1", message).Err(); err != nil {
			t.Fatal(err)
		}
	}
	a.Announce(hub.Hint{Channel: "class:1", ID: 1000, Version: 1})
	for {
		h := wait(t, "the honest hint", b.hints)
		if h.ID == 1000 {
			return
		}
		if h.ID != 1 {
			t.Errorf("a foreign message became %+v", h)
		}
	}
}

func TestInvalidHintsAreNotAnnounced(t *testing.T) {
	b := hub.NewBroker(hub.BrokerOptions{Log: quiet, Epoch: "e"})
	var all sync.WaitGroup // Announce, Watch and Unwatch need no running broker
	for _, channel := range []string{"", "day 1", "day\n1", "täg:1", "day:*"} {
		all.Go(func() {
			b.Announce(hub.Hint{Channel: channel, ID: 1, Version: 1})
			b.Watch(channel)
			b.Unwatch(channel)
		})
	}
	all.Wait()
	if _, ok := hub.EncodeHint("n", hub.Hint{Channel: "class:1", Epoch: "e", ID: -1}); ok {
		t.Error("a negative id was accepted")
	}
}

func TestOpenRedisAddresses(t *testing.T) {
	single := func(url string) *redis.Options {
		t.Helper()
		c, err := hub.OpenRedis(url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		one, ok := c.(*redis.Client)
		if !ok {
			t.Fatalf("%s became %T", url, c)
		}
		return one.Options()
	}
	many := func(url string) *redis.ClusterOptions {
		t.Helper()
		c, err := hub.OpenRedis(url)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		cluster, ok := c.(*redis.ClusterClient)
		if !ok {
			t.Fatalf("%s became %T", url, c)
		}
		return cluster.Options()
	}
	if o := single("rediss://u:p@redis.example:6380/2"); o.Addr != "redis.example:6380" || o.DB != 2 || o.Username != "u" ||
		o.Password != "p" ||
		o.TLSConfig == nil || !o.ContextTimeoutEnabled || o.MaxRetries > 0 || o.DialTimeout > time.Second || o.ReadTimeout > time.Second {
		t.Errorf("a single address has %+v", o)
	}
	if o := many("redis://u:p@a:1,b:2,c:3"); fmt.Sprint(o.Addrs) != "[a:1 b:2 c:3]" || o.Password != "p" || !o.ContextTimeoutEnabled ||
		o.MaxRetries > 0 {
		t.Errorf("three addresses have %+v", o)
	}
	if o := many("rediss+cluster://a:1"); fmt.Sprint(o.Addrs) != "[a:1]" || o.TLSConfig == nil {
		t.Errorf("a cluster behind one address has %+v", o)
	}
	for _, bad := range []string{"", "localhost:6379", "http://localhost", "redis://a:1,b:2/3", "redis://a:b:c:secret"} {
		if c, err := hub.OpenRedis(bad); err == nil {
			_ = c.Close()
			t.Errorf("%q was accepted", bad)
		}
	}
}
