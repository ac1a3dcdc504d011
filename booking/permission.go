package booking

import "slices"

// Role is a person's role in the studio.
type Role string

// The roles, from customer to owner. Guests have no account.
const (
	RoleMember     Role = "member"
	RoleGuest      Role = "guest"
	RoleInstructor Role = "instructor"
	RoleFrontDesk  Role = "front_desk"
	RoleManager    Role = "manager"
	RoleOwner      Role = "owner"
)

// Permission allows staff one kind of action.
type Permission int

// The permissions. Members need none for their own bookings and data.
const (
	SeeSchedule      Permission = iota // the staff view of the schedule
	SeeParticipants                    // names in any class; instructors see those of their own classes without it
	EditParticipants                   // add and cancel participants, put people on the waitlist
	CheckIn                            // check participants in; instructors do so in their own classes without it
	Overbook                           // book beyond the capacity; recorded
	Override                           // book in spite of an overlap or missing credits; recorded
	RefundAnyway                       // refund after the cut-off; recorded
	SeeMembers                         // directory, profiles, ledgers
	EditMembers                        // suspend and reactivate
	GrantCredits                       // give credits
	CorrectCredits                     // take credits back or add some, for a reason
	EditClasses                        // create, edit, cancel, restore
	EditSettings                       // the studio's rules and lists
	EditRoles                          // give members a staff role, and take it away
)

var permissionNames = []string{
	"see_schedule", "see_participants", "edit_participants", "check_in", "overbook", "override", "refund_anyway",
	"see_members", "edit_members", "grant_credits", "correct_credits", "edit_classes", "edit_settings", "edit_roles",
}

// Permissions lists all permissions.
func Permissions() (list []Permission) {
	for p := range permissionNames {
		list = append(list, Permission(p))
	}
	return list
}

func (p Permission) String() string { return permissionNames[p] }

// permissions is the complete table of rights.
var permissions = map[Role][]Permission{
	RoleInstructor: {SeeSchedule},
	RoleFrontDesk:  {SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits},
	RoleManager: {
		SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits,
		CorrectCredits, Overbook, Override, RefundAnyway, EditMembers, EditClasses, EditSettings,
	},
	RoleOwner: {
		SeeSchedule, SeeParticipants, EditParticipants, CheckIn, SeeMembers, GrantCredits,
		CorrectCredits, Overbook, Override, RefundAnyway, EditMembers, EditClasses, EditSettings, EditRoles,
	},
}

// Can reports whether the role grants p.
func (r Role) Can(p Permission) bool {
	return slices.Contains(permissions[r], p)
}

// Staff reports whether the role is a staff role.
func (r Role) Staff() bool { return r.Can(SeeSchedule) }

// Actor is the signed-in person who sends a request. The zero Actor is nobody and may do
// nothing.
type Actor struct {
	ID       int64
	Role     Role
	Name     string // given and family name
	Email    string
	Language string // "de" or "en" as the person has chosen; empty: the browser's language

	// NeedsFactor says that the role demands a second factor and the session was begun without
	// one (rule 35). Then the person may do nothing but set one up.
	NeedsFactor bool
}

// Can reports whether the actor's role grants p.
func (a Actor) Can(p Permission) bool { return a.ID != 0 && !a.NeedsFactor && a.Role.Can(p) }

// canSeeRoster reports whether the actor may see the participants of the class: the front
// desk for all classes, instructors for the classes that they give or take over.
func (a Actor) canSeeRoster(instructorID, substituteID int64) bool {
	return a.Can(SeeParticipants) || a.Role == RoleInstructor && !a.NeedsFactor && (a.ID == instructorID || a.ID == substituteID)
}

// maySeePerson guards the data of one person: it is NotFound to everybody but the person
// and staff with SeeMembers.
func maySeePerson(a Actor, personID int64) error {
	if a.ID == 0 || a.ID != personID && !a.Can(SeeMembers) {
		return refuse(NotFound)
	}
	return nil
}

// may checks the person's present role, under the lock. The role of the actor may just have
// changed: so two owners can never remove each other.
func (p *person) may(right Permission) bool { return p.state == PersonActive && p.role.Can(right) }
