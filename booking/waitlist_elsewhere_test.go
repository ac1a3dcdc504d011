package booking_test

import (
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// passedOver is a full class whose first waiter was passed over when a seat became free,
// because of a booking in another class.
type passedOver struct {
	*fullClass
	waiter booking.Actor
	other  int64 // the class of the booking
	seat   booking.BookOutcome
}

// denied says how a rule comes to deny the waiter a seat: the credits, how long after the
// class the other one begins, and a setting that holds from the time when both are chosen.
type denied struct {
	rule    booking.Code
	credits int
	later   time.Duration
	setting string
}

func newPassedOver(t *testing.T, h *fullClass, by denied) *passedOver {
	t.Helper()
	p := &passedOver{fullClass: h, waiter: h.Member("Cora Chic", by.credits)}
	starts := (browse{t, h.Env}).class(h.class).StartsAt
	p.other = p.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = starts.Add(by.later), starts.Add(by.later+time.Hour)
		r.Rules.FreeCancel = time.Hour
		if by.rule != booking.NoCredits {
			r.Rules.Cost = 0 // only the end of the booking frees anything, not a refund
		}
	})
	p.seat = mustBook(t, p.Env, p.waiter, p.other)
	mustJoin(t, p.Env, p.waiter, p.class)
	if by.setting != "" {
		p.Exec(`update studio set ` + by.setting)
	}
	mustCancel(t, p.Env, p.booked[0], p.bookings[0].BookingID)
	if m := p.personal(t, p.waiter); m.Entry == nil || m.Entry.Skip != by.rule {
		t.Fatalf("the waiter has %+v, want to be passed over by %s", m.Entry, by.rule)
	}
	if a := wantAlert(t, p.Env, p.waiter, booking.AlertSkipped); a.Skip != by.rule {
		t.Fatalf("the alert gives the reason %q", a.Skip)
	}
	return p
}

// atNoon is a class at noon, so that a few hours later it is the same day.
func atNoon(r *booking.ClassRequest) {
	y, m, d := r.StartsAt.In(berlin).Date()
	r.StartsAt = time.Date(y, m, d, 12, 0, 0, 0, berlin)
	r.EndsAt = r.StartsAt.Add(time.Hour)
}

// wantOffered waits for the offer. No sweep runs.
func (p *passedOver) wantOffered(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(bookingtest.Patience); p.personal(t, p.waiter).Offer == nil; {
		if time.Now().After(deadline) {
			t.Fatal("nothing is offered to the waiter, who is eligible now")
		}
	}
	wantOnly(t, p.Env, p.waiter, booking.AlertSeatOffered, booking.AlertSkipped)
}

// wantOnly fails unless the person sees an alert of the first kind, and none of the other.
func wantOnly(t *testing.T, env *bookingtest.Env, a booking.Actor, kind, not booking.AlertKind) {
	t.Helper()
	found := false
	for _, alert := range alerts(t, env, a) {
		found = found || alert.Kind == kind
		if alert.Kind == not {
			t.Errorf("%s still sees the alert %s", a.Name, not)
		}
	}
	if !found {
		t.Errorf("%s does not see the alert %s", a.Name, kind)
	}
}

func (p *passedOver) edit(t *testing.T, only string, change func(*booking.ClassRequest)) {
	t.Helper()
	c := (browse{t, p.Env}).class(p.other)
	r := booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules}
	change(&r)
	if _, err := p.EditClass(ctx, p.Owner, booking.EditRequest{ClassID: p.other, Class: r, Only: []string{only}}); err != nil {
		t.Fatal(err)
	}
}

func (p *passedOver) set(t *testing.T, change func(*booking.Studio)) {
	t.Helper()
	s, err := p.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.Version = int64(p.Int(`select version from studio`))
	change(&s)
	if err := p.EditStudio(ctx, p.Owner, s, ""); err != nil {
		t.Fatal(err)
	}
}

