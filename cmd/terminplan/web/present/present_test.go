package present_test

import (
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

var berlin = time.FixedZone("CET", 3600)

// at returns an instant of November 2026; now is the 25th, a Wednesday, at 14:00.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, berlin)
}

var now = at(25, 14, 0)

func presenter(t *testing.T) present.Presenter {
	t.Helper()
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	return present.Presenter{
		Messages: set, Lang: templates.German, Zone: berlin, Now: now, Epoch: "e", Counts: booking.CountsExact,
		NewKey: func() string { return "key" },
	}
}

// yoga returns a class tomorrow at 18:00 with 12 seats, 4 of them taken, that costs one
// credit. Cancelling is free until 24 hours before.
func yoga(change ...func(*booking.Class)) booking.Class {
	c := booking.Class{
		ID: 42, Title: "Yoga", StartsAt: at(26, 18, 0), EndsAt: at(26, 19, 0), Version: 7, Booked: 4, ReadAt: now,
		Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: 12, FreeCancel: 24 * time.Hour, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit,
		},
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func starts(day, hour int) func(*booking.Class) {
	return func(c *booking.Class) { c.StartsAt, c.EndsAt = at(day, hour, 0), at(day, hour+1, 0) }
}

func taken(n int) func(*booking.Class) { return func(c *booking.Class) { c.Booked = n } }

func waiting(n int) func(*booking.Class) { return func(c *booking.Class) { c.Waiting = n } }

// plain replaces no-break spaces, so that sentences can be read in the tests.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if plain(got) != want {
		t.Errorf("%s: %q, want %q", what, plain(got), want)
	}
}

func TestARowShowsTheFirstStateThatApplies(t *testing.T) {
	pr := presenter(t)
	for _, c := range []struct {
		name  string
		class booking.Class
		state string
		act   string
	}{
		{"eight of twelve seats are free", yoga(), "free", "book"},
		{"three free seats are few", yoga(taken(9)), "few", "book"},
		{"a fifth of a big room is few", yoga(taken(32), func(c *booking.Class) { c.Rules.Capacity = 40 }), "few", "book"},
		{"more than a fifth is not", yoga(taken(31), func(c *booking.Class) { c.Rules.Capacity = 40 }), "free", "book"},
		{"after the cut-off the terms come before the booking", yoga(starts(25, 18)), "free", "sheet"},
		{"unless the class costs nothing", yoga(starts(25, 18), func(c *booking.Class) { c.Rules.Cost = 0 }), "free", "book"},
		{"a full class has a waitlist", yoga(taken(12)), "full", "join"},
		{"a seat that is held is not free", yoga(taken(11), func(c *booking.Class) { c.Held = 1 }), "full", "join"},
		{"a full class without waitlist", yoga(taken(12), func(c *booking.Class) { c.Rules.WaitlistSize = 0 }), "full", "details"},
		{"a full waitlist", yoga(taken(12), waiting(2), func(c *booking.Class) { c.Rules.WaitlistSize = 2 }), "full_waitlist", "details"},
		{
			"free seats that only waiters may take",
			yoga(taken(11), waiting(2), func(c *booking.Class) { c.ReservedUntil = at(25, 14, 30) }), "held", "join",
		},
		{"only the desk may book", yoga(func(c *booking.Class) { c.Rules.Online = false }), "staff_only", "details"},
		{"booking has not opened", yoga(func(c *booking.Class) { c.Rules.OpensBefore = time.Hour }), "not_open", "details"},
		{"booking has closed", yoga(starts(25, 15), func(c *booking.Class) { c.Rules.ClosesBefore = 2 * time.Hour }), "closed", "details"},
		{"it has begun", yoga(starts(25, 14), taken(12)), "running", "details"},
		{"it is over", yoga(starts(25, 12), taken(12)), "over", "details"},
		{"a cancelled class is nothing else", yoga(starts(25, 12), func(c *booking.Class) { c.Cancelled = true }), "cancelled", "details"},
	} {
		if got := pr.Shared(c.class); got.State != c.state || got.Act != c.act {
			t.Errorf("%s: %s with the button %q, want %s with %q", c.name, got.State, got.Act, c.state, c.act)
		}
	}
	opens := pr.Shared(yoga(func(c *booking.Class) { c.Rules.OpensBefore = 6 * time.Hour }))
	want(t, "the opening", opens.At, "Do 12:00")
}

