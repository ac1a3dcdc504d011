package present

import (
	"cmp"
	"slices"
	"time"

	"terminplan/booking"
)

// The time grid of the staff has rows of five minutes. It shows these hours, and more if a class
// of the week needs them.
const (
	gridStep     = 5
	gridOpens    = 6
	gridCloses   = 22
	gridShortest = 30 // minutes that a class takes at least, so that its count has room
	gridDay      = 24 * 60
	gridLanes    = 12 // the grid has that many lanes at most; the classes beyond share the last
)

// gridSpan is the place of a class in the column of its first day, in minutes since midnight on
// the clock of the studio, in whole steps.
type gridSpan struct {
	from, to int
	cut      bool // the class ends on a later day: the column shows it to its lower edge
}

// gridSpanOf places a class by the clock on the wall. Where the clock is put back during the
// class, so that it would end before it begins, the class takes its length.
func gridSpanOf(starts, ends time.Time, zone *time.Location) gridSpan {
	minutes := func(t time.Time) int { return t.In(zone).Hour()*60 + t.In(zone).Minute() }
	from, long := minutes(starts), int((ends.Sub(starts)+time.Minute-1)/time.Minute)
	to := from + long
	switch days := int(booking.CalendarDay(ends, zone).Sub(booking.CalendarDay(starts, zone)).Hours() / 24); {
	case days == 0 && minutes(ends) > from:
		to = minutes(ends)
	case days == 1 && minutes(ends) == 0:
		to = gridDay
	case days > 0:
		to = gridDay + 1
	}
	s := gridSpan{from: from - from%gridStep, cut: to > gridDay}
	s.to = min(max((to+gridStep-1)/gridStep*gridStep, s.from+gridShortest), gridDay)
	s.from = min(s.from, s.to-gridShortest)
	return s
}

// gridLane is the part of a column that a class takes: lane at, counted from 0, of so many.
type gridLane struct{ at, of int }

// lanesOf puts classes that overlap beside each other. Classes that only touch do not overlap. A
// chain of overlaps has as many lanes as classes meet at one time, and each class takes the
// first lane that is free.
func lanesOf(spans []gridSpan) []gridLane {
	order := make([]int, len(spans))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(spans[a].from, spans[b].from), cmp.Compare(spans[b].to, spans[a].to))
	})
	lanes := make([]gridLane, len(spans))
	var chain []int // the classes of the present chain
	var ends []int  // the end of the last class of each lane
	close := func() {
		for _, i := range chain {
			lanes[i].of = len(ends)
		}
		chain, ends = nil, nil
	}
	for _, i := range order {
		if len(ends) > 0 && spans[i].from >= slices.Max(ends) {
			close()
		}
		at := slices.IndexFunc(ends, func(end int) bool { return end <= spans[i].from })
		switch {
		case at >= 0:
			ends[at] = spans[i].to
		case len(ends) < gridLanes:
			at, ends = len(ends), append(ends, spans[i].to)
		default:
			at = gridLanes - 1
			ends[at] = max(ends[at], spans[i].to)
		}
		lanes[i].at, chain = at, append(chain, i)
	}
	close()
	return lanes
}

// gridHours returns the first hour of the grid, and the hour at which it ends.
func gridHours(spans []gridSpan) (from, to int) {
	from, to = gridOpens, gridCloses
	for _, s := range spans {
		from, to = min(from, s.from/60), max(to, (s.to+59)/60)
	}
	return from, to
}
