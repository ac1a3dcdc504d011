package booking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// inDays is the day in so many days in the zone of the studio, at noon.
func inDays(t *testing.T, env *bookingtest.Env, n int) time.Time {
	t.Helper()
	studio, err := env.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	y, m, d := time.Now().In(studio.Zone).Date()
	return time.Date(y, m, d+n, 12, 0, 0, 0, studio.Zone)
}

// nobodyWasTold reports messages and alerts.
func nobodyWasTold(t *testing.T, env *bookingtest.Env) {
	t.Helper()
	if n := env.Int(`select (select count(*) from delivery) + (select count(*) from alert)`); n != 0 {
		t.Errorf("the import wrote %d messages", n)
	}
	env.CheckInvariants()
}

func TestClassTypesAreImportedOnceAndChangedOnlyWhereItIsAsked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	minutes := 45
	yoga, err := env.SaveClassType(t.Context(), env.Owner, booking.ClassTypeSettings{
		ClassType: booking.ClassType{Name: "Yoga", Description: "Ruhig"}, Active: true, Minutes: &minutes,
	})
	if err != nil {
		t.Fatal(err)
	}
	const fields = "name description minutes capacity cost online free_cancel_hours"
	cells := [][]string{
		{"YOGA", "", "60 Min", "12 Plätze", "", "", ""},
		{"Pilates", "Kraft", "1:15", "8", "2", "nein", "24 Std."},
		{"pilates", "", "", "", "", "", ""},
		{"", "", "", "", "", "", ""},
		{"Boxen", "", "eine Stunde", "", "", "vielleicht", ""},
		{"Tanz", "", "", "", "2000", "", ""},
	}
	rest := []string{"new", "same name:twice_type", "wrong name:missing", "wrong minutes:number online:flag", "wrong cost:range"}
	wantVerdicts(t, importTable(t, env, booking.ImportClassTypes, false, fields, cells...),
		append([]string{"same minutes:differs capacity:differs"}, rest...)...)
	if n := env.Int(`select minutes from class_type where id = $1`, yoga); n != 45 {
		t.Errorf("a class type was changed without being asked: %d minutes", n)
	}
	rest[0] = "same"
	wantVerdicts(t, importTable(t, env, booking.ImportClassTypes, true, fields, cells...),
		append([]string{"update minutes:changes capacity:changes"}, rest...)...)
	wantVerdicts(t, importTable(t, env, booking.ImportClassTypes, true, fields, cells[0]), "same")
	n := env.Int(`select count(*) from class_type where id = $1 and name = 'Yoga' and description = 'Ruhig' and minutes = 60
		and capacity = 12 and cost is null and online is null`, yoga)
	n += env.Int(`select count(*) from class_type where name = 'Pilates' and minutes = 75 and cost = 2 and not online
		and free_cancel = '24 hours' and active`)
	if n != 2 {
		t.Errorf("%d class types are as the file says", n)
	}
	if n := env.Int(`select count(*) from history where verb = 'save_class_type' and details ? 'import'`); n != 2 {
		t.Errorf("%d changes are in the history", n)
	}
	nobodyWasTold(t, env)
}

