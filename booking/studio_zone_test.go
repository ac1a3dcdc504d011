package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// changeZone edits the zone of the studio.
func changeZone(t *testing.T, env *bookingtest.Env, name string, keep booking.ZoneChange) error {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Zone = mustZone(t, name)
	return env.EditStudio(ctx, env.Owner, studio, keep)
}

// clockIn is what clocks in the zone show at the start of a class.
func clockIn(c booking.Class, zone *time.Location) string {
	return c.StartsAt.In(zone).Format("2006-01-02 15:04")
}

func TestAnotherZoneAsksWhatShallStay(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	err := changeZone(t, h.Env, "America/Sao_Paulo", "")
	asked := wantCode(t, err, booking.AskZoneChange)
	for name, want := range map[string]any{"classes": 1, "bookings": 2, "waiting": 1, "title": "Yoga Flow"} {
		if asked.Args[name] != want {
			t.Errorf("%s is %v, want %v", name, asked.Args[name], want)
		}
	}
	wantCode(t, changeZone(t, h.Env, "America/Sao_Paulo", "both"), booking.Invalid)
	for _, name := range []string{"EST", "Etc/GMT+5", "UTC", "US/Eastern"} {
		refusal := wantCode(t, changeZone(t, h.Env, name, booking.KeepClock), booking.Invalid)
		if refusal.Field != "zone" || refusal.Args["why"] != "zone" {
			t.Errorf("%s is refused with %+v", name, refusal)
		}
	}
	if zone, err := h.Zone(ctx, " europe/BERLIN "); err != nil || zone.String() != "Europe/Berlin" {
		t.Errorf("europe/BERLIN is %v, %v", zone, err)
	}
	// Nothing is asked where nothing is planned.
	_, err = h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class})
	if err != nil {
		t.Fatal(err)
	}
	if err := changeZone(t, h.Env, "America/Sao_Paulo", ""); err != nil {
		t.Error(err)
	}
}

func TestAnotherZoneMayKeepTheInstants(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	was := browse{t, h.Env}.class(h.class)
	if err := changeZone(t, h.Env, "America/Sao_Paulo", booking.KeepInstants); err != nil {
		t.Fatal(err)
	}
	now := browse{t, h.Env}.class(h.class)
	if !now.StartsAt.Equal(was.StartsAt) || now.Version != was.Version {
		t.Errorf("the class moved from %s to %s", was.StartsAt, now.StartsAt)
	}
	if got := alerts(t, h.Env, h.booked[0]); len(got) != 0 {
		t.Errorf("people were told: %+v", got)
	}
}

