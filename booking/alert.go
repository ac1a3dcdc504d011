package booking

import "time"

// AlertKind says what happened to a person.
type AlertKind string

// The kinds of alerts.
const (
	AlertSeatOffered      AlertKind = "seat_offered" // held for this person until the offer expires
	AlertSeatOpen         AlertKind = "seat_open"    // free for the first waiter who confirms
	AlertMovedUp          AlertKind = "moved_up"     // booked from the waitlist without a click
	AlertOfferExpired     AlertKind = "offer_expired"
	AlertOfferWithdrawn   AlertKind = "offer_withdrawn" // online booking was switched off; the place is kept
	AlertNoSeat           AlertKind = "no_seat"         // the class began, no seat had come free
	AlertClassCancelled   AlertKind = "class_cancelled"
	AlertClassMoved       AlertKind = "class_moved"       // another time or location: free exit
	AlertClassChanged     AlertKind = "class_changed"     // another room or instructor
	AlertBookingCancelled AlertKind = "booking_cancelled" // by the studio's staff
	AlertBookingAdded     AlertKind = "booking_added"     // by the studio's staff
	AlertRecurringBooked  AlertKind = "recurring_booked"  // a date of a recurring booking has its seat now
	AlertRecurringMissed  AlertKind = "recurring_missed"  // a date of a standing booking could not be booked
	AlertCreditsExpiring7 AlertKind = "credits_expiring_7"
	AlertCreditsExpiring1 AlertKind = "credits_expiring_1"
	AlertPasswordChanged  AlertKind = "password_changed" // another one was set by an invitation
	AlertEmailChanged     AlertKind = "email_changed"    // the address for signing in, by the studio's staff
)

// alert is a row written in the transaction that caused it: it survives every
// socket, and the version that caused it makes it unique (rule 27).
type alert struct {
	id                            int64
	personID, classID, causeV     int64
	kind                          AlertKind
	offerID, bookingID, accountID int64
	details                       map[string]any // what changed, from and to; nil: nothing to say
}

// withdrawal makes stale alerts disappear everywhere.
type withdrawal struct {
	personID           int64
	offerID, bookingID int64 // one of the two, or
	classID, version   int64 // what was told of the class until then to somebody who waited:
	kinds              []AlertKind
}

// waiterAlerts are true for somebody who waits, and for nobody else.
var waiterAlerts = []AlertKind{AlertClassMoved, AlertClassChanged, AlertOfferWithdrawn}

func (s *snapshot) alert(a *alert) {
	s.changePerson(a.personID)
	a.id = s.newID()
	s.alerts = append(s.alerts, a)
}

func (s *snapshot) withdraw(w withdrawal) {
	s.changePerson(w.personID)
	s.withdrawals = append(s.withdrawals, w)
}

// dismissal hides an alert that its person has read.
type dismissal struct{ alertID, personID int64 }

// skipped records why a waiter was passed over at a version.
type skipped struct {
	classID, version, entryID int64
	reason                    Code
}

// history is one line of who did what; it is never changed.
type history struct {
	actorID                      int64
	verb                         string
	classID, personID, bookingID int64
	details                      map[string]any
}

func (s *snapshot) record(h history) { s.histories = append(s.histories, h) }

type capacity struct {
	classID, fromV int64
	seats          int
}

// Alert is what a person was told, with what became of it.
type Alert struct {
	ID        int64
	Kind      AlertKind
	Class     *Class // nil for alerts about credits
	BookingID int64
	Offer     *Offer // while the seat may still be taken
	FreeUntil time.Time
	Cost      int
	CreatedAt time.Time
	Stale     bool // no longer true: shown in the history only
	Dismissed bool
	Was       time.Time // class_moved: when it would have begun; zero: it begins as it did
	Changed   []string  // class_moved, class_changed: location, room, instructor
	Credits   int       // credits_expiring: how many
	ExpiresAt time.Time // credits_expiring: when
}
