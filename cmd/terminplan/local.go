package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/demo"
	"terminplan/booking/localpg"
	"terminplan/hub/localredis"
)

// servers are the PostgreSQL and the Redis of this run: the servers that the settings name, or
// private ones that run as long as the process.
type servers struct {
	databaseURL, redisURL string
	postgres              *localpg.Server    // nil: named by DATABASE_URL
	redis                 *localredis.Server // nil: named by REDIS_URL
}

func startServers(ctx context.Context, s settings, log *slog.Logger) (*servers, error) {
	v := &servers{redisURL: s.RedisURL}
	if err := v.startDatabase(ctx, s.Database, log); err != nil {
		return nil, err
	}
	if v.redisURL == "" {
		var err error
		if v.redis, err = localredis.Start(); err != nil {
			v.stop()
			return nil, fmt.Errorf("starting the Redis of this process: %w", err)
		}
		v.redisURL = v.redis.URL()
	}
	return v, nil
}

// startDatabase starts the private PostgreSQL, unless the settings name a server.
func (v *servers) startDatabase(ctx context.Context, d Database, log *slog.Logger) (err error) {
	if v.databaseURL = d.DatabaseURL; v.databaseURL != "" {
		return nil
	}
	root := ""
	if d.DataDir != "" {
		root = filepath.Join(d.DataDir, "postgres")
	}
	v.postgres, err = localpg.Start(ctx, localpg.Options{Root: root, Log: log})
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, localpg.ErrNoHome) {
		return fmt.Errorf("the folder of the private PostgreSQL cannot be made: "+
			"name one that can be written with --data-dir (TERMINPLAN_DATA_DIR), or a server with DATABASE_URL: %w", err)
	}
	if err != nil {
		return err
	}
	v.databaseURL = v.postgres.DSN()
	return nil
}

// joinDatabase is startDatabase for a command that may run beside a node: the private
// PostgreSQL of a running node is used, not started.
func (v *servers) joinDatabase(ctx context.Context, d Database, log *slog.Logger) error {
	err := v.startDatabase(ctx, d, log)
	if url := localpg.RunningURL(err); url != "" {
		v.databaseURL = url
		return nil
	}
	return err
}

// ended is closed when the private PostgreSQL has ended by itself.
func (v *servers) ended() <-chan struct{} {
	if v.postgres == nil {
		return nil
	}
	return v.postgres.Done()
}

func (v *servers) stop() {
	if v.redis != nil {
		v.redis.Close()
	}
	if v.postgres != nil {
		_ = v.postgres.Stop(context.Background()) // Stop kills the server if it does not end in time
	}
}

var errDemoInPublic = errors.New("the database holds the demo studio, whose passwords are public: " +
	"serve it on loopback only (--addr 127.0.0.1:8080, no --public-url but one of this machine, no --trusted-proxies), " +
	"or name another database " +
	"and its owner (TERMINPLAN_OWNER_EMAIL, TERMINPLAN_OWNER_PASSWORD)")

var errEmptyInPublic = errors.New("the database is empty: " +
	"name the owner of the new studio with TERMINPLAN_OWNER_EMAIL and TERMINPLAN_OWNER_PASSWORD; " +
	"the demo studio is served on loopback only, without --public-url and --trusted-proxies")

// prepare migrates the database. If it is empty, prepare creates the studio of the owner in
// the settings, or without an owner the demo, which is served on loopback only. A start that
// is killed at any point is completed or repeated by the next one. No step has a time limit,
// since a machine may be slow.
func prepare(ctx context.Context, databaseURL string, s settings, log *slog.Logger) (booking.DatabaseKind, error) {
	pool, err := booking.ConnectPatiently(ctx, databaseURL)
	if err != nil {
		return booking.Empty, err
	}
	defer pool.Close()
	if err := booking.Migrate(ctx, pool, log); err != nil {
		return booking.Empty, err
	}
	kind, err := booking.ReadDatabaseKind(ctx, pool)
	if err != nil {
		return kind, err
	}
	if kind != booking.Empty && s.OwnerEmail != "" {
		log.Info("TERMINPLAN_OWNER_EMAIL and TERMINPLAN_OWNER_PASSWORD are ignored: the studio exists; " +
			"an owner who is locked out gets in by: terminplan invite EMAIL")
	}
	if kind == booking.Empty && s.OwnerEmail != "" {
		if err := found(ctx, pool, s); err != nil {
			return kind, err
		}
		// Another node may have created another studio at the same moment.
		if kind, err = booking.ReadDatabaseKind(ctx, pool); err != nil {
			return kind, err
		}
	}
	switch {
	case kind == booking.Real:
		return kind, nil
	case kind == booking.Empty && !s.onlyHere():
		return kind, errEmptyInPublic
	case !s.onlyHere():
		return kind, errDemoInPublic
	case kind == booking.Demo:
		return kind, nil
	}
	if err := demo.Fill(ctx, pool, log); err != nil {
		return kind, err
	}
	return booking.ReadDatabaseKind(ctx, pool)
}

// found creates the studio of the owner in the settings.
func found(ctx context.Context, pool *pgxpool.Pool, s settings) error {
	var hash booking.PasswordHash
	err := booking.CheckPassword(s.OwnerPassword, s.StudioName, s.OwnerEmail)
	if err == nil {
		hash, err = booking.HashPassword(s.OwnerPassword)
	}
	if err == nil {
		_, err = booking.CreateStudio(ctx, pool, booking.NewStudio{
			Name: s.StudioName, Zone: s.zone, Language: "de",
			Owner: booking.NewPerson{GivenName: "Studio", FamilyName: "Inhaber", Email: s.OwnerEmail, PasswordHash: hash},
		})
	}
	if refusal := new(booking.Error); errors.As(err, &refusal) {
		return fmt.Errorf("the owner's account cannot be created: %s is invalid "+
			"(TERMINPLAN_OWNER_EMAIL, TERMINPLAN_OWNER_PASSWORD with at least 8 characters and not easy to guess, "+
			"TERMINPLAN_STUDIO_NAME)", refusal.Field)
	}
	return err
}
