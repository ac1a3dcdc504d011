package booking

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// While one read runs, a thousand calls arrive. One more read must serve all of them.
func TestWhoAsksWhileOthersReadIsReadForTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var readings [][]int64
		release := make(chan struct{})
		c := coalescer[int64, string]{start: inGoroutine, read: func(_ context.Context, ids []int64) (map[int64]string, error) {
			readings = append(readings, ids)
			<-release
			found := map[int64]string{}
			for _, id := range ids {
				if id%2 == 0 {
					found[id] = "even"
				}
			}
			return found, nil
		}}
		var asking sync.WaitGroup
		ask := func(id int64) {
			asking.Go(func() {
				v, ok, err := c.get(t.Context(), id)
				if err != nil || ok != (id%2 == 0) || ok && v != "even" {
					t.Errorf("%d is answered %q, %v, %v", id, v, ok, err)
				}
			})
		}
		ask(0)
		synctest.Wait()
		for id := range int64(1000) {
			ask(id)
		}
		synctest.Wait()
		close(release)
		asking.Wait()
		if len(readings) != 2 || len(readings[0]) != 1 || len(readings[1]) != 1000 {
			t.Errorf("%d readings", len(readings))
		}
		<-time.After(2 * coalescePause) // the bubble's time: until no read runs
	})
}

func TestAFailedReadingFailsForThoseInItAndWhoGivesUpLeavesItToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		release := make(chan error)
		c := coalescer[int64, string]{start: inGoroutine, read: func(context.Context, []int64) (map[int64]string, error) {
			return nil, <-release
		}}
		answers := make(chan error, 2)
		impatient, giveUp := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{t.Context(), impatient} {
			go func() { _, _, err := c.get(ctx, 1); answers <- err }()
			synctest.Wait()
		}
		giveUp()
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("who gives up hears %v", err)
		}
		release <- broken
		if err := <-answers; !errors.Is(err, broken) {
			t.Errorf("who waits hears %v", err)
		}
		release <- nil // the read for the caller that gave up
		if _, ok, err := func() (string, bool, error) { go func() { release <- nil }(); return c.get(t.Context(), 2) }(); ok || err != nil {
			t.Errorf("the next is answered %v, %v", ok, err)
		}
		<-time.After(2 * coalescePause)
	})
}

func TestAPanicInAReadingIsTheErrorOfThoseInIt(t *testing.T) {
	broken := true
	c := coalescer[int64, string]{start: inGoroutine, read: func(context.Context, []int64) (map[int64]string, error) {
		if broken {
			panic("a defect")
		}
		return map[int64]string{1: "one"}, nil
	}}
	if _, _, err := c.get(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "a defect") {
		t.Errorf("the panic is told as %v", err)
	}
	broken = false
	if v, ok, err := c.get(t.Context(), 1); v != "one" || !ok || err != nil {
		t.Errorf("the next is answered %q, %v, %v", v, ok, err)
	}
}

func inGoroutine(f func()) bool {
	go f()
	return true
}
