package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A second factor proves besides the password that a person is at the device (rule 35): a
// passkey, or the codes of an app. Recovery codes replace a factor that is lost. Every account
// may have factors; roles may demand one.

// FactorChange says what became of the factors of a person. It is in alerts and in the history.
type FactorChange string

// The changes.
const (
	PasskeyAdded   FactorChange = "passkey_added"
	PasskeyRemoved FactorChange = "passkey_removed"
	AppAdded       FactorChange = "app_added"
	AppRemoved     FactorChange = "app_removed"
	CodesMade      FactorChange = "codes_made"
	FactorsReset   FactorChange = "reset" // by an owner, or by the operator
)

// SecondFactors are the factors of a person.
type SecondFactors struct {
	Passkeys      []Passkey // the newest first
	AppSince      time.Time // zero: no app
	RecoveryCodes int       // that were not used
	Demanded      bool      // by the person's role
}

// Any reports whether signing in asks for a second factor.
func (f SecondFactors) Any() bool { return len(f.Passkeys) > 0 || !f.AppSince.IsZero() }

// hasFactorSQL is true for a person p with a second factor, demandedSQL for one whose role
// demands one.
const (
	hasFactorSQL = `(exists (select from passkey where person_id = p.id) or exists (select from totp where person_id = p.id))`
	demandedSQL  = `(p.role = any(array(select unnest(second_factor_roles) from studio)))`
)

// removeFactorsSQL removes all factors of a person, and what was begun with them.
const removeFactorsSQL = `
	with keys as (delete from passkey where person_id = $1),
		apps as (delete from totp where person_id = $1),
		codes as (delete from recovery_code where person_id = $1)
	delete from ceremony where person_id = $1`

// SecondFactors reads the factors of the actor.
func (rd *Reader) SecondFactors(ctx context.Context, a Actor) (f SecondFactors, err error) {
	b := &pgx.Batch{}
	b.Queue(`
		select (select created_at from totp where person_id = p.id),
			(select count(*) from recovery_code where person_id = p.id and used_at is null), `+demandedSQL+`
		from person p where id = $1`, a.ID).QueryRow(func(row pgx.Row) error {
		return row.Scan(at{&f.AppSince}, &f.RecoveryCodes, &f.Demanded)
	})
	b.Queue(`select id, name, created_at, used_at from passkey where person_id = $1 order by created_at desc`, a.ID).
		Query(func(rows pgx.Rows) error {
			return each(rows, func(rows pgx.Rows) error {
				var k Passkey
				err := rows.Scan(&k.ID, &k.Name, &k.AddedAt, at{&k.UsedAt})
				f.Passkeys = append(f.Passkeys, k)
				return err
			})
		})
	return f, during("reading the second factors of a person", rd.readPool.SendBatch(ctx, b).Close())
}

// StaffWithFactor lists the people of the staff who have a second factor. Refusal: Forbidden.
func (rd *Reader) StaffWithFactor(ctx context.Context, a Actor) (map[int64]bool, error) {
	if !a.Can(EditRoles) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, `
		select id from person p where role not in ('member', 'guest') and state <> 'erased' and `+hasFactorSQL)
	ids, err := collectIDs(rows)
	list := make(map[int64]bool, len(ids))
	for _, id := range ids {
		list[id] = true
	}
	return list, during("reading who has a second factor", err)
}

