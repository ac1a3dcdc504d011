package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub/redistest"
)

// Tests start nodes as child processes: the test binary runs itself with a command.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "serve" || os.Args[1] == "check") {
		main()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "prepare" {
		prepareOnly()
		return
	}
	bookingtest.Main(m)
}

// prepareOnly runs the part of a start that writes to the database, and exits before the node
// would serve. The rest of a start would cost each test seconds.
func prepareOnly() {
	s, err := configOf(os.Getenv).check()
	if err == nil {
		_, err = prepare(context.Background(), s.DatabaseURL, s, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("Terminplan is ready: not to serve")
}

// configOf returns the configuration of a node from a function that looks up variables.
func configOf(get func(string) string) Config {
	return Config{
		Addr: "127.0.0.1:0", Database: Database{DatabaseURL: get("DATABASE_URL")}, StudioName: "Studio", StudioZone: "Europe/Berlin",
		OwnerEmail: get("TERMINPLAN_OWNER_EMAIL"), OwnerPassword: get("TERMINPLAN_OWNER_PASSWORD"),
	}
}

// program is the real program on a real PostgreSQL and a real Redis. A test can cut its
// connections.
type program struct {
	*bookingtest.Env
	redis *redistest.Server
	cable *cable
	url   string

	metrics string // address of /metrics
}

func startProgram(t *testing.T, prepare ...func(*bookingtest.Env)) *program {
	t.Helper()
	return startProgramWith(t, func(*Config) {}, prepare...)
}

// startProgramWith is startProgram with settings of its own.
func startProgramWith(t *testing.T, settings func(*Config), prepare ...func(*bookingtest.Env)) *program {
	t.Helper()
	p := &program{Env: bookingtest.New(t), redis: redistest.Start(t)}
	for _, one := range prepare {
		one(p.Env)
	}
	ctx, stop := context.WithCancel(context.Background())
	out, ready := &lines{}, make(chan string, 1)
	out.on = func(line string) {
		if _, url, ok := strings.Cut(line, "Metrics: "); ok {
			p.metrics = strings.TrimSpace(url)
		}
		if _, url, ok := strings.Cut(line, "Terminplan is ready: "); ok {
			ready <- strings.TrimSpace(url)
		}
	}
	ended := make(chan error, 1)
	config := Config{
		Addr: "127.0.0.1:0", Database: Database{DatabaseURL: p.DSN}, RedisURL: p.redis.URL(),
		MetricsAddr: "127.0.0.1:0", StudioZone: "Europe/Berlin", MailFrom: "Studio Nord <plan@studio.example>",
	}
	settings(&config)
	go func() { ended <- serve(ctx, config, out, io.Discard) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	select {
	case url := <-ready:
		p.cable = newCable(t, strings.TrimPrefix(url, "http://"))
		p.url = "http://" + p.cable.listener.Addr().String()
	case err := <-ended:
		ended <- err
		t.Fatalf("the program did not start: %v", err)
	case <-time.After(bookingtest.Patience):
		t.Fatal("the program did not become ready")
	}
	return p
}

// lines calls on with every line that is written to it.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
	on  func(string)
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(b)
	for {
		line, err := l.buf.ReadString('\n')
		if err != nil {
			l.buf.WriteString(line)
			return len(b), nil
		}
		l.on(line)
	}
}

// cable is a TCP proxy between browsers and the program. A test can cut it.
type cable struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{listener: l, target: target, conns: map[net.Conn]bool{}}
	var carriers sync.WaitGroup
	carriers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			carriers.Go(func() { w.carry(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.setCut(true)
		carriers.Wait()
	})
	return w
}

func (w *cable) carry(client net.Conn) {
	server, err := net.Dial("tcp", w.target)
	if err != nil {
		client.Close()
		return
	}
	w.mu.Lock()
	if w.cut {
		client.Close()
		server.Close()
	}
	w.conns[client], w.conns[server] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			client.Close()
			server.Close()
		})
	}
	both.Wait()
	w.mu.Lock()
	delete(w.conns, client)
	delete(w.conns, server)
	w.mu.Unlock()
}

// setCut(true) closes every connection and refuses new ones; setCut(false) accepts them again.
func (w *cable) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for c := range w.conns {
			c.Close()
		}
	}
}

func TestTheDemoNamesItsStageFirst(t *testing.T) {
	t.Parallel()
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	var out bytes.Buffer
	greet(&out, settings{}, at, booking.Demo)
	if first, _, _ := strings.Cut(out.String(), "\n"); first != "The demo at a glance: http://127.0.0.1:8080/demo" {
		t.Errorf("the program first says %q", first)
	}
	out.Reset()
	greet(&out, settings{}, at, booking.Real)
	if text := out.String(); text != "Terminplan is ready: http://127.0.0.1:8080\n" {
		t.Errorf("a studio says %q", text)
	}
}
