package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// OfferState says what has become of an offer: open → accepted | declined | expired |
// withdrawn.
type OfferState string

const (
	offerOpen      OfferState = "open"
	offerAccepted  OfferState = "accepted"
	offerDeclined  OfferState = "declined"
	offerExpired   OfferState = "expired"
	offerWithdrawn OfferState = "withdrawn"
)

// Offer is a seat that is offered to one waiter. A shared offer goes to all waiters and
// holds no seat.
type Offer struct {
	ID, EntryID, ClassID int64
	Shared               bool
	OpenedAt, ExpiresAt  time.Time
}

// openOffer offers a seat to a waiter. An offer for this waiter alone lasts as offerEnd says; both
// kinds end at offerLimit.
func (s *snapshot) openOffer(c *class, e *entry, shared bool) {
	s.change(c)
	expires := c.offerLimit(e)
	if !shared {
		expires = s.studio.offerEnd(s.now, expires)
	}
	o := &offer{
		Offer:    Offer{ID: s.newID(), EntryID: e.id, ClassID: c.ID, Shared: shared, OpenedAt: s.now, ExpiresAt: expires},
		personID: e.personID, state: offerOpen, fromV: c.Version, isNew: true,
	}
	c.offers = append(c.offers, o)
	kind := AlertSeatOpen
	if !shared {
		kind = AlertSeatOffered
		c.Held++
		e.state, e.dirty = EntryOffered, true
	}
	s.alert(&alert{personID: e.personID, classID: c.ID, kind: kind, causeV: c.Version, offerID: o.ID})
}

// offerLimit is the instant at which every offer to the waiter ends: the closing of the
// waitlist, or the waiter's own limit before it (rule 9).
func (c *class) offerLimit(e *entry) time.Time {
	if e.latest.IsZero() {
		return c.waitlistClose()
	}
	return earliest(e.latest, c.waitlistClose())
}

// closeOffer ends an open offer and withdraws its alert (rule 27).
func (s *snapshot) closeOffer(c *class, o *offer, state OfferState) {
	s.change(c)
	o.state, o.toV, o.dirty = state, c.Version, true
	if !o.Shared {
		c.Held--
	}
	s.withdraw(withdrawal{personID: o.personID, offerID: o.ID})
}

// withdrawOffer withdraws an offer. The waiter keeps the waitlist position.
func (s *snapshot) withdrawOffer(c *class, o *offer) {
	s.closeOffer(c, o, offerWithdrawn)
	if !o.Shared {
		e := c.entryByID(o.EntryID)
		e.state, e.dirty = EntryWaiting, true
	}
}

// expireOffer ends an offer that was not answered. The waiter is alerted and leaves the
// waitlist (rule 9), and the seat goes on. A shared offer only ends.
func (s *snapshot) expireOffer(c *class, o *offer) {
	s.closeOffer(c, o, offerExpired)
	if o.Shared {
		return
	}
	e := c.entryByID(o.EntryID)
	s.endEntry(c, e, EntryExpired)
	s.alert(&alert{personID: e.personID, classID: c.ID, kind: AlertOfferExpired, causeV: c.Version})
}

// AcceptRequest accepts an offer.
type AcceptRequest struct {
	Key     string `json:"-"`
	OfferID int64
	Seen    Seen `json:"-"`
}

// AcceptOffer books the seat of an open offer. If the offer has expired by the database's
// clock, or the seat was taken, it refuses with OfferGone. Other refusals: NotFound and
// those of [Engine.Book].
func (e *Engine) AcceptOffer(ctx context.Context, a Actor, r AcceptRequest) (BookOutcome, error) {
	return run(ctx, e, a, r.Key, r, lockSet{offers: []int64{r.OfferID}, people: []int64{a.ID}}, func(s *snapshot) (BookOutcome, error) {
		c, o := s.offer(r.OfferID)
		if o == nil || o.personID != a.ID {
			return BookOutcome{}, refuse(NotFound)
		}
		if o.state == offerAccepted {
			if b := c.bookingOf(a.ID); b != nil {
				return s.bookOutcome(c, b, true), nil
			}
		}
		if o.state != offerOpen {
			return BookOutcome{}, c.offerGone(s, o)
		}
		p := s.people[a.ID]
		if b := c.bookingOf(p.id); b != nil {
			return s.bookOutcome(c, b, true), nil
		}
		if err := s.denial(p, c, viaWaitlist); err != nil {
			return BookOutcome{}, err
		}
		if err := r.Seen.check(c, s.now); err != nil {
			return BookOutcome{}, err
		}
		b := s.seat(c, p, seating{entry: c.entryByID(o.EntryID), cost: c.Rules.Cost, by: a.ID, click: true})
		return s.bookOutcome(c, b, false), nil
	})
}

