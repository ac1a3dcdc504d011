package booking

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// invitationLife is how long an invitation lets its person set a password.
const invitationLife = 14 * 24 * time.Hour

// Invitation lets a person set a password once: by a link, or by typing the code
// that the desk has printed.
type Invitation struct {
	Code      string // shown once; only its hash is kept
	ExpiresAt time.Time
}

// Invite makes an invitation; one that was made before is void.
func (e *Engine) Invite(ctx context.Context, a Actor, personID int64) (Invitation, error) {
	if !a.Can(EditMembers) {
		return Invitation{}, refuse(Forbidden)
	}
	m, err := e.Member(ctx, a, personID)
	if err != nil {
		return Invitation{}, err
	}
	if m.Role.Staff() && !a.Can(EditRoles) {
		return Invitation{}, refuse(Forbidden)
	}
	if m.State != "active" || m.Email == "" {
		return Invitation{}, refuse(NotFound)
	}
	var raw [10]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return Invitation{}, during("making a code", err)
	}
	code := base32.StdEncoding.EncodeToString(raw[:])
	in := Invitation{Code: code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]}
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from invitation where person_id = $1`, personID); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `insert into invitation (code_hash, person_id, created_by, expires_at) values ($1, $2, $3, clock_timestamp() + $4) returning expires_at`,
			codeHash(in.Code), personID, a.ID, invitationLife).Scan(&in.ExpiresAt)
		if err != nil {
			return err
		}
		return recordIn(ctx, tx, history{actorID: a.ID, verb: "invite", personID: personID})
	})
	return in, refusedOr("saving an invitation", err)
}

// codeHash reads a code as people type it: in any case, with or without strokes.
func codeHash(code string) []byte {
	return tokenHash(strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(code)))
}

// AcceptInvitation sets the password of the invited person, once, and signs out
// whoever was signed in as that person. Wrong codes are throttled per address as
// wrong passwords are.
func (e *Engine) AcceptInvitation(ctx context.Context, code, password, address string) error {
	subjects := []string{"invitation " + address}
	if err := e.throttle(ctx, subjects); err != nil {
		return err
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := e.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	var person int64
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `delete from invitation where code_hash = $1 and expires_at > clock_timestamp() returning person_id`, codeHash(code)).Scan(&person)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `update person set password_hash = $2 where id = $1 and state = 'active' returning id`, person, hash).Scan(&person)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, signOutSQL, person); err != nil {
			return err
		}
		return recordIn(ctx, tx, history{actorID: person, verb: "set_password", personID: person})
	})
	if err == pgx.ErrNoRows {
		if counted := e.countFailure(ctx, subjects); CodeOf(counted) == Throttled {
			return counted
		}
		return &Error{Code: WrongCode, Field: "code"}
	}
	if err != nil {
		return during("setting a password", err)
	}
	e.sessions.forget(person)
	return nil
}
