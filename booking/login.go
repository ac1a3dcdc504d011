package booking

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
)

// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. Two hashes at
// a time bound what a flood of sign-ins costs.
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// decoy is hashed against where no account exists, so that both take as long.
var decoy = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash(rand.Text(), hashParams)
	if err != nil {
		panic(err) // the system has no randomness: nothing here can be safe
	}
	return hash
})

const (
	sessionLife = 30 * 24 * time.Hour // absolute
	sessionIdle = 14 * 24 * time.Hour
	freeTries   = 5 // failed sign-ins before waiting begins
)

// CheckPassword bounds a password's length; any characters are welcome.
func CheckPassword(password string) error {
	if n := len([]rune(password)); n < 8 || n > 128 || len(password) > 512 {
		return invalid("password", "length")
	}
	return nil
}

// PasswordHash is what is kept of a password. Only HashPassword makes one, so that
// no password is ever taken for its hash. The zero value is none: its person cannot
// sign in before accepting an invitation.
type PasswordHash struct{ encoded string }

// HashPassword checks a password's length and hashes it. It waits for nobody: it is
// for what a program begins with, where one hash may serve many people. What strangers
// may ask for goes through the slots of the engine.
func HashPassword(password string) (PasswordHash, error) {
	if err := CheckPassword(password); err != nil {
		return PasswordHash{}, err
	}
	hash, err := argon2id.CreateHash(password, hashParams)
	return PasswordHash{hash}, during("hashing a password", err)
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

// SignInRequest is a filled-in login form.
type SignInRequest struct {
	Email, Password string
	Address         string // of the client, for the limit per address
	Device          string // what the browser calls itself, shown in the list of sessions
}

// SignedIn is a new session. Token goes into the cookie and nowhere else.
type SignedIn struct {
	Token     string
	ExpiresAt time.Time
	Actor     Actor
}

// SignIn checks e-mail and password. Unknown address and wrong password answer
// alike and take as long. After a few failures per account or address each
// further one makes the next try wait twice as long, up to a quarter of an hour;
// a stranger can slow an account's owner down, but never lock him out.
func (e *Engine) SignIn(ctx context.Context, r SignInRequest) (SignedIn, error) {
	email := strings.ToLower(strings.TrimSpace(r.Email))
	if len(r.Password) > 512 || !plainText(email, 200) {
		return SignedIn{}, refuse(WrongPassword)
	}
	subjects := []string{"email " + email, "address " + r.Address}
	if err := e.throttle(ctx, subjects); err != nil {
		return SignedIn{}, err
	}
	var a Actor
	var hash *string
	var state string
	err := e.pool.QueryRow(ctx, `select id, role, given_name || ' ' || family_name, language, password_hash, state from person
		where lower(email) = $1 and role <> 'guest'`, email).Scan(&a.ID, &a.Role, &a.Name, &a.Language, &hash, &state)
	if err != nil && err != pgx.ErrNoRows {
		return SignedIn{}, during("reading the account", err)
	}
	against := decoy()
	if hash != nil {
		against = *hash
	}
	if err := e.hashingSlot(ctx); err != nil {
		return SignedIn{}, err
	}
	match, err := argon2id.ComparePasswordAndHash(r.Password, against)
	<-e.hashing
	if err != nil {
		return SignedIn{}, during("checking a password", err)
	}
	if !match || hash == nil || state == "erased" {
		e.log.Info("sign-in refused", "address", r.Address)
		return SignedIn{}, e.countFailure(ctx, subjects)
	}
	if state == "suspended" {
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
	b.Queue(`insert into session (token_hash, person_id, device, expires_at) values ($1, $2, $3, clock_timestamp() + $4) returning expires_at`,
		sum, a.ID, r.Device[:min(len(r.Device), 200)], sessionLife).QueryRow(func(row pgx.Row) error { return row.Scan(&s.ExpiresAt) })
	b.Queue(`delete from sign_in_failure where subject = $1`, subjects[0])
	if err := e.pool.SendBatch(ctx, b).Close(); err != nil {
		return SignedIn{}, during("saving the session", err)
	}
	return s, nil
}

func (e *Engine) throttle(ctx context.Context, subjects []string) error {
	var wait float64
	err := e.pool.QueryRow(ctx, `select coalesce(extract(epoch from max(blocked_until) - clock_timestamp()), 0)::float8 from sign_in_failure where subject = any($1)`, subjects).Scan(&wait)
	if err != nil {
		return during("reading failed sign-ins", err)
	}
	if wait > 0 {
		return refuse(Throttled, "seconds", int(math.Ceil(wait)))
	}
	return nil
}

// countFailure remembers a failure for all nodes; an hour of quiet forgives.
// An address, shared by a household or a studio, has ten times the tries.
func (e *Engine) countFailure(ctx context.Context, subjects []string) error {
	b := &pgx.Batch{}
	for i, subject := range subjects {
		free := freeTries
		if i > 0 {
			free = 10 * freeTries
		}
		b.Queue(`insert into sign_in_failure as f (subject, failures, blocked_until, at) values ($1, 1, clock_timestamp(), clock_timestamp())
			on conflict (subject) do update set failures = case when f.at < clock_timestamp() - interval '1 hour' then 1 else f.failures + 1 end,
			blocked_until = clock_timestamp() + case when f.failures + 1 > $2 and f.at > clock_timestamp() - interval '1 hour'
				then least(interval '1 second' * 2 ^ least(f.failures - $2, 12), interval '15 minutes') else interval '0' end,
			at = clock_timestamp()`, subject, free)
	}
	if err := e.pool.SendBatch(ctx, b).Close(); err != nil {
		return during("counting a failed sign-in", err)
	}
	return refuse(WrongPassword)
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Session finds who holds the token. The answer may be a few seconds old on this
// node, unless the session was ended here.
func (e *Engine) Session(ctx context.Context, token string) (a Actor, sessionID string, err error) {
	if len(token) != 43 {
		return Actor{}, "", refuse(SignedOut)
	}
	id := hex.EncodeToString(tokenHash(token))
	if a, ok := e.sessions.get(id); ok {
		return a, id, nil
	}
	a, ok, err := e.sessionsNow.get(ctx, id)
	if err != nil {
		return Actor{}, "", err
	}
	if !ok {
		return Actor{}, "", refuse(SignedOut)
	}
	e.sessions.put(id, a)
	return a, id, nil
}

// useSessions reads sessions and notes once a minute that they are used. A database
// that takes no writes must not keep people from reading.
func (e *Engine) useSessions(ctx context.Context, ids []string) (map[string]Actor, error) {
	access, err := e.Access(ctx, ids, nil)
	if err != nil || len(access.unnoted) == 0 {
		return access.actors, err
	}
	// Another node that notes the same session does it for both.
	_, err = e.pool.Exec(ctx, `update session set used_at = clock_timestamp() where token_hash = any(array(
		select token_hash from session where token_hash = any($1) for update skip locked))`, access.unnoted)
	if err != nil {
		e.log.Warn("the use of sessions was not noted", "sessions", len(access.unnoted), "err", err)
	}
	return access.actors, nil
}

func hashesOf(ids []string) [][]byte {
	hashes := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if h, err := hex.DecodeString(id); err == nil {
			hashes = append(hashes, h)
		}
	}
	return hashes
}

// SignOut ends the session of the token; a wrong token is no error.
func (e *Engine) SignOut(ctx context.Context, token string) error {
	sum := tokenHash(token)
	e.sessions.drop(hex.EncodeToString(sum))
	var personID, version int64
	err := e.pool.QueryRow(ctx, `with gone as (delete from session where token_hash = $1 returning person_id)
		update person p set version = version + 1 from gone where p.id = gone.person_id returning p.id, p.version`, sum).Scan(&personID, &version)
	if err == pgx.ErrNoRows {
		return nil
	}
	if err == nil {
		// Other nodes close the session's sockets when they see the person change.
		e.onCommit([]Change{{Noun: PersonNoun, ID: personID, Version: version}})
	}
	return during("ending a session", err)
}

const signOutSQL = `delete from session where person_id = $1`

// knownChoice reports whether a person may have chosen the language; empty is the
// choice to read what the browser asks for.
func knownChoice(language string) bool { return language == "" || language == "de" || language == "en" }

// SetLanguage keeps the person's choice for every browser. The other nodes may not
// know of it for as long as they keep sessions.
func (e *Engine) SetLanguage(ctx context.Context, a Actor, language string) error {
	if !knownChoice(language) {
		return invalid("lang", "unknown")
	}
	_, err := e.pool.Exec(ctx, `update person set language = $2 where id = $1`, a.ID, language)
	e.sessions.forget(a.ID)
	return during("saving the language", err)
}

// sessionCache keeps found sessions for seconds, so that a click costs no read.
type sessionCache struct {
	mu    sync.Mutex
	found map[string]cachedSession
}

type cachedSession struct {
	actor Actor
	until time.Time
}

const sessionCacheTime = 2 * time.Second

func (c *sessionCache) init() { c.found = map[string]cachedSession{} }

func (c *sessionCache) get(id string) (Actor, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.found[id]
	if ok && time.Now().After(s.until) {
		delete(c.found, id)
		return Actor{}, false
	}
	return s.actor, ok
}

func (c *sessionCache) put(id string, a Actor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.found) > 50_000 { // a bound, not a policy: everybody is read again
		c.init()
	}
	c.found[id] = cachedSession{a, time.Now().Add(sessionCacheTime)}
}

func (c *sessionCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found, id)
}

// forget drops a person's sessions, so that a new role or the end of an account
// counts from the next request on.
func (c *sessionCache) forget(personID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.found {
		if s.actor.ID == personID {
			delete(c.found, id)
		}
	}
}

// Forget makes this node ask the database again who the person is: called when
// another node has told that the person changed.
func (e *Engine) Forget(personID int64) { e.sessions.forget(personID) }
