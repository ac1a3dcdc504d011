package booking

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Bounds of push devices. A browser that was not seen for pushDeviceIdle has been given up.
const (
	PushDevicesMax  = 10   // of one person; beyond it the one that was unseen for longest goes
	PushEndpointMax = 2048 // characters
	pushDeviceIdle  = 90 * 24 * time.Hour
	pushSecretSize  = 16 // RFC 8291, section 3.2
)

// PushKey is the key pair with which push services know this installation (RFC 8292). All nodes have
// the same, and it stays: with another one all subscriptions would end.
func (e *Engine) PushKey() *ecdh.PrivateKey { return e.pushKey }

// openPushKey reads the key pair, and makes it at the first start. If two nodes make one at the same
// time, the one that was saved first counts.
func openPushKey(ctx context.Context, db row) (*ecdh.PrivateKey, error) {
	var text string
	err := db.QueryRow(ctx, `select push_key from studio`).Scan(&text)
	if err == nil && text == "" {
		fresh, failed := ecdh.P256().GenerateKey(rand.Reader)
		if failed != nil {
			return nil, during("making the key for push services", failed)
		}
		err = db.QueryRow(ctx, `update studio set push_key = case push_key when '' then $1 else push_key end returning push_key`,
			base64.RawURLEncoding.EncodeToString(fresh.Bytes())).Scan(&text)
	}
	if err != nil {
		return nil, during("reading the key for push services", err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, during("reading the key for push services", err)
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	return key, during("reading the key for push services", err)
}

// PushSubscription is what a browser says about itself when the person allows messages (RFC 8030,
// RFC 8291).
type PushSubscription struct {
	Endpoint string // https, port 443, at most PushEndpointMax characters
	P256dh   []byte // an uncompressed point of the curve P-256
	Auth     []byte // 16 bytes
	Name     string // as the browser names itself
	Language string // of the page: de or en; empty: not known
}

// check returns an Invalid error that names every wrong field. Whether the host is a public one is
// checked when a message is sent, since the address of a name may change.
func (s *PushSubscription) check(private []netip.Prefix) error {
	var f Faults
	f.Want(knownChoice(s.Language), "language", "choice")
	f.Want(validEndpoint(s.Endpoint, private), "endpoint", "unknown")
	_, err := ecdh.P256().NewPublicKey(s.P256dh)
	f.Want(err == nil, "p256dh", "unknown")
	f.Want(len(s.Auth) == pushSecretSize, "auth", "unknown")
	return f.Err()
}

// validEndpoint reports whether a push service may have the address: https and port 443, or any in
// the private networks of tests.
func validEndpoint(endpoint string, private []netip.Prefix) bool {
	u, err := url.Parse(endpoint)
	if err == nil && len(endpoint) <= PushEndpointMax && plainText(endpoint, PushEndpointMax) {
		ip, err := netip.ParseAddr(u.Hostname())
		if err == nil && slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
		}
	}
	return err == nil && len(endpoint) <= PushEndpointMax && plainText(endpoint, PushEndpointMax) &&
		u.Scheme == "https" && u.Hostname() != "" && u.User == nil && (u.Port() == "" || u.Port() == "443")
}

// SubscribeDevice lets a browser show messages of the actor, until the session of this id ends. Repeating it
// notes that the device was seen, and takes over the keys and the endpoint if the browser has
// replaced them. The endpoint of another person moves to the actor and shows nothing more of that
// person. Refusals: Invalid, SignedOut.
func (e *Engine) SubscribeDevice(ctx context.Context, a Actor, session string, s PushSubscription) (id int64, err error) {
	if err := s.check(e.pushTo); err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		// Two tabs of a browser take turns, and the session does not end meanwhile.
		tag, err := tx.Exec(
			ctx,
			`select from session where token_hash = $1 and person_id = $2 for no key update`,
			sessionHash(session),
			a.ID,
		)
		if err == nil && tag.RowsAffected() == 0 {
			return refuse(SignedOut)
		}
		if err != nil {
			return err
		}
		// The device of the other person goes, so that the deliveries that wait for it go nowhere.
		if _, err := tx.Exec(ctx, `delete from push_device where endpoint = $1 and person_id <> $2`, s.Endpoint, a.ID); err != nil {
			return err
		}
		name := strings.ToValidUTF8(s.Name[:min(len(s.Name), 200)], "") // the cut may be within a character
		err = tx.QueryRow(ctx, `
			update push_device set
				session_hash = $2, endpoint = $3, p256dh = $4, auth = $5, name = $6, language = $7, seen_at = clock_timestamp()
			where id = (
				select id from push_device where person_id = $1
					and (endpoint = $3 or session_hash = $2) order by endpoint = $3 desc limit 1)
			returning id`, a.ID, sessionHash(session), s.Endpoint, s.P256dh, s.Auth, name, s.Language).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			err = tx.QueryRow(ctx, `
				insert into push_device (person_id, session_hash, endpoint, p256dh, auth, name, language) values ($1, $2, $3, $4,
					$5, $6, $7)
				returning id`, a.ID, sessionHash(session), s.Endpoint, s.P256dh, s.Auth, name, s.Language).Scan(&id)
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			delete from push_device where session_hash = $3 and id <> $4 or id in (
				select id from push_device where person_id = $1 order by seen_at desc, id desc offset $2)`,
			a.ID, PushDevicesMax, sessionHash(session), id)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" { // another session has subscribed the endpoint at the same moment
		err = refuse(Busy)
	}
	return id, refusalOr("saving a push device", err)
}

// OwnDevice is a push device in the list of its person.
type OwnDevice struct {
	ID        int64
	Name      string // as the browser names itself
	Session   string // id of its session
	CreatedAt time.Time
	SeenAt    time.Time
	State     DeliveryState // of its last message that was sent or failed; empty: none yet
	StateAt   time.Time
}

// PushDevices lists the push devices of the actor, the last seen first.
func (rd *Reader) PushDevices(ctx context.Context, a Actor) ([]OwnDevice, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select v.id, v.name, coalesce(encode(v.session_hash, 'hex'), ''), v.created_at, v.seen_at, coalesce(d.state, ''), d.ended_at
		from push_device v
		left join lateral (
			select state, ended_at from delivery
			where device_id = v.id and state in ('sent', 'failed') order by ended_at desc limit 1) d on true
		where v.person_id = $1
		order by v.seen_at desc, v.id desc`, a.ID)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d OwnDevice, err error) {
		err = row.Scan(&d.ID, &d.Name, &d.Session, &d.CreatedAt, &d.SeenAt, &d.State, at{&d.StateAt})
		return d, err
	})
	return list, during("reading the push devices of a person", err)
}

