package live

import (
	"fmt"

	"terminplan/hub"
	"terminplan/templates"
)

// Only these functions make topics. A topic is one audience in one language, so all its
// subscribers get the same bytes. Rosters have no topic, because each socket's permission is
// checked whenever names are sent (see sendRoster).

// dayTopic carries the rows of one day, in the version for members or for staff.
func dayTopic(day string, lang templates.Lang, staff bool) hub.Topic {
	return hub.Topic(fmt.Sprintf("day %s %s %s", day, lang, audience(staff)))
}

// classTopic carries the row of one class, whatever its day.
func classTopic(id int64, lang templates.Lang, staff bool) hub.Topic {
	return hub.Topic(fmt.Sprintf("class %d %s %s", id, lang, audience(staff)))
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

func audience(staff bool) string {
	if staff {
		return "staff"
	}
	return "member"
}

// classKey names a class within a topic. Of updates with the same key, the hub keeps the one
// with the newest version.
func classKey(id int64) string { return fmt.Sprintf("class-%d", id) }

// The channels between nodes carry ids and versions only.

func dayChannel(day string) string { return "day:" + day }

func classChannel(id int64) string { return fmt.Sprintf("class:%d", id) }

func personChannel(id int64) string { return fmt.Sprintf("person:%d", id) }
