package booking

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// AlertKind names the event that an alert reports.
type AlertKind string

// The kinds of alerts.
const (
	AlertSeatOffered      AlertKind = "seat_offered" // the seat is held for this person until the offer expires
	AlertSeatOpen         AlertKind = "seat_open"    // the seat is free for the first waiter who confirms
	AlertMovedUp          AlertKind = "moved_up"     // booked from the waitlist, without a confirmation by the person
	AlertOfferExpired     AlertKind = "offer_expired"
	AlertOfferWithdrawn   AlertKind = "offer_withdrawn" // online booking was switched off; the person keeps the waitlist position
	AlertSkipped          AlertKind = "skipped"         // a seat became free and a rule denies it to the person, who keeps the position
	AlertNoSeat           AlertKind = "no_seat"         // the class began before a seat became free
	AlertClassCancelled   AlertKind = "class_cancelled"
	AlertClassRestored    AlertKind = "class_restored"    // a cancelled class takes place after all, without the former bookings
	AlertClassMoved       AlertKind = "class_moved"       // time or location changed: cancelling is free
	AlertClassChanged     AlertKind = "class_changed"     // room or instructor changed
	AlertBookingCancelled AlertKind = "booking_cancelled" // by the studio's staff
	AlertBookingAdded     AlertKind = "booking_added"     // by the studio's staff
	AlertRecurringBooked  AlertKind = "recurring_booked"  // a date of a recurring booking was booked
	AlertRecurringMissed  AlertKind = "recurring_missed"  // a date of a standing booking could not be booked
	AlertCreditsExpiring7 AlertKind = "credits_expiring_7"
	AlertCreditsExpiring1 AlertKind = "credits_expiring_1"
	AlertPasswordChanged  AlertKind = "password_changed" // the person, or somebody with an invitation, set another password
	AlertEmailChanged     AlertKind = "email_changed"    // the person or the studio's staff changed the e-mail address for signing in
	AlertSignInFailed     AlertKind = "sign_in_failed"   // strangers tried passwords
	AlertSignedInNew      AlertKind = "signed_in_new"    // signed in on a device that was not known
	AlertFactorChanged    AlertKind = "second_factor"    // a second factor was added or removed
	AlertRecoveryUsed     AlertKind = "recovery_code"    // signed in with a recovery code
)

// alert is a row that is written in the transaction that caused it, so it survives the end
// of every connection. The version that caused it makes it unique (rule 27).
type alert struct {
	id                            int64
	personID, classID, causeV     int64
	kind                          AlertKind
	offerID, bookingID, accountID int64
	stale                         bool           // its cause ended in the same transaction
	details                       map[string]any // each changed fact, from and to; the reason of a skip; nil: no details
}

// withdrawal marks alerts as stale, on every page of the person. It selects them in one of
// two ways.
type withdrawal struct {
	personID           int64
	offerID, bookingID int64 // either: the alerts about this offer or this booking
	classID, version   int64 // or: the alerts of these kinds about the class, up to this version, that were sent to a waiter
	kinds              []AlertKind
}

// waiterAlerts are the kinds that concern a person only while the person waits.
var waiterAlerts = []AlertKind{AlertClassMoved, AlertClassChanged, AlertOfferWithdrawn, AlertSkipped}

func (s *snapshot) alert(a *alert) {
	s.changePerson(a.personID)
	a.id = s.newID()
	s.alerts = append(s.alerts, a)
}

func (s *snapshot) withdraw(w withdrawal) {
	s.changePerson(w.personID)
	s.withdrawals = append(s.withdrawals, w)
}

// dismissal hides an alert that the person has dismissed.
type dismissal struct{ alertID, personID int64 }

