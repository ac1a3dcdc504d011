package web

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

func (v voice) balance(m booking.Mine) *templates.Balance {
	return &templates.Balance{Epoch: v.epoch, Version: m.Version, Credits: m.Balance}
}

// cards are the alerts that are true now, on top of every page of a member.
func (v voice) cards(m booking.Mine) templates.Alerts {
	a := templates.Alerts{Epoch: v.epoch, Version: m.Version}
	for _, alert := range m.Alerts {
		a.Cards = append(a.Cards, v.card(alert, m.Balance))
	}
	a.Count = len(a.Cards)
	return a
}

func (v voice) card(a booking.Alert, balance int) templates.AlertCard {
	card := templates.AlertCard{ID: a.ID, Kind: "info", Cost: a.Cost, Balance: balance, BookingID: a.BookingID}
	now := time.Now()
	if c := a.Class; c != nil {
		now = c.ReadAt
		card.ClassID, card.StartsSeen = c.ID, seen(c.StartsAt)
		card.Title = c.Title + ", " + v.whenNear(c.StartsAt, now)
		if !now.After(a.FreeUntil) {
			card.FreeUntil, card.Refundable = v.dateTime(a.FreeUntil), true
		}
	}
	switch {
	case a.Offer != nil:
		card.Kind, card.OfferID = "offer", a.Offer.ID
		if a.Offer.Shared {
			card.Kind = "open"
			break
		}
		card.Until, card.EndsISO = v.clockLong(a.Offer.ExpiresAt), seen(a.Offer.ExpiresAt)
		card.Minutes = int(a.Offer.ExpiresAt.Sub(now).Minutes())
	case a.Kind == booking.AlertMovedUp:
		card.Kind = "moved_up"
	default:
		card.Title, card.Text = v.event(a, now), v.changes(a, now)
		if a.Credits > 0 && !a.ExpiresAt.IsZero() {
			card.Text = v.say("text.pack_expiring", "N", a.Credits, "Day", v.lastDay(a.ExpiresAt))
		}
	}
	return card
}

// event is an alert as a sentence.
func (v voice) event(a booking.Alert, now time.Time) string {
	what := ""
	if a.Class != nil {
		what = a.Class.Title + ", " + v.whenNear(a.Class.StartsAt, now)
	}
	return v.say("news."+string(a.Kind), "What", what)
}

// changes says what was edited in a class, and until when one may leave for it, or what
// was changed of the person's account.
func (v voice) changes(a booking.Alert, now time.Time) string {
	switch {
	case a.Kind == booking.AlertPasswordChanged:
		return v.say("news.detail.password_changed")
	case a.Kind == booking.AlertEmailChanged:
		return v.say("news.detail.email_changed")
	case a.Class == nil:
		return ""
	}
	if a.Kind == booking.AlertOfferWithdrawn {
		return v.say("text.offer_withdrawn")
	}
	var said []string
	if a.Kind == booking.AlertClassMoved && !a.Was.IsZero() {
		said = append(said, v.say("text.was", "When", v.dateTime(a.Was)))
	}
	for _, is := range []struct{ fact, key, name string }{
		{"location", "text.changed_location", a.Class.Location}, {"room", "text.changed_room", a.Class.Room}, {"instructor", "text.changed_instructor", a.Class.Instructor},
	} {
		if slices.Contains(a.Changed, is.fact) && is.name != "" {
			said = append(said, v.say(is.key, "Name", is.name))
		}
	}
	if a.Kind == booking.AlertClassMoved && a.BookingID != 0 && a.Cost > 0 && now.Before(a.FreeUntil) {
		said = append(said, v.say("text.free_exit", "Until", v.dateTime(a.FreeUntil)))
	}
	return strings.Join(said, " ")
}

// history is all alerts by day, the newest first.
func (v voice) history(list []booking.Alert) (days []templates.AlertDay) {
	now := time.Now()
	for _, a := range list {
		label := v.dayLong(a.CreatedAt)
		if daysBetween(a.CreatedAt, now, v.zone) == 0 {
			label = v.say("day.Today")
		}
		if len(days) == 0 || days[len(days)-1].Label != label {
			days = append(days, templates.AlertDay{Label: label})
		}
		item := templates.AlertItem{Detail: v.changes(a, now), ID: a.ID, Clock: v.clock(a.CreatedAt), ISO: v.iso(a.CreatedAt), Text: v.event(a, now), Open: !a.Stale && !a.Dismissed}
		if a.Class != nil {
			item.URL = classPath(a.Class.ID)
		}
		switch {
		case a.Offer != nil:
			item.Detail = v.say("news.detail.open")
		case a.Stale:
			item.Detail = v.say("news.detail.gone")
		case a.Credits > 0 && !a.ExpiresAt.IsZero():
			item.Detail = v.say("text.pack_expiring", "N", a.Credits, "Day", v.lastDay(a.ExpiresAt))
		}
		d := &days[len(days)-1]
		d.Items = append(d.Items, item)
	}
	return days
}

