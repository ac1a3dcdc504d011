package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"terminplan/booking/localpg"
	"terminplan/hub/localredis"
)

// backends are the servers that the parts of a run share. The first part that needs one
// starts it, and all end with the run.
type backends struct {
	dir      string // holds all files of the run; removed at the end
	postgres *localpg.Server
	redisAt  string
	stops    []func()
	madeSite *site
}

func (b *backends) folder() (string, error) {
	if b.dir != "" {
		return b.dir, nil
	}
	dir, err := os.MkdirTemp("", "terminplan-bench-")
	if err != nil {
		return "", err
	}
	b.dir = dir
	return dir, os.Chmod(dir, 0o755) // PostgreSQL refuses to run as root
}

// database makes a database on the run's own PostgreSQL and returns its DSN.
func (r *run) database(ctx context.Context, name string) (string, error) {
	dir, err := r.folder()
	if err != nil {
		return "", err
	}
	if r.postgres == nil {
		r.logf("starting PostgreSQL")
		o := localpg.Options{Root: filepath.Join(dir, "pg"), Timeout: patience}
		if r.postgres, err = localpg.Start(ctx, o); err != nil {
			return "", fmt.Errorf("starting PostgreSQL: %w", err)
		}
		r.stops = append(r.stops, func() { _ = r.postgres.Stop(context.WithoutCancel(ctx)) })
	}
	dsn := r.postgres.DSN() + " dbname=" + name
	return dsn, ensureDatabase(ctx, dsn)
}

// redis returns the address of a Redis. Where redis-server is not installed, that is the
// Redis inside this process, and the table says so.
func (r *run) redis(ctx context.Context) (string, error) {
	if r.redisAt != "" {
		return r.redisAt, nil
	}
	program, err := exec.LookPath("redis-server")
	if errors.Is(err, exec.ErrNotFound) {
		local, err := localredis.Start()
		if err != nil {
			return "", err
		}
		r.note("redis-server is not installed: hints went through the Redis inside the program.")
		r.redisAt, r.stops = local.URL(), append(r.stops, local.Close)
		return r.redisAt, nil
	}
	if err != nil {
		return "", fmt.Errorf("finding redis-server: %w", err)
	}
	dir, err := r.folder()
	if err != nil {
		return "", err
	}
	// Another process may take the free port before Redis does.
	for range 3 {
		var addr string
		var stop func()
		if addr, stop, err = startRedis(ctx, program, dir); err == nil {
			r.redisAt, r.stops = "redis://"+addr, append(r.stops, stop)
			break
		}
	}
	return r.redisAt, err
}

func startRedis(ctx context.Context, program, dir string) (addr string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr = l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	c := exec.CommandContext(ctx, program, "--port", port, "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no")
	if err := c.Start(); err != nil {
		return "", nil, fmt.Errorf("starting Redis: %w", err)
	}
	stop = func() { _ = c.Process.Kill(); _ = c.Wait() }
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < patience; <-tick.C {
		if probe, err := net.Dial("tcp", addr); err == nil {
			return addr, stop, probe.Close()
		}
	}
	stop()
	return "", nil, fmt.Errorf("redis-server does not listen on %s after %s", addr, patience)
}

// stop ends the servers in the reverse order of their start.
func (b *backends) stop() error {
	for len(b.stops) > 0 {
		last := len(b.stops) - 1
		b.stops[last]()
		b.stops = b.stops[:last]
	}
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}
