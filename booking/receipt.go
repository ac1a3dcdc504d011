package booking

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// A receipt tells a member by mail what the member did, and what happened to the member's
// credits. Bookings write nothing for it: the relay finds by time what happened since it read
// last. Everything of five minutes is one mail.
//
// The position "news" of the relay is an instant P: everything before P that will ever be found
// has been found. Two facts make that exact.
//
//   - An operation reads the clock for booked_at, ended_at, since and at after it has locked its
//     class or its person, so after its transaction got an id. A pass reads first the clock, then
//     the transactions with an id that are open, then the rows. A transaction that the pass does
//     not see either is among the open ones and began before it read the clock, or gets its id,
//     and so its instant, later. The new P is not after either.
//   - A pass that finds something for a person locks the waiting receipt of the person, or adds
//     one. A worker marks the receipt as being sent first, which waits for that lock, and reads P
//     afterwards: the receipt covers [from_at, P). What is found later comes at or after P, and
//     finds no waiting receipt.
//
// So each cause is in one receipt, also with two nodes, and with a node that is killed: a pass is
// one transaction with P, and a receipt keeps its to_at for a second try.
//
// A pass that finds nothing need not write P. If the database's clock goes back, P goes back with it,
// and a minute more for transactions that were open. Nothing is lost then; what happened in the
// stretch that the clock repeats may be told twice.

// ReceiptAfter is how long a receipt collects what a person does.
const ReceiptAfter = 5 * time.Minute

// Receipt is what a person did, as it is now: what was booked and cancelled again is in none
// of the lists.
type Receipt struct {
	Booked    []BookedClass  // by the person
	Cancelled []BookedClass  // by the person, with what was refunded
	Waiting   []WaitingClass // staff put the person on the waitlist
	Credits   []CreditChange
}

func (r *Receipt) empty() bool {
	return len(r.Booked)+len(r.Cancelled)+len(r.Waiting)+len(r.Credits) == 0
}

// CreditChange is a change of a person's credits that is not due to a booking.
type CreditChange struct {
	At        time.Time
	Kind      TransferKind // TransferGrant, TransferAdjust or TransferLapse
	Amount    int          // negative: taken away
	Grant     string       // the name of the pack
	ExpiresAt time.Time    // of the pack; zero: never
	Note      string       // why staff corrected
}

// Bookings made and ended in the stretch from $1 on and before $2, by the indexes of migration 0025.
const (
	bookedBetween = `booked_at at time zone 'UTC' >= $1::timestamptz at time zone 'UTC'
		and booked_at at time zone 'UTC' < $2::timestamptz at time zone 'UTC'`
	endedBetween = `ended_at at time zone 'UTC' >= $1::timestamptz at time zone 'UTC'
		and ended_at at time zone 'UTC' < $2::timestamptz at time zone 'UTC'`
)

// ownClick leaves out what the person of booking b has imported for herself: an import writes to nobody.
const ownClick = `not exists (
	select from imported i where i.kind = 'bookings' and i.person_id = b.person_id and i.target_id = b.id)`

// receiptCausesSQL lists the people with causes of receipts from $1 on and before $2, each with
// the first. Guests get confirmations of their own (rule 30).
const receiptCausesSQL = `
	select ` + recipientColumns + `, x.at
	from (
		select person_id, min(at) as at
		from (
			select person_id, booked_at as at from booking b where ` + bookedBetween + ` and booked_by = person_id and ` + ownClick + `
			union all
			select person_id, ended_at from booking
			where ` + endedBetween + ` and ended_by = person_id and ended_cause = 'member'
			union all
			select person_id, since from waitlist_entry where since >= $1 and since < $2 and added_by <> person_id
			union all
			select g.person_id, t.at from transfer t join account g on g.id = case when t.kind = 'grant' then t.to_id else t.from_id end
			where t.at >= $1 and t.at < $2 and t.kind in ('grant', 'lapse') and not (t.kind = 'grant' and g.imported)
			union all
			select g.person_id, t.at from transfer t join account g on g.id in (t.from_id, t.to_id) and g.kind = 'grant'
			where t.at >= $1 and t.at < $2 and t.kind = 'adjust') c
		group by person_id) x
	join person p on p.id = x.person_id
	where p.role <> 'guest'
	order by p.id`