func TestClassesAreImportedOnceAsTheFileSaysThem(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := t.Context()
	nord, err := env.SaveLocation(ctx, env.Owner, booking.LocationSettings{Name: "Nord", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	room, err := env.SaveRoom(ctx, env.Owner, booking.LocationSettings{Name: "Saal 1", LocationID: nord, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	capacity := 9
	yoga, err := env.SaveClassType(ctx, env.Owner, booking.ClassTypeSettings{
		ClassType: booking.ClassType{Name: "Yoga Flow"}, Active: true, Capacity: &capacity,
	})
	if err != nil {
		t.Fatal(err)
	}
	lena := env.Staff(booking.RoleInstructor, "Lena Brandt")
	day := inDays(t, env, 9)
	de, iso := day.Format("02.01.2006"), day.Format(time.DateOnly)
	const fields = "title date start_time end_time minutes class_type instructor room location cost hidden"
	cells := [][]string{
		{"Yoga Flow", de, "18:00 Uhr", "19:15", "", "", "Lena", "saal 1", "", "2", ""},
		{"Kraft", iso, "6pm", "", "45 Min", "Kraft", "Brandt, Lena", "", "", "", "ja"},
		{"Nachtlauf", de, "23:30", "00:30", "", "", "", "", "Süd", "", ""},
		{"Yoga Flow", iso, "18", "", "60", "", "Lena", "Saal 1", "", "", ""},
		{"Yoga Flow", de, "17:30", "", "", "", "", "Saal 1", "Nord", "", ""},
		{"Box", de, "9:00", "", "", "", "Otto Niemand", "Keller", "", "", ""},
		{"Alt", "01.02.2020", "9:00", "", "", "", "", "", "", "", ""},
		{"Fern", "01.02.2190", "9:00", "", "", "", "", "", "", "", ""},
		{"", de, "25:00", "", "", "", "", "", "", "", ""},
	}
	wantVerdicts(t, importTable(t, env, booking.ImportClasses, false, fields, cells...),
		"new",
		"new class_type:new_type instructor:instructor_busy_line",
		"new location:unknown_location",
		"same title:class_twice",
		"new room:room_busy_line",
		"new room:unknown_room instructor:unknown_person",
		"wrong date:past",
		"wrong date:beyond_schedule",
		"wrong start_time:time title:missing")
	is := func(sql string, args ...any) {
		t.Helper()
		if n := env.Int(`select count(*) from class k join studio s on true where `+sql, args...); n != 1 {
			t.Errorf("%d classes: %s", n, sql)
		}
	}
	is(`k.title = 'Yoga Flow' and (k.starts_at at time zone s.zone) = $1::date + time '18:00' and k.ends_at - k.starts_at = '75 minutes'
		and k.class_type_id = $2 and k.capacity = 9 and k.cost = 2 and k.room_id = $3 and k.location_id = $4 and k.instructor_id = $5
		and k.online and not k.hidden and k.series_id is null`, iso, yoga, room, nord, lena.ID)
	is(`k.title = 'Kraft' and k.hidden and k.ends_at - k.starts_at = '45 minutes' and k.capacity = 12
		and k.class_type_id = (select id from class_type where name = 'Kraft')`)
	is(`k.title = 'Nachtlauf' and (k.ends_at at time zone s.zone) = $1::date + 1 + time '00:30'`, iso)
	for i, v := range verdicts(importTable(t, env, booking.ImportClasses, true, fields, cells...)) {
		if !strings.HasPrefix(v, "same") && !strings.HasPrefix(v, "wrong") {
			t.Errorf("row %d of the second import: %s", i, v)
		}
	}
	if n := env.Int(`select count(*) from class`); n != 5 {
		t.Errorf("there are %d classes", n)
	}
	nobodyWasTold(t, env)
}

// Staff has moved, renamed or cancelled classes after the import. The same file makes none of them
// again, and neither does a file of somebody who typed a class by hand before.
func TestClassesThatWereMovedOrCancelledAreNotMadeAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := t.Context()
	const fields = "title starts_at room"
	start := inDays(t, env, 5)
	cells := [][]string{
		{"Yoga", start.Format("2006-01-02 15:04"), "A"},
		{"Yoga", start.Format("02.01.2006, 15:04 Uhr"), "B"}, // another room, which the studio does not know either
		{"Kraft", start.Format(time.RFC3339), ""},
		{"Box", start.Format("2006-01-02 15:04"), ""},
	}
	typed := env.Class(func(r *booking.ClassRequest) { r.Title, r.StartsAt, r.EndsAt = "BOX", start, start.Add(time.Hour) })
	out := importTable(t, env, booking.ImportClasses, false, fields, cells...)
	wantVerdicts(t, out, "new room:unknown_room", "new room:unknown_room", "new", "same title:class_there")
	if out.Rows[3].TargetID != typed {
		t.Errorf("the row means the class %d, want %d", out.Rows[3].TargetID, typed)
	}
	env.MoveStart(out.Rows[0].TargetID, 100*time.Hour)
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: out.Rows[2].TargetID}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: typed}); err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, importTable(t, env, booking.ImportClasses, true, fields, cells...),
		"same title:imported_before", "same title:imported_before", "same title:imported_before", "same title:class_there_cancelled")
	if n := env.Int(`select count(*) from class`); n != 4 {
		t.Errorf("there are %d classes", n)
	}
}

