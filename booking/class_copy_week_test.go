package booking_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// aWeek is a Monday far enough ahead that no class of the week has begun.
func aWeek(t *testing.T, env *bookingtest.Env) (monday time.Time, zone *time.Location) {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	day := booking.CalendarDay(time.Now(), studio.Zone).AddDate(0, 0, 14)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7), studio.Zone
}

// at makes a class on a day of the week, counted from Monday.
func at(env *bookingtest.Env, monday time.Time, zone *time.Location, day, hour int, change func(*booking.ClassRequest)) int64 {
	return env.Class(func(c *booking.ClassRequest) {
		c.StartsAt = booking.WallTime(monday.AddDate(0, 0, day), hour, 0, zone)
		c.EndsAt = c.StartsAt.Add(time.Hour)
		if change != nil {
			change(c)
		}
	})
}

func TestAWeekIsCopiedWithItsSingleClassesOnly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ina, mia := env.Staff(booking.RoleInstructor, "Ina Trainer"), env.Staff(booking.RoleInstructor, "Mia Trainer")
	monday, zone := aWeek(t, env)
	yoga := at(env, monday, zone, 1, 18, func(c *booking.ClassRequest) {
		c.Title, c.InstructorID, c.SubstituteID, c.Note = "Yoga", ina.ID, mia.ID, "Matte mitbringen"
	})
	late := at(env, monday, zone, 6, 23, func(c *booking.ClassRequest) { c.Title = "Nachtlauf" })
	off := at(env, monday, zone, 3, 9, nil)
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: off}); err != nil {
		t.Fatal(err)
	}
	series := seriesOf(t, env, 2)
	series.Class = booking.ClassRequest{
		Title: "Serie", Rules: series.Class.Rules,
		StartsAt: booking.WallTime(monday, 8, 0, zone), EndsAt: booking.WallTime(monday, 9, 0, zone),
	}
	series.Pattern.First, series.Pattern.Weekdays = monday, []int{1}
	if _, err := env.CreateSeries(ctx, env.Owner, series); err != nil {
		t.Fatal(err)
	}
	next := monday.AddDate(0, 0, 7)
	plan, err := env.PreviewCopyWeek(ctx, env.Owner, monday, []time.Time{next})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Copies) != 2 || plan.Series != 1 || plan.Copies[0].Was.ID != yoga || plan.Copies[1].Was.ID != late {
		t.Fatalf("the plan is %+v", plan)
	}
	if n := env.Int(`select count(*) from class`); n != 5 {
		t.Errorf("a preview saved classes: there are %d", n)
	}
	var copies []booking.ClassCopy
	for _, c := range plan.Copies {
		copies = append(copies, booking.ClassCopy{ClassID: c.Was.ID, Day: c.Day})
	}
	request := booking.CopyWeekRequest{Key: uuid.NewString(), Copies: copies}
	out, err := env.CopyWeek(ctx, env.Owner, request)
	if err != nil || len(out.Classes) != 2 {
		t.Fatalf("made %v, %v", out, err)
	}
	c := browse{t, env}.class(out.Classes[0])
	if got := c.StartsAt.In(zone).Format("2006-01-02 15:04"); got != next.AddDate(0, 0, 1).Format(time.DateOnly)+" 18:00" {
		t.Errorf("the copy begins at %s", got)
	}
	if c.Title != "Yoga" || c.InstructorID != ina.ID || c.SubstituteID != 0 || c.Note != "Matte mitbringen" ||
		c.SeriesID != 0 || c.Booked != 0 {
		t.Errorf("the copy is %+v", c)
	}
	again, err := env.CopyWeek(ctx, env.Owner, request)
	if err != nil || again.Classes[0] != out.Classes[0] || env.Int(`select count(*) from class`) != 7 {
		t.Errorf("the repeat made %v, %v", again, err)
	}
	if n := env.Int(`select count(*) from history where verb = 'copy_week' and class_id is null`); n != 1 {
		t.Errorf("the history has %d lines about the copy", n)
	}
	if n := env.Int(`select count(*) from history where verb = 'create_class' and class_id = any($1)`, out.Classes); n != 2 {
		t.Errorf("%d of the new classes have a beginning in the history", n)
	}
}

