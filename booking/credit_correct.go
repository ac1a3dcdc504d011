package booking

import (
	"context"
	"strings"
)

// CorrectRequest takes credits of a grant back, or adds some, for a reason.
type CorrectRequest struct {
	Key      string `json:"-"`
	PersonID int64
	GrantID  int64
	Amount   int // not 0; at most CreditsMax either way; negative: taken back
	Reason   string
}

// Check returns an Invalid error that names every wrong field. It trims Reason.
func (r *CorrectRequest) Check() error {
	r.Reason = strings.TrimSpace(r.Reason)
	var f Faults
	f.Want(r.Amount != 0 && within(r.Amount, -CreditsMax, CreditsMax), "amount", "range")
	f.wantText(r.Reason, RemarkMax, "reason")
	return f.Err()
}

// CorrectCredits moves credits between a grant and the studio by a transfer of its own;
// existing ledger entries do not change. It can take back at most the remaining credits.
// Added credits make waiters eligible as a new grant does. Refusals: Forbidden, Invalid,
// NotFound, NoCredits.
func (e *Engine) CorrectCredits(ctx context.Context, a Actor, r CorrectRequest) (GrantOutcome, error) {
	if !a.Can(CorrectCredits) {
		return GrantOutcome{}, refuse(Forbidden)
	}
	if err := r.Check(); err != nil {
		return GrantOutcome{}, err
	}
	out, err := runWithWaitlists(ctx, e, r.PersonID, func(locks lockSet) (GrantOutcome, error) { return e.correct(ctx, a, r, locks) })
	if err == nil && r.Amount > 0 {
		e.creditsArrived(ctx, r.PersonID)
	}
	return out, err
}

func (e *Engine) correct(ctx context.Context, a Actor, r CorrectRequest, locks lockSet) (GrantOutcome, error) {
	return run(ctx, e, a, r.Key, r, locks, func(s *snapshot) (GrantOutcome, error) {
		p := s.people[r.PersonID]
		if p == nil || p.state == PersonErased {
			return GrantOutcome{}, refuse(NotFound)
		}
		g := p.grant(r.GrantID)
		if g == nil || g.remaining == 0 { // a grant without remaining credits is no longer listed
			return GrantOutcome{}, refuse(NotFound)
		}
		if g.remaining+r.Amount < 0 {
			refusal := refuse(NoCredits, "needed", -r.Amount, "have", g.remaining)
			refusal.Field = "amount"
			return GrantOutcome{}, refusal
		}
		t := &transfer{from: accountIssued, to: g.id, amount: r.Amount, kind: TransferAdjust, actorID: a.ID, note: r.Reason}
		if r.Amount < 0 {
			t.from, t.to, t.amount = g.id, accountIssued, -r.Amount
		}
		g.remaining, g.dirty = g.remaining+r.Amount, true
		s.transfers = append(s.transfers, t)
		s.changePerson(p.id)
		if r.Amount > 0 {
			s.ease(p.id)
		}
		s.record(history{
			actorID: a.ID, verb: verbCorrectCredits, personID: p.id,
			details: map[string]any{"quantity": r.Amount, "reason_text": r.Reason},
		})
		return GrantOutcome{GrantID: g.id, Balance: p.balance(s.now)}, nil
	})
}
