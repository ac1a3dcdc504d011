package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Mail returns the mail of a delivery, from its cause as it is now (rule 28). Its links begin with
// PublicURL. The link that switches the category off is added by the sender, which knows the token.
func (pr Presenter) Mail(d booking.Delivery, c booking.MailCause) templates.Mail {
	w := mailWriter{Presenter: pr, delivery: d, cause: c, class: c.Class, guest: d.To.Role == booking.RoleGuest}
	if d.Alert != nil {
		w.alert = *d.Alert
		if w.class == nil {
			w.class = w.alert.Class
		}
	}
	w.mail = templates.Mail{Lang: pr.Lang, Studio: d.Studio.Name, Mark: mark(d.Studio.Name)}
	w.mail.Off.Text = pr.Text("mail.off")
	w.why(string(d.Rule.Category))
	if !w.guest && d.Kind != booking.NoticeInvitation && d.Kind != booking.NoticeReset {
		w.mail.Choose = w.link("mail.choose", "/profile/notifications")
	}
	if write := mailWriters[d.Kind]; write != nil {
		write(&w)
	}
	if d.To.SharesEmail {
		w.mail.Paragraphs = slices.Insert(w.mail.Paragraphs, 0, pr.Text("mail.shared_for", "Name", d.To.Name))
	}
	if w.mail.Class != nil || len(w.mail.Facts) > 0 || len(w.mail.Lists) > 0 {
		w.mail.Zone = pr.Text("mail.zone", "Name", zoneName(pr.Zone))
	}
	return w.mail.Clean()
}

// mailWriter puts a mail together.
type mailWriter struct {
	Presenter
	delivery booking.Delivery
	cause    booking.MailCause
	alert    booking.Alert  // zero: the notice has none
	class    *booking.Class // nil: about no class
	guest    bool           // the reader has no account
	mail     templates.Mail
}

// mailWriters write the mails of all notices that go out by mail.
var mailWriters map[booking.NoticeKind]func(*mailWriter)

func init() { // a bundle of one notice is the mail of that notice
	mailWriters = map[booking.NoticeKind]func(*mailWriter){
		booking.NoticeKind(booking.AlertSeatOffered):      (*mailWriter).seatOffered,
		booking.NoticeKind(booking.AlertSeatOpen):         (*mailWriter).seatOffered,
		booking.NoticeKind(booking.AlertMovedUp):          (*mailWriter).movedUp,
		booking.NoticeKind(booking.AlertOfferExpired):     (*mailWriter).offerEnded,
		booking.NoticeKind(booking.AlertOfferWithdrawn):   (*mailWriter).offerEnded,
		booking.NoticeKind(booking.AlertSkipped):          (*mailWriter).offerEnded,
		booking.NoticeKind(booking.AlertClassCancelled):   (*mailWriter).classCancelled,
		booking.NoticeKind(booking.AlertClassRestored):    (*mailWriter).classRestored,
		booking.NoticeKind(booking.AlertClassMoved):       (*mailWriter).classMoved,
		booking.NoticeKind(booking.AlertClassChanged):     (*mailWriter).classChanged,
		booking.NoticeKind(booking.AlertBookingCancelled): (*mailWriter).bookingCancelled,
		booking.NoticeKind(booking.AlertBookingAdded):     (*mailWriter).bookingAdded,
		booking.NoticeKind(booking.AlertRecurringBooked):  (*mailWriter).bookingAdded,
		booking.NoticeKind(booking.AlertRecurringMissed):  (*mailWriter).recurringMissed,
		booking.NoticeKind(booking.AlertCreditsExpiring7): (*mailWriter).creditsExpiring,
		booking.NoticeKind(booking.AlertCreditsExpiring1): (*mailWriter).creditsExpiring,
		booking.NoticeKind(booking.AlertPasswordChanged):  (*mailWriter).accountChanged,
		booking.NoticeKind(booking.AlertEmailChanged):     (*mailWriter).accountChanged,
		booking.NoticeKind(booking.AlertSignInFailed):     (*mailWriter).accountChanged,
		booking.NoticeKind(booking.AlertSignedInNew):      (*mailWriter).accountChanged,
		booking.NoticeKind(booking.AlertFactorChanged):    (*mailWriter).accountChanged,
		booking.NoticeKind(booking.AlertRecoveryUsed):     (*mailWriter).accountChanged,
		booking.NoticeReceipt:                             (*mailWriter).receipt,
		booking.NoticeMorning:                             (*mailWriter).morning,
		booking.NoticeDigest:                              (*mailWriter).digest,
		booking.NoticeFreeUntil:                           (*mailWriter).freeUntil,
		booking.NoticeReminder:                            (*mailWriter).reminder,
		booking.NoticeTeaching:                            (*mailWriter).teaching,
		booking.NoticeInvitation:                          (*mailWriter).secretLink,
		booking.NoticeReset:                               (*mailWriter).secretLink,
		booking.NoticeAddress:                             (*mailWriter).secretLink,
		booking.NoticeRegistration:                        (*mailWriter).registration,
		booking.NoticeRegistrationTaken:                   (*mailWriter).registrationTaken,
		booking.NoticeRegistrationApproved:                (*mailWriter).registrationApproved,
		booking.NoticeRegistrationRefused:                 (*mailWriter).registrationRefused,
	}
}

