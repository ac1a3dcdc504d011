package present

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// DataPerson is the section that has one row.
const DataPerson = "person"

// dataRows is how many rows of a section the page shows; the file has all.
const dataRows = 20

// dataWords are the facts whose values are words of the program, not of a person.
var dataWords = []string{
	"role", "state", "kind", "channel", "every", "as_what", "added_by", "booked_by", "created_by", "decided_by", "done_by", "ended_by",
	"ended_cause", "verb",
}

// ProfileData returns the page with everything about a person.
func (pr Presenter) ProfileData(l templates.Layout, data booking.PersonData) *templates.ProfileDataPage {
	p := &templates.ProfileDataPage{Layout: l, At: pr.DateTime(data.At)}
	for _, section := range data.Sections {
		if len(section.Rows) == 0 {
			continue
		}
		s := templates.DataSection{ID: "data-" + section.Name, Name: pr.Text("text.data_" + section.Name), Count: len(section.Rows)}
		s.Single, s.More = section.Name == DataPerson, max(0, len(section.Rows)-dataRows)
		for _, row := range section.Rows[:min(len(section.Rows), dataRows)] {
			var facts []templates.DataFact
			for i, value := range row {
				if text := pr.dataText(section.Facts[i], value); text != "" {
					facts = append(facts, templates.DataFact{Name: pr.Text("text.data_of_" + section.Facts[i]), Text: text})
				}
			}
			s.Rows = append(s.Rows, facts)
		}
		p.Sections = append(p.Sections, s)
	}
	return p
}

// dataText is a value as people read it; empty: there is none.
func (pr Presenter) dataText(fact string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return pr.Text("text.data_yes")
		}
		return pr.Text("text.data_no")
	case time.Time:
		return pr.Date(v) + ", " + pr.ClockLong(v)
	case string:
		if fact == "role" && v != string(booking.RoleMember) {
			return pr.Role(booking.Role(v))
		}
		known := "text.data_is_" + v
		if slices.Contains(dataWords, fact) && pr.Messages.Has(known) {
			return pr.Text(known)
		}
		return v
	case int32:
		if fact == "quiet_from" || fact == "quiet_until" {
			return booking.ClockText(int(v))
		}
		return fmt.Sprint(v)
	case map[string]any:
		var parts []string
		for name, one := range v {
			parts = append(parts, fmt.Sprintf("%s: %v", name, one))
		}
		slices.Sort(parts)
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(value)
}
