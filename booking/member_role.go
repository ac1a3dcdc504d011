package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// RoleOutcome names the side effect of a new role.
type RoleOutcome struct {
	PasswordVoid bool // the person needs an invitation to sign in
}

func (o RoleOutcome) effect() (resultName, int64) { return resultRoleSet, 0 }

// SetRole changes a person's role. The person's version grows, so open pages lose at once
// what the new role does not allow. A staff role also ends the earlier ways into the
// account: invitations and sessions end, and the password becomes void, with the second factors,
// unless a person with EditRoles vouches for it. Refusals: Forbidden, Invalid, NotFound.
func (e *Engine) SetRole(ctx context.Context, a Actor, personID int64, role Role) (RoleOutcome, error) {
	if !a.Can(EditRoles) || personID == a.ID {
		return RoleOutcome{}, refuse(Forbidden)
	}
	if role != RoleMember && !role.Staff() {
		return RoleOutcome{}, invalid("role", "unknown")
	}
	var vouches int64
	err := e.readPool.QueryRow(ctx, `select coalesce(password_by, 0) from person where id = $1`, personID).Scan(&vouches)
	if err != nil && err != pgx.ErrNoRows {
		return RoleOutcome{}, during("reading the voucher of a password", err)
	}
	// The voucher is locked as well. If the voucher has changed since it was read, nobody
	// vouches.
	out, err := run(ctx, e, a, "", personID, lockSet{people: []int64{personID, a.ID, vouches}}, func(s *snapshot) (RoleOutcome, error) {
		var out RoleOutcome
		p := s.people[personID]
		if p == nil || p.role == RoleGuest || p.state == PersonErased {
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
		s.record(history{actorID: a.ID, verb: verbSetRole, personID: p.id, details: map[string]any{"from": p.role, "to": role}})
		s.changePerson(p.id).role = role
		s.ease(p.id) // limits bind members only
		return out, nil
	})
	if err == nil {
		e.sessions.forget(personID)
		e.log.InfoContext(ctx, "role changed", "person", personID, "role", role, "by", a.ID)
	}
	return out, err
}
