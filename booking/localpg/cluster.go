package localpg

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Options of a private cluster. The zero value works.
type Options struct {
	Root     string // holds <major>/data, the password, the lock and the log
	Bin      string // look only here for the binaries
	Database string // default "terminplan"
	TCP      bool   // random loopback port in place of a unix socket
	Unsafe   bool   // tests: no fsync; a crash of the machine may lose the cluster
	Log      *slog.Logger
	Timeout  time.Duration // for the start; default 60 s
}

// Server is a running private cluster.
type Server struct {
	dsn      string
	data     string
	major    int
	proc     *os.Process
	done     chan struct{}
	err      error
	lock     *os.File
	stopOnce sync.Once
	release  chan struct{}
	Timing   Timing
}

// Timing of a start, for the log.
type Timing struct{ Find, Init, Start, Total time.Duration }

const superuser = "terminplan"

// DefaultRoot is where a cluster lives when nobody said otherwise.
func DefaultRoot() (string, error) {
	if runtime.GOOS != "windows" && os.Geteuid() == 0 {
		// root's home is mode 0700: the unprivileged server could not enter it
		return "/var/lib/terminplan/postgres", nil
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "terminplan", "postgres"), nil
	}
	if runtime.GOOS == "linux" {
		h, err := os.UserHomeDir()
		return filepath.Join(h, ".local", "share", "terminplan", "postgres"), err
	}
	d, err := os.UserConfigDir() // ~/Library/Application Support, %AppData%
	return filepath.Join(d, "terminplan", "postgres"), err
}

// account is the unprivileged user the server runs as; nil means "as we are".
func account() (*runAs, error) {
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"terminplan", "postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return &runAs{uid: uid, gid: gid, name: name}, nil
		}
	}
	return nil, errors.New("running as root and there is no unprivileged account (postgres, nobody) to run PostgreSQL as")
}

type runAs struct {
	uid, gid int
	name     string
}

// Start finds PostgreSQL, makes the cluster on first use and starts it.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	t0 := time.Now()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Database == "" {
		o.Database = "terminplan"
	}
	if o.Timeout == 0 {
		o.Timeout = 60 * time.Second
	}
	if o.Root == "" {
		if o.Root, err = DefaultRoot(); err != nil {
			return nil, err
		}
	}
	if o.Root, err = filepath.Abs(o.Root); err != nil {
		return nil, err
	}
	as, err := account()
	if err != nil {
		return nil, err
	}
	if err := mkdirs(o.Root, as); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(o.Root, "lock"))
	if err != nil {
		return nil, fmt.Errorf("another Terminplan already runs on %s: %w", o.Root, err)
	}
	s := &Server{lock: lock, done: make(chan struct{}), release: make(chan struct{})}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()

	installs, err := Find(o.Bin)
	if err != nil {
		return nil, err
	}
	in, base, fresh, err := choose(o.Root, installs)
	if err != nil {
		return nil, err
	}
	s.major = in.Major
	s.data = filepath.Join(base, "data")
	s.Timing.Find = time.Since(t0)

	if err := mkdirs(base, as); err != nil {
		return nil, err
	}
	t1 := time.Now()
	if fresh {
		if err := initdb(ctx, in, base, s.data, as, o); err != nil {
			return nil, err
		}
	}
	s.Timing.Init = time.Since(t1)

	pw, err := os.ReadFile(filepath.Join(base, "password"))
	if err != nil {
		return nil, fmt.Errorf("password of the private cluster: %w", err)
	}
	host, port := "", "5432"
	sock := filepath.Join(base, "run")
	if err := s.clearStale(sock, o.Log); err != nil {
		return nil, err
	}
	if runtime.GOOS == "windows" || o.TCP || len(sock)+len("/.s.PGSQL.5432") > 100 {
		host = "127.0.0.1"
		if port, err = freePort(); err != nil {
			return nil, err
		}
	} else {
		if err := mkdirs(sock, as); err != nil {
			return nil, err
		}
		host = sock
	}
	// Every key is given: pgx fills gaps from PGHOST, PGPORT, PGSSLMODE, …
	s.dsn = fmt.Sprintf("host='%s' port=%s user=%s password=%s dbname=%s sslmode=disable application_name=terminplan",
		strings.ReplaceAll(host, "'", `\'`), port, superuser, strings.TrimSpace(string(pw)), o.Database)

	t2 := time.Now()
	if err := s.spawn(in, base, host, port, as, o); err != nil {
		return nil, err
	}
	if err := s.ready(ctx, o); err != nil {
		_ = s.Stop(context.Background())
		return nil, err
	}
	s.Timing.Start = time.Since(t2)
	s.Timing.Total = time.Since(t0)
	o.Log.Info("private PostgreSQL is ready", "major", s.major, "bin", in.Bin, "data", s.data,
		"first_run", fresh, "init", s.Timing.Init.Round(time.Millisecond), "total", s.Timing.Total.Round(time.Millisecond))
	return s, nil
}