// Alert is a message to one person, with its present state.
type Alert struct {
	ID        int64
	Kind      AlertKind
	Class     *Class // nil for alerts about credits
	BookingID int64
	Offer     *Offer     // nil: the seat can no longer be taken
	Outcome   OfferState // what has become of the offer; empty: the alert is about no offer
	FreeUntil time.Time  // cancelling BookingID is free until this instant
	Cost      int        // credits: of the booking or, with an offer, of the class
	CreatedAt time.Time
	Stale     bool // no longer true: shown in the history only
	Dismissed bool
	Was       time.Time    // class_moved: the start before the change; zero: the start did not change
	Changed   []string     // class_moved, class_changed: location, room, instructor
	Skip      Code         // skipped: the rule
	Credits   int          // credits_expiring: the number of credits
	ExpiresAt time.Time    // credits_expiring: the expiry
	Tries     int          // sign_in_failed: the number of wrong passwords
	Since     time.Time    // sign_in_failed: the first of them
	Device    string       // signed_in_new, recovery_code: as the browser names itself
	Left      int          // recovery_code: the number of codes that were not used
	Factor    FactorChange // second_factor
	Self      bool         // email_changed: the person did it
}

const alertSQL = `
	select a.person_id, a.id, a.kind, coalesce(a.booking_id, 0), a.created_at,
		coalesce(a.withdrawn_at is not null or g.remaining = 0 or ` + expiredSQL + `, false), a.dismissed_at is not null,
		c.id, c.title, c.starts_at, c.ends_at, c.free_cancel, c.cost, c.version, c.state = 'cancelled',
		coalesce(r.name, ''), coalesce(l.name, ''), coalesce(nullif(i.given_name, ''), i.family_name, ''), a.details,
		o.id, o.shared, o.entry_id, o.opened_at, o.expires_at,
		coalesce(case when o.state = 'open' and o.expires_at <= clock_timestamp() then 'expired' else o.state end, ''),
		b.free_until, coalesce(b.cost, 0), coalesce(g.remaining, 0), g.expires_at, clock_timestamp()
	from alert a
	left join class c on c.id = a.class_id
	left join room r on r.id = c.room_id
	left join location l on l.id = c.location_id
	left join person i on i.id = coalesce(c.substitute_id, c.instructor_id)
	left join offer o on o.id = a.offer_id
	left join booking b on b.id = a.booking_id
	left join account g on g.id = a.account_id`

// openAlertsSQL reads the alerts that are true now and not dismissed. A warning about
// expiring credits is true while credits are left.
const openAlertsSQL = alertSQL + `
	where a.person_id = any($1) and a.withdrawn_at is null and a.dismissed_at is null
		and a.created_at > clock_timestamp() - interval '7 days'
		and (o.id is null or o.state = 'open' and o.expires_at > clock_timestamp())
		and (g.id is null or g.remaining > 0 and (` + expiredSQL + `) is not true)
	order by a.created_at desc, a.id`

func scanAlert(row pgx.CollectableRow) (personID int64, a Alert, err error) {
	var classID, version, offerID, entryID *int64
	var title *string
	var starts, ends, opened, expires, exit time.Time
	var freeCancel *time.Duration
	var cost *int
	var cancelled, shared *bool
	var room, location, instructor string
	var details map[string]json.RawMessage
	var now time.Time
	err = row.Scan(&personID, &a.ID, &a.Kind, &a.BookingID, &a.CreatedAt, &a.Stale, &a.Dismissed,
		&classID, &title, at{&starts}, at{&ends}, &freeCancel, &cost, &version, &cancelled,
		&room, &location, &instructor, &details,
		&offerID, &shared, &entryID, at{&opened}, at{&expires}, &a.Outcome,
		at{&exit}, &a.Cost, &a.Credits, at{&a.ExpiresAt}, &now)
	if err != nil || classID == nil {
		_ = json.Unmarshal(details["tries"], &a.Tries)
		_ = json.Unmarshal(details["since"], &a.Since)
		_ = json.Unmarshal(details["device"], &a.Device)
		_ = json.Unmarshal(details["self"], &a.Self)
		_ = json.Unmarshal(details["left"], &a.Left)
		_ = json.Unmarshal(details["change"], &a.Factor)
		return personID, a, err
	}
	a.Class = &Class{
		ID: *classID, Title: *title, StartsAt: starts, EndsAt: ends, Version: *version, Cancelled: *cancelled,
		Room: room, Location: location, Instructor: instructor, ReadAt: now,
		Rules: Rules{FreeCancel: *freeCancel, Cost: *cost},
	}
	a.FreeUntil = freeUntil(starts, *freeCancel, exit)
	a.Was, a.Changed = whatChanged(details)
	if a.Kind == AlertSkipped {
		if err := json.Unmarshal(details["skip"], &a.Skip); err != nil {
			return personID, a, during("reading why a waiter was passed over", err)
		}
	}
	if offerID != nil {
		a.Cost = *cost
		if a.Outcome != offerOpen {
			a.Stale = true
		} else {
			a.Offer = &Offer{ID: *offerID, EntryID: *entryID, ClassID: *classID, Shared: *shared, OpenedAt: opened, ExpiresAt: expires}
		}
	}
	return personID, a, nil
}

