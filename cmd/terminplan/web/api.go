package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// The JSON types of the API. They are separate from the types of the engine, so that no
// new field reaches a client by accident. Each audience has its own type: a member's type
// has no field for the name of another person.

type classJSON struct {
	ID         int64         `json:"id"`
	Version    int64         `json:"version"`
	Title      string        `json:"title"`
	Type       *namedJSON    `json:"type,omitempty"`
	Room       *namedJSON    `json:"room,omitempty"`
	Instructor *namedJSON    `json:"instructor,omitempty"`
	Substitute *namedJSON    `json:"substitute,omitempty"` // teaches the class instead of the instructor
	Location   *namedJSON    `json:"location,omitempty"`
	SeriesID   int64         `json:"series_id,omitempty"`
	Hidden     bool          `json:"hidden,omitempty"` // staff only
	StartsAt   time.Time     `json:"starts_at"`
	EndsAt     time.Time     `json:"ends_at"`
	Cancelled  bool          `json:"cancelled"`
	Phase      booking.Phase `json:"phase"`
	Online     bool          `json:"online"`
	Cost       int           `json:"cost"`
	seatsJSON
	Available bool          `json:"available"` // a seat is free and not reserved
	FreeUntil time.Time     `json:"free_cancellation_until"`
	OpensAt   *time.Time    `json:"booking_opens_at,omitempty"`
	ClosesAt  time.Time     `json:"booking_closes_at"`
	Waitlist  waitlistJSON  `json:"waitlist"`
	Note      string        `json:"note,omitempty"`
	Personal  *personalJSON `json:"personal,omitempty"`
}

// seatsJSON is left out if the studio shows members no numbers.
type seatsJSON struct {
	Capacity *int `json:"capacity,omitempty"`
	Booked   *int `json:"booked,omitempty"`
	Held     *int `json:"held,omitempty"`
	Free     *int `json:"free,omitempty"`
	Reserved *int `json:"reserved,omitempty"` // free seats that only waiters may take
	Waiting  *int `json:"waiting,omitempty"`
}

func toSeatsJSON(c booking.Class, counts booking.SeatCounts) seatsJSON {
	if counts != booking.CountsExact {
		return seatsJSON{}
	}
	free, reserved := c.Free(), c.Reserved()
	return seatsJSON{&c.Rules.Capacity, &c.Booked, &c.Held, &free, &reserved, &c.Waiting}
}

// counts returns how exactly the person may see the number of free seats; the staff always
// sees it.
func (r *request) counts() booking.SeatCounts {
	if r.actor.Role.Staff() || r.studio.SeatCounts == "" {
		return booking.CountsExact
	}
	return r.studio.SeatCounts
}

// publicClassJSON is a class for everybody. It has no field for a person but the instructor.
type publicClassJSON struct {
	ID         int64         `json:"id"`
	Version    int64         `json:"version"`
	Title      string        `json:"title"`
	Type       *namedJSON    `json:"type,omitempty"`
	Room       *namedJSON    `json:"room,omitempty"`
	Location   *namedJSON    `json:"location,omitempty"`
	Instructor string        `json:"instructor,omitempty"` // this and the next: left out unless the studio shows them
	Substitute string        `json:"substitute,omitempty"`
	StartsAt   time.Time     `json:"starts_at"`
	EndsAt     time.Time     `json:"ends_at"`
	Cancelled  bool          `json:"cancelled"`
	Phase      booking.Phase `json:"phase"`
	Online     bool          `json:"online"`
	Cost       int           `json:"cost"`
	seatsJSON
	Available bool       `json:"available"`
	FreeUntil time.Time  `json:"free_cancellation_until"`
	OpensAt   *time.Time `json:"booking_opens_at,omitempty"`
	ClosesAt  time.Time  `json:"booking_closes_at"`
	Waitlist  bool       `json:"waitlist_open"`
	URL       string     `json:"url"` // of the page on which it is booked, which asks to sign in
}

