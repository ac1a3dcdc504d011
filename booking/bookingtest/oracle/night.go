package oracle

import "time"

// heldUntil is the end of an offer to one waiter that begins now (rules 9 and 29).
func (s *Studio) heldUntil(c *Class, w *Waiter) time.Time {
	if morning := s.morning(); !morning.IsZero() {
		if end := morning.Add(s.OfferFor); end.Before(c.limit(w)) {
			return end
		}
	}
	return earliest(s.Now.Add(s.OfferFor), c.limit(w))
}

// returnable is the end of the right to return a seat that was given now without a click (rules
// 9 and 29).
func (s *Studio) returnable(c *Class) time.Time {
	end := s.Now.Add(s.GiveBackFor)
	if morning := s.morning(); s.GiveBackFor > 0 && !morning.IsZero() && morning.Add(30*time.Minute).After(end) {
		end = morning.Add(30 * time.Minute)
	}
	return earliest(end, c.Start)
}

// morning is the end of the night rest in which now lies; zero: it lies in none. It looks at the
// rests that begin yesterday and today.
func (s *Studio) morning() time.Time {
	if !s.Rest {
		return time.Time{}
	}
	y, m, d := s.Now.In(s.Zone).Date()
	for _, day := range []int{d - 1, d} {
		evening, over := s.clock(y, m, day, s.RestFrom), day
		if s.RestUntil <= s.RestFrom {
			over++
		}
		morning := s.clock(y, m, over, s.RestUntil)
		if !s.Now.Before(evening) && s.Now.Before(morning) {
			return morning
		}
	}
	return time.Time{}
}

// clock is the first instant of a day at which its clocks show this minute or a later one. It
// tries every minute.
func (s *Studio) clock(year int, month time.Month, day, minute int) time.Time {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	for t := date.Add(-16 * time.Hour); ; t = t.Add(time.Minute) {
		local := t.In(s.Zone)
		if local.Day() == date.Day() && local.Hour()*60+local.Minute() >= minute {
			return t
		}
	}
}
