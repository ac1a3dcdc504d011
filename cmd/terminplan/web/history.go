package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

const eventsPerPage = 50

type eventJSON struct {
	At       time.Time      `json:"at"`
	Verb     string         `json:"verb"`
	Actor    string         `json:"actor,omitempty"` // empty: the system
	Person   string         `json:"person,omitempty"`
	PersonID int64          `json:"person_id,omitempty"`
	ClassID  int64          `json:"class_id,omitempty"`
	Class    string         `json:"class,omitempty"`
	Details  map[string]any `json:"details,omitempty"`
}

// events reads a page of history, and where it goes on.
func (s *Server) events(r *request, q booking.EventsQuery, address string) (list []booking.Event, older string, json any, err error) {
	if before := r.query.seenInstant("before"); before != nil {
		q.Before = *before
	}
	if err := r.query.failed(); err != nil {
		return nil, "", nil, err
	}
	q.Limit = eventsPerPage
	if list, err = s.engine.Events(r.Request.Context(), r.actor, q); err != nil {
		return nil, "", nil, err
	}
	if len(list) == eventsPerPage {
		older = address + "?before=" + queryEscape(seen(list[len(list)-1].At))
	}
	out := make([]eventJSON, 0, len(list))
	for _, e := range list {
		out = append(out, eventJSON{e.At, e.Verb, e.Actor, e.Person, e.PersonID, e.ClassID, e.ClassTitle, e.Details})
	}
	return list, older, map[string]any{"events": out}, nil
}

// classHistory is who did what in a class.
func (s *Server) classHistory(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	list, older, json, err := s.events(r, booking.EventsQuery{ClassID: id}, classPath(id)+"/history")
	if err != nil {
		return answer{}, err
	}
	return answer{json: json, page: func() error {
		c, err := s.engine.Class(r.Request.Context(), id)
		if err != nil {
			return err
		}
		v := s.voice(r)
		return s.show(r, &templates.HistoryPage{
			Layout: s.layoutOf(r, "today", "", booking.Mine{}), Title: c.Title + ", " + v.dateTime(c.StartsAt), BackURL: classPath(id), Events: v.events(list), Older: older,
		})
	}}, nil
}

// memberHistory is what happened to a person.
func (s *Server) memberHistory(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	m, err := s.engine.Member(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, err
	}
	list, older, json, err := s.events(r, booking.EventsQuery{PersonID: id}, memberPath(id)+"/history")
	if err != nil {
		return answer{}, err
	}
	return answer{json: json, page: func() error {
		return s.show(r, &templates.HistoryPage{
			Layout: s.layoutOf(r, "members", "", booking.Mine{}), Title: m.Name, BackURL: memberPath(id), Events: s.voice(r).events(list), Older: older,
		})
	}}, nil
}

// studioHistory is who changed settings, lists and roles.
func (s *Server) studioHistory(r *request) (answer, error) {
	list, older, json, err := s.events(r, booking.EventsQuery{}, "/settings/history")
	if err != nil {
		return answer{}, err
	}
	return answer{json: json, page: func() error {
		p := s.settingsPage(r, "history", nil)
		p.Events, p.Older = s.voice(r).events(list), older
		return s.show(r, p)
	}}, nil
}

func (v voice) events(list []booking.Event) (out []templates.Event) {
	for _, e := range list {
		out = append(out, templates.Event{
			When: v.date(e.At) + ", " + v.clockLong(e.At), ISO: v.iso(e.At), Text: v.eventText(e), Details: v.eventDetails(e.Details),
		})
	}
	return out
}

// eventText is one line of history as a sentence.
func (v voice) eventText(e booking.Event) string {
	actor := e.Actor
	if actor == "" {
		actor = v.say("history.system")
	}
	class := e.ClassTitle
	if class != "" && !e.ClassStart.IsZero() {
		class += ", " + v.dateTime(e.ClassStart)
	}
	key := "history." + e.Verb
	if !v.set.Has(key) {
		key = "history.other"
	}
	return v.say(key, "Actor", actor, "Person", e.Person, "Class", class, "Verb", e.Verb)
}

// eventDetails lists facts: what was changed from what to what, and numbers.
func (v voice) eventDetails(details map[string]any) string {
	names := make([]string, 0, len(details))
	for name := range details {
		if v.set.Has("fact." + name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var said []string
	for _, name := range names {
		value := v.fact(details[name])
		if pair, ok := details[name].([]any); ok && len(pair) == 2 {
			value = v.fact(pair[0]) + " → " + v.fact(pair[1])
		}
		off, isFlag := details[name].(bool)
		switch label := v.say("fact." + name); {
		case value == "", isFlag && !off && name != "in_time":
		case slices.Contains([]string{"type", "location", "room", "instructor", "substitute"}, name):
			said = append(said, label)
		default:
			said = append(said, label+": "+value)
		}
	}
	return strings.Join(said, " · ")
}

// fact is a value as people read it.
func (v voice) fact(value any) string {
	switch x := value.(type) {
	case nil:
		return ""
	case bool:
		if x {
			return v.say("field.yes")
		}
		return v.say("field.no")
	case float64:
		return fmt.Sprint(int64(x))
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return v.dateTime(t)
		}
		if d, err := time.ParseDuration(x); err == nil && x != "0" {
			return v.lasting(d)
		}
		return x
	}
	return fmt.Sprint(value)
}

// lasting is a length of time in whole hours or minutes.
func (v voice) lasting(d time.Duration) string {
	if d%time.Hour == 0 && d != 0 {
		return fmt.Sprintf("%d\u00a0h", int(d.Hours()))
	}
	return fmt.Sprintf("%d\u00a0min", int(d.Minutes()))
}
