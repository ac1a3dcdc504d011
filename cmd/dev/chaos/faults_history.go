//go:build unix

package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/localpg"
)

// historyFaults take back what was committed. News that members got since then are rightly
// lost; all else must be there, screens must show it, and ids must not be given out twice.
var historyFaults = []fault{
	{name: "the database is restored from a backup", inject: restoreBackup},
	{name: "PostgreSQL fails over to a standby that lacks the newest commits", inject: failOver},
}

// memory is what members knew at one moment.
type memory []map[string]ack

// remember returns what the members know. No click may be in progress.
func (s *studio) remember() memory {
	known := make(memory, len(s.members))
	for i, m := range s.members {
		m.mu.Lock()
		known[i] = maps.Clone(m.acked)
		m.mu.Unlock()
	}
	return known
}

// forgetSince makes members and screens forget what happened since. No click may be in
// progress.
func (s *studio) forgetSince(known memory) (lost int) {
	for i, m := range s.members {
		m.mu.Lock()
		lost += len(m.acked) - len(known[i])
		m.acked = known[i]
		if _, ok := m.acked[m.last.key]; !ok {
			m.last = click{}
		}
		m.mu.Unlock()
	}
	for _, c := range s.screens {
		c.mu.Lock()
		c.expected, c.rewound = nil, true
		c.mu.Unlock()
	}
	return lost
}

// restoreBackup copies the database, lets people click, and puts the copy back under the nodes
// that run. Every other time somebody runs "terminplan restored" afterwards.
func restoreBackup(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	s.clickLock.Lock()
	known := s.remember()
	err := s.postgres.backUp(ctx)
	s.clickLock.Unlock()
	if err != nil {
		return "", err
	}
	s.wait(ctx, random, 1500*time.Millisecond, 3*time.Second)
	s.clickLock.Lock()
	defer s.clickLock.Unlock()
	lost := s.forgetSince(known)
	if err := s.postgres.restore(ctx); err != nil {
		return "", err
	}
	remark := fmt.Sprintf("%d confirmed clicks were lost", lost)
	if random.IntN(2) == 0 {
		return remark, nil
	}
	pool, err := booking.Connect(ctx, s.postgres.dsn())
	if err != nil {
		return "", err
	}
	defer pool.Close()
	_, err = booking.Restored(ctx, pool, false)
	return remark + ", and a new epoch was begun by hand", err
}

// failOver starts a standby, cuts it off, lets people click, kills the primary and promotes the
// standby. The standby stays the database of the run.
func failOver(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	standby, err := s.postgres.startStandby(ctx, filepath.Join(s.dir, fmt.Sprint("pg-", random.Uint32())))
	if err != nil {
		return "", err
	}
	s.clickLock.Lock()
	known := s.remember()
	err = standby.cutOff(ctx, s.postgres)
	s.clickLock.Unlock()
	if err != nil {
		return "", err
	}
	s.wait(ctx, random, 1500*time.Millisecond, 3*time.Second)
	s.clickLock.Lock()
	defer s.clickLock.Unlock()
	lost := s.forgetSince(known)
	if err := s.postgres.crash(ctx, true); err != nil {
		return "", err
	}
	if err := standby.do(ctx, `select pg_promote(true, 120)`); err != nil {
		return "", err
	}
	s.postgres.become(standby)
	return fmt.Sprintf("%d confirmed clicks were lost", lost), nil
}

// startStandby copies the server and starts the copy.
func (d *database) startStandby(ctx context.Context, root string) (*database, error) {
	server, err := d.running().Standby(ctx, localpg.Options{Root: root, Settings: serverSettings(), Timeout: hangTimeout})
	if err != nil {
		return nil, fmt.Errorf("starting a standby: %w", err)
	}
	return &database{root: root, server: server, address: server.DSN()}, nil
}

// cutOff waits until the standby has everything, and ends the replication.
func (d *database) cutOff(ctx context.Context, primary *database) error {
	conn, err := primary.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var written string
	if err := conn.QueryRow(ctx, `select pg_current_wal_insert_lsn()::text`).Scan(&written); err != nil {
		return err
	}
	for until := time.Now().Add(hangTimeout); ; pause(ctx, 20*time.Millisecond) {
		has, err := d.hasReplayed(ctx, written)
		if err == nil && has {
			break
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return fmt.Errorf("the standby does not follow: %w", err)
		}
	}
	return d.doEach(ctx, `alter system set primary_conninfo = ''`, `select pg_reload_conf()`)
}

func (d *database) hasReplayed(ctx context.Context, position string) (has bool, err error) {
	conn, err := d.connect(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select pg_last_wal_replay_lsn() >= $1::text::pg_lsn`, position).Scan(&has)
	return has, err
}

// become makes d the other server from now on.
func (d *database) become(other *database) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root, d.server, d.address = other.root, other.server, other.address
}

// backUp copies the database within the server. For that moment the nodes have no connection.
func (d *database) backUp(ctx context.Context) error {
	return d.asAdmin(ctx, func(name string) []string {
		return []string{
			`drop database if exists ` + name + `_backup`,
			`alter database ` + name + ` with allow_connections false`,
			`select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '` + name + `'`,
			`create database ` + name + `_backup template ` + name + ` strategy wal_log`,
			`alter database ` + name + ` with allow_connections true`,
		}
	})
}

// restore puts the copy into the place of the database.
func (d *database) restore(ctx context.Context) error {
	return d.asAdmin(ctx, func(name string) []string {
		return []string{
			`drop database ` + name + ` with (force)`,
			`create database ` + name + ` template ` + name + `_backup strategy wal_log`,
			`alter database ` + name + ` set search_path = ` + clockPath, // a copy has no settings
			`select pg_terminate_backend(pid) from pg_stat_activity where datname = '` + name + `'`,
		}
	})
}

// asAdmin runs statements outside of the database of the studio, which they get by name.
func (d *database) asAdmin(ctx context.Context, statements func(name string) []string) error {
	config, err := localpg.Config(d.dsn())
	if err != nil {
		return err
	}
	name := config.Database
	config.Database, config.ConnectTimeout = "postgres", hangTimeout
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range statements(name) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
