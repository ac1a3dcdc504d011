package booking

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Member is a line of the directory.
type Member struct {
	ID                   int64
	Name                 string
	Email, Phone, Number string
	Role                 Role
	State                string
	Balance              int
	GivenName            string
	FamilyName           string
	Language             string // empty: not chosen
	Note                 string // for staff only
}

const memberSQL = `select p.id, p.given_name || ' ' || p.family_name, coalesce(p.email, ''), p.phone, p.number, p.role, p.state,
	coalesce((select sum(g.remaining) from account g where g.kind = 'grant' and g.person_id = p.id and (g.expires_at is null or g.expires_at >= clock_timestamp())), 0)::int,
	p.given_name, p.family_name, p.language, p.note from person p`

// Member reads one line of the directory.
func (e *Engine) Member(ctx context.Context, a Actor, id int64) (Member, error) {
	if !a.Can(SeeMembers) && a.ID != id {
		return Member{}, refuse(NotFound)
	}
	rows, _ := e.pool.Query(ctx, memberSQL+` where p.id = $1 and p.role <> 'guest'`, id)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Member])
	if err == pgx.ErrNoRows || err == nil && m.State == "erased" {
		return m, refuse(NotFound)
	}
	if err != nil {
		return m, during("reading a member", err)
	}
	if !a.Can(SeeMembers) {
		m.Note = ""
	}
	return m, nil
}

// Missed counts what a member did not come to, and cancelled too late, ever.
func (e *Engine) Missed(ctx context.Context, a Actor, id int64) (noShows, lateCancels int, err error) {
	if !a.Can(SeeMembers) {
		return 0, 0, refuse(Forbidden)
	}
	err = e.pool.QueryRow(ctx, `select count(*) filter (where state = 'no_show'), count(*) filter (where state = 'late_cancelled') from booking where person_id = $1`, id).Scan(&noShows, &lateCancels)
	return noShows, lateCancels, during("counting what a member missed", err)
}

// SuspendOutcome says what a suspension set free.
type SuspendOutcome struct{ Freed int }

func (o SuspendOutcome) effect() (string, int64) { return "suspended", 0 }

// Suspend bars a member: future seats go through the allocator with the cause
// "member removed", places on waitlists end, sessions are signed out.
func (e *Engine) Suspend(ctx context.Context, a Actor, personID int64) (SuspendOutcome, error) {
	return e.remove(ctx, a, personID, "suspended")
}

// remove suspends or erases a person; what is freed goes through the allocator.
func (e *Engine) remove(ctx context.Context, a Actor, personID int64, state string) (SuspendOutcome, error) {
	if !a.Can(EditMembers) || personID == a.ID {
		return SuspendOutcome{}, refuse(Forbidden)
	}
	out, err := whereverWaiting(ctx, e, personID, func(n need) (SuspendOutcome, error) { return e.removeNow(ctx, a, personID, state, n) })
	if err == nil {
		e.sessions.forget(personID)
	}
	return out, err
}

func (e *Engine) removeNow(ctx context.Context, a Actor, personID int64, state string, n need) (SuspendOutcome, error) {
	rows, _ := e.pool.Query(ctx, `select b.id from booking b join class c on c.id = b.class_id
		where b.person_id = $1 and b.state in ('booked', 'checked_in') and c.starts_at > clock_timestamp()`, personID)
	bookings, err := collectIDs(rows)
	if err != nil {
		return SuspendOutcome{}, during("reading the member's bookings", err)
	}
	n.bookings, n.people, n.frees = bookings, []int64{personID, a.ID}, len(bookings)+len(n.classes)
	return run(ctx, e, a, "", personID, n, func(s *snapshot) (SuspendOutcome, error) {
		var out SuspendOutcome
		p := s.people[personID]
		if p == nil || p.role == RoleGuest || p.state == "erased" || p.role.Staff() && !s.people[a.ID].may(EditRoles) {
			return out, refuse(NotFound)
		}
		for _, o := range p.bookings {
			if o.startsAt.After(s.now) && !slices.Contains(bookings, o.bookingID) {
				return out, errPlaceTaken // booked between the look and the lock: look again
			}
		}
		p = s.changePerson(p.id)
		p.state = state
		s.signedOut = append(s.signedOut, p.id)
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
		verb := "suspend"
		if state == "erased" {
			verb = "erase"
			s.erase(p)
		}
		s.record(history{actorID: a.ID, verb: verb, personID: p.id, details: map[string]any{"freed": out.Freed}})
		return out, nil
	})
}