// whatChanged reads the details of an alert about an edited class.
func whatChanged(details map[string]json.RawMessage) (was time.Time, facts []string) {
	var starts [2]time.Time
	if json.Unmarshal(details["starts_at"], &starts) == nil {
		was = starts[0]
	}
	for _, fact := range []string{"location", "room", "instructor"} {
		if details[fact] != nil {
			facts = append(facts, fact)
		}
	}
	return was, facts
}

// AlertsMax is how many alerts the page of alerts lists.
const AlertsMax = 100

// Alerts lists the latest alerts of the actor, at most limit, newest first.
func (rd *Reader) Alerts(ctx context.Context, a Actor, limit int) ([]Alert, error) {
	rows, _ := rd.readPool.Query(ctx, alertSQL+` where a.person_id = $1 order by a.created_at desc, a.id desc limit $2`, a.ID, limit)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Alert, error) {
		_, alert, err := scanAlert(row)
		return alert, err
	})
	return list, during("reading alerts", err)
}

// DismissAlert hides an alert of the actor on all of the actor's pages. An offer stays open.
// Refusal: NotFound, also for the id of another person's alert. The alert is looked up before
// the person is locked, since alerts are never removed while their person has an account.
func (e *Engine) DismissAlert(ctx context.Context, a Actor, alertID int64) error {
	var dismissed bool
	err := e.readPool.QueryRow(ctx, `
		select dismissed_at is not null from alert where id = $1 and person_id = $2`, alertID, a.ID).Scan(&dismissed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return refuse(NotFound)
	case err != nil:
		return during("looking for an alert", err)
	case dismissed:
		return nil
	}
	_, err = run(ctx, e, a, "", alertID, lockSet{people: []int64{a.ID}}, func(s *snapshot) (nothing, error) {
		s.changePerson(a.ID)
		s.dismissals = append(s.dismissals, dismissal{alertID: alertID, personID: a.ID})
		return nothing{}, nil
	})
	return err
}

// DismissAlerts hides all alerts of the actor on all of the actor's pages, except those about an
// offer that can still be accepted. It returns the number of alerts.
func (e *Engine) DismissAlerts(ctx context.Context, a Actor) (n int, err error) {
	rows, _ := e.readPool.Query(ctx, `
		select a.id from alert a left join offer o on o.id = a.offer_id
		where a.person_id = $1 and a.withdrawn_at is null and a.dismissed_at is null
			and (o.id is null or o.state <> 'open' or o.expires_at <= clock_timestamp())`, a.ID)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return 0, during("looking for alerts", err)
	}
	_, err = run(ctx, e, a, "", ids, lockSet{people: []int64{a.ID}}, func(s *snapshot) (nothing, error) {
		s.changePerson(a.ID)
		for _, id := range ids {
			s.dismissals = append(s.dismissals, dismissal{alertID: id, personID: a.ID})
		}
		return nothing{}, nil
	})
	return len(ids), err
}
