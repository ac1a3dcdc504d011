package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terminplan/hub"
)

// publisher sends fragments to all screens.
type publisher interface {
	publish(topic string, version int64, body []byte)
	slow() int // number of screens that do not keep up
}

// serverCmd is the process of a server. The addresses of PostgreSQL and Redis come in its
// environment, since they hold passwords.
type serverCmd struct {
	Kind     string `arg:"" help:"hub, tcp, node, memory, upgrade or replay."`
	Database string `env:"TERMINPLAN_BENCH_DATABASE" hidden:""`
	Redis    string `env:"TERMINPLAN_BENCH_REDIS" hidden:""`
	Seed     string `env:"TERMINPLAN_BENCH_SEED" hidden:""`
	People   int    `help:"Number of members that the kind memory knows."`
	Answer   string `env:"TERMINPLAN_BENCH_ANSWER" hidden:"" help:"The file that replay sends as its answer."`
}

// serve prints where it listens and answers commands until in ends.
func serve(ctx context.Context, s serverCmd, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	switch s.Kind {
	case "tcp":
		p := newPlain(l)
		return servePublisher(p, l.Addr(), in, out)
	case "hub":
		h, err := newHub(ctx, l, s.Redis)
		if err != nil {
			return err
		}
		return servePublisher(h, l.Addr(), in, out)
	case "node", "memory":
		return serveNode(ctx, s, l, in, out)
	case "upgrade":
		return serveUpgrades(ctx, l, in, out)
	case "replay":
		return replay(s.Answer, l, in, out)
	}
	return fmt.Errorf("there is no server of kind %q", s.Kind)
}

// servePublisher answers the commands of the run. The process of the peer, a module of its
// own, answers the same commands: see cmd/dev/peer.
func servePublisher(s publisher, addr net.Addr, in io.Reader, out io.Writer) error {
	fmt.Fprintln(out, addr)
	return serveCommands(in, out, func(c command) (string, error) {
		switch c.verb {
		case "publish":
			var version, many, size int64
			if err := c.numbers(&version, &many, &size); err != nil {
				return "", err
			}
			began := time.Now()
			for i := range many {
				s.publish("a", version+i, fragment(version+i, int(size)))
			}
			return fmt.Sprint(began.UnixNano()), nil
		case "size": // of the fragments that are sent for hints
			h, ok := s.(*live)
			if !ok {
				return "", fmt.Errorf("only the hub takes hints")
			}
			var size int64
			err := c.numbers(&size)
			h.size.Store(size)
			return "ok", err
		case "flood": // topic b, until that many screens are slow
			var most int64
			if err := c.numbers(&most); err != nil {
				return "", err
			}
			body := fragment(0, 64<<10)
			for v := int64(1); ; v++ {
				if s.slow() >= int(most) {
					return "flooded", nil
				} else if v > 2000 {
					return "", fmt.Errorf("only %d screens are slow", s.slow())
				}
				s.publish("b", v, body)
				time.Sleep(hotInterval)
			}
		case "slow":
			return fmt.Sprint(s.slow()), nil
		}
		return commonCommand(c)
	})
}

// commonCommand answers the commands that every server has.
func commonCommand(c command) (string, error) {
	switch c.verb {
	case "cpu":
		return fmt.Sprint(int64(cpu())), nil
	case "memory":
		debug.FreeOSMemory()
		return fmt.Sprint(resident()), nil
	}
	return "", fmt.Errorf("unknown command %q", c.verb)
}

func fragment(version int64, size int) []byte {
	t := mark(version)
	return []byte(t + strings.Repeat("x", size-len(t)))
}

// plain writes the same bytes to bare TCP connections, from as many goroutines as
// there are processors.
type plain struct {
	mu    sync.Mutex
	conns []net.Conn
}

func newPlain(l net.Listener) *plain {
	p := &plain{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, c)
			p.mu.Unlock()
		}
	}()
	return p
}

func (p *plain) publish(_ string, _ int64, body []byte) {
	frame := append([]byte{0x81, 126, byte(len(body) >> 8), byte(len(body))}, body...)
	p.mu.Lock()
	defer p.mu.Unlock()
	parts := runtime.GOMAXPROCS(0)
	var writers sync.WaitGroup
	for k := range parts {
		writers.Go(func() {
			for i := k; i < len(p.conns); i += parts {
				_, _ = p.conns[i].Write(frame)
			}
		})
	}
	writers.Wait()
}

func (p *plain) slow() int { return 0 }

// live is the hub as the program runs it, behind net/http. Like a node, it learns through
// Redis of the changes that were made elsewhere.
type live struct {
	hub  *hub.Hub
	size atomic.Int64
}

const (
	hintChannel = "day:bench"
	hintEpoch   = "bench"
)

func newHub(ctx context.Context, l net.Listener, redis string) (*live, error) {
	log := slog.New(slog.DiscardHandler)
	// No heartbeats: the other kinds of servers do not write them. Screens that stall stay
	// until the others are measured, however slow the machine is.
	s := &live{hub: hub.New(hub.Options{Log: log, Heartbeat: time.Hour, SlowLimit: patience})}
	client, err := hub.OpenRedis(redis)
	if err != nil {
		return nil, err
	}
	broker := hub.NewBroker(hub.BrokerOptions{Redis: client, Epoch: hintEpoch, Log: log, Deliver: func(hints []hub.Hint) {
		for _, h := range hints {
			s.publish("a", h.Version, fragment(h.Version, int(s.size.Load())))
		}
	}})
	broker.Watch(hintChannel)
	site := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var topics []hub.Topic
		for _, t := range r.URL.Query()["topic"] {
			topics = append(topics, hub.Topic(t))
		}
		_, err := s.hub.Accept(w, r, hub.Subscription{Topics: topics})
		if refused := new(hub.HandshakeError); errors.As(err, &refused) {
			http.Error(w, refused.Reason, refused.Status)
		}
	})}
	go func() { _ = site.Serve(l) }()
	go func() { _ = s.hub.Run(ctx) }()
	go func() { _ = broker.Run(ctx) }()
	return s, healthy(ctx, broker)
}

// healthy waits until hints arrive through Redis.
func healthy(ctx context.Context, b *hub.Broker) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !b.Healthy() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("no hint arrived through Redis: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

func (s *live) publish(topic string, version int64, body []byte) {
	s.hub.Broadcast(hub.Update{Topic: hub.Topic(topic), Key: "class-1", Version: version, Body: body})
}

func (s *live) slow() int { return s.hub.Stats().Slow }

// resident is the memory of this process that is in use, in bytes; 0 on systems without
// /proc.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
