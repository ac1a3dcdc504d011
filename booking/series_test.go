package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// plan makes a series on one weekday: the first class is in three days.
func plan(t *testing.T, env *bookingtest.Env, count int, edit func(*booking.SeriesRequest)) []int64 {
	t.Helper()
	r := seriesOf(t, env, count)
	if edit != nil {
		edit(&r)
	}
	out, err := env.CreateSeries(ctx, env.Owner, r)
	if err != nil {
		t.Fatal(err)
	}
	return out.Classes
}

func seriesOf(t *testing.T, env *bookingtest.Env, count int) booking.SeriesRequest {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := booking.CalendarDay(time.Now().Add(72*time.Hour), studio.Zone)
	start := booking.WallTime(first, 18, 0, studio.Zone)
	return booking.SeriesRequest{
		Class: booking.ClassRequest{Title: "Yoga Flow", StartsAt: start, EndsAt: start.Add(time.Hour), Rules: booking.Rules{
			Online: true, Cost: 1, Capacity: 2, FreeCancel: 24 * time.Hour,
			WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
		}},
		Pattern: booking.Pattern{First: first, Count: count, EveryWeeks: 1, Weekdays: []int{(int(first.Weekday())+6)%7 + 1}},
	}
}

func (b browse) class(id int64) booking.Class {
	b.t.Helper()
	c, err := b.env.Engine.Class(ctx, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// browse reads classes, and fails the test on an error.
type browse struct {
	t   *testing.T
	env *bookingtest.Env
}

func TestASeriesKeepsItsWallTimeAcrossTheChangesOfTheClocks(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2027, 3, 21, 0, 0, 0, 0, time.UTC) // a Sunday, a week before the clocks change
	classes := plan(t, env, 34, func(r *booking.SeriesRequest) {
		r.Class.StartsAt = booking.WallTime(first, 10, 0, studio.Zone)
		r.Class.EndsAt = r.Class.StartsAt.Add(time.Hour)
		r.Pattern.First, r.Pattern.Weekdays = first, []int{7}
	})
	for i, id := range classes {
		c := browse{t, env}.class(id)
		local := c.StartsAt.In(studio.Zone)
		if got, want := local.Format("2006-01-02 15:04"), first.AddDate(0, 0, 7*i).Format("2006-01-02")+" 10:00"; got != want {
			t.Errorf("class %d begins %s, want %s", i+1, got, want)
		}
		if c.EndsAt.Sub(c.StartsAt) != time.Hour || c.StartsAt.Sub(c.Cutoff()) != 86_400*time.Second {
			t.Errorf("%s: lasts %s, free until %s before", local, c.EndsAt.Sub(c.StartsAt), c.StartsAt.Sub(c.Cutoff()))
		}
	}
	if last := (browse{t, env}).class(classes[33]).StartsAt.In(studio.Zone); last.Format(time.DateOnly) < "2027-10-31" {
		t.Errorf("the series ends %s: it does not reach the second change of the clocks", last)
	}
}

func TestAPreviewNamesHolidaysAndConflictsAndSavesNothing(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	room, err := env.SaveRoom(ctx, env.Owner, booking.LocationSettings{Name: "Saal", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	r := seriesOf(t, env, 3)
	r.Class.RoomID = room
	env.Exec(`insert into holiday (day, name) values ($1, 'Feiertag')`, r.Pattern.First.AddDate(0, 0, 7))
	other := env.Class(func(c *booking.ClassRequest) {
		c.Title, c.RoomID = "Pilates", room
		c.StartsAt, c.EndsAt = r.Class.StartsAt.AddDate(0, 0, 14).Add(30*time.Minute), r.Class.EndsAt.AddDate(0, 0, 14)
	})
	list, err := env.PreviewSeries(ctx, env.Owner, r)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d days, %v", len(list), err)
	}
	if list[0].Holiday != "" || list[1].Holiday != "Feiertag" || len(list[1].Conflicts) != 0 || len(list[2].Conflicts) != 1 ||
		list[2].Conflicts[0].ClassID != other || list[2].Conflicts[0].Field != "room" {
		t.Errorf("the preview says %+v", list)
	}
	if n := env.Int(`select count(*) from class where series_id is not null`); n != 0 {
		t.Errorf("a preview saved %d classes", n)
	}
	if _, err := env.CreateSeries(ctx, env.Owner, r); booking.CodeOf(err) != booking.RoomTaken {
		t.Errorf("saved over a conflict that nobody confirmed: %v", err)
	}
	r.Pattern.Skip = []time.Time{list[1].Day, list[2].Day}
	if out, err := env.CreateSeries(ctx, env.Owner, r); err != nil || len(out.Classes) != 1 {
		t.Errorf("without the days that were skipped: %v, %v", out, err)
	}
}

func TestAConflictIsOfWhoReallyGivesTheClass(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ina, mia := env.Staff(booking.RoleInstructor, "Ina Trainer"), env.Staff(booking.RoleInstructor, "Mia Trainer")
	env.Class(func(c *booking.ClassRequest) { c.InstructorID, c.SubstituteID = ina.ID, mia.ID })
	request := func(instructor int64) booking.ClassRequest {
		c := seriesOf(t, env, 1).Class
		c.StartsAt = time.Now().Add(72 * time.Hour).Truncate(time.Minute)
		c.EndsAt, c.InstructorID = c.StartsAt.Add(time.Hour), instructor
		return c
	}
	if _, err := env.CreateClass(ctx, env.Owner, request(ina.ID)); err != nil {
		t.Errorf("whoever is substituted is free: %v", err)
	}
	busy := request(mia.ID)
	if _, err := env.CreateClass(ctx, env.Owner, busy); booking.CodeOf(err) != booking.InstructorTaken {
		t.Errorf("the substitute is busy: %v", err)
	}
	busy.ConfirmConflict = true
	if _, err := env.CreateClass(ctx, env.Owner, busy); err != nil {
		t.Errorf("the studio may want it so: %v", err)
	}
}

func TestASubstituteSeesWhoTakesPart(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ina, mia := env.Staff(booking.RoleInstructor, "Ina Trainer"), env.Staff(booking.RoleInstructor, "Mia Trainer")
	class := env.Class(func(c *booking.ClassRequest) { c.InstructorID = ina.ID })
	if err := env.CanSeeRoster(ctx, mia, class); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("another instructor sees names: %v", err)
	}
	c := browse{t, env}.class(class)
	if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
		Title: c.Title, InstructorID: ina.ID, SubstituteID: mia.ID, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules,
	}}); err != nil {
		t.Fatal(err)
	}
	if err := env.CanSeeRoster(ctx, mia, class); err != nil {
		t.Errorf("the substitute sees nobody: %v", err)
	}
}