// choose picks the installation: the one whose major has data already, else the newest.
// It never touches data of another major.
func choose(root string, ins []Install) (Install, string, bool, error) {
	var orphaned []string
	ents, _ := os.ReadDir(root)
	for i := len(ents) - 1; i >= 0; i-- {
		major, err := strconv.Atoi(ents[i].Name())
		if err != nil {
			continue
		}
		base := filepath.Join(root, ents[i].Name())
		if _, err := os.Stat(filepath.Join(base, "data", "PG_VERSION")); err != nil {
			continue
		}
		for _, in := range ins {
			if in.Major == major {
				return in, base, false, nil
			}
		}
		orphaned = append(orphaned, ents[i].Name())
	}
	if orphaned != nil {
		return Install{}, "", false, fmt.Errorf("the data in %s was written by PostgreSQL %s, which is no longer installed: install it again, or move that folder away to start empty",
			root, strings.Join(orphaned, ", "))
	}
	in := ins[0]
	return in, filepath.Join(root, strconv.Itoa(in.Major)), true, nil
}

// mkdirs makes dir for the server's account. When that is not our own, every
// parent must let it through: root's home, for one, does not.
func mkdirs(dir string, as *runAs) error {
	if as == nil {
		return os.MkdirAll(dir, 0o700)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for p := filepath.Dir(dir); ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		if st.Mode()&0o001 == 0 && !ownedBy(st, as) {
			return fmt.Errorf("%s (mode %v) is closed to %q, the account PostgreSQL runs as: choose another data directory", p, st.Mode().Perm(), as.name)
		}
		if p == filepath.Dir(p) {
			break
		}
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	return os.Lchown(dir, as.uid, as.gid)
}

func initdb(ctx context.Context, in Install, base, data string, as *runAs, o Options) error {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	pw := hex.EncodeToString(b[:])
	tmp := filepath.Join(base, "data.new")
	if err := os.RemoveAll(tmp); err != nil { // left over from an interrupted first run
		return err
	}
	pwfile := filepath.Join(base, "password")
	if err := writeSecret(pwfile, pw+"\n", as); err != nil {
		return err
	}
	args := []string{
		"-D", tmp, "-U", superuser, "--auth=scram-sha-256", "--pwfile=" + pwfile,
		"--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions",
	}
	if in.Major >= 15 {
		// C alone would make lower('Ä') a no-op
		args = append(args, "--locale-provider=icu", "--icu-locale=und")
	}
	if o.Unsafe {
		args = append(args, "--no-sync")
	}
	out, err := command(ctx, in, "initdb", args, base, as).CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Rename(tmp, data) // so an interrupted first run never looks finished
}

func writeSecret(path, s string, as *runAs) error {
	if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
		return err
	}
	if as != nil {
		return os.Lchown(path, as.uid, as.gid)
	}
	return nil
}

func command(ctx context.Context, in Install, prog string, args []string, dir string, as *runAs) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(in.Bin, exe(prog)), args...)
	c.Dir = dir // the caller's directory may be closed to the unprivileged user
	// A clean environment: PGDATA, PGPORT, PGOPTIONS of the caller must not leak in;
	// LC_ALL is needed on macOS ("postmaster became multithreaded during startup").
	c.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if r := os.Getenv("SystemRoot"); r != "" {
		c.Env = append(c.Env, "SystemRoot="+r, "TEMP="+os.Getenv("TEMP"))
	}
	c.SysProcAttr = sysProcAttr(as, false)
	return c
}

