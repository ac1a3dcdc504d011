package localpg

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a private server. The zero value works.
type Options struct {
	Root     string            // holds everything, see the package; default DefaultRoot
	Bin      string            // look for the programs only here; default: everywhere they may be
	Database string            // made when missing; default "terminplan"
	TCP      bool              // a random loopback port in place of a Unix socket
	Unsafe   bool              // for tests: no fsync, so a crash of the machine may lose the cluster
	Settings map[string]string // of the server, as in postgresql.conf
	Log      *slog.Logger      // default: silent
	Timeout  time.Duration     // of the whole start; default ten minutes, what a very slow machine takes
}

// A Server is a running private PostgreSQL.
type Server struct {
	cluster cluster
	address address
	lock    *os.File
	process *os.Process
	stop    sync.Once

	done chan struct{} // closed when the server has ended
	err  error         // why; to be read after done is closed
}

// Start finds PostgreSQL, creates the cluster on first use, starts it and waits until it
// answers. It calls ForgetEnvironment. It returns ErrNoBinaries or ErrInUse in the cases
// that a person can resolve.
func Start(ctx context.Context, o Options) (*Server, error) {
	if !supported {
		return nil, ErrNoBinaries
	}
	began := time.Now()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Database == "" {
		o.Database = "terminplan"
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	ForgetEnvironment()

	installs, err := Find(o.Bin)
	if err != nil {
		return nil, err
	}
	if o.Root == "" {
		if o.Root, err = DefaultRoot(); err != nil {
			return nil, err
		}
	}
	if o.Root, err = filepath.Abs(o.Root); err != nil {
		return nil, err
	}
	as, err := accountFor(o.Root)
	if err != nil {
		return nil, err
	}
	if err := as.makeFolder(o.Root); err != nil {
		return nil, err
	}
	// The system names a process's folder without symbolic links (see usersOf).
	if o.Root, err = filepath.EvalSymlinks(o.Root); err != nil {
		return nil, err
	}
	lock, err := acquire(o.Root, filepath.Join(o.Root, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Server{lock: lock, done: make(chan struct{})}
	first, err := s.start(ctx, o, as, installs)
	if err != nil {
		_ = lock.Close() // a server that came up and had to be stopped has closed it already
		return nil, err
	}
	o.Log.Info("private PostgreSQL is ready", "major", s.cluster.Major, "programs", s.cluster.Bin, "data", s.cluster.data(),
		"first_run", first, "took", time.Since(began).Round(time.Millisecond))
	return s, nil
}

// start is the part of Start that needs the lock. If it fails, it leaves no process.
func (s *Server) start(ctx context.Context, o Options, as *account, installs []Install) (first bool, err error) {
	if s.cluster, err = choose(o.Root, as, installs); err != nil {
		return false, err
	}
	if err := as.makeFolder(s.cluster.base); err != nil {
		return false, err
	}
	if first = !s.cluster.exists(); first {
		o.Log.Info("making the private PostgreSQL, once", "data", s.cluster.data())
		if err := s.cluster.make(ctx, !o.Unsafe); err != nil {
			return first, err
		}
	}
	if err := s.cluster.clearStale(ctx, o.Log); err != nil {
		return first, err
	}
	if s.address, err = s.cluster.listenAt(o); err != nil {
		return first, err
	}
	if err := s.spawn(o); err != nil {
		return first, err
	}
	if err = s.ready(ctx, o.Database); err == nil {
		err = announce(s.lock, s.URL())
	}
	if err != nil {
		return first, errors.Join(err, s.Stop(context.Background()))
	}
	return first, nil
}

// arguments of the server. They override postgresql.conf, which stays as initdb made it.
func (s *Server) arguments(o Options) []string {
	settings := map[string]string{
		"cluster_name": "terminplan", "password_encryption": "scram-sha-256", "timezone": "UTC",
		"logging_collector": "off", "log_destination": "stderr", "log_timezone": "UTC",
		"listen_addresses": s.address.host, "unix_socket_directories": "",
	}
	if s.address.host == s.cluster.sockets() {
		settings["listen_addresses"] = ""
		settings["unix_socket_directories"] = `"` + strings.ReplaceAll(s.address.host, `"`, `""`) + `"` // as an entry of a list
		settings["unix_socket_permissions"] = "0700"
	}
	if o.Unsafe {
		settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"] = "off", "off", "off"
	}
	maps.Copy(settings, o.Settings)
	args := []string{"-D", s.cluster.data(), "-p", s.address.port}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// spawn starts the server from a goroutine that keeps its thread until the
// server has ended: the parent-death signal fires when the *thread* that
// forked dies, not the process.
func (s *Server) spawn(o Options) error {
	log, err := os.OpenFile(s.cluster.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		cmd := s.cluster.command(context.Background(), "postgres", s.arguments(o))
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = serverAttr(s.cluster.as)
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		s.process = cmd.Process
		started <- nil
		s.err = cmd.Wait()
		close(s.done)
	}()
	return <-started
}

// DSN to connect with, in keyword form. It holds the password.
func (s *Server) DSN() string { return s.address.dsn() }

// URL is the DSN as DATABASE_URL wants it. It holds the password.
func (s *Server) URL() string { return s.address.url() }

// Done is closed when the server has ended, for any reason.
func (s *Server) Done() <-chan struct{} { return s.done }
