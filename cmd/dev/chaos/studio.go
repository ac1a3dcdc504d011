//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"terminplan/booking/demo"
	"terminplan/cmd/terminplan/web/notify/smtptest"
)

// studio is the whole system under test, with its clients.
type studio struct {
	dir, logs string
	brief     bool // every fault is as short as possible
	postgres  *database
	redis     *process
	nodes     [2]*node
	members   []*member
	desk      *member // acts for members only
	screens   []*screen
	stormSize int      // sockets that reconnect at once
	visitors  []string // tokens of the people who have them

	// A member holds clickLock for reading during a click. Code that needs a moment without
	// clicks holds it for writing.
	clickLock sync.RWMutex
	clicking  sync.WaitGroup
	watching  sync.WaitGroup
	balancer  loadBalancer // active while nodes are replaced in turn; then no request may fail

	stalest     worst        // the longest time that a page with a socket was behind
	slowestLoad worst        // the longest time that a page took to load while screens were compared
	slowest     worst        // the longest time until an answer
	push        *pushService // nil: a studio without nodes
	clockMoved  bool         // the database's clock has jumped
	clockMoves  atomic.Bool  // it is away from the right time now
	mayDouble   int          // how many mails the faults so far may have doubled
	complaints  complaints
	totals      totals
}

// node is a node with proxies for its clients, for PostgreSQL and for Redis.
type node struct {
	*process
	clients, postgres, redis, mail *proxy
	mails                          *smtptest.Server
	trap                           commitTrap
	metrics                        string
}

func openStudio(ctx context.Context, o Options) (s *studio, err error) {
	s = &studio{logs: o.Logs, brief: o.Brief, stormSize: o.Clients}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "terminplan-chaos-"); err != nil {
		return s, err
	}
	if err = os.Chmod(s.dir, 0o755); err != nil { // PostgreSQL refuses to run as root
		return s, err
	}
	program, err := build(ctx, s.dir)
	if err != nil {
		return s, err
	}
	if s.logs == "" {
		s.logs = s.dir
	}
	s.push = startPush()
	s.postgres = &database{root: filepath.Join(s.dir, "pg")}
	if err = s.postgres.start(ctx); err != nil {
		return s, err
	}
	if err = s.startRedis(ctx); err != nil {
		return s, err
	}
	for i := range s.nodes {
		if s.nodes[i], err = s.makeNode(i, program); err != nil {
			return s, err
		}
		if err = s.nodes[i].start(ctx); err != nil { // the first node fills the database
			return s, err
		}
	}
	s.balancer.nodes = s.nodes
	if err = s.quietNights(ctx); err != nil {
		return s, err
	}
	if err = s.recover(ctx); err != nil {
		return s, err
	}
	return s, s.postgres.makeClock(ctx)
}

func (s *studio) startRedis(ctx context.Context) error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("a real Redis is needed: install redis-server: %w", err)
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	s.redis = &process{name: "Redis", addr: addr, command: func() *exec.Cmd {
		return exec.Command(program, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no")
	}}
	return s.redis.start(ctx)
}

func (s *studio) makeNode(i int, program string) (n *node, err error) {
	n = &node{}
	addr, err := freeAddr()
	if err != nil {
		return n, err
	}
	if n.metrics, err = freeAddr(); err != nil {
		return n, err
	}
	n.process = &process{name: fmt.Sprint("node ", i), addr: addr, log: filepath.Join(s.logs, fmt.Sprintf("node-%d.log", i))}
	for _, link := range []struct {
		proxy  **proxy
		to     func() (network, addr string)
		reader func(*link) tap
	}{
		{&n.clients, func() (string, string) { return "tcp", addr }, nil},
		{&n.postgres, s.postgres.socket, func(*link) tap { return newConversation(&n.trap) }},
		{&n.redis, func() (string, string) { return "tcp", s.redis.addr }, nil},
	} {
		if *link.proxy, err = listenProxy(link.to, link.reader); err != nil {
			return n, err
		}
	}
	if err = n.startMail(); err != nil {
		return n, err
	}
	log, err := os.Create(n.log)
	if err != nil {
		return n, err
	}
	n.command = func() *exec.Cmd {
		c := exec.Command(program, "serve", "--addr", addr, "--metrics-addr", n.metrics,
			"--smtp-url", "smtp://"+n.mail.addr, "--mail-from", "Studio Nord <plan@studio-nord.example>",
			"--push-networks", "127.0.0.1")
		c.Env = append(os.Environ(), "DATABASE_URL="+s.postgres.through(n.postgres.addr), "REDIS_URL=redis://"+n.redis.addr)
		c.Stdout, c.Stderr = log, log
		return c
	}
	return n, nil
}

// site is the address of a node for clients: of its proxy, or of the node itself.
func (n *node) site(direct bool) string {
	if direct {
		return "http://" + n.addr
	}
	return "http://" + n.clients.addr
}

// recover waits until both nodes report that they are ready: they are not draining, and the
// database accepts writes.
func (s *studio) recover(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	for _, n := range s.nodes {
		deadline := time.Now().Add(hangTimeout)
		for {
			res, err := client.Get((&url.URL{Scheme: "http", Host: n.addr, Path: "/readyz"}).String())
			if err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
			}
			if time.Now().After(deadline) || ctx.Err() != nil {
				return fmt.Errorf("%s is not ready again after %s", n.name, hangTimeout)
			}
			pause(ctx, 20*time.Millisecond)
		}
	}
	return nil
}

// signIn signs the members in and opens the screens.
func (s *studio) signIn(ctx context.Context) error {
	for i, email := range demo.Extras() {
		m := &member{studio: s, email: email, number: uint64(i), acked: map[string]ack{}}
		var err error
		if m.token, m.id, err = s.login(ctx, email); err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	s.desk = &member{studio: s, email: managerEmail, acked: map[string]ack{}}
	var err error
	if s.desk.token, s.desk.id, err = s.login(ctx, managerEmail); err != nil {
		return err
	}
	if err := s.allowPush(ctx); err != nil {
		return err
	}
	return s.openScreens(ctx)
}

// Staff of the demo studio.
const (
	managerEmail = "leitung@studio-nord.example"
	deskEmail    = "empfang@studio-nord.example"
)

func (s *studio) close() error {
	for _, n := range s.nodes {
		if n == nil {
			continue
		}
		if n.process != nil {
			n.kill(syscall.SIGKILL)
		}
		for _, p := range []*proxy{n.clients, n.postgres, n.redis, n.mail} {
			if p != nil {
				p.close()
			}
		}
		if n.mails != nil {
			n.mails.Close()
		}
	}
	if s.push != nil {
		s.push.server.CloseClientConnections()
		s.push.server.Close()
	}
	if s.redis != nil {
		s.redis.kill(syscall.SIGKILL)
	}
	if s.postgres != nil {
		s.postgres.close()
	}
	return os.RemoveAll(s.dir)
}
