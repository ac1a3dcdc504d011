package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

type bookedJSON struct {
	BookingID int64     `json:"booking_id"`
	ClassID   int64     `json:"class_id"`
	Version   int64     `json:"version"`
	Already   bool      `json:"already"`
	Cost      int       `json:"cost"`
	Balance   int       `json:"balance"`
	FreeUntil time.Time `json:"free_cancellation_until"`
	Binding   bool      `json:"binding"` // cancelling is no longer free
}

// book books a seat for the person.
func (s *Server) book(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if intent := r.form.values.Get("intent"); intent != "" && intent != "book" {
		// The button had another meaning on that page, so the request does not book.
		return response{}, s.redisplayClass(r, id, invalid("intent", "other"))
	}
	req := booking.BookRequest{Key: r.key(), ClassID: id, Seen: r.seen()}
	if err := r.form.failed(); err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	out, err := s.engine.Book(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	return s.booked(r, out), nil
}

// booked is the response after a booking or an accepted offer.
func (s *Server) booked(r *request, out booking.BookOutcome) response {
	res := s.respondClass(r, out.ClassID, s.receiptBooked(r, out))
	res.json = bookedJSON{out.BookingID, out.ClassID, out.Version, out.Already, out.Cost, out.Balance, out.FreeUntil, out.Binding}
	res.status = http.StatusCreated
	if out.Already {
		res.status = http.StatusOK
	}
	return res
}

type bookedClassJSON struct {
	Booking bookingJSON `json:"booking"`
	Class   classJSON   `json:"class"`
}

type waitingClassJSON struct {
	Entry entryJSON  `json:"entry"`
	Offer *offerJSON `json:"offer,omitempty"`
	Class classJSON  `json:"class"`
}

func toBookedJSON(list []booking.BookedClass, counts booking.SeatCounts) []bookedClassJSON {
	out := make([]bookedClassJSON, 0, len(list))
	for _, b := range list {
		out = append(out, bookedClassJSON{toBookingJSON(b.Booking), toClassJSON(b.Class, nil, counts)})
	}
	return out
}

func toWaitingJSON(list []booking.WaitingClass, counts booking.SeatCounts) []waitingClassJSON {
	out := make([]waitingClassJSON, 0, len(list))
	for _, w := range list {
		out = append(out, waitingClassJSON{toEntryJSON(w.Entry), toOfferJSON(w.Entry.Offer), toClassJSON(w.Class, nil, counts)})
	}
	return out
}

// bookings lists what the person has booked, waits for and had booked.
func (s *Server) bookings(r *request) (response, error) {
	ctx := r.Request.Context()
	upcoming, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, false)
	if err != nil {
		return response{}, err
	}
	past, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, true)
	if err != nil {
		return response{}, err
	}
	waiting, err := s.engine.Waiting(ctx, r.actor, r.actor.ID)
	if err != nil {
		return response{}, err
	}
	return response{
		page: s.renderBookings(r, upcoming, waiting, past),
		json: map[string]any{
			"upcoming": toBookedJSON(upcoming, r.counts()), "waiting": toWaitingJSON(waiting, r.counts()), "past": toBookedJSON(past, r.counts()),
		},
	}, nil
}

// readBookings reads the live part of the page of own bookings.
func (s *Server) readBookings(r *request) (templates.BookingList, error) {
	ctx := r.Request.Context()
	upcoming, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, false)
	if err != nil {
		return templates.BookingList{}, err
	}
	waiting, err := s.engine.Waiting(ctx, r.actor, r.actor.ID)
	if err != nil {
		return templates.BookingList{}, err
	}
	return s.bookingsView(r, upcoming, waiting)
}

func (s *Server) bookingsView(r *request, upcoming []booking.BookedClass, waiting []booking.WaitingClass) (templates.BookingList, error) {
	personal, err := s.personal(r)
	if err != nil {
		return templates.BookingList{}, err
	}
	credits, err := s.engine.Credits(r.Request.Context(), r.actor, r.actor.ID)
	if err != nil {
		return templates.BookingList{}, err
	}
	view := s.present(r).BookingList(upcoming, waiting, personal, credits)
	if r.studio.Recurring {
		present.MarkRecurring(upcoming, func(i int) { view.Upcoming[i].Recurs = true })
	}
	view.Recurring, err = s.recurringItems(r, r.actor.ID)
	return view, err
}

func (s *Server) renderBookings(
	r *request, upcoming []booking.BookedClass, waiting []booking.WaitingClass, past []booking.BookedClass,
) func() error {
	return func() error {
		personal, err := s.bookingsView(r, upcoming, waiting)
		if err != nil {
			return err
		}
		l, err := s.layout(r, "bookings", "view=bookings")
		if err != nil {
			return err
		}
		p := &templates.BookingsPage{Layout: l, List: personal}
		for _, b := range past {
			p.Past = append(p.Past, s.present(r).BookedRow(b, false))
		}
		return s.renderPage(r, p)
	}
}
