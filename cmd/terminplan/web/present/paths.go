package present

import (
	"fmt"

	"terminplan/booking"
)

// ClassPath is the path of the page of a class.
func ClassPath(id int64) string { return fmt.Sprintf("/classes/%d", id) }

// RecurringPath is the path of the choice of dates for a recurring booking.
func RecurringPath(id int64) string { return ClassPath(id) + "/recurring" }

// MemberPath is the path of the profile of a person.
func MemberPath(id int64) string { return fmt.Sprintf("/members/%d", id) }

// LinkPath is the path of the secret link in the mail of a notice, see [booking.Engine.MailLink].
func LinkPath(kind booking.NoticeKind, secret string) string {
	if kind == booking.NoticeInvitation {
		return "/invitation#code=" + secret
	}
	return fmt.Sprintf("/%s/%s", kind, secret)
}
