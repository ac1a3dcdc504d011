package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reminders (rule 31). Their instants follow from the class, so no operation writes them: once a
// minute the relay looks which instants have come. The sender reads the booking and the class
// again; a class that was moved has another instant and gets a reminder of its own.

const (
	// FreeUntilAhead is how long before the end of free cancellation a participant is reminded.
	FreeUntilAhead = 3 * time.Hour
	// ReminderAhead is how long before the start a participant is reminded.
	ReminderAhead = 2 * time.Hour
	// bookedAhead is how long before the reminder a person must have booked: nobody is reminded
	// of what was just done.
	bookedAhead = 6 * time.Hour
	// eveningMinute is the minute of the day of reminders that would disturb the night.
	eveningMinute = 19 * 60
	// farthestAhead is the longest time between a reminder and the instant of which it reminds:
	// an evening before a rest of a whole day.
	farthestAhead = FreeUntilAhead + 48*time.Hour
)

// remindAt returns the instant of the reminder of until, the end of free cancellation: three hours
// before, or 19:00 the evening before if the rest contains that.
func (r Rest) remindAt(until time.Time, zone *time.Location) time.Time {
	t := until.Add(-FreeUntilAhead)
	begin, _, within := r.span(t, zone)
	if !within {
		return t
	}
	day := CalendarDay(begin, zone)
	evening := WallTime(day, eveningMinute/60, eveningMinute%60, zone)
	if evening.After(begin) {
		evening = WallTime(day.AddDate(0, 0, -1), eveningMinute/60, eveningMinute%60, zone)
	}
	return evening
}

// seatToRemind is a seat, with everything on which its reminders depend.
type seatToRemind struct {
	person    Recipient
	devices   []int64
	bookingID int64
	classID   int64
	bookedAt  time.Time
	startsAt  time.Time
	freeUntil time.Time
	waiting   int
}

// The clock is read once, so that the index of starts is used. Classes free to cancel until some
// weeks before their start are among those of the next weeks.
const seatsToRemindSQL = `
	select ` + recipientColumns + `, ` + devicesSQL + `, b.id, c.id, b.booked_at, c.starts_at, c.free_cancel, b.free_until, c.waiting
	from class c
	join booking b on b.class_id = c.id and b.state = 'booked'
	join person p on p.id = b.person_id
	where c.state = 'scheduled' and c.starts_at > $1
		and (c.starts_at - c.free_cancel between $1 and $2 or b.free_until between $1 and $2 or c.starts_at <= $2)
		and p.state = 'active'
	order by c.id, b.id`

// relayReminders adds the reminders whose instant lies in the stretch.
func relayReminders(ctx context.Context, tx pgx.Tx, studio *Studio, x stretch) (n int, err error) {
	rows, _ := tx.Query(ctx, seatsToRemindSQL, x.until, x.until.Add(farthestAhead))
	seats, err := pgx.CollectRows(rows, scanSeatToRemind)
	if err != nil {
		return 0, err
	}
	b := &pgx.Batch{}
	for _, s := range seats {
		for _, d := range s.reminders(studio, x) {
			d.queue(b)
		}
	}
	return b.Len(), tx.SendBatch(ctx, b).Close()
}

func scanSeatToRemind(row pgx.CollectableRow) (s seatToRemind, err error) {
	var freeCancel time.Duration
	var exit time.Time
	err = scanRecipient(row, &s.person, &s.devices, &s.bookingID, &s.classID, &s.bookedAt, &s.startsAt, &freeCancel, at{&exit}, &s.waiting)
	s.freeUntil = freeUntil(s.startsAt, freeCancel, exit)
	return s, err
}

// reminders returns the deliveries of the reminders whose instant lies in the stretch.
func (s *seatToRemind) reminders(studio *Studio, x stretch) (list []newDelivery) {
	rest := s.person.rest(studio)
	if instant := rest.remindAt(s.freeUntil, studio.Zone); x.contains(instant) && !s.bookedAt.After(instant.Add(-bookedAhead)) {
		list = append(list, s.ladder(studio, NoticeFreeUntil, instant, s.freeUntil)...)
	}
	if instant := s.startsAt.Add(-ReminderAhead); x.contains(instant) {
		list = append(list, s.ladder(studio, NoticeReminder, instant, s.startsAt)...)
	}
	return list
}

// ladder returns the deliveries of a reminder of until: to the devices, or else by mail. A person
// who chose mails gets one in any case. The instant of which it reminds is part of the key.
func (s *seatToRemind) ladder(studio *Studio, kind NoticeKind, instant, until time.Time) (list []newDelivery) {
	// The rest holds a reminder also of a class that begins soon after it.
	due := s.person.rest(studio).HoldUntil(instant, time.Time{}, studio.Zone)
	d := newDelivery{
		key: fmt.Sprintf("%s booking %d until %d", kind, s.bookingID, until.Unix()), kind: kind, personID: s.person.ID, classID: s.classID,
		bookingID: s.bookingID, due: due, expires: until, details: map[string]any{"until": until.UTC()},
	}
	if !due.Before(until) {
		return nil
	}
	if s.person.Role != RoleGuest && s.person.remind(kind, ChannelPush, s.waiting) {
		list = d.pushes(s.devices)
	}
	if s.person.Email != "" && s.person.remind(kind, ChannelMail, s.waiting) && (len(list) == 0 || s.person.choseMail(kind)) {
		list = append(list, d.mail())
	}
	return list
}

// remind reports whether the person is reminded by the channel: of the end of free cancellation
// while somebody waits for the seat, or if the person has chosen it.
func (p *Recipient) remind(kind NoticeKind, channel Channel, waiting int) bool {
	rule, _ := kind.Rule()
	choice := Choice{rule.Category, channel}
	return choice.wanted(p.chosen) && (kind != NoticeFreeUntil || waiting > 0 || p.remindsAlways())
}

func (p *Recipient) choseMail(kind NoticeKind) bool {
	rule, _ := kind.Rule()
	return p.chosen[Choice{rule.Category, ChannelMail}]
}

// remindNow returns why a reminder has nothing to tell any more; empty: it has.
func remindNow(ctx context.Context, db readFrom, d *Delivery) (why string, err error) {
	rows, _ := db.Query(ctx, `
		select `+recipientColumns+`, `+devicesSQL+`, b.id, c.id, b.booked_at, c.starts_at, c.free_cancel, b.free_until, c.waiting
		from booking b join class c on c.id = b.class_id join person p on p.id = b.person_id
		where b.id = $1 and b.state = 'booked' and c.state = 'scheduled'`, d.BookingID)
	seats, err := pgx.CollectRows(rows, scanSeatToRemind)
	if err != nil {
		return "", during("reading the cause of a reminder", err)
	}
	if len(seats) == 0 {
		return whyWithdrawn, nil
	}
	s := seats[0]
	until := s.freeUntil
	if d.Kind == NoticeReminder {
		until = s.startsAt
	}
	switch {
	case !until.Equal(d.ExpiresAt):
		return whySuperseded, nil // the class was moved: its new instant has a reminder of its own
	case !s.person.remind(d.Kind, d.Channel, s.waiting):
		return whyUnwanted, nil
	}
	return "", nil
}
