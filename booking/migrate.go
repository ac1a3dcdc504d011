package booking

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// latestMigration is the schema version of this program.
var latestMigration = func() int64 {
	list, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return int64(len(list))
}()

// A migration that locks a table makes all later users of the table wait for it. So it
// waits at most a second for the lock, and pauses between the tries to let people book.
const (
	migrationLock  = "1s"
	migrationPause = 3 * time.Second
)

// Migrate brings the schema up to date. Any number of nodes may start at once: one applies
// the migrations, the others wait. Migrations only go up. If a table is in use, for example
// by a backup, Migrate tries again until ctx ends.
func Migrate(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	for {
		err := migrateTo(ctx, pool, latestMigration)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "55P03" { // lock_not_available
			return during("migrating the schema", err)
		}
		log.Warn("a migration waits for a table that something else uses, perhaps a backup", "err", err)
		select {
		case <-ctx.Done():
			return during("migrating the schema", err)
		case <-time.After(migrationPause):
		}
	}
}

func migrateTo(ctx context.Context, pool *pgxpool.Pool, version int64) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return during("reading the migrations", err)
	}
	locker, err := migrationLocker()
	if err != nil {
		return err
	}
	cfg := pool.Config().ConnConfig.Copy()
	removeTimeouts(cfg)
	cfg.RuntimeParams["lock_timeout"] = migrationLock
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	store, err := database.NewStore(goose.DialectPostgres, "schema_version")
	if err != nil {
		return during("preparing the migrations", err)
	}
	provider, err := goose.NewProvider("", db, dir, goose.WithSessionLocker(locker), goose.WithStore(store))
	if err != nil {
		return during("preparing the migrations", err)
	}
	if _, err = provider.UpTo(ctx, version); err != nil || version < riverSince {
		return err
	}
	return migrateQueue(ctx, pool.Config(), cfg)
}

// QueueSchema is the schema of the tables of the job queue River. They belong to River.
const QueueSchema = "river"

// riverSince is the first schema version whose program uses River.
const riverSince = 24

// migrateQueue brings River's tables up to date by River's own migrator, on one node at a time.
func migrateQueue(ctx context.Context, pc *pgxpool.Config, cfg *pgx.ConnConfig) error {
	locker, err := migrationLocker()
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	lock, err := db.Conn(ctx)
	if err != nil {
		return during("connecting for the tables of the job queue", err)
	}
	defer lock.Close()
	if err := locker.SessionLock(ctx, lock); err != nil {
		return during("locking the migrations", err)
	}
	defer func() { _ = locker.SessionUnlock(context.WithoutCancel(ctx), lock) }()
	pc.ConnConfig, pc.MaxConns, pc.MinConns = cfg, 2, 0
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return during("connecting for the tables of the job queue", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "create schema if not exists "+QueueSchema); err != nil {
		return during("making the schema of the job queue", err)
	}
	quiet := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: QueueSchema, Logger: quiet})
	if err != nil {
		return during("preparing the tables of the job queue", err)
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return during("migrating the tables of the job queue", err)
}

// migrationLocker returns the lock that one program at a time holds while it changes the
// database as a whole. Another node's migration may take long: look every second whether it
// has ended, for a day.
func migrationLocker() (lock.SessionLocker, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 24*60*60))
	return locker, during("preparing the migration lock", err)
}
