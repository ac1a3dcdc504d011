package localpg

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
)

const superuser = "terminplan"

// DefaultRoot is the default folder of the cluster: in the user's data folder, or
// /var/lib/terminplan for root, since root's home is closed to the unprivileged account
// that runs the server.
func DefaultRoot() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/terminplan/postgres", nil
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "terminplan", "postgres"), nil
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		d, err := os.UserConfigDir() // ~/Library/Application Support, %AppData%
		return filepath.Join(d, "terminplan", "postgres"), err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoHome, err)
	}
	return filepath.Join(home, ".local", "share", "terminplan", "postgres"), nil
}

// ErrNoHome means that Options.Root is empty and there is no user's folder for it.
var ErrNoHome = errors.New("there is no default folder")

// cluster is the folder of one major version, with the programs that may use it.
type cluster struct {
	Install
	base string
	as   *account
}

func (c cluster) data() string     { return filepath.Join(c.base, "data") }
func (c cluster) sockets() string  { return filepath.Join(c.base, "run") }
func (c cluster) password() string { return filepath.Join(c.base, "password") }
func (c cluster) log() string      { return filepath.Join(c.base, "postgres.log") }

// exists reports whether the cluster was created before.
func (c cluster) exists() bool {
	_, err := os.Stat(filepath.Join(c.data(), "PG_VERSION"))
	return err == nil
}

// choose picks the installation for a root: the one that wrote the newest data there, else
// the newest one. It never starts another major version on existing data or returns to
// older data, since both would look like lost bookings.
func choose(root string, as *account, installs []Install) (cluster, error) {
	var majors []int
	entries, err := os.ReadDir(root)
	if err != nil {
		return cluster{}, err
	}
	at := func(in Install) cluster {
		return cluster{Install: in, base: filepath.Join(root, strconv.Itoa(in.Major)), as: as}
	}
	for _, e := range entries {
		if major, err := strconv.Atoi(e.Name()); err == nil && at(Install{Major: major}).exists() {
			majors = append(majors, major)
		}
	}
	if len(majors) == 0 {
		return at(installs[0]), nil
	}
	newest := slices.MaxFunc(majors, cmp.Compare[int])
	i := slices.IndexFunc(installs, func(in Install) bool { return in.Major == newest })
	if i < 0 {
		return cluster{}, fmt.Errorf("the data in %s was written by PostgreSQL %d, which is not installed any more: "+
			"install it again, or move that folder away to start empty",
			at(Install{Major: newest}).base, newest)
	}
	return at(installs[i]), nil
}

// make runs initdb in a temporary folder and renames it, so that an interrupted first run
// never looks complete.
func (c cluster) make(ctx context.Context, sync bool) error {
	var random [24]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	if err := os.WriteFile(c.password(), []byte(hex.EncodeToString(random[:])+"\n"), 0o600); err != nil {
		return err
	}
	if err := c.as.own(c.password()); err != nil { // initdb reads it
		return err
	}
	unfinished := c.data() + ".new"
	// A killed initdb leaves a server process that still writes there for a moment.
	if err := stopUsers(ctx, unfinished, 0); err != nil {
		return err
	}
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := c.as.makeOwnFolder(unfinished); err != nil {
		return err
	}
	args := []string{
		"-D", unfinished, "-U", superuser, "--auth=scram-sha-256", "--pwfile=" + c.password(),
		"--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions",
	}
	if c.Major >= 15 {
		// The C locale alone would make lower('Ä') do nothing.
		args = append(args, "--locale-provider=icu", "--icu-locale=und")
	}
	if !sync {
		args = append(args, "--no-sync")
	}
	// The parent-death signal would strike if this thread ended; see spawn.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if out, err := c.command(ctx, "initdb", args).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(unfinished))
	}
	return os.Rename(unfinished, c.data())
}

// command prepares one of PostgreSQL's programs with a new environment, without PGDATA,
// PGPORT, PGOPTIONS and the like of the caller.
func (c cluster) command(ctx context.Context, program string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.Bin, program), args...)
	cmd.Dir = c.base // the caller's folder may be closed to the account
	// macOS needs LC_ALL: without it the system's libraries start threads, and the server refuses them.
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH"), "HOME=" + c.base}
	cmd.SysProcAttr = helperAttr(c.as)
	return cmd
}
