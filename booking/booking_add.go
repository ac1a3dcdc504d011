package booking

import (
	"context"
	"strings"
)

// Guest is a participant without an account.
type Guest struct {
	Name  string
	Email string // may be empty; messages go to it (rule 30)
	Phone string `json:",omitempty"` // may be empty; staff calls it if no message reaches the guest
	// Language of messages to the guest: "de" or "en"; empty: the studio's.
	Language string `json:"-"`
}

// AddRequest adds up to AddMax members and guests to a class at once; staff only.
type AddRequest struct {
	Key       string `json:"-"`
	ClassID   int64
	MemberIDs []int64
	Guests    []Guest
	Overbook  bool // book beyond the capacity; needs the permission Overbook; recorded (rule 3)
	// Override books in spite of an overlap or of missing credits. It needs the permission
	// Override and is recorded. If credits are missing, nothing is debited.
	Override bool
	// ConfirmDuplicate adds people although they seem to have a seat in the class, or to be
	// members.
	ConfirmDuplicate bool
}

// AddOutcome has a result for each person. Some may succeed and others not.
type AddOutcome struct {
	ClassID, Version int64
	Added            []Added
}

// Added is the result for one person of an AddRequest. Err is nil if the person has a seat
// now.
type Added struct {
	PersonID, BookingID int64
	Name                string
	Email               string // of a guest, as Phone
	Phone               string `json:",omitempty"`
	Already             bool   // the person had the seat before; nothing was changed
	Balance             int    // remaining credits of all types
	Err                 *Error
}

func (o AddOutcome) effect() (resultName, int64) {
	for _, a := range o.Added {
		if a.Err == nil && !a.Already {
			return resultBooked, a.BookingID
		}
	}
	return resultRefused, 0
}

// AddParticipants books members and guests into a class (S4). Members pay as if they had
// booked themselves; guests pay nothing. Refusals of the whole request: Forbidden, NotFound
// (the class), Invalid (nobody, more than 50 people, or a wrong guest). Refusals of single
// people are in the outcome: Duplicate, and those of [Engine.Book] except OnlineOff, NotOpenYet, Closed and
// the limits, which do not bind staff, and ClassEnded instead of ClassOver.
func (e *Engine) AddParticipants(ctx context.Context, a Actor, r AddRequest) (AddOutcome, error) {
	if !a.Can(EditParticipants) || r.Overbook && !a.Can(Overbook) || r.Override && !a.Can(Override) {
		return AddOutcome{}, refuse(Forbidden)
	}
	switch n := len(r.MemberIDs) + len(r.Guests); {
	case n == 0:
		return AddOutcome{}, invalid("member_id", "nobody")
	case n > AddMax:
		return AddOutcome{}, invalid("member_id", "range")
	}
	var f Faults
	for _, g := range r.Guests {
		f.Join(g.check())
	}
	if err := f.Err(); err != nil {
		return AddOutcome{}, err
	}
	known, err := e.readDuplicates(ctx, r)
	if err != nil {
		return AddOutcome{}, err
	}
	locks := lockSet{classes: []int64{r.ClassID}, people: r.MemberIDs}
	return runForSeat(ctx, e, a, r.Key, r, locks, func(s *snapshot) (AddOutcome, error) {
		c := s.classes[r.ClassID]
		if c == nil {
			return AddOutcome{}, refuse(NotFound)
		}
		if s.mayBelongToUnread(c) {
			return AddOutcome{}, errWaitersUnread
		}
		out := AddOutcome{ClassID: c.ID}
		for _, id := range r.MemberIDs {
			p := s.people[id]
			if p == nil || p.role == RoleGuest {
				out.Added = append(out.Added, Added{PersonID: id, Err: refuse(NotFound)})
				continue
			}
			if asked := known.member(id); asked != nil && c.bookingOf(id) == nil {
				out.Added = append(out.Added, Added{PersonID: id, Name: p.name, Err: asked})
				continue
			}
			out.Added = append(out.Added, s.add(a, c, p, r))
		}
		for i, g := range r.Guests {
			if asked := known.guest(g, r.Guests[:i]); asked != nil && !r.ConfirmDuplicate {
				out.Added = append(out.Added, Added{Name: g.Name, Email: g.Email, Phone: g.Phone, Err: asked})
				continue
			}
			if err := s.addDenial(c, &person{role: RoleGuest, state: PersonActive}, r); err != nil {
				out.Added = append(out.Added, Added{Name: g.Name, Email: g.Email, Phone: g.Phone, Err: err})
				continue
			}
			out.Added = append(out.Added, s.add(a, c, s.newGuest(g), r))
		}
		out.Version = c.Version
		return out, nil
	})
}

func (s *snapshot) add(a Actor, c *class, p *person, r AddRequest) Added {
	out := Added{PersonID: p.id, Name: p.name}
	if b := c.bookingOf(p.id); b != nil {
		out.BookingID, out.Already, out.Balance = b.ID, true, p.balance(s.now)
		return out
	}
	if out.Err = s.addDenial(c, p, r); out.Err != nil {
		return out
	}
	details := map[string]any{}
	cost := c.Rules.Cost
	if rule := s.denial(p, c, viaDesk); rule != nil {
		details["overridden"] = rule.Code
		if p.usable(c, s.now) < cost {
			cost = 0
		}
	}
	entry := c.entryOf(p.id)
	over := s.seatDenial(c, entry) != nil
	b := s.seat(c, p, seating{entry: entry, cost: cost, by: a.ID, overbook: over})
	verb := verbAddParticipant
	if over {
		verb = verbOverbook
	} else if len(details) > 0 {
		verb = verbOverride
	}
	s.record(history{actorID: a.ID, verb: verb, classID: c.ID, personID: p.id, bookingID: b.ID, details: details})
	s.alert(&alert{personID: p.id, classID: c.ID, kind: AlertBookingAdded, causeV: c.Version, bookingID: b.ID})
	out.BookingID, out.Balance = b.ID, p.balance(s.now)
	return out
}

func (s *snapshot) addDenial(c *class, p *person, r AddRequest) *Error {
	if err := s.denial(p, c, viaDesk); err != nil && !(r.Override && err.Overridable()) {
		return err
	}
	if r.Overbook {
		return nil
	}
	return s.seatDenial(c, c.entryOf(p.id))
}

func (g Guest) check() error {
	var f Faults
	f.wantText(g.Name, NameMax, "guest_name")
	f.Want(g.Email == "" || validEmail(g.Email), "guest_email", "email")
	f.wantPlain(g.Phone, ContactMax, "guest_phone")
	return f.Err()
}

func (s *snapshot) newGuest(g Guest) *person {
	name := strings.Join(strings.Fields(g.Name), " ")
	p := &person{
		id: s.newID(), role: RoleGuest, state: PersonActive, name: name, isNew: true, dirty: true,
		given: name, email: normalEmail(g.Email), phone: strings.TrimSpace(g.Phone), language: g.Language,
	}
	s.people[p.id] = p
	return p
}
