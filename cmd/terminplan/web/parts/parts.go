// Package parts holds the names that Go code and templates share: ids of elements and names of
// fragments. Handlers and live updates use these names. A test compares them with the
// templates.
package parts

import (
	"fmt"
	"strings"
)

// Names of fragments: the defines in package templates.
const (
	Alerts        = "alerts"
	AlertList     = "alert_list"
	AlertsPush    = "alerts_push"
	BalancePush   = "balance_push"
	BoardRow      = "board_row"
	CancelClass   = "cancel_class"
	CancelDialog  = "cancel_dialog"
	Candidates    = "candidates"
	ClassPersonal = "class_personal"
	ClassPreview  = "class_preview_update"
	ClassRow      = "class_row"
	ClassSeats    = "class_seats"
	ClassSheet    = "class_sheet"
	ClassSummary  = "class_summary"
	GridBlock     = "grid_block"
	Home          = "home"
	InstallHint   = "install_hint"
	KeptList      = "kept_list"
	MemberBody    = "member_body"
	Bookings      = "booking_list"
	DeskFeed      = "desk_feed"
	GuestLink     = "guest_link"
	Found         = "found"
	Notice        = "notice"
	Panel         = "panel"
	Participant   = "participant"
	People        = "people"
	Preference    = "preference"
	PublicWays    = "public_ways"
	QuickForm     = "quick_form"
	QuietHours    = "quiet_hours"
	QuickPreview  = "quick_preview"
	Registrations = "registrations"
	RosterPush    = "roster_push"
	Sentence      = "sentence"
	SettingsNow   = "set_now"
	SettingsSaid  = "set_said"
	SheetPush     = "sheet_push"
	StaffRow      = "staff_row"
	Timeline      = "timeline"
	Unreached     = "unreached"
)

// Kind is the first word of an element id. It states the content of the element.
type Kind string

// The kinds of elements that a form replaces with its response.
const (
	KindAlerts     Kind = "alerts"
	KindBooking    Kind = "booking"
	KindCancel     Kind = "cancel"
	KindCandidates Kind = "candidates"
	KindClass      Kind = "class"
	KindHome       Kind = "home"
	KindMember     Kind = "member"
	KindBookings   Kind = "bookings"
	KindNews       Kind = "news"
	KindPanel      Kind = "panel"
	KindRoster     Kind = "roster"
	KindSheet      Kind = "sheet"
)

// BookingsID is the id of the list on the page of personal bookings.
const BookingsID = "bookings"

// HomeID is the id of the content of a member's first page.
const HomeID = "home"

// Ids on the pages of the settings: the note that something was saved, the timeline, and the
// addresses of the public schedule.
const (
	SettingsSaidID = "set-said"
	TimelineID     = "timeline"
	PublicWaysID   = "public-ways"
)

// SettingsNowID returns the id of the present value of a page in the list of settings.
func SettingsNowID(page string) string { return "set-" + page + "-now" }

// PreferenceID returns the id of a category on the page of preferences.
func PreferenceID(category string) string { return "pref-" + category }

// RegistrationID returns the id of a registration in the list of the desk.
func RegistrationID(person int64) string { return fmt.Sprintf("registration-%d", person) }

// BoardID is the id of the board in the lobby.
const BoardID = "board"

// ClassesID is the id of the classes of a schedule.
const ClassesID = "classes"

// ClassBoardID returns the id of the row of a class on this board.
func ClassBoardID(class int64) string { return fmt.Sprintf("class-%d-board", class) }

// MemberID returns the id of the profile of a member.
func MemberID(person int64) string { return fmt.Sprintf("member-%d", person) }

// ClassRowID returns the id of the row of a class in the schedule of a member.
func ClassRowID(class int64) string { return fmt.Sprintf("class-%d", class) }

// ClassSeatsID returns the id of the part of this row that is the same for all members.
func ClassSeatsID(class int64) string { return fmt.Sprintf("class-%d-seats", class) }

// ClassStaffID returns the id of the row of a class in the schedule of the staff.
func ClassStaffID(class int64) string { return fmt.Sprintf("class-%d-staff", class) }

// ClassBlockID returns the id of a class in the time grid of the staff.
func ClassBlockID(class int64) string { return fmt.Sprintf("class-%d-block", class) }

// StaffLinkID returns the id of the link to a class in the schedule of the staff.
func StaffLinkID(class int64) string { return fmt.Sprintf("class-%d-link", class) }

// SheetID returns the id of the sheet of a class on its page for members.
func SheetID(class int64) string { return fmt.Sprintf("sheet-%d", class) }

// SheetSeatsID returns the id of the part of this sheet that is the same for all members.
func SheetSeatsID(class int64) string { return fmt.Sprintf("sheet-%d-seats", class) }

// PanelID returns the id of the panel of a class with its participants.
func PanelID(class int64) string { return fmt.Sprintf("panel-%d", class) }

// ParticipantID returns the id of the line of a booking in the list of participants.
func ParticipantID(booking int64) string { return fmt.Sprintf("booking-%d", booking) }

// Split splits the id of an element at its first hyphen: into the kind and the rest.
func Split(element string) (kind Kind, rest string) {
	first, rest, _ := strings.Cut(element, "-")
	return Kind(first), rest
}

// Partial wraps a fragment in an element that tells htmx to replace the element with this id.
func Partial(element string, fragment []byte) []byte {
	return fmt.Appendf(nil, `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, element, fragment)
}
