package pgtest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"terminplan/booking/localpg"
)

const (
	// keeperVariable makes the test binary a keeper; it holds the folder.
	keeperVariable = "TERMINPLAN_TEST_KEEPER"

	// idleVariable says how long the server waits for another test process, as
	// "10m", for who wants to look at the database of a failed test.
	idleVariable = "TERMINPLAN_TEST_IDLE"
	defaultIdle  = 15 * time.Second
)

// Every binary that can join can also keep. This runs before main and its flags.
func init() {
	if dir := os.Getenv(keeperVariable); dir != "" {
		if err := keep(dir); err != nil {
			slog.Error("the keeper gives up", "err", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// keep runs the server until nobody has used it for a while.
func keep(dir string) error {
	lock, err := tryLock(filepath.Join(dir, "keeper"), exclusive)
	if err != nil || lock == nil { // nil: another one keeps already
		return err
	}
	defer lock.Close()
	if err := sign(lock); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	address := filepath.Join(dir, "url")
	if err := sweep(dir); err != nil {
		return err
	}
	root, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	server, err := localpg.Start(ctx, localpg.Options{
		Root: root, Database: "postgres", Unsafe: true, Log: slog.Default(),
		Settings: map[string]string{"max_connections": strconv.Itoa(MaxConnections), "wal_level": "minimal", "max_wal_senders": "0"},
	})
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop(context.Background()) }()
	if err := publish(address, server.DSN()); err != nil {
		return err
	}
	defer os.Remove(address)

	alone, err := untilIdle(ctx, dir, server)
	if alone != nil {
		defer alone.Close() // after everything is gone: who waits to join starts anew
	}
	return err
}

// sign writes the keeper's pid into its lock, for people and tests that look for it.
func sign(lock *os.File) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// sweep removes what killed keepers left. A server that is about to end may still
// write; what cannot be removed now is removed by a later keeper.
func sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "run-*"))
	if err != nil {
		return err
	}
	for _, run := range left {
		if err := os.RemoveAll(run); err != nil {
			slog.Warn("left by an earlier keeper", "err", err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "url")); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// publish writes the address in one step: nobody reads half of it.
func publish(path, dsn string) error {
	if err := os.WriteFile(path+".new", []byte(dsn), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// untilIdle returns when no process has used the server for the idle time, with
// the users' lock, so that nobody joins a server that is about to end.
func untilIdle(ctx context.Context, dir string, server *localpg.Server) (alone *os.File, err error) {
	idle := defaultIdle
	if v := os.Getenv(idleVariable); v != "" {
		if idle, err = time.ParseDuration(v); err != nil {
			return nil, fmt.Errorf("%s: %w", idleVariable, err)
		}
	}
	look := time.NewTicker(min(idle, 200*time.Millisecond))
	defer look.Stop()
	lastUse := time.Now()
	for {
		users, err := tryLock(filepath.Join(dir, "users"), exclusive)
		if err != nil {
			return nil, err
		}
		switch {
		case users == nil:
			lastUse = time.Now()
		case time.Since(lastUse) >= idle:
			return users, nil
		default:
			if err := users.Close(); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-server.Done():
			return nil, fmt.Errorf("the server ended by itself")
		case <-look.C:
		}
	}
}
