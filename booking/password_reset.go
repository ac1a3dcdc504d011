package booking

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// resetTries bounds how often one client may ask for a reset, for any addresses: each may send a
// mail to somebody.
var resetTries = tryLimit{free: 4 * freeTries, longest: 15 * time.Minute, daily: 40 * freeTries}

// resetsAtOnce is how many requests for a reset a node looks at, beside the responses.
// resetPatience limits each.
const (
	resetsAtOnce  = 100
	resetPatience = 10 * time.Second
)

// RequestReset sends a link that sets another password to the address, if an active member or
// member of staff signs in with it, at most three times an hour. The response tells nobody whether
// there is such an account: its work is the same for every address, and the account is looked for
// afterwards. address is that of the client. Refusals: Invalid, Throttled, Busy.
func (e *Engine) RequestReset(ctx context.Context, email, address string) error {
	email = normalEmail(email)
	var f Faults
	f.Want(email != "", "email", "missing")
	f.Want(validEmail(email), "email", "email")
	if err := f.Err(); err != nil {
		return err
	}
	if err := e.takeTries(ctx, []try{{subject: "resets from " + address, limit: resetTries}}); err != nil {
		return err
	}
	select {
	case e.resets <- struct{}{}:
	default:
		return refuse(Busy)
	}
	e.log.InfoContext(ctx, "reset asked", "address", address)
	if !e.background.start(func() {
		defer func() { <-e.resets }()
		e.mailReset(email)
	}) {
		<-e.resets
		return errClosed
	}
	return nil
}

// mailReset adds the mail with the link, which voids earlier ones.
func (e *Engine) mailReset(email string) {
	ctx, cancel := context.WithTimeout(context.Background(), resetPatience)
	defer cancel()
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var person int64
		var now time.Time
		err := tx.QueryRow(ctx, `
			select id, clock_timestamp() from person where lower(email) = any($1) and role <> 'guest' and state = 'active'
			for no key update`, emailSpellings(email)).Scan(&person, &now)
		if err != nil {
			return err
		}
		many, err := manyLinkMails(ctx, tx, NoticeReset, person)
		if err != nil || many {
			return err
		}
		if err := endMailLinks(ctx, tx, person, NoticeReset); err != nil {
			return err
		}
		return insertDelivery(ctx, tx, linkMail(NoticeReset, person, now, resetLife))
	})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		e.log.Error("a reset of a password could not be mailed", "err", err)
	}
	e.wakeRelay()
}

// ResetPassword sets the password of the person whose link it is, once. All sessions, devices,
// links and invitations of the person end, and the person is told. Nothing is hashed before the
// link is found. address is that of the client. Refusals: LinkGone, Throttled, Invalid, Busy.
func (e *Engine) ResetPassword(ctx context.Context, token, password, address string) error {
	acc, err := e.linkOwner(ctx, NoticeReset, token, address)
	if err != nil {
		return err
	}
	if err := e.checkNewPassword(ctx, acc, password); err != nil {
		return err
	}
	hash, err := e.hashPassword(ctx, acc, password, address)
	if err != nil {
		return err
	}
	var version int64
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			update person set password_hash = $2, password_by = $1, version = version + 1
			where id = $1 and state = 'active' returning version`, acc.id, hash).Scan(&version)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(LinkGone)
		}
		if err != nil {
			return err
		}
		if _, err := useLink(ctx, tx, NoticeReset, token, acc.id); err != nil {
			return err
		}
		return e.passwordSet(ctx, tx, acc.id, version, acc.hash != "")
	})
	if err != nil {
		return refusalOr("setting a password", err)
	}
	e.accountChanged(acc.id, version)
	e.log.InfoContext(ctx, "password set", "person", acc.id, "by", "reset", "address", address)
	return nil
}

// passwordSet ends what the former password opened, and records the new one. version is the new
// version of the person; told says that the person had a password and is told of the change.
func (e *Engine) passwordSet(ctx context.Context, tx pgx.Tx, personID, version int64, told bool) error {
	if _, err := tx.Exec(ctx, signOutSQL, personID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, forgetTriesSQL, personID); err != nil {
		return err
	}
	if err := endMailLinks(ctx, tx, personID, linkKinds...); err != nil {
		return err
	}
	if told {
		if _, err := e.insertAlert(ctx, tx, personID, version, AlertPasswordChanged, nil); err != nil {
			return err
		}
	}
	return insertHistory(ctx, tx, history{actorID: personID, verb: verbSetPassword, personID: personID})
}

// accountChanged announces a change of a person outside of operations.
func (e *Engine) accountChanged(personID, version int64) {
	e.sessions.forget(personID)
	e.onCommit([]Change{{Kind: PersonChange, ID: personID, Version: version}})
	e.wakeRelay()
}
