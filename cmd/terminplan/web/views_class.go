package web

import (
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// shared is what everybody sees of a class; the first state that applies wins,
// in the order of the interface's table.
func (v voice) shared(c booking.Class, dated bool) templates.Shared {
	s := templates.Shared{
		ID: c.ID, Epoch: v.epoch, Version: c.Version, Clock: v.clock(c.StartsAt), ISO: v.iso(c.StartsAt), StartsSeen: seen(c.StartsAt),
		Hue: c.Type.Color, Title: c.Title, Minutes: minutes(c.EndsAt.Sub(c.StartsAt)), Room: place(c), Instructor: v.teacher(c),
		Free: c.Free() - c.Reserved(), Taken: c.Booked, Held: c.Held + c.Reserved(), Capacity: c.Rules.Capacity, Cost: c.Rules.Cost,
		Refundable: !c.ReadAt.After(c.Cutoff()),
	}
	if dated {
		s.Date = v.dayShort(c.StartsAt)
	}
	s.State, s.Act = sharedState(c)
	if s.State == "not_open" {
		s.At = v.dayClock(c.OpensAt())
	}
	v.veil(&s)
	return s
}

// veil takes out of a row what members are not to count (settings: seat counts).
func (v voice) veil(s *templates.Shared) {
	if v.counts == booking.CountsExact || v.counts == "" || v.desk {
		return
	}
	if s.State == "free" || s.State == "few" && v.counts == booking.CountsHidden {
		s.State = "some"
	} else if s.State == "few" {
		s.State = "few_some"
	}
	s.Free, s.Taken, s.Held, s.Capacity = 0, 0, 0, 0
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
	if free <= 3 || free*5 <= c.Rules.Capacity {
		state = "few"
	}
	if c.Phase() == booking.PhaseLate && c.Rules.Cost > 0 {
		act = "sheet" // binding: the terms are read before the press
	}
	return state, act
}

// mine is what a class is to one person; the first state that applies wins.
func (v voice) mine(c booking.Class, m booking.MyClass) templates.Mine {
	t := templates.Mine{ID: c.ID, Epoch: v.epoch, Version: max(c.Version, m.Version)}
	over := c.Cancelled || c.Phase() == booking.PhaseOver
	switch {
	case m.Booking != nil && m.Booking.State == booking.StateCheckedIn:
		t.State, t.BookingID = "checked_in", m.Booking.ID
	case over:
	case m.Offer != nil:
		t.State, t.OfferID = "offer", m.Offer.ID
		if !m.Offer.Shared {
			t.Until = v.clock(m.Offer.ExpiresAt)
		}
	case m.Booking != nil && m.Booking.State == booking.StateBooked:
		t.State, t.BookingID = "booked", m.Booking.ID
		t.Undo = c.ReadAt.Sub(m.Booking.BookedAt) < 5*time.Minute && !c.ReadAt.After(m.Booking.FreeUntil)
	case m.Entry != nil:
		t.State, t.Place, t.DeskBooks = "waiting", m.Entry.Place, !c.Rules.Online
	case m.Block != nil:
		v.blocked(&t, m.Block)
	}
	return t
}

// personal reports whether a row may show something of the person's own.
func personal(m booking.MyClass) bool {
	return m.Booking != nil || m.Entry != nil || m.Block != nil && (m.Block.Code == booking.Suspended || ownBlock(m.Block.Code))
}

// blocked names what of the person's own stands in the way; what is the class's
// is said by the shared part.
func (v voice) blocked(t *templates.Mine, e *booking.Error) {
	switch e.Code {
	case booking.Suspended:
		t.State, t.Why = "blocked", v.say("why.suspended")
	case booking.NoCredits:
		needed, _ := e.Args["needed"].(int)
		have, _ := e.Args["have"].(int)
		t.State, t.Missing = "no_credits", needed-have
	case booking.Overlap:
		at, _ := e.Args["at"].(time.Time)
		t.State, t.Why = "overlap", v.say("why.overlap", "title", e.Args["title"], "at", v.clock(at))
	case booking.LimitOpen, booking.LimitDay, booking.LimitWeek:
		t.State, t.Why = "limit", v.say("why."+string(e.Code), "limit", e.Args["limit"])
	}
}

func (v voice) row(c booking.Class, m booking.MyClass, next string, dated bool) templates.ClassRow {
	return templates.ClassRow{Shared: v.shared(c, dated), Mine: v.mine(c, m), Next: next}
}

func (v voice) staffRow(c booking.Class, selected bool) templates.StaffRow {
	r := templates.StaffRow{
		ID: c.ID, Epoch: v.epoch, Version: c.Version, URL: classPath(c.ID), Clock: v.clock(c.StartsAt), ISO: v.iso(c.StartsAt),
		Hue: c.Type.Color, Title: c.Title, Room: place(c), Instructor: v.teacher(c), Selected: selected, StaffOnly: !c.Rules.Online,
		Taken: c.Booked, Capacity: c.Rules.Capacity, Held: c.Held, CheckedIn: c.CheckedIn, Waiting: c.Waiting, Over: max(0, c.Booked-c.Rules.Capacity),
	}
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

// sheet is everything that a member needs to decide.
func (v voice) sheet(studio booking.Studio, c booking.Class, m booking.MyClass) templates.Sheet {
	t := templates.Sheet{
		Shared: v.shared(c, false), Mine: v.mine(c, m), DayLong: v.dayLong(c.StartsAt), Span: v.lang.ClockSpan(c.StartsAt.In(v.zone), c.EndsAt.In(v.zone)),
		TypeName: c.Type.Name, Description: c.Type.Description, Note: c.Note,
		Balance: m.Usable, After: max(0, m.Usable-c.Rules.Cost), Late: c.ReadAt.After(c.Cutoff()), Hours: hours(c.Rules.FreeCancel),
		FreeUntil: v.dateTime(c.Cutoff()), Waiting: c.Waiting,
	}
	if v.counts == booking.CountsHidden || v.counts == booking.CountsFew {
		t.Waiting = 0
	}
	v.sheetMine(&t, c, m)
	t.Action, t.WhyNot = v.action(c, m)
	t.Recurs = studio.Recurring && recurs(c)
	if t.Action == "join" {
		t.Join = v.join(studio, c, m)
	}
	return t
}

func (v voice) sheetMine(t *templates.Sheet, c booking.Class, m booking.MyClass) {
	if b := m.Booking; b != nil {
		t.BookingID, t.CheckedIn = b.ID, b.State == booking.StateCheckedIn
		if !c.ReadAt.After(b.FreeUntil) {
			t.BookedFree = v.dateTime(b.FreeUntil)
		}
	}
	if e := m.Entry; e != nil {
		t.EntryID, t.Place, t.Auto, t.DeskBooks = e.ID, e.Place, e.Auto, !c.Rules.Online
		if !e.Latest.IsZero() {
			t.NotLater = v.dateTime(e.Latest)
		}
		if !e.AskedUntil.IsZero() {
			t.Ahead = v.clockLong(e.AskedUntil)
		}
		t.Skipped = v.skipped(e.Skip, c.Rules.Cost-m.Usable)
	}
	if o := m.Offer; o != nil {
		t.OfferID, t.EndsISO, t.OpenFor = o.ID, seen(o.ExpiresAt), "first"
		if !o.Shared {
			t.Until, t.OpenFor = v.clockLong(o.ExpiresAt), "held"
		}
	}
}

// skipped says to a waiter why the seat went past.
func (v voice) skipped(code booking.Code, missing int) string {
	switch {
	case code == "":
		return ""
	case code == booking.NoCredits && missing > 0:
		return v.say("text.skipped_credits", "N", missing)
	}
	return v.say("text.skipped", "Why", v.why(code)+".")
}

// why is a refusal in a few words.
func (v voice) why(code booking.Code) string {
	if key := "why." + string(code); code != booking.NoCredits && code != booking.Overlap && v.set.Has(key) {
		return v.say(key, "limit", "…")
	}
	return v.say("plate.blocked")
}

// action is what the sheet's button does, or why there is none.
func (v voice) action(c booking.Class, m booking.MyClass) (action string, whyNot []string) {
	over := c.Cancelled || c.Phase() == booking.PhaseOver
	open := c.Free() > c.Reserved()
	switch {
	case m.Booking != nil && m.Booking.State == booking.StateBooked && !over:
		return "cancel", nil
	case m.Booking != nil && m.Booking.State == booking.StateCheckedIn:
		return "", nil
	case m.Offer != nil && m.Block == nil && !over:
		return "accept", nil
	case m.Entry != nil && !over:
		if m.Block != nil && m.Block.Code != booking.OnlineOff { // that is said beside the place
			whyNot = []string{v.refused(m.Block)}
		}
		return "leave", whyNot
	case m.Block != nil && !open && c.WaitlistOpen() && ownBlock(m.Block.Code):
		return "join", nil
	case m.Block != nil:
		return "", []string{v.refused(m.Block)}
	case open && c.Phase() == booking.PhaseLate && c.Rules.Cost > 0:
		return "binding", nil
	case open:
		return "book", nil
	case c.WaitlistOpen():
		return "join", nil
	case c.Rules.WaitlistSize > 0 && c.Waiting >= c.Rules.WaitlistSize:
		return "", []string{v.refused(&booking.Error{Code: booking.WaitlistFull})}
	}
	return "", []string{v.refused(&booking.Error{Code: booking.Full})}
}

// ownBlock reports whether a refusal to book may pass while one waits.
func ownBlock(code booking.Code) bool {
	switch code {
	case booking.NoCredits, booking.Overlap, booking.LimitOpen, booking.LimitDay, booking.LimitWeek:
		return true
	}
	return false
}

func (v voice) join(studio booking.Studio, c booking.Class, m booking.MyClass) templates.JoinChoice {
	j := templates.JoinChoice{
		WouldBe: c.Waiting + 1, MayChoose: c.Rules.WaitlistMode != booking.ModeNotifyAll, Auto: c.Rules.WaitlistMode == booking.ModeAuto,
		OfferMinutes: minutes(studio.OfferFor), Balance: m.Usable, NoCredits: m.Usable < c.Rules.Cost,
	}
	left := c.StartsAt.Sub(c.ReadAt)
	for _, h := range []int{1, 2, 3, 6, 12, 24} {
		if time.Duration(h)*time.Hour < left {
			j.NotLater = append(j.NotLater, h)
		}
	}
	return j
}
