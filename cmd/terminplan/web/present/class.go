package present

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Shared returns the part of a row that is the same for all members. Its state is the first
// one that applies.
func (pr Presenter) Shared(c booking.Class) templates.Shared {
	s := templates.Shared{
		ID: c.ID, Epoch: pr.Epoch, Version: c.Version, Clock: pr.Clock(c.StartsAt), ISO: templates.ISO(c.StartsAt.UTC()),
		Starts: c.StartsAt.UnixMicro(), StartsSeen: Timestamp(c.StartsAt),
		Hue: c.Type.Hue, Glyph: c.Type.Glyph, Title: c.Title, Minutes: Minutes(c.EndsAt.Sub(c.StartsAt)), Room: location(c),
		Instructor: pr.instructor(c),
		Free:       c.Free() - c.Reserved(), Taken: c.Booked, Held: c.Held + c.Reserved(), Capacity: c.Rules.Capacity, Waiting: c.Waiting,
		Cost: c.Rules.Cost, Refundable: !c.ReadAt.After(c.Cutoff()),
	}
	s.State, s.Act = sharedState(c)
	if s.State == "not_open" {
		s.At = pr.DayClock(c.OpensAt())
	}
	pr.hideCounts(&s)
	return s
}

// hideCounts removes the numbers that the settings hide from members.
func (pr Presenter) hideCounts(s *templates.Shared) {
	if pr.Counts == booking.CountsExact || pr.Counts == "" || pr.Staff {
		return
	}
	if s.State == "free" || s.State == "few" && pr.Counts == booking.CountsHidden {
		s.State = "some"
	} else if s.State == "few" {
		s.State = "few_some"
	}
	s.Free, s.Taken, s.Held, s.Capacity, s.Waiting = 0, 0, 0, 0, 0
}

func sharedState(c booking.Class) (state, act string) {
	free := c.Free() - c.Reserved()
	switch {
	case c.Cancelled:
		return "cancelled", "details"
	case c.Phase() == booking.PhaseOver:
		return "over", "details"
	case c.Phase() == booking.PhaseRunning:
		return "running", "details"
	case c.Phase() == booking.PhaseNotOpen:
		return "not_open", "details"
	case c.Phase() == booking.PhaseClosed:
		return "closed", "details"
	case !c.Rules.Online:
		return "staff_only", "details"
	case free <= 0:
		state = "full"
		if c.Reserved() > 0 {
			state = "held"
		}
		switch {
		case c.WaitlistOpen():
			return state, "join"
		case c.Rules.WaitlistSize > 0 && c.Waiting >= c.Rules.WaitlistSize:
			return "full_waitlist", "details"
		}
		return state, "details"
	}
	state, act = "free", "book"
	if isFew(free, c.Rules.Capacity) {
		state = "few"
	}
	if c.Phase() == booking.PhaseLate && c.Rules.Cost > 0 {
		act = "sheet" // cancelling is not free, so the sheet shows the terms before the member books
	}
	return state, act
}

// undoShown is how long after a booking its row offers to undo it.
const undoShown = 5 * time.Minute

// isFew reports whether few of the seats are free.
func isFew(free, capacity int) bool { return free <= 3 || free*5 <= capacity }

// PersonalState returns the state of a class for one person: the first state that applies.
func (pr Presenter) PersonalState(c booking.Class, m booking.PersonalState) templates.PersonalState {
	t := templates.PersonalState{ID: c.ID, Epoch: pr.Epoch, Version: max(c.Version, m.Version)}
	over := c.Cancelled || c.Over()
	switch {
	case m.Booking != nil && m.Booking.State == booking.StateCheckedIn:
		t.State, t.BookingID = "checked_in", m.Booking.ID
	case over:
	case m.Offer != nil:
		t.State, t.OfferID = "offer", m.Offer.ID
		if !m.Offer.Shared {
			t.Until = pr.offerEnd(m.Offer.ExpiresAt)
		}
	case m.Booking != nil && m.Booking.State == booking.StateBooked:
		t.State, t.BookingID = "booked", m.Booking.ID
		t.Undo = c.ReadAt.Sub(m.Booking.BookedAt) < undoShown && !c.ReadAt.After(m.Booking.FreeUntil)
		t.FreeUntil = pr.freeUntil(c, m.Booking)
	case m.Entry != nil:
		t.State, t.Position, t.DeskBooks = "waiting", m.Entry.Position, !c.Rules.Online
		if c.Rules.Online {
			t.News, t.Brief = pr.waitNews(m.Entry)
		}
	case m.Block != nil:
		pr.blocked(&t, m.Block)
	}
	return t
}

