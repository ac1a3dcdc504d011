package present

import (
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// Profile is everything that the profile of one person shows.
type Profile struct {
	Member    booking.Member
	Upcoming  []booking.BookedClass
	Past      []booking.BookedClass
	Waiting   []booking.WaitingClass
	Credits   booking.Credits
	Recurring []templates.RecurringItem
	Periodics []booking.Periodic
	Types     []booking.ClassType

	NoShows, LateCancels int
}

// Role returns the name of a role of the staff; nothing for members.
func (pr Presenter) Role(r booking.Role) string {
	if r == booking.RoleMember {
		return ""
	}
	return pr.Text("role." + string(r))
}

// MemberRow returns a person in the directory.
func (pr Presenter) MemberRow(m booking.Member) templates.MemberRow {
	return templates.MemberRow{
		ID: m.ID, Name: SurnameFirst(m.GivenName, m.FamilyName), Email: m.Email, Number: m.Number, Role: pr.Role(m.Role),
		Suspended: m.State == "suspended", Credits: m.Balance,
	}
}

// Member returns the profile of a person as the staff sees it.
func (pr Presenter) Member(a booking.Actor, p Profile) templates.Member {
	t := templates.Member{
		ID: p.Member.ID, Name: p.Member.Name, Email: p.Member.Email, Phone: p.Member.Phone, Number: p.Member.Number, Role: pr.Role(p.Member.Role),
		Suspended: p.Member.State == "suspended", Credits: pr.Credits(p.Credits, true),
		MayCancel: a.Can(booking.EditParticipants), MayGrant: a.Can(booking.GrantCredits),
		MaySuspend: a.Can(booking.EditMembers) && p.Member.Role == booking.RoleMember,
		Path:       MemberPath(p.Member.ID),
	}
	if a.Can(booking.EditRoles) && a.ID != p.Member.ID {
		for _, role := range []booking.Role{
			booking.RoleMember, booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner,
		} {
			t.Roles = append(
				t.Roles, templates.RoleOption{Value: string(role), Name: pr.Text("role." + string(role)), Selected: role == p.Member.Role},
			)
		}
	}
	for _, b := range p.Upcoming {
		t.Upcoming = append(t.Upcoming, pr.BookedRow(b, t.MayCancel))
	}
	for _, w := range p.Waiting {
		t.Waiting = append(t.Waiting, pr.waitRow(w))
	}
	t.AttendanceRecord = strings.Join(pr.attendanceRecord(p.NoShows, p.LateCancels), " · ")
	for _, b := range p.Past {
		row := pr.BookedRow(b, false)
		row.Forgive = a.Can(booking.RefundAnyway) && b.Booking.State == booking.StateLateCancelled && b.Booking.Cost > 0
		t.Past = append(t.Past, row)
	}
	return t
}
