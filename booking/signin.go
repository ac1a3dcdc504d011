package booking

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// SignInRequest is the content of the sign-in form.
type SignInRequest struct {
	Email, Password string
	Address         string // of the client, or of its network: what shares the limit per address
	Device          string // the browser's own name, shown in the list of sessions; at most 200 bytes are kept
	Known           string // the cookie of the device, see SignedIn.Known; empty: none
}

// device is the name of the browser as it is stored.
func (r SignInRequest) device() string { return r.Device[:min(len(r.Device), 200)] }

// SignedIn is a new session. Token belongs into the cookie and nowhere else. If the account has a
// second factor, there is no session yet: Token is empty, and Second is for FinishSignIn.
type SignedIn struct {
	Token     string
	ExpiresAt time.Time // of the session, or of Second
	Second    string
	Actor     Actor
	Known     string // a cookie for 90 days: from this device the person can sign in while strangers guess
}

// sessionsKept is how many sessions a person has. A further one ends the session that was
// not used for longest.
const sessionsKept = 20

// SignIn checks e-mail and password. An unknown address and a wrong password get the same
// answer after the same time. Tries are counted per account, per address, and per both;
// after some wrong ones the next must wait (see tryLimit). Tries from a device on which the
// person signed in before are counted apart and wait for nobody else's. An account with a second
// factor gets no session yet, see SignedIn.Second. Refusals:
// WrongPassword, Throttled, Suspended, Busy.
func (e *Engine) SignIn(ctx context.Context, r SignInRequest) (SignedIn, error) {
	email := normalEmail(r.Email)
	if len(r.Password) > 512 || !plainText(email, EmailMax) {
		return SignedIn{}, refuse(WrongPassword)
	}
	acc, err := e.readAccount(ctx, `lower(email) = any($1)`, emailSpellings(email))
	if err != nil {
		return SignedIn{}, err
	}
	acc.email = email
	d, known := e.knownDevice(r.Known, acc)
	s, err := e.signIn(ctx, acc, r, d, known)
	if code := CodeOf(err); code != "" {
		e.log.InfoContext(ctx, "sign-in refused", "code", code, "person", acc.id, "address", r.Address, "known_device", known)
	} else if err == nil && s.Second == "" {
		e.log.InfoContext(ctx, "signed in", "person", acc.id, "address", r.Address, "known_device", known)
	}
	return s, err
}

func (e *Engine) signIn(ctx context.Context, acc account, r SignInRequest, d device, known bool) (SignedIn, error) {
	tries, neighbourhood := []try{
		{subject: "account " + acc.email, personID: acc.id, limit: accountTries, told: true},
		{subject: "account " + acc.email + " from " + r.Address, personID: acc.id, limit: pairTries},
		{subject: "address " + r.Address, limit: addressTries},
	}, r.Address
	if known { // a neighbourhood of its own, so that others at its address do not keep it waiting
		tries = []try{{subject: "device " + string(d.random[:]), personID: acc.id, limit: ownTries}}
		neighbourhood = "person " + strconv.FormatInt(acc.id, 10)
	}
	if err := e.tryPassword(ctx, acc, r.Password, neighbourhood, tries); err != nil {
		return SignedIn{}, err
	}
	if acc.state == PersonSuspended {
		return SignedIn{}, refuse(Suspended)
	}
	return e.beginSession(ctx, acc, r, known, nil)
}

