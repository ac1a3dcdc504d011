package booking

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"
)

// ceremonyLife is how long the second step of a sign-in, or a question for a passkey, waits.
const ceremonyLife = 5 * time.Minute

// ceremonyKind is what the server remembers between two requests.
type ceremonyKind string

const (
	ceremonySignIn    ceremonyKind = "sign_in"   // the password was right, and a second factor is awaited
	ceremonyApp       ceremonyKind = "app"       // the secret of an app that no code was typed of yet
	ceremonyChallenge ceremonyKind = "challenge" // a question for a passkey that was answered
)

// signInsBegun is how many sign-ins of a person may await a second factor.
const signInsBegun = 5

// secondTries bound the codes of an app that strangers try who know the password.
var secondTries = tryLimit{free: freeTries, longest: time.Minute, daily: 50}

// SecondStep is what a person may use in the second step of a sign-in.
type SecondStep struct {
	Email         string
	Passkeys, App bool
	Until         time.Time
}

// FactorProof is the second factor in a sign-in. One of the three is not empty.
type FactorProof struct {
	Code         string // of the app
	RecoveryCode string
	Passkey      []byte      // the browser's answer as JSON
	Site         PasskeySite // for Passkey
}

// begun is a try of a second factor in the transaction that begins the session. told says that the
// person was told something.
type begun func(tx pgx.Tx, version int64) (told bool, err error)

// beginSecondStep remembers for five minutes that the password of the person was right.
func beginSecondStep(ctx context.Context, tx pgx.Tx, personID int64) (token string, until time.Time, err error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", until, err
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	err = tx.QueryRow(ctx, `
		with old as (delete from ceremony where token_hash in (
			select token_hash from ceremony where person_id = $2 and kind = $3 order by created_at desc offset $5))
		insert into ceremony (token_hash, person_id, kind, expires_at) values ($1, $2, $3, clock_timestamp() + $4)
		returning expires_at`, tokenHash(token), personID, ceremonySignIn, ceremonyLife, signInsBegun-1).Scan(&until)
	return token, until, during("beginning the second step of a sign-in", err)
}

const secondStepSQL = `
	select person_id, expires_at from ceremony
	where token_hash = $1 and kind = 'sign_in' and expires_at > (select clock_timestamp())`

