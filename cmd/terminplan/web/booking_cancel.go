package web

import (
	"cmp"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

type previewJSON struct {
	BookingID       int64        `json:"booking_id"`
	ClassID         int64        `json:"class_id"`
	Already         bool         `json:"already,omitempty"` // it was cancelled before: with this refund
	EndedAt         *time.Time   `json:"ended_at,omitempty"`
	Refunded        int          `json:"refunded,omitempty"`
	InTime          bool         `json:"in_time"`
	Refund          int          `json:"refund"`
	BalanceAfter    int          `json:"balance_after"`
	FreeUntil       time.Time    `json:"free_cancellation_until"`
	Undo            bool         `json:"undo,omitempty"` // free only as the undoing of the own click
	Waiting         int          `json:"waiting"`
	GrantExpired    bool         `json:"grant_expired"`
	MayRefundAnyway bool         `json:"may_refund_anyway,omitempty"`
	CheckedIn       bool         `json:"checked_in,omitempty"` // cancelling needs "confirm_checked_in"
	Reasons         []reasonJSON `json:"reasons"`
}

type reasonJSON struct {
	ID        int64  `json:"id"`
	Text      string `json:"text"`
	NeedsText bool   `json:"needs_text"`
}

// cancelPage is the dialog with the effects of a cancellation.
func (s *Server) cancelPage(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	p, err := s.engine.CancelPreview(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	out := previewJSON{
		BookingID: id, ClassID: p.Class.ID, Already: p.Already, EndedAt: instant(p.Booking.EndedAt),
		Refunded: p.Booking.Refunded, InTime: p.Verdict.InTime, Refund: p.Refund, BalanceAfter: p.BalanceAfter,
		FreeUntil: p.FreeUntil, Undo: p.Undo(), Waiting: p.Waiting, GrantExpired: len(p.Lost) > 0, MayRefundAnyway: p.MayRefundAnyway,
		CheckedIn: p.Booking.State == booking.StateCheckedIn,
		Reasons:   make([]reasonJSON, 0, len(p.Reasons)),
	}
	for _, reason := range p.Reasons {
		out.Reasons = append(out.Reasons, reasonJSON{reason.ID, reason.Text[r.lang], reason.NeedsText})
	}
	page, part := s.renderCancelDialog(r, p, nil)
	return response{page: page, part: part, json: out}, nil
}

type cancelledJSON struct {
	BookingID int64 `json:"booking_id"`
	ClassID   int64 `json:"class_id"`
	Version   int64 `json:"version"`
	Already   bool  `json:"already"`
	InTime    bool  `json:"in_time"`
	Refunded  int   `json:"refunded"`
	Lost      int   `json:"refunded_to_expired"` // the part of refunded that went back to an expired grant
	Balance   int   `json:"balance"`
	SeatGone  bool  `json:"seat_went_to_waitlist"`
}

// cancel cancels a booking. Members cancel only bookings of themselves, the desk cancels any
// booking.
func (s *Server) cancel(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.CancelRequest{
		Key: r.key(), BookingID: id, ReasonID: r.form.id("reason"), Text: r.form.text("text", booking.RemarkMax),
		RefundSeen: r.form.seenNumber("refund_seen"), RefundAnyway: r.form.flag("refund_anyway"),
		Path: r.cancelPath(), ConfirmCheckedIn: r.form.flag("confirm_checked_in"),
	}
	if err := r.form.failed(reasonGiven(req.ReasonID)); err != nil {
		return response{}, s.redisplayCancelDialog(r, id, err)
	}
	out, err := s.engine.Cancel(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayCancelDialog(r, id, err)
	}
	res := s.respondClass(r, out.ClassID, s.receiptCancelled(r, out))
	res.json = cancelledJSON{
		out.BookingID, out.ClassID, out.Version, out.Already, out.Verdict.InTime, out.Refunded, out.Lost, out.Balance, out.SeatGone,
	}
	return res, nil
}

// cancelPath is where staff cancels a booking: as the client says, or where the dialog was
// opened.
func (r *request) cancelPath() booking.CancelPath {
	if path := r.form.values.Get("path"); path != "" {
		return booking.CancelPath(path)
	}
	switch kind, _ := parts.Split(r.form.values.Get("behind")); kind {
	case parts.KindPanel:
		return booking.PathParticipants
	case parts.KindMember:
		return booking.PathProfile
	}
	return ""
}

// reasonGiven checks that a reason is chosen.
func reasonGiven(id int64) func() error {
	return func() error {
		if id != 0 {
			return nil
		}
		return &booking.Error{Code: booking.ReasonMissing, Field: "reason"}
	}
}

// redisplayCancelDialog displays the dialog again with the present state and the reason of
// the refusal.
func (s *Server) redisplayCancelDialog(r *request, bookingID int64, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	p, err := s.engine.CancelPreview(r.Request.Context(), r.actor, bookingID)
	if err != nil {
		return refused
	}
	page, part := s.renderCancelDialog(r, p, refusal(refused))
	return &redisplay{err: refused, page: page, part: part}
}

func (s *Server) renderCancelDialog(r *request, p booking.CancelPreview, refused *booking.Error) (page, part func() error) {
	behind := cmp.Or(r.form.values.Get("behind"), r.query.values.Get("behind"))
	// A form that is displayed again leads back to the page before it, not to itself.
	dialog := s.present(r).CancelDialog(r.actor, p, r.back(r.cameFrom()), behind, r.sent(refused))
	part = func() error { return s.renderFragment(r, parts.CancelDialog, dialog) }
	page = func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.renderPage(r, &templates.CancelPage{Layout: l, Dialog: dialog})
	}
	return page, part
}
