package present

import (
	"math"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Figure returns the timeline of a page of the settings; nil if the page has none.
func (pr Presenter) Figure(page string, st booking.Studio) *templates.Timeline {
	switch page {
	case "booking":
		return pr.timeline(st.OpensBefore, []time.Duration{st.FreeCancel, st.ClosesBefore}, func(until time.Duration) string {
			bookable, free := until >= st.ClosesBefore, until >= st.FreeCancel
			switch {
			case bookable && free:
				return "free"
			case bookable:
				return "bound"
			case free:
				return "closed_free"
			}
			return "closed"
		})
	case "waitlist":
		if st.WaitlistSize == 0 {
			return nil
		}
		return pr.timeline(0, []time.Duration{st.WaitlistCloses}, func(until time.Duration) string {
			if until >= st.WaitlistCloses {
				return "queue"
			}
			return "queue_closed"
		})
	}
	return nil
}

// timeline divides the time before a class at the instants in ends, which count from its
// start. kind names the stretch that ends at until. Before opens (0: always open) nothing is
// possible.
func (pr Presenter) timeline(opens time.Duration, ends []time.Duration, kind func(until time.Duration) string) *templates.Timeline {
	t := &templates.Timeline{}
	add := func(kind, from string, weight int) {
		t.Parts = append(t.Parts, templates.TimelinePart{Kind: kind, Text: pr.Text("text.line_" + kind), From: from, Weight: weight})
	}
	from, begin := time.Duration(math.MaxInt64), pr.Text("text.line_always")
	if opens > 0 {
		add("wait", "", 3)
		from, begin = opens, pr.before(opens)
	}
	ends = append(slices.Clone(ends), 0)
	slices.Sort(ends)
	for _, until := range slices.Backward(slices.Compact(ends)) {
		if until >= from {
			continue
		}
		weight := 8
		if from != math.MaxInt64 {
			weight = min(2+int(math.Log2(1+(from-until).Hours())/1.5), 7)
		}
		add(kind(until), begin, weight)
		from, begin = until, pr.before(until)
	}
	add("running", pr.Text("text.line_start"), 2)
	return t
}

// before says how long before the start something is.
func (pr Presenter) before(d time.Duration) string {
	if d >= 48*time.Hour && d%(24*time.Hour) == 0 {
		return pr.Text("text.line_days", "N", Hours(d)/24)
	}
	if d%time.Hour == 0 {
		return pr.Text("text.line_hours", "N", Hours(d))
	}
	return pr.Text("text.line_minutes", "N", strconv.Itoa(Minutes(d)))
}