// spawn starts the server from a goroutine that keeps its OS thread until the
// server has ended: Pdeathsig fires when the *thread* that forked dies.
func (s *Server) spawn(in Install, base, host, port string, as *runAs, o Options) error {
	args := []string{
		"-D", s.data, "-p", port,
		"-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "logging_collector=off", "-c", "log_destination=stderr",
		"-c", "cluster_name=terminplan", "-c", "password_encryption=scram-sha-256",
	}
	if filepath.IsAbs(host) && runtime.GOOS != "windows" {
		args = append(args, "-c", "listen_addresses=", "-c", "unix_socket_directories="+host, "-c", "unix_socket_permissions=0700")
	} else {
		args = append(args, "-c", "listen_addresses=127.0.0.1")
		if runtime.GOOS != "windows" {
			args = append(args, "-c", "unix_socket_directories=")
		}
	}
	if o.Unsafe {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	logf, err := os.OpenFile(filepath.Join(base, "postgres.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer logf.Close()
		c := command(context.Background(), in, "postgres", args, base, as)
		c.Stdout, c.Stderr = logf, logf
		c.SysProcAttr = sysProcAttr(as, true)
		if err := c.Start(); err != nil {
			started <- err
			return
		}
		s.proc = c.Process
		started <- nil
		s.err = c.Wait()
		close(s.done)
	}()
	return <-started
}

func (s *Server) ready(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	cfg, err := Config(s.dsn)
	if err != nil {
		return err
	}
	cfg.Database = "postgres"
	for {
		c, err := pgx.ConnectConfig(ctx, cfg)
		if err == nil {
			defer c.Close(ctx)
			var have bool
			if err := c.QueryRow(ctx, "select exists(select from pg_database where datname=$1)", o.Database).Scan(&have); err != nil {
				return err
			}
			if !have {
				if _, err := c.Exec(ctx, "create database "+pgx.Identifier{o.Database}.Sanitize()); err != nil {
					return err
				}
			}
			return nil
		}
		var pe *pgconn.PgError
		if errors.As(err, &pe) && pe.Code != "57P03" { // anything but "the database system is starting up" will not go away
			return err
		}
		select {
		case <-s.done:
			return fmt.Errorf("postgres ended while starting: %v\n%s", s.err, tail(filepath.Join(filepath.Dir(s.data), "postgres.log")))
		case <-ctx.Done():
			return fmt.Errorf("postgres did not become ready: %w (last: %v)\n%s", ctx.Err(), err, tail(filepath.Join(filepath.Dir(s.data), "postgres.log")))
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// clearStale deals with what a run that ended badly left behind: a live server
// (no parent-death signal on this system), backends that outlive a killed
// postmaster, or lock files that name a pid somebody else has now.
//
// The caller holds the lock on the root, so no other Terminplan can own the
// cluster. PostgreSQL's own interlock against a second server on the same data
// lives in postmaster.pid (it names the shared memory): the file is removed only
// once no process at all works in the data directory.
func (s *Server) clearStale(sock string, log *slog.Logger) error {
	path := filepath.Join(s.data, "postmaster.pid")
	pid := lockPid(path)
	for i, step := range append([]stopStep{{0, 0}}, stopSteps...) {
		users := usersOf(s.data, pid)
		if len(users) == 0 {
			break
		}
		if i == 0 {
			log.Warn("stopping the PostgreSQL that an earlier run left behind", "pids", users)
			continue
		}
		for _, u := range users {
			if u == pid || len(users) == 1 || step.sig != stopSteps[0].sig {
				_ = kill(u, step.sig)
			}
		}
		for end := time.Now().Add(step.wait); time.Now().Before(end) && len(usersOf(s.data, pid)) > 0; {
			time.Sleep(20 * time.Millisecond)
		}
	}
	if users := usersOf(s.data, pid); len(users) > 0 {
		return fmt.Errorf("processes %v still work on %s and do not stop", users, s.data)
	}
	for _, f := range []string{path, filepath.Join(sock, ".s.PGSQL.5432.lock")} {
		// A dead pid is PostgreSQL's own business. One that lives (reused, or a zombie
		// nobody has reaped, as in a container without an init) makes it refuse to start.
		if p := lockPid(f); p > 0 && exists(p) {
			log.Warn("removing a stale lock file", "file", f, "pid", p)
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockPid reads the pid on the first line of a PostgreSQL lock file; 0 if none.
func lockPid(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return max(pid, -pid) // negative: a single-user server
}

// Config parses dsn for the private cluster and drops what pgx took from the
// environment: PGOPTIONS, PGAPPNAME and PGTZ become run-time parameters.
func Config(dsn string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err == nil {
		cfg.RuntimeParams = map[string]string{"application_name": "terminplan", "timezone": "UTC"}
	}
	return cfg, err
}

// DSN to connect with; it names every connection setting. Use Config to be safe from PGOPTIONS too.
func (s *Server) DSN() string { return s.dsn }

// Major version of the server.
func (s *Server) Major() int { return s.major }

// Pid of the postmaster.
func (s *Server) Pid() int { return s.proc.Pid }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends the server: fast first, then immediate, then by force.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		defer s.lock.Close()
		for _, step := range stopSteps {
			_ = signal(s.proc, step.sig)
			select {
			case <-s.done:
				return
			case <-ctx.Done():
			case <-time.After(step.wait):
			}
		}
		<-s.done
	})
	return nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, p, err := net.SplitHostPort(l.Addr().String())
	return p, err
}

func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if st, _ := f.Stat(); st != nil && st.Size() > 2000 {
		_, _ = f.Seek(-2000, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	return string(b)
}