// changeFactors changes the factors of the actor in a transaction in which the person is locked.
// The person is told. The first factor makes recovery codes, which are returned, and ends the
// actor's other sessions, which were begun without it. The last one cannot be removed while the
// role demands one; with it go the recovery codes. session is the id of the session that asks.
// Refusals: those of change, LastFactor, SignedOut.
func (e *Engine) changeFactors(
	ctx context.Context, a Actor, session string, what FactorChange, change func(tx pgx.Tx, has bool) error,
) (codes []string, err error) {
	var version int64
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var had, has, demanded bool
		err := tx.QueryRow(ctx, `
			update person p set version = version + 1 where id = $1 and state = 'active'
			returning version, `+hasFactorSQL+`, `+demandedSQL+``, a.ID).Scan(&version, &had, &demanded)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(SignedOut)
		}
		if err != nil {
			return err
		}
		if err := change(tx, had); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select `+hasFactorSQL+` from person p where id = $1`, a.ID).Scan(&has); err != nil {
			return err
		}
		switch {
		case has && !had:
			if codes, err = e.firstFactor(ctx, tx, a.ID, session); err != nil {
				return err
			}
		case had && !has && demanded:
			return refuse(LastFactor)
		case had && !has:
			if err := lastFactor(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		return e.tellFactorChange(ctx, tx, a.ID, a.ID, version, what)
	})
	if err != nil {
		return nil, refusalOr("changing the second factors of a person", err)
	}
	e.accountChanged(a.ID, version)
	e.log.InfoContext(ctx, "second factor changed", "person", a.ID, "change", what)
	return codes, nil
}

// firstFactor makes the recovery codes and ends the sessions that were begun without a factor,
// except the one that asks.
func (e *Engine) firstFactor(ctx context.Context, tx pgx.Tx, personID int64, session string) ([]string, error) {
	if _, err := tx.Exec(ctx, endOthersSQL, personID, sessionHash(session)); err != nil {
		return nil, err
	}
	_, err := tx.Exec(ctx, `update session set second_factor_at = clock_timestamp() where token_hash = $1`, sessionHash(session))
	if err != nil {
		return nil, err
	}
	return makeRecoveryCodes(ctx, tx, personID)
}

// lastFactor ends what the last factor leaves behind. Sessions go on without a factor, so a role
// that demands one later stops them.
func lastFactor(ctx context.Context, tx pgx.Tx, personID int64) error {
	if _, err := tx.Exec(ctx, removeFactorsSQL, personID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update session set second_factor_at = null where person_id = $1`, personID)
	return err
}

// tellFactorChange tells the person of a change and records it.
func (e *Engine) tellFactorChange(ctx context.Context, tx pgx.Tx, actorID, personID, version int64, what FactorChange) error {
	details := map[string]any{"change": what}
	if _, err := e.insertAlert(ctx, tx, personID, version, AlertFactorChanged, details); err != nil {
		return err
	}
	return insertHistory(ctx, tx, history{actorID: actorID, verb: verbChangeFactor, personID: personID, details: details})
}

// ResetSecondFactor removes all factors of a person who has lost them, and ends the person's
// sessions. The person is told. It changes nothing if there are none. Refusals: Forbidden, NotFound.
func (e *Engine) ResetSecondFactor(ctx context.Context, a Actor, personID int64) error {
	if !a.Can(EditRoles) || personID == a.ID {
		return refuse(Forbidden)
	}
	var version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		roles := map[int64]Role{}
		rows, _ := tx.Query(ctx, `
			select id, role from person where id = any($1) and state <> 'erased' order by id for no key update`, []int64{a.ID, personID})
		err := each(rows, func(rows pgx.Rows) error {
			var id int64
			var role Role
			err := rows.Scan(&id, &role)
			roles[id] = role
			return err
		})
		switch {
		case err != nil:
			return err
		case !roles[a.ID].Can(EditRoles):
			return refuse(Forbidden)
		case roles[personID] == "" || roles[personID] == RoleGuest:
			return refuse(NotFound)
		}
		version, err = e.resetFactors(ctx, tx, a.ID, personID)
		return err
	})
	if err != nil {
		return refusalOr("resetting the second factors of a person", err)
	}
	if version != 0 {
		e.accountChanged(personID, version)
		e.log.InfoContext(ctx, "second factor reset", "person", personID, "by", a.ID)
	}
	return nil
}

// resetFactors removes the factors of a person, who must be locked, and returns the person's new
// version; 0: there were none. actorID is 0 for the operator.
func (e *Engine) resetFactors(ctx context.Context, tx pgx.Tx, actorID, personID int64) (version int64, err error) {
	err = tx.QueryRow(ctx, `update person p set version = version + 1 where id = $1 and `+hasFactorSQL+` returning version`, personID).
		Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, removeFactorsSQL, personID); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, signOutSQL, personID); err != nil {
		return 0, err
	}
	return version, e.tellFactorChange(ctx, tx, actorID, personID, version, FactorsReset)
}

// mayDemandFactor checks a change of the roles that demand a second factor. An actor who demands one
// of the own role must have one, so that owners do not lock themselves out. Refusals: Forbidden, Invalid.
func (e *Engine) mayDemandFactor(ctx context.Context, a Actor, was, now *Studio) error {
	if slices.Equal(was.SecondFactor, now.SecondFactor) {
		return nil
	}
	if !a.Can(EditRoles) {
		return refuse(Forbidden)
	}
	if !slices.Contains(now.SecondFactor, a.Role) || slices.Contains(was.SecondFactor, a.Role) {
		return nil
	}
	var has bool
	err := e.readPool.QueryRow(ctx, `select `+hasFactorSQL+` from person p where id = $1`, a.ID).Scan(&has)
	if err == nil && !has {
		return invalid("second_factor", "own_factor")
	}
	return during("reading whether the actor has a second factor", err)
}
