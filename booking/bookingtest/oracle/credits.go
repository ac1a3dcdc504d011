package oracle

import (
	"slices"
	"time"
)

// Grant is an amount of credits that a person got at once.
type Grant struct {
	Left    int
	From    time.Time
	Expires time.Time // zero: never
	Types   []int     // class types that it pays for; none: all
}

// payment is the part of a booking's cost that one grant paid. A grant is identified by its
// number among the grants of its person.
type payment struct{ grant, amount int }

func (g *Grant) alive(at time.Time) bool { return g.Expires.IsZero() || !g.Expires.Before(at) }

// Balance counts the credits that have not expired (rule 16).
func (s *Studio) Balance(person int) (left int) {
	for _, g := range s.People[person].Grants {
		if g.alive(s.Now) {
			left += g.Left
		}
	}
	return left
}

// purse returns the grants that can pay for c, in the order in which they pay: the fewest
// class types first, then the earliest expiry, then the oldest (rule 12).
func (s *Studio) purse(person int, c *Class) (list []*Grant) {
	for _, g := range s.People[person].Grants {
		valid := g.alive(s.Now) && g.alive(c.Start) && !g.From.After(c.Start)
		if valid && (len(g.Types) == 0 || slices.Contains(g.Types, c.Type)) {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b *Grant) int {
		switch {
		case len(a.Types) != len(b.Types) && len(a.Types) > 0 && len(b.Types) > 0:
			return len(a.Types) - len(b.Types)
		case len(a.Types) != len(b.Types): // one of them pays for all types
			return len(b.Types) - len(a.Types)
		case a.Expires.Equal(b.Expires):
			return a.From.Compare(b.From)
		case a.Expires.IsZero():
			return 1
		case b.Expires.IsZero():
			return -1
		}
		return a.Expires.Compare(b.Expires)
	})
	return list
}

func sum(grants []*Grant) (n int) {
	for _, g := range grants {
		n += g.Left
	}
	return n
}

// pay debits the cost of a booking from the purse and stores the parts (rule 12).
func (s *Studio) pay(b *Booking, c *Class) {
	due := b.Cost
	for _, g := range s.purse(b.Person, c) {
		if part := min(due, g.Left); part > 0 {
			g.Left -= part
			due -= part
			b.paid = append(b.paid, payment{slices.Index(s.People[b.Person].Grants, g), part})
		}
	}
}

// refund returns exactly the payments to the grants that paid, once (rule 13).
func (s *Studio) refund(b *Booking) {
	for _, p := range b.paid {
		s.People[b.Person].Grants[p.grant].Left += p.amount
		b.Refunded += p.amount
		s.ease(b.Person)
	}
}

// waitsIn returns the future classes in which the person waits: there, new credits may make
// the person eligible (rules 4, 11).
func (s *Studio) waitsIn(person int) []*Class {
	return s.where(func(c *Class) bool { return c.EntryOf(person) != nil && s.Now.Before(c.Start) })
}

// Grant gives credits.
func (s *Studio) Grant(person int, g Grant) string {
	return s.in(func() string {
		if s.People[person].Erased {
			return NotFound
		}
		s.People[person].Grants = append(s.People[person].Grants, &g)
		s.ease(person)
		return say(OK, ", %d left", s.Balance(person))
	}, s.waitsIn(person)...)
}

// Correct takes back credits of a grant or adds some, if the grant has credits left.
func (s *Studio) Correct(person, grant, amount int) string {
	return s.in(func() string {
		g := nth(s.People[person].Grants, grant)
		switch {
		case g == nil || g.Left == 0 || s.People[person].Erased:
			return NotFound
		case g.Left+amount < 0:
			return say("no_credits", ": %d needed, %d there", -amount, g.Left)
		}
		if g.Left += amount; amount > 0 {
			s.ease(person)
		}
		return say(OK, ", %d left", s.Balance(person))
	}, s.waitsIn(person)...)
}