func TestWhoBecomesEligibleThroughSomethingElsewhereIsServedAtOnce(t *testing.T) {
	t.Parallel()
	credits := denied{rule: booking.NoCredits, credits: 1, later: 5 * time.Hour}
	overlap := denied{rule: booking.Overlap, credits: 5, later: 30 * time.Minute}
	day := denied{rule: booking.LimitDay, credits: 5, later: 3 * time.Hour, setting: `max_per_day = 1`}
	week := denied{rule: booking.LimitWeek, credits: 5, later: 3 * time.Hour, setting: `max_per_week = 1`}
	open := denied{rule: booking.LimitOpen, credits: 5, later: 30 * time.Hour, setting: `max_open_bookings = 1`}

	type way struct {
		name string
		by   []denied
		does func(t *testing.T, p *passedOver)
	}
	for _, w := range []way{
		{"the member cancels elsewhere", []denied{credits, overlap, day, week, open}, func(t *testing.T, p *passedOver) {
			mustCancel(t, p.Env, p.waiter, p.seat.BookingID)
		}},
		{"staff cancels elsewhere", []denied{credits, overlap, day, week, open}, func(t *testing.T, p *passedOver) {
			mustCancel(t, p.Env, p.Owner, p.seat.BookingID)
		}},
		{"the other class is cancelled", []denied{credits, overlap, day, week, open}, func(t *testing.T, p *passedOver) {
			if _, err := p.CancelClass(ctx, p.Owner, booking.CancelClassRequest{ClassID: p.other}); err != nil {
				t.Fatal(err)
			}
		}},
		{"the other class is moved", []denied{overlap, day}, func(t *testing.T, p *passedOver) {
			p.edit(t, "starts_at", func(r *booking.ClassRequest) { r.StartsAt = r.StartsAt.Add(24 * time.Hour) })
		}},
		{"credits are granted", []denied{credits}, func(_ *testing.T, p *passedOver) { p.Grant(p.waiter, 1) }},
		{"the settings allow it", []denied{overlap, day, week, open}, func(t *testing.T, p *passedOver) {
			p.set(t, func(s *booking.Studio) { s.AllowOverlap, s.MaxOpen, s.MaxPerDay, s.MaxPerWeek = true, 0, 0, 0 })
		}},
		{"the person joins the staff, whom no limit binds", []denied{day, week, open}, func(t *testing.T, p *passedOver) {
			if _, err := p.SetRole(ctx, p.Owner, p.waiter.ID, booking.RoleInstructor); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		for _, by := range w.by {
			t.Run(w.name+", "+string(by.rule), func(t *testing.T) {
				t.Parallel()
				p := newPassedOver(t, newFullClass(t, 0, atNoon), by)
				w.does(t, p)
				p.wantOffered(t)
			})
		}
	}
	t.Run("the other class is made shorter", func(t *testing.T) {
		t.Parallel()
		h := newFullClass(t, 0, atNoon)
		p := newPassedOver(t, h, denied{rule: booking.Overlap, credits: 5, later: -30 * time.Minute})
		p.edit(t, "minutes", func(r *booking.ClassRequest) { r.EndsAt = r.StartsAt.Add(20 * time.Minute) })
		p.wantOffered(t)
	})
	t.Run("a late cancellation is forgiven", func(t *testing.T) {
		t.Parallel()
		p := newPassedOver(t, newFullClass(t, 0, atNoon), credits)
		p.Exec(`update class set free_cancel = '30 days', edited_v = 2 where id = $1`, p.other)
		if out := mustCancel(t, p.Env, p.waiter, p.seat.BookingID); out.Refunded != 0 {
			t.Fatalf("%d credits are refunded", out.Refunded)
		}
		if _, err := p.Forgive(ctx, p.Owner, "", p.seat.BookingID); err != nil {
			t.Fatal(err)
		}
		p.wantOffered(t)
	})
}

// onStage is a full class at noon of a day at whose nine o'clock the clock stands still, with
// a waiter who was passed over.
func onStage(t *testing.T, by denied) *passedOver {
	t.Helper()
	h := &fullClass{Env: bookingtest.New(t)}
	newStage(h.Env)
	at := time.Date(2045, 6, 7, 9, 0, 0, 0, berlin)
	h.Exec(`update stopped.clock set at = $1`, at)
	h.class = h.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = at.Add(12*time.Hour), at.Add(13*time.Hour)
		r.Rules.FreeCancel = time.Hour
	})
	for _, a := range h.Members(2, 5) {
		h.booked, h.bookings = append(h.booked, a), append(h.bookings, mustBook(t, h.Env, a, h.class))
	}
	return newPassedOver(t, h, by)
}

func (p *passedOver) wait(d time.Duration) { p.Exec(`update stopped.clock set at = at + $1`, d) }

func TestABookingThatBecomesANoShowMakesRoomUnderTheLimitOfTheDay(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.LimitDay, credits: 5, later: -10 * time.Hour, setting: `max_per_day = 1`})
	p.wait(3 * time.Hour)
	if _, err := p.CheckIn(ctx, p.Owner, booking.CheckInRequest{BookingID: p.seat.BookingID, NoShow: true}); err != nil {
		t.Fatal(err)
	}
	if err := p.Recheck(ctx); err != nil {
		t.Fatal(err)
	}
	p.wantOffered(t)
}

