package booking

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// judgeWaitlist puts the people of the rows on the waitlists: on the snapshot, which the run saves. They
// come behind those who wait already, by the position of the rows, then in the order of the file.
// Nobody is booked without being asked, since nobody has seen the price here (rule 9).
func judgeWaitlist(ctx context.Context, tx pgx.Tx, im *importRun) error {
	s, err := im.loadSeats(ctx, tx, true)
	if err != nil {
		return err
	}
	imported, err := importedBefore(ctx, tx, im.Kind, im.keys())
	if err != nil {
		return err
	}
	inOrder := slices.Clone(im.rows)
	slices.SortStableFunc(inOrder, func(a, b *importedRow) int {
		return cmp.Compare(a.value.(*importedSeat).orderOf(), b.value.(*importedSeat).orderOf())
	})
	for i, r := range inOrder {
		if i%1000 == 0 {
			im.progress(i)
		}
		if r.Verdict == VerdictWrong {
			continue
		}
		row := r.value.(*importedSeat)
		c, p := s.classes[row.classID], s.people[row.personID]
		switch {
		case c == nil:
			r.refuse(about("title", "unknown_class"))
		case c.entryOf(p.id) != nil:
			r.Verdict = VerdictSame
		case c.bookingOf(p.id) != nil:
			r.Verdict = VerdictSame
			r.note(about("title", "has_seat"))
		case imported[string(r.key)]:
			r.Verdict = VerdictSame
			r.note(about("title", "ended_since"))
		default:
			if why := s.waitlistDenial(c, p, true); why != nil {
				r.refuse(ofRow(why))
				continue
			}
			row.entry = s.join(c, p.id, 0)
			row.entry.auto = false
			r.Verdict = VerdictNew
		}
	}
	return nil
}

// orderOf is the place of a row among those of its class; rows without a position come last.
func (row *importedSeat) orderOf() int { return cmp.Or(row.position, ImportRowsMax+1) }

// writeWaitlist notes the classes too, in case that the waitlist is asked about a seat right now.
func writeWaitlist(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error) {
	changes, err := im.writeSeats(ctx, tx, func(row *importedSeat) int64 { return row.entry.id })
	if err != nil {
		return nil, err
	}
	var classes []int64
	for _, c := range changes {
		if c.Kind == ClassChange {
			classes = append(classes, c.ID)
		}
	}
	_, err = tx.Exec(ctx, `insert into waitlist_recheck (class_id) select unnest($1::bigint[])`, classes)
	return changes, during("noting the waitlists of an import", err)
}

// waitlistImported serves the waitlists.
func waitlistImported(_ context.Context, e *Engine, _ *importRun) ([]Change, error) {
	e.recheckSoon()
	return nil, nil
}
