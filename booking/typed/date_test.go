package typed

import (
	"testing"
	"time"
)

// A Monday.
var today = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func TestDatesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1.12.": "2026-12-01", "1.12": "2026-12-01", "01.12.2026": "2026-12-01", "1.12.26": "2026-12-01", " 1. 12. 2026 ": "2026-12-01",
		"Di., 1.12.2026": "2026-12-01", "Di, 1.12.": "2026-12-01", "Di 1.12.": "2026-12-01", "Tue 1 Dec 2026": "2026-12-01",
		"Di.,\u00a01.12.": "2026-12-01", "Tue 1\u00a0Dec": "2026-12-01",
		"1. Dezember": "2026-12-01", "1. Dez. 2026": "2026-12-01", "1 Dec": "2026-12-01", "1st Dec": "2026-12-01", "Dec 1": "2026-12-01",
		"December 1st, 2026": "2026-12-01", "1st of December": "2026-12-01", "am 1. Dezember": "2026-12-01", "den 3. März": "2027-03-03",
		"1/12": "2026-12-01", "1/12/2026": "2026-12-01", "2026-12-01": "2026-12-01", "1-12-2026": "2026-12-01",
		"heute": "2026-11-30", "Morgen": "2026-12-01", "übermorgen": "2026-12-02", "today": "2026-11-30", "tomorrow": "2026-12-01",
		"gestern": "2026-11-29",
		"mo":      "2026-11-30", "di": "2026-12-01", "Di.": "2026-12-01", "dienstag": "2026-12-01", "tue": "2026-12-01",
		"Sunday": "2026-12-06",
		// The weekday beside a date is not read.
		"Mo., 1.12.2026": "2026-12-01",
		// Without a year: the next one.
		"30.11.": "2026-11-30", "29.11.": "2027-11-29", "29.2.": "2028-02-29", "1 Jan": "2027-01-01",
	} {
		if got, ok := Date(text, today); !ok || got.Format(time.DateOnly) != want {
			t.Errorf("%q: %s, %v, want %s", text, got.Format(time.DateOnly), ok, want)
		}
	}
}

func TestTextsThatAreNoDateAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", ".", ",", "31.2.", "29.2.2027", "1.13.", "0.1.", "32.1.", "1", "12", "1.12.126", "bald", "1.12.2026 18:00", "2026-02-30",
		"26-12-01", "2026-12", "1.12.2026x", "1,12", "1..12", "٣.12.", "1.12.\x002026", "Di Do", "Dec", "Dec 2026 1", "1.12.2026 1.12.2026",
		"99999999999999999999.1.", "1.99999999999999999999.",
	} {
		if got, ok := Date(text, today); ok {
			t.Errorf("%q is read as %s", text, got.Format(time.DateOnly))
		}
	}
}

func TestWholeDatesAreReadAsFilesWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{ // the day first, the month first
		"31.12.2026": {"2026-12-31", "2026-12-31"}, "31.12.26": {"2026-12-31", "2026-12-31"}, "1.3.2026": {"2026-03-01", "2026-03-01"},
		"2026-12-31": {"2026-12-31", "2026-12-31"}, "2026/12/31": {"2026-12-31", "2026-12-31"},
		"3. März 2026": {"2026-03-03", "2026-03-03"},
		"Mar 3, 2026":  {"2026-03-03", "2026-03-03"}, "31-Dec-26": {"2026-12-31", "2026-12-31"},
		"Thu, Dec 31, 2026": {"2026-12-31", "2026-12-31"}, "Do., 31.12.2026": {"2026-12-31", "2026-12-31"},
		"3/4/2026": {"2026-04-03", "2026-03-04"}, "3-4-2026": {"2026-04-03", "2026-03-04"}, "31/12/2026": {"2026-12-31", ""},
		"12/31/26": {"", "2026-12-31"},
		"1.12.":    {}, "tomorrow": {}, "Di": {}, "2026": {}, "45321": {}, "31.2.2026": {}, "": {}, "26-12-01": {},
	} {
		for i, monthFirst := range []bool{false, true} {
			got, ok := WholeDate(text, monthFirst)
			if ok != (want[i] != "") || ok && got.Format(time.DateOnly) != want[i] {
				t.Errorf("%q, month first %v: %s, %v, want %q", text, monthFirst, got.Format(time.DateOnly), ok, want[i])
			}
		}
	}
}

func TestTimesOfDayAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"18": 1080, "18:00": 1080, "1800": 1080, "18.30": 1110, "0730": 450, "730": 450, "7": 420, "07:05": 425, "18 Uhr": 1080,
		"18:30 Uhr": 1110, "18h": 1080, "18h30": 1110, "6pm": 1080, "6:30 PM": 1110, "12am": 0, "12 pm": 720, "6 p.m.": 1080, "0": 0,
		"24": 1440, "24:00": 1440,
	} {
		if got, ok := Clock(text); !ok || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "25", "24:01", "18:60", "18:5", "2460", "18:000", "13pm", "0am", "-1", "abends", "18-19", "+18", "١٨",
	} {
		if got, ok := Clock(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func TestLengthsAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"60": 60, "60 Min": 60, "60min.": 60, "90'": 90, "1h": 60, "1,5 Std": 90, "1.5h": 90, "2 hours": 120, "45m": 45, "1 Stunde": 60,
	} {
		if got, ok := Length(text); !ok || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "1,5", "99999", "-5", "1h30x", "eine"} {
		if got, ok := Length(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

// A date that is read is the same when it is written as the pages write it.
func FuzzDates(f *testing.F) {
	for _, text := range []string{"1.12.", "Di., 1.12.2026", "Dec 1st, 2026", "2026-12-01", "übermorgen", "29.2.", "31/12/99"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := Date(text, today)
		if !ok {
			return
		}
		if got.Hour() != 0 || got.Location() != time.UTC || got.Year() < 0 || got.Year() > 9999 {
			t.Errorf("%q is %s", text, got)
		}
		if again, ok := Date(got.Format("2.1.2006"), today); got.Year() >= 1000 && (!ok || !again.Equal(got)) {
			t.Errorf("%q is %s, and written again %s, %v", text, got, again, ok)
		}
	})
}

func FuzzTimes(f *testing.F) {
	for _, text := range []string{"18", "18:30", "6pm", "1,5 Std", "24:00", "0000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, ok := Clock(text); ok && (m < 0 || m > day) {
			t.Errorf("the time of %q is %d", text, m)
		}
		if m, ok := Length(text); ok && (m < 0 || m > 10_000*hour) {
			t.Errorf("the length of %q is %d", text, m)
		}
	})
}
