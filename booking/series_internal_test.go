package booking

import (
	"strings"
	"testing"
	"time"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAWallTimeIsTheFirstInstantThatShowsIt(t *testing.T) {
	zone := berlin(t)
	for _, c := range []struct{ day, clock, want string }{
		{"2027-03-27", "18:00", "2027-03-27T18:00+01:00"},
		{"2027-03-28", "01:59", "2027-03-28T01:59+01:00"},
		{"2027-03-28", "02:30", "2027-03-28T03:00+02:00"}, // does not exist
		{"2027-03-28", "03:00", "2027-03-28T03:00+02:00"},
		{"2027-03-28", "18:00", "2027-03-28T18:00+02:00"},
		{"2027-10-31", "02:30", "2027-10-31T02:30+02:00"}, // exists twice
		{"2027-10-31", "03:00", "2027-10-31T03:00+01:00"},
		{"2027-10-31", "18:00", "2027-10-31T18:00+01:00"},
	} {
		clock, err := time.Parse("15:04", c.clock)
		if err != nil {
			t.Fatal(err)
		}
		got := WallTime(date(t, c.day), clock.Hour(), clock.Minute(), zone).In(zone).Format("2006-01-02T15:04Z07:00")
		if got != c.want {
			t.Errorf("%s %s is %s, want %s", c.day, c.clock, got, c.want)
		}
	}
}

func TestAPatternListsItsDays(t *testing.T) {
	first := "2026-11-25" // a Wednesday
	for _, c := range []struct {
		name    string
		pattern Pattern
		want    string
	}{
		{
			"until a day, inclusive",
			Pattern{EveryWeeks: 1, Weekdays: []int{3}, Last: date(t, "2026-12-09")},
			"2026-11-25 2026-12-02 2026-12-09",
		},
		{"so many", Pattern{EveryWeeks: 1, Weekdays: []int{3}, Count: 2}, "2026-11-25 2026-12-02"},
		{
			"several weekdays in their order, none before the first day",
			Pattern{EveryWeeks: 1, Weekdays: []int{5, 1, 3}, Count: 4},
			"2026-11-25 2026-11-27 2026-11-30 2026-12-02",
		},
		{
			"every other week, counted from the first one's",
			Pattern{EveryWeeks: 2, Weekdays: []int{1, 3}, Count: 3},
			"2026-11-25 2026-12-07 2026-12-09",
		},
		{"a weekday twice is once", Pattern{EveryWeeks: 1, Weekdays: []int{3, 3}, Count: 2}, "2026-11-25 2026-12-02"},
		{"none", Pattern{EveryWeeks: 1, Weekdays: []int{1}, Last: date(t, "2026-11-26")}, ""},
	} {
		c.pattern.First = date(t, first)
		var got []string
		for _, d := range c.pattern.days() {
			got = append(got, d.Format(time.DateOnly))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	endless := Pattern{First: date(t, first), EveryWeeks: 1, Weekdays: []int{1, 2, 3, 4, 5, 6, 7}, Count: SeriesMax}
	if n := len(endless.days()); n != SeriesMax {
		t.Errorf("%d days, want %d", n, SeriesMax)
	}
}

func TestAnEditOfASeriesCarriesOnlyWhatItChanged(t *testing.T) {
	zone := berlin(t)
	at := func(day string, hour, minute int) time.Time { return WallTime(date(t, day), hour, minute, zone) }
	class := func(start time.Time) ClassRequest {
		return ClassRequest{Title: "Yoga", RoomID: 1, StartsAt: start, EndsAt: start.Add(time.Hour), Rules: Rules{Capacity: 12, Cost: 1}}
	}
	was := class(at("2027-03-22", 18, 0))
	other := class(at("2027-03-29", 18, 0)) // beyond the change of the clocks
	other.RoomID, other.Rules.Capacity = 2, 10
	now := was
	now.Title, now.Rules.Cost = "Yoga Flow", 2
	got := other.carry(was, now, zone)
	if got.Title != "Yoga Flow" || got.Rules.Cost != 2 || got.RoomID != 2 || got.Rules.Capacity != 10 ||
		!got.StartsAt.Equal(other.StartsAt) {
		t.Errorf("title and cost were changed, the other became %+v", got)
	}
	now = was
	now.StartsAt = at("2027-03-23", 19, 30) // another day and time of day, and shorter
	now.EndsAt = now.StartsAt.Add(45 * time.Minute)
	got = other.carry(was, now, zone)
	if want := at("2027-03-30", 19, 30); !got.StartsAt.Equal(want) || got.EndsAt.Sub(got.StartsAt) != 45*time.Minute {
		t.Errorf("moved to %s for %s, want %s", got.StartsAt.In(zone), got.EndsAt.Sub(got.StartsAt), want)
	}
	now = was
	now.StartsAt, now.EndsAt = at("2027-03-24", 18, 0), at("2027-03-24", 19, 0) // only the day
	set := class(at("2027-03-29", 20, 0))
	if got, want := set.carry(was, now, zone).StartsAt, at("2027-03-31", 20, 0); !got.Equal(want) {
		t.Errorf("another day moved it to %s, want %s: its own time of the day stays", got.In(zone), want)
	}
}
