package present

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"terminplan/booking"
	"terminplan/templates"
)

// CalendarRefresh is how often calendar programs are asked to fetch a feed, as ISO 8601 writes
// it.
const CalendarRefresh = "PT1H"

// CalendarSite is the site to which the events of a calendar belong.
type CalendarSite struct {
	Link string // its address without a slash at the end
	Host string // in the identifiers of events; it must not change
}

// Calendar returns the feed of a person as iCalendar (RFC 5545), named after the studio.
func (pr Presenter) Calendar(site CalendarSite, studio string, entries []booking.CalendarEntry) []byte {
	cal := pr.newCalendar()
	for _, e := range entries {
		pr.addEvent(cal, site, e, site.Link+ClassPath(e.Class.ID))
	}
	cal.SetXWRCalName(calendarText(studio))
	cal.SetXWRTimezone(pr.Zone.String())
	cal.SetRefreshInterval(CalendarRefresh)
	cal.SetXPublishedTTL(CalendarRefresh)
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// CalendarEvent returns one entry as iCalendar, to be added to any calendar once. link is where
// the person sees the seat.
func (pr Presenter) CalendarEvent(site CalendarSite, e booking.CalendarEntry, link string) []byte {
	cal := pr.newCalendar()
	pr.addEvent(cal, site, e, link)
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// newCalendar publishes events: without attendees and an organizer, no program asks for an
// answer, and no address leaves the studio (RFC 5546, 3.2.1).
func (pr Presenter) newCalendar() *ics.Calendar {
	cal := ics.NewCalendar()
	cal.SetProductId("-//Terminplan//Terminplan//" + strings.ToUpper(string(pr.Lang)))
	cal.SetMethod(ics.MethodPublish)
	return cal
}

// addEvent writes instants in UTC, so that no program needs a zone. Nothing in an event depends
// on the time of reading.
func (pr Presenter) addEvent(cal *ics.Calendar, site CalendarSite, e booking.CalendarEntry, link string) {
	c := e.Class
	who := "person"
	if e.Kind == booking.CalendarTeaching {
		who = "instructor"
	}
	v := cal.AddEvent(fmt.Sprintf("class-%d.%s-%d@%s", c.ID, who, e.PersonID, site.Host))
	stamp := time.Unix(0, 0)
	if !e.ChangedAt.IsZero() {
		stamp = e.ChangedAt
		v.SetModifiedAt(stamp)
	}
	v.SetDtStampTime(stamp)
	v.SetSequence(int(e.Sequence))
	v.SetStartAt(c.StartsAt)
	v.SetEndAt(c.EndsAt)
	v.SetSummary(calendarText(pr.calendarTitle(e)))
	v.SetDescription(calendarText(pr.calendarLines(e)))
	if where := location(c); where != "" {
		v.SetLocation(calendarText(where))
	}
	v.SetURL(link)
	switch {
	case e.Cancelled:
		v.SetStatus(ics.ObjectStatusCancelled)
	case e.Kind == booking.CalendarWaiting:
		v.SetStatus(ics.ObjectStatusTentative)
	default:
		v.SetStatus(ics.ObjectStatusConfirmed)
		return
	}
	v.SetTimeTransparency(ics.TransparencyTransparent) // the person is free at that time
}

func (pr Presenter) calendarTitle(e booking.CalendarEntry) string {
	key := ""
	switch {
	case e.Cancelled && e.Class.Cancelled:
		key = "text.calendar_class_cancelled"
	case e.Cancelled:
		key = "text.calendar_booking_cancelled"
	case e.Kind == booking.CalendarWaiting:
		key = "text.calendar_waiting"
	case e.Kind == booking.CalendarTeaching:
		key = "text.calendar_teaching"
	default:
		return e.Class.Title
	}
	return pr.Text(key, "Title", e.Class.Title)
}

func (pr Presenter) calendarLines(e booking.CalendarEntry) string {
	c := e.Class
	var lines []string
	switch {
	case e.Cancelled && c.Cancelled:
		lines = append(lines, pr.Text("text.calendar_class_cancelled_text"))
	case e.Cancelled:
		lines = append(lines, pr.Text("text.calendar_booking_cancelled_text"))
	case e.Kind == booking.CalendarWaiting:
		lines = append(lines, pr.Text("text.calendar_waiting_text"))
	}
	if name := pr.instructor(c); name != "" && e.Kind != booking.CalendarTeaching {
		lines = append(lines, pr.Text("text.calendar_instructor", "Name", name))
	}
	if !e.Cancelled && !e.FreeUntil.IsZero() {
		lines = append(lines, pr.Text("text.calendar_free_until", "Until", pr.DateTime(e.FreeUntil)))
	}
	if c.Note != "" {
		lines = append(lines, c.Note)
	}
	return strings.Join(lines, "\n")
}

// calendarText leaves out control characters, which calendar programs refuse, and writes every
// end of a line alike. The library escapes the rest.
func calendarText(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(text)
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

// The pages on which people add a feed to their calendars of Google and of Outlook.
const (
	googleCalendar  = "https://calendar.google.com/calendar/r?"
	outlookCalendar = "https://outlook.live.com/calendar/0/addfromweb?"
)

// CalendarPage returns the page on which a person gets the address of the own feed.
func (pr Presenter) CalendarPage(f Frame, s booking.CalendarSettings, address string) *templates.CalendarPage {
	_, bare, _ := strings.Cut(address, ":")
	f.Active = "bookings"
	if f.Actor.Role.Staff() {
		f.Active = "profile"
	}
	return &templates.CalendarPage{
		Layout: pr.Layout(f), Address: address, Bare: bare, Token: s.Token, Waitlist: s.Waitlist, Teaches: f.Actor.Role.Staff(),
		Google:  googleCalendar + url.Values{"cid": {"webcal:" + bare}}.Encode(),
		Outlook: outlookCalendar + url.Values{"url": {address}, "name": {f.Studio.Name}}.Encode(),
	}
}
