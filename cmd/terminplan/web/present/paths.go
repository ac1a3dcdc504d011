package present

import (
	"fmt"
)

// ClassPath is the path of the page of a class.
func ClassPath(id int64) string { return fmt.Sprintf("/classes/%d", id) }

// RecurringPath is the path of the choice of dates for a recurring booking.
func RecurringPath(id int64) string { return ClassPath(id) + "/recurring" }

// MemberPath is the path of the profile of a person.
func MemberPath(id int64) string { return fmt.Sprintf("/members/%d", id) }
