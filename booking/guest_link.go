package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A guest sees and cancels the own seat by a link, without an account (rule 30). The link has
// the id of the booking and a signature that only the nodes of this studio can make, so nothing
// of it is stored.

// guestLinkFor is how long the link of a guest works after the end of the class.
const guestLinkFor = 24 * time.Hour

// GuestToken returns the secret part of the link of a guest. It has small letters, digits and one
// hyphen, so that it survives messengers that end a link at other characters.
func (e *Engine) GuestToken(bookingID int64) string {
	mac := hmac.New(sha256.New, e.secret)
	_, _ = fmt.Fprintf(mac, "guest %d", bookingID)
	signature := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:16])
	return strconv.FormatInt(bookingID, 36) + "-" + strings.ToLower(signature)
}

// guestBooking returns the booking that a token names. Only its exact spelling counts.
func (e *Engine) guestBooking(token string) (id int64, ok bool) {
	text, _, _ := strings.Cut(token, "-")
	id, err := strconv.ParseInt(text, 36, 64)
	return id, err == nil && id > 0 && hmac.Equal([]byte(token), []byte(e.GuestToken(id)))
}

// GuestSeat is what a guest sees by the link: the own seat and nothing of other people.
type GuestSeat struct {
	Guest   Actor // with the language of messages to the guest
	Booking Booking
	Class   Class
	Verdict Verdict  // of a cancellation now; zero if Denied
	Denied  *Error   // why the seat cannot be cancelled any more; nil: it can, or it was cancelled
	Reasons []Reason // to choose from; empty if the seat cannot be cancelled
	// Was is the start of the class when the guest was booked; zero: it did not change. Changed
	// lists what else changed since: location, room, instructor.
	Was     time.Time
	Changed []string
}

// GuestSeat returns the seat to which a token of [Engine.GuestToken] leads. If staff undid a
// removal, that is the seat of now. A wrong token, and one whose class ended more than 24 hours
// ago, is NotFound.
func (e *Engine) GuestSeat(ctx context.Context, token string) (GuestSeat, error) {
	var v GuestSeat
	bookingID, guest, err := e.guestOf(ctx, token)
	if err != nil {
		return v, err
	}
	v.Guest = guest
	if v.Booking, _, err = e.bookingByID(ctx, bookingID); err != nil {
		return v, err
	}
	if v.Class, err = e.Class(ctx, v.Booking.ClassID); err != nil {
		return v, err
	}
	if v.Booking.ended() {
		return v, nil
	}
	if v.Was, v.Changed, err = e.changesTold(ctx, &v.Booking, &v.Class); err != nil {
		return v, err
	}
	if err := v.Class.cancelDenial(&v.Booking, ByMember); err != nil {
		errors.As(err, &v.Denied)
		return v, nil
	}
	v.Verdict = refundVerdict(v.Class.ReadAt, v.Booking.FreeUntil, ByMember, false)
	v.Reasons, err = e.Reasons(ctx, guest)
	return v, err
}

// guestOf returns the latest booking of the guest in the class of the booking that the token
// names. A booking of a member has no link.
func (e *Engine) guestOf(ctx context.Context, token string) (bookingID int64, guest Actor, err error) {
	id, ok := e.guestBooking(token)
	if !ok {
		return 0, guest, refuse(NotFound)
	}
	guest.Role = RoleGuest
	err = e.readPool.QueryRow(ctx, `
		select b.id, p.id, trim(p.given_name || ' ' || p.family_name), p.language, coalesce(p.email, '')
		from booking x
		join booking b on b.class_id = x.class_id and b.person_id = x.person_id
		join class c on c.id = b.class_id
		join person p on p.id = b.person_id
		where x.id = $1 and p.role = 'guest' and p.state <> 'erased' and c.ends_at > (select clock_timestamp()) - $2::interval
		order by b.from_v desc, b.id desc limit 1`, id, guestLinkFor).Scan(&bookingID, &guest.ID, &guest.Name, &guest.Language,
		&guest.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, guest, refuse(NotFound)
	}
	return bookingID, guest, during("looking for the seat of a guest", err)
}

// GuestLink is the link of a guest, for staff who hands it over.
type GuestLink struct {
	Token       string
	Until       time.Time // the end of the link
	Name, Email string    // of the guest; Email may be empty
	Booking     Booking
	Class       Class
}

// GuestLink returns the link of a guest's booking. Refusals: Forbidden, NotFound (also for the
// booking of a member).
func (e *Engine) GuestLink(ctx context.Context, a Actor, bookingID int64) (GuestLink, error) {
	if !a.Can(EditParticipants) {
		return GuestLink{}, refuse(Forbidden)
	}
	l := GuestLink{Token: e.GuestToken(bookingID)}
	seat, err := e.GuestSeat(ctx, l.Token)
	if err != nil {
		return GuestLink{}, err
	}
	l.Name, l.Email, l.Booking, l.Class = seat.Guest.Name, seat.Guest.Email, seat.Booking, seat.Class
	l.Until = l.Class.EndsAt.Add(guestLinkFor)
	return l, nil
}

// changesTold sums up what the person of a booking was told about changes of the class.
func (rd *Reader) changesTold(ctx context.Context, b *Booking, c *Class) (was time.Time, changed []string, err error) {
	rows, _ := rd.readPool.Query(ctx, alertSQL+`
		where a.person_id = $1 and a.booking_id = $2 and a.kind in ('class_moved', 'class_changed') and a.withdrawn_at is null
		order by a.created_at, a.id`, b.PersonID, b.ID)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Alert, error) {
		_, a, err := scanAlert(row)
		return a, err
	})
	if err != nil {
		return was, nil, during("reading the changes of a class", err)
	}
	facts := map[string]bool{}
	for _, a := range list {
		if was.IsZero() {
			was = a.Was
		}
		for _, fact := range a.Changed {
			facts[fact] = true
		}
	}
	if was.Equal(c.StartsAt) { // moved and moved back
		was = time.Time{}
	}
	for _, fact := range []string{"location", "room", "instructor"} {
		if facts[fact] {
			changed = append(changed, fact)
		}
	}
	return was, changed, nil
}

// CancelAsGuest cancels the seat to which a token leads, by the rules of [Engine.Cancel] for
// members (rule 14): a reason is mandatory, and a late cancellation frees the seat, too. Of the
// request it uses Key, ReasonID and Text. Refusals: NotFound, and those of [Engine.Cancel].
func (e *Engine) CancelAsGuest(ctx context.Context, token string, r CancelRequest) (CancelOutcome, error) {
	bookingID, guest, err := e.guestOf(ctx, token)
	if err != nil {
		return CancelOutcome{}, err
	}
	return e.Cancel(ctx, guest, CancelRequest{Key: r.Key, BookingID: bookingID, ReasonID: r.ReasonID, Text: r.Text})
}
