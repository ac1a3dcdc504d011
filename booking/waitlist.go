package booking

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// EntryState says what has become of a waitlist entry.
type EntryState string

// The states of a waitlist entry: waiting → offered → accepted | declined | expired |
// withdrawn. A shared offer leaves the entry waiting.
const (
	EntryWaiting   EntryState = "waiting"
	EntryOffered   EntryState = "offered" // a seat is held for it
	EntryAccepted  EntryState = "accepted"
	EntryDeclined  EntryState = "declined"
	EntryExpired   EntryState = "expired"
	EntryWithdrawn EntryState = "withdrawn"
)

// active reports whether the entry has a position.
func (s EntryState) active() bool { return s == EntryWaiting || s == EntryOffered }

// WaitlistEntry is a person's entry on a waitlist.
type WaitlistEntry struct {
	ID, ClassID, PersonID int64
	State                 EntryState
	Position              int       // 1 is next
	Priority              int       // 0 is normal; staff may set it
	Auto                  bool      // the waiter is booked without being asked (rule 9)
	Latest                time.Time // the waiter's own limit "not later than"; zero: none
	Since                 time.Time // when the person joined
	Skip                  Code      // why the waiter was passed over; empty: not passed over
	AskedUntil            time.Time // until then a seat is offered to an earlier waiter; zero: no offer
	Name                  string    // only for staff; as the next two lines
	GivenName, FamilyName string
	Number, Email, Phone  string
	Offer                 *Offer // the open offer; nil: none
}

// PersonName returns the name with what tells the person apart.
func (e WaitlistEntry) PersonName() PersonName {
	return PersonName{ID: e.PersonID, GivenName: e.GivenName, FamilyName: e.FamilyName, Number: e.Number, Email: e.Email, Phone: e.Phone}
}

// withoutName returns the entry as members may see it.
func (e WaitlistEntry) withoutName() WaitlistEntry {
	e.Name, e.GivenName, e.FamilyName, e.Number, e.Email, e.Phone = "", "", "", "", "", ""
	return e
}

// JoinRequest puts a person on the waitlist: the actor or, for staff, a member.
type JoinRequest struct {
	Key      string `json:"-"`
	ClassID  int64
	MemberID int64         // for staff; 0: the actor
	Auto     *bool         // book automatically or ask first; nil: as the class does
	NotLater time.Duration // offers end this long before the start; 0: when the waitlist closes; at most NotLaterMax
	Seen     Seen          `json:"-"` // what the page showed; Refundable has no meaning here
}

// JoinOutcome is the person's waitlist entry.
type JoinOutcome struct {
	EntryID, ClassID, Version int64
	Position                  int    // 1 is next
	Already                   bool   // the person was waiting before; nothing was changed
	OfferID                   int64  // the person's open offer; 0: none
	PersonID                  int64  // the waiter
	Name                      string // name of the waiter
	DeskBooks                 bool   // online booking is off: nobody is asked, only the desk books waiters
}

func (o JoinOutcome) effect() (resultName, int64) { return resultWaiting, 0 }

// JoinWaitlist takes the last position. It debits nothing and holds no credits (rule 11).
// It is refused while the person could book. Refusals: Forbidden, Invalid, NotFound,
// AlreadyBooked, ClassCancelled, ClassOver, Suspended, OnlineOff, NotOpenYet,
// WaitlistClosed, WaitlistFull, SeatsFree, LimitChanges; CostChanged or TimeChanged if the
// page showed something else: price and start are kept with the entry (rule 9).
func (e *Engine) JoinWaitlist(ctx context.Context, a Actor, r JoinRequest) (JoinOutcome, error) {
	id, desk := a.ID, false
	if r.MemberID != 0 && r.MemberID != a.ID {
		if !a.Can(EditParticipants) {
			return JoinOutcome{}, refuse(Forbidden)
		}
		id, desk = r.MemberID, true
	}
	if !within(r.NotLater, 0, NotLaterMax) {
		return JoinOutcome{}, invalid("not_later_hours", "range")
	}
	locks := lockSet{classes: []int64{r.ClassID}, people: []int64{id}, joins: true, counted: ownChanges(a, id)}
	out, err := run(ctx, e, a, r.Key, r, locks, func(s *snapshot) (JoinOutcome, error) {
		c, p := s.classes[r.ClassID], s.people[id]
		if c == nil || p == nil || p.role == RoleGuest {
			return JoinOutcome{}, refuse(NotFound)
		}
		if c.bookingOf(id) != nil {
			return JoinOutcome{}, refuse(AlreadyBooked)
		}
		if e := c.entryOf(id); e != nil {
			return s.joinOutcome(c, e, true), nil
		}
		if err := s.waitlistDenial(c, p, desk); err != nil {
			return JoinOutcome{}, err
		}
		if err := (Seen{Cost: r.Seen.Cost, StartsAt: r.Seen.StartsAt}).check(c, s.now); err != nil {
			return JoinOutcome{}, err
		}
		e := s.join(c, id, a.ID)
		if r.Auto != nil && c.Rules.WaitlistMode != ModeNotifyAll {
			e.auto = *r.Auto
		}
		if r.NotLater > 0 {
			e.latest = c.StartsAt.Add(-r.NotLater)
		}
		s.allocate(c)
		return s.joinOutcome(c, e, false), nil
	})
	if err == nil && out.Already { // the other entries were not read
		out.Position, err = e.positionOf(ctx, out.EntryID)
	}
	return out, err
}

