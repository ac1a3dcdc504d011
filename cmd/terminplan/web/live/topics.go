package live

import (
	"fmt"

	"terminplan/hub"
	"terminplan/templates"
)

// These are the only constructors of topics. A topic is one audience of one
// language: everybody who has it gets the same bytes. Rosters have none, since each
// socket is asked for its right whenever names are sent (see sendRosters).

// dayTopic is the rows of one day, as members or as staff see them.
func dayTopic(day string, lang templates.Lang, staff bool) hub.Topic {
	return hub.Topic(fmt.Sprintf("day %s %s %s", day, lang, audience(staff)))
}

// classTopic is the row of one class, whatever its day.
func classTopic(id int64, lang templates.Lang, staff bool) hub.Topic {
	return hub.Topic(fmt.Sprintf("class %d %s %s", id, lang, audience(staff)))
}

// followTopic has viewers who want to hear what a class is to themselves, and
// nothing else of it.
func followTopic(id int64) hub.Topic { return hub.Topic(fmt.Sprintf("follow %d", id)) }

// personTopic is what concerns one person and nobody else.
func personTopic(id int64, lang templates.Lang) hub.Topic {
	return hub.Topic(fmt.Sprintf("person %d %s", id, lang))
}

// ownBookingsTopic says that the list of a person's bookings has changed.
func ownBookingsTopic(id int64) hub.Topic { return hub.Topic(fmt.Sprintf("own %d", id)) }

func audience(staff bool) string {
	if staff {
		return "staff"
	}
	return "member"
}

// classKey names a class within a topic: of one key the newest version wins.
func classKey(id int64) string { return fmt.Sprintf("class-%d", id) }

// The channels between nodes carry ids and versions only.

func dayChannel(day string) string { return "day:" + day }

func classChannel(id int64) string { return fmt.Sprintf("class:%d", id) }

func personChannel(id int64) string { return fmt.Sprintf("person:%d", id) }