// may asks the person's role as it is now, under the lock: the owner who acts may
// just have been made something else, so that two owners never remove each other.
func (p *person) may(right Permission) bool { return p.state == "active" && p.role.Can(right) }

// Erase forgets who a person was: name, contact, notes and password go, credits
// lapse, sessions and future seats end. Bookings and the ledger stay without a
// name, so that counts and sums stay right. It cannot be undone.
func (e *Engine) Erase(ctx context.Context, a Actor, personID int64) (SuspendOutcome, error) {
	return e.remove(ctx, a, personID, "erased")
}

const eraseSQL = `with gone as (delete from invitation where person_id = $1), stopped as (update periodic_grant set ended_at = clock_timestamp() where person_id = $1 and ended_at is null),
	ended as (update recurring set ended_at = clock_timestamp() where person_id = $1 and ended_at is null)
	update person set given_name = '–', family_name = '', email = null, phone = '', number = '', note = '', password_hash = null, password_by = null,
	search = '' where id = $1`

func (s *snapshot) erase(p *person) {
	for _, g := range p.grants {
		if g.remaining > 0 {
			s.transfers = append(s.transfers, &transfer{from: g.id, to: accountLapsed, amount: g.remaining, kind: "lapse"})
			g.remaining, g.dirty = 0, true
		}
	}
	s.erased = append(s.erased, p.id)
}

// MemberEdit is what a profile's form changes.
type MemberEdit struct {
	PersonID                       int64
	GivenName, FamilyName          string
	Email, Phone, Number, Language string
	Note                           string   // for staff only
	Only                           []string // the facts that are meant, by the names of the form; nil: all of them
}

// over is the edit with what it does not mean as it was.
func (m MemberEdit) over(was MemberEdit) MemberEdit {
	for name, fact := range map[string]struct {
		to   *string
		from string
	}{
		"given_name": {&m.GivenName, was.GivenName}, "family_name": {&m.FamilyName, was.FamilyName}, "email": {&m.Email, was.Email}, "phone": {&m.Phone, was.Phone},
		"number": {&m.Number, was.Number}, "language": {&m.Language, was.Language}, "note": {&m.Note, was.Note},
	} {
		if m.Only != nil && !slices.Contains(m.Only, name) {
			*fact.to = fact.from
		}
	}
	return m
}

func (m *MemberEdit) facts() NewPerson {
	return NewPerson{
		Role: RoleMember, GivenName: strings.TrimSpace(m.GivenName), FamilyName: strings.TrimSpace(m.FamilyName),
		Email: strings.TrimSpace(m.Email), Phone: strings.TrimSpace(m.Phone), Number: strings.TrimSpace(m.Number), Language: m.Language,
	}
}

// Check refuses every field that is wrong.
func (m *MemberEdit) Check() error {
	f := m.facts().faults()
	f.Want(plainText(m.Note, 5000), "note", "text")
	return f.Err()
}