func (rd *Reader) positionOf(ctx context.Context, entryID int64) (place int, err error) {
	err = rd.readPool.QueryRow(ctx, `select `+positionSQL+` from waitlist_entry e where e.id = $1`, entryID).Scan(&place)
	return place, during("reading a waitlist position", err)
}

// join adds an entry at the last position. The caller has checked all rules.
func (s *snapshot) join(c *class, personID, by int64) *entry {
	s.change(c)
	e := &entry{
		id: s.newID(), classID: c.ID, personID: personID, state: EntryWaiting, seq: c.nextSeq, auto: c.Rules.WaitlistMode == ModeAuto,
		costShown: c.Rules.Cost, startShown: c.StartsAt,
		fromV: c.Version, since: s.now, addedBy: by, isNew: true,
	}
	c.nextSeq++
	c.Waiting++
	s.countChange(c, personID, by)
	c.entries = append(c.entries, e)
	slices.SortStableFunc(c.entries, byWaitlistOrder)
	return e
}

func (s *snapshot) joinOutcome(c *class, e *entry, already bool) JoinOutcome {
	out := JoinOutcome{
		EntryID: e.id, ClassID: c.ID, Version: c.Version,
		Position: c.position(e), Already: already, PersonID: e.personID, Name: s.people[e.personID].name, DeskBooks: !c.Rules.Online,
	}
	if o := c.offerOf(e.id); o != nil {
		out.OfferID = o.ID
	}
	return out
}

// position is the position of an entry, from 1. Entries that were not read stand behind those
// that were. A new entry stands behind all of them, except those with a priority below 0.
func (c *class) position(e *entry) int {
	ahead, behind := 0, 0
	for _, x := range c.entries {
		switch {
		case !x.active() || x == e:
		case byWaitlistOrder(x, e) < 0:
			ahead++
		default:
			behind++
		}
	}
	if e.isNew {
		return max(1, c.Waiting-behind-c.unreadLast)
	}
	return ahead + 1
}

// endEntry ends a waitlist entry. Alerts that concern only waiters are withdrawn (rule 27).
func (s *snapshot) endEntry(c *class, e *entry, state EntryState) {
	s.change(c)
	e.state, e.toV, e.endedAt, e.dirty = state, c.Version, s.now, true
	c.Waiting--
	s.withdraw(withdrawal{personID: e.personID, classID: c.ID, version: c.Version, kinds: waiterAlerts})
}

// leave ends an entry together with its offer.
func (s *snapshot) leave(c *class, e *entry, by int64) {
	if o := c.offerOf(e.id); o != nil {
		s.closeOffer(c, o, offerWithdrawn)
	}
	s.endEntry(c, e, EntryWithdrawn)
	if e.personID != by {
		s.record(history{actorID: by, verb: verbRemoveFromWaitlist, classID: c.ID, personID: e.personID})
	}
}

// LeaveRequest ends a waitlist entry.
type LeaveRequest struct {
	Key     string `json:"-"`
	EntryID int64
}

// LeaveOutcome is an entry that ended.
type LeaveOutcome struct {
	EntryID, ClassID, PersonID, Version int64
	Already                             bool   // the entry had ended before; nothing was changed
	Name                                string // name of the former waiter
}

func (o LeaveOutcome) effect() (resultName, int64) { return resultLeft, 0 }

// LeaveWaitlist ends the actor's own entry or, for staff, any entry. A seat that was
// offered to it goes to the next waiter at once. Refusal: NotFound.
func (e *Engine) LeaveWaitlist(ctx context.Context, a Actor, r LeaveRequest) (LeaveOutcome, error) {
	return run(ctx, e, a, r.Key, r, lockSet{entries: []int64{r.EntryID}, frees: 1}, func(s *snapshot) (LeaveOutcome, error) {
		for _, c := range s.classes {
			e := c.entryByID(r.EntryID)
			if e == nil || e.personID != a.ID && !a.Can(EditParticipants) {
				continue
			}
			out := LeaveOutcome{EntryID: e.id, ClassID: c.ID, PersonID: e.personID, Version: c.Version, Name: s.people[e.personID].name}
			if !e.active() {
				out.Already = true
				return out, nil
			}
			s.leave(c, e, a.ID)
			out.Version = c.Version
			return out, nil
		}
		return LeaveOutcome{}, refuse(NotFound)
	})
}

