package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Alerts returns the alerts that apply now. Every page of a member shows them.
func (pr Presenter) Alerts(m booking.Personal) templates.Alerts {
	a := templates.Alerts{Epoch: pr.Epoch, Version: m.Version}
	for _, alert := range m.Alerts {
		a.Cards = append(a.Cards, pr.card(alert, m.Balance))
	}
	a.Count = len(a.Cards)
	return a
}

func (pr Presenter) card(a booking.Alert, balance int) templates.AlertCard {
	card := templates.AlertCard{ID: a.ID, Kind: "info", Cost: a.Cost, Balance: balance, BookingID: a.BookingID}
	now := pr.Now
	if c := a.Class; c != nil {
		now = c.ReadAt
		card.ClassID, card.StartsSeen = c.ID, Timestamp(c.StartsAt)
		card.Title = c.Title + ", " + pr.whenNear(c.StartsAt, now)
		if !now.After(a.FreeUntil) {
			card.FreeUntil, card.Refundable = pr.DateTime(a.FreeUntil), true
		}
	}
	switch {
	case a.Offer != nil:
		card.Kind, card.OfferID = "offer", a.Offer.ID
		if a.Offer.Shared {
			card.Kind = "open"
			break
		}
		left := max(0, a.Offer.ExpiresAt.Sub(now))
		card.Until, card.Left, card.Minutes = pr.ClockLong(a.Offer.ExpiresAt), int(left.Seconds()), int(left.Minutes())
	case a.Kind == booking.AlertMovedUp:
		card.Kind = "moved_up"
	default:
		card.Title, card.Text = pr.event(a, now), pr.changes(a, now)
		if a.Credits > 0 && !a.ExpiresAt.IsZero() {
			card.Text = pr.Text("text.pack_expiring", "N", a.Credits, "Day", pr.lastDay(a.ExpiresAt))
		}
	}
	return card
}

// event returns an alert as a sentence.
func (pr Presenter) event(a booking.Alert, now time.Time) string {
	what := ""
	if a.Class != nil {
		what = a.Class.Title + ", " + pr.whenNear(a.Class.StartsAt, now)
	}
	return pr.Text("news."+string(a.Kind), "What", what)
}

// changes describes the change that caused an alert: the edited facts of a class and the end
// of the free cancellation after the edit, a withdrawn offer, or the changed facts of the
// account.
func (pr Presenter) changes(a booking.Alert, now time.Time) string {
	switch {
	case a.Kind == booking.AlertPasswordChanged:
		return pr.Text("news.detail.password_changed")
	case a.Kind == booking.AlertSignInFailed:
		return pr.Text("news.detail.sign_in_failed", "N", a.Tries, "Since", pr.DateTime(a.Since))
	case a.Kind == booking.AlertEmailChanged:
		return pr.Text("news.detail.email_changed")
	case a.Class == nil:
		return ""
	}
	switch a.Kind {
	case booking.AlertOfferWithdrawn:
		return pr.Text("text.offer_withdrawn")
	case booking.AlertSkipped:
		return pr.Text("text.skipped", "Why", pr.Text("why.skipped_"+string(a.Skip)))
	case booking.AlertClassRestored:
		return pr.Text("text.class_restored")
	}
	var said []string
	if a.Kind == booking.AlertClassMoved && !a.Was.IsZero() {
		said = append(said, pr.Text("text.was", "When", pr.DateTime(a.Was)))
	}
	for _, is := range []struct{ fact, key, name string }{
		{"location", "text.changed_location", a.Class.Location},
		{"room", "text.changed_room", a.Class.Room},
		{"instructor", "text.changed_instructor", a.Class.Instructor},
	} {
		if slices.Contains(a.Changed, is.fact) && is.name != "" {
			said = append(said, pr.Text(is.key, "Name", is.name))
		}
	}
	if a.Kind == booking.AlertClassMoved && a.BookingID != 0 && a.Cost > 0 && now.Before(a.FreeUntil) {
		said = append(said, pr.Text("text.free_exit", "Until", pr.DateTime(a.FreeUntil)))
	}
	return strings.Join(said, " ")
}

// AlertsPage returns the page of all alerts.
func (pr Presenter) AlertsPage(l templates.Layout, list []booking.Alert) *templates.AlertsPage {
	return &templates.AlertsPage{Layout: l, Days: pr.alertHistory(list)}
}

// alertHistory returns all alerts by day, the newest first.
func (pr Presenter) alertHistory(list []booking.Alert) (days []templates.AlertDay) {
	now := pr.Now
	for _, a := range list {
		label := pr.dayLong(a.CreatedAt)
		if daysBetween(a.CreatedAt, now, pr.Zone) == 0 {
			label = pr.Text("day.Today")
		}
		if len(days) == 0 || days[len(days)-1].Label != label {
			days = append(days, templates.AlertDay{Label: label})
		}
		item := templates.AlertItem{
			Detail: pr.changes(a, now), ID: a.ID, Clock: pr.Clock(a.CreatedAt), ISO: pr.ISO(a.CreatedAt), Text: pr.event(a, now),
			Open: !a.Stale && !a.Dismissed,
		}
		if a.Class != nil {
			item.URL = ClassPath(a.Class.ID)
		}
		switch {
		case a.Kind == booking.AlertSeatOpen && a.Outcome == "withdrawn":
			item.Detail = pr.Text("news.detail.taken")
		case a.Outcome != "":
			item.Detail = pr.Text("news.detail." + string(a.Outcome))
		case a.Stale:
			item.Detail = pr.Text("news.detail.gone")
		case a.Credits > 0 && !a.ExpiresAt.IsZero():
			item.Detail = pr.Text("text.pack_expiring", "N", a.Credits, "Day", pr.lastDay(a.ExpiresAt))
		}
		d := &days[len(days)-1]
		d.Items = append(d.Items, item)
	}
	return days
}
