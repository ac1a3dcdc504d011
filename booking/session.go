package booking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sessionLife = 30 * 24 * time.Hour // from the sign-in on, also if it is used; applied by SignIn
	sessionIdle = 14 * 24 * time.Hour // since its last use; applied by queueAccess
)

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Session returns the person of a session token. The result may be two seconds old, unless
// the session was ended on this node: enough for reading. Refusal: SignedOut.
func (e *Engine) Session(ctx context.Context, token string) (a Actor, sessionID string, err error) {
	if id := sessionIDOf(token); id != "" {
		if a, ok := e.sessions.get(id); ok {
			return a, id, nil
		}
	}
	return e.SessionNow(ctx, token)
}

// SessionNow returns the person of a session token as the database knows it now, for requests
// that change something: another node may have ended the session. Refusal: SignedOut.
func (e *Engine) SessionNow(ctx context.Context, token string) (a Actor, sessionID string, err error) {
	id := sessionIDOf(token)
	if id == "" {
		return Actor{}, "", refuse(SignedOut)
	}
	a, ok, err := e.sessionReads.get(ctx, id)
	if err != nil {
		return Actor{}, "", err
	}
	if !ok {
		e.sessions.drop(id)
		return Actor{}, "", refuse(SignedOut)
	}
	e.sessions.put(id, a)
	return a, id, nil
}

// sessionIDOf is the id of the session of a token; empty if it cannot be one.
func sessionIDOf(token string) string {
	if len(token) != 43 {
		return ""
	}
	return hex.EncodeToString(tokenHash(token))
}

// useSessions reads sessions and records once a minute that they are used. If the database
// accepts no writes, reading still works.
func (e *Engine) useSessions(ctx context.Context, ids []string) (map[string]Actor, error) {
	access, err := e.Access(ctx, ids, nil)
	if err != nil || len(access.unnoted) == 0 {
		return access.actors, err
	}
	// If another node is recording the same session, one record is enough.
	_, err = e.recordPool.Exec(ctx, `update session set used_at = clock_timestamp() where token_hash = any(array(
		select token_hash from session where token_hash = any($1) for update skip locked))`, access.unnoted)
	if err != nil {
		e.log.Warn("the use of sessions was not noted", "sessions", len(access.unnoted), "err", err)
	}
	return access.actors, nil
}

func hashesOf(ids []string) [][]byte {
	hashes := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if h := sessionHash(id); h != nil {
			hashes = append(hashes, h)
		}
	}
	return hashes
}

// sessionHash is the key of the session with this id; nil, which no session has, if the text
// is no id.
func sessionHash(id string) []byte {
	h, err := hex.DecodeString(id)
	if err != nil {
		return nil
	}
	return h
}

// SignOut ends the session of the token. A wrong token is no error.
func (e *Engine) SignOut(ctx context.Context, token string) error {
	sum := tokenHash(token)
	e.sessions.drop(hex.EncodeToString(sum))
	var personID, version int64
	err := e.recordPool.QueryRow(ctx, `
		with gone as (delete from session where token_hash = $1 returning person_id)
		update person p set version = version + 1 from gone
		where p.id = gone.person_id returning p.id, p.version`, sum).Scan(&personID, &version)
	if err == pgx.ErrNoRows {
		return nil
	}
	if err == nil {
		// Other nodes close the connections of the session when they see the change of the
		// person.
		e.onCommit([]Change{{Kind: PersonChange, ID: personID, Version: version}})
		e.log.InfoContext(ctx, "signed out", "person", personID)
	}
	return during("ending a session", err)
}

// signOutSQL ends all sessions of a person and the sign-ins that await a second factor, and makes
// the person's devices strangers: with the sessions ends what the devices knew.
const signOutSQL = `
	with gone as (delete from session where person_id = $1), begun as (delete from ceremony where person_id = $1)
	update person set devices_since = clock_timestamp() where id = $1`

