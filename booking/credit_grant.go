package booking

import (
	"context"
	"time"
)

// GrantRequest gives a person credits.
type GrantRequest struct {
	Key       string `json:"-"`
	PersonID  int64
	PackID    int64     // the pack whose values are granted, instead of the next six; 0: none
	Name      string    // of the grant, as shown to the person; at most NameMax characters
	Quantity  int       // 1 to CreditsMax
	ValidFrom time.Time // zero: now
	ExpiresAt time.Time // zero: never
	TypeIDs   []int64   // class types that the grant pays for; empty: all
	Note      string
}

// GrantOutcome is the grant and the person's balance after the operation.
type GrantOutcome struct {
	GrantID  int64
	Quantity int
	Balance  int // credits of all types that have not expired
}

func (o GrantOutcome) effect() (resultName, int64) { return resultGranted, 0 }

// Check returns an Invalid error that names every wrong field.
func (r *GrantRequest) Check() error {
	var f Faults
	f.wantPlain(r.Name, NameMax, "name")
	f.Want(within(r.Quantity, 1, CreditsMax), "quantity", "range")
	f.Want(
		r.ValidFrom.IsZero() || saneYear(r.ValidFrom) && (r.ExpiresAt.IsZero() || r.ValidFrom.Before(r.ExpiresAt)), "valid_from", "range",
	)
	f.Want(r.ExpiresAt.IsZero() || saneYear(r.ExpiresAt) && !r.ExpiresAt.Before(time.Now()), "expires", "range")
	f.wantPlain(r.Note, RemarkMax, "note")
	return f.Err()
}

// GrantCredits issues credits. Waitlist entries of the person that were passed over for
// lack of credits are considered at once (rule 11). Refusals: Forbidden, Invalid, NotFound.
func (e *Engine) GrantCredits(ctx context.Context, a Actor, r GrantRequest) (GrantOutcome, error) {
	if !a.Can(GrantCredits) {
		return GrantOutcome{}, refuse(Forbidden)
	}
	asked := r // of a pack, only its id: a repetition on the next day is the same request
	if r.PackID != 0 {
		var err error
		if r, err = e.withPack(ctx, r); err != nil {
			return GrantOutcome{}, err
		}
	} else if err := r.Check(); err != nil {
		return GrantOutcome{}, err
	}
	out, err := runWithWaitlists(ctx, e, r.PersonID, func(locks lockSet) (GrantOutcome, error) { return e.grant(ctx, a, asked, r, locks) })
	if err == nil {
		e.creditsArrived(ctx, r.PersonID)
	}
	return out, err
}

// grant issues r to a person; asked is the request as it was sent.
func (e *Engine) grant(ctx context.Context, a Actor, asked, r GrantRequest, locks lockSet) (GrantOutcome, error) {
	return run(ctx, e, a, asked.Key, asked, locks, func(s *snapshot) (GrantOutcome, error) {
		p := s.people[r.PersonID]
		if p == nil || p.role == RoleGuest || p.state == PersonErased {
			return GrantOutcome{}, refuse(NotFound)
		}
		g := &grant{
			id: s.newID(), personID: p.id, name: r.Name, quantity: r.Quantity, remaining: r.Quantity, validFrom: s.now,
			expiresAt: r.ExpiresAt, typeIDs: r.TypeIDs, createdBy: a.ID, packID: r.PackID,
			isNew: true,
		}
		if !r.ValidFrom.IsZero() {
			g.validFrom = r.ValidFrom
		}
		p.grants = append(p.grants, g)
		s.transfers = append(s.transfers, &transfer{
			from: accountIssued, to: g.id, amount: g.quantity, kind: TransferGrant, actorID: a.ID, note: r.Note,
		})
		s.ease(p.id)
		s.record(history{
			actorID: a.ID, verb: verbGrantCredits, personID: p.id,
			details: map[string]any{"quantity": r.Quantity, "name": r.Name},
		})
		return GrantOutcome{GrantID: g.id, Quantity: g.quantity, Balance: p.balance(s.now)}, nil
	})
}
