package web

import (
	"net/http"
	"time"

	"terminplan/booking"
)

type joinedJSON struct {
	EntryID int64 `json:"entry_id"`
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
	Place   int   `json:"place"`
	Already bool  `json:"already"`
	OfferID int64 `json:"offer_id,omitempty"`
}

// joinWaitlist takes the last place: the actor's own, or for staff a member's.
func (s *Server) joinWaitlist(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	req := booking.JoinRequest{Key: r.key(), ClassID: id, NotLater: time.Duration(r.form.number("not_later_hours", 0, 24*30, 0)) * time.Hour}
	switch r.form.values.Get("preference") {
	case "":
	case "auto", "ask":
		auto := r.form.values.Get("preference") == "auto"
		req.Auto = &auto
	default:
		r.form.wrong("preference", "choice")
	}
	if r.actor.Can(booking.EditParticipants) {
		// A member's request never names a person: it would be ignored (S67).
		req.MemberID = r.form.id("member_id")
	}
	if err := r.form.failed(); err != nil {
		return answer{}, s.again(r, id, err)
	}
	out, err := s.engine.JoinWaitlist(r.Request.Context(), r.actor, req)
	if err != nil {
		return answer{}, s.again(r, id, err)
	}
	told := s.receipt(r, "receipt.joined", "Place", out.Place)
	if req.MemberID != 0 {
		told = s.receipt(r, "receipt.waitlisted", "Name", out.Name, "Place", out.Place)
	}
	a := s.afterVerb(r, id, told)
	a.json = joinedJSON{out.EntryID, out.ClassID, out.Version, out.Place, out.Already, out.OfferID}
	a.status = http.StatusCreated
	if out.Already {
		a.status = http.StatusOK
	}
	return a, nil
}

type leftJSON struct {
	EntryID int64 `json:"entry_id"`
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
	Already bool  `json:"already"`
}

// leaveWaitlist gives up a place: one's own, or anybody's for the desk.
func (s *Server) leaveWaitlist(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.LeaveWaitlist(r.Request.Context(), r.actor, booking.LeaveRequest{Key: r.key(), EntryID: id})
	if err != nil {
		return answer{}, err
	}
	told := s.receipt(r, "receipt.left")
	if out.PersonID != r.actor.ID {
		told = s.receipt(r, "receipt.struck", "Name", out.Name)
	}
	a := s.afterVerb(r, out.ClassID, told)
	a.json = leftJSON{out.EntryID, out.ClassID, out.Version, out.Already}
	return a, nil
}
