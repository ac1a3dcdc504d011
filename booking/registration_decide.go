package booking

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// PendingRegistration is a registration whose address is confirmed and that staff has not decided.
type PendingRegistration struct {
	Person      PersonName // the guest, with address and phone
	ConfirmedAt time.Time
	Similar     []SimilarMember // members who may be the same person
}

// SimilarMember is a member with the name or the phone number of a registration.
type SimilarMember struct {
	PersonName
	Since   time.Time // member since
	CanJoin bool      // has no password, so the registration can become this account
}

// pendingMost is how many registrations the list of the desk shows, and similarMost how many members
// each of them may be.
const (
	pendingMost = 50
	similarMost = 3
)

// MayDecideRegistrations reports whether the actor agrees to registrations: who sees the members
// does. To join one with a member who is there needs EditMembers, since it opens that account.
func (a Actor) MayDecideRegistrations() bool { return a.Can(SeeMembers) }

// PendingRegistrations lists the registrations that staff has to decide, the oldest first, at most 50,
// with the members that they may be. Refusal: Forbidden.
func (rd *Reader) PendingRegistrations(ctx context.Context, a Actor) ([]PendingRegistration, error) {
	if !a.MayDecideRegistrations() {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, `
		select r.confirmed_at, `+personNameColumns+` from registration r join person p on p.id = r.person_id
		where r.confirmed_at is not null and r.decided_at is null order by r.confirmed_at, p.id limit $1`, pendingMost)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p PendingRegistration, err error) {
		err = row.Scan(append([]any{&p.ConfirmedAt}, scanPersonName(&p.Person)...)...)
		return p, err
	})
	if err != nil || len(list) == 0 {
		return nil, during("reading the registrations", err)
	}
	b := &pgx.Batch{}
	for i := range list {
		one := &list[i]
		patterns := []string{`%= ` + Fold(one.Person.Name()) + ` =%`}
		if len(digitsOf(one.Person.Phone)) >= phoneLeast*2 {
			patterns = append(patterns, phonePatterns(one.Person.Phone)...)
		}
		b.Queue(`
			select p.created_at, p.role = 'member' and p.state = 'active' and p.password_hash is null,
				`+personNameColumns+searchablePeople+`
				and p.search like any($1) order by p.id limit $2`, patterns, similarMost).Query(func(rows pgx.Rows) error {
			return each(rows, func(rows pgx.Rows) error {
				var s SimilarMember
				err := rows.Scan(append([]any{&s.Since, &s.CanJoin}, scanPersonName(&s.PersonName)...)...)
				one.Similar = append(one.Similar, s)
				return err
			})
		})
	}
	return list, during("reading the members that registrations may be", rd.readPool.SendBatch(ctx, b).Close())
}

// ApproveRegistration makes the registered person a member, who is told by mail. If a member who has
// no password got the same address meanwhile, the registration becomes that account. The second press
// changes nothing. Refusals: Forbidden, NotFound, Invalid (the address has got an account).
func (e *Engine) ApproveRegistration(ctx context.Context, a Actor, personID int64) error {
	return e.decide(ctx, a, personID, true, func(tx pgx.Tx, r pending) (member, version int64, err error) {
		member, err = memberWithoutPassword(ctx, tx, r.person.Email)
		switch {
		case err != nil:
			return 0, 0, err
		case member != 0:
			version, err = e.joinRegistration(ctx, tx, r, member, a.ID)
			return member, version, err
		}
		version, err = e.admit(ctx, tx, r, a.ID)
		return personID, version, err
	})
}

// JoinRegistration gives a member who has no password yet the confirmed address and the password of
// a registration, since staff knows that both are one person. The member is told by mail. Refusals:
// Forbidden, NotFound, Invalid (another account has the address).
func (e *Engine) JoinRegistration(ctx context.Context, a Actor, personID, memberID int64) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	return e.decide(ctx, a, personID, true, func(tx pgx.Tx, r pending) (member, version int64, err error) {
		owner, err := memberWithoutPassword(ctx, tx, r.person.Email)
		if err != nil {
			return 0, 0, err
		}
		if owner != 0 && owner != memberID {
			return 0, 0, invalid("email", "taken")
		}
		version, err = e.joinRegistration(ctx, tx, r, memberID, a.ID)
		return memberID, version, err
	})
}

// RefuseRegistration refuses a registration. The person is told by mail; then everything about the
// registration is deleted. The second press changes nothing. Refusals: Forbidden, NotFound.
func (e *Engine) RefuseRegistration(ctx context.Context, a Actor, personID int64) error {
	return e.decide(ctx, a, personID, false, func(tx pgx.Tx, r pending) (int64, int64, error) {
		_, err := tx.Exec(ctx, `
			update registration set password_hash = '', next = '', ticket_hash = null, decided_at = clock_timestamp(), decided_by = $2,
				approved = false where person_id = $1`, personID, a.ID)
		if err != nil {
			return 0, 0, err
		}
		return personID, 0, insertHistory(ctx, tx, history{actorID: a.ID, verb: verbRefuseRegistration})
	})
}

// toldFor is how long the mail about a decision is worth sending.
const toldFor = 7 * 24 * time.Hour

// decide locks a registration that staff has to decide, lets write decide it, and tells the person whom
// write returns, with the new version of an account; 0: there is none.
func (e *Engine) decide(
	ctx context.Context, a Actor, personID int64, approved bool, write func(pgx.Tx, pending) (member, version int64, err error),
) error {
	if !a.MayDecideRegistrations() {
		return refuse(Forbidden)
	}
	var member, version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var locked bool
		err := tx.QueryRow(ctx, `select true from person where id = $1 for no key update`, personID).Scan(&locked)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(NotFound)
		}
		if err != nil {
			return err
		}
		r, err := readPending(ctx, tx, personID)
		switch {
		case CodeOf(err) == LinkGone, err == nil && r.confirmedAt.IsZero():
			return refuse(NotFound)
		case err != nil:
			return err
		case r.approved != nil && *r.approved == approved: // the button was pressed twice
			return nil
		case r.approved != nil:
			return refuse(NotFound)
		}
		if member, version, err = write(tx, r); err != nil {
			return err
		}
		kind := NoticeRegistrationApproved
		if !approved {
			kind = NoticeRegistrationRefused
		}
		return insertDelivery(ctx, tx, linkMail(kind, member, r.now, toldFor))
	})
	if err != nil {
		return refusalOr("deciding a registration", err)
	}
	if version != 0 {
		e.accountChanged(member, version)
	}
	e.wakeRelay()
	e.log.InfoContext(ctx, "registration decided", "person", personID, "approved", approved, "by", a.ID)
	return nil
}