func toPublicClassJSON(c booking.Class, studio booking.Studio) publicClassJSON {
	out := publicClassJSON{
		ID: c.ID, Version: c.Version, Title: c.Title, Type: named(c.Type.ID, c.Type.Name), Room: named(c.RoomID, c.Room),
		Location: named(c.LocationID, c.Location), StartsAt: c.StartsAt, EndsAt: c.EndsAt, Cancelled: c.Cancelled, Phase: c.Phase(),
		Online: c.Rules.Online, Cost: c.Rules.Cost, seatsJSON: toSeatsJSON(c, studio.PublicSeats), Available: c.Free() > c.Reserved(),
		FreeUntil: c.Cutoff(), OpensAt: instant(c.OpensAt()), ClosesAt: c.ClosesAt(), Waitlist: c.WaitlistOpen(),
		URL: present.ClassPath(c.ID),
	}
	if studio.PublicInstructors {
		out.Instructor, out.Substitute = c.Instructor, c.Substitute
	}
	return out
}

type namedJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type waitlistJSON struct {
	Mode booking.WaitlistMode `json:"mode"`
	Open bool                 `json:"open"`
}

type personalJSON struct {
	Booking       *bookingJSON `json:"booking,omitempty"`
	WaitlistEntry *entryJSON   `json:"waitlist_entry,omitempty"`
	Offer         *offerJSON   `json:"offer,omitempty"`
	Block         *blockJSON   `json:"block,omitempty"` // the reason why a booking would be refused now
}

