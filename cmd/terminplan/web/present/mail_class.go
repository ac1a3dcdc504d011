package present

import (
	"fmt"
	"slices"

	"terminplan/booking"
	"terminplan/templates"
)

// The mails about one class.

func bookingCalendarPath(id int64) string { return fmt.Sprintf("/calendar/bookings/%d", id) }

func cancellationPath(id int64) string { return fmt.Sprintf("/bookings/%d/cancellation", id) }

// seatOffered tells a waiter of a seat: held for this person, or free for the first who accepts.
func (w *mailWriter) seatOffered() {
	w.mail.Tone = "offer"
	w.head(string(w.delivery.Kind))
	offer := w.alert.Offer
	shared := w.alert.Kind == booking.AlertSeatOpen
	switch {
	case shared:
		w.say("mail.say.seat_open")
	case offer != nil:
		w.say("mail.say.seat_offered", "Until", w.DateTime(offer.ExpiresAt))
	}
	w.card()
	if offer != nil {
		name := "mail.fact.held"
		if shared {
			name = "mail.fact.reserved"
		}
		w.deadline(name, offer.ExpiresAt)
	}
	w.price(w.alert.Cost)
	w.balance()
	w.free()
	w.button("mail.button.offer", ClassPath(w.class.ID))
	w.after("mail.say.offer_how")
}

// movedUp tells of a seat that was booked from the waitlist, and how to give it back.
func (w *mailWriter) movedUp() {
	w.mail.Tone = "good"
	w.head("moved_up")
	w.say("mail.say.moved_up")
	back := w.delivery.Now.Before(w.exit())
	if back {
		w.say("mail.say.moved_up_back", "Until", w.DateTime(w.exit()))
	}
	w.card()
	if back {
		w.deadline("mail.fact.give_back", w.exit())
	} else {
		w.free()
	}
	w.price(w.cost())
	w.balance()
	w.button("mail.button.class", ClassPath(w.class.ID))
	if id := w.bookingID(); id != 0 && back {
		w.button("mail.button.give_back", cancellationPath(id))
	}
	w.calendar()
}

// offerEnded tells that an offer ended, or that a waiter was passed over.
func (w *mailWriter) offerEnded() {
	w.head(string(w.alert.Kind))
	if w.alert.Kind == booking.AlertOfferExpired {
		w.say("mail.say.offer_expired")
	} else {
		w.sayText(w.changes(w.alert, w.delivery.Now))
	}
	w.card()
	w.button("mail.button.class", ClassPath(w.class.ID))
}

// sayText adds a paragraph that is a sentence already.
func (w *mailWriter) sayText(text string) {
	if text == "" {
		return
	}
	if len(w.mail.Paragraphs) == 0 {
		w.mail.Preheader = text
	}
	w.mail.Paragraphs = append(w.mail.Paragraphs, text)
}

func (w *mailWriter) classCancelled() {
	w.mail.Tone = "bad"
	w.head("class_cancelled")
	if w.bookingID() != 0 {
		w.say("mail.say.class_cancelled_booked")
	} else {
		w.say("mail.say.class_cancelled_waiting")
	}
	w.card()
	if w.mail.Class != nil {
		w.mail.Class.Off = true
	}
	w.mail.Note = w.cause.Note
	if w.bookingID() != 0 {
		w.refund(w.cost(), w.cause.Refunded)
	}
	w.button("mail.button.another", "/schedule")
}

func (w *mailWriter) classRestored() {
	w.mail.Tone = "good"
	w.head("class_restored")
	w.say("text.class_restored")
	w.card()
	w.button("mail.button.class", ClassPath(w.class.ID))
}

// classMoved tells of another time or another location.
func (w *mailWriter) classMoved() {
	w.mail.Tone = "warn"
	was := w.cause.Was
	if was.IsZero() {
		was = w.alert.Was
	}
	name := "class_moved"
	if was.IsZero() || was.Equal(w.class.StartsAt) {
		name = "class_moved_place"
	}
	w.head(name)
	id := w.bookingID()
	if id == 0 {
		w.say("mail.say.class_moved_waiting")
	} else {
		w.say("mail.say.class_moved_booked")
	}
	free := id != 0 && w.delivery.Now.Before(w.exit())
	if free {
		w.say("mail.say.class_moved_free", "Until", w.DateTime(w.exit()))
	}
	w.card()
	if name == "class_moved" {
		w.mail.Class.Was = w.DateTime(was)
	}
	w.changedFacts()
	if id != 0 {
		w.free()
	}
	w.button("mail.button.class", ClassPath(w.class.ID))
	if free {
		w.button("mail.button.cancel_free", cancellationPath(id))
	}
	w.guestButton("mail.button.guest")
	w.calendar()
}

// changedFacts adds a sentence for the location, the room and the instructor that are new.
func (w *mailWriter) changedFacts() {
	changed := w.cause.Changed
	if len(changed) == 0 {
		changed = w.alert.Changed
	}
	for _, is := range []struct{ fact, key, name string }{
		{"location", "text.changed_location", w.class.Location},
		{"room", "text.changed_room", w.class.Room},
		{"instructor", "text.changed_instructor", w.instructor(*w.class)},
	} {
		if slices.Contains(changed, is.fact) && is.name != "" {
			w.say(is.key, "Name", is.name)
		}
	}
}

