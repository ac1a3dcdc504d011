package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// fieldsOf lists the fields that a refusal names, and checks that all have the code.
func fieldsOf(t *testing.T, err error, code booking.Code) (fields []string) {
	t.Helper()
	var refusal *booking.Error
	if !errors.As(err, &refusal) {
		t.Errorf("got %v, want %s", err, code)
		return nil
	}
	for _, one := range refusal.All() {
		if one.Code != code {
			t.Errorf("%s is refused with %s, want %s", one.Field, one.Code, code)
		}
		fields = append(fields, one.Field)
	}
	return fields
}

// whole is the class as its form sends it.
func whole(c booking.Class) booking.ClassRequest {
	return booking.ClassRequest{
		Title: c.Title, TypeID: c.Type.ID, LocationID: c.LocationID, RoomID: c.RoomID, InstructorID: c.InstructorID,
		SubstituteID: c.SubstituteID, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules, Note: c.Note, Hidden: c.Hidden,
	}
}

// Rule 21: attendance, payments and verdicts of a class that has begun refer to these facts.
func TestAClassThatHasBegunKeepsItsTimeLengthCapacityPriceAndCutoff(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for name, c := range map[string]struct {
		begins    time.Duration
		cancelled bool
		why       string
	}{
		"running":             {-time.Minute, false, "running"},
		"over":                {-3 * time.Hour, false, "over"},
		"cancelled and begun": {-time.Minute, true, "running"},
	} {
		class := env.Class(nil)
		if c.cancelled {
			if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
				t.Fatal(err)
			}
		}
		env.MoveStart(class, c.begins)
		read := func() booking.Class { return browse{t, env}.class(class) }
		for _, change := range []struct {
			what   string
			edit   func(*booking.ClassRequest)
			fields []string
		}{
			{"another day", func(r *booking.ClassRequest) {
				r.StartsAt, r.EndsAt = r.StartsAt.Add(48*time.Hour), r.EndsAt.Add(48*time.Hour)
			}, []string{"date"}},
			{"longer", func(r *booking.ClassRequest) { r.EndsAt = r.EndsAt.Add(time.Minute) }, []string{"minutes"}},
			{"more seats", func(r *booking.ClassRequest) { r.Rules.Capacity++ }, []string{"capacity"}},
			{"fewer seats", func(r *booking.ClassRequest) { r.Rules.Capacity-- }, []string{"capacity"}},
			{"dearer", func(r *booking.ClassRequest) { r.Rules.Cost++ }, []string{"cost"}},
			{"another cut-off", func(r *booking.ClassRequest) { r.Rules.FreeCancel += time.Hour }, []string{"free_cancel_hours"}},
			{"three facts", func(r *booking.ClassRequest) {
				r.Rules.FreeCancel, r.Rules.Cost, r.Rules.Capacity = 0, 7, 70
			}, []string{"capacity", "cost", "free_cancel_hours"}},
		} {
			was := read()
			r := booking.EditRequest{ClassID: class, Class: whole(was), ConfirmBelow: true}
			r.Class.ConfirmConflict = true
			change.edit(&r.Class)
			_, err := env.EditClass(ctx, env.Owner, r)
			if got := fieldsOf(t, err, booking.ClassBegun); !slices.Equal(got, change.fields) {
				t.Errorf("%s, %s: refused at %q, want %q", name, change.what, got, change.fields)
			}
			var refusal *booking.Error
			if errors.As(err, &refusal) && refusal.Args["why"] != c.why {
				t.Errorf("%s, %s: the reason is %v, want %s", name, change.what, refusal.Args["why"], c.why)
			}
			if now := read(); now.Version != was.Version || now.Rules != was.Rules || !now.StartsAt.Equal(was.StartsAt) {
				t.Errorf("%s, %s: it was changed: %+v", name, change.what, now)
			}
			_, preview := env.PreviewEdit(ctx, env.Owner, r)
			if got := fieldsOf(t, preview, booking.ClassBegun); !slices.Equal(got, change.fields) {
				t.Errorf("%s, %s: the preview is refused at %q, want %q", name, change.what, got, change.fields)
			}
		}
		// An unchanged fact is no change; words and people may change.
		r := booking.EditRequest{ClassID: class, Class: whole(read())}
		r.Class.Title, r.Class.Note, r.Class.InstructorID = "Yoga war schön", "Matte vergessen", env.Owner.ID
		r.Class.ConfirmConflict = true // the owner gives the classes of the other cases, too
		if _, err := env.EditClass(ctx, env.Owner, r); err != nil {
			t.Errorf("%s: title, note and instructor are refused: %v", name, err)
		}
		if now := read(); now.Note != "Matte vergessen" || now.InstructorID != env.Owner.ID {
			t.Errorf("%s: note and instructor were not changed: %+v", name, now)
		}
	}
}

