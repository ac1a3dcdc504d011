package booking

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// importOf is an import with one field, whose column has these cells.
func importOf(t *testing.T, language, zone, field string, cells ...string) *importRun {
	t.Helper()
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	im := &importRun{Import: Import{Columns: map[string]int{field: 0}}, studio: &Studio{Language: language, Zone: place}}
	for i, cell := range cells {
		im.rows = append(im.rows, &importedRow{ImportRow: ImportRow{Line: i + 2, Cells: []string{cell}}})
	}
	return im
}

// whyOf is the reason of the only problem of a row; empty: it has none.
func whyOf(r *importedRow) string {
	if len(r.Problems) == 0 {
		return ""
	}
	return fmt.Sprint(r.Problems[0].Args["why"])
}

func TestDatesOfFilesAreRead(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"31.12.2026": "2026-12-31", "31.12.26": "2026-12-31", "1.3.2026": "2026-03-01", "2026-12-31": "2026-12-31",
		"3. März 2026": "2026-03-03", "Mar 3, 2026": "2026-03-03", "31.12.2026 18:00": "2026-12-31", "2026-12-31T18:00:00": "2026-12-31",
		"2026-12-31 00:00:00": "2026-12-31", "31/12/2026": "2026-12-31", "Do., 31.12.2026, 18:00 Uhr": "2026-12-31",
		// The midnight of a date, and an instant that is the next day in Berlin.
		"2026-12-31T00:00:00Z": "2026-12-31", "2026-12-31T00:00:00.000+01:00": "2026-12-31", "2026-12-30T23:30:00Z": "2026-12-31",
		"": "",
	} {
		im := importOf(t, "de", "Europe/Berlin", "expires", cell)
		got := im.day(im.rows[0], "expires")
		if text := got.Format(time.DateOnly); got.IsZero() != (want == "") || want != "" && text != want || whyOf(im.rows[0]) != "" {
			t.Errorf("%q is %s (%s), want %q", cell, text, whyOf(im.rows[0]), want)
		}
	}
	for _, cell := range []string{
		"18:00", "31.12.", "45321", "31.2.2026", "bald", "2026-13-01", "1.1.1899", "31.12.2026 99:00",
		"unbegrenzt",
	} {
		im := importOf(t, "de", "Europe/Berlin", "expires", cell)
		if got := im.day(im.rows[0], "expires"); !got.IsZero() || whyOf(im.rows[0]) != "whole_date" || im.rows[0].Verdict != VerdictWrong {
			t.Errorf("%q is %s (%s)", cell, got, whyOf(im.rows[0]))
		}
	}
}

func TestTheColumnSaysWhetherTheDayOrTheMonthComesFirst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, zone string
		cells          []string
		want           string // of the first cell
	}{
		{"de", "Europe/Berlin", []string{"3/4/2026", "31/12/2026"}, "2026-04-03"},
		{"de", "Europe/Berlin", []string{"3/4/2026", "12/31/2026"}, "2026-03-04"},
		{"de", "America/New_York", []string{"3/4/2026", "1/2/2026"}, "2026-04-03"},
		{"en", "Europe/London", []string{"3/4/2026"}, "2026-04-03"},
		{"en", "America/New_York", []string{"3/4/2026"}, "2026-03-04"},
		{"en", "America/New_York", []string{"3/4/2026", "31/12/2026 18:00"}, "2026-04-03"},
		{"de", "Europe/Berlin", []string{"3/4/2026", "12/31/2026", "31/12/2026"}, ""},
		{"de", "Europe/Berlin", []string{"3.4.2026", "12/31/2026", "31/12/2026"}, "2026-04-03"},
	} {
		im := importOf(t, c.language, c.zone, "date", c.cells...)
		got := im.day(im.rows[0], "date")
		if c.want == "" && whyOf(im.rows[0]) != "date_order" || c.want != "" && got.Format(time.DateOnly) != c.want {
			t.Errorf("%v: %s (%s), want %s", c, got.Format(time.DateOnly), whyOf(im.rows[0]), c.want)
		}
	}
}

