package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// MailCause is the cause of a delivery as it is now, with everything that a mail tells about it.
// Fields that do not belong to the kind of the delivery are zero.
type MailCause struct {
	Class    *Class            // with the names of location, room and instructors; nil: about no class
	Booking  *Booking          // of the person; nil: about no booking
	Reason   map[string]string // of a cancellation by staff, by language; nil: none
	Note     string            // of the studio, about a cancelled class
	Refunded int               // credits that went back with the end of Booking
	Balance  int               // credits of all types that have not expired
	Was      time.Time         // the start of the class as the person was told last; zero: it is the present one
	Changed  []string          // since then: location, room, instructor
	Receipt  *Receipt          // kind receipt
	Morning  []Alert           // kind morning: oldest first
	Digest   []DigestClass     // kinds digest and teaching: by start
	Link     string            // secret link of an invitation, a reset, an address or a registration; set at rendering
	Code     string            // short code of a registration, set at rendering
	CodeEnds time.Time         // of Code
	Waiting  int               // people who wait for a seat in Class
}

// DigestClass is a class in a message to the person who teaches it.
type DigestClass struct {
	Class Class
	What  TeachingChange // kind teaching; empty in a digest
}

// TeachingChange is a change of a class for the person who teaches it.
type TeachingChange string

// The changes.
const (
	TeachingAssigned  TeachingChange = "assigned"  // the person teaches the class now
	TeachingReplaced  TeachingChange = "replaced"  // somebody else teaches it now, or nobody
	TeachingCancelled TeachingChange = "cancelled" // the class does not take place
	TeachingRestored  TeachingChange = "restored"  // the cancelled class takes place after all
	TeachingFewer     TeachingChange = "fewer"     // a participant cancelled shortly before the start; on devices only
)

// bookingOfAlertSQL is the booking that an alert is about. An alert about a cancellation names
// none: its booking ended in the same version of the class.
const bookingOfAlertSQL = `
	select coalesce(a.booking_id, b.id)
	from alert a
	left join booking b on b.class_id = a.class_id and b.person_id = a.person_id and b.to_v = a.cause_v
	where a.id = $2`

// MailCause reads the cause of a delivery that [Engine.StartDelivery] returned.
func (e *Engine) MailCause(ctx context.Context, d Delivery) (m MailCause, err error) {
	b := &pgx.Batch{}
	b.Queue(readClassSQL+` where c.id = $1`, d.ClassID).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanClass)
		if len(list) > 0 {
			m.Class, m.Waiting = &list[0], list[0].Waiting
		}
		return err
	})
	var alertID int64
	if d.Alert != nil {
		alertID, m.Was, m.Changed = d.Alert.ID, d.Alert.Was, d.Alert.Changed
	}
	const which = ` where b.id = coalesce(nullif($1, 0), (` + bookingOfAlertSQL + `)) and b.person_id = $3`
	args := []any{d.BookingID, alertID, d.To.ID}
	b.Queue(`select `+bookingViewColumns+bookingViewJoins+which, args...).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Booking, error) { return scanBooking(row) })
		if len(list) > 0 {
			m.Booking, m.Reason, m.Refunded = &list[0], list[0].Reason, list[0].Refunded
		}
		return err
	})
	b.Queue(readBalanceSQL, d.To.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&m.Balance) })
	if d.Kind == NoticeKind(AlertClassCancelled) {
		b.Queue(`
			select coalesce((
				select details->>'note' from history where class_id = $1 and verb = 'cancel_class' order by id desc limit 1), '')`,
			d.ClassID).QueryRow(func(row pgx.Row) error { return row.Scan(&m.Note) })
	}
	if err := e.readPool.SendBatch(ctx, b).Close(); err != nil {
		return m, during("reading the cause of a delivery", err)
	}
	switch d.Kind {
	case NoticeReceipt:
		m.Receipt, err = e.receipt(ctx, d)
	case NoticeMorning:
		m.Morning, err = e.morningAlerts(ctx, d)
	case NoticeDigest:
		m.Digest, err = e.digest(ctx, d)
	case NoticeTeaching:
		m.Digest, err = e.teaching(ctx, d)
	}
	return m, err
}
