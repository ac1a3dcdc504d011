package booking

import (
	"testing"
	"time"
)

var (
	night  = Rest{On: true, From: 22 * 60, Until: 7 * 60}
	early  = Rest{On: true, From: 22 * 60, Until: 2*60 + 30} // ends in the hours in which clocks change
	late   = Rest{On: true, From: 2*60 + 30, Until: 7 * 60}  // begins in them
	siesta = Rest{On: true, From: 13 * 60, Until: 15*60 + 30}
)

// berlinTime reads an instant by the clocks of Berlin. A time that is shown twice is the first.
func berlinTime(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return WallTime(day, day.Hour(), day.Minute(), zone)
}

func TestANightRestEndsByTheClockOfTheStudio(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rest Rest
		at   string
		plus time.Duration // after at
		end  string        // empty: at lies in no rest
	}{
		{"its first minute", night, "2026-06-10 22:00", 0, "2026-06-11 07:00"},
		{"the moment before", night, "2026-06-10 22:00", -time.Microsecond, ""},
		{"after midnight", night, "2026-06-11 03:00", 0, "2026-06-11 07:00"},
		{"its last moment", night, "2026-06-11 07:00", -time.Microsecond, "2026-06-11 07:00"},
		{"its end", night, "2026-06-11 07:00", 0, ""},
		{"within a day", siesta, "2026-06-10 14:00", 0, "2026-06-10 15:30"},
		{"outside of one within a day", siesta, "2026-06-10 23:00", 0, ""},
		{"off", Rest{From: 22 * 60, Until: 7 * 60}, "2026-06-10 23:00", 0, ""},
		{"from and until are equal", Rest{On: true, From: 600, Until: 600}, "2026-06-10 10:00", 0, ""},
		{"from midnight on", Rest{On: true, From: 0, Until: 6 * 60}, "2026-06-10 00:00", 0, "2026-06-10 06:00"},
		{"until midnight", Rest{On: true, From: 20 * 60, Until: 0}, "2026-06-10 21:00", 0, "2026-06-11 00:00"},
		{"the short night in March", night, "2026-03-28 23:00", 0, "2026-03-29 07:00"},
		{"an end that March skips is the first moment after it", early, "2026-03-29 01:30", 0, "2026-03-29 03:00"},
		{"after an end that March skips", early, "2026-03-29 03:00", 0, ""},
		{"a beginning that March skips", late, "2026-03-29 03:00", 0, "2026-03-29 07:00"},
		{"the long night in October", night, "2026-10-24 23:00", 0, "2026-10-25 07:00"},
		{"an end that October shows twice is the first", early, "2026-10-25 02:15", 0, "2026-10-25 02:30"},
		{"the same time an hour later", early, "2026-10-25 02:15", time.Hour, ""},
		{"a beginning that October shows twice", late, "2026-10-25 02:15", time.Hour, "2026-10-25 07:00"},
	} {
		at := berlinTime(t, test.at).Add(test.plus)
		end, within := test.rest.End(at, at.Location())
		if within != (test.end != "") || within && !end.Equal(berlinTime(t, test.end)) {
			t.Errorf("%s: at %v the rest ends at %v, %t; want %q", test.name, at, end, within, test.end)
		}
	}
}

func TestAnOfferInTheNightLastsIntoTheMorning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		rest           Rest
		at, limit, end string
	}{
		{"by day", night, "2026-06-10 21:59", "2026-06-11 18:00", "2026-06-10 22:29"},
		{"at night", night, "2026-06-10 22:00", "2026-06-11 18:00", "2026-06-11 07:30"},
		{"soon before the morning", night, "2026-06-11 06:59", "2026-06-11 18:00", "2026-06-11 07:30"},
		{"in the morning", night, "2026-06-11 07:00", "2026-06-11 18:00", "2026-06-11 07:30"},
		{"the waitlist closes just then: as always", night, "2026-06-10 23:00", "2026-06-11 07:30", "2026-06-10 23:30"},
		{"the waitlist closes just after", night, "2026-06-10 23:00", "2026-06-11 07:31", "2026-06-11 07:30"},
		{"the waitlist closes before: as always", night, "2026-06-10 23:00", "2026-06-11 06:00", "2026-06-10 23:30"},
		{"the limit comes before the usual time", night, "2026-06-10 23:00", "2026-06-10 23:20", "2026-06-10 23:20"},
		{"without a rest", Rest{From: 1320, Until: 420}, "2026-06-10 23:00", "2026-06-11 18:00", "2026-06-10 23:30"},
		{"a rest within the day", siesta, "2026-06-10 13:00", "2026-06-11 18:00", "2026-06-10 16:00"},
		{"the night in which clocks go forward", night, "2026-03-28 23:00", "2026-03-29 18:00", "2026-03-29 07:30"},
		{"the night in which clocks go back", night, "2026-10-24 23:00", "2026-10-25 18:00", "2026-10-25 07:30"},
	} {
		at := berlinTime(t, test.at)
		studio := Studio{Zone: at.Location(), OfferFor: 30 * time.Minute, Night: test.rest}
		if end := studio.offerEnd(at, berlinTime(t, test.limit)); !end.Equal(berlinTime(t, test.end)) {
			t.Errorf("%s: an offer of %s ends at %v, want %s", test.name, test.at, end, test.end)
		}
	}
}

func TestARightToGiveBackThatBeginsInTheNightLastsIntoTheMorning(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		minutes        int // of the setting
		at, start, end string
	}{
		{"by day", 30, "2026-06-10 12:00", "2026-06-11 18:00", "2026-06-10 12:30"},
		{"at night", 30, "2026-06-10 23:00", "2026-06-11 18:00", "2026-06-11 07:30"},
		{"a long one reaches beyond", 12 * 60, "2026-06-10 23:00", "2026-06-11 18:00", "2026-06-11 11:00"},
		{"a short one has half an hour of the morning, too", 10, "2026-06-10 23:00", "2026-06-11 18:00", "2026-06-11 07:30"},
		{"never past the start", 30, "2026-06-10 23:00", "2026-06-11 07:15", "2026-06-11 07:15"},
		{"a studio that grants none", 0, "2026-06-10 23:00", "2026-06-11 18:00", "2026-06-10 23:00"},
		{"the night in which clocks go forward", 30, "2026-03-29 01:59", "2026-03-29 18:00", "2026-03-29 07:30"},
		{"the night in which clocks go back", 30, "2026-10-25 02:30", "2026-10-25 18:00", "2026-10-25 07:30"},
	} {
		at := berlinTime(t, test.at)
		studio := Studio{Zone: at.Location(), GiveBackFor: time.Duration(test.minutes) * time.Minute, Night: night}
		if end := studio.giveBackEnd(at, berlinTime(t, test.start)); !end.Equal(berlinTime(t, test.end)) {
			t.Errorf("%s: a right of %s ends at %v, want %s", test.name, test.at, end, test.end)
		}
	}
}
