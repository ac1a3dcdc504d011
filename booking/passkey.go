package booking

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"
)

// passkeysMax is how many passkeys a person may have.
const passkeysMax = 20

// Passkey is a passkey in the list of its person.
type Passkey struct {
	ID      []byte // of the credential, as the authenticator gave it
	Name    string // given by the person
	AddedAt time.Time
	UsedAt  time.Time // zero: never
}

// PasskeySite is the site for which passkeys are made. Browsers keep passkeys by the name of the
// host, which cannot be an IP address; with the zero value passkeys cannot be used.
type PasskeySite struct {
	Host   string // without a port
	Origin string // of the pages, such as "https://plan.example.org"
	Name   string // of the studio
}

// Usable reports whether passkeys can be used.
func (s PasskeySite) Usable() bool { return s.Host != "" }

func (s PasskeySite) party() (*webauthn.WebAuthn, error) {
	if !s.Usable() {
		return nil, refuse(NotFound)
	}
	limit := webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife}
	w, err := webauthn.New(&webauthn.Config{
		RPID: s.Host, RPDisplayName: s.Name, RPOrigins: []string{s.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts:              webauthn.TimeoutsConfig{Login: limit, Registration: limit},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // programs that keep passwords send some
	})
	return w, during("preparing passkeys", err)
}

// keyOwner is a person as go-webauthn sees one.
type keyOwner struct {
	id          int64
	name, email string
	keys        []webauthn.Credential
}

// WebAuthnID is a number that means nothing outside of this studio.
func (o keyOwner) WebAuthnID() []byte                         { return binary.BigEndian.AppendUint64(nil, uint64(o.id)) }
func (o keyOwner) WebAuthnName() string                       { return o.email }
func (o keyOwner) WebAuthnDisplayName() string                { return o.name }
func (o keyOwner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func readKeys(ctx context.Context, db interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, personID int64,
) ([]webauthn.Credential, error) {
	rows, _ := db.Query(ctx, `select credential from passkey where person_id = $1 order by created_at`, personID)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[webauthn.Credential])
	return keys, during("reading passkeys", err)
}

// keyUse is what a challenge is for. A challenge is answered for this use and this person only.
type keyUse string

const (
	keyAdd    keyUse = "add"
	keySecond keyUse = "second" // after the password
	keyAlone  keyUse = "alone"  // without a password; the person is not known yet
)

const challengeBytes = 16 + 8

// newChallenge returns random bytes, the end of their life, and a signature that only the nodes of
// this studio can make. So a page needs nothing in the database before its passkey is used.
func (e *Engine) newChallenge(use keyUse, personID int64, now time.Time) []byte {
	c := make([]byte, 16, challengeBytes+sha256.Size)
	_, _ = rand.Read(c)
	c = binary.BigEndian.AppendUint64(c, uint64(now.Add(ceremonyLife).UnixMicro()))
	return append(c, e.challengeSignature(c, use, personID)...)
}

func (e *Engine) challengeSignature(c []byte, use keyUse, personID int64) []byte {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("passkey " + string(use)))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(personID)))
	mac.Write(c)
	return mac.Sum(nil)
}

// useChallenge accepts a challenge that a browser sends back, once.
func (e *Engine) useChallenge(ctx context.Context, tx pgx.Tx, challenge string, use keyUse, personID int64) error {
	c, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil || len(c) != challengeBytes+sha256.Size ||
		!hmac.Equal(c[challengeBytes:], e.challengeSignature(c[:challengeBytes], use, personID)) {
		return wrongFactor("passkey")
	}
	until := time.UnixMicro(int64(binary.BigEndian.Uint64(c[16:])))
	tag, err := tx.Exec(ctx, `
		insert into ceremony (token_hash, kind, expires_at) select $1, $2, $3 where $3 > (select clock_timestamp())
		on conflict (token_hash) do nothing`, tokenHash(challenge), ceremonyChallenge, until)
	if err == nil && tag.RowsAffected() == 0 {
		return refuse(SetupGone)
	}
	return err
}

// keyQuestion is what a browser needs for using or making a passkey, as JSON with the names of the
// Web Authentication API.
func keyQuestion(options any, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, during("asking for a passkey", err)
	}
	text, err := json.Marshal(options)
	return text, during("asking for a passkey", err)
}

func (e *Engine) databaseNow(ctx context.Context) (now time.Time, err error) {
	err = e.readPool.QueryRow(ctx, `select clock_timestamp()`).Scan(&now)
	return now, during("reading the clock", err)
}

// AskNewPasskey returns the question to the browser for a new passkey of the actor. It can be
// answered for five minutes, once. Refusal: NotFound (the site cannot have passkeys).
func (e *Engine) AskNewPasskey(ctx context.Context, a Actor, site PasskeySite) (json.RawMessage, error) {
	w, err := site.party()
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(ctx, e.readPool, a.ID)
	if err != nil {
		return nil, err
	}
	now, err := e.databaseNow(ctx)
	if err != nil {
		return nil, err
	}
	q, _, err := w.BeginRegistration(keyOwner{a.ID, a.Name, a.Email, keys}, e.registration(keyAdd, a.ID, now, keys))
	return keyQuestion(q, err)
}

func (e *Engine) registration(use keyUse, personID int64, now time.Time, keys []webauthn.Credential) webauthn.RegistrationOption {
	return func(o *protocol.PublicKeyCredentialCreationOptions) error {
		o.Challenge = e.newChallenge(use, personID, now)
		for _, k := range keys {
			o.CredentialExcludeList = append(o.CredentialExcludeList, k.Descriptor())
		}
		return nil
	}
}