// head sets subject, title and preheader: the sentences "mail.subject.NAME" and "mail.title.NAME",
// with the class and what else pairs name.
func (w *mailWriter) head(name string, pairs ...any) {
	pairs = append([]any{"Studio", w.mail.Studio}, pairs...)
	if w.class != nil {
		pairs = append(pairs, "Title", w.class.Title, "What", w.what(*w.class), "When", w.brief(w.class.StartsAt))
	}
	w.mail.Subject, w.mail.Title = w.Text("mail.subject."+name, pairs...), w.Text("mail.title."+name, pairs...)
}

// say adds a paragraph. The first one is also the preheader.
func (w *mailWriter) say(key string, pairs ...any) {
	text := w.Text(key, pairs...)
	if len(w.mail.Paragraphs) == 0 {
		w.mail.Preheader = text
	}
	w.mail.Paragraphs = append(w.mail.Paragraphs, text)
}

func (w *mailWriter) after(key string, pairs ...any) {
	w.mail.After = append(w.mail.After, w.Text(key, pairs...))
}

func (w *mailWriter) fact(key, value string) {
	w.mail.Facts = append(w.mail.Facts, templates.MailFact{Label: w.Text(key), Value: value})
}

// deadline adds a fact that must not be overlooked.
func (w *mailWriter) deadline(key string, t time.Time) {
	w.mail.Facts = append(w.mail.Facts, templates.MailFact{Label: w.Text(key), Value: w.DateTime(t), Strong: true})
}

func (w *mailWriter) why(category string) {
	name := category
	if w.guest {
		name = "guest"
	}
	w.mail.Why = w.Text("mail.why."+name, "Studio", w.mail.Studio)
}

func (w *mailWriter) link(key, path string) templates.MailLink {
	return templates.MailLink{Text: w.Text(key), URL: w.PublicURL + path}
}

// button adds a button. A guest has no account and therefore one way only: the own link.
func (w *mailWriter) button(key, path string) {
	if w.guest {
		return
	}
	w.mail.Buttons = append(w.mail.Buttons, w.link(key, path))
}

// guestButton adds the link of a guest to the own seat.
func (w *mailWriter) guestButton(key string) {
	if w.guest && w.cause.Link != "" {
		w.mail.Buttons = append(w.mail.Buttons, templates.MailLink{Text: w.Text(key), URL: w.cause.Link})
	}
}

// calendar adds the link to the calendar entry of a booking.
func (w *mailWriter) calendar() {
	switch id := w.bookingID(); {
	case w.guest && w.cause.Link != "":
		w.mail.Links = append(w.mail.Links, templates.MailLink{Text: w.Text("mail.calendar"), URL: w.cause.Link + "/calendar.ics"})
	case id != 0 && !w.guest:
		w.mail.Links = append(w.mail.Links, w.link("mail.calendar", bookingCalendarPath(id)))
	}
}

