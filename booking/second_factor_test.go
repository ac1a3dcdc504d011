package booking_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/pquerna/otp/totp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// authenticator is a device with one passkey.
type authenticator struct {
	t     *testing.T
	key   *ecdsa.PrivateKey
	id    []byte
	user  string
	host  string
	flags byte
	count uint32
}

const (
	userPresent, userVerified, eligible, backedUp = 1, 4, 8, 16
	site                                          = "plan.example.test"
)

var ourSite = booking.PasskeySite{Host: site, Origin: "https://" + site, Name: "Studio"}

func newAuthenticator(t *testing.T) *authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &authenticator{t: t, key: key, id: id, host: site, flags: userPresent | userVerified}
}

func (a *authenticator) data(more byte) []byte {
	sum := sha256.Sum256([]byte(a.host))
	return binary.BigEndian.AppendUint32(append(sum[:], a.flags|more), a.count)
}

func (a *authenticator) client(kind, challenge, origin string) []byte {
	text, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return text
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

type question struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func (a *authenticator) answer(response map[string]any) []byte {
	text, _ := json.Marshal(map[string]any{
		"id": encode(a.id), "rawId": encode(a.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{},
	})
	return text
}

func (a *authenticator) read(asked json.RawMessage, err error) (q question) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := json.Unmarshal(asked, &q); err != nil {
		a.t.Fatal(err)
	}
	return q
}

// make answers the question for a new passkey.
func (a *authenticator) make(asked json.RawMessage, err error) []byte {
	a.t.Helper()
	q := a.read(asked, err)
	a.user = q.PublicKey.User.ID
	x, y := a.key.X.FillBytes(make([]byte, 32)), a.key.Y.FillBytes(make([]byte, 32))
	public, _ := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y})
	data := append(a.data(64), make([]byte, 16)...)
	data = append(append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...), public...)
	object, _ := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return a.answer(map[string]any{
		"clientDataJSON": encode(
			a.client("webauthn.create", q.PublicKey.Challenge, "https://"+a.host),
		), "attestationObject": encode(object),
	})
}

// sign answers the question for the passkey.
func (a *authenticator) sign(asked json.RawMessage, err error) []byte {
	a.t.Helper()
	q := a.read(asked, err)
	client, data := a.client("webauthn.get", q.PublicKey.Challenge, "https://"+a.host), a.data(0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(data, hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature), "userHandle": a.user,
	})
}

// factorWorld is a studio with a person who is signed in.
type factorWorld struct {
	*bookingtest.Env
	t *testing.T
	booking.Actor
	session string
}

func newFactorWorld(t *testing.T, role booking.Role) *factorWorld {
	w := &factorWorld{Env: bookingtest.New(t), t: t}
	w.Actor = w.Staff(role, "Fred Frost")
	w.session = w.sessionOf(w.password())
	return w
}

func (w *factorWorld) request() booking.SignInRequest {
	return booking.SignInRequest{Email: w.Actor.Email, Password: bookingtest.Password, Address: "192.0.2.1", Device: "Firefox"}
}

