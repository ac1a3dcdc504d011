package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgconn"

	"terminplan/booking"
)

// warnOfUnknownSettings names environment variables that look like settings and are none.
func warnOfUnknownSettings(app *kong.Application, environment []string, log *slog.Logger) {
	var known []string
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known = append(known, flag.Envs...)
		}
		return next(nil)
	})
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "TERMINPLAN_") && !slices.Contains(known, name) {
			log.Warn("an environment variable is no setting of this program and is ignored", "name", name)
		}
	}
}

// reservedConnections are for psql, backups, checks, and a node that starts.
const reservedConnections = 10

// warnOfFewConnections warns if this node and the nodes that it sees could together take more
// connections than PostgreSQL gives. Another node is always expected: upgrades replace one
// after the other.
func warnOfFewConnections(ctx context.Context, engine *booking.Engine, each int, log *slog.Logger) error {
	b, err := engine.ConnectionBudget(ctx)
	if err != nil {
		return err
	}
	nodes := max(2, b.Nodes)
	if want := nodes*each + reservedConnections; want > b.Allowed {
		log.Warn(
			"PostgreSQL may run out of connections: raise max_connections or lower --database-connections "+
				"(TERMINPLAN_DATABASE_CONNECTIONS)",
			"allowed", b.Allowed, "wanted", want, "nodes", nodes, "each", each,
		)
	}
	return nil
}

// explain puts the usual causes of a failed start into a sentence, before the error itself.
func explain(err error) string {
	why := ""
	var pg *pgconn.PgError
	var dns *net.DNSError
	var connect *pgconn.ConnectError
	switch {
	case errors.Is(err, booking.ErrPooler), errors.As(err, &pg) && pg.Code == "08P01" && strings.Contains(pg.Message, "startup parameter"):
		why = "DATABASE_URL must lead to PostgreSQL itself, not to a pooler such as PgBouncer"
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		why = "PostgreSQL refuses the user or the password in DATABASE_URL (or PGPASSWORD)"
	case errors.As(err, &pg) && pg.Code == "3D000":
		why = "the database in DATABASE_URL does not exist: create it, for instance with createdb"
	case errors.As(err, &pg) && pg.Code == "53300":
		why = "PostgreSQL has no connection left: raise max_connections, or lower --database-connections of the other nodes"
	case errors.As(err, &pg) && pg.Code == "25006":
		why = "the server in DATABASE_URL takes no writes: name the primary, or all servers and target_session_attrs=primary"
	case !errors.As(err, &connect):
	case strings.Contains(err.Error(), "server refused TLS connection") && !strings.Contains(err.Error(), "connection refused") ||
		strings.Contains(err.Error(), "x509:"):
		why = "the TLS of PostgreSQL does not fit sslmode in DATABASE_URL"
	case errors.As(err, &dns), strings.Contains(err.Error(), "connection refused"), strings.Contains(err.Error(), "no such file"),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		why = "PostgreSQL cannot be reached at the address in DATABASE_URL: is it running?"
	}
	if why == "" {
		return err.Error()
	}
	return fmt.Sprintf("%s\n  (%v)", why, err)
}