func TestAClassThatBeginsMakesRoomUnderTheLimitOfOpenBookings(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.LimitOpen, credits: 5, later: -10 * time.Hour, setting: `max_open_bookings = 1`})
	for _, d := range []time.Duration{time.Hour, time.Hour + time.Second} { // the other class begins within the second hour
		if err := p.SweepDue(ctx); err != nil {
			t.Fatal(err)
		}
		if p.personal(t, p.waiter).Offer != nil {
			t.Fatal("offered before the other class has begun")
		}
		p.wait(d)
	}
	if err := p.SweepDue(ctx); err != nil {
		t.Fatal(err)
	}
	p.wantOffered(t)
}

// The node that committed the cancellation dies before it has served the waiter.
func TestAnotherNodeServesWhomADeadNodeMadeEligible(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.Overlap, credits: 5, later: 30 * time.Minute})
	mustCancel(t, p.Env, p.waiter, p.seat.BookingID) // rechecks are held on a stage
	if p.personal(t, p.waiter).Offer != nil {
		t.Fatal("somebody else has served the waiter")
	}
	other, err := booking.Open(ctx, booking.Options{Pool: p.Pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.SweepDue(ctx); err != nil {
		t.Fatal(err)
	}
	p.wantOffered(t)
	if n := p.Int(`select count(*) from waitlist_recheck`); n != 0 {
		t.Errorf("%d classes are still noted", n)
	}
}

// A class that is locked when the waiters are to be served stays noted.
func TestAClassThatIsLockedIsLookedAtLater(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.Overlap, credits: 5, later: 30 * time.Minute})
	mustCancel(t, p.Env, p.waiter, p.seat.BookingID)
	tx, err := p.Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `select from class where id = $1 for update`, p.class); err != nil {
		t.Fatal(err)
	}
	if err := p.SweepDue(ctx); err != nil {
		t.Error(err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.SweepDue(ctx); err != nil {
		t.Fatal(err)
	}
	p.wantOffered(t)
}

// The seat has gone to somebody else meanwhile. The waiter must not read any more that
// credits are missing.
func TestAReasonThatIsGoneIsNotShownInAFullClassEither(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.NoCredits, credits: 1, later: 5 * time.Hour})
	mustBook(t, p.Env, p.Member("Stranger Fremd", 5), p.class)
	for _, way := range []struct {
		name string
		does func()
	}{
		{"a refund", func() { mustCancel(t, p.Env, p.waiter, p.seat.BookingID) }},
		{"a grant", func() { p.Grant(p.waiter, 1) }},
		{"a correction", func() {
			grant := int64(p.Int(`select id from account where person_id = $1 and remaining > 0 limit 1`, p.waiter.ID))
			if _, err := p.CorrectCredits(ctx, p.Owner, booking.CorrectRequest{
				PersonID: p.waiter.ID, GrantID: grant, Amount: 1, Reason: "asked for",
			}); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		p.Exec(`update waitlist_entry set skip_reason = 'no_credits' where person_id = $1`, p.waiter.ID)
		way.does()
		if err := p.Recheck(ctx); err != nil {
			t.Fatal(err)
		}
		if m := p.personal(t, p.waiter); m.Entry == nil || m.Entry.Skip != "" || m.Offer != nil {
			t.Errorf("after %s the waiter has %+v", way.name, m.Entry)
		}
		wantNoAlert(t, p.Env, p.waiter)
	}
}

func TestACancellationNotesNothingWhereNobodyWasPassedOver(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	newStage(h.Env)
	elsewhere := h.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt = r.StartsAt.Add(5*time.Hour), r.EndsAt.Add(5*time.Hour)
	})
	out := mustBook(t, h.Env, h.waiters[0], elsewhere)
	mustCancel(t, h.Env, h.waiters[0], out.BookingID)
	if n := h.Int(`select count(*) from waitlist_recheck`); n != 0 {
		t.Errorf("%d classes are noted", n)
	}
}

// One edit changes the class and the reason: the alert about the new reason must not end with
// the one about the old reason.
func TestAnotherReasonReplacesTheAlertAboutTheFirst(t *testing.T) {
	t.Parallel()
	p := onStage(t, denied{rule: booking.Overlap, credits: 1, later: 30 * time.Minute})
	r := p.request(t)
	r.StartsAt, r.EndsAt, r.Rules.Cost = r.StartsAt.Add(5*time.Hour), r.EndsAt.Add(5*time.Hour), 9
	if _, err := p.EditClass(ctx, p.Owner, booking.EditRequest{ClassID: p.class, Class: r}); err != nil {
		t.Fatal(err)
	}
	var skipped []booking.Code
	for _, a := range alerts(t, p.Env, p.waiter) {
		if a.Kind == booking.AlertSkipped {
			skipped = append(skipped, a.Skip)
		}
	}
	if len(skipped) != 1 || skipped[0] != booking.NoCredits {
		t.Errorf("the waiter reads the reasons %v, want only that credits are missing", skipped)
	}
}
