package present

import (
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// ZoneReview returns the page that asks what shall stay in the new zone. asked is the refusal
// with the numbers. The page contains the whole form as hidden fields.
func (pr Presenter) ZoneReview(f Frame, now *time.Location, asked *booking.Error, form url.Values) *templates.ZonePage {
	f.Active = "settings"
	p := &templates.ZonePage{
		Layout: pr.Layout(f), Was: pr.Zone.String(), Now: now.String(), Fields: hiddenFields(form, "zone_change", "zone_asked"),
	}
	p.Classes, _ = asked.Args["classes"].(int)
	p.Bookings, _ = asked.Args["bookings"].(int)
	p.Waiting, _ = asked.Args["waiting"].(int)
	p.Example, _ = asked.Args["title"].(string)
	next, _ := asked.Args["at"].(time.Time)
	p.KeptClock, p.KeptInstant = pr.DateTime(next), pr.Lang.DateTime(next.In(now))
	if form.Has("zone_asked") {
		p.Error = pr.Text("invalid.choice")
		p.Problems = []templates.Problem{{ID: "zone-change", Label: pr.Text("text.zone_question"), Text: p.Error}}
	}
	p.Fields = append(p.Fields, templates.Hidden{Name: "zone_asked", Value: "1"})
	return p
}
