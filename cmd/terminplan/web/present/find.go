package present

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/booking/typed"
	"terminplan/templates"
)

// FindQuery is a search of the palette, with what was read for it.
type FindQuery struct {
	Text    string
	People  []booking.Member
	Classes []booking.Class // of the coming days
	Open    *booking.Class  // the class of the page from which the search comes; nil: none
}

// Find returns the hits of a search, at most limit of each kind. Without a text these are the
// next classes and the actions.
func (pr Presenter) Find(a booking.Actor, q FindQuery, limit int) templates.Found {
	found := templates.Found{Query: q.Text}
	add := func(kind string, items []templates.FoundItem) {
		if len(items) > 0 {
			items = items[:min(len(items), limit)]
			for i := range items {
				items[i].ID = "found-" + kind + "-" + strconv.Itoa(i+1)
			}
			found.Groups = append(found.Groups, templates.FoundGroup{Kind: kind, Title: pr.Text("find." + kind), Items: items})
		}
	}
	add("people", pr.findPeople(q))
	add("days", pr.findDays(q.Text))
	add("classes", pr.findClasses(q))
	add("actions", pr.findActions(a, q))
	return found
}

func (pr Presenter) findPeople(q FindQuery) (items []templates.FoundItem) {
	names := pr.TellApart(namesOf(q.People, booking.Member.PersonName))
	for _, p := range q.People {
		var facts []string
		if p.Number != "" {
			facts = append(facts, pr.Text("desk.number", "Number", p.Number))
		}
		if p.Role.Staff() {
			facts = append(facts, pr.Text("role."+string(p.Role)))
		} else {
			facts = append(facts, pr.Text("credits", "N", p.Balance))
		}
		items = append(items, templates.FoundItem{
			URL: MemberPath(p.ID), Name: marked(names.Listed(p.PersonName()), q.Text), Initials: initials(p.Name),
			Facts: strings.Join(facts, " · "),
		})
	}
	return items
}

func (pr Presenter) findClasses(q FindQuery) (items []templates.FoundItem) {
	for _, c := range q.Classes {
		text := pr.Clock(c.StartsAt) + " " + c.Title
		if c.Over() || !booking.Matches(text+" "+c.Instructor+" "+c.Type.Name, q.Text) {
			continue
		}
		facts := []string{pr.nearDay(c.StartsAt)}
		for _, fact := range []string{location(c), pr.instructor(c)} {
			if fact != "" {
				facts = append(facts, fact)
			}
		}
		if q.Text == "" && len(items) == 3 {
			break
		}
		items = append(items, templates.FoundItem{
			URL: ClassPath(c.ID), Name: marked(text, q.Text), Hue: c.Type.Hue, Glyph: c.Type.Glyph, Facts: strings.Join(facts, " · "),
			Seats: strconv.Itoa(c.Booked) + "/" + strconv.Itoa(c.Rules.Capacity),
		})
	}
	return items
}

// nearDay returns the day of an instant: "Heute", "Di., 1.12.".
func (pr Presenter) nearDay(t time.Time) string {
	if daysBetween(pr.Now, t, pr.Zone) == 0 {
		return pr.Text("day.Today")
	}
	return pr.dayShort(t)
}

func (pr Presenter) findDays(text string) (items []templates.FoundItem) {
	day, ok := pr.typedDay(text)
	if !ok {
		return nil
	}
	name := pr.dayLong(day)
	if day.Year() != pr.Now.In(pr.Zone).Year() {
		name += " " + strconv.Itoa(day.Year())
	}
	return []templates.FoundItem{{
		URL: "/today?date=" + day.Format(time.DateOnly), Name: []templates.Marked{{Text: name}}, Icon: "cal",
		Facts: pr.Text("find.day_help"),
	}}
}

// typedDay returns the day that a text names, also by the beginning of a weekday, since the
// palette searches while the person types.
func (pr Presenter) typedDay(text string) (day time.Time, ok bool) {
	today := booking.CalendarDay(pr.Now, pr.Zone)
	if day, ok = typed.Date(text, today); ok {
		return booking.WallTime(day, 0, 0, pr.Zone), day.Year() < 10000
	}
	text = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), ".")
	for days := range 7 {
		day := AddDays(Midnight(pr.Now, pr.Zone), days)
		for _, lang := range templates.Languages {
			if len(text) > 1 && strings.HasPrefix(strings.ToLower(lang.WeekdayLong(day)), text) {
				return day, true
			}
		}
	}
	return day, false
}

// action is something to do that the palette offers.
type action struct {
	name, icon, url string
	key             string // the key that does it on the desk
	allowed         bool
	dialog          bool
}

func (pr Presenter) findActions(a booking.Actor, q FindQuery) (items []templates.FoundItem) {
	var class string
	edits := a.Can(booking.EditClasses)
	if q.Open != nil {
		class = ClassPath(q.Open.ID)
	}
	open := q.Open != nil && !q.Open.Cancelled && !q.Open.Over()
	actions := []action{
		{"add_guest", "plus", class + "#guest", "G", open && a.Can(booking.EditParticipants), false},
		{"print", "print", class + "#print", "P", q.Open != nil, false},
		{"edit_class", "note", class + "/edit", "", q.Open != nil && edits, false},
		{"copy_class", "copy", "/classes/new?copy=" + strings.TrimPrefix(class, "/classes/"), "", q.Open != nil && edits, false},
		{"cancel_class", "close", class + "/cancellation", "", open && edits, true},
		{"new_class", "plus", "/classes/new", "", edits, false},
		{"today", "bolt", "/today", "", true, false},
		{"schedule", "cal", "/schedule", "", true, false},
		{"members", "people", "/members", "", a.Can(booking.SeeMembers), false},
		{"settings", "gear", "/settings", "", a.Can(booking.EditSettings), false},
		{"reasons", "gear", "/settings/reasons", "", a.Can(booking.EditSettings), false},
		{"class_types", "gear", "/settings/class-types", "", a.Can(booking.EditSettings), false},
		{"rooms", "gear", "/settings/places", "", a.Can(booking.EditSettings), false},
		{"history", "clock", "/settings/history", "", a.Can(booking.EditSettings), false},
		{"profile", "user", "/profile", "", true, false},
	}
	for _, do := range actions {
		if !do.allowed {
			continue
		}
		text := pr.Text("do." + do.name)
		var words strings.Builder
		words.WriteString(text)
		for _, lang := range templates.Languages {
			words.WriteString(" " + pr.Messages.Text(lang, "do."+do.name, nil) + " " + pr.Messages.Text(lang, "do."+do.name+"_words", nil))
		}
		if !booking.Matches(words.String(), q.Text) {
			continue
		}
		item := templates.FoundItem{URL: do.url, Name: marked(text, q.Text), Icon: do.icon, Key: do.key, Dialog: do.dialog}
		if slices.Contains([]string{"add_guest", "print", "edit_class", "copy_class", "cancel_class"}, do.name) {
			item.Facts = pr.Clock(q.Open.StartsAt) + " " + q.Open.Title
		}
		items = append(items, item)
	}
	return items
}
