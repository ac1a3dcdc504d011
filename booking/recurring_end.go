package booking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// EndRecurringRequest ends a recurring booking from a date on. A single date is cancelled
// like any other booking.
type EndRecurringRequest struct {
	Key         string `json:"-"`
	RecurringID int64
	FromClassID int64 // the first date that ends; 0: all future dates
	ReasonID    int64
	Text        string
}

// EndRecurringOutcome has a verdict for each booking that was cancelled.
type EndRecurringOutcome struct {
	RecurringID int64
	Already     bool               // it had ended before; nothing was changed
	Cancelled   []RecurringEndDate // by start
	Refunded    int                // credits
	Balance     int                // credits of all types that have not expired
}

// RecurringEndDate is a booking that ended, or would end, with its recurring booking.
type RecurringEndDate struct {
	ClassID, BookingID int64
	Title              string
	StartsAt           time.Time
	Verdict            Verdict
	Cost               int
}

func (o EndRecurringOutcome) effect() (resultName, int64) { return resultRecurringEnded, 0 }

// ending lists what ends with a recurring booking, as far as it is known before the locks.
type ending struct {
	personID                   int64
	fromAt, endedAt            time.Time // endedAt zero: it has not ended
	bookings, entries, classes []int64
}

func (rd *Reader) ending(ctx context.Context, a Actor, r EndRecurringRequest) (x ending, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select r.person_id, coalesce((select starts_at from class where id = $2), clock_timestamp()), r.ended_at
		from recurring r where r.id = $1`, r.RecurringID, r.FromClassID).Scan(&x.personID, &x.fromAt, at{&x.endedAt})
	if err == pgx.ErrNoRows {
		return x, refuse(NotFound)
	}
	if err != nil {
		return x, during("reading a recurring booking", err)
	}
	_, _, err = rd.recurringPerson(ctx, a, x.personID)
	if CodeOf(err) == Forbidden {
		return x, refuse(NotFound) // of another person
	}
	if err != nil {
		return x, err
	}
	rows, _ := rd.readPool.Query(ctx, `
		select d.class_id, coalesce(b.id, 0), coalesce(w.id, 0)
		from recurring r
		join recurring_date d on d.recurring_id = r.id
		join class c on c.id = d.class_id and c.starts_at >= $2 and c.starts_at > clock_timestamp()
		left join booking b on b.class_id = c.id and b.person_id = r.person_id and b.state = 'booked'
		left join waitlist_entry w on w.class_id = c.id and w.person_id = r.person_id and w.state in ('waiting', 'offered')
		where r.id = $1
		order by d.class_id`, r.RecurringID, x.fromAt)
	err = each(rows, func(rows pgx.Rows) error {
		var class, booking, entry int64
		err := rows.Scan(&class, &booking, &entry)
		x.classes = append(x.classes, class)
		if booking != 0 {
			x.bookings = append(x.bookings, booking)
		}
		if entry != 0 {
			x.entries = append(x.entries, entry)
		}
		return err
	})
	return x, during("reading the dates that end", err)
}

// EndRecurring cancels the bookings from a date on, each with its own verdict on the refund
// (rule 19), leaves the waitlists, and drops the dates that lack credits. A standing
// booking books no further dates. If it ends only from a date on, the dates before stay,
// and those that lack credits keep waiting. Refusals: NotFound, Invalid, ReasonMissing,
// ReasonText, Busy.
func (e *Engine) EndRecurring(ctx context.Context, a Actor, r EndRecurringRequest) (EndRecurringOutcome, error) {
	r.Text = strings.TrimSpace(r.Text)
	if err := textFault(r.Text, RemarkMax, "text"); err != nil {
		return EndRecurringOutcome{}, err
	}
	var out EndRecurringOutcome
	var err error
	for range 5 { // the waitlist may book another date between the read and the locks
		if out, err = e.endRecurring(ctx, a, r); !errors.Is(err, errJoinedMeanwhile) {
			return out, err
		}
	}
	return out, &Error{Code: Busy, Err: err}
}

// endRecurring fails with errJoinedMeanwhile if another date was booked after the bookings were
// read.
func (e *Engine) endRecurring(ctx context.Context, a Actor, r EndRecurringRequest) (EndRecurringOutcome, error) {
	x, err := e.ending(ctx, a, r)
	if err != nil {
		return refuseEarly[EndRecurringOutcome](ctx, e, a, r.Key, r, err)
	}
	cause, audience := ByMember, AudienceMember
	if x.personID != a.ID || a.Role.Staff() {
		cause, audience = ByStaff, AudienceStaff
	}
	locks := lockSet{
		classes: x.classes, people: []int64{x.personID}, bookings: x.bookings, entries: x.entries,
		recurring: []int64{r.RecurringID}, frees: len(x.classes),
	}
	return run(ctx, e, a, r.Key, r, locks, func(s *snapshot) (EndRecurringOutcome, error) {
		this, out := s.recurring[r.RecurringID], EndRecurringOutcome{RecurringID: r.RecurringID}
		if !this.endedAt.IsZero() {
			// A seat that the person has booked since then is no part of it.
			out.Already, out.Balance = true, s.people[x.personID].balance(s.now)
			return out, nil
		}
		if err := s.reasonDenial(audience, r.ReasonID, r.Text); err != nil && len(x.bookings) > 0 {
			return out, err
		}
		for _, c := range byStart(s, x.classes) {
			if b := c.bookingOf(x.personID); b != nil && b.State == StateBooked && !slices.Contains(x.bookings, b.ID) {
				return out, errJoinedMeanwhile
			}
		}
		p := s.changePerson(x.personID)
		for _, c := range byStart(s, x.classes) {
			if b := c.bookingOf(p.id); b != nil && b.State == StateBooked && s.now.Before(c.StartsAt) {
				d := RecurringEndDate{ClassID: c.ID, BookingID: b.ID, Title: c.Title, StartsAt: c.StartsAt, Cost: b.Cost}
				d.Verdict = refundVerdict(s.now, c.freeUntil(b), cause, false)
				out.Refunded += s.cancelFor(c, b, d.Verdict, cause, PathRecurring, a.ID, r.ReasonID, r.Text)
				out.Cancelled = append(out.Cancelled, d)
			}
			if w := c.entryOf(p.id); w != nil {
				s.leave(c, w, a.ID)
			}
			if d := this.dates[c.ID]; d != nil && d.state == DatePending {
				d.state, d.dirty = DateEnded, true
			}
			s.allocate(c)
		}
		if r.FromClassID == 0 {
			this.endedAt, this.endedBy, this.dirty = s.now, a.ID, true
		} else if this.standing {
			this.standing, this.dirty = false, true // only its earlier dates remain
		}
		s.record(history{
			actorID: a.ID, verb: verbEndRecurring, personID: p.id,
			details: map[string]any{"cancelled": len(out.Cancelled), "refunded": out.Refunded},
		})
		out.Balance = p.balance(s.now)
		return out, nil
	})
}

// RecurringEndPreview is what ending a recurring booking would do now.
type RecurringEndPreview struct {
	PersonID  int64
	Already   bool               // it has ended: nothing would change
	Cancelled []RecurringEndDate // by start
	Refund    int                // credits that would be refunded
	Reasons   []Reason
}

// PreviewEndRecurring computes the verdict of every booking that would end, without
// changing anything. Refusal: NotFound.
func (rd *Reader) PreviewEndRecurring(ctx context.Context, a Actor, recurringID, fromClassID int64) (RecurringEndPreview, error) {
	var v RecurringEndPreview
	x, err := rd.ending(ctx, a, EndRecurringRequest{RecurringID: recurringID, FromClassID: fromClassID})
	if err != nil {
		return v, err
	}
	if v.PersonID = x.personID; !x.endedAt.IsZero() {
		v.Already = true
		return v, nil
	}
	rows, _ := rd.readPool.Query(ctx, `
		select `+bookingViewColumns+bookingViewJoins+`
		where b.id = any($1)
		order by c.starts_at, b.id`, x.bookings)
	bookings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Booking, error) { return scanBooking(row) })
	if err != nil {
		return v, during("reading the bookings that would end", err)
	}
	classes, err := classesOf(ctx, rd, bookings, func(b Booking) int64 { return b.ClassID })
	if err != nil {
		return v, err
	}
	cause := ByMember
	if x.personID != a.ID || a.Role.Staff() {
		cause = ByStaff
	}
	for _, b := range bookings {
		c := classes[b.ClassID]
		d := RecurringEndDate{
			ClassID: c.ID, BookingID: b.ID, Title: c.Title, StartsAt: c.StartsAt, Cost: b.Cost,
			Verdict: refundVerdict(c.ReadAt, b.FreeUntil, cause, false),
		}
		if d.Verdict.Refund {
			v.Refund += d.Cost
		}
		v.Cancelled = append(v.Cancelled, d)
	}
	v.Reasons, err = rd.Reasons(ctx, a)
	return v, err
}
