//go:build unix

package chaos

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"

	"terminplan/booking/localpg"
)

// database is the PostgreSQL of the run. Its methods do not use the proxies.
type database struct {
	root string

	mu      sync.Mutex
	server  *localpg.Server
	address string // of the server itself
}

// connections is small, so that one fault can take all of them.
const connections = 60

func (d *database) start(ctx context.Context) error {
	server, err := localpg.Start(ctx, localpg.Options{Root: d.root, Settings: serverSettings(), Timeout: hangTimeout})
	if err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server, d.address = server, server.DSN()
	return nil
}

func serverSettings() map[string]string {
	return map[string]string{"max_connections": fmt.Sprint(connections)}
}

func (d *database) running() *localpg.Server {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server
}

func (d *database) dsn() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.address
}

// socket is where the server listens now; its port may be another after a restart.
func (d *database) socket() (network, addr string) {
	config, err := localpg.Config(d.dsn())
	if err != nil {
		return "tcp", "127.0.0.1:0" // an address that refuses connections, as while the server is down
	}
	return pgxNetwork(config.Host, config.Port)
}

func pgxNetwork(host string, port uint16) (network, addr string) {
	if strings.HasPrefix(host, "/") {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", host, port)
	}
	return "tcp", fmt.Sprintf("%s:%d", host, port)
}

// through is the address of the database behind a proxy.
func (d *database) through(addr string) string {
	whole := d.running().URL()
	u, err := url.Parse(whole)
	if err != nil {
		return whole
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = addr, q.Encode()
	return u.String()
}

func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := localpg.Config(d.dsn())
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "chaos"
	config.ConnectTimeout = hangTimeout
	return pgx.ConnectConfig(ctx, config)
}

// do runs one statement on a connection of its own.
func (d *database) do(ctx context.Context, sql string, args ...any) error {
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// doEach runs statements one by one, each a transaction of its own.
func (d *database) doEach(ctx context.Context, statements ...string) error {
	for _, sql := range statements {
		if err := d.do(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// locked holds a lock on the table of classes while during runs.
func (d *database) locked(ctx context.Context, during func()) error {
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `lock table class in access exclusive mode`)
		during()
		return err
	})
}

// clockPath finds the clock of makeClock before PostgreSQL's own.
const clockPath = `public, moved, pg_catalog`

// makeClock gives the database a clock that can be moved: a function with the clock's name in
// a schema that comes first in the search path. It ends the connections of the program, since
// open ones do not know the path.
func (d *database) makeClock(ctx context.Context) error {
	err := d.doEach(ctx,
		`create schema moved`,
		`create table moved.clock as select interval '0' as by`,
		`create function moved.clock_timestamp() returns timestamptz language sql volatile
			as 'select pg_catalog.clock_timestamp() + by from moved.clock'`,
		`do $$ begin execute format('alter database %I set search_path = `+clockPath+`', current_database()); end $$`,
		cutSQL)
	if err != nil {
		return fmt.Errorf("giving the database a clock that can be moved: %w", err)
	}
	return nil
}

const cutSQL = `
	select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'terminplan%' and pid <> pg_backend_pid()`

// postmaster is the process that starts all other processes of the server.
func (d *database) postmaster() (pid int, err error) {
	found, err := filepath.Glob(filepath.Join(d.root, "*", "data", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		return 0, fmt.Errorf("finding PostgreSQL's process: %v, %w", found, err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if _, err := fmt.Fscan(bufio.NewReader(file), &pid); err != nil {
		return 0, fmt.Errorf("reading PostgreSQL's process: %w", err)
	}
	return pid, nil
}

// halt stops all processes of the server with SIGSTOP and returns them, the postmaster first.
func (d *database) halt(ctx context.Context) (pids []int, err error) {
	conn, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	first, err := d.postmaster()
	if err != nil {
		return nil, err
	}
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil { // from here on it starts no processes
		return nil, err
	}
	rows, _ := conn.Query(ctx, `select pid from pg_stat_activity where pid <> pg_backend_pid()`)
	others, err := pgx.CollectRows(rows, pgx.RowTo[int])
	pids = append([]int{first}, others...)
	for _, pid := range others {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // an error means that it has ended
	}
	if err != nil {
		signalAll(pids, syscall.SIGCONT)
	}
	return pids, err
}

func signalAll(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
}

// crash ends the server without a shutdown, so that its next start recovers. With kill all
// of its processes get SIGKILL.
func (d *database) crash(ctx context.Context, kill bool) error {
	if kill {
		pids, err := d.halt(ctx)
		if err != nil {
			return err
		}
		signalAll(pids, syscall.SIGKILL)
	} else {
		pid, err := d.postmaster()
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
			return err
		}
	}
	<-d.running().Done()
	_ = d.running().Stop(context.Background()) // releases the folder
	return nil
}

func (d *database) close() {
	if server := d.running(); server != nil {
		_ = server.Stop(context.Background()) // it uses force in the end
	}
}

// ownFolder makes a folder that belongs to the account of the server.
func (d *database) ownFolder(dir string) error {
	found, err := filepath.Glob(filepath.Join(d.root, "*", "data"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("finding PostgreSQL's data: %v, %w", found, err)
	}
	info, err := os.Stat(found[0])
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("the owner of %s is not known", found[0])
	}
	return os.Chown(dir, int(owner.Uid), int(owner.Gid))
}
