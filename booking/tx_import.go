package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Imports of bookings, waitlists and classes decide by the rules of operations, on a snapshot that
// they load and save in their own transaction. The dry run locks nothing, sees one instant and
// throws the snapshot away. The run decides and saves under the locks of operations, see
// importer.locks.

// load locks and reads what the rows concern; the dry run only reads. It reserves idsWanted ids.
// All decisions on the snapshot are one step: the version of a class grows once.
func (im *importRun) load(ctx context.Context, tx pgx.Tx, locks lockSet, idsWanted int) (*snapshot, error) {
	s := newSnapshot(&reservedIDs{})
	s.step = 1
	locks.unlocked = im.dry
	b := &pgx.Batch{}
	if !im.dry { // a transaction that only reads cannot reserve ids
		s.ids.reserve(b, idsWanted)
	}
	s.queueLoad(b, locks)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("reading what an import concerns", err)
	}
	s.finishLoad(locks.frees)
	return s, nil
}

// saveWithin writes what the decisions changed, in the transaction of an import. The changes are
// announced after the commit.
func (s *snapshot) saveWithin(ctx context.Context, tx pgx.Tx) ([]Change, error) {
	if err := s.ids.missing(); err != nil {
		return nil, err
	}
	b := &pgx.Batch{}
	if err := s.queueWrites(b, nil); err != nil {
		return nil, err
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, during("writing what an import changes", err)
	}
	return s.changes(), nil
}
