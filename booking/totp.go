package booking

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"
)

// Codes of an app as RFC 6238 has them: six digits, a new one every 30 seconds. The code before
// and the code after the present one are right as well, since clocks differ.
const (
	totpStep  = 30
	totpDrift = 1
)

// appSetupLife is how long a secret waits for its first code.
const appSetupLife = 15 * time.Minute

// AppSetup is a secret of an app that no code was typed of yet.
type AppSetup struct {
	Secret string // as text, in base32
	URL    string // the same with the names of the studio and of the account, for a QR code
}

// BeginApp makes a secret for an app of the actor. It counts once ConfirmApp gets a code of it; an
// app that the actor has already stays until then. session is the id of the session that asks.
func (e *Engine) BeginApp(ctx context.Context, a Actor, session string) (AppSetup, error) {
	studio, err := e.Studio(ctx)
	if err != nil {
		return AppSetup{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(studio.Name, ":", " "), AccountName: a.Email})
	if err != nil {
		return AppSetup{}, during("making the secret of an app", err)
	}
	s := AppSetup{Secret: key.Secret(), URL: key.URL()}
	_, err = e.recordPool.Exec(ctx, `
		insert into ceremony (token_hash, person_id, kind, details, expires_at)
		values ($1, $2, $3, $4, clock_timestamp() + $5)
		on conflict (token_hash) do update set details = excluded.details, expires_at = excluded.expires_at`,
		appSetupHash(session), a.ID, ceremonyApp, s, appSetupLife)
	return s, during("saving the secret of an app", err)
}

// appSetupHash is the key of the secret that a session sets up.
func appSetupHash(session string) []byte { return tokenHash("app of session " + session) }

// AppSetup reads the secret that the session sets up; the zero value: none.
func (rd *Reader) AppSetup(ctx context.Context, a Actor, session string) (s AppSetup, err error) {
	err = rd.readPool.QueryRow(ctx, appSetupSQL, appSetupHash(session), a.ID, ceremonyApp).Scan(&s)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return s, during("reading the secret of an app", err)
}

const appSetupSQL = `
	select details from ceremony
	where token_hash = $1 and person_id = $2 and kind = $3 and expires_at > (select clock_timestamp())`

// ConfirmApp makes the secret that the session sets up a factor of the actor, in place of the
// former app, if the code is one of it. It returns the recovery codes if it is the first factor.
// Refusals: WrongFactor (of the field code), SetupGone, Throttled, SignedOut.
func (e *Engine) ConfirmApp(ctx context.Context, a Actor, session, code string) (codes []string, err error) {
	tries := []try{{subject: "app of session " + session, personID: a.ID, limit: ownTries}}
	if err := e.takeTries(ctx, tries); err != nil {
		return nil, err
	}
	codes, err = e.changeFactors(ctx, a, session, AppAdded, func(tx pgx.Tx, _ bool) error {
		var s AppSetup
		var now time.Time
		err := tx.QueryRow(ctx, `delete from ceremony where token_hash = $1 and person_id = $2 and kind = $3
			and expires_at > (select clock_timestamp()) returning details, clock_timestamp()`, appSetupHash(session), a.ID,
			ceremonyApp).Scan(&s, &now)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(SetupGone)
		}
		if err != nil {
			return err
		}
		step, err := totpMatch(s.Secret, code, now, 0)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			insert into totp (person_id, secret, confirmed_at, last_step, created_at) values ($1, $2, $3, $4, $3)
			on conflict (person_id) do update
			set (secret, confirmed_at, last_step, created_at) = (excluded.secret, excluded.confirmed_at, excluded.last_step,
				excluded.created_at)`,
			a.ID, s.Secret, now, step)
		return err
	})
	if CodeOf(err) == WrongFactor {
		return nil, err
	}
	if lost := e.giveBack(ctx, tries, err == nil); lost != nil {
		return nil, lost
	}
	return codes, err
}

// RemoveApp removes the app of the actor. Refusals: NotFound, LastFactor, SignedOut.
func (e *Engine) RemoveApp(ctx context.Context, a Actor, session string) error {
	_, err := e.changeFactors(ctx, a, session, AppRemoved, func(tx pgx.Tx, _ bool) error {
		tag, err := tx.Exec(ctx, `delete from totp where person_id = $1`, a.ID)
		if err == nil && tag.RowsAffected() == 0 {
			return refuse(NotFound)
		}
		return err
	})
	return err
}

// useTOTP uses a code of the app of the person, who must be locked. Refusal: WrongFactor.
func useTOTP(ctx context.Context, tx pgx.Tx, personID int64, code string) error {
	var secret string
	var last int64
	var now time.Time
	err := tx.QueryRow(ctx, `select secret, last_step, clock_timestamp() from totp where person_id = $1`, personID).
		Scan(&secret, &last, &now)
	if errors.Is(err, pgx.ErrNoRows) {
		return wrongFactor("code")
	}
	if err != nil {
		return err
	}
	step, err := totpMatch(secret, code, now, last)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update totp set last_step = $2 where person_id = $1`, personID, step)
	return during("using the code of an app", err)
}

// totpMatch returns the step of time whose code this is. Steps up to last were used, and no code
// works twice (RFC 6238, 5.2). Refusal: WrongFactor (of the field code).
func totpMatch(secret, code string, now time.Time, last int64) (step int64, err error) {
	code = strings.Join(strings.Fields(code), "")
	found := int64(0)
	for drift := int64(-totpDrift); drift <= totpDrift; drift++ {
		step := now.Unix()/totpStep + drift
		want, err := totp.GenerateCode(secret, time.Unix(step*totpStep, 0))
		if err != nil {
			return 0, during("computing the code of an app", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			found = step
		}
	}
	if found == 0 {
		return 0, wrongFactor("code")
	}
	return found, nil
}