func TestTimesOfDayOfFilesAreRead(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]int{
		"18:00": 1080, "18.00": 1080, "18 Uhr": 1080, "6:00 pm": 1080, "1800": 1080, "18:00:00": 1080, "18:00 - 19:30": 1080,
		"6pm": 1080, "2026-12-31 18:00": 1080, "2026-12-31T17:00:00Z": 1080, "0:00": 0,
	} {
		im := importOf(t, "de", "Europe/Berlin", "start_time", cell)
		if got, ok := im.clock(im.rows[0], "start_time"); !ok || got != want {
			t.Errorf("%q is %d, %v (%s), want %d", cell, got, ok, whyOf(im.rows[0]), want)
		}
	}
	for _, cell := range []string{"abends", "25:00", "18:00:30", "24:00", "31.12.2026"} {
		im := importOf(t, "de", "Europe/Berlin", "start_time", cell)
		if got, ok := im.clock(im.rows[0], "start_time"); ok || whyOf(im.rows[0]) != "time" {
			t.Errorf("%q is %d (%s)", cell, got, whyOf(im.rows[0]))
		}
	}
	im := importOf(t, "de", "Europe/Berlin", "start_time", "18:00–24:00", "18:00")
	if end, ok := im.clock(im.rows[0], "end_time"); !ok || end != 1440 {
		t.Errorf("the end of 18:00–24:00 is %d, %v", end, ok)
	}
	if _, ok := im.clock(im.rows[1], "end_time"); ok || whyOf(im.rows[1]) != "" {
		t.Errorf("18:00 has an end (%s)", whyOf(im.rows[1]))
	}
}

func TestTheStartOfAClassIsReadFromOneOrTwoCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		startsAt, date, clock string
		want, field           string // an instant, or the wrong field
	}{
		{"31.12.2026 18:00", "", "", "2026-12-31T17:00:00Z", ""},
		{"2026-12-31T18:00:00", "", "", "2026-12-31T17:00:00Z", ""},
		{"2026-12-31T18:00:00Z", "", "", "2026-12-31T18:00:00Z", ""},
		{"2026-12-31T00:00:00Z", "", "", "2026-12-31T00:00:00Z", ""},
		{"2026-12-31 18:00:00+0100", "", "", "2026-12-31T17:00:00Z", ""},
		{"Mar 3, 2026 6:00 pm", "", "", "2026-03-03T17:00:00Z", ""},
		{"3. März 2026 um 18 Uhr", "", "", "2026-03-03T17:00:00Z", ""},
		{"31.12.2026 18:00 - 19:00", "", "", "2026-12-31T17:00:00Z", ""},
		{"", "31.12.2026", "18:00", "2026-12-31T17:00:00Z", ""},
		{"", "2026-12-31 00:00:00", "18:00", "2026-12-31T17:00:00Z", ""},
		{"", "2026-12-31T00:00:00Z", "18:00", "2026-12-31T17:00:00Z", ""},
		{"", "31.12.2026 18:00", "", "2026-12-31T17:00:00Z", ""},
		{"", "28.3.2027", "2:30", "2027-03-28T01:00:00Z", ""}, // the clock jumps from 2:00 to 3:00 that night
		{"", "", "18:00", "", "date"},
		{"", "31.12.2026", "", "", "start_time"},
		{"", "31.12.2026", "bald", "", "start_time"},
		{"bald", "", "", "", "starts_at"},
		{"18:00", "", "", "", "starts_at"},
	} {
		im := importOf(t, "de", "Europe/Berlin", "starts_at", c.startsAt)
		im.Columns["date"], im.Columns["start_time"] = 1, 2
		row := im.rows[0]
		row.Cells = []string{c.startsAt, c.date, c.clock}
		got := im.instant(row)
		if c.field != "" {
			if len(row.Problems) != 1 || row.Problems[0].Field != c.field || !got.IsZero() {
				t.Errorf("%v: %s, %v", c, got, row.Problems)
			}
			continue
		}
		if text := got.UTC().Format(time.RFC3339); len(row.Problems) > 0 || text != c.want {
			t.Errorf("%v is %s, %v", c, text, row.Problems)
		}
	}
}

func TestWholeNumbersOfFilesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, cell string
		want           int
		why            string
	}{
		{"de", "12", 12, ""},
		{"de", "12,0", 12, ""},
		{"de", "12.0", 12, ""},
		{"de", "12,00", 12, ""},
		{"de", "", 7, ""},
		{"de", "1.000", 1000, ""},
		{"en", "1,000", 1000, ""},
		{"de", "1,000", 1, ""},
		{"en", "1.000", 1, ""},
		{"de", "1.000,0", 1000, ""},
		{"de", "1,000.0", 1000, ""},
		{"en", "1.000,00", 1000, ""},
		{"de", "1 000", 1000, ""},
		{"de", "1'000", 1000, ""},
		{"de", "10 Punkte", 10, ""},
		{"en", "10 credits", 10, ""},
		{"de", "24 h", 24, ""},
		{"de", "3 von 10", 3, ""},
		{"en", "3/10", 3, ""},
		{"de", "10,5", 7, "number"},
		{"de", "1.000,5", 7, "number"},
		{"en", "1,000.5", 7, "number"},
		{"de", "1,125", 7, "number"},
		{"de", "zehn", 7, "number"},
		{"de", "1.00.0", 7, "number"},
		{"de", "1e3", 7, "number"},
		{"de", "99999999999999999999", 7, "number"},
		{"de", "-1", 7, "range"},
		{"de", "5001", 7, "range"},
		{"de", "−3", 7, "range"},
	} {
		im := importOf(t, c.language, "Europe/Berlin", "credits", c.cell)
		if got := im.number(im.rows[0], "credits", 0, 5000, 7); got != c.want || whyOf(im.rows[0]) != c.why {
			t.Errorf("%s %q is %d (%s), want %d (%s)", c.language, c.cell, got, whyOf(im.rows[0]), c.want, c.why)
		}
	}
	for cell, want := range map[string]int{"60": 60, "60 Min": 60, "1,5 Std": 90, "1:15": 75, "01:00:00": 60, "75,0": 75} {
		im := importOf(t, "de", "Europe/Berlin", "minutes", cell)
		if got := im.number(im.rows[0], "minutes", 1, 5000, -1); got != want {
			t.Errorf("%q is %d minutes (%s), want %d", cell, got, whyOf(im.rows[0]), want)
		}
	}
}