func (w *factorWorld) password() booking.SignedIn {
	w.t.Helper()
	in, err := w.SignIn(w.t.Context(), w.request())
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *factorWorld) sessionOf(in booking.SignedIn) string {
	w.t.Helper()
	_, id, err := w.SessionNow(w.t.Context(), in.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *factorWorld) addPasskey() (*authenticator, []string) {
	w.t.Helper()
	a := newAuthenticator(w.t)
	codes, err := w.AddPasskey(
		w.t.Context(),
		w.Actor,
		w.session,
		ourSite,
		"Telefon",
		a.make(w.AskNewPasskey(w.t.Context(), w.Actor, ourSite)),
	)
	if err != nil {
		w.t.Fatal(err)
	}
	return a, codes
}

// addApp returns the secret. The code of the present step counts as used.
func (w *factorWorld) addApp() string {
	w.t.Helper()
	s, err := w.BeginApp(w.t.Context(), w.Actor, w.session)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.ConfirmApp(w.t.Context(), w.Actor, w.session, w.code(s.Secret, 0)); err != nil {
		w.t.Fatal(err)
	}
	return s.Secret
}

func (w *factorWorld) code(secret string, steps int) string {
	code, _ := totp.GenerateCode(secret, time.Now().Add(time.Duration(30*steps)*time.Second))
	return code
}

func (w *factorWorld) finish(in booking.SignedIn, p booking.FactorProof) (booking.SignedIn, error) {
	w.t.Helper()
	if in.Token != "" || in.Second == "" {
		w.t.Error("the password alone began a session")
	}
	p.Site = ourSite
	return w.FinishSignIn(w.t.Context(), in.Second, p, w.request())
}

func refusedWith(t *testing.T, what string, err error, code booking.Code) {
	t.Helper()
	if booking.CodeOf(err) != code || code == "" && err != nil {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

func TestAPasskeyIsTheSecondFactorAndSignsInAlone(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleManager)
	elsewhere := w.password()
	key, codes := w.addPasskey()
	if len(codes) != 10 {
		t.Errorf("the first factor makes %d recovery codes", len(codes))
	}
	_, _, err := w.SessionNow(t.Context(), elsewhere.Token)
	refusedWith(t, "the session that was begun without a factor", err, booking.SignedOut)
	_, _, err = w.SessionNow(t.Context(), w.password().Token)
	refusedWith(t, "no session", err, booking.SignedOut)

	in := w.password()
	signed := key.sign(w.AskSecondPasskey(t.Context(), in.Second, ourSite))
	second, err := w.finish(in, booking.FactorProof{Passkey: signed})
	refusedWith(t, "the passkey after the password", err, "")
	_ = w.sessionOf(second)
	_, err = w.finish(in, booking.FactorProof{Passkey: signed})
	refusedWith(t, "the same sign-in again", err, booking.SignInExpired)
	_, err = w.finish(w.password(), booking.FactorProof{Passkey: signed})
	refusedWith(t, "the same answer again", err, booking.SetupGone)

	alone := key.sign(w.AskPasskey(t.Context(), ourSite))
	first, err := w.SignInWithPasskey(t.Context(), ourSite, alone, w.request())
	refusedWith(t, "the passkey alone", err, "")
	_ = w.sessionOf(first)
	_, err = w.SignInWithPasskey(t.Context(), ourSite, alone, w.request())
	refusedWith(t, "the passkey alone again", err, booking.SetupGone)
	key.flags = userPresent
	_, err = w.SignInWithPasskey(t.Context(), ourSite, key.sign(w.AskPasskey(t.Context(), ourSite)), w.request())
	refusedWith(t, "alone without a check of the person", err, booking.WrongFactor)
	in = w.password()
	_, err = w.finish(in, booking.FactorProof{Passkey: key.sign(w.AskSecondPasskey(t.Context(), in.Second, ourSite))})
	refusedWith(t, "after the password without a check of the person", err, "")
}

func TestAPasskeyThatBecameCopyableStillWorks(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleManager)
	key, _ := w.addPasskey()
	for _, flags := range []byte{eligible | backedUp, 0, eligible} {
		key.flags = userPresent | userVerified | flags
		_, err := w.SignInWithPasskey(t.Context(), ourSite, key.sign(w.AskPasskey(t.Context(), ourSite)), w.request())
		refusedWith(t, "a passkey with other flags", err, "")
	}
	key.flags = userPresent | userVerified | backedUp
	_, err := w.SignInWithPasskey(t.Context(), ourSite, key.sign(w.AskPasskey(t.Context(), ourSite)), w.request())
	refusedWith(t, "copied without being copyable", err, booking.WrongFactor)
}

func TestAPasskeyOfAnotherSiteOrPersonOpensNothing(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleManager)
	key, _ := w.addPasskey()
	try := func(what string, code booking.Code, change func(k *authenticator)) {
		t.Helper()
		other := *key
		change(&other)
		_, err := w.SignInWithPasskey(t.Context(), ourSite, other.sign(w.AskPasskey(t.Context(), ourSite)), w.request())
		refusedWith(t, what, err, code)
	}
	try("another site", booking.WrongFactor, func(k *authenticator) { k.host = "evil.example.test" })
	try("an unknown passkey", booking.WrongFactor, func(k *authenticator) { k.id = []byte("unknown credential") })
	try("another key", booking.WrongFactor, func(k *authenticator) { k.key = newAuthenticator(t).key })
	try("another person", booking.WrongFactor, func(k *authenticator) { k.user = encode(make([]byte, 8)) })
	_, err := w.SignInWithPasskey(t.Context(), ourSite, []byte(`{"id":1}`), w.request())
	refusedWith(t, "no answer of a browser", err, booking.WrongFactor)
	_, err = w.SignInWithPasskey(t.Context(), ourSite, key.sign(w.AskNewPasskey(t.Context(), w.Actor, ourSite)), w.request())
	refusedWith(t, "the answer to another question", err, booking.WrongFactor)

	bert := w.Staff(booking.RoleManager, "Bert Bach")
	_, err = w.AskNewPasskey(t.Context(), bert, booking.PasskeySite{})
	refusedWith(t, "an address without a name", err, booking.NotFound)
	asked := key.sign(w.AskPasskey(t.Context(), ourSite))
	if _, err := w.Suspend(t.Context(), w.Owner, w.Actor.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.SignInWithPasskey(t.Context(), ourSite, asked, w.request())
	refusedWith(t, "a suspended person", err, booking.Suspended)
	if _, err := w.Erase(t.Context(), w.Owner, w.Actor.ID); err != nil {
		t.Fatal(err)
	}
	n := w.Int(`select (select count(*) from passkey) + (select count(*) from recovery_code)
		+ (select count(*) from ceremony where person_id is not null)`)
	if n != 0 {
		t.Errorf("%d rows of an erased person stay", n)
	}
}

func TestACodeOfAnAppWorksOnceAndWithinOneStep(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleManager)
	secret := w.addApp()
	in := w.password()
	_, err := w.finish(in, booking.FactorProof{Code: w.code(secret, -5)})
	refusedWith(t, "an old code", err, booking.WrongFactor)
	_, err = w.finish(in, booking.FactorProof{Code: w.code(secret, 5)})
	refusedWith(t, "a code of later", err, booking.WrongFactor)
	w.Exec(`update totp set last_step = 0`)
	code := w.code(secret, 0)
	_, err = w.finish(in, booking.FactorProof{Code: code[:3] + " " + code[3:]})
	refusedWith(t, "the right code", err, "")
	_, err = w.finish(w.password(), booking.FactorProof{Code: code})
	refusedWith(t, "the same code again", err, booking.WrongFactor)

	in = w.password()
	w.Exec(`update ceremony set expires_at = clock_timestamp() where kind = 'sign_in'`)
	_, err = w.finish(in, booking.FactorProof{Code: code})
	refusedWith(t, "after five minutes", err, booking.SignInExpired)
	in = w.password()
	for range 20 {
		if _, err = w.finish(in, booking.FactorProof{Code: "12345"}); booking.CodeOf(err) == booking.Throttled {
			break
		}
	}
	refusedWith(t, "many wrong codes", err, booking.Throttled)
}

