package booking

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"math"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. At most two hashes at a
// time limit the cost of a flood of sign-ins.
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// decoyHash is compared if there is no account, so that the answer takes as long.
var decoyHash = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashParams)
	if err != nil {
		panic(err) // without randomness nothing here is safe
	}
	return hash
})

// freeTries is how many failed sign-ins an account has before waiting begins.
const freeTries = 5

// CheckPassword checks the length of a password: PasswordMin to PasswordMax characters and at most 512 bytes.
// All characters are allowed.
func CheckPassword(password string) error {
	if n := len([]rune(password)); !within(n, PasswordMin, PasswordMax) || len(password) > 512 {
		return invalid("password", "length")
	}
	return nil
}

// PasswordHash is the stored form of a password. Only HashPassword makes one, so a password
// is never mistaken for its hash. With the zero value a person cannot sign in before
// accepting an invitation.
type PasswordHash struct{ encoded string }

// HashPassword checks the length of a password and hashes it. It does not wait for a slot,
// unlike the requests of visitors: it is for the start of a program, where one hash may
// serve many people.
func HashPassword(password string) (PasswordHash, error) {
	if err := CheckPassword(password); err != nil {
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

func (e *Engine) hashPassword(ctx context.Context, password string) (string, error) {
	if err := e.hashingSlot(ctx); err != nil {
		return "", err
	}
	defer func() { <-e.hashing }()
	hash, err := HashPassword(password)
	return hash.encoded, err
}

func (e *Engine) hashingSlot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	select {
	case e.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return refuse(Busy)
	}
}

// SignInRequest is the content of the sign-in form.
type SignInRequest struct {
	Email, Password string
	Address         string // of the client, for the limit per address
	Device          string // the browser's own name, stored with the session; at most 200 bytes are kept
}

// SignedIn is a new session. Token belongs into the cookie and nowhere else.
type SignedIn struct {
	Token     string
	ExpiresAt time.Time
	Actor     Actor
}

// SignIn checks e-mail and password. An unknown address and a wrong password get the same
// answer after the same time. After a few failures per account or address, each further
// failure doubles the waiting time, up to 15 minutes. A stranger can slow down an account's
// owner but never lock the account. Refusals: WrongPassword, Throttled, Suspended, Busy.
func (e *Engine) SignIn(ctx context.Context, r SignInRequest) (SignedIn, error) {
	email := normalEmail(r.Email)
	if len(r.Password) > 512 || !plainText(email, EmailMax) {
		return SignedIn{}, refuse(WrongPassword)
	}
	subjects := []string{"email " + email, "address " + r.Address}
	if err := e.throttle(ctx, subjects); err != nil {
		return SignedIn{}, err
	}
	var a Actor
	var hash *string
	var state PersonState
	err := e.readPool.QueryRow(ctx, `select id, role, trim(given_name || ' ' || family_name), language, password_hash, state from person
		where lower(email) = any($1) and role <> 'guest'`, emailSpellings(email)).Scan(&a.ID, &a.Role, &a.Name, &a.Language, &hash, &state)
	if err != nil && err != pgx.ErrNoRows {
		return SignedIn{}, during("reading the account", err)
	}
	against := decoyHash()
	if hash != nil {
		against = *hash
	}
	if err := e.hashingSlot(ctx); err != nil {
		return SignedIn{}, err
	}
	match, err := passwordMatches(r.Password, against)
	<-e.hashing
	if err != nil {
		return SignedIn{}, during("checking a password", err)
	}
	if !match || hash == nil || state == PersonErased {
		e.log.Info("sign-in refused", "address", r.Address)
		return SignedIn{}, e.countFailure(ctx, subjects)
	}
	if state == PersonSuspended {
		return SignedIn{}, refuse(Suspended)
	}
	a.Email = email
	token := make([]byte, 32)
	if _, err := rand.Read(token); err != nil {
		return SignedIn{}, during("making a session", err)
	}
	s := SignedIn{Token: base64.RawURLEncoding.EncodeToString(token), Actor: a}
	sum := tokenHash(s.Token)
	b := &pgx.Batch{}
	b.Queue(`
		insert into session (token_hash, person_id, device, expires_at)
		values ($1, $2, $3, clock_timestamp() + $4) returning expires_at`,
		sum, a.ID, r.Device[:min(len(r.Device), 200)], sessionLife).QueryRow(func(row pgx.Row) error { return row.Scan(&s.ExpiresAt) })
	b.Queue(`delete from sign_in_failure where subject = $1`, subjects[0])
	if err := e.recordPool.SendBatch(ctx, b).Close(); err != nil {
		return SignedIn{}, during("saving the session", err)
	}
	return s, nil
}

func (e *Engine) throttle(ctx context.Context, subjects []string) error {
	var wait float64
	err := e.readPool.QueryRow(ctx, `
		select coalesce(extract(epoch from max(blocked_until) - clock_timestamp()), 0)::float8
		from sign_in_failure where subject = any($1)`, subjects).Scan(&wait)
	if err != nil {
		return during("reading failed sign-ins", err)
	}
	if wait > 0 {
		return refuse(Throttled, "seconds", int(math.Ceil(wait)))
	}
	return nil
}

// countFailure counts a failure for all nodes. After an hour without failures the count
// begins anew. An address, which a household or a studio may share, has ten times the free
// tries.
func (e *Engine) countFailure(ctx context.Context, subjects []string) error {
	b := &pgx.Batch{}
	for i, subject := range subjects {
		free := freeTries
		if i > 0 {
			free = 10 * freeTries
		}
		b.Queue(`
			insert into sign_in_failure as f (subject, failures, blocked_until, at)
			values ($1, 1, clock_timestamp(), clock_timestamp())
			on conflict (subject) do update set
				failures = case when f.at < clock_timestamp() - interval '1 hour' then 1 else f.failures + 1 end,
				blocked_until = clock_timestamp() + case
					when f.failures + 1 > $2 and f.at > clock_timestamp() - interval '1 hour'
					then least(interval '1 second' * 2 ^ least(f.failures - $2, 12), interval '15 minutes')
					else interval '0' end,
				at = clock_timestamp()`, subject, free)
	}
	if err := e.recordPool.SendBatch(ctx, b).Close(); err != nil {
		return during("counting a failed sign-in", err)
	}
	return refuse(WrongPassword)
}