func TestListsWeekdaysAndFlagsOfFilesAreRead(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string][]int{
		"Mo, Mi": {1, 3}, "Montag": {1}, "Mon/Wed": {1, 3}, "1,3": {1, 3}, "Mo-Fr": {1, 2, 3, 4, 5}, "Mi und Mo": {1, 3},
		"Sa–Mo":   {1, 6, 7},
		"montags": {1}, "täglich": {1, 2, 3, 4, 5, 6, 7}, "Di., Do.": {2, 4}, "Mo, Mo": {1}, "": nil,
	} {
		im := importOf(t, "de", "Europe/Berlin", "weekdays", cell)
		if got := im.weekdays(im.rows[0], "weekdays"); !slices.Equal(got, want) || whyOf(im.rows[0]) != "" {
			t.Errorf("%q is %v (%s), want %v", cell, got, whyOf(im.rows[0]), want)
		}
	}
	for _, cell := range []string{"8", "Mo, bald", "0"} {
		im := importOf(t, "de", "Europe/Berlin", "weekdays", cell)
		if got := im.weekdays(im.rows[0], "weekdays"); got != nil || whyOf(im.rows[0]) != "weekday" {
			t.Errorf("%q is %v (%s)", cell, got, whyOf(im.rows[0]))
		}
	}
	for cell, want := range map[string][]string{
		"Yoga, Pilates": {"Yoga", "Pilates"}, "Yoga, sanft; Pilates": {"Yoga, sanft", "Pilates"},
		"Yoga|Pilates|Yoga": {"Yoga", "Pilates"}, " ": nil,
	} {
		im := importOf(t, "de", "Europe/Berlin", "class_types", cell)
		if got := im.list(im.rows[0], "class_types"); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", cell, got, want)
		}
	}
	for cell, want := range map[string]bool{
		"Ja": true, "yes": true, "1": true, "X": true, "WAHR": true, "nein": false, "FALSE": false,
		"0": false, "": true,
	} {
		im := importOf(t, "de", "Europe/Berlin", "online", cell)
		if got := im.flag(im.rows[0], "online", true); got != want || whyOf(im.rows[0]) != "" {
			t.Errorf("%q is %v (%s)", cell, got, whyOf(im.rows[0]))
		}
	}
	im := importOf(t, "de", "Europe/Berlin", "online", "vielleicht")
	if im.flag(im.rows[0], "online", true); whyOf(im.rows[0]) != "flag" {
		t.Errorf("vielleicht: %q", whyOf(im.rows[0]))
	}
}

func FuzzCellsOfImports(f *testing.F) {
	for _, cell := range []string{"31.12.2026 18:00", "1.000,5", "Mo-Fr", "2026-12-31T00:00:00Z", "18:00-19:00", "x;y", "12/31/26"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		im := importOf(t, "de", "Europe/Berlin", "date", cell)
		for _, field := range []string{"starts_at", "start_time", "n", "weekdays", "list", "flag"} {
			im.Columns[field] = 0
		}
		r := im.rows[0]
		day := im.day(r, "date")
		if !day.IsZero() && (!saneYear(day) || day.Hour() != 0) {
			t.Errorf("%q is the day %s", cell, day)
		}
		if minutes, ok := im.clock(r, "end_time"); ok && (minutes < 0 || minutes > 1440) {
			t.Errorf("%q ends at %d", cell, minutes)
		}
		if n := im.number(r, "n", 0, 10, 3); n < 0 || n > 10 {
			t.Errorf("%q is %d", cell, n)
		}
		im.instant(r)
		im.list(r, "list")
		im.flag(r, "flag", false)
		for _, d := range im.weekdays(r, "weekdays") {
			if d < 1 || d > 7 {
				t.Errorf("%q has the weekday %d", cell, d)
			}
		}
	})
}
