package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// CalendarSettings are what a person chose about the own calendar feed (rule 32).
type CalendarSettings struct {
	Token    string // opens the feed without signing in
	Waitlist bool   // the feed shows places in line
}

// calendarToken returns the secret in the address of a feed: the number of the person, and 256
// bits that only the nodes of this studio can make. Nothing of it is stored. After a reset it is
// another one.
func (e *Engine) calendarToken(personID int64, resets int) string {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("calendar " + strconv.FormatInt(personID, 10) + " " + strconv.Itoa(resets)))
	return strconv.FormatInt(personID, 36) + "-" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CalendarHost names this installation in the identifiers of events where it has no public
// address. It stays the same for as long as the database lives.
func (e *Engine) CalendarHost() string {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("calendar host"))
	return hex.EncodeToString(mac.Sum(nil)[:8]) + ".terminplan"
}

// CalendarSettings reads the address of the actor's own feed. Refusal: SignedOut.
func (e *Engine) CalendarSettings(ctx context.Context, a Actor) (CalendarSettings, error) {
	var s CalendarSettings
	var resets int
	err := e.readPool.QueryRow(ctx, `select calendar_resets, calendar_waitlist from person
		where id = $1 and role <> 'guest' and state = 'active'`, a.ID).Scan(&resets, &s.Waitlist)
	if err == pgx.ErrNoRows {
		return s, refuse(SignedOut)
	}
	s.Token = e.calendarToken(a.ID, resets)
	return s, during("reading the settings of a calendar", err)
}

// ResetCalendar gives the actor's feed another address; the former one is NotFound from then on.
// It does nothing if former is not the present token, so that a form sent twice resets once.
// Refusal: SignedOut.
func (e *Engine) ResetCalendar(ctx context.Context, a Actor, former string) (CalendarSettings, error) {
	var s CalendarSettings
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var resets int
		err := tx.QueryRow(ctx, `select calendar_resets, calendar_waitlist from person
			where id = $1 and role <> 'guest' and state = 'active' for no key update`, a.ID).Scan(&resets, &s.Waitlist)
		if err == pgx.ErrNoRows {
			return refuse(SignedOut)
		}
		if err != nil {
			return err
		}
		s.Token = e.calendarToken(a.ID, resets)
		if !hmac.Equal([]byte(former), []byte(s.Token)) {
			return nil
		}
		s.Token = e.calendarToken(a.ID, resets+1)
		if _, err := tx.Exec(ctx, `update person set calendar_resets = calendar_resets + 1 where id = $1`, a.ID); err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbResetCalendar, personID: a.ID})
	})
	return s, refusalOr("resetting a calendar", err)
}

// ShowWaitlistInCalendar says whether the actor's feed shows places in line.
func (e *Engine) ShowWaitlistInCalendar(ctx context.Context, a Actor, show bool) error {
	_, err := e.recordPool.Exec(ctx, `update person set calendar_waitlist = $2 where id = $1`, a.ID, show)
	return during("saving the settings of a calendar", err)
}

// CalendarKind is what a class is for the person of a calendar.
type CalendarKind string

// The kinds of entries.
const (
	CalendarBooked   CalendarKind = "booked"
	CalendarWaiting  CalendarKind = "waiting"
	CalendarTeaching CalendarKind = "teaching"
)

// CalendarEntry is one class in the calendar of a person. Of one class and person there is at
// most one entry, besides the one of kind CalendarTeaching.
type CalendarEntry struct {
	Class     Class
	PersonID  int64
	BookingID int64 // the last booking; 0: none
	Kind      CalendarKind
	Cancelled bool      // the class or the booking was cancelled
	FreeUntil time.Time // CalendarBooked: cancelling is free until then; zero: it never was, or it costs nothing anyway
	// Sequence grows whenever the entry says something else, also over cancelling and booking
	// again: all versions of a class and of what lies in it are of one series.
	Sequence  int64
	ChangedAt time.Time // when the entry last changed; zero: not known
}

// Calendar is what a feed shows.
type Calendar struct {
	Person  Actor
	Entries []CalendarEntry // by start
}

// How long a feed shows what is past, and what was cancelled.
const (
	CalendarPast      = 90 * 24 * time.Hour
	CalendarCancelled = 30 * 24 * time.Hour
)

// Calendar reads the feed with this token: the own bookings, the places in line if the person
// wishes, and for staff the classes that the person teaches. A wrong token is NotFound, as is
// that of a person who may not sign in.
func (e *Engine) Calendar(ctx context.Context, token string) (Calendar, error) {
	var c Calendar
	number, _, _ := strings.Cut(token, "-")
	id, err := strconv.ParseInt(number, 36, 64)
	if err != nil || id <= 0 {
		return c, refuse(NotFound)
	}
	var resets int
	var waitlist bool
	p := &c.Person
	err = e.readPool.QueryRow(ctx, `
		select id, role, trim(given_name || ' ' || family_name), coalesce(email, ''), language, calendar_resets, calendar_waitlist
		from person where id = $1 and role <> 'guest' and state = 'active'`, id).
		Scan(&p.ID, &p.Role, &p.Name, &p.Email, &p.Language, &resets, &waitlist)
	if err == pgx.ErrNoRows {
		return c, refuse(NotFound)
	}
	if err != nil {
		return c, during("looking for the person of a calendar", err)
	}
	if !hmac.Equal([]byte(token), []byte(e.calendarToken(id, resets))) {
		return Calendar{}, refuse(NotFound)
	}
	c.Entries, err = e.calendarEntries(ctx, *p, waitlist)
	return c, err
}

// CalendarBooking reads the entry of one booking. To everybody but the person and staff with
// EditParticipants it is NotFound.
func (rd *Reader) CalendarBooking(ctx context.Context, a Actor, bookingID int64) (CalendarEntry, error) {
	c, err := rd.calendarBooking(ctx, bookingID)
	if err == nil && c.PersonID != a.ID && !a.Can(EditParticipants) {
		return CalendarEntry{}, refuse(NotFound)
	}
	return c, err
}

// CalendarOfGuest reads the entry of a guest's seat. The caller has checked the guest's link. The
// seat of anybody else is NotFound.
func (rd *Reader) CalendarOfGuest(ctx context.Context, bookingID int64) (CalendarEntry, error) {
	var guest bool
	err := rd.readPool.QueryRow(ctx, `select exists (select from booking b join person p on p.id = b.person_id
		where b.id = $1 and p.role = 'guest')`, bookingID).Scan(&guest)
	if err == nil && !guest {
		return CalendarEntry{}, refuse(NotFound)
	}
	if err != nil {
		return CalendarEntry{}, during("looking for the seat of a guest", err)
	}
	return rd.calendarBooking(ctx, bookingID)
}
