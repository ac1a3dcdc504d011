package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The mails that tell several things at once.

// receipt confirms what the person did: one class with all its facts, or lists.
func (w *mailWriter) receipt() {
	r := w.cause.Receipt
	all := len(r.Booked) + len(r.Cancelled) + len(r.Waiting) + len(r.Credits)
	switch {
	case all == 1 && len(r.Booked) == 1:
		w.about(r.Booked[0])
		w.mail.Tone = "good"
		w.head("receipt_booked")
		w.say("mail.say.booked")
		w.seat()
		w.calendar()
	case all == 1 && len(r.Cancelled) == 1:
		w.about(r.Cancelled[0])
		w.head("receipt_cancelled")
		w.say("mail.say.cancelled")
		w.card()
		w.refund(w.cost(), r.Cancelled[0].Booking.Refunded)
		w.button("mail.button.schedule", "/schedule")
	case all == 1 && len(r.Waiting) == 1:
		w.class = &r.Waiting[0].Class
		w.head("receipt_waiting")
		w.say("mail.say.waiting", "N", r.Waiting[0].Entry.Position)
		w.card()
		w.price(w.class.Rules.Cost)
		w.balance()
		w.button("mail.button.class", ClassPath(w.class.ID))
	default:
		w.receiptLists(*r)
	}
}

func (w *mailWriter) about(b booking.BookedClass) { w.class, w.cause.Booking = &b.Class, &b.Booking }

func (w *mailWriter) receiptLists(r booking.Receipt) {
	var parts []string
	count := func(key string, n int) {
		if n > 0 {
			parts = append(parts, w.Text(key, "N", n))
		}
	}
	count("mail.part.booked", len(r.Booked))
	count("mail.part.cancelled", len(r.Cancelled))
	count("mail.part.waiting", len(r.Waiting))
	var booked, cancelled, waits, credits []templates.MailItem
	for _, b := range r.Booked {
		booked = append(booked, w.item(b.Class, w.paid(b.Booking.Cost, b.Booking.FreeUntil)))
	}
	for _, b := range r.Cancelled {
		text := ""
		switch {
		case b.Booking.Refunded > 0:
			text = w.Text("mail.receipt.refunded", "N", b.Booking.Refunded)
		case b.Booking.Cost > 0:
			text = w.Text("mail.receipt.unrefunded")
		}
		cancelled = append(cancelled, w.item(b.Class, text))
	}
	for _, c := range r.Waiting {
		waits = append(waits, w.item(c.Class, w.Text("mail.receipt.position", "N", c.Entry.Position)))
	}
	for _, c := range r.Credits {
		sign := "+"
		if c.Amount < 0 {
			sign = "−"
		}
		what := sign + w.Text("credits", "N", max(c.Amount, -c.Amount))
		title, texts := w.Text("mail.credits."+string(c.Kind), "What", what), []string{c.Note}
		if !c.ExpiresAt.IsZero() && c.Kind == booking.TransferGrant {
			texts = []string{w.Text("mail.credits.valid", "Day", w.lastDay(c.ExpiresAt)), c.Note}
		}
		credits = append(credits, templates.MailItem{Title: title, When: c.Grant, Text: dotted(texts...), URL: w.PublicURL + "/credits"})
	}
	switch len(r.Credits) {
	case 0:
	case 1:
		parts = append(parts, credits[0].Title)
	default:
		parts = append(parts, w.Text("mail.part.credits"))
	}
	w.list("mail.list.booked", booked)
	w.list("mail.list.cancelled", cancelled)
	w.list("mail.list.waiting", waits)
	w.list("mail.list.credits", credits)
	w.mail.Subject, w.mail.Title, w.mail.Preheader = strings.Join(parts, ", "), w.Text("mail.title.receipt"), w.preheaderOfLists()
	w.balance()
	if len(parts) == 1 && len(credits) > 0 {
		w.mail.Title = w.Text("mail.title.credits")
		w.button("mail.button.credits", "/credits")
		return
	}
	w.button("mail.button.bookings", "/bookings")
}

// paid says what a seat in a list cost, and until when cancelling it is free.
func (w *mailWriter) paid(cost int, until time.Time) string {
	var texts []string
	if cost > 0 {
		texts = append(texts, w.Text("mail.receipt.charged", "N", cost))
	}
	switch {
	case w.delivery.Now.Before(until):
		texts = append(texts, w.Text("mail.receipt.free_until", "Until", w.DateTime(until)))
	case cost > 0:
		texts = append(texts, w.Text("mail.binding"))
	}
	return strings.Join(texts, " · ")
}

