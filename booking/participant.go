package booking

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/unicode/norm"
)

// The states of a booking: booked → checked_in | no_show | cancelled | late_cancelled.
const (
	StateBooked        = "booked"
	StateCheckedIn     = "checked_in"
	StateNoShow        = "no_show"
	StateCancelled     = "cancelled"
	StateLateCancelled = "late_cancelled"
)

// Booking is a person's seat in a class.
type Booking struct {
	ID, ClassID, PersonID int64
	State                 string
	Cost                  int // credits debited
	BookedAt              time.Time
	FreeUntil             time.Time // cancelling is free until then
	CheckedInAt           time.Time
	EndedAt               time.Time
	Late                  bool // cancelled after the cut-off
	Refunded              int
	ByStudio              bool // ended with its class
	FromWaitlist          bool
	Reason                map[string]string // of the cancellation, by language
	ReasonText            string
}

// Guest is somebody without an account.
type Guest struct {
	Name  string
	Email string // may be empty
}

// AddRequest is staff's "Add a member": several people at once.
type AddRequest struct {
	Key       string `json:"-"`
	ClassID   int64
	MemberIDs []int64
	Guests    []Guest
	Overbook  bool // staff with the permission: beyond capacity, recorded (rule 3)
}

// AddOutcome answers per person: a partial success is normal.
type AddOutcome struct {
	ClassID, Version int64
	Added            []Added
}

// Added is one person of an AddRequest; Err is nil if the person has a seat now.
type Added struct {
	PersonID, BookingID int64
	Name                string
	Already             bool
	Balance             int
	Err                 *Error
}

func (o AddOutcome) effect() (string, int64) {
	for _, a := range o.Added {
		if a.Err == nil && !a.Already {
			return "booked", a.BookingID
		}
	}
	return "refused", 0
}

// AddParticipants books members and guests into a class. Members pay as if they
// had booked themselves; guests pay nothing here.
func (e *Engine) AddParticipants(ctx context.Context, a Actor, r AddRequest) (AddOutcome, error) {
	if !a.Can(EditParticipants) || r.Overbook && !a.Can(Overbook) {
		return AddOutcome{}, refuse(Forbidden)
	}
	if n := len(r.MemberIDs) + len(r.Guests); n == 0 || n > 50 {
		return AddOutcome{}, invalid("member_id", "range")
	}
	for _, g := range r.Guests {
		if err := g.check(); err != nil {
			return AddOutcome{}, err
		}
	}
	return run(ctx, e, a, r.Key, r, need{classes: []int64{r.ClassID}, people: r.MemberIDs}, func(s *snapshot) (AddOutcome, error) {
		c := s.classes[r.ClassID]
		if c == nil {
			return AddOutcome{}, refuse(NotFound)
		}
		out := AddOutcome{ClassID: c.ID}
		for _, id := range r.MemberIDs {
			p := s.people[id]
			if p == nil || p.role == RoleGuest {
				out.Added = append(out.Added, Added{PersonID: id, Err: refuse(NotFound)})
				continue
			}
			out.Added = append(out.Added, s.add(a, c, p, r.Overbook))
		}
		for _, g := range r.Guests {
			if err := s.mayAdd(c, &person{role: RoleGuest, state: "active"}, r.Overbook); err != nil {
				out.Added = append(out.Added, Added{Name: g.Name, Err: err})
				continue
			}
			out.Added = append(out.Added, s.add(a, c, s.newGuest(g), r.Overbook))
		}
		out.Version = c.Version
		return out, nil
	})
}

func (s *snapshot) add(a Actor, c *class, p *person, overbook bool) Added {
	out := Added{PersonID: p.id, Name: p.name}
	if b := c.bookingOf(p.id); b != nil {
		out.BookingID, out.Already, out.Balance = b.ID, true, p.balance(s.now)
		return out
	}
	if out.Err = s.mayAdd(c, p, overbook); out.Err != nil {
		return out
	}
	entry := c.entryOf(p.id)
	over := s.seatFor(c, entry) != nil
	b := s.seat(c, p, seating{entry: entry, cost: c.Rules.Cost, by: a.ID, overbook: over})
	verb := "add_participant"
	if over {
		verb = "overbook"
	}
	s.record(history{actorID: a.ID, verb: verb, classID: c.ID, personID: p.id, bookingID: b.ID})
	if p.role != RoleGuest {
		s.alert(&alert{personID: p.id, classID: c.ID, kind: AlertBookingAdded, causeV: c.Version, bookingID: b.ID})
	}
	out.BookingID, out.Balance = b.ID, p.balance(s.now)
	return out
}

func (s *snapshot) mayAdd(c *class, p *person, overbook bool) *Error {
	if err := s.obstacle(p, c, byDesk); err != nil {
		return err
	}
	if overbook {
		return nil
	}
	return s.seatFor(c, c.entryOf(p.id))
}

