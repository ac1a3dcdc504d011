package booking

import (
	"testing"
	"time"
)

func TestCutoffIsElapsedTimeAcrossClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2027, 3, 28, 10, 0, 0, 0, berlin), time.Date(2027, 10, 31, 10, 0, 0, 0, berlin)} {
		if got := day.Sub(cutoff(day, 24*time.Hour)); got != 86_400*time.Second {
			t.Errorf("the cut-off of %v lies %v before it, want 86,400 s", day, got)
		}
	}
}

// The refund table of rule 14 and the boundary of rule 15.
func TestJudge(t *testing.T) {
	until := time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)
	in, at, late := until.Add(-time.Hour), until, until.Add(time.Microsecond)
	tests := []struct {
		name   string
		now    time.Time
		cause  Cause
		anyway bool
		want   Verdict
	}{
		{"a member in time", in, ByMember, false, Verdict{InTime: true, Refund: true}},
		{"a member at the very instant", at, ByMember, false, Verdict{InTime: true, Refund: true}},
		{"a member late", late, ByMember, false, Verdict{Late: true}},
		{"a member cannot waive", late, ByMember, true, Verdict{Late: true}},
		{"staff in time", in, ByStaff, false, Verdict{InTime: true, Refund: true}},
		{"staff late", late, ByStaff, false, Verdict{Late: true}},
		{"staff late, refund anyway", late, ByStaff, true, Verdict{Refund: true}},
		{"the studio cancels late", late, ByClass, false, Verdict{Refund: true}},
		{"a member leaves the club in time", in, ByMemberLeaves, false, Verdict{InTime: true, Refund: true}},
		{"a member leaves the club late", late, ByMemberLeaves, false, Verdict{}},
	}
	for _, test := range tests {
		if got := refundVerdict(test.now, until, test.cause, test.anyway); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestFreeUntilIsTheLaterOfCutoffAndExitButNeverPastTheStart(t *testing.T) {
	start := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	tests := []struct{ exit, want time.Time }{
		{time.Time{}, start.Add(-24 * time.Hour)},
		{start.Add(-48 * time.Hour), start.Add(-24 * time.Hour)},
		{start.Add(-time.Hour), start.Add(-time.Hour)},
		{start.Add(time.Hour), start},
	}
	for _, test := range tests {
		if got := freeUntil(start, 24*time.Hour, test.exit); !got.Equal(test.want) {
			t.Errorf("an exit until %v gives %v, want %v", test.exit, got, test.want)
		}
	}
}

func TestZonesBeforeTheStart(t *testing.T) {
	start := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	day, quarter := 24*time.Hour, 15*time.Minute
	tests := []struct {
		before time.Duration
		want   window
	}{
		{25 * time.Hour, windowEarly},
		{day + 1, windowEarly},
		{day, windowLate},
		{time.Hour, windowLate},
		{quarter + 1, windowLate},
		{quarter, windowClosed},
		{1, windowClosed},
		{0, windowBegun},
		{-time.Hour, windowBegun},
	}
	for _, test := range tests {
		if got := windowAt(start.Add(-test.before), start, day, quarter); got != test.want {
			t.Errorf("%v before the start lies zone %d, want %d", test.before, got, test.want)
		}
	}
}

func TestGrantsAreSpentMostSpecificThenSoonestThenOldest(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	general := &grant{id: 1, validFrom: now.AddDate(0, -2, 0)}
	soon := &grant{id: 2, validFrom: now.AddDate(0, -1, 0), expiresAt: now.AddDate(0, 1, 0)}
	yoga := &grant{id: 3, validFrom: now, typeIDs: []int64{7}}
	newer := &grant{id: 4, validFrom: now}
	for i, order := range [][2]*grant{{yoga, soon}, {soon, general}, {general, newer}, {yoga, general}} {
		if spendFirst(order[0], order[1]) >= 0 {
			t.Errorf("case %d: grant %d must be spent before grant %d", i, order[0].id, order[1].id)
		}
	}
}