func TestSeriesAreImportedOnceFromTodayOn(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ctx := t.Context()
	env.Staff(booking.RoleInstructor, "Lena Brandt")
	if _, err := env.SaveRoom(ctx, env.Owner, booking.LocationSettings{Name: "Saal 1", Active: true}); err != nil {
		t.Fatal(err)
	}
	first := inDays(t, env, 7)
	weekday := []string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}
	name := func(days int) string { return weekday[first.AddDate(0, 0, days).Weekday()] }
	on := func(days int) string { return first.AddDate(0, 0, days).Format("02.01.2006") }
	err := env.SaveHoliday(ctx, env.Owner, booking.Holiday{Day: booking.CalendarDay(first.AddDate(0, 0, 7), time.UTC), Name: "Frei"})
	if err != nil {
		t.Fatal(err)
	}
	env.Class(func(r *booking.ClassRequest) {
		r.Title, r.StartsAt = "Yoga", first.AddDate(0, 0, 14).Add(6*time.Hour)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	const fields = "title weekdays start_time end_time from until every_weeks room instructor"
	cells := [][]string{
		// The day itself, a holiday, one that is there, and the last; and another weekday, four times.
		{"Yoga", name(0) + ", " + name(2), "18:00 Uhr", "19:30", on(0), on(23), "", "Saal 1", "Lena"},
		{"Kraft", "", "18:30", "", on(-700), on(20), "14-tägig", "Saal 1", ""}, // in a week and in three
		{"Lauf", name(1), "7", "", on(0), "", "2 Wochen", "", ""},
		{"Alt", name(0), "7", "", "01.01.2020", "01.06.2020", "", "", ""},
		{"Falsch", "Xtag", "7", "", on(10), on(3), "oft", "", ""},
		{"Yoga", name(2) + "/" + name(0), "18:00", "19:30", on(0), on(23), "1", "Saal 1", ""},
	}
	table := func() booking.ImportedTable {
		return importTable(t, env, booking.ImportSeries, false, fields, cells...)
	}
	wantVerdicts(t, table(),
		"new weekdays:series_makes weekdays:series_skips_there weekdays:series_skips_holidays",
		"new from:series_from_today weekdays:series_makes room:room_busy_days",
		"new until:series_endless weekdays:series_makes",
		"wrong until:past",
		"wrong every_weeks:number weekdays:weekday until:range",
		"same title:class_twice")
	count := func(title string) int { return env.Int(`select count(*) from class where title = $1`, title) }
	if yoga, kraft, lauf := count("Yoga"), count("Kraft"), count("Lauf"); yoga != 7 || kraft != 2 || lauf != 26 {
		t.Errorf("%d classes of Yoga, %d of Kraft, %d of Lauf", yoga, kraft, lauf)
	}
	if n := env.Int(`select count(*) from series where every_weeks = 2`); n != 2 {
		t.Errorf("%d series are every other week", n)
	}
	moved := env.Int(`select min(id) from class where title = 'Lauf'`)
	env.MoveStart(int64(moved), 50*time.Hour)
	before := env.Int(`select count(*) from class`)
	wantVerdicts(t, table(), "same title:imported_before", "same title:imported_before", "same title:imported_before",
		"wrong until:past", "wrong every_weeks:number weekdays:weekday until:range", "same title:imported_before")
	// A longer pattern adds what is missing.
	cells[0][5] = on(30)
	wantVerdicts(t, importTable(t, env, booking.ImportSeries, false, fields, cells[0]),
		"new weekdays:series_makes weekdays:series_skips_there weekdays:series_skips_holidays")
	if n := env.Int(`select count(*) from class`) - before; n != 2 {
		t.Errorf("%d classes were added", n)
	}
	nobodyWasTold(t, env)
}

// A fresh studio that imports the exports of another one has the same class types and classes.
func TestExportsOfClassesAreImportedAsTheSame(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"de", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			from, to := bookingtest.New(t), bookingtest.New(t)
			for _, env := range []*bookingtest.Env{from, to} {
				env.Exec(`insert into location (id, name) values (901, 'Nord'), (902, 'Süd')`)
				env.Exec(`insert into room (id, name, location_id) values (903, 'Saal 1', 901), (904, 'Saal 1', 902), (905, 'Wiese', null)`)
				env.Exec(`insert into person (id, role, given_name, family_name, email) values
					(906, 'instructor', 'Lena', 'Brandt', 'l@example.test'), (907, 'manager', 'Lena', 'Roth', 'r@example.test')`)
			}
			minutes, cost, online, cutoff := 75, 3, false, 90*time.Minute
			yoga, err := from.SaveClassType(t.Context(), from.Owner, booking.ClassTypeSettings{
				ClassType: booking.ClassType{Name: "Yoga", Description: "Ruhig;\n\"und\" leise"}, Active: true, Minutes: &minutes,
				Cost:   &cost,
				Online: &online, FreeCancel: &cutoff, Position: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := from.SaveClassType(t.Context(), from.Owner, booking.ClassTypeSettings{
				ClassType: booking.ClassType{Name: "Alt"}, Position: 2,
			}); err != nil {
				t.Fatal(err)
			}
			day := inDays(t, from, 3)
			single := booking.ClassRequest{
				Title: "Yoga am Abend", TypeID: yoga, RoomID: 904, LocationID: 902, InstructorID: 907, SubstituteID: 906, StartsAt: day,
				EndsAt: day.Add(80 * time.Minute), Note: "Matte, mitbringen", Hidden: true, Rules: booking.Rules{
					Capacity: 7, Cost: 2, FreeCancel: 100 * time.Minute, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit,
					WaitlistCloses: 15 * time.Minute,
				},
			}
			if _, err := from.CreateClass(t.Context(), from.Owner, single); err != nil {
				t.Fatal(err)
			}
			series := booking.SeriesRequest{Class: single, Pattern: booking.Pattern{
				First: booking.CalendarDay(day.AddDate(0, 0, 4), time.UTC), Count: 9, EveryWeeks: 2, Weekdays: []int{1, 4, 6},
			}}
			series.Class.Title, series.Class.Hidden, series.Class.RoomID, series.Class.Rules.Online = "Serie", false, 905, true
			series.Class.SubstituteID = 0
			if _, err := from.CreateSeries(t.Context(), from.Owner, series); err != nil {
				t.Fatal(err)
			}
			const all = `select coalesce(md5(string_agg(x, E'\n' order by x)), '') from (
				select concat_ws('|', k.title, k.starts_at, k.ends_at, k.note, k.hidden, k.capacity, k.cost, k.online, k.free_cancel,
					k.room_id, k.location_id, k.instructor_id, k.substitute_id, y.name, y.description, y.minutes, y.capacity, y.cost,
					y.online,
					y.free_cancel, y.active) as x
				from class_type y full join class k on k.class_type_id = y.id) z`
			state := func(env *bookingtest.Env) (text string) {
				if err := env.Pool.QueryRow(t.Context(), all).Scan(&text); err != nil {
					t.Fatal(err)
				}
				return text
			}
			onlySeries := bookingtest.New(t)
			onlySeries.Exec(`insert into location (id, name) values (902, 'Süd')`)
			onlySeries.Exec(`insert into room (id, name) values (905, 'Wiese')`)
			for _, kind := range []booking.ImportKind{booking.ImportClassTypes, booking.ImportClasses, booking.ImportSeries} {
				table := exported(t, from, from.Owner, booking.ExportList(kind), lang)
				for i := range table.Rows {
					table.Rows[i].Line = i + 2
				}
				for again := range 2 {
					im := importWhole(t, to, booking.NewImport{Kind: kind, FileName: "export.csv", Table: table})
					fresh := im.Counts[booking.VerdictNew]
					if im.Counts[booking.VerdictWrong] > 0 || (fresh > 0) != (again == 0 && kind != booking.ImportSeries) {
						t.Errorf("%s, time %d: %v", kind, again+1, im.Counts)
					}
				}
				if kind == booking.ImportSeries {
					importWhole(t, onlySeries, booking.NewImport{Kind: kind, FileName: "export.csv", Table: table})
				}
			}
			if a, b := state(from), state(to); a != b {
				t.Error("the classes are not the same")
			}
			const days = `select count(*) from class where title = 'Serie' and series_id is not null and room_id = 905 and cost = 2`
			if a, b := from.Int(days), onlySeries.Int(days); a != 9 || b != 9 {
				t.Errorf("the series has %d classes, and %d where only it was imported", a, b)
			}
			nobodyWasTold(t, to)
			nobodyWasTold(t, onlySeries)
		})
	}
}

// importWhole imports a file with the columns that are guessed, if there is something to import.
func importWhole(t *testing.T, env *bookingtest.Env, n booking.NewImport) booking.Import {
	t.Helper()
	im, err := env.CreateImport(t.Context(), env.Owner, n)
	if err == nil {
		im, err = env.CheckImport(t.Context(), env.Owner, im.ID)
	}
	if err == nil && im.Counts[booking.VerdictNew]+im.Counts[booking.VerdictUpdate] > 0 {
		im, err = env.RunImport(t.Context(), env.Owner, im.ID)
		if err == nil && im.State != booking.ImportDone {
			err = fmt.Errorf("it ends as %s (%s)", im.State, im.Why)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", n.Kind, err)
	}
	return im
}
