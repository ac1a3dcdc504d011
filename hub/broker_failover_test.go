package hub_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"terminplan/hub"
	"terminplan/hub/redistest"
)

// logLines passes on the lines of a log.
type logLines chan string

func (l logLines) Write(p []byte) (int, error) {
	select {
	case l <- string(bytes.TrimSpace(p)):
	default: // the test reads no more lines
	}
	return len(p), nil
}

func TestTheLogSaysWhyRedisDoesNotDeliverHints(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "right")
	cluster := redistest.StartCluster(t)
	for _, c := range []struct {
		name, url string
		want      string
	}{
		{"a wrong password", "redis://:wr0ng@" + server.Addr(), "WRONGPASS"},
		{"no password", server.URL(), "NOAUTH"},
		{"no server", "redis://127.0.0.1:1", "connection refused"},
		{"TLS to a server without", "rediss://:wr0ng@" + server.Addr(), "no answer in time"},
		{"a single server in place of a cluster", "redis+cluster://:right@" + server.Addr(), "write redis://"},
		{"a member of a cluster in place of a single server", cluster.URL(), "write redis+cluster://"},
		{"Sentinels that do not watch it", "redis+sentinel://" + server.Addr() + "?master_name=main", "sentinel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := make(logLines, 100)
			client, err := hub.OpenRedis(c.url)
			if err != nil {
				t.Fatal(err)
			}
			n := runNode(t, client, 50*time.Millisecond, slog.New(slog.NewTextHandler(lines, nil)))
			line := wait(t, "a line of the log", lines)
			if !strings.Contains(line, c.want) || strings.Contains(line, "wr0ng") {
				t.Errorf("the log says %s, want %q", line, c.want)
			}
			if n.Healthy() {
				t.Error("the node feels healthy")
			}
		})
	}
}

// A probe that fails again and again fills no log.
func TestAnUnhealthyRedisIsLoggedOnce(t *testing.T) {
	lines := make(logLines, 100)
	client, err := hub.OpenRedis("redis://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	var asked countCalls
	client.AddHook(&asked)
	runNode(t, client, time.Millisecond, slog.New(slog.NewTextHandler(lines, nil)))
	eventually(t, "twenty lost probes", func() bool { return asked.Load() > 20 })
	if len(lines) != 1 {
		t.Errorf("%d lines after twenty lost probes, want 1", len(lines))
	}
}

// countCalls counts the commands of a client.
type countCalls struct{ atomic.Int64 }

func (c *countCalls) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *countCalls) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.Add(1)
		return next(ctx, cmd)
	}
}

func (c *countCalls) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// slowReloads returns a client of a cluster that by itself does not notice within a test that
// slots have moved.
func slowReloads(t *testing.T, server *redistest.Server) redis.UniversalClient {
	t.Helper()
	client, err := hub.OpenRedis("redis+cluster://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	o := *client.(*redis.ClusterClient).Options()
	_ = client.Close()
	if o.ClusterStateReloadInterval > 5*time.Second {
		t.Errorf("the client reads the state of the cluster every %s", o.ClusterStateReloadInterval)
	}
	o.ClusterStateReloadInterval = time.Hour
	return redis.NewClusterClient(&o)
}

func TestHintsFollowTheSlotOfACluster(t *testing.T) {
	for _, c := range []struct {
		name string
		move func(master, replica *redistest.Server)
	}{
		{"in a planned failover", func(_, replica *redistest.Server) { replica.Ask("CLUSTER FAILOVER TAKEOVER") }},
		{"when the master dies", func(master, replica *redistest.Server) {
			master.Stop()
			replica.Ask("CLUSTER FAILOVER TAKEOVER")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			master, replica := redistest.StartClusterPair(t)
			a := runNode(t, slowReloads(t, master), 50*time.Millisecond, quiet)
			b := runNode(t, slowReloads(t, master), 50*time.Millisecond, quiet)
			b.Watch("class:1")
			b.hears(t, a, "class:1", 1)
			a.becomes(t, true)
			b.becomes(t, true)
			c.move(master, replica)
			wait(t, "a comparison", b.resyncs)
			b.hears(t, a, "class:1", 2)
			a.becomes(t, true)
			b.becomes(t, true)
		})
	}
}

func TestHintsFollowTheMasterThatASentinelNames(t *testing.T) {
	for _, c := range []struct {
		name string
		move func(w redistest.Watched)
	}{
		// A Sentinel refuses until it has heard enough of the replica.
		{"in a planned failover", func(w redistest.Watched) { w.Sentinel.Ask("SENTINEL FAILOVER main") }},
		{"when the master dies", func(w redistest.Watched) { w.Master.Stop() }}, // again and again changes nothing
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := redistest.StartSentinel(t)
			url := "redis+sentinel://" + w.Sentinel.Addr() + "?master_name=main"
			a, b := newNode(t, url), newNode(t, url)
			b.Watch("class:1")
			b.hears(t, a, "class:1", 1)
			a.becomes(t, true)
			b.becomes(t, true)
			replica := redis.NewClient(&redis.Options{Addr: w.Replica.Addr()})
			defer replica.Close()
			eventually(t, "the replica to be promoted", func() bool {
				c.move(w)
				info, err := replica.Info(t.Context(), "replication").Result()
				return err == nil && strings.Contains(info, "role:master")
			})
			b.hears(t, a, "class:1", 2)
			a.becomes(t, true)
			b.becomes(t, true)
			// The hints go through the new master only.
			eventually(t, "the subscription at the new master", func() bool {
				n, err := replica.PubSubNumSub(t.Context(), hub.HintPrefix+"class:1").Result()
				return err == nil && n[hub.HintPrefix+"class:1"] == 1
			})
		})
	}
}

// The library's errors quote what they cannot read.
func TestErrorsOfBadAddressesOfRedisHideThePassword(t *testing.T) {
	var all sync.WaitGroup
	for _, url := range []string{
		"redis://:s3cr%zzt@host", "redis://:s3cr:et@host:port", "redis://:s3/cret@host", "redis://:s3?cret=1@host",
		"redis://:s3#cret@host:1",
		"redis+cluster://:s3cr@a:1,b:x", "redis+cluster://a:1?password=s3cret&x=1", "redis+sentinel://:s3cr@a:1",
		"redis+sentinel://a:1?sentinel_password=s3cr%zz",
		"redis://:s3cret@host/0?nonsense=1", "redis://:s3 cret@host",
	} {
		all.Go(func() {
			c, err := hub.OpenRedis(url)
			if err == nil {
				_ = c.Close()
				return
			}
			for _, part := range []string{"s3", "cret", "cr%"} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("%s: %v", url, err)
				}
			}
		})
	}
	all.Wait()
}