// Rules 14, 21, 22.
func TestAnotherZoneMayKeepTheTimesOnTheClock(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 2, nil)
	env, zone := h.Env, mustZone(t, "America/Sao_Paulo")
	read := func(id int64) booking.Class { return browse{t, env}.class(id) }

	offered := env.Class(func(r *booking.ClassRequest) { r.Title, r.Rules.Capacity = "Pilates", 1 })
	seat := mustBook(t, env, env.Member("Olaf Ott", 5), offered)
	waiter := env.Member("Wanda Wart", 5)
	if _, err := env.JoinWaitlist(ctx, waiter, booking.JoinRequest{ClassID: offered, NotLater: 2 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	mustCancel(t, env, env.Owner, seat.BookingID)
	series := plan(t, env, 30, func(r *booking.SeriesRequest) { // across both changes of the clocks in Berlin
		r.Pattern.First = booking.CalendarDay(time.Now().AddDate(0, 0, 20), berlin)
		r.Class.StartsAt = booking.WallTime(r.Pattern.First, 2, 30, berlin)
		r.Class.EndsAt = r.Class.StartsAt.Add(time.Hour)
		r.Pattern.Weekdays = []int{(int(r.Pattern.First.Weekday())+6)%7 + 1}
	})
	running, cancelled := env.Class(nil), env.Class(nil)
	env.MoveStart(running, -time.Minute)
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: cancelled}); err != nil {
		t.Fatal(err)
	}
	expiry := booking.WallTime(booking.CalendarDay(time.Now().AddDate(0, 2, 0), berlin), 0, 0, berlin)
	granted, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{PersonID: waiter.ID, Quantity: 3, ExpiresAt: expiry})
	if err != nil {
		t.Fatal(err)
	}
	all := append([]int64{h.class, offered, cancelled}, series...)
	was := map[int64]booking.Class{running: read(running)}
	for _, id := range all {
		was[id] = read(id)
	}

	if err := changeZone(t, env, zone.String(), booking.KeepClock); err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		now := read(id)
		if before, after := clockIn(was[id], berlin), clockIn(now, zone); before != after {
			t.Errorf("%s was at %s and is at %s", now.Title, before, after)
		}
		if now.EndsAt.Sub(now.StartsAt) != was[id].EndsAt.Sub(was[id].StartsAt) || now.Cutoff() != now.StartsAt.Add(-now.Rules.FreeCancel) {
			t.Errorf("%s: length or cut-off did not follow: %+v", now.Title, now)
		}
	}
	if now := read(running); !now.StartsAt.Equal(was[running].StartsAt) || now.Version != was[running].Version {
		t.Errorf("the running class moved from %s to %s", was[running].StartsAt, now.StartsAt)
	}
	for _, a := range append(slices.Clone(h.booked), h.waiters[0]) {
		got := alerts(t, env, a)
		if len(got) != 1 || got[0].Kind != booking.AlertClassMoved || !got[0].Was.Equal(was[h.class].StartsAt) {
			t.Errorf("%s is told %+v", a.Name, got)
		}
	}
	exit := time.Now().Add(23 * time.Hour)
	list, err := env.Bookings(ctx, h.booked[0], h.booked[0].ID, false)
	if err != nil || len(list) != 1 || list[0].Booking.FreeUntil.Before(exit) {
		t.Errorf("no free exit: %+v, %v", list, err)
	}
	waits, err := env.Waiting(ctx, waiter, waiter.ID)
	if err != nil || len(waits) != 1 || !waits[0].Entry.Latest.Equal(read(offered).StartsAt.Add(-2*time.Hour)) ||
		waits[0].Entry.Offer == nil {
		t.Errorf("the waiter's limit and offer: %+v, %v", waits, err)
	}
	var now time.Time
	if err := env.Pool.QueryRow(ctx, `select expires_at from account where id = $1`, granted.GrantID).Scan(&now); err != nil {
		t.Fatal(err)
	}
	if got := now.In(zone).Format(time.DateTime); got != expiry.In(berlin).Format(time.DateTime) {
		t.Errorf("credits until %s expire at %s on the new clock", expiry.In(berlin), got)
	}
	studio, err := env.Studio(ctx)
	if err != nil || studio.Zone.String() != zone.String() {
		t.Errorf("the zone is %s, %v", studio.Zone, err)
	}
	list2, err := env.Events(ctx, env.Owner, booking.EventsQuery{Limit: 1})
	if err != nil || len(list2) != 1 || list2[0].Details["kept"] != "clock" || list2[0].Details["classes"] != float64(len(all)) {
		t.Errorf("the history says %+v, %v", list2, err)
	}
	// The settings that this change was made from are outdated.
	studio.Version--
	studio.Zone = berlin
	wantCode(t, env.EditStudio(ctx, env.Owner, studio, booking.KeepClock), booking.StaleSettings)
	if before, after := clockIn(was[h.class], berlin), clockIn(read(h.class), zone); before != after {
		t.Errorf("a stale change moved a class to %s", after)
	}
}

// A class of the next hours may lie in the past afterwards: it has begun then.
func TestAClassThatTheNewClockPutsIntoThePastHasBegun(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, func(r *booking.ClassRequest) {
		r.StartsAt = time.Now().Add(2 * time.Hour).Truncate(time.Minute)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	if err := changeZone(t, h.Env, "Asia/Tokyo", booking.KeepClock); err != nil {
		t.Fatal(err)
	}
	if err := h.SettleClass(ctx, h.class); err != nil {
		t.Fatal(err)
	}
	if now := (browse{t, h.Env}).class(h.class); now.Phase() != booking.PhaseOver || now.Waiting != 0 {
		t.Errorf("the class is %s with %d waiting", now.Phase(), now.Waiting)
	}
}

// Two people change the zone at once: the classes move once.
func TestTwoChangesOfTheZoneMoveTheClassesOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	was := browse{t, env}.class(class)
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Zone = mustZone(t, "America/Sao_Paulo")
	errs := make([]error, 4)
	together(len(errs), func(i int) { errs[i] = env.EditStudio(ctx, env.Owner, studio, booking.KeepClock) })
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if booking.CodeOf(err) != booking.StaleSettings {
			t.Error(err)
		}
	}
	if now := (browse{t, env}).class(class); done != 1 || clockIn(now, studio.Zone) != clockIn(was, berlin) {
		t.Errorf("%d changes succeeded; the class was at %s and is at %s", done, clockIn(was, berlin), clockIn(now, studio.Zone))
	}
}
