package templates

// ClassRow is one class as a member sees it in the schedule. It has two layers:
// Shared is the same for all viewers, Personal is the state of the person in the class.
// Where both have a state, the personal one is shown.
type ClassRow struct {
	Shared
	Personal PersonalState

	Next string // where a form without script comes back to

	// Receipt stands in the place of the meta line after an own action: "−1
	// Punkt · kostenlos bis Di 18:00". Refusal says why the last press did
	// nothing. Spoken is the sentence for screen readers; empty: the visible one.
	Receipt string
	Refusal string
	Spoken  string
}

// Shared is what everybody sees of a class: its facts and its seats.
type Shared struct {
	ID      int64
	Epoch   string
	Version int64

	Clock      string // "18:00"
	ISO        string // the start for machines
	StartsSeen string // the start as the form reads it back (RFC 3339)
	Hue        string // the colour of the class type: the name of a token; empty: none
	Title      string
	Minutes    int
	Room       string
	Instructor string

	// State is the first that applies of: cancelled, over, running, not_open,
	// closed, staff_only, full, held (free seats are reserved for waiters),
	// full_waitlist (so is the waitlist), few, free. Where the studio hides the
	// numbers, few_some and some stand for the last two.
	State string

	// Act is what the row's button does for somebody without a personal state:
	// "book" (one tap), "sheet" (opens the sheet, since cancelling would not be
	// free any more), "join" (the waitlist), "details".
	Act string

	At string // not_open: when booking opens, "Mi., 18:00"

	Free, Taken, Held, Capacity int
	Cost                        int
	Refundable                  bool // cancelling is free of charge at this moment
}

// PersonalState is what a class is to one person. A pushed one with an empty State
// clears what was there before.
type PersonalState struct {
	ID      int64 // of the class
	Epoch   string
	Version int64

	// State is the first that applies of: offer, booked, checked_in, waiting,
	// blocked, no_credits, overlap, limit; empty: nothing of one's own.
	State string

	Until    string // offer: "14:32"
	Position int    // waiting: 1 is next
	Missing  int    // no_credits: how many
	Why      string // blocked, overlap, limit: in a few words, "Überschneidet Spinning 18:00"

	OfferID   int64
	BookingID int64
	DeskBooks bool // waiting: online booking is off, so nobody is asked
	Undo      bool // the booking is minutes old: taking it back is one press away
}

// Segments is the seat meter: one letter per segment, "t" taken, "h" held for a
// waiter, "f" free; one per seat up to 24, else twelve in proportion.
func (s Shared) Segments() []string {
	n := max(s.Capacity, s.Taken)
	if n <= 0 {
		return nil
	}
	taken, held := s.Taken, s.Held
	if n > 24 {
		// Rounded so that neither the last free nor the first taken seat vanishes.
		free := max(0, s.Free)
		taken, held = share(s.Taken, n), share(s.Held, n)
		n = 12
		if free > 0 && taken+held > n-1 {
			taken = n - 1 - held
		}
		if free == 0 {
			taken = n - held
		}
	}
	out := make([]string, 0, n)
	for i := range n {
		switch {
		case i < taken:
			out = append(out, "t")
		case i < taken+held:
			out = append(out, "h")
		default:
			out = append(out, "f")
		}
	}
	return out
}

func share(part, whole int) int {
	if part <= 0 {
		return 0
	}
	return max(1, (part*12+whole/2)/whole)
}