// EditMember changes who a person is to the studio. The history names the facts
// that changed, not their content: it must not keep what an erasure takes away.
func (e *Engine) EditMember(ctx context.Context, a Actor, m MemberEdit) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	var version int64
	err := pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		var role Role
		var was MemberEdit
		err := tx.QueryRow(ctx, `select role, given_name, family_name, coalesce(email, ''), phone, number, language, note from person
			where id = $1 and role <> 'guest' and state <> 'erased' for no key update`, m.PersonID).
			Scan(&role, &was.GivenName, &was.FamilyName, &was.Email, &was.Phone, &was.Number, &was.Language, &was.Note)
		if err == pgx.ErrNoRows || err == nil && role.Staff() && !a.Can(EditRoles) && a.ID != m.PersonID {
			return refuse(NotFound)
		}
		if err != nil {
			return err
		}
		m := m.over(was)
		if err := m.Check(); err != nil {
			return err
		}
		n := m.facts()
		err = tx.QueryRow(ctx, `update person set given_name = $2, family_name = $3, email = $4, phone = $5, number = $6, language = $7, note = $8, search = $9, version = version + 1
			where id = $1 returning version`, m.PersonID, n.GivenName, n.FamilyName, strings.ToLower(n.Email), n.Phone, n.Number, m.Language, strings.TrimSpace(m.Note),
			SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone)).Scan(&version)
		if err != nil {
			return err
		}
		if was.Email != strings.ToLower(n.Email) {
			if err := e.endAccess(ctx, tx, m.PersonID, m.PersonID == a.ID); err != nil {
				return err
			}
			if err := e.alertIn(ctx, tx, m.PersonID, version, AlertEmailChanged); err != nil {
				return err
			}
		}
		changed := []string{}
		for fact, pair := range map[string][2]string{
			"name": {was.GivenName + was.FamilyName, n.GivenName + n.FamilyName}, "email": {was.Email, strings.ToLower(n.Email)}, "phone": {was.Phone, n.Phone},
			"number": {was.Number, n.Number}, "language": {was.Language, m.Language}, "note": {was.Note, strings.TrimSpace(m.Note)},
		} {
			if pair[0] != pair[1] {
				changed = append(changed, fact)
			}
		}
		return recordIn(ctx, tx, history{actorID: a.ID, verb: "edit_member", personID: m.PersonID, details: map[string]any{"facts": strings.Join(changed, ", ")}})
	})
	if err != nil {
		return refusedOr("changing a member", err)
	}
	e.sessions.forget(m.PersonID)
	e.onCommit([]Change{{Noun: PersonNoun, ID: m.PersonID, Version: version}})
	return nil
}

// endAccess voids what was sent to the former address of a person, and ends the sessions,
// but not those of somebody who corrects the own address.
func (e *Engine) endAccess(ctx context.Context, tx pgx.Tx, personID int64, own bool) error {
	_, err := tx.Exec(ctx, uninviteSQL, personID)
	if err == nil && !own {
		_, err = tx.Exec(ctx, signOutSQL, personID)
	}
	return during("ending the access of the former address", err)
}

// Reactivate lets a suspended member book again; one who can already, goes on.
func (e *Engine) Reactivate(ctx context.Context, a Actor, personID int64) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	_, err := run(ctx, e, a, "", personID, need{people: []int64{personID}}, func(s *snapshot) (nothing, error) {
		p := s.people[personID]
		switch {
		case p == nil || p.role == RoleGuest || p.state == "erased":
			return nothing{}, refuse(NotFound)
		case p.state == "active":
			return nothing{}, nil // the same press twice
		}
		s.changePerson(p.id).state = "active"
		s.record(history{actorID: a.ID, verb: "reactivate", personID: p.id})
		return nothing{}, nil
	})
	return err
}

// RoleOutcome says what else a new role did.
type RoleOutcome struct {
	PasswordVoid bool // the person needs an invitation to sign in
}

func (o RoleOutcome) effect() (string, int64) { return "role_set", 0 }

