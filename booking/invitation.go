package booking

import (
	"context"
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

// Invite creates an invitation and voids earlier ones of the same person. A mail to the person
// brings a link as well. Refusals: Forbidden, NotFound.
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

// createInvitation voids earlier invitations of the person. maker vouches for the password. An
// invitation by staff (h names the actor) also goes out by mail, with a code of its own that is
// made with the mail; both are valid until one is used.
func (e *Engine) createInvitation(ctx context.Context, h history, maker int64) (in Invitation, err error) {
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var now time.Time
		err := tx.QueryRow(ctx, `select clock_timestamp() from person where id = $1 for no key update`, h.personID).Scan(&now)
		if err != nil {
			return err
		}
		if err := endMailLinks(ctx, tx, h.personID, NoticeInvitation); err != nil {
			return err
		}
		if in, err = insertInvitation(ctx, tx, h.personID, maker); err != nil {
			return err
		}
		if h.actorID != 0 {
			d := linkMail(NoticeInvitation, h.personID, now, invitationLife)
			d.details = map[string]any{"by": maker}
			if err := insertDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		return insertHistory(ctx, tx, h)
	})
	if err == nil {
		e.wakeRelay()
		e.log.InfoContext(ctx, "invited", "person", h.personID, "by", h.actorID)
	}
	return in, refusalOr("saving an invitation", err)
}

// insertInvitation makes a code for the person.
func insertInvitation(ctx context.Context, tx pgx.Tx, personID, maker int64) (in Invitation, err error) {
	if in.Code, err = newCode(); err != nil {
		return in, err
	}
	err = tx.QueryRow(ctx, `
		insert into invitation (code_hash, person_id, created_by, expires_at)
		values ($1, $2, $3, clock_timestamp() + $4) returning expires_at`,
		codeHash(in.Code), personID, maker, invitationLife).Scan(&in.ExpiresAt)
	return in, err
}

// InviteOwner creates an invitation for an active owner who cannot sign in any more. It asks
// for no right: only the operator, who has the database, may call it. The owner vouches for
// the password that is set with it. resetFactor also removes the owner's second factors and ends
// the sessions. Refusal: NotFound.
func (e *Engine) InviteOwner(ctx context.Context, email string, resetFactor bool) (Invitation, error) {
	owner, err := e.readAccount(ctx, `role = 'owner' and state = 'active' and lower(email) = any($1)`, emailSpellings(email))
	if err != nil {
		return Invitation{}, err
	}
	if owner.id == 0 {
		return Invitation{}, refuse(NotFound)
	}
	if resetFactor {
		if err := e.resetOwner(ctx, owner.id); err != nil {
			return Invitation{}, err
		}
	}
	return e.createInvitation(ctx, history{verb: verbInvite, personID: owner.id}, owner.id)
}

// resetOwner removes the second factors of an owner for the operator.
func (e *Engine) resetOwner(ctx context.Context, personID int64) error {
	var version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) (err error) {
		if _, err := tx.Exec(ctx, `select from person where id = $1 for no key update`, personID); err != nil {
			return err
		}
		version, err = e.resetFactors(ctx, tx, 0, personID)
		return err
	})
	if err == nil && version != 0 {
		e.accountChanged(personID, version)
		e.log.InfoContext(ctx, "second factor reset", "person", personID, "by", "operator")
	}
	return during("resetting the second factors of an owner", err)
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
		return e.passwordSet(ctx, tx, person, version, had)
	})
	if err == pgx.ErrNoRows {
		return wrongCode()
	}
	if err != nil {
		return during("setting a password", err)
	}
	e.accountChanged(person, version)
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