func (w *mailWriter) classChanged() {
	w.head("class_changed")
	w.say("mail.say.class_changed")
	w.card()
	w.changedFacts()
	w.button("mail.button.class", ClassPath(w.class.ID))
	w.guestButton("mail.button.guest")
}

func (w *mailWriter) bookingCancelled() {
	w.mail.Tone = "bad"
	w.head("booking_cancelled")
	w.say("mail.say.booking_cancelled")
	w.card()
	w.reason(w.cause.Reason)
	w.refund(w.cost(), w.cause.Refunded)
	w.button("mail.button.another", "/schedule")
}

// bookingAdded tells of a seat that staff, or a recurring booking, booked. For a guest it is the
// confirmation (rule 30).
func (w *mailWriter) bookingAdded() {
	w.mail.Tone = "good"
	name := string(w.alert.Kind)
	if w.guest {
		w.head("guest")
		w.say("mail.say.guest")
	} else {
		w.head(name)
		w.say("mail.say." + name)
		if w.alert.Kind == booking.AlertRecurringBooked {
			w.why("recurring")
		}
	}
	w.seat()
	w.calendar()
}

// seat shows a booked class with its price, its deadline and its buttons.
func (w *mailWriter) seat() {
	w.card()
	if w.class.Note != "" {
		w.mail.Note = w.class.Note
	}
	w.price(w.cost())
	w.balance()
	w.free()
	w.button("mail.button.class", ClassPath(w.class.ID))
	w.guestButton("mail.button.guest")
	if len(w.mail.Buttons) > 0 && w.guest {
		w.after("mail.say.guest_link")
	}
}

func (w *mailWriter) recurringMissed() {
	w.mail.Tone = "warn"
	w.head("recurring_missed")
	w.why("recurring")
	w.say("mail.say.recurring_missed")
	w.card()
	w.button("mail.button.class", ClassPath(w.class.ID))
}

// freeUntil reminds of the end of the free cancellation (rule 31).
func (w *mailWriter) freeUntil() {
	until := w.exit()
	w.head("free_until", "Until", w.brief(until))
	w.say("mail.say.free_until", "Until", w.DateTime(until))
	if w.cause.Waiting > 0 {
		w.say("mail.say.free_until_waiting", "N", w.cause.Waiting)
	}
	w.card()
	w.free()
	w.price(w.cost())
	if id := w.bookingID(); id != 0 {
		w.button("mail.button.give_back", cancellationPath(id))
	}
	w.button("mail.button.class", ClassPath(w.class.ID))
	w.guestButton("mail.button.guest")
}

func (w *mailWriter) reminder() {
	w.head("reminder")
	w.say("mail.say.reminder")
	w.card()
	w.free()
	w.button("mail.button.class", ClassPath(w.class.ID))
	if id := w.bookingID(); id != 0 {
		w.button("mail.button.cancel", cancellationPath(id))
	}
	w.guestButton("mail.button.guest")
	w.calendar()
}

// creditsExpiring warns of credits that will be lost.
func (w *mailWriter) creditsExpiring() {
	day := w.lastDay(w.alert.ExpiresAt)
	w.class = nil
	w.head("credits_expiring", "N", w.alert.Credits, "Day", day)
	w.say("mail.say.credits_expiring", "N", w.alert.Credits, "Day", day)
	w.mail.Facts = append(w.mail.Facts, templates.MailFact{Label: w.Text("mail.fact.valid"), Value: day, Strong: true})
	w.balance()
	w.button("mail.button.schedule", "/schedule")
	w.button("mail.button.credits", "/credits")
}

// accountChanged tells of a change of the account (rule 35).
func (w *mailWriter) accountChanged() {
	w.mail.Tone = "warn"
	w.head(string(w.alert.Kind))
	w.sayText(w.changes(w.alert, w.delivery.Now))
	if w.alert.Kind == booking.AlertPasswordChanged || w.alert.Kind == booking.AlertEmailChanged {
		w.after("mail.say.account_profile", "When", w.DateTime(w.alert.CreatedAt))
	}
	w.button("mail.button.profile", "/profile")
}

// secretLink sends a link that only the reader may have: an invitation, a new password, another
// address.
func (w *mailWriter) secretLink() {
	name := string(w.delivery.Kind)
	w.head(name)
	w.say("mail.say."+name, "Studio", w.mail.Studio, "Address", w.delivery.Address)
	button := "mail.button." + name
	if w.delivery.Kind == booking.NoticeAddress {
		button = "mail.button.confirm"
	}
	w.mail.Buttons = []templates.MailLink{{Text: w.Text(button), URL: w.cause.Link}}
	w.mail.Secret = w.cause.Link
	if !w.delivery.ExpiresAt.IsZero() {
		w.deadline("mail.fact.valid", w.delivery.ExpiresAt)
	}
	w.after("mail.say." + name + "_not_you")
}
