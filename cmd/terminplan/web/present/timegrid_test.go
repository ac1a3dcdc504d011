package present

import (
	"testing"
	"time"
)

func clock(t *testing.T, text string) int {
	t.Helper()
	if text == "24:00" {
		return gridDay
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at.Hour()*60 + at.Minute()
}

func TestClassesThatOverlapShareTheirColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spans [][2]string
		lanes []gridLane
	}{
		{"no class", nil, nil},
		{"one class", [][2]string{{"18:00", "19:00"}}, []gridLane{{0, 1}}},
		{"ends that touch", [][2]string{{"17:00", "18:00"}, {"18:00", "19:00"}}, []gridLane{{0, 1}, {0, 1}}},
		{"two at once", [][2]string{{"18:00", "19:00"}, {"18:30", "19:15"}}, []gridLane{{0, 2}, {1, 2}}},
		{"the longer one comes first", [][2]string{{"18:00", "18:30"}, {"18:00", "19:00"}}, []gridLane{{1, 2}, {0, 2}}},
		{
			"a chain has two lanes",
			[][2]string{{"18:00", "19:00"}, {"18:30", "19:15"}, {"19:00", "19:45"}, {"19:30", "20:30"}},
			[]gridLane{{0, 2}, {1, 2}, {0, 2}, {1, 2}},
		},
		{
			"a chain ends where nothing runs",
			[][2]string{{"18:00", "19:00"}, {"18:30", "19:30"}, {"19:30", "20:30"}},
			[]gridLane{{0, 2}, {1, 2}, {0, 1}},
		},
		{
			"four at once, in any order",
			[][2]string{{"10:15", "11:00"}, {"10:00", "12:00"}, {"10:45", "11:30"}, {"10:30", "11:15"}, {"11:00", "11:45"}},
			[]gridLane{{1, 4}, {0, 4}, {3, 4}, {2, 4}, {1, 4}},
		},
	} {
		var spans []gridSpan
		for _, s := range c.spans {
			spans = append(spans, gridSpan{from: clock(t, s[0]), to: clock(t, s[1])})
		}
		got := lanesOf(spans)
		if len(got) != len(c.lanes) {
			t.Fatalf("%s: %d lanes for %d classes", c.name, len(got), len(c.lanes))
		}
		for i := range got {
			if got[i] != c.lanes[i] {
				t.Errorf("%s: class %s has lane %+v, want %+v", c.name, c.spans[i][0], got[i], c.lanes[i])
			}
		}
	}
}

func TestMoreClassesThanLanesShareTheLast(t *testing.T) {
	t.Parallel()
	spans := make([]gridSpan, gridLanes+3)
	for i := range spans {
		spans[i] = gridSpan{from: 600, to: 660}
	}
	for i, lane := range lanesOf(spans) {
		if want := min(i, gridLanes-1); lane.at != want || lane.of != gridLanes {
			t.Errorf("class %d has lane %+v", i, lane)
		}
	}
}

func TestABlockStandsWhereTheClockOnTheWallSays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, starts string
		lasts        time.Duration
		from, to     string
		cut          bool
	}{
		{"an hour", "2026-11-25T18:00+01:00", time.Hour, "18:00", "19:00", false},
		{"no multiple of a quarter", "2026-11-25T18:05+01:00", 50 * time.Minute, "18:05", "18:55", false},
		{"no multiple of five", "2026-11-25T18:07+01:00", 46 * time.Minute, "18:05", "18:55", false},
		{"a short one has room for its count", "2026-11-25T18:00+01:00", 15 * time.Minute, "18:00", "18:30", false},
		{"until midnight", "2026-11-25T23:00+01:00", time.Hour, "23:00", "24:00", false},
		{"over midnight", "2026-11-25T23:00+01:00", 90 * time.Minute, "23:00", "24:00", true},
		{"the last minutes of a day", "2026-11-25T23:50+01:00", 30 * time.Minute, "23:30", "24:00", true},
		{"several days", "2026-11-25T20:00+01:00", 50 * time.Hour, "20:00", "24:00", true},
		{"the clock is put forward: 2 becomes 3", "2026-03-29T01:30+01:00", time.Hour, "01:30", "03:30", false},
		{"after the clock was put forward", "2026-03-29T03:00+02:00", time.Hour, "03:00", "04:00", false},
		{"the clock is put back: 3 becomes 2", "2026-10-25T01:30+02:00", 3 * time.Hour, "01:30", "03:30", false},
		{"it would end before it begins", "2026-10-25T02:30+02:00", 45 * time.Minute, "02:30", "03:15", false},
		{"it would end when it begins", "2026-10-25T02:30+02:00", time.Hour, "02:30", "03:30", false},
	} {
		starts, err := time.Parse("2006-01-02T15:04Z07:00", c.starts)
		if err != nil {
			t.Fatal(err)
		}
		got := gridSpanOf(starts, starts.Add(c.lasts), berlin)
		if want := (gridSpan{clock(t, c.from), clock(t, c.to), c.cut}); got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func TestTheGridGrowsToTheHoursOfItsClasses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spans    []gridSpan
		from, to int
	}{
		{nil, 6, 22},
		{[]gridSpan{{from: 600, to: 660}}, 6, 22},
		{[]gridSpan{{from: 5*60 + 45, to: 400}}, 5, 22},
		{[]gridSpan{{from: 1290, to: 1325}}, 6, 23},
		{[]gridSpan{{from: 1290, to: 1320}, {from: 0, to: 30}, {from: 1380, to: gridDay, cut: true}}, 0, 24},
	} {
		if from, to := gridHours(c.spans); from != c.from || to != c.to {
			t.Errorf("%v: from %d to %d, want %d to %d", c.spans, from, to, c.from, c.to)
		}
	}
}
