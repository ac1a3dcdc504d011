//go:build unix

package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/demo"
	"terminplan/booking/localpg"
)

// studio is everything that runs.
type studio struct {
	dir      string
	postgres *localpg.Server
	url, dsn string
	redis    *process
	nodes    [2]*process
	members  []*member
	clicking sync.WaitGroup
}

// process is a program that can be ended and started again at the same address.
type process struct {
	name, addr string
	command    func() *exec.Cmd
	running    *exec.Cmd
	log        string // a file; empty: nothing is kept
}

func (p *process) start(ctx context.Context) error {
	p.running = p.command()
	if err := p.running.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if c, err := net.DialTimeout("tcp", p.addr, time.Second); err == nil {
			return c.Close()
		}
		pause(ctx, 20*time.Millisecond)
	}
	said, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s does not listen on %s; it said:\n%s", p.name, p.addr, said[max(0, len(said)-1000):])
}

// kill sends the signal and waits until the process has ended.
func (p *process) kill(signal syscall.Signal) {
	if p.running == nil {
		return
	}
	_ = p.running.Process.Signal(signal)
	_ = p.running.Wait()
	p.running = nil
}

func (p *process) freeze(ctx context.Context, d time.Duration) error {
	if err := p.running.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pause(ctx, d)
	return p.running.Process.Signal(syscall.SIGCONT)
}

// freeAddr is below the ports that systems give to connections of clients: one of
// those could take the address of a program while that is down.
func freeAddr() (addr string, err error) {
	for range 50 {
		addr = fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("finding a free port: %w", err)
}

func openStudio(ctx context.Context, program string) (s *studio, err error) {
	s = &studio{}
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
	if err = s.startPostgres(ctx); err != nil {
		return s, err
	}
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		return s, fmt.Errorf("a real Redis is needed: install redis-server: %w", err)
	}
	addr, err := freeAddr()
	if err != nil {
		return s, err
	}
	_, port, _ := net.SplitHostPort(addr)
	s.redis = &process{name: "Redis", addr: addr, command: func() *exec.Cmd {
		return exec.Command(redis, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no")
	}}
	if err = s.redis.start(ctx); err != nil {
		return s, err
	}
	for i := range s.nodes {
		addr, err := freeAddr()
		if err != nil {
			return s, err
		}
		log, err := os.Create(filepath.Join(s.dir, fmt.Sprintf("node-%d.log", i)))
		if err != nil {
			return s, err
		}
		s.nodes[i] = &process{name: fmt.Sprint("node ", i), addr: addr, log: log.Name(), command: func() *exec.Cmd {
			c := exec.Command(program, "serve", "--addr", addr)
			c.Env = append(os.Environ(), "DATABASE_URL="+s.url, "REDIS_URL=redis://"+s.redis.addr)
			c.Stdout, c.Stderr = log, log
			return c
		}}
		if err := s.nodes[i].start(ctx); err != nil {
			return s, err
		}
	}
	return s, s.recover(ctx)
}

func (s *studio) startPostgres(ctx context.Context) (err error) {
	if s.postgres, err = localpg.Start(ctx, localpg.Options{Root: filepath.Join(s.dir, "pg")}); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	s.url, s.dsn = s.postgres.URL(), s.postgres.DSN()
	return nil
}

// crashPostgres ends the server without a checkpoint: it has to recover.
func (s *studio) crashPostgres() error {
	found, err := filepath.Glob(filepath.Join(s.dir, "pg", "*", "data", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("finding PostgreSQL's process: %v, %w", found, err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		return err
	}
	defer file.Close()
	var pid int
	if _, err := fmt.Fscan(bufio.NewReader(file), &pid); err != nil {
		return fmt.Errorf("reading PostgreSQL's process: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		return err
	}
	<-s.postgres.Done()
	_ = s.postgres.Stop(context.Background()) // gives the folder back
	return nil
}

// admin runs statements, separated by semicolons, as somebody else than the program.
func (s *studio) admin(ctx context.Context, sql string, args ...any) error {
	config, err := localpg.Config(s.dsn)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for statement := range strings.SplitSeq(sql, ";") {
		var given []any
		if strings.Contains(statement, "$1") {
			given = args
		}
		if _, err := conn.Exec(ctx, statement, given...); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// recover waits until both nodes say that they are ready: that they are not
// draining and that the database takes writes.
func (s *studio) recover(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	for _, n := range s.nodes {
		deadline := time.Now().Add(30 * time.Second)
		for {
			res, err := client.Get("http://" + n.addr + "/readyz")
			if err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					break
				}
			}
			if time.Now().After(deadline) || ctx.Err() != nil {
				return fmt.Errorf("%s is not ready again after 30 s", n.name)
			}
			pause(ctx, 20*time.Millisecond)
		}
	}
	return nil
}

// violations asks for every invariant and for everything that was confirmed.
func (s *studio) violations(ctx context.Context) (found []string, err error) {
	pool, err := booking.Connect(ctx, s.url)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	engine, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		return nil, err
	}
	broken, err := engine.Check(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range broken {
		found = append(found, fmt.Sprintf("%s: %d rows, first %s", v.Name, v.Rows, v.Row))
	}
	for _, m := range s.members {
		var keys, results []string
		var bookings []int64
		for key, a := range m.confirmed() {
			keys, results, bookings = append(keys, key), append(results, a.result), append(bookings, a.bookingID)
		}
		rows, _ := pool.Query(ctx, `select format('%s was confirmed to %s for booking %s and is lost', a.result, $4::text, a.booking_id)
			from unnest($1::uuid[], $2::text[], $3::bigint[]) as a(key, result, booking_id)
			where not exists (select from request r join booking b on b.id = a.booking_id where r.key = a.key and r.outcome->>'result' = a.result
				and (a.result = 'booked' or b.state in ('cancelled', 'late_cancelled')))`, keys, results, bookings, m.email)
		lost, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		found = append(append(found, lost...), m.contradictions()...)
	}
	return found, nil
}

func (s *studio) signIn(ctx context.Context) error {
	for i, email := range demo.Extras() {
		m := &member{email: email, sites: [2]string{"http://" + s.nodes[0].addr, "http://" + s.nodes[1].addr}, number: uint64(i), acked: map[string]ack{}}
		if err := m.signIn(ctx); err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	return nil
}

func (s *studio) close() error {
	for _, n := range s.nodes {
		if n != nil {
			n.kill(syscall.SIGKILL)
		}
	}
	if s.redis != nil {
		s.redis.kill(syscall.SIGKILL)
	}
	if s.postgres != nil {
		_ = s.postgres.Stop(context.Background())
	}
	return os.RemoveAll(s.dir)
}
