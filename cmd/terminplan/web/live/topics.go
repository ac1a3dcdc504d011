package live

import (
	"fmt"

	"terminplan/cmd/terminplan/web/parts"
	"terminplan/hub"
	"terminplan/templates"
)

// Only these functions make topics. A topic is one audience in one language, so all its
// subscribers get the same bytes. Rosters have no topic, because each socket's permission is
// checked whenever names are sent (see sendRoster).

// dayTopic carries the classes of one day, in the version for an audience.
func dayTopic(day string, v variant) hub.Topic {
	return hub.Topic(fmt.Sprintf("day %s %s %s", day, v.lang, v.audience))
}

// classTopic carries one class, whatever its day: for its sheet, or beside its roster.
func classTopic(id int64, v variant) hub.Topic {
	return hub.Topic(fmt.Sprintf("class %d %s %s", id, v.lang, v.audience))
}

// followTopic has the viewers that need only the personal state of a class.
func followTopic(id int64) hub.Topic { return hub.Topic(fmt.Sprintf("follow %d", id)) }

// personTopic carries the balance, the alerts and the personal states of one person.
func personTopic(id int64, lang templates.Lang) hub.Topic {
	return hub.Topic(fmt.Sprintf("person %d %s", id, lang))
}

// listTopic tells a page that lists what a person has booked that the list has changed. element
// is the id of the list.
func listTopic(id int64, element string) hub.Topic {
	return hub.Topic(fmt.Sprintf("list %d %s", id, element))
}

// audience is a group of viewers that get the same fragment of a class.
type audience string

const (
	members     audience = "member"
	sheets      audience = "sheet"       // members: the open sheet of one class
	rows        audience = "rows"        // staff: the lists of the desk
	grid        audience = "grid"        // staff: the time grid
	staffSheets audience = "staff sheet" // staff: the sheet of a colleague's class
	boards      audience = "board"       // the board in the lobby, where nobody is signed in
	visitors    audience = "visitor"     // the public schedule, where nobody is known
)

func (a audience) staff() bool { return a == rows || a == grid || a == staffSheets }

// element returns the id of the element of a class that the audience sees.
func (a audience) element(class int64) string {
	switch a {
	case rows:
		return parts.ClassStaffID(class)
	case grid:
		return parts.ClassBlockID(class)
	case sheets, staffSheets:
		return parts.SheetSeatsID(class)
	case boards:
		return parts.ClassBoardID(class)
	}
	return parts.ClassSeatsID(class)
}

// classKey names a class within a topic. Of updates with the same key, the hub keeps the one
// with the newest version.
func classKey(id int64) string { return fmt.Sprintf("class-%d", id) }

// The channels between nodes carry ids and versions only.

func dayChannel(day string) string { return "day:" + day }

func classChannel(id int64) string { return fmt.Sprintf("class:%d", id) }

func personChannel(id int64) string { return fmt.Sprintf("person:%d", id) }
