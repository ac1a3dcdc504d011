package present

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// FoundEvents is a page of the history with its filter.
type FoundEvents struct {
	Query  booking.EventsQuery
	Path   string // of the page, without its query
	Staff  []booking.Member
	Events []booking.Event
	More   bool // there are older events
}

// ClassHistory returns the page with the events of a class.
func (pr Presenter) ClassHistory(l templates.Layout, c booking.Class, found FoundEvents) *templates.HistoryPage {
	return &templates.HistoryPage{
		Layout: l, Title: c.Title + ", " + pr.DateTime(c.StartsAt), BackURL: ClassPath(c.ID), History: pr.history(found),
	}
}

// history returns a page of the history, by day.
func (pr Presenter) history(found FoundEvents) templates.History {
	q := found.Query
	h := templates.History{Action: found.Path}
	if len(found.Staff) > 0 {
		h.Who = []templates.Choice{{Name: pr.Text("text.events_of_all")}}
		for _, m := range found.Staff {
			h.Who = append(h.Who, templates.Choice{Value: strconv.FormatInt(m.ID, 10), Name: m.Name, Selected: m.ID == q.ActorID})
		}
	}
	h.Kinds = []templates.Choice{{Name: pr.Text("text.events_any")}}
	for _, kind := range q.Kinds() {
		h.Kinds = append(h.Kinds, templates.Choice{
			Value: string(kind), Name: pr.Text("text.events_" + string(kind)), Selected: kind == q.Kind,
		})
	}
	filter := url.Values{}
	if q.ActorID != 0 {
		filter.Set("by", strconv.FormatInt(q.ActorID, 10))
	}
	if q.Kind != "" {
		filter.Set("kind", string(q.Kind))
	}
	if !q.Before.IsZero() {
		h.Newest = withQuery(found.Path, filter)
	}
	if found.More {
		filter.Set("before", Timestamp(found.Events[len(found.Events)-1].At))
		h.Older = withQuery(found.Path, filter)
	}
	var people []booking.PersonName
	for _, e := range found.Events {
		people = append(people, e.Names...)
	}
	names := pr.TellApart(people)
	for _, e := range found.Events {
		e.Actor, e.Person = names.Spoken(e.ActorID, e.Actor), names.Spoken(e.PersonID, e.Person)
		iso := e.At.In(pr.Zone).Format(time.DateOnly)
		if n := len(h.Days); n == 0 || h.Days[n-1].ISO != iso {
			h.Days = append(h.Days, templates.HistoryDay{Day: pr.dayHeading(e.At), ISO: iso})
		}
		day := &h.Days[len(h.Days)-1]
		day.Events = append(day.Events, templates.Event{
			Clock: pr.Clock(e.At), ISO: pr.ISO(e.At), Text: pr.eventText(e, q.PersonID), Changes: pr.eventChanges(e),
		})
	}
	return h
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// dayHeading is the day of t, with its year unless that is the present one.
func (pr Presenter) dayHeading(t time.Time) string {
	day := pr.Lang.DayLong(t.In(pr.Zone))
	if year := t.In(pr.Zone).Year(); year != pr.Now.In(pr.Zone).Year() {
		day += " " + strconv.Itoa(year)
	}
	return day
}

// Marks around the parts of a sentence that become links. No text of a person contains them.
const linkStart, linkURL, linkEnd = "\x01", "\x02", "\x03"

// eventText returns one line of the history as a sentence with links to the class and to the
// person, unless the page is that of the person.
func (pr Presenter) eventText(e booking.Event, of int64) []templates.TextRun {
	link := func(text, url string) string {
		if text == "" || url == "" {
			return text
		}
		return linkStart + url + linkURL + text + linkEnd
	}
	actor := e.Actor
	if actor == "" {
		actor = pr.Text("history.system")
	}
	class := e.ClassTitle
	if class != "" {
		if !e.ClassStart.IsZero() {
			class += ", " + pr.DateTime(e.ClassStart)
		}
		class = link(class, ClassPath(e.ClassID))
	}
	person := e.Person
	guest := slices.ContainsFunc(e.Names, func(n booking.PersonName) bool { return n.ID == e.PersonID && n.Guest })
	if person != "" && e.PersonID != of && !guest {
		person = link(person, MemberPath(e.PersonID))
	}
	name, _ := e.Details["name"].(string)
	key := "history." + e.Verb
	for _, way := range []string{"created", "removed"} {
		if done, _ := e.Details[way].(bool); done && pr.Messages.Has(key+"_"+way) {
			key += "_" + way
		}
	}
	if !pr.Messages.Has(key) {
		key = "history.other"
	}
	return runs(pr.Text(key, "Actor", actor, "Person", person, "Class", class, "Verb", e.Verb, "Name", name))
}

// runs splits a sentence at the marks of its links.
func runs(sentence string) (list []templates.TextRun) {
	for sentence != "" {
		before, rest, found := strings.Cut(sentence, linkStart)
		if before != "" {
			list = append(list, templates.TextRun{Text: before})
		}
		if !found {
			return list
		}
		address, rest, _ := strings.Cut(rest, linkURL)
		text, rest, _ := strings.Cut(rest, linkEnd)
		list = append(list, templates.TextRun{Text: text, URL: address})
		sentence = rest
	}
	return list
}

// eventChanges lists the facts of an event: numbers, and old and new values. Long texts are only
// named.
func (pr Presenter) eventChanges(e booking.Event) (list []templates.HistoryChange) {
	details, inSentence := e.Details, strings.HasPrefix(e.Verb, "save_")
	names := make([]string, 0, len(details))
	for name := range details {
		if pr.Messages.Has("fact."+name) && !(inSentence && slices.Contains([]string{"name", "created"}, name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range []string{"path", "kept"} { // values that are sentences of their own
		if key := fmt.Sprintf("history.%s_%v", name, details[name]); pr.Messages.Has(key) {
			list = append(list, templates.HistoryChange{Fact: pr.Text(key)})
		}
	}
	for _, name := range names {
		c := templates.HistoryChange{Fact: pr.Text("fact." + name), Now: pr.fact(name, details[name])}
		off, isFlag := details[name].(bool)
		pair, isChange := details[name].([]any)
		switch {
		case slices.Contains([]string{"note", "description", "address"}, name) && isChange:
			c.Now = ""
		case isChange && len(pair) == 2:
			c.Was, c.Now = pr.fact(name, pair[0]), pr.fact(name, pair[1])
			if c.Was == "" {
				c.Was = "–"
			}
			if c.Now == "" {
				c.Now = "–"
			}
		case c.Now == "", name == "cost" && c.Now == "0", isFlag && !off && name != "in_time":
			continue
		case name == "facts":
			for fact := range strings.SplitSeq(c.Now, ", ") {
				list = append(list, templates.HistoryChange{Fact: pr.Text("fact.changed", "What", pr.Text("field."+fact))})
			}
			continue
		}
		list = append(list, c)
	}
	return list
}

// limitless are the facts for which a number stands for "no limit" or "at once".
var limitless = map[string]map[float64]string{
	"max_open": {0: "unlimited"}, "max_per_day": {0: "unlimited"}, "max_per_week": {0: "unlimited"},
	"waitlist_size": {-1: "unlimited", 0: "none"},
}

// fact formats a value for readers.
func (pr Presenter) fact(name string, value any) string {
	switch x := value.(type) {
	case nil:
		return ""
	case bool:
		if x {
			return pr.Text("field.yes")
		}
		return pr.Text("field.no")
	case float64:
		if word, ok := limitless[name][x]; ok {
			return pr.Text("text.limit_" + word)
		}
		return fmt.Sprint(int64(x))
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return pr.DateTime(t)
		}
		if day, err := time.Parse(time.DateOnly, x); err == nil {
			return pr.Lang.DayShort(day) + " " + strconv.Itoa(day.Year())
		}
		if d, err := time.ParseDuration(x); err == nil && x != "0" {
			return pr.lasting(d)
		}
		if key := "text.value_" + name + "_" + x; pr.Messages.Has(key) {
			return pr.Text(key)
		}
		if key := "role." + x; (name == "from" || name == "to") && pr.Messages.Has(key) {
			return pr.Text(key)
		}
		return x
	}
	return fmt.Sprint(value)
}