// form is the content of the class form, unchanged.
func (b browse) form(id int64) booking.ClassRequest {
	c := b.class(id)
	return booking.ClassRequest{
		Title: c.Title, TypeID: c.Type.ID, LocationID: c.LocationID, RoomID: c.RoomID,
		InstructorID: c.InstructorID, SubstituteID: c.SubstituteID,
		StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules, Note: c.Note, Hidden: c.Hidden,
	}
}

func TestAnEditOfASeriesReachesItsScopeAndDropsNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope booking.Scope
		moved []bool
	}{
		{booking.ThisClass, []bool{false, true, false}},
		{booking.ThisFollowing, []bool{false, true, true}},
		{booking.WholeSeries, []bool{true, true, true}},
	} {
		t.Run(string(c.scope), func(t *testing.T) {
			env := bookingtest.New(t)
			see := browse{t, env}
			classes := plan(t, env, 3, nil)
			anna := env.Member("Anna Arnold", 5)
			for _, id := range classes {
				if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: id}); err != nil {
					t.Fatal(err)
				}
			}
			before := []booking.Class{see.class(classes[0]), see.class(classes[1]), see.class(classes[2])}
			form := see.form(classes[1])
			form.StartsAt, form.EndsAt = form.StartsAt.Add(time.Hour), form.EndsAt.Add(time.Hour)
			request := booking.EditRequest{ClassID: classes[1], Version: before[1].Edited, Scope: c.scope, Class: form}
			preview, err := env.PreviewEdit(ctx, env.Owner, request)
			if err != nil {
				t.Fatal(err)
			}
			concerned := 0
			for _, p := range preview {
				concerned += p.Was.Booked
			}
			if _, err := env.EditClass(ctx, env.Owner, request); err != nil {
				t.Fatal(err)
			}
			moved := 0
			for i, id := range classes {
				now := see.class(id)
				want := before[i].StartsAt
				if c.moved[i] {
					want = want.Add(time.Hour)
					moved++
				}
				if !now.StartsAt.Equal(want) || now.Booked != 1 {
					t.Errorf("class %d begins %s with %d booked, want %s with 1", i+1, now.StartsAt, now.Booked, want)
				}
			}
			if concerned != moved {
				t.Errorf("the preview named %d bookings, %d were concerned", concerned, moved)
			}
			alerts, err := env.Alerts(ctx, anna, booking.AlertsMax)
			if err != nil {
				t.Fatal(err)
			}
			told := 0
			for _, a := range alerts {
				if a.Kind == booking.AlertClassMoved {
					told++
					if i := slices.Index(classes, a.Class.ID); !a.Was.Equal(before[i].StartsAt) {
						t.Errorf("the alert says that it was %s", a.Was)
					}
				}
			}
			if told != moved {
				t.Errorf("told of %d moves, want %d", told, moved)
			}
		})
	}
}

