package present

import (
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// targetWeeks is how many weeks the page offers to copy to.
const targetWeeks = 8

// CopyWeekQuery names a week by its Monday, and the weeks to copy it to. A day is midnight UTC of
// that date, as in booking.Pattern.
type CopyWeekQuery struct {
	Week    time.Time
	Targets []time.Time // sorted
}

// Monday returns the first day of the week of a day; of the present week, if day is zero.
func Monday(day, now time.Time, zone *time.Location) time.Time {
	if day.IsZero() {
		day = booking.CalendarDay(now, zone)
	}
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// FirstTarget returns the first week to which a week can be copied: the one after it, or the
// present one if that is later.
func FirstTarget(week, now time.Time, zone *time.Location) time.Time {
	next := week.AddDate(0, 0, 7)
	if present := Monday(time.Time{}, now, zone); present.After(next) {
		return present
	}
	return next
}

// CopyWeek returns the page that lists what copying a week would make.
func (pr Presenter) CopyWeek(l templates.Layout, q CopyWeekQuery, plan booking.WeekPlan) *templates.CopyWeekPage {
	p := &templates.CopyWeekPage{
		Layout: l, Week: q.Week.Format(time.DateOnly), Title: pr.Lang.Week(q.Week),
		Dates:   pr.Lang.DateSpan(q.Week, q.Week.AddDate(0, 0, 6)),
		BackURL: "/schedule?date=" + q.Week.Format(time.DateOnly), Series: plan.Series, Key: pr.NewKey(),
	}
	for i := range targetWeeks {
		monday := FirstTarget(q.Week, pr.Now, pr.Zone).AddDate(0, 0, 7*i)
		p.Targets = append(p.Targets, templates.TargetWeek{
			Monday: monday.Format(time.DateOnly), Label: pr.Lang.Week(monday), Dates: pr.Lang.DateSpan(monday, monday.AddDate(0, 0, 6)),
			Chosen: slices.ContainsFunc(q.Targets, monday.Equal),
		})
	}
	for _, c := range plan.Copies {
		label := pr.Lang.Week(c.Day)
		if len(p.Weeks) == 0 || p.Weeks[len(p.Weeks)-1].Label != label {
			p.Weeks = append(p.Weeks, templates.CopiedWeek{Label: label, Rows: nil})
		}
		row := pr.copyRow(c)
		if row.Tick {
			p.Ticked++
		}
		last := &p.Weeks[len(p.Weeks)-1]
		last.Rows = append(last.Rows, row)
	}
	return p
}

// copyRow returns one class to be made. A class on a holiday, or with a conflict, or that is there
// already is not ticked.
func (pr Presenter) copyRow(c booking.PlannedCopy) templates.CopyRow {
	plan := pr.reviewRow(c.PlannedClass)
	row := templates.CopyRow{
		Value: strconv.FormatInt(c.Was.ID, 10) + " " + c.Day.Format(time.DateOnly), Field: "copy",
		ID:   "copy-" + strconv.FormatInt(c.Was.ID, 10) + "-" + c.Day.Format(time.DateOnly),
		When: pr.dayShort(c.StartsAt) + ", " + pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)), Title: c.Was.Title,
		Hue: c.Was.Type.Hue, Glyph: c.Was.Type.Glyph, Room: location(c.Was), Instructor: c.Was.Instructor,
		Holiday: plan.Holiday, Past: c.Past, Exists: c.Exists,
		Tick: !c.Past && !c.Exists && c.Holiday == "" && len(c.Conflicts) == 0,
	}
	if !c.Exists && !c.Past { // else it is not made, or its twin is the conflict
		row.Conflicts = plan.Conflicts
	}
	if len(c.Conflicts) > 0 {
		row.Field = "despite"
	}
	return row
}