func TestARecoveryCodeWorksOnceAndTellsThePerson(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleManager)
	_, codes := w.addPasskey()
	_, err := w.finish(w.password(), booking.FactorProof{RecoveryCode: codes[0]})
	refusedWith(t, "a recovery code", err, "")
	_, err = w.finish(w.password(), booking.FactorProof{RecoveryCode: codes[0]})
	refusedWith(t, "the same recovery code", err, booking.WrongFactor)
	alerts, err := w.Alerts(t.Context(), w.Actor, 5)
	if err != nil ||
		!slices.ContainsFunc(alerts, func(a booking.Alert) bool { return a.Kind == booking.AlertRecoveryUsed && a.Left == 9 }) {
		t.Errorf("the person is told %+v, %v", alerts, err)
	}
	renewed, err := w.RenewRecoveryCodes(t.Context(), w.Actor, w.session)
	refusedWith(t, "new codes", err, "")
	_, err = w.finish(w.password(), booking.FactorProof{RecoveryCode: codes[1]})
	refusedWith(t, "a former code", err, booking.WrongFactor)
	_, err = w.finish(w.password(), booking.FactorProof{RecoveryCode: renewed[1]})
	refusedWith(t, "a new code", err, "")
}

func TestARoleThatDemandsAFactorStopsSessionsWithoutOne(t *testing.T) {
	t.Parallel()
	w := newFactorWorld(t, booking.RoleOwner)
	demand := func(a booking.Actor) error {
		st, err := w.Studio(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		st.SecondFactor = []booking.Role{booking.RoleOwner, booking.RoleManager}
		return w.EditStudio(t.Context(), a, st, "")
	}
	manager := w.Staff(booking.RoleManager, "Mara Moll")
	refusedWith(t, "a manager demands a factor", demand(manager), booking.Forbidden)
	refusedWith(t, "an owner without a factor demands one", demand(w.Actor), booking.Invalid)
	r := w.request()
	r.Email = manager.Email
	in, err := w.SignIn(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := w.addPasskey()
	refusedWith(t, "an owner with a factor demands one", demand(w.Actor), "")
	now, session, err := w.SessionNow(t.Context(), in.Token)
	if err != nil || !now.NeedsFactor || now.Can(booking.SeeMembers) {
		t.Errorf("a session without a factor: %+v, %v", now, err)
	}
	phone := newAuthenticator(t)
	_, err = w.AddPasskey(t.Context(), now, session, ourSite, "Telefon", phone.make(w.AskNewPasskey(t.Context(), now, ourSite)))
	refusedWith(t, "setting up the factor", err, "")
	if now, _, err = w.SessionNow(t.Context(), in.Token); err != nil || now.NeedsFactor || !now.Can(booking.SeeMembers) {
		t.Errorf("the session after the factor was set up: %+v, %v", now, err)
	}
	refusedWith(t, "removing the last factor", w.RemovePasskey(t.Context(), now, session, phone.id), booking.LastFactor)
	refusedWith(t, "removing a foreign passkey", w.RemovePasskey(t.Context(), now, session, key.id), booking.NotFound)

	refusedWith(t, "a manager resets an owner", w.ResetSecondFactor(t.Context(), now, w.Actor.ID), booking.Forbidden)
	refusedWith(t, "an owner resets the own factor", w.ResetSecondFactor(t.Context(), w.Actor, w.Actor.ID), booking.Forbidden)
	refusedWith(t, "an owner resets a manager", w.ResetSecondFactor(t.Context(), w.Actor, manager.ID), "")
	_, _, err = w.SessionNow(t.Context(), in.Token)
	refusedWith(t, "the session after the reset", err, booking.SignedOut)
	if in, err = w.SignIn(t.Context(), r); err != nil || !in.Actor.NeedsFactor {
		t.Errorf("signing in after the reset: %+v, %v", in, err)
	}
}