// RemoveDevice ends the messages on a device of the actor. Refusal: NotFound.
func (e *Engine) RemoveDevice(ctx context.Context, a Actor, id int64) error {
	tag, err := e.recordPool.Exec(ctx, `delete from push_device where id = $1 and person_id = $2`, id, a.ID)
	if err == nil && tag.RowsAffected() == 0 {
		return refuse(NotFound)
	}
	return during("removing a push device", err)
}

// testTime is how long a test message is worth showing: the person is waiting for it.
const testTime = 5 * time.Minute

// TestDevice sends a test message to a device of the actor and returns the id of the delivery. Refusal:
// NotFound.
func (e *Engine) TestDevice(ctx context.Context, a Actor, deviceID int64) (deliveryID int64, err error) {
	err = e.recordPool.QueryRow(ctx, `
		insert into delivery (key, kind, channel, person_id, device_id, due_at, expires_at)
		select 'test ' || gen_random_uuid(), $3, 'push', person_id, id, now, now + $4
		from push_device, clock_timestamp() as now where id = $1 and person_id = $2
		returning id`, deviceID, a.ID, NoticeTest, testTime).Scan(&deliveryID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse(NotFound)
	}
	if err != nil {
		return 0, during("adding a test message", err)
	}
	e.wakeRelay()
	return deliveryID, nil
}

// endLook is how often AwaitDelivery looks. Any node may send the delivery, so there is nothing to
// wait for on this one.
const endLook = 100 * time.Millisecond

// AwaitDelivery waits until a delivery has ended, at most until ctx ends, and returns its state.
func (e *Engine) AwaitDelivery(ctx context.Context, id int64) (state DeliveryState, why string, err error) {
	look := time.NewTicker(endLook)
	defer look.Stop()
	for {
		err := e.recordPool.QueryRow(ctx, `select state, why from delivery where id = $1`, id).Scan(&state, &why)
		if ctx.Err() != nil {
			return state, why, nil
		}
		if err != nil || state != DeliveryWaiting && state != DeliverySending {
			return state, why, during("waiting for the end of a delivery", err)
		}
		select {
		case <-ctx.Done():
			return state, why, nil
		case <-look.C:
		}
	}
}
