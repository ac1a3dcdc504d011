package present

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// SharePath is the path of a class for everybody, which can be shared.
func SharePath(class int64) string { return PlanPath + "/classes/" + strconv.FormatInt(class, 10) }

// PicturePath is the path of the picture that messengers show with it.
func PicturePath(class int64) string { return SharePath(class) + "/picture.png" }

// locales are the languages as Open Graph names them.
var locales = map[templates.Lang]string{templates.German: "de_DE", templates.English: "en_GB"}

// Share returns the page of a class for everybody, for a presenter of [Presenter.ForEverybody].
func (pr Presenter) Share(f Frame, c booking.Class) *templates.SharePage {
	day := Midnight(c.StartsAt, pr.Zone)
	plan := ScheduleQuery{Date: day, Page: PlanPath}
	if len(f.Studio.Languages) > 1 {
		plan = plan.in(pr.Lang)
	}
	where := strings.Join(filled(c.Room, c.Location), ", ")
	p := &templates.SharePage{
		Layout: pr.SharedLayout(f), Row: pr.ClassRow(c, booking.PersonalState{}), DayLong: pr.dayLong(c.StartsAt),
		Span: pr.Text("text.span", "Span", pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)),
			"Minutes", Minutes(c.EndsAt.Sub(c.StartsAt))),
		Where: where, TypeName: c.Type.Name, Description: c.Type.Description, ScheduleURL: plan.URL(day, false),
		Public: templates.PublicSchedule{
			HomeURL: plan.URL(Midnight(pr.Now, pr.Zone), false), SignInURL: "/login?next=" + url.QueryEscape(ClassPath(c.ID)),
		},
	}
	p.Area, p.Live, p.Socket, p.Clock = "public", DaysQuery(day, 1, ""), strings.TrimPrefix(PlanPath, "/")+"/live", pr.SecondOfDay()
	path := SharePath(c.ID)
	if len(f.Studio.Languages) > 1 {
		for _, lang := range templates.Languages {
			p.Public.Languages = append(p.Public.Languages, templates.LanguageLink{
				Lang: lang, Short: strings.ToUpper(string(lang)), Name: lang.Name(), URL: path + "?lang=" + string(lang),
			})
		}
		path += "?lang=" + string(pr.Lang)
	}
	p.Share = templates.ShareCard{
		Title: c.Title + ", " + pr.DateTime(c.StartsAt), URL: pr.PublicURL + path,
		Image: pr.PublicURL + PicturePath(c.ID) + "?lang=" + string(pr.Lang),
		Text:  strings.Join(filled(p.DayLong+", "+p.Span, where, c.Type.Description), " · "), Locale: locales[pr.Lang],
	}
	p.Event = pr.shareEvent(f.Studio, c, p)
	return p
}

// filled returns the texts that are not empty.
func filled(texts ...string) (list []string) {
	for _, text := range texts {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// shareEvent returns the class as search engines read it, with the fields that they ask for. The
// start has the offset of the studio's zone. Classes cost credits and not money, so the offer has
// no price.
func (pr Presenter) shareEvent(studio booking.Studio, c booking.Class, p *templates.SharePage) map[string]any {
	const vocabulary = "https://schema.org/"
	status, availability := "EventScheduled", "SoldOut"
	if c.Cancelled {
		status = "EventCancelled"
	}
	if p.Row.Act == "book" || p.Row.Act == "sheet" {
		availability = "InStock"
	}
	e := map[string]any{
		"@context": "https://schema.org", "@type": "Event", "name": c.Title,
		"startDate": c.StartsAt.In(pr.Zone).Format(time.RFC3339), "endDate": c.EndsAt.In(pr.Zone).Format(time.RFC3339),
		"eventStatus": vocabulary + status, "eventAttendanceMode": vocabulary + "OfflineEventAttendanceMode",
		"image": []string{p.Share.Image}, "url": p.Share.URL,
		"location": map[string]string{
			"@type": "Place", "name": cmp.Or(p.Where, studio.Name), "address": cmp.Or(c.Location, studio.Name),
		},
		"organizer": map[string]string{"@type": "Organization", "name": studio.Name, "url": pr.PublicURL + "/"},
		"offers":    map[string]string{"@type": "Offer", "url": p.Share.URL, "availability": vocabulary + availability},
	}
	if c.Type.Description != "" {
		e["description"] = c.Type.Description
	}
	if name := cmp.Or(c.Substitute, c.Instructor); name != "" && !pr.Nameless {
		e["performer"] = map[string]string{"@type": "Person", "name": name}
	}
	return e
}
