package booking

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connectTimeout is the limit of opening a connection, also on a busy machine.
const connectTimeout = 5 * time.Second

// Connect opens a pool whose connections have this package's time limits. From the PG*
// environment variables it takes only what dsn leaves open.
func Connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	return ConnectWithin(ctx, dsn, DefaultConnections)
}

// ConnectWithin opens a pool like Connect, for an engine whose Options.Connections is this
// number: the pool takes a part of them.
func ConnectWithin(ctx context.Context, dsn string, connections int) (*pgxpool.Pool, error) {
	cfg, err := poolConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = shareConnections(connections).reads
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
		return nil, addressError(dsn, err)
	}
	cfg.ConnConfig.RuntimeParams = map[string]string{
		"application_name":                    processName,
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
	cfg.MaxConns = shareConnections(DefaultConnections).reads
	cfg.MaxConnIdleTime = time.Minute // a rush must not keep connections from other nodes for longer
	cfg.PingTimeout = time.Second
	return cfg, nil
}

// addressError leaves out the text of the address, which may hold a password.
func addressError(dsn string, err error) error {
	if strings.Contains(dsn, "@") || strings.Contains(dsn, "password") {
		return errors.New("the address of PostgreSQL cannot be read: " +
			"in a URL, special characters of the password are written as %XX, for instance %23 for #")
	}
	return fmt.Errorf("reading the address of PostgreSQL: %w", err)
}

// applicationName begins the name of every connection of this program in pg_stat_activity.
const applicationName = "terminplan"

// processName is the name of the connections of this process. ConnectionBudget counts nodes
// by it.
var processName = func() string {
	var id [4]byte
	_, _ = rand.Read(id[:]) // never fails, see its documentation
	return applicationName + " " + hex.EncodeToString(id[:])
}()

// ErrPooler means that the settings of connections do not arrive at PostgreSQL.
var ErrPooler = errors.New("a pooler such as PgBouncer stands between the program and PostgreSQL, and drops the settings of connections")

// checkSettings returns ErrPooler if the connection lacks the time limits that it asked for.
// Behind a pooler it would also lack read-only transactions and its prepared statements.
func checkSettings(ctx context.Context, pool *pgxpool.Pool) error {
	var limit string
	err := pool.QueryRow(ctx, `show idle_in_transaction_session_timeout`).Scan(&limit)
	if err == nil && limit == "0" && pool.Config().ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] != "0" {
		err = ErrPooler
	}
	return during("checking the connection", err)
}

// ConnectionBudget says how many connections the nodes may take together.
type ConnectionBudget struct {
	Allowed int // for all clients together
	Nodes   int // processes of this program with a connection, this one included
}

// ConnectionBudget reads the limit of PostgreSQL, of the database and of the role.
func (rd *Reader) ConnectionBudget(ctx context.Context) (b ConnectionBudget, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select least(
				current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
					- coalesce(current_setting('reserved_connections', true), '0')::int,
				(select nullif(datconnlimit, -1) from pg_database where datname = current_database()),
				(select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user)),
			(select count(distinct application_name) from pg_stat_activity
				where application_name like $1 || ' %' and datname = current_database())`, applicationName).Scan(&b.Allowed, &b.Nodes)
	return b, during("reading the limit of connections", err)
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

// DefaultConnections is how many connections an engine and the pool of its Options take at
// most. Eight nodes and ten other clients fit into the 197 connections that PostgreSQL with
// max_connections = 200 gives to ordinary roles. MinConnections is the least that works.
const (
	DefaultConnections = 23
	MinConnections     = 8
)

// connectionShares divides the connections of an engine.
//
// Operations need one for each batch queue, one for storing refusals, and some for operations
// on several classes. Open pages need one for sessions, one for schedule views, one for new
// sockets, and some for refreshing pages. A batch on a connection of pages sees one instant,
// so the content that is shown for a version is the state of exactly that version. Otherwise
// two pages with the same version could differ, and the older content could stay.
type connectionShares struct{ reads, operations, pages int32 }

func shareConnections(total int) (s connectionShares) {
	s.operations = int32(max(3, total*10/DefaultConnections))
	s.pages = int32(max(2, total*5/DefaultConnections))
	s.reads = int32(total) - s.operations - s.pages
	return s
}
