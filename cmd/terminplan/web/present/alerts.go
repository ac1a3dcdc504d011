package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Alerts returns the alerts that apply now. The bell on every page counts them. Credits that
// expire stand beside the balance. A sign-in on another device is told by mail, and in the list:
// on that device a card would show it to the one who signed in.
func (pr Presenter) Alerts(m booking.Personal) templates.Alerts {
	a := templates.Alerts{Epoch: pr.Epoch, Version: m.Version}
	for _, alert := range m.Alerts {
		if !listedOnly(alert) {
			a.Cards = append(a.Cards, pr.card(alert, m.Balance))
		}
	}
	a.Count = len(a.Cards)
	_, a.Quiet = pr.Night.End(pr.Now, pr.Zone)
	return a
}

func listedOnly(a booking.Alert) bool {
	return creditsExpiring(a) || a.Kind == booking.AlertSignedInNew
}

func creditsExpiring(a booking.Alert) bool {
	return a.Kind == booking.AlertCreditsExpiring7 || a.Kind == booking.AlertCreditsExpiring1
}

func (pr Presenter) card(a booking.Alert, balance int) templates.AlertCard {
	card := templates.AlertCard{ID: a.ID, Kind: "info", Cost: a.Cost, Balance: balance, BookingID: a.BookingID}
	now := pr.Now
	if c := a.Class; c != nil {
		now = c.ReadAt
		card.ClassID, card.StartsSeen = c.ID, Timestamp(c.StartsAt)
		card.Class, card.When = c.Title, upperFirst(pr.whenNear(c.StartsAt, now))
		card.Title = c.Title + ", " + pr.whenNear(c.StartsAt, now)
		if !now.After(a.FreeUntil) {
			card.FreeUntil, card.Refundable = pr.clockOrDate(a.FreeUntil, now), true
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
		card.Until, card.Left, card.Minutes = pr.clockOrWeekday(a.Offer.ExpiresAt, now), int(left.Seconds()), int(left.Minutes())
	case a.Kind == booking.AlertMovedUp:
		card.Kind = "moved_up"
	default:
		card.Title, card.Text = pr.event(a, now), pr.changes(a, now)
	}
	card.Counts = counts(a)
	return card
}

// counts reports whether the badge of the installed app counts an alert: a seat that waits for an
// answer, or a class that is not as the person knows it.
func counts(a booking.Alert) bool {
	switch a.Kind {
	case booking.AlertBookingCancelled, booking.AlertClassCancelled, booking.AlertClassMoved:
		return true
	}
	return a.Offer != nil
}

// event returns an alert as a line: what has happened, and the class.
func (pr Presenter) event(a booking.Alert, now time.Time) string {
	headline := pr.Text("news." + string(a.Kind))
	if a.Class == nil {
		return headline
	}
	return pr.Text("news.about", "Headline", headline, "What", a.Class.Title+", "+pr.whenNear(a.Class.StartsAt, now))
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
	case a.Kind == booking.AlertSignedInNew:
		return pr.Text("news.detail.signed_in_new", "Device", pr.device(a.Device), "When", pr.DateTime(a.CreatedAt))
	case a.Kind == booking.AlertFactorChanged:
		return pr.Text("news.detail.second_factor_" + string(a.Factor))
	case a.Kind == booking.AlertRecoveryUsed:
		return pr.Text("news.detail.recovery_code", "Device", pr.device(a.Device), "When", pr.DateTime(a.CreatedAt), "N", a.Left)
	case a.Kind == booking.AlertEmailChanged && a.Self:
		return pr.Text("news.detail.email_changed_self")
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
	return &templates.AlertsPage{Layout: l, List: pr.AlertList(list, templates.Notice{})}
}

// AlertList returns all alerts by day, the newest first.
func (pr Presenter) AlertList(list []booking.Alert, n templates.Notice) templates.AlertList {
	t := templates.AlertList{Notice: n}
	for _, a := range list {
		label := pr.dayLong(a.CreatedAt)
		switch daysBetween(a.CreatedAt, pr.Now, pr.Zone) {
		case 0:
			label = pr.Text("day.Today")
		case 1:
			label = pr.Text("day.Yesterday")
		}
		if len(t.Days) == 0 || t.Days[len(t.Days)-1].Label != label {
			t.Days = append(t.Days, templates.AlertDay{Label: label})
		}
		d := &t.Days[len(t.Days)-1]
		item := pr.alertItem(a)
		d.Items = append(d.Items, item)
		t.Unread = t.Unread || item.Open && a.Offer == nil
	}
	return t
}

// alertItem returns an alert as an entry of a list: what has happened, the class and what became
// of it.
func (pr Presenter) alertItem(a booking.Alert) templates.AlertItem {
	item := templates.AlertItem{
		ID: a.ID, When: pr.Clock(a.CreatedAt), ISO: pr.ISO(a.CreatedAt), Headline: pr.Text("news." + string(a.Kind)),
		Open: !a.Stale && !a.Dismissed && !listedOnly(a),
	}
	if c := a.Class; c != nil {
		item.What, item.URL = c.Title+", "+pr.whenNear(c.StartsAt, pr.Now), ClassPath(c.ID)
	}
	switch {
	case a.Kind == booking.AlertSeatOpen && a.Outcome == "withdrawn":
		item.Headline = pr.Text("news.outcome.taken")
	case a.Offer == nil && a.Outcome != "":
		item.Headline = pr.Text("news.outcome." + string(a.Outcome))
	case a.Stale:
		item.Detail = pr.Text("news.gone")
	case a.Offer != nil && !a.Offer.Shared:
		item.Detail = pr.Text("alert.held", "Until", pr.clockOrWeekday(a.Offer.ExpiresAt, pr.Now))
	case creditsExpiring(a):
		item.Detail, item.URL = pr.Text("text.pack_expiring", "N", a.Credits, "Day", pr.lastDay(a.ExpiresAt)), "/credits"
	default:
		item.Detail = pr.changes(a, pr.Now)
	}
	return item
}
