package booking

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// latestMigration is the schema that this program wants.
var latestMigration = func() int64 {
	list, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return int64(len(list))
}()

// Migrate brings the schema up to date. Any number of nodes may start at once:
// one applies, the others wait. Migrations only add; there is no way down.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return during("reading the migrations", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return during("preparing the migration lock", err)
	}
	// A migration may run longer than a request's statement may.
	cfg := pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["statement_timeout"] = "0"
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
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
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema: %w", err)
	}
	return nil
}
