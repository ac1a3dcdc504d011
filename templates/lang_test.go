package templates

import (
	"testing"
	"time"
)

// at returns a time in November 2026 in Berlin.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, time.FixedZone("CET", 3600))
}

func TestDateFormats(t *testing.T) {
	start := at(25, 18, 0)
	for _, c := range []struct{ what, got, want string }{
		{"clock", German.Clock(start), "18:00"},
		{"clock early", English.Clock(at(25, 7, 5)), "07:05"},
		{"clock in a sentence", German.ClockLong(start), "18:00\u00a0Uhr"},
		{"clock in an English sentence", English.ClockLong(start), "18:00"},
		{"span", German.ClockSpan(start, start.Add(time.Hour)), "18:00–19:00\u00a0Uhr"},
		{"row", German.DayShort(start), "Mi.,\u00a025.11."},
		{"English row", English.DayShort(start), "Wed 25\u00a0Nov"},
		{"heading", German.DayLong(start), "Mittwoch, 25.\u00a0November"},
		{"English heading", English.DayLong(start), "Wednesday, 25\u00a0November"},
		{"instant", German.DateTime(at(24, 18, 0)), "Di.,\u00a024.11., 18:00\u00a0Uhr"},
		{"English instant", English.DateTime(at(24, 18, 0)), "Tue 24\u00a0Nov, 18:00"},
		{"short instant", German.DayClock(at(24, 18, 0)), "Di\u00a018:00"},
		{"date", German.Date(at(3, 0, 0)), "3.11.2026"},
		{"English date", English.Date(at(3, 0, 0)), "3 Nov 2026"},
		{"week", German.Week(start), "KW\u00a048"},
		{"English week", English.Week(start), "Week\u00a048"},
		{"for machines", ISO(start), "2026-11-25T18:00+01:00"},
		{"another language", Lang("fr").WeekdayLong(start), "Mittwoch"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestEveryWeekdayAndMonthHasItsName(t *testing.T) {
	for _, lang := range Languages {
		seen := map[string]bool{}
		for m := time.January; m <= time.December; m++ {
			seen[lang.DayLong(time.Date(2026, m, 15, 0, 0, 0, 0, time.UTC))] = true
			seen[lang.DayShort(time.Date(2026, m, 15, 0, 0, 0, 0, time.UTC))] = true
		}
		for d := 1; d <= 7; d++ {
			seen[lang.WeekdayLong(at(d, 0, 0))] = true
			seen[lang.Weekday(at(d, 0, 0))] = true
		}
		if len(seen) != 24+14 {
			t.Errorf("%s: %d names, want 38", lang, len(seen))
		}
	}
	if got := German.DayLong(time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)); got != "Sonntag, 1.\u00a0März" {
		t.Errorf("got %q", got)
	}
}

func TestWeekAtNewYear(t *testing.T) {
	if got := German.Week(time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)); got != "KW\u00a053" {
		t.Errorf("the first of January 2027 is in %q", got)
	}
}

func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{German.Signed(1), "+1"},
		{German.Signed(-1), "\u22121"},
		{German.Signed(0), "0"},
		{German.Number(12408), "12.408"},
		{English.Number(12408), "12,408"},
		{English.Number(1000007), "1,000,007"},
		{German.Number(-1001), "\u22121.001"},
		{German.Number(999), "999"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
