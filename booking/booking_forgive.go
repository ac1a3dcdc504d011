package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Forgive refunds the credits of a late cancellation afterwards and removes its mark (rule
// 14). It has an effect at most once per booking. Refusals: Forbidden (without RefundAnyway),
// NotFound, NotCancellable (it is not a late cancellation).
func (e *Engine) Forgive(ctx context.Context, a Actor, key string, bookingID int64) (CancelOutcome, error) {
	if !a.Can(RefundAnyway) {
		return CancelOutcome{}, refuse(Forbidden)
	}
	var person int64 // of a booking, it never changes
	err := e.readPool.QueryRow(ctx, `select person_id from booking where id = $1`, bookingID).Scan(&person)
	if err == pgx.ErrNoRows {
		return CancelOutcome{}, refuse(NotFound)
	}
	if err != nil {
		return CancelOutcome{}, during("reading a booking", err)
	}
	out, err := runWithWaitlists(ctx, e, person, func(locks lockSet) (CancelOutcome, error) {
		return e.forgive(ctx, a, key, bookingID, locks)
	})
	if err == nil {
		e.creditsArrived(ctx, person)
	}
	return out, err
}

func (e *Engine) forgive(ctx context.Context, a Actor, key string, bookingID int64, locks lockSet) (CancelOutcome, error) {
	locks.bookings = []int64{bookingID}
	return run(ctx, e, a, key, bookingID, locks, func(s *snapshot) (CancelOutcome, error) {
		b := s.booking(bookingID)
		c := s.classes[b.ClassID]
		if b.refundAnyway || b.State == StateCancelled {
			return s.cancelOutcome(c, b, Verdict{Refund: true}, 0, true), nil
		}
		if b.State != StateLateCancelled {
			return CancelOutcome{}, refuse(NotCancellable)
		}
		s.change(c)
		b.State, b.refundAnyway, b.dirty = StateCancelled, true, true
		refunded := s.refund(b, a.ID)
		s.record(history{
			actorID: a.ID, verb: verbForgive, classID: c.ID, personID: b.PersonID, bookingID: b.ID,
			details: map[string]any{"refunded": refunded},
		})
		return s.cancelOutcome(c, b, Verdict{Refund: true}, refunded, false), nil
	})
}