// relayReceipts adds a receipt for everybody with a cause in the stretch. It returns the number of
// people.
func relayReceipts(ctx context.Context, tx pgx.Tx, studio *Studio, x stretch) (n int, err error) {
	rows, _ := tx.Query(ctx, receiptCausesSQL, x.from, x.until)
	b := &pgx.Batch{}
	err = each(rows, func(rows pgx.Rows) error {
		var p Recipient
		var first time.Time
		err := scanRecipient(rows, &p, &first)
		n++
		if err != nil || p.State == PersonErased || p.Email == "" || !p.wants(CategoryReceipts, ChannelMail) {
			return err
		}
		due := p.rest(studio).HoldUntil(first.Add(ReceiptAfter), time.Time{}, studio.Zone)
		newDelivery{
			key: "receipt " + uuid.NewString(), kind: NoticeReceipt, channel: ChannelMail, personID: p.ID,
			from: first, due: due, expires: due.AddDate(0, 0, 7),
		}.queue(b)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, tx.SendBatch(ctx, b).Close()
}

// receipt reads what a receipt tells, as it is now.
func (e *Engine) receipt(ctx context.Context, d Delivery) (*Receipt, error) {
	r := &Receipt{}
	b := &pgx.Batch{}
	var booked, cancelled []Booking
	bookings := func(list *[]Booking) func(pgx.Rows) error {
		return func(rows pgx.Rows) (err error) {
			*list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Booking, error) { return scanBooking(row) })
			return err
		}
	}
	b.Queue(`select `+bookingViewColumns+bookingViewJoins+`
		where b.person_id = $1 and b.booked_by = $1 and b.booked_at >= $2 and b.booked_at < $3
			and b.state not in ('cancelled', 'late_cancelled') and `+ownClick+`
			and not exists (
				select from alert x
				where x.person_id = $1 and x.class_id = b.class_id and x.booking_id = b.id and x.kind = 'booking_added')
		order by c.starts_at, b.id`, d.To.ID, d.FromAt, d.ToAt).Query(bookings(&booked))
	// Staff who book or remove themselves get alerts. A seat that was taken and given back in time
	// since the last receipt is no news, and neither is one that was given back and taken again.
	b.Queue(`select `+bookingViewColumns+bookingViewJoins+`
		where b.person_id = $1 and b.ended_by = $1 and b.ended_cause = 'member' and b.ended_at >= $2 and b.ended_at < $3
			and (b.state = 'late_cancelled' or b.booked_by is distinct from b.person_id or b.booked_at < $2)
			and not exists (
				select from booking x
				where x.class_id = b.class_id and x.person_id = $1 and x.booked_at >= $2 and x.state in ('booked', 'checked_in'))
		order by c.starts_at, b.id`, d.To.ID, d.FromAt, d.ToAt).Query(bookings(&cancelled))
	var waiting []WaitlistEntry
	b.Queue(waitlistEntrySQL+`
		where e.person_id = $1 and e.added_by <> $1 and e.since >= $2 and e.since < $3 and e.state in ('waiting', 'offered')
			and c.starts_at > (select clock_timestamp())
		order by c.starts_at, e.id`, d.To.ID, d.FromAt, d.ToAt).Query(func(rows pgx.Rows) (err error) {
		waiting, err = pgx.CollectRows(rows, scanWaitlistEntry)
		return err
	})
	b.Queue(`
		select t.at, t.kind, case when t.to_id = g.id then t.amount else -t.amount end, g.name, g.expires_at, t.note
		from account g join transfer t on g.id in (t.from_id, t.to_id)
		where g.kind = 'grant' and g.person_id = $1 and t.kind in ('grant', 'adjust', 'lapse') and t.at >= $2 and t.at < $3
			and not (t.kind = 'grant' and g.imported)
		order by t.id`, d.To.ID, d.FromAt, d.ToAt).Query(func(rows pgx.Rows) (err error) {
		r.Credits, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c CreditChange, err error) {
			err = row.Scan(&c.At, &c.Kind, &c.Amount, &c.Grant, at{&c.ExpiresAt}, &c.Note)
			return c, err
		})
		return err
	})
	if err := e.readPool.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("reading a receipt", err)
	}
	ids := column(append(append([]Booking{}, booked...), cancelled...), func(b Booking) int64 { return b.ClassID })
	list, err := e.Classes(ctx, append(ids, column(waiting, func(w WaitlistEntry) int64 { return w.ClassID })...))
	classes := map[int64]Class{}
	for _, c := range list {
		classes[c.ID] = c
	}
	withClass := func(b Booking) BookedClass { return BookedClass{b, classes[b.ClassID]} }
	r.Booked, r.Cancelled = column(booked, withClass), column(cancelled, withClass)
	r.Waiting = column(waiting, func(w WaitlistEntry) WaitingClass { return WaitingClass{w, classes[w.ClassID]} })
	return r, err
}
