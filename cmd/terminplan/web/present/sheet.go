package present

import (
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Sheet returns all facts that a member needs to decide about a class. Of a class without a
// state of the reader, staff see facts only.
func (pr Presenter) Sheet(studio booking.Studio, c booking.Class, m booking.PersonalState, n templates.Notice) templates.Sheet {
	t := templates.Sheet{
		SheetSeats: pr.SheetSeats(c), Personal: pr.PersonalState(c, m), URL: ClassPath(c.ID), DayLong: pr.dayLong(c.StartsAt),
		Span: pr.Text("text.span", "Span", pr.Lang.ClockSpan(c.StartsAt.In(pr.Zone), c.EndsAt.In(pr.Zone)),
			"Minutes", Minutes(c.EndsAt.Sub(c.StartsAt))),
		Room: c.Room, Location: c.Location, TypeName: c.Type.Name, Description: c.Type.Description, Note: c.Note,
		Balance: m.Usable, After: max(0, m.Usable-c.Rules.Cost), Late: c.ReadAt.After(c.Cutoff()), Hours: Hours(c.Rules.FreeCancel),
		FreeUntil: pr.DateTime(c.Cutoff()), Key: pr.NewKey(), Notice: n, Next: ClassPath(c.ID),
	}
	t.ShareURL = t.URL
	if studio.Public && !c.Hidden {
		t.ShareURL = SharePath(c.ID)
	}
	if t.Room == "" {
		t.Room, t.Location = t.Location, ""
	}
	if t.GrantName = m.GrantName; !m.GrantUntil.IsZero() {
		t.GrantUntil = pr.lastDay(m.GrantUntil)
	}
	if m.GrantLeft == m.Usable {
		t.GrantLeft, t.GrantAfter = m.GrantLeft, m.GrantLeft-c.Rules.Cost
	}
	t.Version = t.Personal.Version
	pr.sheetState(&t, c, m)
	if pr.Staff && m.Booking == nil && m.Entry == nil && m.Offer == nil {
		t.Colleague = true
		return t
	}
	t.Action, t.WhyNot = pr.action(c, m)
	if t.Recurs = studio.Recurring && recurs(c); t.Recurs {
		t.Weekly, t.Ahead = pr.weekly(c.StartsAt), pr.ahead(studio)
	}
	if t.Action == "join" {
		t.Join = pr.join(studio, c, m)
	}
	return t
}

// SheetSeats returns the seats of a class for open sheets, with a digest of the other public
// facts. A sheet that shows another digest fetches itself.
func (pr Presenter) SheetSeats(c booking.Class) templates.SheetSeats {
	s := pr.Shared(c)
	terms := strings.Join([]string{
		s.State, s.Act, s.Title, s.StartsSeen, strconv.Itoa(s.Minutes), s.Room, s.Instructor, strconv.Itoa(s.Cost),
		strconv.FormatBool(s.Refundable), Timestamp(c.Cutoff()), c.Note,
	}, "\x00")
	h := fnv.New64a()
	_, _ = h.Write([]byte(terms)) // writing to a hash never fails
	return templates.SheetSeats{Shared: s, Terms: strconv.FormatUint(h.Sum64(), 36)}
}

// ahead says how far a standing booking books: in weeks where the days are whole weeks.
func (pr Presenter) ahead(studio booking.Studio) string {
	days := Hours(studio.Horizon) / 24
	if days%7 == 0 {
		return pr.Text("text.weeks_ahead", "N", days/7)
	}
	return pr.Text("text.days_ahead", "N", days)
}

// weekly names the weekday of a recurring booking.
func (pr Presenter) weekly(t time.Time) string {
	return pr.Text("text.weekly", "Day", pr.Lang.OnWeekday(t.In(pr.Zone)))
}

func (pr Presenter) sheetState(t *templates.Sheet, c booking.Class, m booking.PersonalState) {
	if b := m.Booking; b != nil {
		t.BookingID, t.CheckedIn = b.ID, b.State == booking.StateCheckedIn
		if !c.ReadAt.After(b.FreeUntil) {
			t.BookedFree = pr.DateTime(b.FreeUntil)
		}
	}
	if e := m.Entry; e != nil {
		t.EntryID, t.Position, t.Auto, t.DeskBooks = e.ID, e.Position, e.Auto, !c.Rules.Online
		if !e.Latest.IsZero() {
			t.NotLater = pr.DateTime(e.Latest)
		}
	}
	if o := m.Offer; o != nil {
		t.OfferID, t.OpenFor = o.ID, "first"
		if !o.Shared {
			t.Until, t.OpenFor = pr.clockOrWeekday(o.ExpiresAt, pr.Now), "held"
		}
	}
}

// action returns the action of the button on the sheet, or the reasons why there is none.
func (pr Presenter) action(c booking.Class, m booking.PersonalState) (action string, whyNot []string) {
	over := c.Cancelled || c.Over()
	open := c.Free() > c.Reserved()
	switch {
	case m.Booking != nil && m.Booking.State == booking.StateBooked && !over:
		return "cancel", nil
	case m.Booking != nil && m.Booking.State == booking.StateCheckedIn:
		return "", nil
	case m.Offer != nil && m.Block == nil && !over:
		return "accept", nil
	case m.Entry != nil && !over:
		if m.Block != nil && m.Block.Code != booking.OnlineOff { // the sheet shows it beside the position
			whyNot = []string{pr.Refusal(m.Block)}
		}
		return "leave", whyNot
	case m.Block != nil && !open && c.WaitlistOpen() && personalBlock(m.Block.Code):
		return "join", nil
	case m.Block != nil:
		return "", []string{pr.Refusal(m.Block)}
	case open && c.Phase() == booking.PhaseLate && c.Rules.Cost > 0:
		return "binding", nil
	case open:
		return "book", nil
	case c.WaitlistOpen():
		return "join", nil
	case c.Rules.WaitlistSize > 0 && c.Waiting >= c.Rules.WaitlistSize:
		return "", []string{pr.Refusal(&booking.Error{Code: booking.WaitlistFull})}
	}
	return "", []string{pr.Refusal(&booking.Error{Code: booking.Full})}
}

// personalBlock reports whether the reason of a refusal may end while the person is on the
// waitlist.
func personalBlock(code booking.Code) bool {
	switch code {
	case booking.NoCredits, booking.Overlap, booking.LimitOpen, booking.LimitDay, booking.LimitWeek:
		return true
	}
	return false
}

func (pr Presenter) join(studio booking.Studio, c booking.Class, m booking.PersonalState) templates.JoinChoice {
	j := templates.JoinChoice{
		WouldBe: c.Waiting + 1, MayChoose: c.Rules.WaitlistMode != booking.ModeNotifyAll, Auto: c.Rules.WaitlistMode == booking.ModeAuto,
		OfferMinutes: Minutes(studio.OfferFor), Overnight: studio.Night.On, Balance: m.Usable, NoCredits: m.Usable < c.Rules.Cost,
	}
	left := c.StartsAt.Sub(c.ReadAt)
	for _, h := range []int{1, 2, 3, 6, 12, 24} {
		if time.Duration(h)*time.Hour < left {
			j.NotLater = append(j.NotLater, h)
		}
	}
	return j
}