func TestACopyOfAWeekIsAllOrNothing(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	room, err := env.SaveRoom(ctx, env.Owner, booking.LocationSettings{Name: "Saal", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	monday, zone := aWeek(t, env)
	next := monday.AddDate(0, 0, 7)
	inRoom := func(c *booking.ClassRequest) { c.RoomID = room }
	yoga, pilates := at(env, monday, zone, 0, 18, inRoom), at(env, monday, zone, 1, 18, inRoom)
	at(env, next, zone, 1, 18, inRoom)
	env.Exec(`insert into holiday (day, name) values ($1, 'Feiertag')`, next)
	plan, err := env.PreviewCopyWeek(ctx, env.Owner, monday, []time.Time{next})
	if err != nil || len(plan.Copies) != 2 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if plan.Copies[0].Holiday != "Feiertag" || len(plan.Copies[1].Conflicts) != 1 || !plan.Copies[1].Exists {
		t.Errorf("the plan says %+v", plan.Copies)
	}
	request := func(confirm bool) booking.CopyWeekRequest {
		return booking.CopyWeekRequest{Key: uuid.NewString(), Copies: []booking.ClassCopy{
			{ClassID: yoga, Day: next}, {ClassID: pilates, Day: next.AddDate(0, 0, 1), ConfirmConflict: confirm},
		}}
	}
	count := func() int { return env.Int(`select count(*) from class`) }
	if _, err := env.CopyWeek(ctx, env.Owner, request(false)); booking.CodeOf(err) != booking.RoomTaken || count() != 3 {
		t.Errorf("over a conflict that nobody confirmed: %v, %d classes", err, count())
	}
	past := request(true)
	past.Copies[1].Day = monday.AddDate(0, 0, -70)
	if _, err := env.CopyWeek(ctx, env.Owner, past); booking.CodeOf(err) != booking.InThePast || count() != 3 {
		t.Errorf("into the past: %v, %d classes", err, count())
	}
	twice := request(true)
	twice.Copies[1] = twice.Copies[0]
	if _, err := env.CopyWeek(ctx, env.Owner, twice); booking.CodeOf(err) != booking.Invalid {
		t.Errorf("the same class twice: %v", err)
	}
	desk := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	if _, err := env.CopyWeek(ctx, desk, request(true)); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk may copy a week: %v", err)
	}
	if _, err := env.CopyWeek(ctx, env.Owner, request(true)); err != nil || count() != 5 {
		t.Errorf("confirmed: %v, %d classes", err, count())
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: yoga}); err != nil {
		t.Fatal(err)
	}
	gone := request(true)
	gone.Copies[0].Day, gone.Copies[1].Day = next.AddDate(0, 0, 14), next.AddDate(0, 0, 15)
	if _, err := env.CopyWeek(ctx, env.Owner, gone); booking.CodeOf(err) != booking.ClassCancelled || count() != 5 {
		t.Errorf("with a class that was cancelled meanwhile: %v, %d classes", err, count())
	}
}

func TestACopiedClassKeepsItsTimeOnTheClockAcrossAClockChange(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	_, zone := aWeek(t, env)
	monday := time.Date(2027, 3, 22, 0, 0, 0, 0, time.UTC) // the clocks change on the Sunday of this week
	class := at(env, monday, zone, 2, 10, nil)
	out, err := env.CopyWeek(ctx, env.Owner, booking.CopyWeekRequest{
		Copies: []booking.ClassCopy{{ClassID: class, Day: monday.AddDate(0, 0, 9)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := browse{t, env}.class(out.Classes[0])
	if got := c.StartsAt.In(zone).Format("2006-01-02 15:04"); got != "2027-03-31 10:00" || c.EndsAt.Sub(c.StartsAt) != time.Hour {
		t.Errorf("the copy begins at %s and lasts %s", got, c.EndsAt.Sub(c.StartsAt))
	}
}

func TestASeriesAheadCountsWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	classes := plan(t, env, 3, nil)
	env.MoveStart(classes[0], -time.Hour)
	last := browse{t, env}.class(classes[2])
	got, err := env.SeriesAhead(ctx, last.SeriesID)
	if err != nil || got.Dates != 2 || !got.Last.Equal(last.StartsAt) {
		t.Errorf("ahead are %+v, %v", got, err)
	}
}