func (v voice) booked(b booking.BookedClass, mayCancel bool) templates.BookedRow {
	c := b.Class
	r := templates.BookedRow{
		BookingID: b.Booking.ID, ClassID: c.ID, Date: v.dayShort(c.StartsAt), Clock: v.clock(c.StartsAt), ISO: v.iso(c.StartsAt),
		Title: c.Title, Room: place(c), Instructor: v.teacher(c), Cost: b.Booking.Cost, State: b.Booking.State, Refunded: b.Booking.Refunded,
		Reason: v.reason(b.Booking),
	}
	if b.Booking.ByStudio {
		r.State = "class_cancelled"
	}
	if b.Booking.State == booking.StateBooked {
		late := c.ReadAt.After(b.Booking.FreeUntil)
		r.Late = late && b.Booking.Cost > 0
		if !late && b.Booking.Cost > 0 {
			r.FreeUntil = v.dayClock(b.Booking.FreeUntil)
		}
		r.CanCancel = mayCancel && c.ReadAt.Before(c.EndsAt)
	}
	return r
}

func (v voice) reason(b booking.Booking) string {
	reason := b.Reason[string(v.lang)]
	switch {
	case b.ReasonText == "":
		return reason
	case reason == "":
		return b.ReasonText
	}
	return reason + ": " + b.ReasonText
}

func (v voice) waiting(w booking.WaitingClass) templates.WaitRow {
	c, e := w.Class, w.Entry
	r := templates.WaitRow{
		EntryID: e.ID, ClassID: c.ID, Date: v.dayShort(c.StartsAt), Clock: v.clock(c.StartsAt), ISO: v.iso(c.StartsAt),
		Title: c.Title, Room: place(c), Instructor: v.teacher(c), Place: e.Place, Auto: e.Auto, Skipped: v.skipped(e.Skip, c.Rules.Cost),
		DeskBooks: !c.Rules.Online,
	}
	if !e.Latest.IsZero() {
		r.NotLater = v.dateTime(e.Latest)
	}
	if !e.AskedUntil.IsZero() {
		r.Ahead = v.clockLong(e.AskedUntil)
	}
	if e.Offer != nil {
		r.OfferID, r.Until = e.Offer.ID, v.clockLong(e.Offer.ExpiresAt)
	}
	return r
}

func (v voice) bookings(upcoming []booking.BookedClass, waiting []booking.WaitingClass, m booking.Mine, credits booking.Credits) templates.MyBookings {
	t := templates.MyBookings{Epoch: v.epoch, Version: m.Version, Credits: templates.CreditsBox{Balance: credits.Balance, Expiring: v.expiring(credits)}}
	for _, b := range upcoming {
		t.Upcoming = append(t.Upcoming, v.booked(b, true))
	}
	for _, w := range waiting {
		t.Waiting = append(t.Waiting, v.waiting(w))
	}
	return t
}

// soon is when credits are said to run out.
const soon = 30 * 24 * time.Hour

func (v voice) expiring(c booking.Credits) (list []string) {
	for _, g := range c.Grants {
		if !g.ExpiresAt.IsZero() && time.Until(g.ExpiresAt) < soon {
			list = append(list, v.say("text.pack_expiring", "N", g.Remaining, "Day", v.lastDay(g.ExpiresAt)))
		}
	}
	return list
}

// lastDay is the date on which credits can still be used: they end at midnight.
func (v voice) lastDay(t time.Time) string { return v.date(t.Add(-time.Second)) }

// credits is the ledger; who of the staff did what is for staff only.
func (v voice) credits(c booking.Credits, staff bool) templates.Credits {
	t := templates.Credits{Balance: c.Balance, Expiring: v.expiring(c)}
	for _, g := range c.Grants {
		p := templates.Pack{Name: g.Name, Left: g.Remaining, Quantity: max(g.Quantity, g.Remaining)}
		if !g.ExpiresAt.IsZero() {
			p.ValidUntil, p.Soon = v.lastDay(g.ExpiresAt), time.Until(g.ExpiresAt) < soon
		}
		t.Packs = append(t.Packs, p)
	}
	if len(c.Grants) > 1 {
		t.NextPack = c.Grants[0].Name
	}
	for _, l := range c.Ledger {
		line := templates.LedgerLine{
			When: v.date(l.At) + " " + v.clock(l.At), ISO: v.iso(l.At), Kind: l.Kind, Text: l.GrantName, Amount: l.Amount, Balance: l.Balance,
		}
		if l.ClassTitle != "" {
			line.Text, line.URL = l.ClassTitle+", "+v.dateTime(l.ClassStartsAt), classPath(l.ClassID)
		}
		if l.Note != "" && (staff || l.Kind == "adjust") {
			line.Text += " (" + l.Note + ")"
		}
		if staff {
			line.Who = l.ActorName
		}
		t.Ledger = append(t.Ledger, line)
	}
	return t
}
