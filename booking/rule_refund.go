package booking

import "time"

// cutoff is the start minus freeCancel in elapsed time: 24 hours are 86,400 seconds, also
// across a clock change (rule 15). It is the cut-off of a class; a booking may have a later
// one, see freeUntil.
func cutoff(startsAt time.Time, freeCancel time.Duration) time.Time { return startsAt.Add(-freeCancel) }

// freeUntil is the cut-off of one booking: that of the class, or exit if that is later. An
// exit is set if the person did not choose the time: for a seat given without a
// confirmation (rule 9) or a class that the studio moved (rule 14). It is never past the
// start.
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

// freeUntil is the cut-off of a booking in c.
func (c *class) freeUntil(b *booking) time.Time {
	return freeUntil(c.StartsAt, c.Rules.FreeCancel, b.exit)
}

// undoUntil is the end of the minutes in which a person may undo a booking that is made now,
// free of charge and even after the cut-off; zero: the cut-off is later, or the studio does
// not allow it (rule 15).
func (s *snapshot) undoUntil(c *class) time.Time {
	until := earliest(s.now.Add(s.studio.UndoFor), c.StartsAt)
	if s.studio.UndoFor == 0 || !until.After(c.Cutoff()) {
		return time.Time{}
	}
	return until
}

// Cause names who or what ended a booking.
type Cause string

// The causes.
const (
	ByMember       Cause = "member"
	ByStaff        Cause = "staff"
	ByClass        Cause = "class_cancelled"
	ByMemberLeaves Cause = "member_removed" // the person was suspended or erased
)

// CancelPath names the way on which a booking was cancelled (rule 17).
type CancelPath string

// The paths.
const (
	PathOwn          CancelPath = "own"          // the person, on an own page or with an app
	PathParticipants CancelPath = "participants" // staff, in the participants of the class
	PathProfile      CancelPath = "profile"      // staff, in the profile of the member
	PathOther        CancelPath = "other"        // staff, without saying where
	PathRecurring    CancelPath = "recurring_ended"
	PathClass        CancelPath = "class_cancelled"
	PathSuspension   CancelPath = "suspension"
	PathErasure      CancelPath = "erasure"
	PathGuestLink    CancelPath = "guest_link" // a guest, by the link of the booking
)

// Verdict is the effect of a cancellation on credits and attendance record.
type Verdict struct {
	InTime bool
	Refund bool // the credits go back to the grants that paid
	Late   bool // the cancellation is marked as late
}

// refundVerdict is the refund table of rule 14. In time means now ≤ until: the instant of
// the cut-off still counts (rule 15). anyway is the choice "refund anyway" of staff.
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