// AddPasskey adds the passkey that the browser made for the actor. response is the browser's
// answer as JSON. It returns the recovery codes if it is the first factor. Refusals: WrongFactor (of
// the field passkey), SetupGone, Invalid (of the field name or passkey), NotFound, SignedOut.
func (e *Engine) AddPasskey(
	ctx context.Context, a Actor, session string, site PasskeySite, name string, response []byte,
) (codes []string, err error) {
	name = strings.TrimSpace(name)
	var f Faults
	f.wantText(name, NameMax, "name")
	if err := f.Err(); err != nil {
		return nil, err
	}
	w, err := site.party()
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, wrongKey(err)
	}
	return e.changeFactors(ctx, a, session, PasskeyAdded, func(tx pgx.Tx, _ bool) error {
		keys, err := readKeys(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if len(keys) >= passkeysMax {
			return invalid("passkey", "too_many")
		}
		challenge := parsed.Response.CollectedClientData.Challenge
		if err := e.useChallenge(ctx, tx, challenge, keyAdd, a.ID); err != nil {
			return err
		}
		owner := keyOwner{a.ID, a.Name, a.Email, keys}
		_, asked, err := w.BeginRegistration(owner)
		if err != nil {
			return err
		}
		asked.Challenge = challenge
		key, err := w.CreateCredential(owner, *asked, parsed)
		if err != nil {
			return wrongKey(err)
		}
		tag, err := tx.Exec(ctx, `
			insert into passkey (id, person_id, name, credential) values ($1, $2, $3, $4) on conflict (id) do nothing`,
			key.ID, a.ID, name, key)
		if err == nil && tag.RowsAffected() == 0 {
			return invalid("passkey", "taken")
		}
		return err
	})
}

// RemovePasskey removes a passkey of the actor. Refusals: NotFound, LastFactor, SignedOut.
func (e *Engine) RemovePasskey(ctx context.Context, a Actor, session string, id []byte) error {
	_, err := e.changeFactors(ctx, a, session, PasskeyRemoved, func(tx pgx.Tx, _ bool) error {
		tag, err := tx.Exec(ctx, `delete from passkey where person_id = $1 and id = $2`, a.ID, id)
		if err == nil && tag.RowsAffected() == 0 {
			return refuse(NotFound)
		}
		return err
	})
	return err
}

// AskPasskey returns the question to the browser for a passkey without a password. It can be
// answered for five minutes, once. Refusal: NotFound (the site cannot have passkeys).
func (e *Engine) AskPasskey(ctx context.Context, site PasskeySite) (json.RawMessage, error) {
	w, err := site.party()
	if err != nil {
		return nil, err
	}
	now, err := e.databaseNow(ctx)
	if err != nil {
		return nil, err
	}
	q, _, err := w.BeginDiscoverableLogin(webauthn.WithChallenge(e.newChallenge(keyAlone, 0, now)))
	return keyQuestion(q, err)
}

// usePasskey uses the passkey of a person, who must be locked. response is the browser's answer.
// Alone, without a password, the browser must have checked who the person is. Refusals: WrongFactor
// (of the field passkey), SetupGone, NotFound.
func (e *Engine) usePasskey(
	ctx context.Context, tx pgx.Tx, personID int64, site PasskeySite, use keyUse, response *protocol.ParsedCredentialAssertionData,
) error {
	w, err := site.party()
	if err != nil {
		return err
	}
	owner := keyOwner{id: personID}
	if owner.keys, err = readKeys(ctx, tx, personID); err != nil {
		return err
	}
	if len(owner.keys) == 0 {
		return wrongFactor("passkey")
	}
	challenge, subject, checked := response.Response.CollectedClientData.Challenge, personID, protocol.VerificationPreferred
	if use == keyAlone {
		subject, checked = 0, protocol.VerificationRequired
	}
	if err := e.useChallenge(ctx, tx, challenge, use, subject); err != nil {
		return err
	}
	e.allowEligible(ctx, owner, response)
	_, asked, err := w.BeginLogin(owner, webauthn.WithUserVerification(checked))
	if err != nil {
		return err
	}
	asked.Challenge = challenge
	key, err := w.ValidateLogin(owner, *asked, response)
	if err != nil {
		return wrongKey(err)
	}
	if key.Authenticator.CloneWarning {
		e.log.WarnContext(ctx, "the counter of a passkey did not grow: there may be a copy of it", "person", personID)
		key.Authenticator.CloneWarning = false
	}
	_, err = tx.Exec(ctx, `update passkey set credential = $2, used_at = clock_timestamp() where id = $1`, key.ID, key)
	return during("recording the use of a passkey", err)
}

// allowEligible accepts a passkey that can be copied to other devices now and could not when it was
// made, or the other way round. The standard forbids that and go-webauthn refuses it, but programs
// that keep passkeys have begun to synchronize existing ones, and their people must not be locked
// out. The signature proves the same key as before.
func (e *Engine) allowEligible(ctx context.Context, o keyOwner, response *protocol.ParsedCredentialAssertionData) {
	for i := range o.keys {
		now := response.Response.AuthenticatorData.Flags.HasBackupEligible()
		if string(o.keys[i].ID) == string(response.RawID) && o.keys[i].Flags.BackupEligible != now {
			o.keys[i].Flags.BackupEligible = now
			e.log.InfoContext(ctx, "a passkey changed whether it can be copied", "person", o.id, "eligible", now)
		}
	}
}

func wrongFactor(field string) *Error { return &Error{Code: WrongFactor, Field: field} }

// wrongKey is the refusal of a passkey, with the reason for the log.
func wrongKey(err error) error {
	refused := wrongFactor("passkey")
	refused.Err = err
	var detailed *protocol.Error
	if errors.As(err, &detailed) {
		refused.Err = errors.New(detailed.Details + " " + detailed.DevInfo)
	}
	return refused
}
