package localpg

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clearStale cleans up after a run that was killed: a live server (on systems without a
// parent-death signal), processes that outlived a killed server, or lock files with a pid
// that another process has now.
//
// The caller holds the lock on the root, so no other Terminplan owns the cluster.
// PostgreSQL's own protection against a second server on the same data is postmaster.pid,
// which names its shared memory: the file is removed only when no process works in the data
// folder.
func (c cluster) clearStale(ctx context.Context, log *slog.Logger) error {
	pidFile := filepath.Join(c.data(), "postmaster.pid")
	server := pidIn(pidFile)
	if users := usersOf(c.data(), server); len(users) > 0 {
		log.Warn("stopping the PostgreSQL that an earlier run left behind", "pids", users)
		if err := stopUsers(ctx, c.data(), server); err != nil {
			return err
		}
	}
	for _, path := range []string{pidFile, filepath.Join(c.sockets(), ".s.PGSQL.5432.lock")} {
		// PostgreSQL copes with a pid that is dead. It refuses to start when the pid is
		// alive: used again, or a zombie that nobody reaps, as in a container without an init.
		if pid := pidIn(path); pid > 0 && pidTaken(pid) {
			log.Warn("removing a stale lock file", "file", path, "pid", pid)
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// stopUsers ends every process that works in a data folder.
func stopUsers(ctx context.Context, data string, server int) error {
	for i, step := range stopSteps {
		for _, pid := range usersOf(data, server) {
			// The polite step is for the server, which ends its own processes in order;
			// an orphan without a server is told directly.
			if pid == server || i > 0 || !pidTaken(server) {
				_ = step.sendTo(pid) // it may have ended since
			}
		}
		if unused(ctx, data, server, step.patience) {
			return nil
		}
	}
	return fmt.Errorf("processes %v still work on %s and do not stop", usersOf(data, server), data)
}

// unused waits until no process works in the data folder.
func unused(ctx context.Context, data string, server int, patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for len(usersOf(data, server)) > 0 {
		select {
		case <-ctx.Done():
			return false
		case <-look.C:
		}
	}
	return true
}

// pidIn reads the first line of one of PostgreSQL's lock files; 0 if there is none.
func pidIn(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return max(pid, -pid) // negative: a single-user server
}
