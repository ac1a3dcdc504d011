package booking

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// DeliveryState says what has become of a delivery: waiting → sending → sent | failed | cancelled |
// expired.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryWaiting   DeliveryState = "waiting"
	DeliverySending   DeliveryState = "sending"
	DeliverySent      DeliveryState = "sent"
	DeliveryFailed    DeliveryState = "failed"    // for good; the desk sees it
	DeliveryCancelled DeliveryState = "cancelled" // no longer true, or no longer wanted
	DeliveryExpired   DeliveryState = "expired"   // its end came first
)

// Reasons of states. The desk reads those of failures as sentences.
const (
	WhyNoAddress      = "no_address"    // the person has no e-mail address
	WhyUndeliverable  = "undeliverable" // the mail server refused the address for good
	WhyRefused        = "refused"       // the mail server or the push service refused the message for good
	WhyGone           = "gone"          // the device has ended its subscription
	whyWithdrawn      = "withdrawn"
	whyAnswered       = "answered"
	whyUnwanted       = "unwanted"
	whyPersonGone     = "person_gone"
	whySuperseded     = "superseded"      // a newer notice tells it, or told it
	whyNothingChanged = "nothing_changed" // it was taken back before the person heard of it
	whyNothingLeft    = "nothing_left"    // nothing of the bundle is still true
)

// ErrDeliveryEnded is the error of [Engine.StartDelivery] for a delivery that must not be sent: it
// has ended, or ends now because its cause is no longer true.
var ErrDeliveryEnded = errors.New("the delivery has ended")

// Delivery is a message to one person by one channel, with its cause as it is now.
type Delivery struct {
	ID        int64
	Kind      NoticeKind
	Rule      NoticeRule
	Channel   Channel
	To        Recipient
	Address   string // where a mail goes
	Alert     *Alert // nil: the notice has no alert
	ClassID   int64  // 0: about no class
	BookingID int64
	Device    *PushDevice // nil: a mail
	Replaces  int64       // the delivery that is replaced, since its notice is no longer true; 0: none
	Details   json.RawMessage
	FromAt    time.Time // a bundle covers what happened from this instant on
	ToAt      time.Time // and, if it is a receipt, before this one
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	Tries     int       // with this one
	Studio    *Studio
	Now       time.Time // of the database

	state  DeliveryState
	starts time.Time
}

// PushDevice is a browser that shows messages of a person (RFC 8030, RFC 8291).
type PushDevice struct {
	ID           int64
	Endpoint     string
	P256dh, Auth []byte
	Name         string
	Language     string
	SeenAt       time.Time
}

const deliverySQL = `
	select d.id, d.kind, d.channel, d.state, coalesce(nullif(d.address, ''), p.email, p.shared_email, ''),
		coalesce(d.alert_id, 0), coalesce(d.class_id, 0), coalesce(d.booking_id, 0), coalesce(d.replaces, 0),
		d.details, d.from_at, d.created_at, d.expires_at, d.tries,
		d.device_id is not null,
		p.id, p.role, p.state, p.given_name, trim(p.given_name || ' ' || p.family_name), coalesce(p.email, p.shared_email, ''),
		p.email is null and p.shared_email is not null, p.email_failed_at is not null, p.language, p.quiet_from, p.quiet_until,
		coalesce((select jsonb_object_agg(x.category || '/' || x.channel, x.wanted) from preference x where x.person_id = p.id), '{}'),
		c.starts_at, clock_timestamp(),
		coalesce(v.id, 0), coalesce(v.endpoint, ''), coalesce(v.p256dh, ''), coalesce(v.auth, ''), coalesce(v.name, ''),
		coalesce(v.language, ''), v.seen_at
	from delivery d
	join person p on p.id = d.person_id
	left join class c on c.id = d.class_id
	left join push_device v on v.id = d.device_id
	where d.id = $1`

func scanDelivery(row pgx.Row) (d Delivery, alertID int64, err error) {
	var chosen map[string]bool
	var hasDevice bool
	var v PushDevice
	err = row.Scan(&d.ID, &d.Kind, &d.Channel, &d.state, &d.Address, &alertID, &d.ClassID,
		&d.BookingID, &d.Replaces, &d.Details, at{&d.FromAt}, &d.CreatedAt, at{&d.ExpiresAt}, &d.Tries, &hasDevice,
		&d.To.ID, &d.To.Role, &d.To.State, &d.To.GivenName, &d.To.Name, &d.To.Email,
		&d.To.SharesEmail, &d.To.EmailFailed, &d.To.Language, &d.To.quietFrom, &d.To.quietUntil,
		&chosen, at{&d.starts}, &d.Now,
		&v.ID, &v.Endpoint, &v.P256dh, &v.Auth, &v.Name, &v.Language, at{&v.SeenAt})
	if hasDevice {
		d.Device = &v
	}
	d.To.choose(chosen)
	d.Rule, _ = d.Kind.Rule()
	return d, alertID, err
}

