package booking

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The relay makes deliveries of notices after the commit, in transactions of its own: no booking
// waits for a queue, a mail server or a push service.

// QueuedDelivery is a delivery for which a job must be put into the queue.
type QueuedDelivery struct {
	ID      int64
	Channel Channel
	DueAt   time.Time
}

// relayMost is the most notices that one transaction of the relay handles.
const relayMost = 200

// relayLock is the advisory lock that one relay of all nodes holds. The others skip their turn.
const relayLock = 0x7465726d0001

// Relay decides once for each new notice by which channels it goes out, when and until when, and
// cancels the deliveries of notices that were withdrawn. It finds what people did since the last
// time, for their receipts, and what the time of day makes due. In the same transaction it calls
// enqueue with the deliveries that have no job yet. It returns the number of notices and deliveries
// that it handled; 0 means that nothing is left. A relay of another node makes it return 0.
func (e *Engine) Relay(ctx context.Context, enqueue func(context.Context, pgx.Tx, []QueuedDelivery) error) (n int, err error) {
	studio, err := e.Studio(ctx)
	if err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock($1)`, int64(relayLock)).Scan(&mine); err != nil || !mine {
			return err
		}
		for _, relay := range []func(context.Context, pgx.Tx, *Studio) (int, error){relayAlerts, relayNews, relayPlanned} {
			found, err := relay(ctx, tx, &studio)
			if err != nil {
				return err
			}
			n += found
		}
		if err := failUnreachable(ctx, tx); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `update delivery set queued = true
			where id in (select id from delivery where not queued order by id limit $1)
			returning id, channel, due_at`, 5*relayMost)
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[QueuedDelivery])
		if err != nil || len(list) == 0 {
			return err
		}
		n += len(list)
		return enqueue(ctx, tx, list)
	})
	return n, during("relaying notices", err)
}

// Noticed returns a channel that has a value soon after this node committed something for the
// relay. Other nodes' notices, and those of a node that died, are found by calling Relay every
// second.
func (e *Engine) Noticed() <-chan struct{} { return e.noticed }

func (e *Engine) wakeRelay() {
	select {
	case e.noticed <- struct{}{}:
	default:
	}
}

// notice is an alert with everything on which its channels depend.
type notice struct {
	alertID    int64
	kind       NoticeKind
	withdrawn  bool
	person     Recipient
	classID    int64
	startsAt   time.Time // zero: about no class
	offerEnds  time.Time // zero: about no offer
	creditsEnd time.Time // zero: about no credits
	createdAt  time.Time
	devices    []int64
	readAt     time.Time
}

// A device that the relay has read stays until its deliveries are made.
const noticeSQL = `
	select ` + recipientColumns + `, a.id, a.kind, a.withdrawn_at is not null, a.class_id, c.starts_at, o.expires_at, g.expires_at,
		a.created_at, ` + devicesSQL + `, clock_timestamp()
	from (select * from alert where relay order by id limit $1) a
	join person p on p.id = a.person_id
	left join class c on c.id = a.class_id
	left join offer o on o.id = a.offer_id
	left join account g on g.id = a.account_id
	order by a.id`

func relayAlerts(ctx context.Context, tx pgx.Tx, studio *Studio) (int, error) {
	rows, _ := tx.Query(ctx, noticeSQL, relayMost)
	list, err := pgx.CollectRows(rows, scanNotice)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	b := &pgx.Batch{}
	for _, n := range list {
		if n.withdrawn {
			b.Queue(cancelWithdrawnSQL, n.alertID)
			b.Queue(replaceShownSQL, n.alertID)
		} else {
			for _, d := range n.deliveries(studio) {
				d.queue(b)
			}
		}
		// A withdrawal between the reading and this statement leaves the notice for the next turn.
		b.Queue(`update alert set relay = false where id = $1 and (withdrawn_at is not null) = $2`, n.alertID, n.withdrawn)
	}
	return len(list), tx.SendBatch(ctx, b).Close()
}

const (
	cancelWithdrawnSQL = `
		update delivery set state = 'cancelled', why = 'withdrawn', ended_at = clock_timestamp()
		where alert_id = $1 and state = 'waiting' and replaces is null`

	// A second message replaces the one that a device shows and that is no longer true (RFC 8030, Topic),
	// as long as the push service or the device may still show it.
	replaceShownSQL = `
		insert into delivery (key, kind, channel, person_id, alert_id, class_id, device_id, replaces, due_at, expires_at)
		select distinct on (d.device_id) 'replaces ' || d.id, d.kind, 'push', d.person_id, d.alert_id, d.class_id, d.device_id,
			d.id, clock_timestamp(), d.expires_at
		from delivery d
		where d.alert_id = $1 and d.channel = 'push' and d.state in ('sent', 'sending') and d.replaces is null
			and d.device_id is not null and d.part_of is null and d.expires_at > (select clock_timestamp())
		order by d.device_id, d.id
		on conflict do nothing`
)

func scanNotice(row pgx.CollectableRow) (n notice, err error) {
	var classID *int64
	err = scanRecipient(row, &n.person, &n.alertID, &n.kind, &n.withdrawn, &classID, at{&n.startsAt}, at{&n.offerEnds}, at{&n.creditsEnd},
		&n.createdAt, &n.devices, &n.readAt)
	if classID != nil {
		n.classID = *classID
	}
	return n, err
}

// deliveries is the ladder: the page always has the notice, then come the devices, then mail.
func (n notice) deliveries(studio *Studio) (list []newDelivery) {
	rule, ok := n.kind.Rule()
	if !ok || n.person.State == PersonErased {
		return nil
	}
	due := n.createdAt
	if rule.Settles && (n.startsAt.IsZero() || n.startsAt.Sub(n.createdAt) > nearby) {
		due = due.Add(SettleTime)
	}
	if !rule.Restless {
		due = n.person.rest(studio).HoldUntil(due, n.startsAt, studio.Zone)
	}
	d := newDelivery{
		key: fmt.Sprintf("alert %d", n.alertID), kind: n.kind, personID: n.person.ID, alertID: n.alertID, classID: n.classID,
		due: due, expires: n.end(rule),
	}
	if !d.expires.After(n.readAt) {
		return nil
	}
	if n.pushes(rule) {
		list = d.pushes(n.devices)
		if n.endsSoon() {
			last := d
			last.kind, last.due, last.key = NoticeOfferEnds, n.offerEnds.Add(-lastCall), d.key+" ends"
			list = append(list, last.pushes(n.devices)...)
		}
	}
	switch {
	case !n.person.wants(rule.Category, ChannelMail) || rule.Mail == MailNever:
		return list
	case rule.Mail == MailBundle && n.person.Email == "":
		return list // nothing that somebody must hear
	case rule.Mail == MailBundle:
		return append(list, n.morning(studio))
	case rule.Mail == MailAlert && len(list) > 0:
		d.due = d.due.Add(AnswerTime)
	}
	return append(list, d.mail())
}

// pushes reports whether devices are woken for the notice.
func (n notice) pushes(rule NoticeRule) bool {
	switch {
	case rule.Push == UrgencyNone || n.person.Role == RoleGuest || !n.person.wants(rule.Category, ChannelPush):
		return false
	case rule.Soon && rule.Push == UrgencyLow:
		return n.startsAt.Sub(n.createdAt) < 24*time.Hour
	}
	return true
}

// lastCall is how long before its end a person is reminded of an offer; offers that were shorter than
// longOffer end without it.
const (
	lastCall  = 10 * time.Minute
	longOffer = 30 * time.Minute
)

// endsSoon reports whether the person is told once more before the offer ends.
func (n notice) endsSoon() bool {
	return n.kind == NoticeKind(AlertSeatOffered) && n.offerEnds.Sub(n.createdAt) >= longOffer
}

// end is the instant after which the notice is not told any more.
func (n notice) end(rule NoticeRule) time.Time {
	switch {
	case rule.End == EndOffer && !n.offerEnds.IsZero():
		return n.offerEnds
	case rule.End == EndStart && !n.startsAt.IsZero():
		return n.startsAt
	case rule.End == EndCredits && !n.creditsEnd.IsZero():
		return n.creditsEnd
	}
	return n.createdAt.AddDate(0, 0, 7)
}

// newDelivery is a delivery that the relay or an operation adds.
type newDelivery struct {
	key                                             string // of the cause and the channel; a second one with it is not added
	kind                                            NoticeKind
	channel                                         Channel
	personID, alertID, classID, bookingID, deviceID int64
	address                                         string
	details                                         map[string]any
	from, due, expires                              time.Time // from: of a bundle
}

// pushes returns the delivery for each device. Its key becomes the key of the device.
func (d newDelivery) pushes(devices []int64) []newDelivery {
	return column(devices, func(id int64) newDelivery {
		push := d
		push.channel, push.deviceID, push.key = ChannelPush, id, fmt.Sprintf("%s push %d", d.key, id)
		return push
	})
}

// mail returns the delivery by mail.
func (d newDelivery) mail() newDelivery {
	d.channel, d.key = ChannelMail, d.key+" mail"
	return d
}

// insertDeliverySQL adds nothing if the key exists, or if a bundle of the person waits already.
// That bundle covers the new causes, too. It is locked, so that it cannot be sent without what
// this transaction has read.
const (
	insertDeliverySQL = `
		insert into delivery (
			key, kind, channel, person_id, alert_id, class_id, booking_id, device_id, address, details, from_at, due_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		on conflict `
	keyExistsSQL   = `(key) do nothing`
	bundleWaitsSQL = `(person_id, kind) where state = 'waiting' and kind in ('receipt', 'morning', 'digest') do update set
			from_at = least(delivery.from_at, excluded.from_at),
			details = case when excluded.details ? 'alerts'
				then jsonb_build_object('alerts', (delivery.details->'alerts') || (excluded.details->'alerts'))
				else excluded.details end`
)

func (d newDelivery) queue(b *pgx.Batch) {
	conflict := keyExistsSQL
	if !d.from.IsZero() {
		conflict = bundleWaitsSQL
	}
	details := d.details
	if details == nil {
		details = map[string]any{}
	}
	b.Queue(insertDeliverySQL+conflict, d.key, d.kind, d.channel, d.personID, idOrNil(d.alertID), idOrNil(d.classID), idOrNil(d.bookingID),
		idOrNil(d.deviceID), d.address, details, orNil(d.from), d.due, orNil(d.expires))
}

// Recipient is the person who gets a delivery.
type Recipient struct {
	ID          int64
	Role        Role
	State       PersonState
	GivenName   string
	Name        string
	Email       string // where mails go, also if the address is shared (rule 34)
	SharesEmail bool   // the address is somebody else's account, so mails say for whom they are
	EmailFailed bool   // the mail server refused the address for good
	Language    string // empty: the studio's

	quietFrom, quietUntil *int
	chosen                map[Choice]bool
}

// recipientColumns are columns of person p; see scanRecipient. devicesSQL are the ids of the devices.
const (
	recipientColumns = `
		p.id, p.role, p.state, coalesce(p.email, p.shared_email, ''), p.email_failed_at is not null, p.quiet_from, p.quiet_until,
		coalesce((select jsonb_object_agg(x.category || '/' || x.channel, x.wanted) from preference x where x.person_id = p.id), '{}')`
	devicesSQL = `array(select v.id from push_device v where v.person_id = p.id order by v.id for key share)`
)

// scanRecipient scans recipientColumns, then more columns into the destinations in more.
func scanRecipient(row pgx.CollectableRow, p *Recipient, more ...any) error {
	var chosen map[string]bool
	err := row.Scan(append([]any{&p.ID, &p.Role, &p.State, &p.Email, &p.EmailFailed, &p.quietFrom, &p.quietUntil, &chosen}, more...)...)
	p.choose(chosen)
	return err
}

// choose takes over preferences as the database aggregates them: "category/channel".
func (p *Recipient) choose(chosen map[string]bool) {
	p.chosen = map[Choice]bool{}
	for name, wanted := range chosen {
		category, channel, _ := strings.Cut(name, "/")
		p.chosen[Choice{Category(category), Channel(channel)}] = wanted
	}
}

func (p *Recipient) wants(category Category, channel Channel) bool {
	return Choice{category, channel}.wanted(p.chosen)
}

// rest is the person's own hours without messages, or those of the studio.
func (p *Recipient) rest(studio *Studio) Rest {
	if p.quietFrom == nil || p.quietUntil == nil {
		return studio.Night
	}
	return Rest{On: *p.quietFrom != *p.quietUntil, From: *p.quietFrom, Until: *p.quietUntil}
}
