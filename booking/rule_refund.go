package booking

import "time"

// freeUntil is the cut-off of one booking: the class's, or later where the
// person did not choose the moment: a seat given without a click (rule 9) or a
// class that the studio moved (rule 14). Never past the start.
func freeUntil(startsAt time.Time, freeCancel time.Duration, exit time.Time) time.Time {
	until := cutoff(startsAt, freeCancel)
	if exit.After(startsAt) {
		exit = startsAt
	}
	if exit.After(until) {
		until = exit
	}
	return until
}

// Cause says who ended a booking.
type Cause string

// The causes.
const (
	ByMember       Cause = "member"
	ByStaff        Cause = "staff"
	ByClass        Cause = "class_cancelled"
	ByMemberLeaves Cause = "member_removed" // suspended or erased
)

// Verdict is what a cancellation means for credits and record.
type Verdict struct {
	InTime bool
	Refund bool // the credits of the booking go back to the grants they came from
	Late   bool // the cancellation is marked as late
}

// judge is the refund table of rule 14. In time is now ≤ until: the instant of
// the cut-off itself still counts (rule 15). anyway is staff's "refund anyway".
func refundVerdict(now, until time.Time, cause Cause, anyway bool) Verdict {
	inTime := !now.After(until)
	switch {
	case cause == ByClass:
		return Verdict{InTime: inTime, Refund: true}
	case inTime:
		return Verdict{InTime: true, Refund: true}
	case cause == ByStaff && anyway:
		return Verdict{Refund: true}
	case cause == ByMemberLeaves:
		return Verdict{}
	}
	return Verdict{Late: true}
}
