package booking_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
)

func TestAnEditIsStaleOnlyAfterAnotherEdit(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 1, nil)
	edit := func(version int64, capacity int) error {
		_, err := h.EditClass(ctx, h.Owner, booking.EditRequest{
			ClassID: h.class, Version: version, Only: []string{"capacity"},
			Class: booking.ClassRequest{Rules: booking.Rules{Capacity: capacity}},
		})
		return err
	}
	read := func() booking.Class { return browse{t, h.Env}.class(h.class) }
	seen := read()
	if seen.Version == seen.Edited {
		t.Fatalf("nobody has booked: %+v", seen)
	}
	wantCode(t, edit(seen.Version+1, 3), booking.StaleClass)
	mustJoin(t, h.Env, h.Member("Lotte Later", 1), h.class) // no edit
	if err := edit(seen.Version, 3); err != nil {
		t.Fatal(err)
	}
	now := read()
	if now.Rules.Capacity != 3 || now.Title != seen.Title || !now.Rules.Online ||
		!now.StartsAt.Equal(seen.StartsAt) || now.Rules.FreeCancel != seen.Rules.FreeCancel {
		t.Errorf("more was changed than was meant: %+v", now)
	}
	for _, stale := range []int64{1, seen.Version, now.Edited - 1} {
		wantCode(t, edit(stale, 4), booking.StaleClass)
	}
	if err := edit(now.Edited, 4); err != nil {
		t.Error(err)
	}
	_, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, edit(now.Version, 5), booking.StaleClass)
}

// Two edits start from the same version. One of them is refused as stale, whatever fields
// they change: neither has seen the other edit.
func TestOfTwoEditsFromOneVersionOneIsStale(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	version := browse{t, h.Env}.class(h.class).Version
	requests := []booking.EditRequest{
		{Only: []string{"title"}, Class: booking.ClassRequest{Title: "Yoga Sanft"}},
		{Only: []string{"capacity"}, Class: booking.ClassRequest{Rules: booking.Rules{Capacity: 9}}},
	}
	errs := make([]error, len(requests))
	together(len(requests), func(i int) {
		r := requests[i]
		r.ClassID, r.Version = h.class, version
		_, errs[i] = h.EditClass(ctx, h.Owner, r)
	})
	stale := 0
	for _, err := range errs {
		if booking.CodeOf(err) == booking.StaleClass {
			stale++
		} else if err != nil {
			t.Error(err)
		}
	}
	if stale != 1 {
		t.Errorf("%d edits are stale, want 1: %v", stale, errs)
	}
}

func TestAnEditMeansOnlyTheFactsThatItNames(t *testing.T) {
	t.Parallel()
	h := newFullClass(t, 0, nil)
	was := browse{t, h.Env}.class(h.class)
	edit := func(r booking.ClassRequest, only ...string) booking.Class {
		t.Helper()
		if _, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: r, Only: only}); err != nil {
			t.Fatal(only, err)
		}
		return browse{t, h.Env}.class(h.class)
	}
	later := was.StartsAt.Add(26 * time.Hour)
	if c := edit(booking.ClassRequest{StartsAt: later}, "starts_at"); !c.StartsAt.Equal(later) || c.EndsAt.Sub(c.StartsAt) != time.Hour {
		t.Errorf("moved: %s to %s, want as long as before", c.StartsAt, c.EndsAt)
	}
	longer := booking.ClassRequest{StartsAt: was.StartsAt, EndsAt: was.StartsAt.Add(90 * time.Minute)}
	if c := edit(longer, "minutes"); !c.StartsAt.Equal(later) || c.EndsAt.Sub(later) != 90*time.Minute {
		t.Errorf("made longer: %s to %s", c.StartsAt, c.EndsAt)
	}
	back := booking.ClassRequest{StartsAt: was.StartsAt, EndsAt: was.EndsAt}
	if c := edit(back, "minutes", "starts_at"); !c.StartsAt.Equal(was.StartsAt) || !c.EndsAt.Equal(was.EndsAt) {
		t.Errorf("put back: %s to %s", c.StartsAt, c.EndsAt)
	}
	_, err := h.EditClass(ctx, h.Owner, booking.EditRequest{ClassID: h.class, Class: booking.ClassRequest{}, Only: []string{"title"}})
	if e := wantCode(t, err, booking.Invalid); e.Field != "title" {
		t.Errorf("no title: %v", e)
	}

	// A repeat of the request is recognized by its content, even after other changes.
	key := uuid.NewString()
	click := booking.EditRequest{
		ClassID: h.class, Only: []string{"capacity"},
		Class: booking.ClassRequest{Key: key, Title: "as it was", Rules: booking.Rules{Capacity: 5}},
	}
	first, err := h.EditClass(ctx, h.Owner, click)
	if err != nil {
		t.Fatal(err)
	}
	edit(booking.ClassRequest{Title: "Yoga Sanft"}, "title")
	click.Class.Title = "as it is now"
	if again, err := h.EditClass(ctx, h.Owner, click); err != nil || again != first {
		t.Errorf("the same click again: %+v, %v; want %+v", again, err, first)
	}
}