// beginSession saves a session for the person, unless the password has changed or the account
// has ended since the password was checked. The person is told of a device that is not known,
// if another one is. second checks the second factor; without it, an account that has one gets no
// session.
func (e *Engine) beginSession(ctx context.Context, acc account, r SignInRequest, known bool, second begun) (SignedIn, error) {
	s := SignedIn{Actor: Actor{ID: acc.id}}
	token := make([]byte, 32)
	if _, err := rand.Read(token); err != nil {
		return s, during("making a session", err)
	}
	s.Token = base64.RawURLEncoding.EncodeToString(token)
	var now time.Time
	var version int64
	changed, otherKnown, hasFactor := false, false, false
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			select role, trim(given_name || ' ' || family_name), email, language, version,
				coalesce(device_marked_at >= devices_since and device_marked_at > clock_timestamp() - $3::interval, false),
				`+hasFactorSQL+`, `+demandedSQL+`
			from person p
			where id = $1 and password_hash = $2 and state = 'active' for no key update`, acc.id, acc.hash, DeviceLife).
			Scan(&s.Actor.Role, &s.Actor.Name, &s.Actor.Email, &s.Actor.Language, &version, &otherKnown,
				&hasFactor, &s.Actor.NeedsFactor)
		switch {
		case err == pgx.ErrNoRows && second != nil:
			return refuse(SignInExpired)
		case err == pgx.ErrNoRows:
			return refuse(WrongPassword)
		case err != nil:
			return err
		case hasFactor && second == nil:
			token, until, err := beginSecondStep(ctx, tx, acc.id)
			s = SignedIn{Second: token, ExpiresAt: until}
			return err
		}
		toldFactor := false
		if second != nil {
			if toldFactor, err = second(tx, version+1); err != nil {
				return err
			}
			s.Actor.NeedsFactor = false
		}
		err = tx.QueryRow(ctx, `
			insert into session (token_hash, person_id, device, created_at, used_at, expires_at, second_factor_at)
			select $1, $2, $3, now, now, now + $4, case when $5 then now end from clock_timestamp() as now
			returning created_at, expires_at`,
			tokenHash(s.Token), acc.id, r.device(), sessionLife, second != nil).Scan(&now, &s.ExpiresAt)
		if err != nil {
			return err
		}
		ended, err := tx.Exec(ctx, `
			delete from session where token_hash in (
				select token_hash from session where person_id = $1
				order by used_at desc, created_at desc offset $2)`, acc.id, sessionsKept)
		if err != nil {
			return err
		}
		told, err := e.tellOfTries(ctx, tx, acc.id, version+1)
		if err != nil {
			return err
		}
		if otherKnown && !known {
			if _, err := e.insertAlert(ctx, tx, acc.id, version+1, AlertSignedInNew, map[string]any{"device": r.device()}); err != nil {
				return err
			}
			told = true
		}
		if changed = told || toldFactor || ended.RowsAffected() > 0; changed {
			version++
		}
		_, err = tx.Exec(ctx, `update person set version = $2, device_marked_at = $3 where id = $1`, acc.id, version, now)
		return err
	})
	if err != nil {
		return SignedIn{}, refusalOr("saving the session", err)
	}
	if s.Second != "" {
		return s, nil
	}
	s.Known = e.markDevice(r.Known, acc.id, now)
	if changed {
		e.accountChanged(acc.id, version)
	}
	return s, nil
}

// triesTold is how many wrong passwords of strangers a person is told of. Fewer are probably
// the person's own.
const triesTold = 3

// tellOfTries tells the person, whose row is locked, of the tries of strangers since the last
// time, and reports whether there was something to tell. version is the version of the person
// that tells it. If the last such alert is still open, it is extended.
func (e *Engine) tellOfTries(ctx context.Context, tx pgx.Tx, personID, version int64) (told bool, err error) {
	var tries int
	var since time.Time
	err = tx.QueryRow(ctx, `
		with due as (select subject, untold, untold_since from sign_in_failure where person_id = $1 and untold >= $2 for update),
			done as (update sign_in_failure f set untold = 0 from due where f.subject = due.subject returning due.untold, due.untold_since)
		select coalesce(sum(untold), 0), coalesce(min(untold_since), clock_timestamp()) from done`,
		personID, triesTold).Scan(&tries, &since)
	if err != nil || tries == 0 {
		return false, during("reading the tries of strangers", err)
	}
	tag, err := tx.Exec(ctx, `
		update alert set details = jsonb_set(details, '{tries}', to_jsonb((details->>'tries')::int + $2))
		where person_id = $1 and kind = $3 and withdrawn_at is null and dismissed_at is null
			and created_at > clock_timestamp() - interval '7 days'`, personID, tries, AlertSignInFailed)
	if err != nil {
		return false, during("extending an alert", err)
	}
	if tag.RowsAffected() > 0 {
		return true, nil
	}
	_, err = e.insertAlert(ctx, tx, personID, version, AlertSignInFailed, map[string]any{"tries": tries, "since": since})
	return true, err
}

// tellDueTries tells people of the tries of strangers that paused, or that go on since an
// hour, so that who is signed in hears of them, too.
func (e *Engine) tellDueTries(ctx context.Context) error {
	rows, _ := e.readPool.Query(ctx, `
		select distinct person_id from sign_in_failure
		where person_id is not null and untold >= $1
			and (at < clock_timestamp() - interval '10 minutes' or untold_since < clock_timestamp() - interval '1 hour')
		order by person_id limit 100`, triesTold)
	due, err := collectIDs(rows)
	if err != nil {
		return during("reading the tries of strangers", err)
	}
	for _, id := range due {
		var version int64
		told := false
		err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
			err := tx.QueryRow(ctx, `update person set version = version + 1 where id = $1 and state <> 'erased' returning version`, id).
				Scan(&version)
			if err != nil {
				return err
			}
			told, err = e.tellOfTries(ctx, tx, id, version)
			return err
		})
		if err != nil && err != pgx.ErrNoRows {
			return during("telling of the tries of strangers", err)
		}
		if told {
			e.onCommit([]Change{{Kind: PersonChange, ID: id, Version: version}})
		}
	}
	return nil
}
