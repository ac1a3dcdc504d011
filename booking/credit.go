package booking

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// The accounts of the studio. Credits come from them and go to them; the grants are
// accounts of people.
const (
	accountIssued   = 1
	accountConsumed = 2
	accountLapsed   = 3
)

// transfer moves credits from one account to another. Transfers are never changed and never
// deleted, so the ledger always balances.
type transfer struct {
	from, to  int64
	amount    int
	kind      TransferKind
	bookingID int64
	reverses  *debit // for refunds: the debit that is refunded
	actorID   int64
	note      string
}

// TransferKind is the reason of a transfer.
type TransferKind string

// The kinds of transfers.
const (
	TransferGrant  TransferKind = "grant"  // from the studio to a grant
	TransferDebit  TransferKind = "debit"  // a booking is paid
	TransferRefund TransferKind = "refund" // a debit is given back
	TransferLapse  TransferKind = "lapse"  // credits have expired, or their owner was erased
	TransferAdjust TransferKind = "adjust" // a correction by staff
)

// usable counts the credits that can pay for c: those of grants that are valid at the start
// of the class, for its type, and not expired now (rules 12, 16).
func (p *person) usable(c *class, now time.Time) int {
	sum := 0
	for _, g := range p.grants {
		if g.pays(c, now) {
			sum += g.remaining
		}
	}
	return sum
}

// balance counts the credits that have not expired, of all class types, including those
// that become valid later.
func (p *person) balance(now time.Time) int {
	sum := 0
	for _, g := range p.grants {
		if !g.expired(now) {
			sum += g.remaining
		}
	}
	return sum
}

// expired reports whether the credits of the grant can no longer be spent (rule 16). At the
// instant of the expiry they still can.
func (g *grant) expired(now time.Time) bool { return !g.expiresAt.IsZero() && g.expiresAt.Before(now) }

// expiredSQL is grant.expired for account g; null if the grant never expires.
const expiredSQL = `g.expires_at < (select clock_timestamp())`

// balanceSQL is person.balance for a person, who is given as an SQL expression.
func balanceSQL(person string) string {
	return `coalesce((select sum(g.remaining) from account g
		where g.kind = 'grant' and g.person_id = ` + person + ` and (` + expiredSQL + `) is not true), 0)::int`
}

// usableSQL is person.usable for a person, who is given as an SQL expression, and class c.
func usableSQL(person string) string {
	return `coalesce((select sum(g.remaining) from account g
		where g.kind = 'grant' and g.person_id = ` + person + ` and g.remaining > 0 and (` + expiredSQL + `) is not true
			and coalesce(g.valid_from <= c.starts_at, true)
			and coalesce(g.expires_at >= c.starts_at, true)
			and (coalesce(cardinality(g.class_type_ids), 0) = 0 or c.class_type_id = any(g.class_type_ids))), 0)::int`
}

// pays reports whether the credits of the grant can pay for c now (rule 12).
func (g *grant) pays(c *class, now time.Time) bool {
	return !g.validFrom.After(c.StartsAt) && !g.expired(now) && !g.expired(c.StartsAt) &&
		(len(g.typeIDs) == 0 || slices.Contains(g.typeIDs, c.Type.ID))
}

// spendFirst is the order in which grants pay: the fewest class types first, then the
// earliest expiry, then the oldest (rule 12).
func spendFirst(a, b *grant) int {
	specific := func(g *grant) int {
		if len(g.typeIDs) == 0 {
			return 1 << 30
		}
		return len(g.typeIDs)
	}
	expiry := func(g *grant) int64 {
		if g.expiresAt.IsZero() {
			return 1<<63 - 1
		}
		return g.expiresAt.UnixMicro()
	}
	return cmp.Or(
		cmp.Compare(specific(a), specific(b)),
		cmp.Compare(expiry(a), expiry(b)),
		a.validFrom.Compare(b.validFrom),
		cmp.Compare(a.id, b.id),
	)
}

// paysFirst returns the grant that a booking of c would spend first; nil: none.
func (p *person) paysFirst(c *class, now time.Time) (first *grant) {
	for _, g := range p.grants {
		if g.remaining > 0 && g.pays(c, now) && (first == nil || spendFirst(g, first) < 0) {
			first = g
		}
	}
	return first
}

