package present

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// ClassHistory returns the page with the events of a class. older is the URL of earlier
// events; empty: there are none.
func (pr Presenter) ClassHistory(l templates.Layout, c booking.Class, list []booking.Event, older string) *templates.HistoryPage {
	return &templates.HistoryPage{
		Layout: l, Title: c.Title + ", " + pr.DateTime(c.StartsAt), BackURL: ClassPath(c.ID), Events: pr.events(list), Older: older,
	}
}

// MemberHistory returns the page with the events that concern a person. older is the URL of
// earlier events; empty: there are none.
func (pr Presenter) MemberHistory(l templates.Layout, m booking.Member, list []booking.Event, older string) *templates.HistoryPage {
	return &templates.HistoryPage{Layout: l, Title: m.Name, BackURL: MemberPath(m.ID), Events: pr.events(list), Older: older}
}

// events returns lines of the history.
func (pr Presenter) events(list []booking.Event) (out []templates.Event) {
	var people []booking.PersonName
	for _, e := range list {
		people = append(people, e.Names...)
	}
	names := pr.TellApart(people)
	for _, e := range list {
		e.Actor, e.Person = names.Spoken(e.ActorID, e.Actor), names.Spoken(e.PersonID, e.Person)
		out = append(out, templates.Event{
			When: pr.Date(e.At) + ", " + pr.ClockLong(e.At), ISO: pr.ISO(e.At), Text: pr.eventText(e), Details: pr.eventDetails(e.Details),
		})
	}
	return out
}

// eventText returns one line of the history as a sentence.
func (pr Presenter) eventText(e booking.Event) string {
	actor := e.Actor
	if actor == "" {
		actor = pr.Text("history.system")
	}
	class := e.ClassTitle
	if class != "" && !e.ClassStart.IsZero() {
		class += ", " + pr.DateTime(e.ClassStart)
	}
	key := "history." + e.Verb
	if !pr.Messages.Has(key) {
		key = "history.other"
	}
	return pr.Text(key, "Actor", actor, "Person", e.Person, "Class", class, "Verb", e.Verb)
}

// eventDetails lists the facts of an event: numbers, and old and new values.
func (pr Presenter) eventDetails(details map[string]any) string {
	names := make([]string, 0, len(details))
	for name := range details {
		if pr.Messages.Has("fact." + name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var said []string
	for _, name := range []string{"path", "kept"} { // values that are sentences of their own
		if key := fmt.Sprintf("history.%s_%v", name, details[name]); pr.Messages.Has(key) {
			said = append(said, pr.Text(key))
		}
	}
	for _, name := range names {
		value := pr.fact(details[name])
		if pair, ok := details[name].([]any); ok && len(pair) == 2 {
			value = pr.fact(pair[0]) + " → " + pr.fact(pair[1])
		}
		off, isFlag := details[name].(bool)
		switch label := pr.Text("fact." + name); {
		case value == "", isFlag && !off && name != "in_time":
		case slices.Contains([]string{"type", "location", "room", "instructor", "substitute"}, name):
			said = append(said, label)
		default:
			said = append(said, label+": "+value)
		}
	}
	return strings.Join(said, " · ")
}

// fact formats a value for readers.
func (pr Presenter) fact(value any) string {
	switch x := value.(type) {
	case nil:
		return ""
	case bool:
		if x {
			return pr.Text("field.yes")
		}
		return pr.Text("field.no")
	case float64:
		return fmt.Sprint(int64(x))
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return pr.DateTime(t)
		}
		if d, err := time.ParseDuration(x); err == nil && x != "0" {
			return pr.lasting(d)
		}
		return x
	}
	return fmt.Sprint(value)
}
