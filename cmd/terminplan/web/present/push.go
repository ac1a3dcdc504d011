package present

import (
	"fmt"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// PushMessage is what a device shows of a notice, on a locked screen as well: no names of other
// people, and no secret.
type PushMessage struct {
	Title, Body string
	Tag         string // a message with the same tag takes the place of this one
	Path        string // of the page that a press opens; it asks for a session
	Silent      bool   // it appears without sound and vibration
	Again       bool   // it takes the place of another one with sound and vibration
	Badge       int    // number on the icon of the installed app
}

// PushCause is the cause of a push message, as it is now.
type PushCause struct {
	Delivery booking.Delivery
	Class    *booking.Class   // nil: about no class
	Personal booking.Personal // of the person, with the state in Class
	Together int              // the number of notices that the message counts; 0: it tells of its own
}

// Push returns the message of a delivery: what has happened, and until when the person can answer.
func (pr Presenter) Push(c PushCause) PushMessage {
	d := c.Delivery
	m := PushMessage{Tag: pushTag(d), Path: "/alerts", Badge: pr.Alerts(c.Personal).Count}
	what := ""
	if c.Class != nil {
		what, m.Path = c.Class.Title+", "+pr.whenNear(c.Class.StartsAt, pr.Now), ClassPath(c.Class.ID)
	}
	switch {
	case c.Together > 0:
		m.Title, m.Body = pr.Text("push.together", "N", c.Together), pr.Text("push.together_body")
		m.Tag, m.Path = "together", "/alerts"
	case d.Replaces != 0:
		m.Title, m.Body, m.Silent = what, pr.replaced(c), true
		if what == "" {
			m.Title = pr.Text("news." + string(d.Kind))
		}
	case d.Kind == booking.NoticeTest:
		m.Title, m.Body, m.Path = pr.Text("push.test"), pr.Text("push.test_body", "Studio", d.Studio.Name), "/profile"
	case d.Alert != nil:
		m.Title, m.Body = pr.pushAlert(c, *d.Alert, what)
		m.Again = d.Kind == booking.NoticeOfferEnds
	case c.Class != nil:
		m.Title, m.Body = pr.pushClass(c, what)
	default:
		m.Title = pr.Text("push.news")
	}
	return m
}

// pushTag names what the message is about: messages about the same alert take each other's place.
func pushTag(d booking.Delivery) string {
	switch {
	case d.Alert != nil:
		return fmt.Sprintf("alert-%d", d.Alert.ID)
	case d.BookingID != 0:
		return fmt.Sprintf("%s-%d", d.Kind, d.BookingID)
	case d.ClassID != 0:
		return fmt.Sprintf("%s-class-%d", d.Kind, d.ClassID)
	}
	return string(d.Kind)
}

// pushAlert returns the message of an alert that is true now.
func (pr Presenter) pushAlert(c PushCause, a booking.Alert, what string) (title, body string) {
	headline := pr.Text("news." + string(a.Kind))
	if what != "" {
		headline = pr.Text("news.about", "Headline", headline, "What", what)
	}
	switch {
	case a.Offer != nil && c.Delivery.Kind == booking.NoticeOfferEnds:
		return pr.Text("push.offer_ends", "N", max(1, Minutes(a.Offer.ExpiresAt.Sub(pr.Now))), "What", what),
			pr.Text("alert.held", "Until", pr.ClockLong(a.Offer.ExpiresAt)) + "."
	case a.Offer != nil && a.Offer.Shared:
		return headline, pr.Text("alert.first")
	case a.Offer != nil:
		return headline, pr.Text("alert.held", "Until", pr.ClockLong(a.Offer.ExpiresAt)) + "."
	case a.Kind == booking.AlertMovedUp:
		return headline, pr.movedUp(a, c.Personal.Balance)
	case a.Kind == booking.AlertClassCancelled && a.BookingID != 0 && a.Cost > 0:
		return headline, pr.Text("push.refunded", "N", a.Cost)
	case a.Kind == booking.AlertBookingAdded && pr.Now.Before(a.FreeUntil):
		return headline, pr.Text("text.free_exit", "Until", pr.clockOrDate(a.FreeUntil, pr.Now))
	case creditsExpiring(a):
		return headline, pr.Text("text.pack_expiring", "N", a.Credits, "Day", pr.lastDay(a.ExpiresAt))
	}
	return headline, pr.changes(a, pr.Now)
}

// movedUp says what the new seat cost, and until when it can be given back.
func (pr Presenter) movedUp(a booking.Alert, balance int) string {
	var said []string
	if a.Cost > 0 {
		said = append(said, pr.Text("alert.charged", "N", a.Cost, "Balance", balance)+".")
	}
	if pr.Now.Before(a.FreeUntil) {
		said = append(said, pr.Text("alert.give_back", "Until", pr.clockOrDate(a.FreeUntil, pr.Now))+".")
	}
	return strings.Join(said, " ")
}

// pushClass returns the message of a notice about a class that has no alert.
func (pr Presenter) pushClass(c PushCause, what string) (title, body string) {
	switch c.Delivery.Kind {
	case booking.NoticeFreeUntil:
		title, body = what, ""
		if b := c.Personal.Classes[c.Class.ID].Booking; b != nil {
			title, body = pr.Text("push.free_until", "Until", pr.whenNear(b.FreeUntil, pr.Now)), what+"."
		}
		if n := c.Class.Waiting; n > 0 {
			body = strings.TrimSpace(body + " " + pr.Text("push.waiting", "N", n))
		}
		return title, body
	case booking.NoticeReminder:
		return pr.Text("push.reminder", "What", what), location(*c.Class)
	}
	return pr.Text("push.teaching"), what
}

// replaced says why a message that the device has shown is no longer true.
func (pr Presenter) replaced(c PushCause) string {
	a := c.Delivery.Alert
	switch {
	case a == nil || a.Outcome == "":
		return pr.Text("push.gone")
	case a.Outcome == "accepted" && (c.Class == nil || c.Personal.Classes[c.Class.ID].Booking != nil):
		return pr.Text("news.outcome.accepted") + "."
	case a.Outcome == "declined", a.Outcome == "expired":
		return pr.Text("news.outcome."+string(a.Outcome)) + "."
	case c.Class != nil && c.Class.Cancelled:
		return pr.Text("news.outcome.withdrawn") + "."
	}
	if c.Class != nil {
		if e := c.Personal.Classes[c.Class.ID].Entry; e != nil && e.Position > 0 {
			return pr.Text("news.detail.keep_position", "Position", e.Position)
		}
	}
	return pr.Text("news.outcome.taken") + "."
}

// devices returns the push devices of the account page.
func (pr Presenter) devices(d AccountData) templates.Devices {
	t := templates.Devices{On: d.PushOn}
	for _, v := range d.Devices {
		at := fmt.Sprintf("/push/devices/%d", v.ID)
		t.List = append(t.List, templates.DeviceRow{
			Name: pr.device(v.Name), Text: pr.Text("push.device", "Since", pr.DateTime(v.CreatedAt), "Seen", pr.DateTime(v.SeenAt)),
			State: pr.pushState(v.State, v.StateAt), Failed: v.State == booking.DeliveryFailed,
			Here: v.Session == d.Current, TestURL: at + "/test", EndURL: at + "/ending",
		})
	}
	return t
}

func (pr Presenter) pushState(state booking.DeliveryState, at time.Time) string {
	switch state {
	case booking.DeliverySent:
		return pr.Text("push.state_sent", "When", pr.DateTime(at))
	case booking.DeliveryFailed:
		return pr.Text("push.state_failed", "When", pr.DateTime(at))
	}
	return pr.Text("push.state_none")
}