func (w *mailWriter) list(key string, items []templates.MailItem) {
	if len(items) > 0 {
		w.mail.Lists = append(w.mail.Lists, templates.MailList{Title: w.Text(key), Items: items})
	}
}

// preheaderOfLists names what the lists hold, as far as a list of mails shows it.
func (w *mailWriter) preheaderOfLists() string {
	var titles []string
	for _, l := range w.mail.Lists {
		for _, i := range l.Items {
			titles = append(titles, i.Title)
		}
	}
	return strings.Join(titles[:min(4, len(titles))], ", ")
}

// morning tells the news that could wait, by day of their class.
func (w *mailWriter) morning() {
	list := w.cause.Morning
	if len(list) == 1 {
		w.alert, w.class, w.delivery.Kind = list[0], list[0].Class, booking.NoticeKind(list[0].Kind)
		w.delivery.BookingID = list[0].BookingID
		mailWriters[w.delivery.Kind](w)
		return
	}
	w.class = nil
	w.head("morning", "N", len(list))
	var items []templates.MailItem
	for _, a := range list {
		item := templates.MailItem{Title: w.Text("news." + string(a.Kind)), URL: w.PublicURL + "/alerts"}
		switch {
		case a.Class != nil:
			item = w.item(*a.Class, w.Text("news."+string(a.Kind)), w.changes(a, w.delivery.Now))
			switch a.Kind {
			case booking.AlertOfferExpired:
				item.Text = w.Text("mail.say.offer_expired")
			case booking.AlertRecurringBooked:
				item.Text += " · " + w.paid(a.Cost, a.FreeUntil)
			}
		case creditsExpiring(a):
			item.Text = w.Text("mail.say.credits_expiring", "N", a.Credits, "Day", w.lastDay(a.ExpiresAt))
			item.URL = w.PublicURL + "/credits"
		}
		items = append(items, item)
	}
	w.mail.Lists = []templates.MailList{{Items: items}}
	w.mail.Preheader = w.preheaderOfLists()
	w.button("mail.button.bookings", "/bookings")
}

// digest tells an instructor the classes of the next day, with counts and without names.
func (w *mailWriter) digest() {
	list := slices.Clone(w.cause.Digest)
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(a, b booking.DigestClass) int { return a.Class.StartsAt.Compare(b.Class.StartsAt) })
	first := list[0].Class.StartsAt
	w.class = nil
	w.head("digest", "N", len(list), "Day", w.dayShort(first), "Clock", w.Clock(first))
	w.mail.Title = w.Text("mail.title.digest", "Day", w.dayLong(first))
	var items []templates.MailItem
	for _, c := range list {
		texts := []string{location(c.Class), w.Text("mail.digest.booked", "Booked", c.Class.Booked, "Capacity", c.Class.Rules.Capacity)}
		if c.Class.Waiting > 0 {
			texts = append(texts, w.Text("mail.digest.waiting", "N", c.Class.Waiting))
		}
		item := w.item(c.Class, texts...)
		item.When = w.Lang.ClockSpan(c.Class.StartsAt.In(w.Zone), c.Class.EndsAt.In(w.Zone))
		items = append(items, item)
	}
	w.mail.Lists = []templates.MailList{{Items: items}}
	w.mail.Preheader = w.preheaderOfLists()
	w.button("mail.button.schedule", "/schedule")
}

// teaching tells the person who teaches classes what has changed about them.
func (w *mailWriter) teaching() {
	list := w.cause.Digest
	if len(list) == 1 {
		name := "teaching_class_" + string(list[0].What)
		w.class = &list[0].Class
		if list[0].What == booking.TeachingCancelled || list[0].What == booking.TeachingReplaced {
			w.mail.Tone = "bad"
		}
		w.head(name)
		w.say("mail.say." + name)
		w.card()
		w.mail.Class.Instructor = ""
		w.mail.Note = w.cause.Note
		w.button("mail.button.class", ClassPath(w.class.ID))
		return
	}
	w.class = nil
	w.head("teaching", "N", len(list))
	var items []templates.MailItem
	for _, c := range list {
		item := w.item(c.Class, w.Text("mail.say.teaching_class_"+string(c.What)))
		item.When = dotted(item.When, location(c.Class))
		items = append(items, item)
	}
	w.mail.Lists = []templates.MailList{{Items: items}}
	w.mail.Preheader = w.preheaderOfLists()
	w.button("mail.button.schedule", "/schedule")
}