func TestHiddenSeatCountsShowNoNumbers(t *testing.T) {
	for _, c := range []struct {
		counts booking.SeatCounts
		taken  int
		state  string
	}{
		{booking.CountsExact, 4, "free"},
		{booking.CountsExact, 10, "few"},
		{booking.CountsFew, 4, "some"},
		{booking.CountsFew, 10, "few_some"},
		{booking.CountsFew, 12, "full"},
		{booking.CountsHidden, 4, "some"},
		{booking.CountsHidden, 10, "some"},
		{booking.CountsHidden, 12, "full"},
	} {
		pr := presenter(t)
		pr.Counts = c.counts
		got := pr.Shared(yoga(taken(c.taken)))
		if numbers := got.Capacity != 0; got.State != c.state || numbers != (c.counts == booking.CountsExact) {
			t.Errorf("%s with %d taken: %s of %d seats, want %s", c.counts, c.taken, got.State, got.Capacity, c.state)
		}
		pr.Staff = true
		if pr.Shared(yoga()).Capacity != 12 {
			t.Errorf("%s: the staff reads no numbers", c.counts)
		}
	}
}

func seat(state booking.BookingState, change ...func(*booking.Booking)) *booking.Booking {
	b := booking.Booking{ID: 7, ClassID: 42, State: state, Cost: 1, BookedAt: at(20, 9, 0), FreeUntil: at(25, 18, 0)}
	for _, f := range change {
		f(&b)
	}
	return &b
}

func gratis(b *booking.Booking) { b.Cost = 0 }

func denied(code booking.Code, args map[string]any) booking.PersonalState {
	return booking.PersonalState{Block: &booking.Error{Code: code, Args: args}}
}