// SecondStep reads a sign-in that awaits a second factor. Refusal: SignInExpired.
func (rd *Reader) SecondStep(ctx context.Context, token string) (s SecondStep, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select coalesce(p.email, ''), exists (select from passkey where person_id = p.id), exists (select from totp where person_id = p.id),
			c.expires_at
		from (`+secondStepSQL+`) c join person p on p.id = c.person_id where p.state = 'active'`, tokenHash(token)).
		Scan(&s.Email, &s.Passkeys, &s.App, &s.Until)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, refuse(SignInExpired)
	}
	return s, during("reading the second step of a sign-in", err)
}

// secondOwner reads the account of a sign-in that awaits a second factor. Refusal: SignInExpired.
func (e *Engine) secondOwner(ctx context.Context, token string) (account, error) {
	acc, err := e.readAccount(ctx, `state = 'active' and id = (select person_id from (`+secondStepSQL+`) c)`, tokenHash(token))
	if err == nil && acc.id == 0 {
		err = refuse(SignInExpired)
	}
	return acc, err
}

// AskSecondPasskey returns the question to the browser for a passkey of the person whose sign-in
// awaits one. Refusals: SignInExpired, NoFactor, NotFound (the site cannot have passkeys).
func (e *Engine) AskSecondPasskey(ctx context.Context, token string, site PasskeySite) (json.RawMessage, error) {
	w, err := site.party()
	if err != nil {
		return nil, err
	}
	acc, err := e.secondOwner(ctx, token)
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(ctx, e.readPool, acc.id)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, refuse(NoFactor)
	}
	now, err := e.databaseNow(ctx)
	if err != nil {
		return nil, err
	}
	q, _, err := w.BeginLogin(keyOwner{id: acc.id, keys: keys}, webauthn.WithUserVerification(protocol.VerificationPreferred),
		webauthn.WithChallenge(e.newChallenge(keySecond, acc.id, now)))
	return keyQuestion(q, err)
}

// FinishSignIn begins the session of a sign-in whose password was right, by the second factor. token
// is SignedIn.Second. Of r, the address and the device count. Tries of codes are counted, apart for a
// device that is known; a wrong one leaves the sign-in open. Refusals: WrongFactor (of the field code,
// recovery_code or passkey), SignInExpired, SetupGone (the passkey was asked for too long ago),
// Throttled.
func (e *Engine) FinishSignIn(ctx context.Context, token string, p FactorProof, r SignInRequest) (SignedIn, error) {
	acc, err := e.secondOwner(ctx, token)
	if err != nil {
		return SignedIn{}, err
	}
	d, known := e.knownDevice(r.Known, acc)
	var parsed *protocol.ParsedCredentialAssertionData
	var tries []try
	switch {
	case len(p.Passkey) > 0:
		if parsed, err = protocol.ParseCredentialRequestResponseBytes(p.Passkey); err != nil {
			return SignedIn{}, wrongKey(err)
		}
	case p.RecoveryCode != "":
		tries = []try{{subject: "codes from " + r.Address, limit: codeTries}}
	case known:
		tries = []try{{subject: "second factor from device " + string(d.random[:]), personID: acc.id, limit: ownTries}}
	default:
		subject := "second factor of " + strconv.FormatInt(acc.id, 10)
		tries = []try{{subject: subject, personID: acc.id, limit: secondTries, told: true}}
	}
	if err := e.takeTries(ctx, tries); err != nil {
		return SignedIn{}, err
	}
	s, err := e.beginSession(ctx, acc, r, known, func(tx pgx.Tx, version int64) (told bool, err error) {
		tag, err := tx.Exec(ctx,
			`delete from ceremony where token_hash = $1 and person_id = $2 and expires_at > (select clock_timestamp())`,
			tokenHash(token), acc.id)
		switch {
		case err != nil:
			return false, err
		case tag.RowsAffected() == 0:
			return false, refuse(SignInExpired)
		case parsed != nil:
			return false, e.usePasskey(ctx, tx, acc.id, p.Site, keySecond, parsed)
		case p.RecoveryCode != "":
			return true, e.useRecoveryCode(ctx, tx, acc.id, version, p.RecoveryCode, r.device())
		}
		return false, useTOTP(ctx, tx, acc.id, p.Code)
	})
	e.logSecond(ctx, "second factor", acc, r, err)
	if len(tries) > 0 && CodeOf(err) != WrongFactor {
		if lost := e.giveBack(ctx, tries, err == nil); lost != nil {
			return SignedIn{}, lost
		}
	}
	return s, err
}

// SignInWithPasskey begins a session by a passkey alone: it is the first and the second factor,
// since the authenticator checks who the person is. response is the browser's answer as JSON.
// Refusals: WrongFactor (of the field passkey), SetupGone, Suspended, NotFound.
func (e *Engine) SignInWithPasskey(ctx context.Context, site PasskeySite, response []byte, r SignInRequest) (SignedIn, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return SignedIn{}, wrongKey(err)
	}
	acc, err := e.readAccount(ctx, `state <> 'erased' and id = (select person_id from passkey where id = $1)`, []byte(parsed.RawID))
	switch {
	case err != nil:
		return SignedIn{}, err
	case acc.id == 0 || acc.hash == "":
		return SignedIn{}, wrongFactor("passkey")
	case acc.state == PersonSuspended:
		return SignedIn{}, refuse(Suspended)
	}
	_, known := e.knownDevice(r.Known, acc)
	s, err := e.beginSession(ctx, acc, r, known, func(tx pgx.Tx, _ int64) (bool, error) {
		return false, e.usePasskey(ctx, tx, acc.id, site, keyAlone, parsed)
	})
	e.logSecond(ctx, "passkey", acc, r, err)
	return s, err
}

func (e *Engine) logSecond(ctx context.Context, by string, acc account, r SignInRequest, err error) {
	var refused *Error
	switch {
	case err == nil:
		e.log.InfoContext(ctx, "signed in", "person", acc.id, "address", r.Address, "by", by)
	case errors.As(err, &refused):
		e.log.InfoContext(
			ctx,
			"sign-in refused",
			"code",
			refused.Code,
			"person",
			acc.id,
			"address",
			r.Address,
			"by",
			by,
			"why",
			refused.Err,
		)
	}
}