func (g Guest) check() error {
	if strings.TrimSpace(g.Name) == "" || !plainText(g.Name, 100) {
		return invalid("guest_name", "text")
	}
	if g.Email != "" && !validEmail(g.Email) {
		return invalid("guest_email", "email")
	}
	return nil
}

func (s *snapshot) newGuest(g Guest) *person {
	given, family, _ := strings.Cut(strings.TrimSpace(g.Name), " ")
	p := &person{
		id: s.newID(), role: RoleGuest, state: "active", name: strings.TrimSpace(g.Name), isNew: true, dirty: true,
		given: given, family: strings.TrimSpace(family), email: g.Email,
	}
	s.people[p.id] = p
	return p
}

// CheckInRequest ticks whether a participant is here.
type CheckInRequest struct {
	BookingID int64
	Present   bool
}

// CheckInOutcome is the tick as it stands.
type CheckInOutcome struct {
	BookingID, ClassID, Version int64
	At                          time.Time // zero: not checked in
}

func (o CheckInOutcome) effect() (string, int64) { return "checked_in", 0 }

// CheckIn ticks a participant or takes the tick back. Instructors tick in their
// own classes, the desk in all.
func (e *Engine) CheckIn(ctx context.Context, a Actor, r CheckInRequest) (CheckInOutcome, error) {
	return run(ctx, e, a, "", r, need{bookings: []int64{r.BookingID}}, func(s *snapshot) (CheckInOutcome, error) {
		b := s.booking(r.BookingID)
		if b == nil {
			return CheckInOutcome{}, refuse(NotFound)
		}
		c := s.classes[b.ClassID]
		if !a.Can(CheckIn) && !a.canSeeRoster(c.InstructorID) {
			return CheckInOutcome{}, refuse(NotFound)
		}
		if !b.active() {
			return CheckInOutcome{}, refuse(NotCancellable)
		}
		if here := b.State == StateCheckedIn; here != r.Present {
			s.change(c)
			b.dirty = true
			if r.Present {
				b.State, b.CheckedInAt = StateCheckedIn, s.now
				c.CheckedIn++
			} else {
				b.State, b.CheckedInAt = StateBooked, time.Time{}
				c.CheckedIn--
			}
		}
		return CheckInOutcome{BookingID: b.ID, ClassID: c.ID, Version: c.Version, At: b.CheckedInAt}, nil
	})
}

// SuspendOutcome says what a suspension set free.
type SuspendOutcome struct{ Freed int }

func (o SuspendOutcome) effect() (string, int64) { return "suspended", 0 }

// Suspend bars a member: future seats go through the allocator with the cause
// "member removed", places on waitlists end, sessions are signed out.
func (e *Engine) Suspend(ctx context.Context, a Actor, personID int64) (SuspendOutcome, error) {
	if !a.Can(EditMembers) {
		return SuspendOutcome{}, refuse(Forbidden)
	}
	if personID == a.ID {
		return SuspendOutcome{}, refuse(Forbidden)
	}
	rows, _ := e.pool.Query(ctx, `select b.id from booking b join class c on c.id = b.class_id
		where b.person_id = $1 and b.state in ('booked', 'checked_in') and c.starts_at > clock_timestamp()`, personID)
	bookings, err := collectIDs(rows)
	if err != nil {
		return SuspendOutcome{}, during("reading the member's bookings", err)
	}
	waiting, err := e.classesWaitedFor(ctx, personID)
	if err != nil {
		return SuspendOutcome{}, err
	}
	out, err := run(ctx, e, a, "", personID, need{bookings: bookings, classes: waiting, people: []int64{personID}, frees: len(bookings)}, func(s *snapshot) (SuspendOutcome, error) {
		var out SuspendOutcome
		p := s.people[personID]
		if p == nil || p.role == RoleGuest || p.role.Staff() && !a.Can(EditRoles) {
			return out, refuse(NotFound)
		}
		for _, o := range p.bookings {
			if o.startsAt.After(s.now) && s.classes[o.classID] == nil {
				return out, refuse(Busy) // booked between the look and the lock: look again
			}
		}
		p = s.changePerson(p.id)
		p.state = "suspended"
		for _, c := range inOrder(s.classes) {
			if entry := c.entryOf(p.id); entry != nil {
				if o := c.offerOf(entry.id); o != nil {
					s.closeOffer(c, o, offerWithdrawn)
				}
				s.endEntry(c, entry, entryWithdrawn)
			}
			if b := c.bookingOf(p.id); b != nil && c.StartsAt.After(s.now) {
				s.unseat(c, b, judge(s.now, freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit), ByMemberLeaves, false), ByMemberLeaves, a.ID)
				out.Freed++
			}
		}
		s.record(history{actorID: a.ID, verb: "suspend", personID: p.id, details: map[string]any{"freed": out.Freed}})
		return out, nil
	})
	if err == nil {
		err = e.signOutEverywhere(ctx, personID)
	}
	return out, err
}

