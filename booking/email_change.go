package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// RequestEmail sends a link to another address of the actor, who gives the password. The address
// counts once the link is confirmed there. The response tells nobody whether the address has an
// account: that is said to the person who reads its mails. At most three mails an hour. Refusals:
// WrongPassword (of the field password), Invalid (of the field new_email), Throttled (too many wrong
// passwords), Busy, SignedOut.
func (e *Engine) RequestEmail(ctx context.Context, a Actor, p PasswordProof, email string) error {
	email = normalEmail(email)
	var f Faults
	f.Want(email != "", "new_email", "missing")
	f.Want(validEmail(email), "new_email", "email")
	f.Want(email != normalEmail(a.Email), "new_email", "your_address")
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := e.tryOwnPassword(ctx, a, p); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var now time.Time
		err := tx.QueryRow(ctx, `
			select clock_timestamp() from person where id = $1 and state = 'active' for no key update`, a.ID).Scan(&now)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(SignedOut)
		}
		if err != nil {
			return err
		}
		many, err := manyLinkMails(ctx, tx, NoticeAddress, a.ID)
		if err != nil {
			return err
		}
		if many {
			return invalid("new_email", "too_often")
		}
		if err := endMailLinks(ctx, tx, a.ID, NoticeAddress); err != nil {
			return err
		}
		d := linkMail(NoticeAddress, a.ID, now, addressLife)
		d.address = email
		return insertDelivery(ctx, tx, d)
	})
	if err != nil {
		return refusalOr("asking for another address", err)
	}
	e.wakeRelay()
	e.log.InfoContext(ctx, "another address asked", "person", a.ID, "address", p.Address)
	return nil
}

// ConfirmEmail changes the address of the person whose link it is to the one at which the link
// arrived. Sessions stay; other links and invitations end. The person is told at both addresses.
// address is that of the client. Refusals: LinkGone, Throttled, Invalid (of the field email, if
// another account has the address; the link stays).
func (e *Engine) ConfirmEmail(ctx context.Context, token, address string) error {
	acc, err := e.linkOwner(ctx, NoticeAddress, token, address)
	if err != nil {
		return err
	}
	var version int64
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var p NewPerson
		err := tx.QueryRow(ctx, `
			select given_name, family_name, number, phone from person where id = $1 and state = 'active' for no key update`, acc.id).
			Scan(&p.GivenName, &p.FamilyName, &p.Number, &p.Phone)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(LinkGone)
		}
		if err != nil {
			return err
		}
		email, err := useLink(ctx, tx, NoticeAddress, token, acc.id)
		if err != nil {
			return err
		}
		if err := withEmailFree(ctx, tx, Actor{}, acc.id, email, nil); err != nil {
			return err
		}
		former, err := readFormerAddress(ctx, tx, acc.id)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			update person set email = $2, shared_email = null, email_failed_at = null, search = $3, version = version + 1
			where id = $1 returning version`,
			acc.id, email, SearchText(p.GivenName, p.FamilyName, email, p.Number, p.Phone)).Scan(&version)
		if err != nil {
			return err
		}
		if err := e.emailChanged(ctx, tx, acc.id, version, former, true); err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{
			actorID: acc.id, verb: verbEditMember, personID: acc.id, details: map[string]any{"facts": "email"},
		})
	})
	if err != nil {
		return refusalOr("changing an address", err)
	}
	e.accountChanged(acc.id, version)
	e.log.InfoContext(ctx, "address changed", "person", acc.id, "by", "the person", "address", address)
	return nil
}

// readFormerAddress reads the address of a person before it changes; empty: none that takes mails.
func readFormerAddress(ctx context.Context, tx pgx.Tx, personID int64) (email string, err error) {
	const addressSQL = `select coalesce(email, shared_email, '') from person where id = $1 and email_failed_at is null`
	err = tx.QueryRow(ctx, addressSQL, personID).Scan(&email)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return email, during("reading the former address", err)
}

// emailChanged ends what was sent to the former address, and tells the person of the change at
// both addresses. It also ends the sessions, unless the person changed the address (self).
func (e *Engine) emailChanged(ctx context.Context, tx pgx.Tx, personID, version int64, former string, self bool) error {
	if err := endMailLinks(ctx, tx, personID, linkKinds...); err != nil {
		return err
	}
	if !self {
		if _, err := tx.Exec(ctx, signOutSQL, personID); err != nil {
			return during("ending the access of the former address", err)
		}
	}
	if err := retryFailedMails(ctx, tx, personID); err != nil {
		return err
	}
	alertID, err := e.insertAlert(ctx, tx, personID, version, AlertEmailChanged, map[string]any{"self": self})
	if err != nil || former == "" {
		return err
	}
	var now time.Time
	if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&now); err != nil {
		return during("reading the clock", err)
	}
	return insertDelivery(ctx, tx, newDelivery{
		key: fmt.Sprintf("alert %d mail former", alertID), kind: NoticeKind(AlertEmailChanged), channel: ChannelMail,
		personID: personID, alertID: alertID, address: former, due: now, expires: now.AddDate(0, 0, 7),
	})
}
