package oracle

import (
	"slices"
	"time"
)

// Alert is a message to a person (rule 27).
type Alert struct {
	Kind      string
	Class     int // number of the class; -1: the alert is about credits
	At        time.Time
	Dismissed bool // the person has dismissed it
	Over      bool // it is no longer true

	// The subject, counted from 1; 0: none. A seat or position is one of the class, a grant
	// one of the person.
	seat, position, offer, grant int

	skip int // which of the reasons why the position was passed over, which ends with the next one; 0: it is about something else
}

// keep is how long an alert is shown that the person does not dismiss.
const keep = 7 * 24 * time.Hour

// Alerts returns the alerts of a person that are true now. An alert about a seat, a
// waitlist entry, an offer or credits ends with its subject; an alert about a past event
// stays until it is dismissed or old.
func (s *Studio) Alerts(person int) (list []*Alert) {
	for _, a := range s.People[person].Alerts {
		if !a.Dismissed && !a.Over && a.At.After(s.Now.Add(-keep)) && s.holds(person, a) {
			list = append(list, a)
		}
	}
	return list
}

func (s *Studio) holds(person int, a *Alert) bool {
	switch {
	case a.skip > 0:
		w := s.Classes[a.Class].Waiters[a.position-1]
		return w.Active && w.Why != "" && w.skips == a.skip
	case a.offer > 0:
		w := s.Classes[a.Class].EntryOf(person)
		return w != nil && w.open() != nil && w.open().number == a.offer
	case a.seat > 0:
		b := s.Classes[a.Class].Bookings[a.seat-1]
		return b.Active() || b.State == NoShow
	case a.position > 0:
		return s.Classes[a.Class].Waiters[a.position-1].Active
	case a.grant > 0:
		g := s.People[person].Grants[a.grant-1]
		return g.Left > 0 && g.alive(s.Now)
	}
	return true
}

// tell alerts a person about a class. Guests are told by mail (rule 30).
func (s *Studio) tell(person int, kind string, c *Class) *Alert {
	a := &Alert{Kind: kind, Class: slices.Index(s.Classes, c), At: s.Now}
	s.People[person].Alerts = append(s.People[person].Alerts, a)
	return a
}

func (s *Studio) tellOfSeat(kind string, c *Class, b *Booking) {
	s.tell(b.Person, kind, c).seat = slices.Index(c.Bookings, b) + 1
}

// tellAll alerts all people who are booked or waiting (rules 14, 20, 21).
func (s *Studio) tellAll(kind string, c *Class) {
	for _, b := range c.Bookings {
		if b.Active() {
			s.tellOfSeat(kind, c, b)
		}
	}
	for _, w := range c.Waitlist() {
		s.tell(w.Person, kind, c).position = slices.Index(c.Waiters, w) + 1
	}
}

// warn alerts about credits that expire within seven days, and again within one day (rule
// 16), once per grant.
func (s *Studio) warn(p *Person) {
	for i, g := range p.Grants {
		left := g.Expires.Sub(s.Now)
		if g.Left == 0 || g.Expires.IsZero() || left > 7*24*time.Hour {
			continue
		}
		a := Alert{Kind: "credits_expiring_7", Class: -1, At: s.Now, grant: i + 1}
		if left < 24*time.Hour {
			a.Kind = "credits_expiring_1"
		}
		if !slices.ContainsFunc(p.Alerts, func(b *Alert) bool { return b.Kind == a.Kind && b.grant == a.grant }) {
			p.Alerts = append(p.Alerts, &a)
		}
	}
}

// Credits returns the grant that an alert is about; nil: none.
func (s *Studio) Credits(person int, a *Alert) *Grant {
	return nth(s.People[person].Grants, a.grant-1)
}

// Dismiss hides one of all alerts that a person ever got. An offer stays open.
func (s *Studio) Dismiss(person, which int) string {
	s.People[person].Alerts[which].Dismissed = true
	return OK
}