// StartDelivery reads a delivery and its cause again, and marks it as being sent. It returns
// ErrDeliveryEnded if there is nothing to send, and ends the delivery if that is new. hold is an
// instant before which it must not be sent, because of the night rest; zero: now.
func (e *Engine) StartDelivery(ctx context.Context, id int64) (d Delivery, hold time.Time, err error) {
	studio, err := e.Studio(ctx)
	if err != nil {
		return d, hold, err
	}
	if d, err = readDelivery(ctx, e.recordPool, &studio, id); err != nil {
		return d, hold, err
	}
	state, why, err := verdict(ctx, e.recordPool, &d)
	if err != nil {
		return d, hold, err
	}
	if state != "" {
		return d, hold, errors.Join(ErrDeliveryEnded, e.EndDelivery(ctx, id, state, why))
	}
	if until := d.heldUntil(); until.After(d.Now) {
		return d, until, nil
	}
	if err := e.markSending(ctx, &d); err != nil {
		return d, hold, err
	}
	if d.Kind.isBundle() {
		cause, err := e.MailCause(ctx, d)
		if err != nil {
			return d, hold, err
		}
		if !cause.hasSomethingLeft() {
			return d, hold, errors.Join(ErrDeliveryEnded, e.EndDelivery(ctx, id, DeliveryCancelled, whyNothingLeft))
		}
	}
	return d, hold, nil
}