func TestAPersonSeesThePersonalState(t *testing.T) {
	pr := presenter(t)
	entry := &booking.WaitlistEntry{ID: 9, Position: 2}
	held := &booking.Offer{ID: 3, ExpiresAt: at(25, 14, 32)}
	fresh := seat(booking.StateBooked, func(b *booking.Booking) { b.BookedAt = at(25, 13, 56) })
	for _, c := range []struct {
		name     string
		class    booking.Class
		personal booking.PersonalState
		want     templates.PersonalState
	}{
		{"nothing of one's own", yoga(), booking.PersonalState{}, templates.PersonalState{}},
		{
			"a seat", yoga(),
			booking.PersonalState{Booking: seat(booking.StateBooked)},
			templates.PersonalState{State: "booked", BookingID: 7, FreeUntil: "Mi\u00a018:00"},
		},
		{
			"a seat booked minutes ago can be given back at once",
			yoga(),
			booking.PersonalState{Booking: fresh},
			templates.PersonalState{State: "booked", BookingID: 7, FreeUntil: "Mi\u00a018:00", Undo: true},
		},
		{"a check-in stays after the class", yoga(starts(25, 12)), booking.PersonalState{
			Booking: seat(booking.StateCheckedIn),
		}, templates.PersonalState{
			State: "checked_in", BookingID: 7,
		}},
		{"a seat does not", yoga(starts(25, 12)), booking.PersonalState{Booking: seat(booking.StateBooked)}, templates.PersonalState{}},
		{"a place in line", yoga(), booking.PersonalState{Entry: entry}, templates.PersonalState{State: "waiting", Position: 2}},
		{
			"a place where nobody is asked",
			yoga(func(c *booking.Class) { c.Rules.Online = false }),
			booking.PersonalState{Entry: entry},
			templates.PersonalState{State: "waiting", Position: 2, DeskBooks: true},
		},
		{
			"an offer comes before the place", yoga(),
			booking.PersonalState{Entry: entry, Offer: held},
			templates.PersonalState{State: "offer", OfferID: 3, Until: "14:32"},
		},
		{
			"an offer to all has no end of one's own", yoga(),
			booking.PersonalState{Offer: &booking.Offer{ID: 3, Shared: true}},
			templates.PersonalState{State: "offer", OfferID: 3},
		},
		{
			"missing credits", yoga(), denied(booking.NoCredits, map[string]any{"needed": 3, "have": 1}),
			templates.PersonalState{State: "no_credits"},
		},
		{
			"another class at that time", yoga(), denied(booking.Overlap, map[string]any{"title": "Spinning", "at": at(26, 18, 0)}),
			templates.PersonalState{State: "overlap", Why: "Überschneidet Spinning 18:00"},
		},
		{
			"a limit", yoga(), denied(booking.LimitWeek, map[string]any{"limit": 3}),
			templates.PersonalState{State: "limit", Why: "Wochenlimit erreicht (3)"},
		},
		{"a refusal of the class itself stands in the shared part", yoga(taken(12)), denied(booking.Full, nil), templates.PersonalState{}},
	} {
		got := pr.PersonalState(c.class, c.personal)
		got.Why = plain(got.Why)
		c.want.ID, c.want.Epoch, c.want.Version = 42, "e", 7
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestASheetHasAnActionOrReasons(t *testing.T) {
	pr := presenter(t)
	entry, offer := &booking.WaitlistEntry{ID: 9, Position: 1}, &booking.Offer{ID: 3, ExpiresAt: at(25, 14, 32)}
	short := map[string]any{"needed": 1, "have": 0}
	for _, c := range []struct {
		name     string
		class    booking.Class
		personal booking.PersonalState
		action   string
		whyNot   string
	}{
		{"a free seat is booked", yoga(), booking.PersonalState{}, "book", ""},
		{"after the cut-off it is binding", yoga(starts(25, 18)), booking.PersonalState{}, "binding", ""},
		{"a full class is waited for", yoga(taken(12)), booking.PersonalState{}, "join", ""},
		{"also without credits, which may come", yoga(taken(12)), denied(booking.NoCredits, short), "join", ""},
		{"a free seat needs them now", yoga(), denied(booking.NoCredits, short), "", "Dafür brauchst du 1 Guthabenpunkt, du hast 0."},
		{"an own seat is cancelled", yoga(), booking.PersonalState{Booking: seat(booking.StateBooked)}, "cancel", ""},
		{"not after a check-in", yoga(starts(25, 14)), booking.PersonalState{Booking: seat(booking.StateCheckedIn)}, "", ""},
		{"an offer is accepted", yoga(taken(12)), booking.PersonalState{Entry: entry, Offer: offer}, "accept", ""},
		{"a place is left", yoga(taken(12)), booking.PersonalState{Entry: entry}, "leave", ""},
		{
			"a full waitlist", yoga(taken(12), waiting(1), func(c *booking.Class) { c.Rules.WaitlistSize = 1 }),
			booking.PersonalState{},
			"", "Die Warteliste ist voll.",
		},
	} {
		got := pr.Sheet(booking.Studio{}, c.class, c.personal, templates.Notice{})
		if why := plain(strings.Join(got.WhyNot, " ")); got.Action != c.action || why != c.whyNot {
			t.Errorf("%s: %q because %q, want %q because %q", c.name, got.Action, why, c.action, c.whyNot)
		}
	}
}

func TestASheetShowsTheCostAndTheGrant(t *testing.T) {
	pr := presenter(t)
	got := pr.Sheet(
		booking.Studio{}, yoga(), booking.PersonalState{Usable: 4, GrantName: "Zehnerkarte", GrantUntil: at(30, 0, 0)}, templates.Notice{},
	)
	if got.Balance != 4 || got.After != 3 || got.GrantName != "Zehnerkarte" {
		t.Errorf("%d, afterwards %d, from %s", got.Balance, got.After, got.GrantName)
	}
	want(t, "the last day of the grant", got.GrantUntil, "29.11.2026")
	want(t, "the cut-off", got.FreeUntil, "Mi., 25.11., 18:00 Uhr")
}

func TestADialogShowsTheEffectsOfACancellation(t *testing.T) {
	pr := presenter(t)
	inTime, late := booking.Verdict{InTime: true, Refund: true}, booking.Verdict{Late: true}
	for _, c := range []struct {
		name    string
		preview booking.CancelPreview
		verdict string
		left    string
	}{
		{
			"in time",
			booking.CancelPreview{Class: yoga(), Booking: *seat(booking.StateBooked), Verdict: inTime, FreeUntil: at(25, 18, 0)},
			"in_time", "noch 4 Std.",
		},
		{
			"late",
			booking.CancelPreview{
				Class: yoga(starts(25, 18)), Booking: *seat(booking.StateBooked), Verdict: late, FreeUntil: at(24, 18, 0),
			},
			"late", "",
		},
		{
			"the class moved, so the cut-off of the class does not count",
			booking.CancelPreview{
				Class: yoga(starts(25, 18)), Booking: *seat(booking.StateBooked), Verdict: inTime, FreeUntil: at(25, 14, 40),
			},
			"moved", "noch 40 Min.",
		},
		{
			"a seat from the waitlist can be given back, nothing moved",
			booking.CancelPreview{
				Class: yoga(starts(25, 18)), Verdict: inTime, FreeUntil: at(25, 14, 30),
				Booking: *seat(booking.StateBooked, func(b *booking.Booking) { b.FromWaitlist = true }),
			},
			"in_time", "noch 30 Min.",
		},
		{
			"it cost nothing",
			booking.CancelPreview{Class: yoga(), Booking: *seat(booking.StateBooked, gratis), Verdict: late, FreeUntil: now},
			"free", "",
		},
	} {
		got := pr.CancelDialog(booking.Actor{ID: 1, Role: booking.RoleMember}, c.preview, "/", "", present.Sent{})
		if got.Verdict != c.verdict || plain(got.Left) != c.left {
			t.Errorf("%s: %s with %q left, want %s with %q", c.name, got.Verdict, plain(got.Left), c.verdict, c.left)
		}
	}
}

func TestABookingShowsTheEndOfFreeCancellation(t *testing.T) {
	pr := presenter(t)
	early := pr.BookedRow(booking.BookedClass{Booking: *seat(booking.StateBooked), Class: yoga()}, true)
	want(t, "before the cut-off", early.FreeUntil, "18:00 Uhr")
	later := yoga(starts(28, 18))
	want(t, "on another day", pr.BookedRow(booking.BookedClass{Booking: *seat(booking.StateBooked, func(b *booking.Booking) {
		b.FreeUntil = later.Cutoff()
	}), Class: later}, true).FreeUntil, "Fr 18:00")
	late := pr.BookedRow(booking.BookedClass{
		Booking: *seat(booking.StateBooked, func(b *booking.Booking) { b.FreeUntil = at(24, 18, 0) }), Class: yoga(starts(25, 18)),
	}, true)
	if late.FreeUntil != "" || !late.Late || !late.CanCancel {
		t.Errorf("after the cut-off: %+v", late)
	}
	free := pr.BookedRow(booking.BookedClass{Booking: *seat(booking.StateBooked, gratis), Class: yoga()}, true)
	if free.FreeUntil != "" || free.Late {
		t.Errorf("a class without a price has no cut-off: %+v", free)
	}
	other := pr.BookedRow(booking.BookedClass{
		Booking: *seat(booking.StateCancelled, func(b *booking.Booking) { b.ByStudio = true }), Class: yoga(),
	}, true)
	want(t, "cancelled by the studio", other.State, "class_cancelled")
	if other.CanCancel {
		t.Error("what has ended can be cancelled")
	}
}

func TestAPanelShowsEachRoleItsButtons(t *testing.T) {
	pr := presenter(t)
	own := func(c *booking.Class) { c.InstructorID = 4 }
	instead := func(c *booking.Class) { c.SubstituteID = 4 }
	for _, c := range []struct {
		name                             string
		role                             booking.Role
		class                            booking.Class
		edits, ticks, changes, overbooks bool
	}{
		{"the front desk", booking.RoleFrontDesk, yoga(), true, true, false, false},
		{"a manager", booking.RoleManager, yoga(), true, true, true, true},
		{"an instructor in the own class", booking.RoleInstructor, yoga(own), false, true, false, false},
		{"an instructor who stands in", booking.RoleInstructor, yoga(instead), false, true, false, false},
		{"an instructor in the class of another", booking.RoleInstructor, yoga(), false, false, false, false},
	} {
		got := pr.Panel(booking.Actor{ID: 4, Role: c.role}, booking.Roster{Class: c.class}, "", templates.Notice{})
		if got.MayEdit != c.edits || got.MayCheckIn != c.ticks || got.MayChange != c.changes || got.Overbook != c.overbooks {
			t.Errorf(
				"%s: edits %t, ticks %t, changes the class %t, overbooks %t", c.name, got.MayEdit, got.MayCheckIn, got.MayChange,
				got.Overbook,
			)
		}
	}
}

func TestAParticipantIsOneLine(t *testing.T) {
	pr := presenter(t)
	person := booking.Participant{
		Booking: *seat(booking.StateBooked), Name: "Lena Müller", GivenName: "Lena", FamilyName: "Müller", Email: "l@example.org",
	}
	person.PersonID = 5
	regular, first, guest, here := person, person, person, person
	regular.Visits, regular.NoShows, regular.LateCancels = 11, 2, 1
	guest.Guest = true
	here.State, here.CheckedInAt = booking.StateCheckedIn, at(25, 13, 52)

	one := func(p booking.Participant) templates.Participant {
		return pr.Roster(booking.Roster{Participants: []booking.Participant{p}}).Participants[0]
	}
	line := one(regular)
	want(t, "the name in a list", line.Name, "Müller, Lena")
	want(t, "the name as it is spoken", line.Spoken, "Lena Müller")
	want(t, "a regular", line.Record, "2× nicht erschienen · 1× zu spät storniert")
	if line.First || !one(first).First || one(first).Record != "" {
		t.Error("only a newcomer is marked as here for the first time")
	}
	if line.Email != "" || line.PersonID != 5 {
		t.Errorf("a member has a profile instead of an address: %+v", line)
	}
	if got := one(guest); got.Email == "" || got.PersonID != 0 || got.Record != "" {
		t.Errorf("a guest has an address and neither profile nor record: %+v", got)
	}
	if got := one(here); !got.Present || got.PresentAt != "13:52" {
		t.Errorf("checked in: %+v", got)
	}
}

func TestTheDeskActionsForTheWaitlistDependOnTheClass(t *testing.T) {
	pr := presenter(t)
	waits := []booking.WaitlistEntry{
		{ID: 1, Position: 1, Skip: booking.NoCredits}, {ID: 2, Position: 2, Offer: &booking.Offer{ExpiresAt: at(25, 14, 32)}},
	}
	for _, c := range []struct {
		name                   string
		class                  booking.Class
		offers, books, skipped bool
	}{
		{"a seat is free", yoga(waiting(2)), true, false, true},
		{"none is", yoga(taken(12), waiting(2)), false, false, true},
		{"without online booking nobody is asked", yoga(waiting(2), func(c *booking.Class) { c.Rules.Online = false }), false, true, false},
		{"the class has begun", yoga(starts(25, 14), waiting(2)), false, false, true},
		{"the class is cancelled", yoga(waiting(2), func(c *booking.Class) { c.Cancelled = true }), false, false, true},
	} {
		got := pr.Roster(booking.Roster{Class: c.class, Waiting: waits}).Waiting
		if got[0].MayOffer != c.offers || got[0].MayBook != c.books || (got[0].Skipped != "") != c.skipped {
			t.Errorf("%s: %+v", c.name, got[0])
		}
		if got[1].MayOffer || got[1].MayBook || got[1].Offered != "14:32" {
			t.Errorf("%s: to the one who has an offer: %+v", c.name, got[1])
		}
	}
}

func TestAlertsDescribeTheEvent(t *testing.T) {
	pr := presenter(t)
	today, tomorrow := yoga(starts(25, 20)), yoga()
	cards := pr.Alerts(booking.Personal{Balance: 3, Alerts: []booking.Alert{
		{
			ID: 1, Kind: booking.AlertSeatOffered, Class: &tomorrow, Offer: &booking.Offer{ID: 3, ExpiresAt: at(25, 14, 32)},
			FreeUntil: at(25, 18, 0),
		},
		{ID: 2, Kind: booking.AlertSeatOpen, Class: &today, Offer: &booking.Offer{ID: 4, Shared: true}, FreeUntil: at(24, 20, 0)},
		{ID: 3, Kind: booking.AlertCreditsExpiring7, Credits: 2, ExpiresAt: at(30, 0, 0)},
		{ID: 4, Kind: booking.AlertClassMoved, Class: &tomorrow, Was: at(26, 17, 0)},
	}})
	if cards.Count != 3 { // that credits expire is said where the balance is
		t.Fatalf("%d cards", cards.Count)
	}
	held, open, moved := cards.Cards[0], cards.Cards[1], cards.Cards[2]
	want(t, "a seat tomorrow", held.Title, "Yoga, morgen 18:00 Uhr")
	if held.Kind != "offer" || held.Minutes != 32 || !held.Refundable {
		t.Errorf("a held seat: %+v", held)
	}
	want(t, "a seat today", open.Title, "Yoga, heute 20:00 Uhr")
	if open.Kind != "open" || open.Until != "" || open.Refundable {
		t.Errorf("a seat for the first, after the cut-off: %+v", open)
	}
	want(t, "a class that moved", moved.Text, "Bisher: Do., 26.11., 17:00 Uhr.")
}

// An offer of the night lasts into the morning (rule 29).
func TestAnOfferThatEndsOnAnotherDaySaysTheDay(t *testing.T) {
	pr := presenter(t)
	c, entry := yoga(), &booking.WaitlistEntry{ID: 5, Position: 1}
	for end, texts := range map[time.Time][3]string{
		at(25, 14, 30): {"14:30", "14:30 Uhr", "14:30 Uhr"}, at(26, 7, 30): {"Do 07:30", "Do 07:30", "Do 07:30"},
	} {
		offer := &booking.Offer{ID: 9, EntryID: 5, ClassID: c.ID, OpenedAt: now, ExpiresAt: end}
		m := booking.PersonalState{ClassID: c.ID, Entry: entry, Offer: offer}
		want(t, "the row", pr.PersonalState(c, m).Until, texts[0])
		want(t, "the sheet", pr.Sheet(booking.Studio{Zone: berlin}, c, m, templates.Notice{}).Until, texts[1])
		cards := pr.Alerts(booking.Personal{Alerts: []booking.Alert{{ID: 1, Kind: booking.AlertSeatOffered, Class: &c, Offer: offer}}})
		want(t, "the card", cards.Cards[0].Until, texts[2])
		if left := cards.Cards[0].Left; left != int(end.Sub(now).Seconds()) {
			t.Errorf("the card counts down from %d s", left)
		}
	}
}

func TestOnlyTheStaffSeesNamesInTheLedger(t *testing.T) {
	pr := presenter(t)
	ledger := booking.Credits{Balance: 3, Grants: []booking.Grant{
		{Name: "Bonus", Quantity: 1, Remaining: 1, ExpiresAt: at(30, 0, 0)}, {Name: "Geschenk", Quantity: 2, Remaining: 2},
	}, Ledger: []booking.LedgerEntry{
		{At: now, Kind: "grant", Amount: 1, GrantName: "Bonus", ActorName: "Mara", Note: "intern"},
		{At: now, Kind: "adjust", Amount: -1, GrantName: "Bonus", ActorName: "Mara", Note: "Tippfehler"},
	}}
	own, staff := pr.Credits(ledger, false), pr.Credits(ledger, true)
	want(t, "a grant", own.Ledger[0].Text, "Bonus")
	want(t, "a correction gives its reason", own.Ledger[1].Text, "Bonus (Tippfehler)")
	want(t, "a grant for the staff", staff.Ledger[0].Text, "Bonus (intern)")
	if own.Ledger[0].Who != "" || staff.Ledger[0].Who != "Mara" {
		t.Errorf("by %q and %q", own.Ledger[0].Who, staff.Ledger[0].Who)
	}
	if !own.Grants[0].Soon || own.Grants[1].Soon || own.Grants[1].ValidUntil != "" || own.NextGrant != "Bonus" {
		t.Errorf("grants: %+v, the next is %s", own.Grants, own.NextGrant)
	}
}

func TestTheTimeLeftHasASuitableUnit(t *testing.T) {
	pr := presenter(t)
	for d, left := range map[time.Duration]string{
		-time.Minute: "", 30 * time.Second: "noch 1 Min.", 59 * time.Minute: "noch 59 Min.", 5 * time.Hour: "noch 5 Std.",
		47 * time.Hour: "noch 47 Std.", 50 * time.Hour: "noch 2 Tage",
	} {
		want(t, d.String(), pr.TimeLeft(d), left)
	}
}

func TestTheTextOfARefusalDependsOnTheReader(t *testing.T) {
	member, staff := presenter(t), presenter(t)
	staff.Staff = true
	short := &booking.Error{Code: booking.NoCredits, Args: map[string]any{"needed": 2, "have": 1}}
	want(t, "a member", member.Refusal(short), "Dafür brauchst du 2 Guthabenpunkte, du hast 1.")
	if got := staff.Refusal(short); got == member.Refusal(short) || strings.Contains(got, "du ") {
		t.Errorf("the desk reads %q", got)
	}
	want(
		t, "a wrong field", member.Refusal(&booking.Error{Code: booking.Invalid, Args: map[string]any{"why": "missing"}}),
		"Das fehlt noch.",
	)
	want(t, "no refusal", member.Refusal(nil), "")
}

func TestTheWeekStripKeepsTheFilters(t *testing.T) {
	pr := presenter(t)
	page := pr.Schedule(present.Frame{Path: "/"}, present.ScheduleQuery{Date: at(25, 0, 0), TypeID: 3}, booking.FormOptions{}, nil, nil)
	if n := len(page.Strip.Days); n != 7 || page.Strip.Days[0].URL != "/schedule?date=2026-11-23&type=3" {
		t.Errorf("%d days from %s", n, page.Strip.Days[0].URL)
	}
	want(t, "without filters", page.ResetURL, "/schedule?date=2026-11-25")
	if !page.Filtered {
		t.Error("the page does not say that it is filtered")
	}
}