// card shows the class. Without a booking of the reader the title is no link for a guest.
func (w *mailWriter) card() {
	if w.class == nil {
		return
	}
	card := w.mailClass(*w.class)
	if w.guest {
		card.URL = ""
	}
	w.mail.Class = &card
}

func (pr Presenter) mailClass(c booking.Class) templates.MailClass {
	return templates.MailClass{
		Title: c.Title, Day: pr.dayWithYear(c.StartsAt), Clock: pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)),
		Place: location(c), Instructor: pr.instructor(c), Hue: c.Type.Hue, Off: c.Cancelled, URL: pr.PublicURL + ClassPath(c.ID),
	}
}

// item is a class in a list.
func (w *mailWriter) item(c booking.Class, texts ...string) templates.MailItem {
	return templates.MailItem{
		Title: c.Title, When: w.DateTime(c.StartsAt), Text: dotted(texts...), Hue: c.Type.Hue,
		URL: w.PublicURL + ClassPath(c.ID),
	}
}

// dotted joins the texts that are not empty.
func dotted(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), " · ")
}

// price adds what a seat costs. Guests pay no credits.
func (w *mailWriter) price(credits int) {
	if !w.guest {
		w.fact("mail.fact.price", w.credits(credits))
	}
}

func (w *mailWriter) balance() {
	if !w.guest {
		w.fact("mail.fact.balance", w.Text("credits", "N", w.cause.Balance))
	}
}

// refund adds whether credits came back, if the seat had cost any.
func (w *mailWriter) refund(cost, refunded int) {
	switch {
	case w.guest || cost == 0:
		return
	case refunded > 0:
		w.fact("mail.fact.refund", w.Text("credits", "N", refunded))
	default:
		w.fact("mail.fact.refund", w.Text("mail.no_refund"))
	}
	w.balance()
}

// free adds until when cancelling is free.
func (w *mailWriter) free() {
	switch until := w.exit(); {
	case until.IsZero():
	case w.delivery.Now.Before(until):
		w.deadline("mail.fact.free_until", until)
	case !w.guest && w.cost() > 0:
		w.fact("mail.fact.cancelling", w.Text("mail.binding"))
	}
}

// exit is the instant until which cancelling is free; zero: there is no booking.
func (w *mailWriter) exit() time.Time {
	if w.cause.Booking != nil {
		return w.cause.Booking.FreeUntil
	}
	return w.alert.FreeUntil
}

func (w *mailWriter) cost() int {
	if w.cause.Booking != nil {
		return w.cause.Booking.Cost
	}
	return w.alert.Cost
}

func (w *mailWriter) bookingID() int64 {
	if w.cause.Booking != nil {
		return w.cause.Booking.ID
	}
	return w.delivery.BookingID
}

// reason is the reason of a cancellation in the language of the reader.
func (w *mailWriter) reason(by map[string]string) {
	if text := by[string(w.Lang)]; text != "" {
		w.fact("mail.fact.reason", text)
	}
}

func (pr Presenter) credits(n int) string {
	if n == 0 {
		return pr.Text("mail.free_of_charge")
	}
	return pr.Text("credits", "N", n)
}

// what names a class in a subject: "Yoga Flow, Di 1. Dez. 18:00".
func (pr Presenter) what(c booking.Class) string { return c.Title + ", " + pr.brief(c.StartsAt) }

// brief formats a time in a subject, without signs that would need an encoding.
func (pr Presenter) brief(t time.Time) string { return pr.Lang.Brief(t.In(pr.Zone)) }

func (pr Presenter) dayWithYear(t time.Time) string {
	t = t.In(pr.Zone)
	return pr.Lang.DayLong(t) + t.Format(" 2006")
}

// zoneName is the city of a zone: Berlin.
func zoneName(zone *time.Location) string {
	name := zone.String()
	return strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " ")
}
