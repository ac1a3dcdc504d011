package templates

// ClassRow is one class in a member's schedule. It has two layers: Shared is the same for all
// viewers, Personal is the state of the person in the class. If both have a state, the
// personal one is shown.
type ClassRow struct {
	Shared
	Personal PersonalState

	Next string // URL to return to after a form without script

	// Receipt replaces the meta line after an action of the person: "−1 Punkt · kostenlos bis
	// Di 18:00". Refusal is the reason why the last action failed. Spoken is the text for
	// screen readers; empty: the visible text.
	Receipt string
	Refusal string
	Spoken  string
}

// Shared holds the facts and seats of a class, which all viewers see.
type Shared struct {
	ID      int64
	Epoch   string
	Version int64

	Clock      string // "18:00"
	ISO        string // the start, see ISO of [Lang]
	StartsSeen string // the start that the form sends back (RFC 3339)
	Hue        string // the hue of the class type, one of booking.Hues; empty: none
	Glyph      string // the drawing of the class type, one of booking.Glyphs; empty: none
	Title      string
	Minutes    int
	Room       string
	Instructor string

	// State is the first that applies of: cancelled, over, running, not_open, closed,
	// staff_only, full, held (the free seats are reserved for people on the waitlist),
	// full_waitlist (the waitlist is full too), few, free. If the studio hides the numbers,
	// few_some and some replace the last two.
	State string

	// Act is the action of the row's button for a person without a personal state: "book" (one
	// tap), "sheet" (opens the sheet, since a cancellation would no longer be free), "join"
	// (the waitlist), "details".
	Act string

	At string // not_open: when booking opens, "Mi., 18:00"

	Free, Taken, Held, Capacity int
	Cost                        int
	Refundable                  bool // a cancellation is free at present
}

// PersonalState is the state of one person in a class. A pushed one with an empty State
// removes the previous state from the page.
type PersonalState struct {
	ID      int64 // of the class
	Epoch   string
	Version int64

	// State is the first that applies of: offer, booked, checked_in, waiting, blocked,
	// no_credits, overlap, limit; empty: none.
	State string

	Until    string // offer: "14:32"
	Position int    // waiting: 1 is next
	Missing  int    // no_credits: number of missing credits
	Why      string // blocked, overlap, limit: a short reason, "Überschneidet Spinning 18:00"

	OfferID   int64
	BookingID int64
	News      string // waiting: what has happened, a sentence for the page of the class; empty: nothing
	Brief     string // waiting: the same in a few words for the row
	DeskBooks bool   // waiting: online booking is off, so the system makes no offers
	Undo      bool   // the booking is minutes old and can be undone with one press
}

// Segments returns the seat meter, one letter per segment: "t" taken, "h" held for a person on
// the waitlist, "f" free. There is one segment per seat up to 24 seats, and 12 in proportion
// above.
func (s Shared) Segments() []string {
	n := max(s.Capacity, s.Taken)
	if n <= 0 {
		return nil
	}
	taken, held := s.Taken, s.Held
	if n > 24 {
		// Round so that at least one free and one taken seat stay visible.
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
