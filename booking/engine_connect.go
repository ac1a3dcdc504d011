package booking

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTimeout is the limit of opening a connection, also on a busy machine.
const connectTimeout = 5 * time.Second

// Connect opens a pool whose connections have this package's time limits. From the PG*
// environment variables it takes only what dsn leaves open.
func Connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	return openPool(ctx, cfg)
}

// ConnectPatiently opens a pool like Connect, but without time limits. It is for work that
// is done once before anybody is served, so that a slow machine does not fail.
func ConnectPatiently(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	removeTimeouts(cfg.ConnConfig)
	return openPool(ctx, cfg)
}

// removeTimeouts removes the time limits. Only connecting has a limit, of a minute: a
// server that does not answer by then has a wrong address.
func removeTimeouts(cfg *pgx.ConnConfig) {
	cfg.RuntimeParams = maps.Clone(cfg.RuntimeParams)
	for _, limit := range []string{"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"} {
		cfg.RuntimeParams[limit] = "0"
	}
	cfg.ConnectTimeout = time.Minute
}

func openPool(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	return pool, nil
}

func poolConfig(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the address of PostgreSQL: %w", err)
	}
	cfg.ConnConfig.RuntimeParams = map[string]string{
		"application_name":                    "terminplan",
		"timezone":                            "UTC",
		"default_transaction_isolation":       "read committed",
		"lock_timeout":                        "3s",
		"statement_timeout":                   "5s",
		"idle_in_transaction_session_timeout": "2s",
		"tcp_keepalives_idle":                 "10", // the locks of a node that lost its power last for seconds, not for hours
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "20s",
		"jit":                                 "off", // compiling takes longer than any statement here
	}
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.PrepareConn = discardOldPlans
	cfg.MaxConns = max(cfg.MaxConns, 8)
	cfg.PingTimeout = time.Second
	return cfg, nil
}

// A plan is made for the table as it is then. A plan from the time when the table was empty
// reads all rows once the table has grown. So every connection discards its plans after a
// second, and then at intervals that double up to a minute.
var firstPlanLifetime = time.Second

const planLifetime = time.Minute

// planAge is stored with a connection: when its plans were made and how long they last.
type planAge struct {
	made time.Time
	last time.Duration
}

// discardOldPlans runs before every use of a connection.
func discardOldPlans(ctx context.Context, conn *pgx.Conn) (usable bool, err error) {
	const key = "terminplan.plans"
	data := conn.PgConn().CustomData()
	old, ok := data[key].(planAge)
	switch {
	case !ok:
		data[key] = planAge{time.Now(), firstPlanLifetime}
		return true, nil
	case time.Since(old.made) < old.last:
		return true, nil
	}
	data[key] = planAge{time.Now(), min(2*old.last, planLifetime)}
	_, err = conn.PgConn().Exec(ctx, "discard plans").ReadAll()
	return err == nil, nil
}

// steadyConfig configures connections that run the same statements all the time, as
// operations and pages do. Their statements use indexes even if the statistics say that a
// table is empty, and are planned once per connection: planning took a third of the time of
// a single booking.
func steadyConfig(c *pgxpool.Config, connections int32) *pgxpool.Config {
	c.ConnConfig.RuntimeParams = maps.Clone(c.ConnConfig.RuntimeParams)
	c.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	c.MaxConns, c.MinConns = connections, 0
	return c
}

// onlyReadOneInstant makes a new connection read only, and a batch on it see one instant. It
// is no setting of the startup: a DATABASE_URL with target_session_attrs=read-write asks a
// new connection first whether it may write.
func onlyReadOneInstant(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `set session characteristics as transaction isolation level repeatable read, read only`)
	return during("preparing a connection of pages", err)
}

// writeConnections is the number of connections for operations: one for each batch queue,
// one for storing refusals, and some for operations on several classes.
const writeConnections = 10

// pageConnections is the number of connections for open pages: one for sessions, one for
// schedule views, one for new sockets, and some for refreshing pages. A batch on these
// connections sees one instant, so the content that is shown for a version is the state of
// exactly that version. Otherwise two pages with the same version could differ, and the
// older content could stay.
const pageConnections = 5
