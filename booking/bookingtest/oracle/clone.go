package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Clone returns a copy of the studio.
func (s *Studio) Clone() *Studio {
	other := *s
	other.clicks, other.eased = maps.Clone(s.clicks), maps.Clone(s.eased)
	other.Classes, other.People = make([]*Class, len(s.Classes)), make([]*Person, len(s.People))
	for i, c := range s.Classes {
		k := *c
		k.Bookings, k.Waiters = copies(c.Bookings), copies(c.Waiters)
		for _, w := range k.Waiters {
			w.Offers = copies(w.Offers)
		}
		other.Classes[i] = &k
	}
	for i, p := range s.People {
		k := *p
		k.Grants, k.Alerts = copies(p.Grants), copies(p.Alerts)
		other.People[i] = &k
	}
	other.Recurrings = copies(s.Recurrings)
	for _, r := range other.Recurrings {
		r.Dates = copies(r.Dates)
	}
	return &other
}

// copies copies the elements. The payments of a booking and the class types of a grant
// never change, so they are shared.
func copies[T any](list []*T) []*T {
	out := make([]*T, len(list))
	for i, x := range list {
		k := *x
		out[i] = &k
	}
	return out
}

// Fingerprint is the whole state as text: two studios with equal fingerprints give equal
// answers to every operation.
func (s *Studio) Fingerprint() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Now.UnixNano(), s.Settings)
	for _, c := range s.Classes {
		fmt.Fprintln(&b, c.Start.UnixNano(), c.End.UnixNano(), c.Type, c.Rules, c.Cancelled, c.ReservedUntil.UnixNano())
		for _, k := range c.Bookings {
			fmt.Fprintln(
				&b,
				k.Person,
				k.State,
				k.Cost,
				k.Overbooked,
				k.Exit.UnixNano(),
				k.Ending,
				k.Ended.UnixNano(),
				k.Refunded,
				k.Restored,
				k.Present,
				k.paid,
			)
		}
		for _, w := range c.Waiters {
			fmt.Fprintln(&b, w.Person, w.Active, w.Auto, w.Latest.UnixNano(), w.Priority, w.Why, w.cost, w.start.UnixNano())
			for _, o := range w.Offers {
				fmt.Fprintln(&b, o.Open, o.Shared, o.Taken, o.Expires.UnixNano(), o.number)
			}
		}
	}
	for _, p := range s.People {
		fmt.Fprintln(&b, p.Guest, p.Suspended, p.Erased)
		for _, g := range p.Grants {
			fmt.Fprintln(&b, g.Left, g.From.UnixNano(), g.Expires.UnixNano(), g.Types)
		}
		told := make([]string, len(p.Alerts))
		for i, a := range p.Alerts {
			told[i] = fmt.Sprint(*a)
		}
		slices.Sort(told) // the order of alerts is not observable
		fmt.Fprintln(&b, told)
	}
	for _, r := range s.Recurrings {
		fmt.Fprintln(&b, r.Person, r.Series, r.Standing, r.Waitlist, r.From.UnixNano(), r.Ended, r.Dates)
	}
	for _, key := range slices.Sorted(maps.Keys(s.clicks)) {
		k := s.clicks[key]
		fmt.Fprintln(&b, key, k.body, k.answer, k.at.UnixNano())
	}
	return b.String()
}