// pay debits the cost of a booking and remembers how much each grant paid. A grant that pays alone
// is none of the others. The caller has checked that there are enough credits.
func (s *snapshot) pay(c *class, p *person, b *booking, alone *grant) {
	if b.Cost == 0 {
		return
	}
	s.changePerson(p.id)
	usable := slices.DeleteFunc(slices.Clone(p.grants), func(g *grant) bool { return !g.pays(c, s.now) })
	slices.SortFunc(usable, spendFirst)
	if alone != nil {
		usable = []*grant{alone}
	}
	due := b.Cost
	for _, g := range usable {
		part := min(due, g.remaining)
		if part == 0 {
			continue
		}
		g.remaining -= part
		g.dirty = true
		due -= part
		b.debits = append(b.debits, &debit{grantID: g.id, amount: part})
		t := &transfer{from: g.id, to: accountConsumed, amount: part, kind: TransferDebit, bookingID: b.ID, actorID: b.by}
		s.transfers = append(s.transfers, t)
	}
	if due > 0 {
		panic("a booking would be paid with credits that are not there")
	}
}

// refund returns the credits of a booking to exactly the grants that paid, at most once
// (rule 13). If the studio caused the cancellation, a grant that would expire within 30
// days is extended to 30 days from now, so that the credits can be used. A day has 24
// hours here, as in SQL: the zone of the machine has no say.
func (s *snapshot) refund(b *booking, actorID int64) int {
	sum := 0
	p := s.people[b.PersonID]
	for _, d := range b.debits {
		if d.reversed {
			continue
		}
		d.reversed = true
		g := p.grant(d.grantID)
		g.remaining += d.amount
		g.dirty = true
		if soonest := s.now.Add(30 * 24 * time.Hour); b.cause == ByClass && !g.expiresAt.IsZero() && g.expiresAt.Before(soonest) {
			g.expiresAt, g.extended = soonest, soonest
		}
		sum += d.amount
		s.transfers = append(s.transfers, &transfer{
			from: accountConsumed, to: g.id, amount: d.amount, kind: TransferRefund, bookingID: b.ID, reverses: d, actorID: actorID,
		})
	}
	if sum > 0 {
		s.ease(p.id)
	}
	return sum
}

// lapse ends the credits of expired grants with a ledger entry (rule 16). It warns seven
// days and one day before the expiry.
func (e *Engine) lapse(ctx context.Context) error {
	rows, _ := e.readPool.Query(ctx, `
		select distinct g.person_id from account g where g.kind = 'grant' and not g.spent and `+expiredSQL+`
		union
		select g.person_id from account g
		where g.kind = 'grant' and not g.spent
			and g.expires_at between clock_timestamp() and clock_timestamp() + interval '7 days'
			and not exists (select from alert x where x.account_id = g.id and x.kind = case
				when g.expires_at < (select clock_timestamp()) + interval '1 day' then 'credits_expiring_1' else 'credits_expiring_7' end)
			and not (g.imported and g.created_at > g.expires_at - case
				when g.expires_at < (select clock_timestamp()) + interval '1 day' then interval '1 day' else interval '7 days' end)
		limit 100`)
	ids, err := collectIDs(rows)
	if err != nil {
		return during("reading grants that end", err)
	}
	for _, id := range ids {
		_, err := run(ctx, e, Actor{}, "", nil, lockSet{people: []int64{id}}, func(s *snapshot) (nothing, error) {
			return nothing{}, s.lapse(id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) lapse(personID int64) error {
	p := s.people[personID]
	if p == nil {
		return nil
	}
	for _, g := range p.grants {
		left := g.expiresAt.Sub(s.now)
		// An import writes to nobody, so what came within the time of a warning brings none.
		cameLate := func(before time.Duration) bool { return g.importedAt.After(g.expiresAt.Add(-before)) }
		switch {
		case g.remaining == 0 || g.expiresAt.IsZero() || left > 7*24*time.Hour:
		case g.expired(s.now):
			s.transfers = append(s.transfers, &transfer{from: g.id, to: accountLapsed, amount: g.remaining, kind: TransferLapse})
			g.remaining, g.dirty = 0, true
			s.changePerson(p.id)
		case left < 24*time.Hour && cameLate(24*time.Hour), left >= 24*time.Hour && cameLate(7*24*time.Hour):
		case left < 24*time.Hour:
			s.alert(&alert{personID: p.id, kind: AlertCreditsExpiring1, accountID: g.id})
		default:
			s.alert(&alert{personID: p.id, kind: AlertCreditsExpiring7, accountID: g.id})
		}
	}
	return nil
}
