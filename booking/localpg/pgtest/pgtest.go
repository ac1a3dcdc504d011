// Package pgtest gives every test process of a user the same PostgreSQL.
//
// go test runs the packages of a module as processes of their own, several at
// once. Starting a cluster takes a second; joining the one that runs already
// takes some milliseconds. The first process starts it in a keeper, a detached
// second life of the test binary; the keeper ends it when no test process has
// used it for a while.
//
//	<temp>/terminplan-test-<uid>/users    locked (shared) by every process that uses the server
//	                            /keeper   locked by the keeper
//	                            /url      where the server listens
//	                            /keeper.log, /run-*/ the cluster
//
// Guarantees: whoever holds a shared lock on "users" keeps the server alive, and
// the system takes the lock back from a process that is killed, so nothing has to
// be counted or cleaned up by the tests. A killed keeper takes the server along
// (see localpg); the next process starts another one. Every keeper begins with an
// empty cluster. fsync is off: nothing here outlives the machine.
//
// The databases are not shared, only the server: a package gives its databases
// names that no other process uses, for example with its process id in them.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking/localpg"
)

// MaxConnections of the server, for all test processes together.
const MaxConnections = 300

var joined struct {
	sync.Mutex
	dsn   string
	users *os.File // locked until this process ends
}

// Shared returns the DSN of the shared server, which runs at least until this
// process ends. It names the database "postgres"; see Database. The error of a
// machine without PostgreSQL says what to install.
func Shared(ctx context.Context) (dsn string, err error) {
	joined.Lock()
	defer joined.Unlock()
	if joined.dsn != "" {
		return joined.dsn, nil
	}
	localpg.ForgetEnvironment()
	dir, err := folder()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if joined.users, err = use(ctx, dir); err != nil {
		return "", err
	}
	if joined.dsn, err = join(ctx, dir); err != nil {
		return "", errors.Join(err, joined.users.Close())
	}
	return joined.dsn, nil
}

// Database is the DSN of another database on the shared server.
func Database(dsn, name string) string {
	return strings.Replace(dsn, "dbname=postgres", "dbname="+name, 1)
}

// folder is private to the user: a URL in somebody else's folder could lead anywhere.
func folder() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("terminplan-test-%d", os.Geteuid()))
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server runs as another account
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !st.IsDir() || !ours(st) {
		return "", fmt.Errorf("%s is not a folder of ours: remove it", dir)
	}
	return dir, os.Chmod(dir, mode)
}

// join connects to the server that runs, and sees to it that one does.
func join(ctx context.Context, dir string) (string, error) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	var keeper *child
	for {
		dsn, err := running(ctx, dir)
		if err == nil {
			return dsn, nil
		}
		if keeper != nil && keeper.ended() {
			if keeper.failed {
				return "", fmt.Errorf("the shared PostgreSQL of the tests did not start:\n%s", logged(dir))
			}
			keeper = nil // in peace: another process was faster
		}
		if keeper == nil {
			if keeper, err = keepUnlessKept(dir); err != nil {
				return "", err
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the shared PostgreSQL of the tests did not start: %w (last: %w)\n%s", ctx.Err(), err, logged(dir))
		case <-again.C:
		}
	}
}

// keepUnlessKept starts a keeper unless some process is one; nil then.
func keepUnlessKept(dir string) (*child, error) {
	free, err := tryLock(filepath.Join(dir, "keeper"), shared)
	if err != nil || free == nil {
		return nil, err
	}
	if err := free.Close(); err != nil {
		return nil, err
	}
	if _, err := localpg.Find(""); err != nil {
		return nil, fmt.Errorf("the tests need PostgreSQL: %w\n%s", err, localpg.InstallHint())
	}
	return startKeeper(dir)
}

// running returns the DSN of the keeper's server if it answers.
func running(ctx context.Context, dir string) (string, error) {
	dsn, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return "", err
	}
	cfg, err := localpg.Config(string(dsn))
	if err != nil {
		return "", err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", err
	}
	return string(dsn), conn.Close(ctx)
}

func logged(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "keeper.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}
