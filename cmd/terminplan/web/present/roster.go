package present

import (
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Roster returns the participants, the waitlist and the cancelled bookings of a class, for
// readers who may see names.
func (pr Presenter) Roster(r booking.Roster) templates.Roster {
	c := r.Class
	t := templates.Roster{
		ClassID: c.ID, Epoch: pr.Epoch, Version: c.Version, Taken: c.Booked, Free: c.Free(), Held: c.Held,
		Over: max(0, c.Booked-c.Rules.Capacity), CheckedIn: c.CheckedIn, Earlier: r.Cancellations - len(r.Cancelled),
		StaffOnly: !c.Rules.Online, Meter: templates.SeatMeter{Taken: c.CheckedIn, Of: max(1, c.Booked), Look: "mine"},
	}
	names := pr.rosterNames(r)
	for _, p := range r.Participants {
		one := pr.participant(p, names)
		one.Ended = c.Over()
		one.First = p.Visits == 0 && !p.Guest && !allNew(r.Participants)
		one.Unpaid = c.Rules.Cost > 0 && p.Cost == 0
		t.Participants = append(t.Participants, one)
	}
	for _, e := range r.Waiting {
		one := pr.waiter(e, names)
		may := e.Offer == nil && c.Free() > 0 && !c.Cancelled && !c.Begun()
		one.ClassID, one.MayOffer, one.MayBook = c.ID, may && c.Rules.Online, may && !c.Rules.Online
		if t.StaffOnly {
			one.Skipped = "" // without online booking there are no offers, so nobody is skipped
		}
		t.Waiting = append(t.Waiting, one)
	}
	for _, p := range r.Cancelled {
		f := templates.Former{
			BookingID: p.ID, ClassID: c.ID, Name: names.Listed(p.PersonName()), When: pr.DateTime(p.EndedAt), By: p.EndedBy,
			Reason: pr.reason(p.Booking), Refunded: p.Refunded, Late: p.Late,
		}
		seated := func(x booking.Participant) bool { return x.PersonID == p.PersonID }
		if p.RemovedByStaff() && !slices.ContainsFunc(r.Participants, seated) {
			f.Left = max(0, int(p.EndedAt.Add(booking.RestoreFor).Sub(c.ReadAt).Seconds()))
		}
		t.Cancelled = append(t.Cancelled, f)
	}
	return t
}

// participant returns one line of the participants.
func (pr Presenter) participant(p booking.Participant, names Names) templates.Participant {
	t := templates.Participant{
		BookingID: p.ID, ClassID: p.ClassID, Name: names.Listed(p.PersonName()), Spoken: names.Spoken(p.PersonID, p.Name), Guest: p.Guest,
		GrantName: p.GrantName, GrantLeft: p.GrantLeft,
		New: p.New, Present: p.State == booking.StateCheckedIn, NoShow: p.State == booking.StateNoShow, Overbooked: p.Overbooked,
		FromList: p.FromWaitlist,
	}
	if pr.Contacts {
		t.Note, t.Phone = p.Note, p.Phone
	}
	if p.Guest {
		t.Email = p.Email
	} else {
		t.PersonID = p.PersonID
		t.Record = strings.Join(pr.attendanceRecord(p.NoShows, p.LateCancels), " · ")
	}
	if t.Present {
		t.PresentAt = pr.Clock(p.CheckedInAt)
	}
	return t
}

// allNew reports whether nobody of several participants has been here before. In a new studio
// that is true of everybody, so it marks nobody.
func allNew(list []booking.Participant) bool {
	return len(list) > 2 && !slices.ContainsFunc(list, func(p booking.Participant) bool { return p.Visits > 0 })
}

// attendanceRecord returns the counts of no-shows and late cancellations that are not zero.
func (pr Presenter) attendanceRecord(noShows, lateCancels int) (said []string) {
	if noShows > 0 {
		said = append(said, pr.Text("text.no_shows", "N", noShows))
	}
	if lateCancels > 0 {
		said = append(said, pr.Text("text.late_cancels", "N", lateCancels))
	}
	return said
}

func (pr Presenter) waiter(e booking.WaitlistEntry, names Names) templates.Waiter {
	t := templates.Waiter{
		EntryID: e.ID, Position: e.Position, Name: names.Listed(e.PersonName()), Spoken: names.Spoken(e.PersonID, e.Name),
		Since: pr.DateTime(e.Since), Auto: e.Auto,
		Priority: e.Priority, Higher: min(9, e.Priority+1), Lower: max(-9, e.Priority-1),
	}
	if e.Skip != "" {
		t.Skipped = pr.why(e.Skip)
	}
	if !e.Latest.IsZero() {
		t.NotLater = pr.DateTime(e.Latest)
	}
	if e.Offer != nil {
		t.Offered = pr.offerEnd(e.Offer.ExpiresAt)
	}
	return t
}

// usualCheckIn is how long before the start people usually come. The page asks before it
// checks somebody in earlier, and offers to check in all only from then on.
const usualCheckIn = 2 * time.Hour

// Panel returns a class with its participants and the actions that the actor may use. tab is
// one of the three lists; other values select the participants.
func (pr Presenter) Panel(a booking.Actor, r booking.Roster, tab string, n templates.Notice) templates.Panel {
	if tab != "waitlist" && tab != "cancelled" {
		tab = "participants"
	}
	c := r.Class
	early := c.StartsAt.Add(-usualCheckIn).Sub(c.ReadAt)
	return templates.Panel{
		ClassID: c.ID, Title: c.Title, Clock: pr.Clock(c.StartsAt), ISO: pr.ISO(c.StartsAt), When: pr.dayShort(c.StartsAt),
		Room: location(c), Instructor: pr.instructor(c), Hue: c.Type.Hue, Glyph: c.Type.Glyph,
		Today:     Midnight(c.StartsAt, pr.Zone).Equal(Midnight(pr.Now, pr.Zone)),
		BackURL:   "/today?date=" + c.StartsAt.In(pr.Zone).Format(time.DateOnly),
		Cancelled: c.Cancelled, Over: c.Over(),
		MayEdit:    a.Can(booking.EditParticipants),
		MayAdd:     a.Can(booking.EditParticipants) && !c.Cancelled && c.ReadAt.Before(c.WalkInsUntil()),
		AllPresent: early < 0, Early: max(0, int(early.Seconds())),
		MayCheckIn: a.Can(booking.CheckIn) || a.ID == c.InstructorID || a.ID == c.SubstituteID,
		MayChange:  a.Can(booking.EditClasses), Overbook: a.Can(booking.Overbook),
		Roster: pr.Roster(r), PrintedAt: pr.Date(c.ReadAt) + ", " + pr.ClockLong(c.ReadAt),
		Search: templates.Candidates{ClassID: c.ID}, Guest: templates.GuestForm{Bounds: guestBounds}, Tab: tab, Notice: n, Key: pr.NewKey(),
	}
}
