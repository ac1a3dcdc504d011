package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// stretch is a part of time: from an instant on, and before another one.
type stretch struct{ from, until time.Time }

func (x stretch) contains(t time.Time) bool { return !t.Before(x.from) && t.Before(x.until) }

// The names of the positions of the relay.
const (
	positionNews    = "news"    // what people and staff did
	positionPlanned = "planned" // what the time of day makes due
)

// repeated is how much is read again after the database's clock has gone back.
const repeated = time.Minute

// position returns the position of the relay with this name, and the present time. The first relay
// begins now: what happened before this program ran is not told.
func position(ctx context.Context, tx pgx.Tx, name string) (from, now time.Time, err error) {
	const read = `select p.at, clock_timestamp() from relay_position p where p.name = $1`
	err = tx.QueryRow(ctx, read, name).Scan(&from, &now)
	if err == pgx.ErrNoRows {
		err = tx.QueryRow(ctx, `
			insert into relay_position (name, at) values ($1, clock_timestamp()) returning at, at`, name).Scan(&from, &now)
	}
	if err == nil && now.Before(from) { // the clock has gone back
		from = now.Add(-repeated)
		err = setPosition(ctx, tx, name, from)
	}
	return from, now, err
}

func setPosition(ctx context.Context, tx pgx.Tx, name string, to time.Time) error {
	_, err := tx.Exec(ctx, `update relay_position set at = $2 where name = $1`, name, to)
	return err
}

// relayNews tells what people did themselves, and what staff did to classes. See receipt.go for
// the order of its readings.
func relayNews(ctx context.Context, tx pgx.Tx, studio *Studio) (int, error) {
	from, now, err := position(ctx, tx, positionNews)
	if err != nil {
		return 0, err
	}
	// The view is read once in this transaction: PostgreSQL would show a second reading the first
	// one again. Only nodes of this program write bookings; they sign in as one role, so they see
	// each other here.
	var oldest time.Time
	err = tx.QueryRow(ctx, `
		select min(coalesce(xact_start, $1::timestamptz - interval '1 minute')) from pg_stat_activity
		where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()`, now).Scan(at{&oldest})
	if err != nil {
		return 0, err
	}
	x := stretch{from, now}
	if !oldest.IsZero() {
		x.until = earliest(now, oldest)
	}
	if !x.from.Before(x.until) {
		return 0, nil
	}
	people, err := relayReceipts(ctx, tx, studio, x)
	if err != nil {
		return 0, err
	}
	changes, err := relayTeaching(ctx, tx, studio, x)
	if err != nil {
		return 0, err
	}
	// A quiet studio is not written to each second.
	if people+changes > 0 || x.until.Sub(x.from) > time.Minute {
		err = setPosition(ctx, tx, positionNews, x.until)
	}
	return people + changes, err
}

// relayPlanned tells what the time of day makes due, once a minute of all nodes together.
func relayPlanned(ctx context.Context, tx pgx.Tx, studio *Studio) (int, error) {
	from, now, err := position(ctx, tx, positionPlanned)
	if err != nil || now.Sub(from) < time.Minute {
		return 0, err
	}
	x := stretch{from, now}
	n, err := relayReminders(ctx, tx, studio, x)
	if err != nil {
		return 0, err
	}
	digests, err := relayDigests(ctx, tx, studio, x)
	if err != nil {
		return 0, err
	}
	return n + digests, setPosition(ctx, tx, positionPlanned, now)
}
