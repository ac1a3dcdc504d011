package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
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
	// Until then the person may undo this booking free of charge although the cut-off has passed.
	UndoUntil *time.Time `json:"undo_until,omitempty"`
}

// book books a seat for the person.
func (s *Server) book(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if intent := r.form.values.Get("intent"); intent != "" && intent != "book" {
		// The page showed another meaning of the button, so the request does not book.
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
	res.json = bookedJSON{
		out.BookingID, out.ClassID, out.Version, out.Already, out.Cost, out.Balance, out.FreeUntil, out.Binding,
		instant(out.UndoUntil),
	}
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

// bookings lists the future and past bookings of the person, and the waitlist entries.
func (s *Server) bookings(r *request) (response, error) {
	own, err := s.readBookings(r)
	if err != nil {
		return response{}, err
	}
	if own.Past, err = s.engine.Bookings(r.Request.Context(), r.actor, r.actor.ID, true); err != nil {
		return response{}, err
	}
	return response{
		page: func() error { return s.renderPage(r, s.present(r).BookingsPage(s.frame(r), own)) },
		json: map[string]any{
			"upcoming": toBookedJSON(own.Upcoming, r.counts()), "waiting": toWaitingJSON(own.Waiting, r.counts()),
			"past": toBookedJSON(own.Past, r.counts()),
		},
	}, nil
}

// readBookings reads the live part of the page of personal bookings.
func (s *Server) readBookings(r *request) (own present.MemberBookings, err error) {
	ctx := r.Request.Context()
	if own.Upcoming, err = s.engine.Bookings(ctx, r.actor, r.actor.ID, false); err != nil {
		return own, err
	}
	if own.Waiting, err = s.engine.Waiting(ctx, r.actor, r.actor.ID); err != nil || r.format == asJSON {
		return own, err
	}
	if own.Personal, err = s.personal(r); err != nil {
		return own, err
	}
	if own.Grants, err = s.engine.Grants(ctx, r.actor); err != nil {
		return own, err
	}
	own.Recurring, err = s.recurring(r, r.actor.ID)
	return own, err
}