func TestAnEditOfASeriesLeavesItsBegunClassesAlone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	first := time.Now().Add(72 * time.Hour).Truncate(time.Minute)
	template := booking.ClassRequest{
		Title: "Yoga", StartsAt: first, EndsAt: first.Add(time.Hour),
		Rules: booking.Rules{Online: true, Capacity: 5, WaitlistMode: booking.ModeOffer},
	}
	out, err := env.CreateSeries(ctx, env.Owner, booking.SeriesRequest{Class: template, Pattern: booking.Pattern{
		First: booking.CalendarDay(first, berlin), EveryWeeks: 1, Count: 4, Weekdays: []int{1, 2, 3, 4, 5, 6, 7},
	}})
	if err != nil {
		t.Fatal(err)
	}
	env.MoveStart(out.Classes[0], -2*time.Hour)
	env.MoveStart(out.Classes[1], -time.Minute)
	seats := func() (list []int) {
		for _, id := range out.Classes {
			list = append(list, browse{t, env}.class(id).Rules.Capacity)
		}
		return list
	}
	edit := func(class int64, scope booking.Scope, seats int) error {
		_, err := env.EditClass(ctx, env.Owner, booking.EditRequest{
			ClassID: class, Scope: scope, Only: []string{"capacity"}, Class: booking.ClassRequest{Rules: booking.Rules{Capacity: seats}},
		})
		return err
	}
	if err := edit(out.Classes[2], booking.WholeSeries, 9); err != nil {
		t.Fatal(err)
	}
	if got := seats(); !slices.Equal(got, []int{5, 5, 9, 9}) {
		t.Errorf("after an edit of all from the third class on, the seats are %v", got)
	}
	for _, scope := range []booking.Scope{booking.ThisClass, booking.ThisFollowing, booking.WholeSeries} {
		if got := fieldsOf(t, edit(out.Classes[1], scope, 7), booking.ClassBegun); !slices.Equal(got, []string{"capacity"}) {
			t.Errorf("scope %q of the running class: refused at %q", scope, got)
		}
	}
	if got := seats(); !slices.Equal(got, []int{5, 5, 9, 9}) {
		t.Errorf("after refused edits the seats are %v", got)
	}
}

// Nobody is told where a class was that is over.
func TestAnEditOfAPastClassTellsNobody(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	h.MoveStart(h.class, -3*time.Hour)
	if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{
		ClassID: h.class, Only: []string{"instructor"}, Class: booking.ClassRequest{InstructorID: h.Owner.ID},
	}); err != nil {
		t.Fatal(err)
	}
	if n := h.Int(`select count(*) from alert where class_id = $1 and kind = 'class_changed'`, h.class); n != 0 {
		t.Errorf("%d people were told", n)
	}
}

func TestACancelledClassHasAPhaseOfItsOwn(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.EditClass(ctx, env.Owner, booking.EditRequest{
		ClassID: class, Only: []string{"note"}, Class: booking.ClassRequest{Note: "Heizung kaputt"},
	}); err != nil {
		t.Fatal(err)
	}
	if got := (browse{t, env}).class(class); got.Phase() != booking.PhaseCancelled {
		t.Errorf("the phase of a cancelled class is %s", got.Phase())
	}
	env.MoveStart(class, -time.Minute) // running: the desk may still let it take place
	if _, err := env.RestoreClass(ctx, env.Owner, class); err != nil {
		t.Error(err)
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	env.MoveStart(class, -3*time.Hour)
	_, err := env.RestoreClass(ctx, env.Owner, class)
	wantCode(t, err, booking.ClassOver)
}
