package present

import (
	"fmt"
)

// ClassPath is the path of the page of a class.
func ClassPath(id int64) string { return fmt.Sprintf("/classes/%d", id) }

// MemberPath is the path of the profile of a person.
func MemberPath(id int64) string { return fmt.Sprintf("/members/%d", id) }
