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
	"time"

	"terminplan/hub"
)

// stage is what is watched: it puts fragments on all screens.
type stage interface {
	publish(topic string, version int64, body []byte)
	// slow says how many screens do not keep up, and how many were sent away for it.
	slow() (now, closed int)
}

// Serve is the process of a stage: hub, or tcp for the least that can be done.
func Serve(ctx context.Context, kind string, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var s stage
	switch kind {
	case "tcp":
		s = newPlain(l)
	case "hub":
		s = newHub(ctx, l)
	default:
		return fmt.Errorf("there is no stage %q", kind)
	}
	return perform(s.publish, s.slow, l.Addr(), in, out)
}

// perform obeys the orders of the run. The peer's process does the same, in its
// own module, by the same words: see cmd/dev/peer.
func perform(publish func(topic string, version int64, body []byte), slow func() (int, int), addr net.Addr, in io.Reader, out io.Writer) error {
	fmt.Fprintln(out, addr)
	return obey(in, out, func(order string, args []int64) (string, error) {
		switch order {
		case "publish": // from version, how many, bytes each
			began := time.Now()
			for i := range args[1] {
				publish("a", args[0]+i, fragment(args[0]+i, int(args[2])))
			}
			return fmt.Sprint(began.UnixNano()), nil
		case "flood": // to topic b, until that many are slow
			body := fragment(0, 64<<10)
			for v := int64(1); ; v++ {
				if now, _ := slow(); now >= int(args[0]) {
					return "flooded", nil
				} else if v > 2000 {
					return "", fmt.Errorf("only %d screens are slow", now)
				}
				publish("b", v, body)
				time.Sleep(hotInterval)
			}
		case "closed":
			_, closed := slow()
			return fmt.Sprint(closed), nil
		case "cpu":
			return fmt.Sprint(int64(cpu())), nil
		case "memory":
			debug.FreeOSMemory()
			return fmt.Sprint(resident()), nil
		}
		return "", fmt.Errorf("what is %q?", order)
	})
}

func fragment(version int64, size int) []byte {
	t := token(version)
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

func (p *plain) slow() (int, int) { return 0, 0 }

// live is the hub as the program runs it, behind net/http.
type live struct{ hub *hub.Hub }

func newHub(ctx context.Context, l net.Listener) *live {
	// Heartbeats are left out: they are bytes that the others do not write.
	s := &live{hub.New(hub.Options{Log: slog.New(slog.DiscardHandler), Heartbeat: time.Hour})}
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
	return s
}

func (s *live) publish(topic string, version int64, body []byte) {
	s.hub.Broadcast(hub.Update{Topic: hub.Topic(topic), Key: "class-1", Version: version, Body: body})
}

func (s *live) slow() (int, int) {
	st := s.hub.Stats()
	return st.Slow, int(st.SlowClosed)
}

// resident is the memory of this process that is in use, in bytes; 0 where the
// system does not say.
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