// PriorityRequest changes the priority of a waitlist entry.
type PriorityRequest struct {
	EntryID  int64
	Priority int // -9 to 9; higher is served first; 0 is normal
}

// EntryOutcome is a waitlist entry after staff changed its priority or offered it a seat.
type EntryOutcome struct {
	EntryID, ClassID, Version int64
	OfferID                   int64  // the open offer of the entry; 0: none
	PersonID                  int64  // the waiter
	Name                      string // name of the waiter
}

func (o EntryOutcome) effect() (resultName, int64) { return resultEntryChanged, 0 }

// SetPriority changes the order of the waitlist (rule 8); it is recorded. Refusals:
// Forbidden, Invalid, NotFound.
func (e *Engine) SetPriority(ctx context.Context, a Actor, r PriorityRequest) (EntryOutcome, error) {
	if !a.Can(EditParticipants) {
		return EntryOutcome{}, refuse(Forbidden)
	}
	if !within(r.Priority, -PriorityMax, PriorityMax) {
		return EntryOutcome{}, invalid("priority", "range")
	}
	return run(ctx, e, a, "", r, lockSet{entries: []int64{r.EntryID}}, func(s *snapshot) (EntryOutcome, error) {
		c, entry := s.entry(r.EntryID)
		if entry == nil || !entry.active() {
			return EntryOutcome{}, refuse(NotFound)
		}
		if entry.priority != r.Priority {
			s.change(c)
			s.record(history{
				actorID: a.ID, verb: verbSetPriority, classID: c.ID, personID: entry.personID,
				details: map[string]any{"from": entry.priority, "to": r.Priority},
			})
			entry.priority, entry.priorityV, entry.dirty = r.Priority, c.Version, true
			entry.inFront = false // others, who were not read, may be before it now
			slices.SortStableFunc(c.entries, byWaitlistOrder)
		}
		return s.placeOutcome(c, entry), nil
	})
}

// BookWaiterRequest books a waiter; staff only.
type BookWaiterRequest struct {
	Key     string `json:"-"`
	EntryID int64
}

// BookWaiterOutcome is the booking of a former waiter.
type BookWaiterOutcome struct {
	EntryID, ClassID, Version int64
	Added
}

func (o BookWaiterOutcome) effect() (resultName, int64) { return resultBooked, o.BookingID }

// BookWaiter books a waiter by the rules of [Engine.AddParticipants]. In classes that
// members may not book themselves, it is the only way from the waitlist to a seat (rule 9).
// Refusals: Forbidden, NotFound and those of the rules.
func (e *Engine) BookWaiter(ctx context.Context, a Actor, r BookWaiterRequest) (BookWaiterOutcome, error) {
	if !a.Can(EditParticipants) {
		return BookWaiterOutcome{}, refuse(Forbidden)
	}
	return run(ctx, e, a, r.Key, r, lockSet{entries: []int64{r.EntryID}}, func(s *snapshot) (BookWaiterOutcome, error) {
		c, entry := s.entry(r.EntryID)
		if entry == nil || !entry.active() && c.bookingOf(entry.personID) == nil {
			return BookWaiterOutcome{}, refuse(NotFound)
		}
		out := s.add(a, c, s.people[entry.personID], AddRequest{})
		if out.Err != nil {
			return BookWaiterOutcome{}, out.Err
		}
		return BookWaiterOutcome{EntryID: entry.id, ClassID: c.ID, Version: c.Version, Added: out}, nil
	})
}

func (s *snapshot) placeOutcome(c *class, e *entry) EntryOutcome {
	out := EntryOutcome{EntryID: e.id, ClassID: c.ID, Version: c.Version, PersonID: e.personID, Name: s.people[e.personID].name}
	if o := c.offerOf(e.id); o != nil {
		out.OfferID = o.ID
	}
	return out
}

// byWaitlistOrder is the order of the waitlist: the highest priority first, then the first to
// join (rule 8).
func byWaitlistOrder(a, b *entry) int {
	return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.seq, b.seq))
}

const (
	// waitlistOrderSQL is byWaitlistOrder for entries e of one class.
	waitlistOrderSQL = `e.priority desc, e.seq`

	// positionSQL is the position of an active entry e, from 1: it counts the active entries
	// that byWaitlistOrder puts before e. Members see this number, never a name.
	positionSQL = `1 + (select count(*) from waitlist_entry a
		where a.class_id = e.class_id and a.state in ('waiting', 'offered')
			and (a.priority > e.priority or a.priority = e.priority and a.seq < e.seq))`
)
