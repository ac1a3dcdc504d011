package web

import (
	"terminplan/booking"
)

// acceptOffer books the seat that is held for the person.
func (s *Server) acceptOffer(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.AcceptRequest{Key: r.key(), OfferID: id, Seen: r.seen()}
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.AcceptOffer(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayClass(r, r.shownClass(), err)
	}
	return s.booked(r, out), nil
}

type declinedJSON struct {
	OfferID int64 `json:"offer_id"`
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
	Already bool  `json:"already"`
}

// declineOffer gives the seat to the next person on the waitlist.
func (s *Server) declineOffer(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.DeclineOffer(r.Request.Context(), r.actor, booking.DeclineRequest{Key: r.key(), OfferID: id})
	if err != nil {
		return response{}, err
	}
	res := s.respondClass(r, out.ClassID, s.receipt(r, "receipt.declined"))
	res.json = declinedJSON{out.OfferID, out.ClassID, out.Version, out.Already}
	return res, nil
}