// Reactivate lets a suspended member book again.
func (e *Engine) Reactivate(ctx context.Context, a Actor, personID int64) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	_, err := run(ctx, e, a, "", personID, need{people: []int64{personID}}, func(s *snapshot) (nothing, error) {
		p := s.people[personID]
		if p == nil || p.state != "suspended" {
			return nothing{}, refuse(NotFound)
		}
		s.changePerson(p.id).state = "active"
		s.record(history{actorID: a.ID, verb: "reactivate", personID: p.id})
		return nothing{}, nil
	})
	return err
}

// SetRole changes what a person may do; open pages lose what the new role does
// not allow at once, for the person's version grows.
func (e *Engine) SetRole(ctx context.Context, a Actor, personID int64, role Role) error {
	if !a.Can(EditRoles) || personID == a.ID {
		return refuse(Forbidden)
	}
	if role != RoleMember && !role.Staff() {
		return invalid("role", "unknown")
	}
	_, err := run(ctx, e, a, "", personID, need{people: []int64{personID}}, func(s *snapshot) (nothing, error) {
		p := s.people[personID]
		if p == nil || p.role == RoleGuest {
			return nothing{}, refuse(NotFound)
		}
		s.record(history{actorID: a.ID, verb: "set_role", personID: p.id, details: map[string]any{"from": p.role, "to": role}})
		s.changePerson(p.id).role = role
		return nothing{}, nil
	})
	if err == nil {
		e.sessions.forget(personID)
	}
	return err
}

// NewPerson is a member or a member of staff to be.
type NewPerson struct {
	Role                           Role
	GivenName, FamilyName          string
	Email, Phone, Number, Password string
	Language                       string
}

// AddMember creates an account. An e-mail address that has one is refused.
func (e *Engine) AddMember(ctx context.Context, a Actor, n NewPerson) (int64, error) {
	if !a.Can(EditMembers) || n.Role.Staff() && !a.Can(EditRoles) {
		return 0, refuse(Forbidden)
	}
	return e.createPerson(ctx, n)
}

func (e *Engine) createPerson(ctx context.Context, n NewPerson) (int64, error) {
	if err := n.check(); err != nil {
		return 0, err
	}
	hash, err := e.hashPassword(ctx, n.Password)
	if err != nil {
		return 0, err
	}
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return 0, during("waiting for a connection", err)
	}
	defer conn.Release()
	id := e.ids.take(ctx, conn)
	return id, refused(insertPerson(ctx, conn, id, n, hash))
}

func (n NewPerson) check() error {
	switch {
	case n.Role != RoleMember && !n.Role.Staff():
		return invalid("role", "unknown")
	case strings.TrimSpace(n.GivenName) == "" || !plainText(n.GivenName, 100):
		return invalid("given_name", "text")
	case strings.TrimSpace(n.FamilyName) == "" || !plainText(n.FamilyName, 100):
		return invalid("family_name", "text")
	case !validEmail(n.Email):
		return invalid("email", "email")
	case !plainText(n.Phone, 50) || !plainText(n.Number, 50):
		return invalid("phone", "text")
	}
	return checkPassword(n.Password)
}

// insertPerson writes an account within a transaction or on a connection.
func insertPerson(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, id int64, n NewPerson, hash string,
) error {
	if n.Language != "en" {
		n.Language = "de"
	}
	_, err := db.Exec(ctx, `insert into person (id, role, given_name, family_name, email, phone, number, language, password_hash, search)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, id, n.Role, n.GivenName, n.FamilyName, strings.ToLower(n.Email), n.Phone, n.Number, n.Language, hash,
		SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone))
	return err
}

// SearchText is what a search looks into: given family given, so that both
// orders of a name are found, then e-mail, number and the digits of the phone.
func SearchText(given, family, email, number, phone string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, phone)
	return fold(fmt.Sprintf("%s %s %s %s %s %s", given, family, given, email, number, digits))
}

// fold makes names comparable as a desk types them: without case and accents,
// and with ü, ue and u alike.
func fold(s string) string {
	s = strings.ToLower(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ł", "l", "ø", "o", "đ", "d").Replace(b.String())
}

// plainText reports whether s may be shown as it is: valid, bounded, without
// control characters and without marks that turn the direction of text.
func plainText(s string, limit int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 200 && strings.Contains(s[strings.LastIndex(s, "@"):], ".") && plainText(s, 200)
}
