package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DatabaseKind says what a database contains.
type DatabaseKind int

// The kinds of a migrated database.
const (
	Empty          DatabaseKind = iota // no studio yet
	UnfinishedDemo                     // the demo studio before it is filled; it must not be served yet
	Demo                               // the demo studio, whose passwords are public
	Real                               // any other studio
)

// ReadDatabaseKind returns what the database contains.
func ReadDatabaseKind(ctx context.Context, pool *pgxpool.Pool) (DatabaseKind, error) {
	return readDatabaseKind(ctx, pool)
}

func readDatabaseKind(ctx context.Context, db row) (DatabaseKind, error) {
	var demo, complete bool
	err := db.QueryRow(ctx, `select demo, complete from studio`).Scan(&demo, &complete)
	switch {
	case err == pgx.ErrNoRows || isUndefinedTable(err):
		return Empty, nil
	case err != nil:
		return Empty, during("looking for a studio", err)
	case demo && !complete:
		return UnfinishedDemo, nil
	case demo:
		return Demo, nil
	}
	return Real, nil
}

func isUndefinedTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42P01"
}

// NewStudio describes a new studio and its owner.
type NewStudio struct {
	Name     string
	Zone     *time.Location
	Language string    // of the studio: "de" or "en"
	Owner    NewPerson // with a password, since nobody could invite the first person
	Demo     bool      // created but not complete, see MakeDemo; without a night rest, so that it is the same at every hour
}

// firstReasons are the reasons for cancelling that a new studio has (rule 17).
var firstReasons = []struct {
	de, en    string
	audience  Audience
	needsText bool
}{
	{"Krank", "Ill", AudienceBoth, false},
	{"Keine Zeit", "No time", AudienceMember, false},
	{"Verletzung", "Injury", AudienceBoth, false},
	{"Anderer Kurs", "Another class", AudienceMember, false},
	{"Verhindert", "Prevented", AudienceStaff, false},
	{"Falsch gebucht", "Booked by mistake", AudienceStaff, false},
	{"Anderer Grund", "Another reason", AudienceBoth, true},
}

// CreateStudio creates the studio of an empty database in one transaction: with default rules, a
// list of reasons, and the owner's account. If several nodes start at once, one creates the
// studio; for the others created is false. Refusal: Invalid.
func CreateStudio(ctx context.Context, pool *pgxpool.Pool, s NewStudio) (created bool, err error) {
	s.Owner.Role = RoleOwner
	if err := s.Owner.check(); err != nil {
		return false, err
	}
	var f Faults
	if f.wantText(s.Name, NameMax, "name"); len(f) > 0 {
		return false, f.Err()
	}
	if s.Owner.PasswordHash == (PasswordHash{}) {
		return false, invalid("password", "missing")
	}
	start := StartOpen
	if s.Demo {
		start = StartOver
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			insert into studio (name, zone, language, demo, complete, start, night_rest, public_on)
			values ($1, $2, $3, $4, not $4, $5, not $4, $4)
			on conflict do nothing`, s.Name, s.Zone.String(), s.Language, s.Demo, start)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		created = true
		if _, err := tx.Exec(ctx, `update studio set home = `+homeSQL); err != nil {
			return err
		}
		for i, r := range firstReasons {
			_, err := tx.Exec(ctx, `
				insert into reason (id, text_de, text_en, audience, needs_text, position)
				values ($1, $2, $3, $4, $5, $6)`, i+1, r.de, r.en, r.audience, r.needsText, i)
			if err != nil {
				return err
			}
		}
		var id int64
		if err := tx.QueryRow(ctx, `select nextval('block_ids')`).Scan(&id); err != nil {
			return err
		}
		return insertPerson(ctx, tx, id, s.Owner)
	})
	return created, during("founding the studio", err)
}

// Owner returns the oldest active owner. Programs of the studio act as this account.
func (rd *Reader) Owner(ctx context.Context) (Actor, error) {
	a := Actor{Role: RoleOwner}
	err := rd.readPool.QueryRow(ctx, `select id, trim(given_name || ' ' || family_name), coalesce(email, ''), language from person
		where role = 'owner' and state = 'active' order by id limit 1`).Scan(&a.ID, &a.Name, &a.Email, &a.Language)
	if err == pgx.ErrNoRows {
		return a, fmt.Errorf("the studio has no owner")
	}
	return a, during("looking for the owner", err)
}
