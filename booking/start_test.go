package booking_test

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestEachTemplateMakesWhatItsTileSays(t *testing.T) {
	t.Parallel()
	for _, tile := range booking.StudioTemplates {
		t.Run(tile.Name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			env.Exec(`update studio set language = 'en'`)
			out, err := env.ApplyTemplate(ctx, env.Owner, "", tile.Name)
			if err != nil {
				t.Fatal(err)
			}
			if out.Already || out.Classes != 4*tile.Classes() {
				t.Errorf("the outcome is %+v, want four weeks of %d classes", out, tile.Classes())
			}
			count := func(sql string) int { return env.Int(sql) }
			for what, numbers := range map[string][2]int{
				"class types":                     {count(`select count(*) from class_type`), tile.Types()},
				"rooms":                           {count(`select count(*) from room`), tile.Rooms()},
				"classes":                         {count(`select count(*) from class`), 4 * tile.Classes()},
				"classes that members can book":   {count(`select count(*) from class where online`), 0},
				"classes without a type or room":  {count(`select count(*) from class where class_type_id is null or room_id is null`), 0},
				"classes that have begun already": {count(`select count(*) from class where starts_at < clock_timestamp()`), 0},
				"types without a hue or a glyph":  {count(`select count(*) from class_type where hue = '' or glyph = ''`), 0},
				"rooms that are used twice at once": {count(`
					select count(*) from class a join class b on a.id < b.id and a.room_id = b.room_id
					and a.starts_at < b.ends_at and b.starts_at < a.ends_at`), 0},
			} {
				if numbers[0] != numbers[1] {
					t.Errorf("%d %s, want %d", numbers[0], what, numbers[1])
				}
			}
			weeks := count(`select count(distinct n) from (
				select count(*) n from class
				group by floor(extract(epoch from starts_at - (select min(starts_at) from class)) / 604800)) x`)
			if weeks > 2 { // a change of the clocks may shift one class across the border of two weeks
				t.Errorf("the weeks have %d different numbers of classes", weeks)
			}
		})
	}
}

func TestATemplateFillsAStudioOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	var owners errgroup.Group
	outs := make([]booking.TemplateOutcome, 4)
	for i := range outs {
		owners.Go(func() (err error) {
			outs[i], err = env.ApplyTemplate(ctx, env.Owner, "", booking.StudioTemplates[i].Name)
			return err
		})
	}
	if err := owners.Wait(); err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, out := range outs {
		if !out.Already {
			made++
			if n := env.Int(`select count(*) from class`); n != out.Classes {
				t.Errorf("%d classes, the outcome says %d", n, out.Classes)
			}
		}
	}
	if made != 1 {
		t.Errorf("%d of four templates at once were applied, want one", made)
	}

	// A studio with a class type of its own is not empty.
	own := bookingtest.New(t)
	aqua := booking.ClassTypeSettings{ClassType: booking.ClassType{Name: "Aqua"}, Active: true}
	if _, err := own.SaveClassType(ctx, own.Owner, aqua); err != nil {
		t.Fatal(err)
	}
	if out, err := own.ApplyTemplate(ctx, own.Owner, "", "yoga"); err != nil || !out.Already || own.Int(`select count(*) from class`) != 0 {
		t.Errorf("a studio with a class type: %+v, %v", out, err)
	}
	if _, err := own.ApplyTemplate(ctx, own.Owner, "", "zoo"); booking.CodeOf(err) != booking.Invalid {
		t.Errorf("an unknown template: %v", err)
	}
	if _, err := own.ApplyTemplate(ctx, own.Member("Mia Kunde", 0), "", "yoga"); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a member: %v", err)
	}
}

func TestTheFirstStepsFollowWhatTheStudioHas(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	steps := func() booking.FirstSteps {
		t.Helper()
		f, err := env.FirstSteps(ctx, env.Owner)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := steps(); !f.Empty() || f.Done() || f.Open() {
		t.Errorf("a new studio: %+v", f)
	}
	if _, err := env.ApplyTemplate(ctx, env.Owner, "", "club"); err != nil {
		t.Fatal(err)
	}
	if f := steps(); f.Empty() || f.Types != 6 || f.Rooms != 1 || f.Classes != 40 || f.Offline != 40 || f.Open() {
		t.Errorf("after a template: %+v", f)
	}
	mia := env.Member("Mia Kunde", 0)
	class := int64(env.Int(`select min(id) from class`))
	if _, err := env.Book(ctx, mia, booking.BookRequest{ClassID: class}); booking.CodeOf(err) != booking.OnlineOff {
		t.Errorf("a member books before the classes are open: %v", err)
	}
	last := int64(env.Int(`select max(id) from class`))
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: last}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{39, 0} { // the second time there is nothing left
		out, err := env.OpenOnline(ctx, env.Owner, "")
		if err != nil || out.Classes != want {
			t.Errorf("%d classes were opened (%v), want %d", out.Classes, err, want)
		}
	}
	if f := steps(); f.Offline != 0 || !f.Open() || !f.Done() || f.Members != 1 {
		t.Errorf("at the end: %+v", f)
	}
	if _, err := env.Book(ctx, mia, booking.BookRequest{ClassID: class}); err != nil {
		t.Error(err)
	}
}