// markSending marks a delivery as being sent. It notes what the message tells: the version of the
// class that the alert was read with, and the end of the stretch that a receipt covers. The
// position of the relay is read by a statement after the one that locks the receipt: see
// receipt.go.
func (e *Engine) markSending(ctx context.Context, d *Delivery) error {
	details := map[string]any{}
	if d.Alert != nil && slices.Contains(classNotices, d.Alert.Kind) {
		details["told_v"] = d.Alert.Class.Version
	}
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			update delivery set state = 'sending', tries = tries + 1, details = details || $2
			where id = $1 and state in ('waiting', 'sending') returning tries`, d.ID, details).Scan(&d.Tries)
		switch {
		case errors.Is(err, pgx.ErrNoRows): // ended since it was read
			return ErrDeliveryEnded
		case err != nil || d.Kind != NoticeReceipt:
			return err
		}
		return tx.QueryRow(ctx, `
			update delivery set to_at = coalesce(to_at, (select at from relay_position where name = 'news')) where id = $1
			returning from_at, to_at`, d.ID).Scan(&d.FromAt, &d.ToAt)
	})
	if errors.Is(err, ErrDeliveryEnded) {
		return ErrDeliveryEnded
	}
	return during("starting a delivery", err)
}

// readDelivery reads a delivery that has not ended, with its cause. It returns ErrDeliveryEnded for
// another one.
func readDelivery(ctx context.Context, db readFrom, studio *Studio, id int64) (d Delivery, err error) {
	d, alertID, err := scanDelivery(db.QueryRow(ctx, deliverySQL, id))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return d, ErrDeliveryEnded
	case err != nil:
		return d, during("reading a delivery", err)
	case d.state != DeliveryWaiting && d.state != DeliverySending:
		return d, ErrDeliveryEnded
	}
	d.Studio = studio
	if alertID != 0 {
		rows, _ := db.Query(ctx, alertSQL+` where a.id = $1`, alertID)
		alert, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Alert, error) {
			_, a, err := scanAlert(row)
			return a, err
		})
		if err != nil {
			return d, during("reading the alert of a delivery", err)
		}
		d.Alert = &alert
	}
	return d, nil
}

// heldUntil is the instant before which the delivery must not be sent, because of the night rest;
// zero: now.
func (d *Delivery) heldUntil() time.Time {
	if d.Rule.Restless || d.Replaces != 0 {
		return time.Time{}
	}
	return d.To.rest(d.Studio).HoldUntil(d.Now, d.starts, d.Studio.Zone)
}

// verdict says how a delivery ends that must not be sent; an empty state: send it.
func verdict(ctx context.Context, db readFrom, d *Delivery) (state DeliveryState, why string, err error) {
	switch {
	case d.To.State == PersonErased, d.To.State == PersonSuspended && d.Rule.Mail != MailMandatory:
		return DeliveryCancelled, whyPersonGone, nil
	case !d.ExpiresAt.IsZero() && !d.Now.Before(d.ExpiresAt):
		return DeliveryExpired, "", nil
	case d.Channel == ChannelPush && d.Device == nil:
		return DeliveryCancelled, WhyGone, nil
	case d.Replaces != 0:
		return "", "", nil
	case d.Alert != nil && d.Alert.Stale:
		return DeliveryCancelled, whyWithdrawn, nil
	case d.Alert != nil && d.Alert.Dismissed && d.Rule.Mail != MailMandatory:
		return DeliveryCancelled, whyAnswered, nil
	case d.Kind != NoticeMorning && !d.To.wants(d.Rule.Category, d.Channel): // a morning's alerts have categories of their own
		return DeliveryCancelled, whyUnwanted, nil
	case d.Channel == ChannelMail && d.Address == "" && d.Kind.isBundle():
		return DeliveryCancelled, WhyNoAddress, nil // nothing that somebody must hear
	case d.Channel == ChannelMail && d.Address == "":
		return DeliveryFailed, WhyNoAddress, nil
	case d.Channel == ChannelMail && d.To.EmailFailed && d.Address == d.To.Email:
		return DeliveryFailed, WhyUndeliverable, nil
	}
	switch {
	case d.Alert != nil:
		why, err = untrueNow(ctx, db, d, d.Alert)
	case d.Kind == NoticeFreeUntil || d.Kind == NoticeReminder:
		why, err = remindNow(ctx, db, d)
	}
	if why != "" {
		return DeliveryCancelled, why, err
	}
	return "", "", err
}

// EndDelivery records what has become of a delivery. One that has ended keeps its state. If it was not
// sent, the others of which its message would have told get messages of their own.
func (e *Engine) EndDelivery(ctx context.Context, id int64, state DeliveryState, why string) error {
	_, err := e.recordPool.Exec(ctx, `
		with ended as (
			update delivery set state = $2, why = $3, ended_at = clock_timestamp()
			where id = $1 and state in ('waiting', 'sending') returning id)
		update delivery p set state = 'waiting', ended_at = null, part_of = null, queued = false
		from ended where p.part_of = ended.id and $2 <> 'sent'`, id, state, why)
	return during("ending a delivery", err)
}

// RefuseAddress records that the mail server refused the person's address for good. Nothing is sent to it
// until the person has another one.
func (e *Engine) RefuseAddress(ctx context.Context, personID int64, email string) error {
	_, err := e.recordPool.Exec(ctx, `
		update person set email_failed_at = coalesce(email_failed_at, clock_timestamp())
		where id = $1 and coalesce(email, shared_email) = $2`, personID, email)
	return during("marking an address as undeliverable", err)
}

// ForgetDevice deletes a device whose subscription has ended (RFC 8030, 404 or 410).
func (e *Engine) ForgetDevice(ctx context.Context, id int64) error {
	_, err := e.recordPool.Exec(ctx, `delete from push_device where id = $1`, id)
	return during("forgetting a device", err)
}

// ReportChannel records whether a channel works. why is empty after a success; else it says what
// failed, in words for operators.
func (e *Engine) ReportChannel(ctx context.Context, c Channel, why string) error {
	_, err := e.recordPool.Exec(ctx, `
		insert into channel_health as h (channel, failing_since, why, worked_at)
		values ($1, case when $2 <> '' then clock_timestamp() end, $2, case when $2 = '' then clock_timestamp() end)
		on conflict (channel) do update set
			failing_since = case when $2 <> '' then coalesce(h.failing_since, clock_timestamp()) end, why = $2,
			worked_at = coalesce(excluded.worked_at, h.worked_at)`, c, why)
	return during("recording the state of a channel", err)
}

// ChannelHealth is the state of a channel for staff and operators.
type ChannelHealth struct {
	Channel      Channel
	Waiting      int       // deliveries that are due and not sent
	OldestDue    time.Time // since when the oldest of them is due; zero: none is
	FailingSince time.Time // zero: it works, or was not used yet
	Why          string    // what fails, for operators
	ReadAt       time.Time
}

// ChannelHealth returns the state of both channels, mail first.
func (rd *Reader) ChannelHealth(ctx context.Context) ([]ChannelHealth, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select x.channel, coalesce(d.n, 0), d.oldest, h.failing_since, coalesce(h.why, ''), clock_timestamp()
		from (values (1, 'mail'), (2, 'push')) as x(position, channel)
		left join channel_health h on h.channel = x.channel
		left join lateral (
			select count(*) as n, min(due_at) as oldest from delivery
			where channel = x.channel and state in ('waiting', 'sending') and due_at <= (select clock_timestamp())
				and (expires_at is null or expires_at > (select clock_timestamp()))) d on true
		order by x.position`)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h ChannelHealth, err error) {
		err = row.Scan(&h.Channel, &h.Waiting, at{&h.OldestDue}, at{&h.FailingSince}, &h.Why, &h.ReadAt)
		return h, err
	})
	return list, during("reading the state of the channels", err)
}

// deliveriesKept is how long the record of a delivery is kept after its end.
const deliveriesKept = 90 * 24 * time.Hour

// sweepDeliveries ends deliveries whose end came while their channel did not work, and deletes the
// records of old deliveries and the links in mails that have ended.
func (e *Engine) sweepDeliveries(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`
		update delivery set state = 'expired', ended_at = clock_timestamp()
		where state = 'waiting' and due_at <= (select clock_timestamp()) and expires_at < (select clock_timestamp())`)
	b.Queue(`
		delete from delivery where id in (
			select d.id from delivery d
			where d.ended_at < (select clock_timestamp()) - $1::interval and not exists (
				select from delivery r where r.replaces = d.id or r.part_of = d.id)
			order by d.id limit 10000)`, deliveriesKept)
	b.Queue(`delete from mail_link where expires_at < (select clock_timestamp())`)
	return during("deleting old deliveries", e.recordPool.SendBatch(ctx, b).Close())
}