// SetRole changes what a person may do; open pages lose what the new role does not allow
// at once, for the person's version grows. With a role of staff, what opened the account
// before does not open it any more: invitations and sessions end, and so does a password
// unless somebody vouches for it who may make staff.
func (e *Engine) SetRole(ctx context.Context, a Actor, personID int64, role Role) (RoleOutcome, error) {
	if !a.Can(EditRoles) || personID == a.ID {
		return RoleOutcome{}, refuse(Forbidden)
	}
	if role != RoleMember && !role.Staff() {
		return RoleOutcome{}, invalid("role", "unknown")
	}
	var vouches int64
	err := e.pool.QueryRow(ctx, `select coalesce(password_by, 0) from person where id = $1`, personID).Scan(&vouches)
	if err != nil && err != pgx.ErrNoRows {
		return RoleOutcome{}, during("reading who vouches for a password", err)
	}
	// The person who vouches is locked as well. If that is another one by now, nobody does.
	out, err := run(ctx, e, a, "", personID, need{people: []int64{personID, a.ID, vouches}}, func(s *snapshot) (RoleOutcome, error) {
		var out RoleOutcome
		p := s.people[personID]
		if p == nil || p.role == RoleGuest || p.state == "erased" {
			return out, refuse(NotFound)
		}
		if !s.people[a.ID].may(EditRoles) {
			return out, refuse(Forbidden)
		}
		if role.Staff() && role != p.role {
			s.uninvited, s.signedOut = append(s.uninvited, p.id), append(s.signedOut, p.id)
			if by := s.people[p.vouches]; by == nil || !by.may(EditRoles) {
				s.locked, out.PasswordVoid = append(s.locked, p.id), true
			}
		}
		s.record(history{actorID: a.ID, verb: "set_role", personID: p.id, details: map[string]any{"from": p.role, "to": role}})
		s.changePerson(p.id).role = role
		return out, nil
	})
	if err == nil {
		e.sessions.forget(personID)
	}
	return out, err
}

// NewPerson is a member or a member of staff to be. People choose their passwords by
// accepting an invitation; only a studio that is being made has somebody else's hash.
type NewPerson struct {
	Role                  Role
	GivenName, FamilyName string
	Email, Phone, Number  string
	PasswordHash          PasswordHash
	Language              string // empty: not chosen

	vouches int64 // who answers for the password; 0: the person
}

// AddMember creates an account. An e-mail address that has one is refused.
func (e *Engine) AddMember(ctx context.Context, a Actor, n NewPerson) (int64, error) {
	if !a.Can(EditMembers) || n.Role.Staff() && !a.Can(EditRoles) {
		return 0, refuse(Forbidden)
	}
	n.vouches = a.ID
	if err := n.check(); err != nil {
		return 0, err
	}
	return e.recorded(ctx, 0, func(tx pgx.Tx, id int64) (history, error) {
		return history{actorID: a.ID, verb: "create_member", personID: id}, insertPerson(ctx, tx, id, n)
	})
}

func (n NewPerson) check() error { return n.faults().Err() }

func (n NewPerson) faults() (f Faults) {
	f.Want(n.Role == RoleMember || n.Role.Staff(), "role", "unknown")
	f.wantText(n.GivenName, 100, "given_name")
	f.wantText(n.FamilyName, 100, "family_name")
	f.Want(n.Email != "", "email", "missing")
	f.Want(validEmail(n.Email), "email", "email")
	f.Want(plainText(n.Phone, 50), "phone", "text")
	f.Want(plainText(n.Number, 50), "number", "text")
	f.Want(knownChoice(n.Language), "language", "choice")
	return f
}

// insertPerson writes an account within a transaction or on a connection.
func insertPerson(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, id int64, n NewPerson,
) error {
	if n.vouches == 0 {
		n.vouches = id
	}
	if n.PasswordHash.encoded == "" {
		n.vouches = 0
	}
	_, err := db.Exec(ctx, `insert into person (id, role, given_name, family_name, email, phone, number, language, password_hash, search, password_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, id, n.Role, n.GivenName, n.FamilyName, strings.ToLower(n.Email), n.Phone, n.Number, n.Language,
		textOrNil(n.PasswordHash.encoded), SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone), idOrNil(n.vouches))
	return err
}
