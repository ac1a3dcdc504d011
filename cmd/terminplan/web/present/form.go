package present

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Field is a field of a form that has a separate template: its name in requests, the id of its
// element, and the key of its label.
type Field struct{ Name, ID, Label string }

// Sent is a form that was sent and refused. The zero value stands for a form that was not sent
// yet.
type Sent struct {
	Values  url.Values // as typed
	Refused *booking.Error
}

// id returns the id in a field; 0 if there is none.
func (s Sent) id(field string) int64 { return idIn(s.Values.Get(field)) }

// ids returns the ids in all fields of a name.
func (s Sent) ids(field string) (list []int64) {
	for _, text := range s.Values[field] {
		if id := idIn(text); id != 0 {
			list = append(list, id)
		}
	}
	return list
}

func idIn(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// is reports whether a checkbox is ticked.
func (s Sent) is(field string) bool { return s.Values.Get(field) == "1" }

// Problems returns the refused fields of such a form in the order of fields, followed by
// problems of no field, and the sentences by field name.
func (pr Presenter) Problems(refused *booking.Error, fields []Field) (list []templates.Problem, sentences map[string]string) {
	sentences = map[string]string{}
	if refused == nil || refused.Field == "" {
		return nil, sentences
	}
	var elsewhere []templates.Problem
	for _, e := range refused.All() {
		sentences[e.Field] = pr.Refusal(e)
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == e.Field }) {
			elsewhere = append(elsewhere, pr.problem(e, templates.Problem{Text: sentences[e.Field]}))
		}
	}
	for _, f := range fields {
		for _, e := range refused.All() {
			if e.Field == f.Name {
				list = append(list, pr.problem(e, templates.Problem{ID: f.ID, Label: pr.Text(f.Label), Text: sentences[f.Name]}))
				break
			}
		}
	}
	return append(list, elsewhere...), sentences
}

// problem adds to a line of the summary the profile of the person who is the reason.
func (pr Presenter) problem(e *booking.Error, p templates.Problem) templates.Problem {
	if id, ok := e.Args["person_id"].(int64); ok {
		p.Profile = MemberPath(id)
		p.Person, _ = e.Args["name"].(string)
	}
	return p
}

// scopes returns the links to the same question for other classes of the series.
func (pr Presenter) scopes(current string) []templates.ScopeLink {
	return []templates.ScopeLink{
		{Name: pr.Text("text.scope_this"), Current: current == ""},
		{Value: string(booking.ThisFollowing), Name: pr.Text("text.scope_following"), Current: current == string(booking.ThisFollowing)},
		{Value: string(booking.WholeSeries), Name: pr.Text("text.scope_all"), Current: current == string(booking.WholeSeries)},
	}
}

// weekdays returns the days of a series, Monday first.
func (pr Presenter) weekdays(chosen []string) (list []templates.Option) {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for i := range 7 {
		list = append(list, templates.Option{
			ID: int64(i + 1), Name: pr.Lang.Weekday(monday.AddDate(0, 0, i)), Selected: slices.Contains(chosen, strconv.Itoa(i+1)),
		})
	}
	return list
}

// typeOptions returns the class types as options of a list.
func typeOptions(p booking.FormOptions, chosen int64) (list []templates.Option) {
	for _, t := range p.Types {
		list = append(list, templates.Option{ID: t.ID, Name: t.Name, Selected: t.ID == chosen})
	}
	return list
}

// locationOptions returns the locations as options of a list.
func locationOptions(p booking.FormOptions, chosen int64) (list []templates.Option) {
	for _, l := range p.Locations {
		list = append(list, templates.Option{ID: l.ID, Name: l.Name, Selected: l.ID == chosen})
	}
	return list
}

// roomOptions returns the rooms with their locations as options of a list.
func roomOptions(p booking.FormOptions, chosen int64) (list []templates.Option) {
	for _, r := range p.Rooms {
		o := templates.Option{ID: r.ID, Name: r.Name, Selected: r.ID == chosen}
		if r.Location != "" {
			o.Name += ", " + r.Location
		}
		list = append(list, o)
	}
	return list
}

// instructorOptions returns the instructors as options of a list.
func instructorOptions(instructors []booking.Instructor, chosen int64) (list []templates.Option) {
	for _, i := range instructors {
		list = append(list, templates.Option{ID: i.ID, Name: i.Name, Selected: i.ID == chosen})
	}
	return list
}
