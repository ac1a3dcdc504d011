package booking

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// invitationLife is how long an invitation is valid.
const invitationLife = 14 * 24 * time.Hour

// Invitation lets a person set a password once, by a link or by typing the printed code.
type Invitation struct {
	Code      string // shown once; only its hash is stored
	ExpiresAt time.Time
}

// mayInvite reports whether a person with role r may let a person with role invited set a
// password. It is checked when the invitation is made and when it is used.
func (r Role) mayInvite(invited Role) bool {
	return r.Can(EditMembers) && (!invited.Staff() || r.Can(EditRoles))
}

// Invite creates an invitation and deletes an earlier one of the same person. Refusals:
// Forbidden, NotFound.
func (e *Engine) Invite(ctx context.Context, a Actor, personID int64) (Invitation, error) {
	if !a.Can(EditMembers) {
		return Invitation{}, refuse(Forbidden)
	}
	m, err := e.Member(ctx, a, personID)
	if err != nil {
		return Invitation{}, err
	}
	if !a.Role.mayInvite(m.Role) {
		return Invitation{}, refuse(Forbidden)
	}
	if m.State != PersonActive || m.Email == "" {
		return Invitation{}, refuse(NotFound)
	}
	return e.createInvitation(ctx, history{actorID: a.ID, verb: verbInvite, personID: personID}, a.ID)
}

// createInvitation deletes an earlier invitation of the person. maker vouches for the password.
func (e *Engine) createInvitation(ctx context.Context, h history, maker int64) (Invitation, error) {
	var raw [10]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return Invitation{}, during("making a code", err)
	}
	code := base32.StdEncoding.EncodeToString(raw[:])
	in := Invitation{Code: code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]}
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, uninviteSQL, h.personID); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			insert into invitation (code_hash, person_id, created_by, expires_at)
			values ($1, $2, $3, clock_timestamp() + $4) returning expires_at`,
			codeHash(in.Code), h.personID, maker, invitationLife).Scan(&in.ExpiresAt)
		if err != nil {
			return err
		}
		return insertHistory(ctx, tx, h)
	})
	if err == nil {
		e.log.InfoContext(ctx, "invited", "person", h.personID, "by", h.actorID)
	}
	return in, refusalOr("saving an invitation", err)
}

// InviteOwner creates an invitation for an active owner who cannot sign in any more. It asks
// for no right: only the operator, who has the database, may call it. The owner vouches for
// the password that is set with it. Refusal: NotFound.
func (e *Engine) InviteOwner(ctx context.Context, email string) (Invitation, error) {
	owner, err := e.readAccount(ctx, `role = 'owner' and state = 'active' and lower(email) = any($1)`, emailSpellings(email))
	if err != nil {
		return Invitation{}, err
	}
	if owner.id == 0 {
		return Invitation{}, refuse(NotFound)
	}
	return e.createInvitation(ctx, history{verb: verbInvite, personID: owner.id}, owner.id)
}

// Owners lists the e-mail addresses of the active owners, for the operator.
func (rd *Reader) Owners(ctx context.Context) ([]string, error) {
	rows, _ := rd.readPool.Query(
		ctx,
		`select email from person where role = 'owner' and state = 'active' and email is not null order by id`,
	)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, during("reading the owners", err)
}

const uninviteSQL = `delete from invitation where person_id = $1`

// codeHash hashes a code as people type it: in upper or lower case, with or without
// hyphens.
func codeHash(code string) []byte {
	return tokenHash(strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(code)))
}

// AcceptInvitation sets the password of the invited person once and ends all sessions of
// the person. The person who made the invitation vouches for the password and must still
// have the right to invite. Wrong codes are counted per address like wrong passwords; a
// code whose maker has lost the right is a wrong code. Nothing is hashed before the code is
// found. Refusals: WrongCode, Throttled, Invalid, Busy.
func (e *Engine) AcceptInvitation(ctx context.Context, code, password, address string) error {
	tries := []try{{subject: "codes from " + address, limit: codeTries}}
	if err := e.takeTries(ctx, tries); err != nil {
		return err
	}
	acc, err := e.readAccount(ctx, `state = 'active' and id = (
		select person_id from invitation where code_hash = $1 and created_by is not null
			and expires_at > clock_timestamp())`, codeHash(code))
	if err != nil {
		return err
	}
	if acc.id == 0 {
		e.log.InfoContext(ctx, "code refused", "address", address)
		return wrongCode()
	}
	if err := e.giveBack(ctx, tries, true); err != nil {
		return err
	}
	if err := e.checkNewPassword(ctx, acc, password); err != nil {
		return err
	}
	hash, err := e.hashPassword(ctx, acc, password, address)
	if err != nil {
		return err
	}
	if err := e.setInvitedPassword(ctx, acc.id, code, hash); err != nil {
		return err
	}
	e.log.InfoContext(ctx, "password set", "person", acc.id, "by", "invitation", "address", address)
	return nil
}

func wrongCode() error { return &Error{Code: WrongCode, Field: "code"} }

// setInvitedPassword uses the invitation. Tries of the old password count no longer.
func (e *Engine) setInvitedPassword(ctx context.Context, person int64, code, hash string) error {
	var version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		invited, maker, err := useInvitation(ctx, tx, code)
		if err != nil {
			return err
		}
		if invited != person {
			return pgx.ErrNoRows
		}
		var had bool
		err = tx.QueryRow(ctx, `update person p set password_hash = $2, password_by = $3, version = p.version + 1 from person was
			where p.id = $1 and was.id = p.id returning p.version, was.password_hash is not null`, person, hash, maker).Scan(&version, &had)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, signOutSQL, person); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, forgetTriesSQL, person); err != nil {
			return err
		}
		if had {
			if err := e.insertAlert(ctx, tx, person, version, AlertPasswordChanged, nil); err != nil {
				return err
			}
		}
		return insertHistory(ctx, tx, history{actorID: person, verb: verbSetPassword, personID: person})
	})
	if err == pgx.ErrNoRows {
		return wrongCode()
	}
	if err != nil {
		return during("setting a password", err)
	}
	e.sessions.forget(person)
	e.onCommit([]Change{{Kind: PersonChange, ID: person, Version: version}})
	return nil
}

// useInvitation deletes an invitation and returns its person and its maker. It returns
// pgx.ErrNoRows if the code is wrong, used, expired or void. It locks people before
// invitations, as everywhere.
func useInvitation(ctx context.Context, tx pgx.Tx, code string) (person, maker int64, err error) {
	err = tx.QueryRow(ctx, `
		select person_id, created_by from invitation
		where code_hash = $1 and created_by is not null`, codeHash(code)).Scan(&person, &maker)
	if err != nil {
		return 0, 0, err
	}
	roles := map[int64]Role{}
	rows, _ := tx.Query(ctx, `
		select id, role from person where id = any($1) and state = 'active'
		order by id for no key update`, []int64{person, maker})
	err = each(rows, func(rows pgx.Rows) error {
		var id int64
		var role Role
		err := rows.Scan(&id, &role)
		roles[id] = role
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	tag, err := tx.Exec(ctx, `delete from invitation where code_hash = $1 and expires_at > clock_timestamp()`, codeHash(code))
	invited, active := roles[person]
	if err == nil && (tag.RowsAffected() == 0 || !active || !roles[maker].mayInvite(invited)) {
		err = pgx.ErrNoRows
	}
	return person, maker, err
}