// freeUntil returns the end of free cancellation for a row: the time, with its weekday unless the
// class is on the same day; empty if it has passed, or if nothing was paid.
func (pr Presenter) freeUntil(c booking.Class, b *booking.Booking) string {
	switch {
	case b.Cost == 0 || c.ReadAt.After(b.FreeUntil):
		return ""
	case daysBetween(b.FreeUntil, c.StartsAt, pr.Zone) == 0:
		return pr.Clock(b.FreeUntil)
	}
	return pr.DayClock(b.FreeUntil)
}

// isPersonal reports whether the row of a class may show a personal state.
func isPersonal(m booking.PersonalState) bool {
	return m.Booking != nil || m.Entry != nil || m.Block != nil && (m.Block.Code == booking.Suspended || personalBlock(m.Block.Code))
}

// blocked sets the personal state for a refusal that concerns the person. Refusals that
// concern the class are in the shared part.
func (pr Presenter) blocked(t *templates.PersonalState, e *booking.Error) {
	switch e.Code {
	case booking.Suspended:
		t.State, t.Why = "blocked", pr.Text("why.suspended")
	case booking.NoCredits:
		t.State = "no_credits"
	case booking.Overlap:
		at, _ := e.Args["at"].(time.Time)
		t.State, t.Why = "overlap", pr.Text("why.overlap", "title", e.Args["title"], "at", pr.Clock(at))
	case booking.LimitOpen, booking.LimitDay, booking.LimitWeek:
		t.State, t.Why = "limit", pr.Text("why."+string(e.Code), "limit", e.Args["limit"])
	}
}

// ClassRow returns a class in the schedule of a member.
func (pr Presenter) ClassRow(c booking.Class, m booking.PersonalState) templates.ClassRow {
	return templates.ClassRow{Shared: pr.Shared(c), Personal: pr.PersonalState(c, m), Public: pr.Public}
}

// RowAfter returns the row after an action in it, with the receipt or the refusal. spoken is
// the text of the receipt for screen readers.
func (pr Presenter) RowAfter(c booking.Class, m booking.PersonalState, n templates.Notice, spoken string) templates.ClassRow {
	row := pr.ClassRow(c, m)
	if n.Kind == "refused" {
		row.Refusal = n.Text
	} else {
		row.Receipt, row.Spoken = n.Text, spoken
	}
	return row
}

// StaffRow returns a class in the schedule of the staff.
func (pr Presenter) StaffRow(c booking.Class, selected bool) templates.StaffRow {
	r := templates.StaffRow{
		ID: c.ID, Epoch: pr.Epoch, Version: c.Version, URL: ClassPath(c.ID), Clock: pr.Clock(c.StartsAt), ISO: pr.ISO(c.StartsAt),
		Hue: c.Type.Hue, Title: c.Title, Room: location(c), Instructor: pr.instructor(c), Selected: selected, StaffOnly: !c.Rules.Online,
		Taken: c.Booked, Capacity: c.Rules.Capacity, Held: c.Held, CheckedIn: c.CheckedIn, Waiting: c.Waiting,
		Over: max(0, c.Booked-c.Rules.Capacity), Meter: seatMeter(c), Starts: pr.secondOfDay(c.StartsAt),
	}
	r.Ends = r.Starts + int(c.EndsAt.Sub(c.StartsAt).Seconds())
	switch {
	case c.Cancelled:
		r.Status = "cancelled"
	case c.Phase() == booking.PhaseOver:
		r.Status = "over"
	case c.Phase() == booking.PhaseRunning:
		r.Status = "running"
	}
	return r
}

// waitNews tells a waiter what has happened: a seat is offered to somebody before, or the
// waiter was passed over. brief says it in a few words; empty: it is not said in rows. The
// text holds as long as the class has the same version, so it names no number of credits.
func (pr Presenter) waitNews(e *booking.WaitlistEntry) (sentence, brief string) {
	if !e.AskedUntil.IsZero() {
		sentence = pr.Text("text.waiter_ahead", "Until", pr.clockOrWeekday(e.AskedUntil, pr.Now), "Position", e.Position)
		brief = pr.Text("text.waiter_ahead_brief", "Until", pr.offerEnd(e.AskedUntil))
	}
	if e.Skip != "" {
		skipped := pr.Text("text.waiter_skipped", "Why", pr.Text("why.skipped_"+string(e.Skip)), "Position", e.Position)
		sentence = strings.TrimPrefix(sentence+" "+skipped, " ")
		if brief == "" {
			brief = pr.Text("text.waiter_skipped_brief", "Why", pr.Text("why.skipped_brief_"+string(e.Skip)))
		}
	}
	return sentence, brief
}

// why returns a short text for the reason of a refusal.
func (pr Presenter) why(code booking.Code) string {
	if key := "why." + string(code); code != booking.NoCredits && code != booking.Overlap && pr.Messages.Has(key) {
		return pr.Text(key, "limit", "…")
	}
	return pr.Text("plate.blocked")
}
