package booking

import (
	"testing"
	"time"
)

func TestThePeriodThatADayLiesIn(t *testing.T) {
	for _, c := range []struct{ every, starts, ends, today, want string }{
		{"week", "2026-11-02", "", "2026-11-01", ""},
		{"week", "2026-11-02", "", "2026-11-02", "2026-11-02"},
		{"week", "2026-11-02", "", "2026-11-15", "2026-11-09"},
		{"week", "2026-11-02", "", "2026-11-16", "2026-11-16"},
		{"week", "2026-11-02", "2026-11-10", "2026-11-11", ""},
		{"month", "2026-01-31", "", "2026-02-27", "2026-01-31"},
		{"month", "2026-01-31", "", "2026-02-28", "2026-02-28"},
		{"month", "2026-01-31", "", "2026-03-30", "2026-02-28"},
		{"month", "2026-01-31", "", "2026-03-31", "2026-03-31"},
		{"month", "2026-11-15", "", "2026-12-14", "2026-11-15"},
		{"month", "2026-11-15", "", "2027-01-20", "2027-01-15"},
	} {
		p := Periodic{Every: c.every, StartsOn: date(t, c.starts)}
		if c.ends != "" {
			p.EndsOn = date(t, c.ends)
		}
		got := ""
		if due, ok := p.due(date(t, c.today)); ok {
			got = due.Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("%s from %s on %s: due %q, want %q", c.every, c.starts, c.today, got, c.want)
		}
	}
}
