package booking

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Links in mails do something once: they set a password or confirm an address. The worker makes
// the secret of a link when it composes the mail, so that the secret is in the mail and nowhere
// else. Opening a link changes nothing, since programs that check mails open every link.

// How long links are valid, from the making of the mail on.
const (
	resetLife   = 30 * time.Minute
	addressLife = 24 * time.Hour
)

// linkMailsPerHour is how many mails with a link of one kind a person gets in an hour.
const linkMailsPerHour = 3

// linkKinds are the notices whose mail has a secret link.
var linkKinds = []NoticeKind{NoticeReset, NoticeAddress, NoticeInvitation, NoticeRegistration}

// endMailLinksSQL voids links of these kinds of a person, and the mails that would bring further
// ones. The person must be locked: MailLink makes no link for a delivery that has ended.
const endMailLinksSQL = `
	with links as (delete from mail_link where person_id = $1 and kind = any($2)),
		invitations as (delete from invitation where person_id = $1 and 'invitation' = any($2))
	update delivery set state = 'cancelled', why = 'withdrawn', ended_at = clock_timestamp()
	where person_id = $1 and kind = any($2) and state in ('waiting', 'sending')`

func endMailLinks(ctx context.Context, tx pgx.Tx, personID int64, kinds ...NoticeKind) error {
	_, err := tx.Exec(ctx, endMailLinksSQL, personID, kinds)
	return during("voiding the links of a person", err)
}

// MailLink makes the secret of the link in the mail of a delivery that was started: 256 bits for a
// reset (valid for 30 minutes), for another address and for a registration (24 hours), and the code of an invitation
// (14 days). The database keeps its hash only. A mail that is composed again gets another secret,
// and the former one stays valid, since the former mail may have arrived. MailLink returns
// ErrDeliveryEnded, and ends the delivery, if the link would open nothing: a later request has
// replaced it, the account has ended, or the person who invited may not do so any more.
func (e *Engine) MailLink(ctx context.Context, d Delivery) (token string, err error) {
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var role Role
		err := tx.QueryRow(ctx, `select role from person where id = $1 and state = 'active' for no key update`, d.To.ID).Scan(&role)
		if err != nil {
			return err
		}
		var details json.RawMessage // read under the lock: whatever ends the link ends the delivery
		err = tx.QueryRow(ctx, `select details from delivery where id = $1 and state = 'sending'`, d.ID).Scan(&details)
		if err != nil {
			return err
		}
		if d.Kind == NoticeInvitation {
			token, err = linkInvitation(ctx, tx, d.To.ID, role, details)
			return err
		}
		raw := make([]byte, 32)
		if _, err := rand.Read(raw); err != nil {
			return err
		}
		token = base64.RawURLEncoding.EncodeToString(raw)
		email, life := "", resetLife
		switch d.Kind {
		case NoticeAddress:
			email, life = d.Address, addressLife
		case NoticeRegistration:
			life = registrationLife
		}
		_, err = tx.Exec(ctx, `
			insert into mail_link (token_hash, kind, person_id, email, expires_at)
			values ($1, $2, $3, $4, clock_timestamp() + $5)`, tokenHash(token), d.Kind, d.To.ID, email, life)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errors.Join(ErrDeliveryEnded, e.EndDelivery(ctx, d.ID, DeliveryCancelled, whyWithdrawn))
	}
	return token, during("making the link of a mail", err)
}

// linkInvitation makes a further code for the person whom the delivery invites. It returns
// pgx.ErrNoRows if the person who invited may not do so any more.
func linkInvitation(ctx context.Context, tx pgx.Tx, personID int64, invited Role, details json.RawMessage) (code string, err error) {
	var by struct {
		Maker int64 `json:"by"`
	}
	if err := json.Unmarshal(details, &by); err != nil {
		return "", during("reading who invited", err)
	}
	var maker Role
	if err := tx.QueryRow(ctx, `select role from person where id = $1 and state = 'active'`, by.Maker).Scan(&maker); err != nil {
		return "", err
	}
	if !maker.mayInvite(invited) {
		return "", pgx.ErrNoRows
	}
	in, err := insertInvitation(ctx, tx, personID, by.Maker)
	return in.Code, err
}

// OpenedLink is what the page of a link shows before it does anything.
type OpenedLink struct {
	Email string // reset: of the account; address: the new one
}

// OpenLink reads the link of a mail without using it, any number of times. Refusal: LinkGone, if
// it was used, is too old or was never made.
func (rd *Reader) OpenLink(ctx context.Context, kind NoticeKind, token string) (o OpenedLink, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select coalesce(nullif(l.email, ''), p.email, '') from mail_link l join person p on p.id = l.person_id
		where l.token_hash = $1 and l.kind = $2 and l.expires_at > (select clock_timestamp()) and p.state = 'active'`,
		tokenHash(token), kind).Scan(&o.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, refuse(LinkGone)
	}
	return o, during("reading the link of a mail", err)
}

// linkOwner returns the active person of a link that is still valid. It counts wrong links per
// address, like wrong codes. Refusals: LinkGone, Throttled.
func (e *Engine) linkOwner(ctx context.Context, kind NoticeKind, token, address string) (account, error) {
	tries := []try{{subject: "codes from " + address, limit: codeTries}}
	if err := e.takeTries(ctx, tries); err != nil {
		return account{}, err
	}
	acc, err := e.readAccount(ctx, `state = 'active' and id = (
		select person_id from mail_link where token_hash = $1 and kind = '`+string(kind)+`' and expires_at > (select clock_timestamp()))`,
		tokenHash(token))
	if err != nil {
		return acc, err
	}
	if acc.id == 0 {
		e.log.InfoContext(ctx, "link refused", "kind", kind, "address", address)
		return acc, refuse(LinkGone)
	}
	return acc, e.giveBack(ctx, tries, true)
}

// useLink takes the link away from its person, who must be locked, and returns the address in it.
// Refusal: LinkGone.
func useLink(ctx context.Context, tx pgx.Tx, kind NoticeKind, token string, personID int64) (email string, err error) {
	err = tx.QueryRow(ctx, `
		delete from mail_link where token_hash = $1 and kind = $2 and person_id = $3 and expires_at > (select clock_timestamp())
		returning email`, tokenHash(token), kind, personID).Scan(&email)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse(LinkGone)
	}
	return email, err
}

// linkMail is the delivery of a mail with a secret link. It is not told after the life of the link.
func linkMail(kind NoticeKind, personID int64, now time.Time, life time.Duration) newDelivery {
	return newDelivery{
		key: string(kind) + " " + uuid.NewString(), kind: kind, channel: ChannelMail, personID: personID,
		due: now, expires: now.Add(life),
	}
}

// manyLinkMails reports whether the person, who must be locked, was sent as many mails with a link
// of the kind within an hour as anybody gets.
func manyLinkMails(ctx context.Context, tx pgx.Tx, kind NoticeKind, personID int64) (many bool, err error) {
	err = tx.QueryRow(ctx, `
		select count(*) >= $3 from delivery
		where person_id = $1 and kind = $2 and created_at > (select clock_timestamp()) - interval '1 hour'`,
		personID, kind, linkMailsPerHour).Scan(&many)
	return many, during("counting the mails to a person", err)
}

// insertDelivery adds a delivery in a transaction outside of the relay, which puts it into the
// queue after the commit.
func insertDelivery(ctx context.Context, tx pgx.Tx, d newDelivery) error {
	b := &pgx.Batch{}
	d.queue(b)
	return during("adding a delivery", tx.SendBatch(ctx, b).Close())
}
