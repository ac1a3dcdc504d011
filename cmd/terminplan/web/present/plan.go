package present

import (
	"maps"
	"net/url"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// PlanPath is the path of the schedule for everybody.
const PlanPath = "/plan"

// Plan returns the schedule for everybody (rule 33), for a presenter of [Presenter.ForEverybody].
// The same query of the same snapshot gives the same page. next is as for Schedule.
func (pr Presenter) Plan(
	f Frame, q ScheduleQuery, places booking.FormOptions, classes []booking.Class, next *booking.Class,
) *templates.SchedulePage {
	p := pr.Schedule(f, q, places, classes, next)
	p.Area, p.Live, p.Socket = "public", q.Live(), strings.TrimPrefix(q.Page, "/")+"/live"
	p.Public = &templates.PublicSchedule{
		HomeURL:   q.unfiltered().URL(Midnight(pr.Now, pr.Zone), false),
		SignInURL: "/login?next=" + url.QueryEscape(q.forMembers().URL(q.Date, q.Week)), Canonical: pr.canonical(f, q),
	}
	p.Public.Frame = frameOf(q)
	if len(f.Studio.Languages) > 1 {
		for _, lang := range templates.Languages {
			p.Public.Languages = append(p.Public.Languages, templates.LanguageLink{
				Lang: lang, Short: strings.ToUpper(string(lang)), Name: lang.Name(), URL: q.in(lang).URL(q.Date, q.Week),
			})
		}
	}
	return p
}

// forMembers returns the same view of the schedule for members.
func (q ScheduleQuery) forMembers() ScheduleQuery {
	q.Page, q.Keep = "", nil
	return q
}

// in returns the same view in another language.
func (q ScheduleQuery) in(lang templates.Lang) ScheduleQuery {
	q.Keep = maps.Clone(q.Keep)
	if q.Keep == nil {
		q.Keep = url.Values{}
	}
	q.Keep.Set("lang", string(lang))
	return q
}

// canonical returns the address under which search engines know the day: without filters, and
// with its language if there are several. Empty: the address of the site is unknown.
func (pr Presenter) canonical(f Frame, q ScheduleQuery) string {
	if pr.PublicURL == "" {
		return ""
	}
	to := ScheduleQuery{Page: PlanPath}
	if len(f.Studio.Languages) > 1 {
		to = to.in(pr.Lang)
	}
	return pr.PublicURL + to.URL(q.Date, q.Week)
}
