package booking

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The state of a class changes with time alone. A cached snapshot must show, at every
// instant, the same as a snapshot that was made at that instant.
func TestACachedSnapshotShowsEveryInstantAsANewOneDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	minutes := func(most int) time.Duration { return time.Duration(random.IntN(most)) * time.Minute }
	kept, changed := 0, 0
	for range 300 {
		list := make([]Class, 3)
		for i := range list {
			c := &list[i]
			c.StartsAt = start.Add(minutes(60))
			c.EndsAt = c.StartsAt.Add(time.Minute + minutes(60))
			c.Rules = Rules{
				Online: true, Capacity: 2, FreeCancel: minutes(60), OpensBefore: minutes(90), ClosesBefore: minutes(20),
				WaitlistSize: NoLimit, WaitlistCloses: minutes(30),
			}
			if random.IntN(2) == 0 {
				c.Waiting, c.ReservedUntil = 1, start.Add(minutes(60))
			}
		}
		at := start.Add(-2 * time.Hour)
		snapshot := newScheduleSnapshot(list, nil, FormOptions{}, at)
		for at.Before(start.Add(150 * time.Minute)) {
			// Mostly exact minutes, where the boundaries are, and sometimes back in time.
			at = at.Add(time.Duration(random.IntN(4)-random.IntN(10)/9)*time.Minute + time.Duration(random.IntN(3)-1)*time.Microsecond)
			was := snapshot
			if snapshot = snapshot.asOf(at); snapshot == was {
				kept++
			} else {
				changed++
			}
			fresh := newScheduleSnapshot(append([]Class(nil), list...), nil, FormOptions{}, at)
			for i := range snapshot.Classes {
				got, want := &snapshot.Classes[i], &fresh.Classes[i]
				if got.Phase() != want.Phase() || got.Reserved() != want.Reserved() || got.WaitlistOpen() != want.WaitlistOpen() ||
					got.ReadAt.After(got.Cutoff()) != want.ReadAt.After(want.Cutoff()) ||
					CodeOf(errorOf(snapshot.refusals[i])) != CodeOf(errorOf(fresh.refusals[i])) {
					t.Fatalf("at %s the snapshot of %s says %s, is %s: %+v", at, got.ReadAt, got.Phase(), want.Phase(), got)
				}
			}
		}
	}
	if kept < 1000 || changed < 1000 {
		t.Errorf("kept %d times, made anew %d times: that proves little", kept, changed)
	}
}

func errorOf(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

func TestCachedSnapshotsAreBounded(t *testing.T) {
	c := &scheduleCache{}
	for i := range int64(3 * cachedClasses / 100) {
		c.store(span{i, i + 1}, &ScheduleSnapshot{Classes: make([]Class, 100)})
		c.store(span{i, i + 1}, &ScheduleSnapshot{Classes: make([]Class, 100)})
		n := 0
		for _, b := range c.snapshots {
			n += len(b.Classes) + 1
		}
		if n > cachedClasses || n != c.size {
			t.Fatalf("%d classes are kept, %d are counted", n, c.size)
		}
	}
}
