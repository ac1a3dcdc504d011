package booking

import (
	"context"
	"strings"
	"time"

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
	Since                time.Time
}

const memberSQL = `select p.id, p.given_name || ' ' || p.family_name, coalesce(p.email, ''), p.phone, p.number, p.role, p.state,
	coalesce((select sum(g.remaining) from account g where g.kind = 'grant' and g.person_id = p.id and (g.expires_at is null or g.expires_at >= clock_timestamp())), 0)::int,
	p.created_at from person p`

// Members searches the directory; total counts all that match.
func (e *Engine) Members(ctx context.Context, a Actor, q string, limit, offset int) (list []Member, total int, err error) {
	if !a.Can(SeeMembers) {
		return nil, 0, refuse(Forbidden)
	}
	words, err := searchWords(q)
	if err != nil {
		return nil, 0, err
	}
	if words == nil {
		words = []string{}
	}
	b := &pgx.Batch{}
	const found = ` where p.role <> 'guest' and p.state <> 'erased' and p.search like all($1)`
	b.Queue(memberSQL+found+` order by p.family_name, p.given_name, p.id limit $2 offset $3`, words, min(max(limit, 1), 200), max(offset, 0)).Query(func(rows pgx.Rows) (err error) {
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
		return err
	})
	b.Queue(`select count(*) from person p`+found, words).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	err = e.pool.SendBatch(ctx, b).Close()
	return list, total, during("reading the directory", err)
}

// Member reads one line of the directory.
func (e *Engine) Member(ctx context.Context, a Actor, id int64) (Member, error) {
	if !a.Can(SeeMembers) && a.ID != id {
		return Member{}, refuse(NotFound)
	}
	rows, _ := e.pool.Query(ctx, memberSQL+` where p.id = $1 and p.role <> 'guest'`, id)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Member])
	if err == pgx.ErrNoRows {
		return m, refuse(NotFound)
	}
	return m, during("reading a member", err)
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
