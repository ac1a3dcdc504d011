package present

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// SeriesReview returns the page that previews the days of a series before it is created. The
// page contains the whole form as hidden fields.
func (pr Presenter) SeriesReview(
	l templates.Layout, req booking.SeriesRequest, list []booking.PlannedClass, form url.Values,
) *templates.ReviewPage {
	p := review(l, "/classes", req.Class.Title, form)
	p.Series = true
	for _, d := range list {
		row := pr.reviewRow(d)
		row.Day, row.Keep = d.Day.Format(time.DateOnly), d.Holiday == ""
		p.Rows = append(p.Rows, row)
	}
	return p
}

// EditReview returns the page that previews an edit before it is saved, with the people it
// concerns and those of them whom no message can reach. action is where its form is sent.
func (pr Presenter) EditReview(
	l templates.Layout, action string, req booking.EditRequest, list []booking.PlannedClass, rosters []booking.Roster,
	unreachable []booking.PersonName, places booking.FormOptions, form url.Values,
) *templates.ReviewPage {
	names := map[int64][]string{}
	for _, roster := range rosters {
		apart := pr.rosterNames(roster)
		for _, p := range roster.Participants {
			names[roster.Class.ID] = append(names[roster.Class.ID], apart.Listed(p.PersonName()))
		}
		for _, e := range roster.Waiting {
			names[roster.Class.ID] = append(names[roster.Class.ID], pr.Text("text.waits", "Name", apart.Listed(e.PersonName())))
		}
	}
	p := review(l, action, req.Class.Title, form)
	p.Several, p.Unreachable = len(list) > 1, pr.contacts(unreachable)
	for _, d := range list {
		row := pr.reviewRow(d)
		row.People = names[d.Was.ID]
		if d.Below {
			row.Below = pr.Text("text.below", "Taken", d.Was.Booked+d.Was.Held, "Capacity", req.Class.Rules.Capacity)
		}
		p.Booked, p.Waiting = p.Booked+d.Was.Booked, p.Waiting+d.Was.Waiting
		if d.Was.ID == req.ClassID {
			p.Title, p.Changes = d.Was.Title, pr.editChanges(d.Was, d.To, places)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func review(l templates.Layout, action, title string, form url.Values) *templates.ReviewPage {
	return &templates.ReviewPage{Layout: l, Action: action, Title: title, Fields: hiddenFields(form, "confirmed", "day", "change")}
}

// hiddenFields returns a form as hidden fields, by name, without the fields in except.
func hiddenFields(form url.Values, except ...string) (list []templates.Hidden) {
	for name, values := range form {
		if slices.Contains(except, name) {
			continue
		}
		for _, value := range values {
			list = append(list, templates.Hidden{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(list, func(a, b templates.Hidden) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// reviewRow returns one class of a previewed series or edit.
func (pr Presenter) reviewRow(d booking.PlannedClass) templates.ReviewRow {
	row := templates.ReviewRow{
		When: pr.DateTime(d.StartsAt), Holiday: d.Holiday, Booked: d.Was.Booked, Guests: d.Guests, Waiting: d.Was.Waiting,
	}
	if !d.Was.StartsAt.IsZero() && !d.Was.StartsAt.Equal(d.StartsAt) {
		row.Was = pr.DateTime(d.Was.StartsAt)
	}
	for _, c := range d.Conflicts {
		key := "text.conflict_room"
		if c.Field == "instructor" {
			key = "text.conflict_instructor"
		}
		row.Conflicts = append(row.Conflicts, pr.Text(key, "Title", c.Title, "At", pr.Clock(c.StartsAt)))
	}
	return row
}
