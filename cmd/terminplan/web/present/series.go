package present

import (
	"terminplan/booking"
	"terminplan/templates"
)

// ReviewRow returns one class of a series or of an edit, as it would be.
func (pr Presenter) ReviewRow(d booking.PlannedClass) templates.ReviewRow {
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
