package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

type joinedJSON struct {
	EntryID  int64 `json:"entry_id"`
	ClassID  int64 `json:"class_id"`
	Version  int64 `json:"version"`
	Position int   `json:"position"`
	Already  bool  `json:"already"`
	OfferID  int64 `json:"offer_id,omitempty"`
	// DeskBooks: online booking is off, so nobody is asked. The desk books waiters by hand.
	DeskBooks bool `json:"desk_books,omitempty"`
}

// joinWaitlist adds the person to the end of the waitlist. The staff can add a member.
func (s *Server) joinWaitlist(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	hours := r.form.number("not_later_hours", 0, present.Hours(booking.NotLaterMax), 0)
	req := booking.JoinRequest{Key: r.key(), ClassID: id, NotLater: time.Duration(hours) * time.Hour, Seen: r.seen()}
	switch r.form.values.Get("preference") {
	case "":
	case "auto", "ask":
		auto := r.form.values.Get("preference") == "auto"
		req.Auto = &auto
	default:
		r.form.wrong("preference", "choice")
	}
	if r.actor.Can(booking.EditParticipants) {
		// Only the staff can name another person. For members the parameter is ignored (S67).
		req.MemberID = r.form.id("member_id")
	}
	if err := r.form.failed(); err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	out, err := s.engine.JoinWaitlist(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	told := s.receipt(r, "receipt.joined", "Position", out.Position)
	told.text = s.present(r).Text("receipt.joined_brief", "Position", out.Position)
	if kind, _ := parts.Split(r.targetElement()); kind == parts.KindClass {
		told.text = s.present(r).Text("receipt.joined_short") // the row shows the position itself
	}
	if req.MemberID != 0 {
		sentence := "receipt.waitlisted"
		if out.DeskBooks {
			sentence = "receipt.waitlisted_desk"
		}
		told = s.receipt(r, sentence, "Name", s.spokenName(r, id, out.PersonID, out.Name), "Position", out.Position)
	}
	res := s.respondClass(r, id, told)
	res.json = joinedJSON{out.EntryID, out.ClassID, out.Version, out.Position, out.Already, out.OfferID, out.DeskBooks}
	res.status = http.StatusCreated
	if out.Already {
		res.status = http.StatusOK
	}
	return res, nil
}

type leftJSON struct {
	EntryID int64 `json:"entry_id"`
	ClassID int64 `json:"class_id"`
	Version int64 `json:"version"`
	Already bool  `json:"already"`
}

// leaveWaitlist removes an entry. Members remove only entries of themselves, the desk removes
// any entry.
func (s *Server) leaveWaitlist(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.LeaveWaitlist(r.Request.Context(), r.actor, booking.LeaveRequest{Key: r.key(), EntryID: id})
	if err != nil {
		return response{}, err
	}
	told := s.receipt(r, "receipt.left")
	if out.PersonID != r.actor.ID {
		told = s.receipt(r, "receipt.struck", "Name", s.spokenName(r, out.ClassID, out.PersonID, out.Name))
	}
	res := s.respondClass(r, out.ClassID, told)
	res.json = leftJSON{out.EntryID, out.ClassID, out.Version, out.Already}
	return res, nil
}

type placeJSON struct {
	EntryID int64  `json:"entry_id"`
	ClassID int64  `json:"class_id"`
	Version int64  `json:"version"`
	OfferID int64  `json:"offer_id,omitempty"`
	Name    string `json:"name"`
}

// setPriority moves a person on the waitlist.
func (s *Server) setPriority(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	priority := r.form.number("priority", -booking.PriorityMax, booking.PriorityMax, 0)
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.SetPriority(r.Request.Context(), r.actor, booking.PriorityRequest{EntryID: id, Priority: priority})
	if err != nil {
		return response{}, err
	}
	return s.placed(r, out, s.receipt(r, "receipt.priority", "Name", s.spokenName(r, out.ClassID, out.PersonID, out.Name))), nil
}

// offerSeat offers a free seat to a chosen person on the waitlist.
func (s *Server) offerSeat(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.OfferSeat(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, s.redisplayWaitlist(r, err)
	}
	return s.placed(r, out, s.receipt(r, "receipt.seat_offered", "Name", s.spokenName(r, out.ClassID, out.PersonID, out.Name))), nil
}

// bookWaiter books a free seat for a chosen person on the waitlist, for classes without
// online booking.
func (s *Server) bookWaiter(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.BookWaiter(r.Request.Context(), r.actor, booking.BookWaiterRequest{Key: r.key(), EntryID: id})
	if err != nil {
		return response{}, s.redisplayWaitlist(r, err)
	}
	told := s.receiptAdded(r, booking.AddOutcome{Added: []booking.Added{out.Added}})
	res := s.respondClass(r, out.ClassID, told)
	res.part = s.renderWaitlistPanel(r, out.ClassID, told)
	res.status = http.StatusCreated
	if out.Already {
		res.status = http.StatusOK
	}
	res.json = waiterBookedJSON{out.EntryID, out.ClassID, out.Version, out.BookingID, out.PersonID, out.Name, out.Already, out.Balance}
	return res, nil
}

type waiterBookedJSON struct {
	EntryID   int64  `json:"entry_id"`
	ClassID   int64  `json:"class_id"`
	Version   int64  `json:"version"`
	BookingID int64  `json:"booking_id"`
	PersonID  int64  `json:"person_id"`
	Name      string `json:"name"`
	Already   bool   `json:"already"`
	Balance   int    `json:"balance"`
}

// redisplayWaitlist displays the waitlist again with the reason of the refusal.
func (s *Server) redisplayWaitlist(r *request, refused error) error {
	class := r.shownClass()
	if class == 0 || r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	told := s.refusedNotice(r, refusal(refused))
	return &redisplay{err: refused, part: s.renderWaitlistPanel(r, class, told), page: s.renderClassPage(r, class, told)}
}

func (s *Server) placed(r *request, out booking.EntryOutcome, told notice) response {
	res := s.respondClass(r, out.ClassID, told)
	res.part = s.renderWaitlistPanel(r, out.ClassID, told)
	res.json = placeJSON{out.EntryID, out.ClassID, out.Version, out.OfferID, out.Name}
	return res
}

// renderWaitlistPanel renders the panel with the waitlist selected.
func (s *Server) renderWaitlistPanel(r *request, classID int64, told notice) func() error {
	return func() error {
		panel, err := s.readPanel(r, classID, told)
		if err != nil {
			return err
		}
		panel.Tab = "waitlist"
		return s.renderFragment(r, parts.Panel, panel)
	}
}