// forgetDevices makes the person's devices strangers and returns the instant. The device that
// asks is known again with a mark of that instant.
func forgetDevices(ctx context.Context, tx pgx.Tx, personID int64) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `
		update person set devices_since = now, device_marked_at = now from (select clock_timestamp() as now) as c
		where id = $1 returning now`, personID).Scan(&now)
	return now, err
}

// endOthersSQL ends all sessions of a person but one.
const endOthersSQL = `delete from session where person_id = $1 and token_hash <> $2`

// OpenSession is a session in the list of its person.
type OpenSession struct {
	ID         string // not the token: it opens nothing
	Device     string // as the browser names itself
	SignedInAt time.Time
	UsedAt     time.Time // to the minute
}

// Sessions lists where the actor is signed in, the last used first.
func (rd *Reader) Sessions(ctx context.Context, a Actor) ([]OpenSession, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select encode(token_hash, 'hex'), device, created_at, used_at from session
		where person_id = $1 and expires_at > (select clock_timestamp()) and used_at > (select clock_timestamp()) - $2::interval
		order by used_at desc, created_at desc`, a.ID, sessionIdle)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[OpenSession])
	return list, during("reading the sessions of a person", err)
}

// EndSession ends one session of the actor, or with an empty id all but kept, the session
// that asks. Other devices become strangers. It returns the new cookie of this device, see
// SignedIn.Known. Refusal: NotFound.
func (e *Engine) EndSession(ctx context.Context, a Actor, kept, id, known string) (cookie string, err error) {
	var version int64
	var now time.Time
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `update person set version = version + 1 where id = $1 returning version`, a.ID).Scan(&version)
		if err != nil {
			return err
		}
		if now, err = forgetDevices(ctx, tx, a.ID); err != nil {
			return err
		}
		if id == "" {
			_, err = tx.Exec(ctx, endOthersSQL, a.ID, sessionHash(kept))
			return err
		}
		tag, err := tx.Exec(ctx, `delete from session where person_id = $1 and token_hash = $2`, a.ID, sessionHash(id))
		if err == nil && tag.RowsAffected() == 0 {
			return refuse(NotFound)
		}
		return err
	})
	if err != nil {
		return "", refusalOr("ending sessions", err)
	}
	e.sessions.forget(a.ID)
	e.onCommit([]Change{{Kind: PersonChange, ID: a.ID, Version: version}})
	e.log.InfoContext(ctx, "signed out elsewhere", "person", a.ID, "everywhere", id == "")
	return e.markDevice(known, a.ID, now), nil
}

// knownChoice reports whether a person may choose the language. Empty means the language of
// the browser.
func knownChoice(language string) bool { return language == "" || language == "de" || language == "en" }

// SetLanguage stores the language that the person chose, for all browsers; empty: none.
// Other nodes may use the old one for two seconds, since they cache sessions. Refusal:
// Invalid.
func (e *Engine) SetLanguage(ctx context.Context, a Actor, language string) error {
	if !knownChoice(language) {
		return invalid("lang", "unknown")
	}
	_, err := e.recordPool.Exec(ctx, `update person set language = $2 where id = $1`, a.ID, language)
	e.sessions.forget(a.ID)
	return during("saving the language", err)
}

// sessionCache caches sessions for two seconds, so that most requests need no read for it.
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
	if len(c.found) > 50_000 { // only a bound on memory: all sessions are read again
		c.init()
	}
	c.found[id] = cachedSession{a, time.Now().Add(sessionCacheTime)}
}

func (c *sessionCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found, id)
}

// forget drops the cached sessions of a person, so that a new role or the end of an account
// applies from the next request on.
func (c *sessionCache) forget(personID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, s := range c.found {
		if s.actor.ID == personID {
			delete(c.found, id)
		}
	}
}

// forgetAll drops all cached sessions.
func (c *sessionCache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.init()
}

// Forget drops what this node has cached about a person. Call it when another node
// announces that the person changed.
func (e *Engine) Forget(personID int64) { e.sessions.forget(personID) }
