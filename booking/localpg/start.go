package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	Timeout  time.Duration     // of the whole start; default one minute
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

// maxSocketPath leaves some room below what systems allow in a socket's address
// (104 bytes on macOS, 108 on Linux).
const maxSocketPath = 100

// Start finds PostgreSQL, makes the cluster on first use, starts it and waits
// until it answers. It returns ErrNoBinaries or ErrInUse for what a person can
// do something about. It calls ForgetEnvironment.
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
		o.Timeout = time.Minute
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

// start does what needs the lock. It leaves no process behind when it fails.
func (s *Server) start(ctx context.Context, o Options, as *account, installs []Install) (first bool, err error) {
	if s.cluster, err = choose(o.Root, as, installs); err != nil {
		return false, err
	}
	if err := as.makeFolder(s.cluster.base); err != nil {
		return false, err
	}
	if first = !s.cluster.exists(); first {
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

// listenAt decides where the server listens and reads the password.
func (c cluster) listenAt(o Options) (address, error) {
	password, err := os.ReadFile(c.password())
	if err != nil {
		return address{}, fmt.Errorf("password of the private cluster: %w", err)
	}
	a := address{host: c.sockets(), port: "5432", password: strings.TrimSpace(string(password)), database: o.Database}
	// pgx takes a comma for the beginning of a second host.
	if o.TCP || len(filepath.Join(c.sockets(), ".s.PGSQL.5432")) > maxSocketPath || strings.Contains(c.sockets(), ",") {
		a.host = "127.0.0.1"
		a.port, err = freePort()
		return a, err
	}
	return a, c.as.makeOwnFolder(c.sockets())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
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

const cannotConnectNow = "57P03" // "the database system is starting up", and the like

// ready waits until the server answers and has the database.
func (s *Server) ready(ctx context.Context, database string) error {
	admin := s.address
	admin.database = "postgres"
	cfg, err := Config(admin.dsn())
	if err != nil {
		return err
	}
	retry := time.NewTicker(15 * time.Millisecond)
	defer retry.Stop()
	for {
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err == nil {
			return errors.Join(makeDatabase(ctx, conn, database), conn.Close(ctx))
		}
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code != cannotConnectNow {
			return err // waiting would not help
		}
		select {
		case <-s.done:
			return fmt.Errorf("postgres ended while starting: %w\n%s", s.err, tail(s.cluster.log()))
		case <-ctx.Done():
			return fmt.Errorf("postgres did not become ready: %w (last: %w)\n%s", ctx.Err(), err, tail(s.cluster.log()))
		case <-retry.C:
		}
	}
}

func makeDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	var have bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&have); err != nil || have {
		return err
	}
	_, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	return err
}

// tail is the end of a log file, for an error message.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	const length = 2000
	if st, err := f.Stat(); err == nil && st.Size() > length {
		_, _ = f.Seek(-length, io.SeekEnd)
	}
	b, _ := io.ReadAll(f) // half a log is better than none
	return string(b)
}

// DSN to connect with, in keyword form. It holds the password.
func (s *Server) DSN() string { return s.address.dsn() }

// URL is the DSN as DATABASE_URL wants it. It holds the password.
func (s *Server) URL() string { return s.address.url() }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server and waits for it: first politely, which ends open
// transactions and writes everything to disk; a while later, or at once when ctx
// ends, less so. The error says that it had to be killed; the data is safe even
// then, and the next Start recovers it.
func (s *Server) Stop(ctx context.Context) error {
	var err error
	s.stop.Do(func() {
		defer s.lock.Close()
		for i, step := range stopSteps {
			if err = step.send(s.process); errors.Is(err, os.ErrProcessDone) {
				err = nil
			}
			timer := time.NewTimer(step.patience)
			select {
			case <-s.done:
			case <-ctx.Done():
			case <-timer.C:
			}
			timer.Stop()
			select {
			case <-s.done:
				if i > 0 {
					err = fmt.Errorf("postgres did not stop when asked and was ended by %v", step.signal)
				}
				return
			default:
			}
		}
		<-s.done
		err = errors.New("postgres had to be killed")
	})
	return err
}