func TestAnEditThatIsRefusedForOneClassChangesNone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	see := browse{t, env}
	classes := plan(t, env, 3, nil)
	for _, m := range env.Members(2, 1) {
		if _, err := env.Book(ctx, m, booking.BookRequest{ClassID: classes[2]}); err != nil {
			t.Fatal(err)
		}
	}
	form := see.form(classes[0])
	form.Rules.Capacity, form.Title = 1, "Anders"
	request := booking.EditRequest{ClassID: classes[0], Scope: booking.WholeSeries, Class: form}
	if _, err := env.EditClass(ctx, env.Owner, request); booking.CodeOf(err) != booking.CapacityBelow {
		t.Errorf("two are booked in the third, which gets one seat: %v", err)
	}
	for _, id := range classes {
		if c := see.class(id); c.Title != "Yoga Flow" || c.Rules.Capacity != 2 {
			t.Errorf("%d became %s with %d seats", id, c.Title, c.Rules.Capacity)
		}
	}
	request.ConfirmBelow = true
	if _, err := env.EditClass(ctx, env.Owner, request); err != nil {
		t.Fatal(err)
	}
	if c := see.class(classes[2]); c.Booked != 2 || c.Free() != 0 || c.Rules.Capacity != 1 {
		t.Errorf("%d of %d, %d free: nobody is removed", c.Booked, c.Rules.Capacity, c.Free())
	}
}

func TestCancellingFromAClassOnLeavesTheEarlierOnes(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	see := browse{t, env}
	classes := plan(t, env, 3, nil)
	anna := env.Member("Anna Arnold", 3)
	for _, id := range classes {
		if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: id}); err != nil {
			t.Fatal(err)
		}
	}
	preview, err := env.CancelClassPreview(ctx, env.Owner, classes[1], booking.ThisFollowing)
	if err != nil {
		t.Fatal(err)
	}
	out, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: classes[1], Scope: booking.ThisFollowing})
	if err != nil || out.Classes != 2 || out.Bookings != 2 || out.Credits != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	if preview.Classes != out.Classes || preview.Bookings != out.Bookings || preview.Credits != out.Credits {
		t.Errorf("announced %+v, done %+v", preview, out)
	}
	for i, want := range []bool{false, true, true} {
		if c := see.class(classes[i]); c.Cancelled != want {
			t.Errorf("class %d is cancelled: %v", i+1, c.Cancelled)
		}
	}
}

