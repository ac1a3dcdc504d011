package present

import (
	"fmt"
)

func ClassPath(id int64) string { return fmt.Sprintf("/classes/%d", id) }

func MemberPath(id int64) string { return fmt.Sprintf("/members/%d", id) }
