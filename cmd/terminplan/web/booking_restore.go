package web

import "terminplan/booking"

type restoredJSON struct {
	BookingID int64 `json:"booking_id"`
	ClassID   int64 `json:"class_id"`
	Version   int64 `json:"version"`
	Already   bool  `json:"already"`
	Balance   int   `json:"balance"`
}

// restoreBooking undoes the removal of a participant by staff.
func (s *Server) restoreBooking(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.RestoreBooking(r.Request.Context(), r.actor, booking.RestoreRequest{Key: r.key(), BookingID: id})
	if err != nil {
		n := s.refusedNotice(r, err)
		n.text = s.present(r).Text("receipt.not_restored", "Why", n.text)
		return response{}, s.redisplayWith(r, r.shownClass(), err, n)
	}
	key := "receipt.restored"
	if out.Already {
		key = "receipt.already_in"
	}
	res := s.respondClass(r, out.ClassID, s.receipt(r, key, "Name", s.spokenName(r, out.ClassID, out.PersonID, out.Name)))
	res.json = restoredJSON{out.BookingID, out.ClassID, out.Version, out.Already, out.Balance}
	return res, nil
}
