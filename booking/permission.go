package booking

import "slices"

// Role is what a person is to the studio.
type Role string

// The roles, from the customer to the owner. Guests have no account.
const (
	RoleMember     Role = "member"
	RoleGuest      Role = "guest"
	RoleInstructor Role = "instructor"
	RoleFrontDesk  Role = "front_desk"
	RoleManager    Role = "manager"
	RoleOwner      Role = "owner"
)

// Permission is one thing that staff may do.
type Permission int

// The permissions. What members may do with their own things needs none.
const (
	SeeSchedule      Permission = iota // the staff view of the schedule
	SeeParticipants                    // names in any class; an instructor sees those of the own classes
	EditParticipants                   // add, cancel, put on the waitlist
	CheckIn                            // tick who came; an instructor does so in the own classes
	Overbook                           // give a seat beyond capacity, recorded
	Override                           // book in spite of an overlap or missing credits, recorded
	RefundAnyway                       // give credits back after the cut-off, recorded
	SeeMembers                         // directory, profiles, ledgers
	EditMembers                        // suspend and reactivate
	GrantCredits                       // give credits
	CorrectCredits                     // take credits back or add some, for a reason
	EditClasses                        // create, edit, cancel, restore
	EditSettings                       // the studio's rules and lists
	EditRoles                          // make staff of members, and the reverse
)

var permissionNames = []string{
	"see_schedule", "see_participants", "edit_participants", "check_in", "overbook", "override", "refund_anyway", "see_members", "edit_members", "grant_credits", "correct_credits",
	"edit_classes", "edit_settings", "edit_roles",
}

// Permissions lists all of them, for the page that shows the table.
func Permissions() (list []Permission) {
	for p := range permissionNames {
		list = append(list, Permission(p))
	}
	return list
}

func (p Permission) String() string { return permissionNames[p] }

// permissions is the whole table of rights; read it like one.
var permissions = map[Role][]Permission{
	RoleInstructor: {SeeSchedule},
	RoleFrontDesk:  {SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits},
	RoleManager:    {SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits, CorrectCredits, Overbook, Override, RefundAnyway, EditMembers, EditClasses, EditSettings},
	RoleOwner:      {SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits, CorrectCredits, Overbook, Override, RefundAnyway, EditMembers, EditClasses, EditSettings, EditRoles},
}

// Can reports whether the role grants p.
func (r Role) Can(p Permission) bool {
	return slices.Contains(permissions[r], p)
}

// Staff reports whether the role belongs to the studio's own people.
func (r Role) Staff() bool { return r.Can(SeeSchedule) }

// Actor is who acts now: the signed-in person of a request. The zero Actor is
// nobody and may do nothing.
type Actor struct {
	ID       int64
	Role     Role
	Name     string // given and family name
	Email    string
	Language string // "de" or "en" as the person has chosen; empty: as the browser says
}

// Can reports whether the actor's role grants p.
func (a Actor) Can(p Permission) bool { return a.ID != 0 && a.Role.Can(p) }

// canSeeRoster reports whether the actor may see who takes part in the class:
// the desk may for all classes, instructors for the classes that they hold or
// take over.
func (a Actor) canSeeRoster(instructorID, substituteID int64) bool {
	return a.Can(SeeParticipants) || a.Role == RoleInstructor && (a.ID == instructorID || a.ID == substituteID)
}

// mayLookAt guards what belongs to one person: the person and staff with the
// right see it, for everybody else it does not exist.
func maySeePerson(a Actor, personID int64) error {
	if a.ID == 0 || a.ID != personID && !a.Can(SeeMembers) {
		return refuse(NotFound)
	}
	return nil
}

// may asks the person's role as it is now, under the lock: the owner who acts may
// just have been made something else, so that two owners never remove each other.
func (p *person) may(right Permission) bool { return p.state == "active" && p.role.Can(right) }
