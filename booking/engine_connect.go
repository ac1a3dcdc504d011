package booking

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTimeout is how long opening a connection may take, also on a machine that has
// other things to do.
const connectTimeout = 5 * time.Second

// Connect opens a pool whose connections obey this package's time limits and
// take nothing from PG* variables of the environment but what dsn leaves open.
func Connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	return openPool(ctx, cfg)
}

// ConnectPatiently opens a pool like Connect's without limits of time: for what is done
// once, before anybody is served. A slow machine is only slow then.
func ConnectPatiently(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	removeTimeouts(cfg.ConnConfig)
	return openPool(ctx, cfg)
}

// bePatient takes the limits of time away. A server that does not answer at all is
// given up after a minute: that is no slow machine, but a wrong address.
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
		"tcp_keepalives_idle":                 "10", // a node that lost its power keeps its locks for seconds, not for hours
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "20s",
		"jit":                                 "off", // compiling costs more than any statement here takes
	}
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.PrepareConn = discardOldPlans
	cfg.MaxConns = max(cfg.MaxConns, 8)
	cfg.PingTimeout = time.Second
	return cfg, nil
}

// Plans are made for the tables as they are: one that was made while a table was empty
// reads all of it for every row when it has grown. So a connection plans again, soon
// while it is young, and less and less often.
var firstPlanLifetime = time.Second

const planLifetime = time.Minute

// plans is what a connection remembers of its plans.
type planAge struct {
	made time.Time
	last time.Duration
}

// forgetOldPlans is asked for every connection that is about to be used.
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

// steadyConfig is for connections that do the same all the time, as verbs and pages
// do. Their statements go by indexes, whatever the statistics say of a table that was
// empty an hour ago, and are planned once per connection: planning took a third of
// a single booking.
func steadyConfig(c *pgxpool.Config, connections int32) *pgxpool.Config {
	c.ConnConfig.RuntimeParams = maps.Clone(c.ConnConfig.RuntimeParams)
	c.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	c.MaxConns, c.MinConns = connections, 0
	return c
}

// verbConnections are one for each lane, one that stores refusals, and some for verbs
// that concern several classes.
const writeConnections = 10

// lookConnections are one for sessions, one for visits, one for sockets that are
// greeted, and some for pages that are refreshed. A batch on them sees one instant, so
// that what is shown as of a version is the state of that very version: two pages in
// the same version would else show different things, and the older one might stay.
const pageConnections = 5
