package booking

import (
	"fmt"
	"time"
)

// Rest is a part of the day without messages (rule 29). From and Until are minutes after
// midnight by the clock of the studio; Until may be before From, which is the next day then.
type Rest struct {
	On          bool
	From, Until int
}

// nearby is how soon after the end of the rest a class begins whose messages do not wait.
const nearby = 3 * time.Hour

// minutesOfDay is the number of minutes of a day, and above every value of Rest.
const minutesOfDay = 24 * 60

func (r Rest) check(f *Faults, from, until string) {
	f.Want(r.From >= 0 && r.From < minutesOfDay, from, "time")
	f.Want(r.Until >= 0 && r.Until < minutesOfDay, until, "time")
	f.Want(!r.On || r.From != r.Until, until, "no_time_between")
}

// ClockText formats minutes after midnight, as in [Rest], as "22:00".
func ClockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// span returns the begin and the end of the rest in which t lies, and whether it lies in one. The
// rest begins and ends by the wall clock of the zone, also in nights in which the clock changes: a
// time that does not exist is the first one after it (rule 22).
func (r Rest) span(t time.Time, zone *time.Location) (begin, end time.Time, within bool) {
	if !r.On || r.From == r.Until {
		return begin, end, false
	}
	today := CalendarDay(t, zone)
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} { // the rest that began yesterday, and the one of today
		last := day
		if r.Until <= r.From {
			last = day.AddDate(0, 0, 1)
		}
		begin, end = WallTime(day, r.From/60, r.From%60, zone), WallTime(last, r.Until/60, r.Until%60, zone)
		if !t.Before(begin) && t.Before(end) {
			return begin, end, true
		}
	}
	return begin, end, false
}

// End returns the end of the rest in which t lies, and whether it lies in one.
func (r Rest) End(t time.Time, zone *time.Location) (end time.Time, within bool) {
	if _, end, within = r.span(t, zone); !within {
		return time.Time{}, false
	}
	return end, true
}

// giveBackAfterRest is how long a right to give a seat back lasts after the rest in which it began.
const giveBackAfterRest = 30 * time.Minute

// offerEnd is the instant at which an offer to one waiter ends that is opened at now. One that is
// opened in the night rest lasts until the rest's end plus the usual time, if that is before
// limit, at which all offers to the waiter end (rules 9 and 29).
func (s *Studio) offerEnd(now, limit time.Time) time.Time {
	if wakes, within := s.Night.End(now, s.Zone); within && wakes.Add(s.OfferFor).Before(limit) {
		return wakes.Add(s.OfferFor)
	}
	return earliest(now.Add(s.OfferFor), limit)
}

// giveBackEnd is the instant until which a seat may be given back free of charge that was given
// at now without a confirmation: now, if the studio grants no such right. A right that begins in
// the night rest lasts at least until half an hour after its end, never past the start (rules 9
// and 29).
func (s *Studio) giveBackEnd(now, start time.Time) time.Time {
	end := now.Add(s.GiveBackFor)
	if wakes, within := s.Night.End(now, s.Zone); within && s.GiveBackFor > 0 {
		end = latest(end, wakes.Add(giveBackAfterRest))
	}
	return earliest(end, start)
}

// HoldUntil returns the instant at which a message may leave that is due at t: t itself, or the
// end of the rest in which t lies. A message about a class that begins within three hours after
// that end does not wait. start is zero for a message about no class.
func (r Rest) HoldUntil(t, start time.Time, zone *time.Location) time.Time {
	end, within := r.End(t, zone)
	if !within || !start.IsZero() && !start.After(end.Add(nearby)) {
		return t
	}
	return end
}
