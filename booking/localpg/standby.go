package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// Standby copies the data of s into the folder o.Root, which must be empty, and starts a
// second server there. It follows s and answers reads; after "select pg_promote()" it takes
// writes. It is for tests of a failover: both servers run on this machine.
func (s *Server) Standby(ctx context.Context, o Options) (*Server, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, err
	}
	copied := cluster{Install: s.cluster.Install, base: filepath.Join(root, strconv.Itoa(s.cluster.Major)), as: s.cluster.as}
	if copied.exists() {
		return nil, fmt.Errorf("%s holds data already", root)
	}
	for _, dir := range []string{root, copied.base} {
		if err := copied.as.makeFolder(dir); err != nil {
			return nil, err
		}
	}
	if err := copied.as.makeOwnFolder(copied.data()); err != nil {
		return nil, err
	}
	password := []byte(s.address.password + "\n")
	if err := errors.Join(os.WriteFile(copied.password(), password, 0o600), copied.as.own(copied.password())); err != nil {
		return nil, err
	}
	args := []string{
		"--pgdata=" + copied.data(), "--dbname=" + s.URL(),
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
	}
	// The parent-death signal would strike if this thread ended; see spawn.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if out, err := copied.command(ctx, "pg_basebackup", args).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	o.Bin, o.Database = s.cluster.Bin, s.address.database
	return Start(ctx, o)
}