type bookingJSON struct {
	ID           int64      `json:"id"`
	ClassID      int64      `json:"class_id"`
	State        string     `json:"state"`
	Cost         int        `json:"cost"`
	BookedAt     time.Time  `json:"booked_at"`
	FreeUntil    time.Time  `json:"free_cancellation_until"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	CheckedInAt  *time.Time `json:"checked_in_at,omitempty"`
	Late         bool       `json:"late"`
	Refunded     int        `json:"refunded"`
	FromWaitlist bool       `json:"from_waitlist"`
	Path         string     `json:"ended_path,omitempty"` // how it was cancelled
}

type entryJSON struct {
	ID       int64        `json:"id"`
	ClassID  int64        `json:"class_id"`
	State    string       `json:"state"`
	Position int          `json:"position"`
	Auto     bool         `json:"auto"`
	Latest   *time.Time   `json:"not_later_than,omitempty"`
	Since    time.Time    `json:"since"`
	Skipped  booking.Code `json:"skipped,omitempty"`
	Ahead    *time.Time   `json:"offered_ahead_until,omitempty"`
}

type offerJSON struct {
	ID        int64     `json:"id"`
	ClassID   int64     `json:"class_id"`
	Shared    bool      `json:"shared"` // offered to all on the waitlist; the first to accept gets the seat
	ExpiresAt time.Time `json:"expires_at"`
}

type blockJSON struct {
	Code booking.Code   `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

func toClassJSON(c booking.Class, personal *personalJSON, counts booking.SeatCounts) classJSON {
	return classJSON{
		ID: c.ID, Version: c.Version, Title: c.Title,
		Type: named(c.Type.ID, c.Type.Name), Room: named(c.RoomID, c.Room), Instructor: named(c.InstructorID, c.Instructor),
		Substitute: named(c.SubstituteID, c.Substitute), Location: named(c.LocationID, c.Location), SeriesID: c.SeriesID, Hidden: c.Hidden,
		StartsAt: c.StartsAt, EndsAt: c.EndsAt, Cancelled: c.Cancelled, Phase: c.Phase(), Online: c.Rules.Online, Cost: c.Rules.Cost,
		seatsJSON: toSeatsJSON(c, counts), Available: c.Free() > c.Reserved(),
		FreeUntil: c.Cutoff(), OpensAt: instant(c.OpensAt()), ClosesAt: c.ClosesAt(),
		Waitlist: waitlistJSON{Mode: c.Rules.WaitlistMode, Open: c.WaitlistOpen()}, Note: c.Note, Personal: personal,
	}
}

func toPersonalJSON(m booking.PersonalState) *personalJSON {
	out := &personalJSON{}
	if m.Booking != nil {
		b := toBookingJSON(*m.Booking)
		out.Booking = &b
	}
	if m.Entry != nil {
		e := toEntryJSON(*m.Entry)
		out.WaitlistEntry = &e
	}
	if m.Offer != nil {
		out.Offer = toOfferJSON(m.Offer)
	}
	if m.Block != nil {
		out.Block = &blockJSON{Code: m.Block.Code, Args: jsonArgs(m.Block.Args)}
	}
	if *out == (personalJSON{}) {
		return nil
	}
	return out
}

func toBookingJSON(b booking.Booking) bookingJSON {
	return bookingJSON{
		ID: b.ID, ClassID: b.ClassID, State: string(b.State), Cost: b.Cost, BookedAt: b.BookedAt, FreeUntil: b.FreeUntil,
		EndedAt: instant(b.EndedAt), CheckedInAt: instant(b.CheckedInAt), Late: b.Late, Refunded: b.Refunded, FromWaitlist: b.FromWaitlist,
		Path: string(b.Path),
	}
}

func toEntryJSON(e booking.WaitlistEntry) entryJSON {
	return entryJSON{
		ID: e.ID, ClassID: e.ClassID, State: string(e.State), Position: e.Position, Auto: e.Auto, Latest: instant(e.Latest), Since: e.Since,
		Skipped: e.Skip, Ahead: instant(e.AskedUntil),
	}
}

func toOfferJSON(o *booking.Offer) *offerJSON {
	if o == nil {
		return nil
	}
	return &offerJSON{ID: o.ID, ClassID: o.ClassID, Shared: o.Shared, ExpiresAt: o.ExpiresAt}
}

func named(id int64, name string) *namedJSON {
	if id == 0 {
		return nil
	}
	return &namedJSON{ID: id, Name: name}
}

// instant returns nil for the zero time, so that JSON does not show the year 1.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// The types with names of participants, for staff with the permission to see names.

type rosterJSON struct {
	Participants  []participantJSON `json:"participants"`
	Waiting       []waiterJSON      `json:"waiting"`
	Cancelled     []participantJSON `json:"cancelled"`     // the latest
	Cancellations int               `json:"cancellations"` // all of them
}

type participantJSON struct {
	Booking    bookingJSON `json:"booking"`
	PersonID   int64       `json:"person_id"`
	Name       string      `json:"name"`
	Email      string      `json:"email,omitempty"`
	Number     string      `json:"number,omitempty"`
	Guest      bool        `json:"guest"`
	GrantName  string      `json:"grant,omitempty"`
	GrantLeft  int         `json:"grant_left"`
	Overbooked bool        `json:"overbooked,omitempty"`
	EndedBy    string      `json:"ended_by,omitempty"`
}

type waiterJSON struct {
	Entry    entryJSON  `json:"entry"`
	PersonID int64      `json:"person_id"`
	Name     string     `json:"name"`
	Offer    *offerJSON `json:"offer,omitempty"`
}

func toRosterJSON(r booking.Roster) rosterJSON {
	out := rosterJSON{
		Participants: toParticipantsJSON(r.Participants), Waiting: make([]waiterJSON, 0, len(r.Waiting)),
		Cancelled: toParticipantsJSON(r.Cancelled), Cancellations: r.Cancellations,
	}
	for _, e := range r.Waiting {
		out.Waiting = append(out.Waiting, waiterJSON{toEntryJSON(e), e.PersonID, e.Name, toOfferJSON(e.Offer)})
	}
	return out
}

func toParticipantsJSON(list []booking.Participant) []participantJSON {
	out := make([]participantJSON, 0, len(list))
	for _, p := range list {
		out = append(out, participantJSON{
			toBookingJSON(p.Booking), p.PersonID, p.Name, p.Email, p.Number, p.Guest, p.GrantName, p.GrantLeft, p.Overbooked, p.EndedBy,
		})
	}
	return out
}
