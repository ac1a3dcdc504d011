package web

import (
	"net/http"
	"time"

	"terminplan/booking"
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

// book takes a seat for the person who clicks.
func (s *Server) book(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	if intent := r.form.values.Get("intent"); intent != "" && intent != "book" {
		// The button had another meaning on that page: never book by accident.
		return answer{}, s.again(r, id, invalid("intent", "other"))
	}
	req := booking.BookRequest{Key: r.key(), ClassID: id, Seen: r.seen()}
	if err := r.form.failed(); err != nil {
		return answer{}, s.again(r, id, err)
	}
	out, err := s.engine.Book(r.Request.Context(), r.actor, req)
	if err != nil {
		return answer{}, s.again(r, id, err)
	}
	return s.booked(r, out), nil
}

// booked is the answer to whoever has a seat now, by booking or by accepting.
func (s *Server) booked(r *request, out booking.BookOutcome) answer {
	a := s.afterVerb(r, out.ClassID, s.receiptBooked(r, out))
	a.json = bookedJSON{out.BookingID, out.ClassID, out.Version, out.Already, out.Cost, out.Balance, out.FreeUntil, out.Binding}
	a.status = http.StatusCreated
	if out.Already {
		a.status = http.StatusOK
	}
	return a
}

type previewJSON struct {
	BookingID       int64        `json:"booking_id"`
	ClassID         int64        `json:"class_id"`
	InTime          bool         `json:"in_time"`
	Refund          int          `json:"refund"`
	BalanceAfter    int          `json:"balance_after"`
	FreeUntil       time.Time    `json:"free_cancellation_until"`
	Waiting         int          `json:"waiting"`
	GrantExpired    bool         `json:"grant_expired"`
	MayRefundAnyway bool         `json:"may_refund_anyway,omitempty"`
	Reasons         []reasonJSON `json:"reasons"`
}

type reasonJSON struct {
	ID        int64  `json:"id"`
	Text      string `json:"text"`
	NeedsText bool   `json:"needs_text"`
}

// cancelPage is the dialog that says what a cancellation would mean.
func (s *Server) cancelPage(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	p, err := s.engine.CancelPreview(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, err
	}
	out := previewJSON{
		BookingID: id, ClassID: p.Class.ID, InTime: p.Verdict.InTime, Refund: p.Refund, BalanceAfter: p.BalanceAfter,
		FreeUntil: p.FreeUntil, Waiting: p.Waiting, GrantExpired: p.GrantExpired, MayRefundAnyway: p.MayRefundAnyway,
		Reasons: make([]reasonJSON, 0, len(p.Reasons)),
	}
	for _, reason := range p.Reasons {
		out.Reasons = append(out.Reasons, reasonJSON{reason.ID, reason.Text[r.lang], reason.NeedsText})
	}
	page, part := s.showCancelDialog(r, p, nil)
	return answer{page: page, part: part, json: out}, nil
}

type cancelledJSON struct {
	BookingID int64 `json:"booking_id"`
	ClassID   int64 `json:"class_id"`
	Version   int64 `json:"version"`
	Already   bool  `json:"already"`
	InTime    bool  `json:"in_time"`
	Refunded  int   `json:"refunded"`
	Balance   int   `json:"balance"`
	SeatGone  bool  `json:"seat_went_to_waitlist"`
}

// cancel gives a seat back: one's own, or anybody's for the desk.
func (s *Server) cancel(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	req := booking.CancelRequest{
		Key: r.key(), BookingID: id, ReasonID: r.form.id("reason"), Text: r.form.text("text", 500),
		RefundSeen: r.form.seenNumber("refund_seen"), RefundAnyway: r.form.flag("refund_anyway"),
	}
	if err = r.form.failed(reasonGiven(req.ReasonID)); err == nil {
		name, reason := s.whose(r, id, req.ReasonID)
		var out booking.CancelOutcome
		if out, err = s.engine.Cancel(r.Request.Context(), r.actor, req); err == nil {
			return s.cancelled(r, out, name, reason), nil
		}
	}
	return answer{}, s.dialogAgain(r, id, err)
}

// reasonGiven is what can be said of a reason before the booking is looked at.
func reasonGiven(id int64) func() error {
	return func() error {
		if id != 0 {
			return nil
		}
		return &booking.Error{Code: booking.ReasonMissing, Field: "reason"}
	}
}

// whose is what the desk's receipt says about a booking; members know.
func (s *Server) whose(r *request, id, reasonID int64) (name, reason string) {
	if !r.actor.Role.Staff() || r.wants == asJSON {
		return "", ""
	}
	p, err := s.engine.CancelPreview(r.Request.Context(), r.actor, id)
	if err != nil {
		return "", "" // the verb itself will say so
	}
	for _, one := range p.Reasons {
		if one.ID == reasonID {
			reason = one.Text[r.lang]
		}
	}
	return p.PersonName, reason
}

func (s *Server) cancelled(r *request, out booking.CancelOutcome, name, reason string) answer {
	a := s.afterVerb(r, out.ClassID, s.receiptCancelled(r, out, name, reason))
	a.json = cancelledJSON{out.BookingID, out.ClassID, out.Version, out.Already, out.Verdict.InTime, out.Refunded, out.Balance, out.SeatGone}
	return a
}

// dialogAgain shows the dialog once more, with what is true now and why nothing
// was cancelled.
func (s *Server) dialogAgain(r *request, bookingID int64, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	p, err := s.engine.CancelPreview(r.Request.Context(), r.actor, bookingID)
	if err != nil {
		return refused
	}
	page, part := s.showCancelDialog(r, p, refusal(refused))
	return &again{err: refused, page: page, part: part}
}
