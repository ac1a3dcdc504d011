package booking_test

import (
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// Files of classes in the shape of other systems are imported with the guessed columns. Their days
// are made for today, since only coming classes are imported.
func TestTimetablesOfOtherSystemsAreImportedAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		kind    booking.ImportKind
		file    string
		layouts string            // of {day}
		wrong   map[string]string // lines that are wrong, with the field
		sql     string            // is true afterwards; $1 is the day
	}{
		{
			"service categories", booking.ImportClassTypes,
			"\ufeffCategory,Description,Duration,Max capacity,Color\n" +
				"\"Yoga, gentle\",\"Slow.\r\nNo shoes.\",75 min,\"12\",#ff0000\nSpinning,,45,0,\n,,,,\n",
			time.DateOnly,
			nil,
			`select count(*) = 2 and max(minutes) = 75 and min(capacity) = 0 from class_type where $1::date is not null`,
		},
		{
			"Aktivitäten", booking.ImportClasses,
			"Aktivität;Datum;Uhrzeit;Trainerin;Raum;Teilnehmer max.;Gebucht\n" +
				"Vinyasa Yoga;{day};18:00 - 19:15 Uhr;\"Brandt, Lena\";Saal 1;14 Plätze;3\n" +
				"Vinyasa Yoga;{day};20.00 Uhr;N.N.;Saal 1;14,0;0\n" +
				"Rücken;{day};halb neun;Lena;;14;0\n",
			"Mon., 02.01.2006",
			map[string]string{"4": "start_time"},
			`select count(*) = 2 and bool_and(k.capacity = 14 and k.room_id = 903) and count(k.instructor_id) = 1
				and bool_or(k.ends_at - k.starts_at = '75 minutes')
				and bool_and((k.starts_at at time zone s.zone)::date = $1) from class k, studio s`,
		},
		{
			"weekly schedule", booking.ImportSeries,
			"Class name\tDay of week\tStart time\tEnd time\tStart date\tEnd date\tRepeat every\tInstructors\n" +
				"HIIT\tMon/Wed/Fri\t6:30 PM\t7:15 PM\t{day}\t\tweekly\tLena & Tom\n" +
				"HIIT\tMon/Wed/Fri\t6:30 PM\t7:15 PM\t{day}\t\tweekly\tLena & Tom\n" +
				"Open gym\t\t9:00 AM\t\t\t\t\t\n",
			time.DateOnly,
			map[string]string{"4": "from"},
			`select count(*) = 1 and bool_and(s.weekdays = '{1,3,5}' and s.first_day between $1::date and $1::date + 6
				and (select count(*) from class k where k.series_id = s.id and k.ends_at - k.starts_at = '45 minutes'
					and k.instructor_id = 906) between 155 and 158) from series s`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			env.Exec(`insert into room (id, name) values (903, 'Saal 1')`)
			env.Exec(`insert into person (id, role, given_name, family_name, email) 
				values (906, 'instructor', 'Lena', 'Brandt', 'l@example.test')`)
			day := inDays(t, env, 8)
			file := strings.ReplaceAll(c.file, "{day}", day.Format(c.layouts))
			table, err := spreadsheet.Read(strings.NewReader(file), c.name+".csv", spreadsheet.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if kind := booking.GuessKind(table.Headers); kind != c.kind {
				t.Errorf("the file is taken for %q", kind)
			}
			for again := range 2 {
				im := importWhole(t, env, booking.NewImport{Kind: c.kind, FileName: c.name, Table: table})
				if (im.Counts[booking.VerdictNew] > 0) != (again == 0) {
					t.Errorf("time %d: %v", again+1, im.Counts)
				}
				rows, err := env.ImportRows(t.Context(), env.Owner, im.ID, booking.VerdictWrong, 0, 100)
				if err != nil || len(rows) != len(c.wrong) {
					t.Errorf("%d rows are wrong, want %d: %v", len(rows), len(c.wrong), err)
				}
				for _, r := range rows {
					if field := r.Problems[0].Field; field != c.wrong[string(rune('0'+r.Line))] {
						t.Errorf("%q of line %d is wrong: %q %v, columns %v", field, r.Line, r.Cells, r.Problems, im.Columns)
					}
				}
			}
			if env.Int(`select case when (`+c.sql+`) then 1 else 0 end`, day.Format(time.DateOnly)) != 1 {
				t.Errorf("not true: %s", c.sql)
			}
			nobodyWasTold(t, env)
		})
	}
}