// offerGone says why an offer cannot be accepted, and the person's present position on the
// waitlist.
func (c *class) offerGone(s *snapshot, o *offer) *Error {
	why, position := string(o.state), 0
	if o.state == offerWithdrawn && c.free() <= 0 {
		why = "taken"
	}
	switch {
	case c.Cancelled:
		why = "class_cancelled"
	case o.state == offerWithdrawn && !c.Rules.Online:
		why = string(OnlineOff)
	}
	if e := c.entryOf(o.personID); e != nil {
		position = c.position(e)
	}
	return refuse(OfferGone, "why", why, "at", o.ExpiresAt, "position", position)
}

// DeclineRequest declines an offer.
type DeclineRequest struct {
	Key     string `json:"-"`
	OfferID int64
}

// DeclineOutcome is an offer that was declined, or had ended before (Already).
type DeclineOutcome struct {
	OfferID, ClassID, Version int64
	Already                   bool
}

func (o DeclineOutcome) effect() (resultName, int64) { return resultDeclined, 0 }

// DeclineOffer declines an offer. The person leaves the waitlist and the seat goes to the
// next waiter at once. Refusal: NotFound.
func (e *Engine) DeclineOffer(ctx context.Context, a Actor, r DeclineRequest) (DeclineOutcome, error) {
	locks := lockSet{offers: []int64{r.OfferID}, people: []int64{a.ID}, frees: 1}
	return run(ctx, e, a, r.Key, r, locks, func(s *snapshot) (DeclineOutcome, error) {
		c, o := s.offer(r.OfferID)
		if o == nil || o.personID != a.ID {
			return DeclineOutcome{}, refuse(NotFound)
		}
		if o.state != offerOpen {
			return DeclineOutcome{OfferID: o.ID, ClassID: c.ID, Version: c.Version, Already: true}, nil
		}
		s.closeOffer(c, o, offerDeclined)
		s.endEntry(c, c.entryByID(o.EntryID), EntryDeclined)
		return DeclineOutcome{OfferID: o.ID, ClassID: c.ID, Version: c.Version}, nil
	})
}

// OfferSeat offers a free seat to a waiter whom staff chose, out of order; it is recorded.
// The seat is held like that of any other offer. Refusals: Forbidden, NotFound,
// ClassCancelled, BookInstead, WaitlistClosed, Full and the denials of a promotion.
func (e *Engine) OfferSeat(ctx context.Context, a Actor, entryID int64) (EntryOutcome, error) {
	if !a.Can(EditParticipants) {
		return EntryOutcome{}, refuse(Forbidden)
	}
	var class int64
	err := e.readPool.QueryRow(ctx, `select class_id from waitlist_entry where id = $1`, entryID).Scan(&class)
	if err != nil && err != pgx.ErrNoRows {
		return EntryOutcome{}, during("reading a waitlist entry", err)
	}
	locks := lockSet{entries: []int64{entryID}, wholeClasses: []int64{class}}
	return run(ctx, e, a, "", entryID, locks, func(s *snapshot) (EntryOutcome, error) {
		c, entry := s.entry(entryID)
		if entry == nil || !entry.active() {
			return EntryOutcome{}, refuse(NotFound)
		}
		o := c.offerOf(entry.id)
		switch {
		case o != nil && !o.Shared:
			return s.placeOutcome(c, entry), nil // the button was pressed twice
		case c.Cancelled:
			return EntryOutcome{}, refuse(ClassCancelled)
		case !c.Rules.Online: // the waiter could not accept the offer
			return EntryOutcome{}, refuse(BookInstead)
		case !s.now.Before(c.waitlistClose()):
			return EntryOutcome{}, refuse(WaitlistClosed)
		case c.free() <= 0:
			return EntryOutcome{}, refuse(Full)
		}
		if err := s.waiterDenial(c, entry); err != nil {
			return EntryOutcome{}, err
		}
		s.clearSkip(c, entry)
		if o != nil {
			s.withdrawOffer(c, o)
		}
		s.openOffer(c, entry, false)
		for _, before := range c.entries {
			if before.active() && byWaitlistOrder(before, entry) < 0 {
				s.skips = append(s.skips, skipped{classID: c.ID, version: c.Version, entryID: before.id, reason: chosenByStaff})
			}
		}
		s.record(history{actorID: a.ID, verb: verbOfferSeat, classID: c.ID, personID: entry.personID})
		return s.placeOutcome(c, entry), nil
	})
}

// chosenByStaff is the reason that the waiters before a chosen one were passed over.
const chosenByStaff Code = "chosen_by_staff"