func TestAnotherRoomOrInstructorIsToldWithoutAFreeExit(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	see := browse{t, env}
	room, err := env.SaveRoom(ctx, env.Owner, booking.LocationSettings{Name: "Saal", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	class := env.Class(nil)
	anna := env.Member("Anna Arnold", 3)
	if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	form := see.form(class)
	form.RoomID = room
	if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{ClassID: class, Class: form}); err != nil {
		t.Fatal(err)
	}
	alerts, err := env.Alerts(ctx, anna, booking.AlertsMax)
	if err != nil || len(alerts) != 1 || alerts[0].Kind != booking.AlertClassChanged || !slices.Equal(alerts[0].Changed, []string{
		"room",
	}) || alerts[0].Class.Room != "Saal" {
		t.Errorf("%+v, %v", alerts, err)
	}
	if n := env.Int(`select count(*) from booking where free_until is not null`); n != 0 {
		t.Error("another room gives a free exit")
	}
}

func TestAHiddenClassIsNotThereForMembers(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(c *booking.ClassRequest) { c.Hidden = true })
	anna := env.Member("Anna Arnold", 3)
	if _, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class}); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("booking: %v", err)
	}
	if _, err := env.JoinWaitlist(ctx, anna, booking.JoinRequest{ClassID: class}); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("joining: %v", err)
	}
	out, err := env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{anna.ID}})
	if err != nil || out.Added[0].Err != nil {
		t.Errorf("the desk adds: %+v, %v", out, err)
	}
}

// Two dates of a series that overlap still overlap when both are moved: a person with a
// seat in one must not get a seat in the other.
func TestWhoSitsInOneMovedClassIsNotMovedUpInAnotherAtThatTime(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	auto := booking.ModeAuto
	classes := plan(t, env, 2, func(r *booking.SeriesRequest) { r.Class.Rules.Capacity, r.Class.Rules.WaitlistMode = 1, auto })
	anna, ben := env.Member("Anna Alt", 3), env.Member("Ben Bunt", 3)
	mustBook(t, env, ben, classes[0])
	mustBook(t, env, anna, classes[1])
	if _, err := env.JoinWaitlist(ctx, ben, booking.JoinRequest{ClassID: classes[1]}); err != nil {
		t.Fatal(err)
	}
	first := browse{t, env}.class(classes[0])
	edit := func(class int64, start time.Time, capacity int, scope booking.Scope) {
		t.Helper()
		rules := first.Rules
		rules.Capacity = capacity
		r := booking.EditRequest{
			ClassID: class, Scope: scope,
			Class: booking.ClassRequest{Title: first.Title, StartsAt: start, EndsAt: start.Add(time.Hour), Rules: rules},
		}
		if _, err := env.EditClass(ctx, env.Owner, r); err != nil {
			t.Fatal(err)
		}
	}
	edit(classes[1], first.StartsAt.Add(30*time.Minute), 1, booking.ThisClass)
	edit(classes[0], first.StartsAt.Add(2*time.Hour), 2, booking.WholeSeries)
	if first, second := (browse{
		t, env,
	}).class(classes[0]), (browse{t, env}).class(classes[1]); !second.StartsAt.Before(first.EndsAt) || second.Rules.Capacity != 2 {
		t.Fatalf("the second class, with %d seats, is at %s, and the first one ends at %s", second.Rules.Capacity, second.StartsAt,
			first.EndsAt)
	}
	if n := env.Int(`select count(*) from booking where person_id = $1 and state = 'booked'`, ben.ID); n != 1 {
		t.Errorf("Ben sits in %d classes at once", n)
	}
	if n := env.Int(`select count(*) from waitlist_entry where person_id = $1 and state = 'waiting' and skip_reason = 'overlap'`,
		ben.ID); n != 1 {
		t.Error("Ben's place does not say that he has something else at that time")
	}
}
