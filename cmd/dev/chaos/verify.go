//go:build unix

package chaos

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
)

// sentInTime are the invariants that compare when a message left with the end of its truth. A clock
// that jumped between the two makes no message late.
var sentInTime = []string{"nothing_is_sent_after_its_end", "nothing_is_sent_that_was_withdrawn"}

// verify checks every invariant and every confirmation. It returns the violations, with the
// complaints of members and screens.
func (s *studio) verify(ctx context.Context) (found []string, err error) {
	pool, err := booking.Connect(ctx, s.postgres.dsn())
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	engine, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	broken, err := engine.Check(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range broken {
		if s.clockMoved && slices.Contains(sentInTime, v.Name) {
			continue
		}
		found = append(found, fmt.Sprintf("%s: %d rows, first %s", v.Name, v.Rows, v.Row))
	}
	mails, err := s.wrongMails(ctx, pool)
	if err != nil {
		return nil, err
	}
	pushes, err := s.wrongPushes(ctx, pool)
	if err != nil {
		return nil, err
	}
	found = slices.Concat(found, mails, pushes)
	for _, m := range s.members {
		keys, results, bookings := m.confirmed()
		rows, _ := pool.Query(ctx, `
			select format('%s was confirmed to %s for booking %s (key %s) and is lost', a.result, $4::text, a.booking_id, a.key)
			from unnest($1::uuid[], $2::text[], $3::bigint[]) as a(key, result, booking_id)
			where not exists (select from request r join booking b on b.id = a.booking_id
				where r.account_id = $5 and r.key = a.key and r.outcome->>'result' = a.result
				and (a.result = 'booked' or b.state in ('cancelled', 'late_cancelled')))`, keys, results, bookings, m.email, m.id)
		lost, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		found = append(found, lost...)
	}
	return append(found, s.complaints.take()...), nil
}
