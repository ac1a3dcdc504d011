package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
)

type candidateJSON struct {
	ID      int64      `json:"id"`
	Name    string     `json:"name"`
	Number  string     `json:"number,omitempty"`
	Email   string     `json:"email,omitempty"`
	Credits int        `json:"credits"`
	Booked  bool       `json:"booked"`
	Waiting bool       `json:"waiting"`
	Block   *blockJSON `json:"block,omitempty"`
}

// candidates finds members to add to a class, by name, e-mail or number.
func (s *Server) candidates(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	q := r.query.text("q", 100)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	found, err := s.engine.Candidates(r.Request.Context(), r.actor, id, q)
	if err != nil {
		return answer{}, err
	}
	list := make([]candidateJSON, 0, len(found))
	for _, c := range found {
		j := candidateJSON{ID: c.PersonID, Name: c.Name, Number: c.Number, Email: c.Email, Credits: c.Credits, Booked: c.Booked, Waiting: c.Waiting}
		if c.Block != nil {
			j.Block = &blockJSON{c.Block.Code, jsonArgs(c.Block.Args)}
		}
		list = append(list, j)
	}
	page, part := s.showCandidates(r, id, q, found)
	return answer{page: page, part: part, json: map[string]any{"candidates": list}}, nil
}

type addedJSON struct {
	PersonID  int64        `json:"person_id,omitempty"`
	Name      string       `json:"name"`
	BookingID int64        `json:"booking_id,omitempty"`
	Already   bool         `json:"already,omitempty"`
	Balance   int          `json:"balance"`
	Refused   booking.Code `json:"refused,omitempty"`
	Message   string       `json:"message,omitempty"`
}

// addParticipants is "Ein Mitglied hinzufügen": members and guests, several at
// once, answered one by one.
func (s *Server) addParticipants(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	req := booking.AddRequest{Key: r.key(), ClassID: id, MemberIDs: r.form.ids("member_id"), Overbook: r.form.flag("overbook"), Override: r.form.flag("override") || r.query.flag("override")}
	names, emails := r.form.values["guest_name"], r.form.values["guest_email"]
	for i, name := range names {
		g := booking.Guest{Name: name}
		if i < len(emails) {
			g.Email = emails[i]
		}
		if g != (booking.Guest{}) {
			req.Guests = append(req.Guests, g)
		}
	}
	if len(req.MemberIDs)+len(req.Guests) == 0 && len(names) > 0 {
		req.Guests = []booking.Guest{{}} // an empty form, for the engine to name its fields
	}
	if err := r.form.failed(); err != nil {
		return answer{}, s.again(r, id, err)
	}
	out, err := s.engine.AddParticipants(r.Request.Context(), r.actor, req)
	if err != nil {
		return answer{}, s.again(r, id, err)
	}
	return s.added(r, id, out), nil
}

// added says what became of each. One person refused is a refusal as a whole;
// of several, some may have a seat.
func (s *Server) added(r *request, classID int64, out booking.AddOutcome) answer {
	status, list := http.StatusOK, make([]addedJSON, 0, len(out.Added))
	refused := 0
	for _, a := range out.Added {
		j := addedJSON{PersonID: a.PersonID, Name: a.Name, BookingID: a.BookingID, Already: a.Already, Balance: a.Balance}
		switch {
		case a.Err != nil:
			refused++
			j.Refused, j.Message = a.Err.Code, s.present(r).Refusal(a.Err)
			if len(out.Added) == 1 {
				status = statusOf(refusal(a.Err))
			}
		case !a.Already:
			status = http.StatusCreated
		}
		list = append(list, j)
	}
	if refused > 0 && refused < len(list) {
		status = http.StatusMultiStatus
	}
	a := s.afterVerb(r, classID, s.receiptAdded(r, out))
	a.status, a.json = status, map[string]any{"class_id": classID, "version": out.Version, "added": list}
	return a
}

// checkIn ticks who came, and takes the tick back.
func (s *Server) checkIn(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	present, noShow := r.form.flag("present"), r.form.flag("no_show")
	if err := r.form.failed(); err != nil {
		return answer{}, err
	}
	out, err := s.engine.CheckIn(r.Request.Context(), r.actor, booking.CheckInRequest{BookingID: id, Present: present, NoShow: noShow})
	if err != nil {
		return answer{}, err
	}
	a := s.afterVerb(r, out.ClassID, notice{})
	a.json = struct {
		BookingID int64      `json:"booking_id"`
		ClassID   int64      `json:"class_id"`
		Version   int64      `json:"version"`
		At        *time.Time `json:"checked_in_at,omitempty"`
	}{out.BookingID, out.ClassID, out.Version, instant(out.At)}
	return a, nil
}

// checkInAll is "all present" and, with the bookings that it ticked, its undo.
func (s *Server) checkInAll(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	undo := r.form.ids("undo")
	if err := r.form.failed(); err != nil {
		return answer{}, err
	}
	out, err := s.engine.CheckInAll(r.Request.Context(), r.actor, booking.CheckInAllRequest{ClassID: id, Undo: undo})
	if err != nil {
		return answer{}, s.again(r, id, err)
	}
	told := s.receipt(r, "receipt.all_present", "N", len(out.BookingIDs))
	if len(undo) > 0 {
		told = s.receipt(r, "receipt.undone")
	}
	a := s.afterVerb(r, id, told)
	a.json = map[string]any{"class_id": id, "version": out.Version, "booking_ids": out.BookingIDs}
	a.part = func() error {
		panel, err := s.readPanel(r, id, told)
		if err != nil {
			return err
		}
		panel.Undo = out.BookingIDs
		return s.fragment(r, parts.Panel, panel)
	}
	return a, nil
}

type placeJSON struct {
	EntryID int64  `json:"entry_id"`
	ClassID int64  `json:"class_id"`
	Version int64  `json:"version"`
	OfferID int64  `json:"offer_id,omitempty"`
	Name    string `json:"name"`
}

// setPriority moves somebody on the waitlist.
func (s *Server) setPriority(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	priority := r.form.number("priority", -9, 9, 0)
	if err := r.form.failed(); err != nil {
		return answer{}, err
	}
	out, err := s.engine.SetPriority(r.Request.Context(), r.actor, booking.PriorityRequest{EntryID: id, Priority: priority})
	if err != nil {
		return answer{}, err
	}
	return s.placed(r, out, s.receipt(r, "receipt.priority", "Name", out.Name)), nil
}

// offerSeat offers a free seat to a chosen waiter.
func (s *Server) offerSeat(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.OfferSeat(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, s.waitlistAgain(r, err)
	}
	return s.placed(r, out, s.receipt(r, "receipt.seat_offered", "Name", out.Name)), nil
}

// bookWaiter gives a free seat to a chosen waiter: the way where online booking is off.
func (s *Server) bookWaiter(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.BookWaiter(r.Request.Context(), r.actor, booking.BookWaiterRequest{Key: r.key(), EntryID: id})
	if err != nil {
		return answer{}, s.waitlistAgain(r, err)
	}
	told := s.receiptAdded(r, booking.AddOutcome{Added: []booking.Added{out.Added}})
	a := s.afterVerb(r, out.ClassID, told)
	a.part = s.waitlistPart(r, out.ClassID, told)
	a.status = http.StatusCreated
	if out.Already {
		a.status = http.StatusOK
	}
	a.json = waiterBookedJSON{out.EntryID, out.ClassID, out.Version, out.BookingID, out.PersonID, out.Name, out.Already, out.Balance}
	return a, nil
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

// waitlistAgain shows the waitlist once more, with why the press on it did nothing.
func (s *Server) waitlistAgain(r *request, refused error) error {
	class := r.shownClass()
	if class == 0 || r.wants == asJSON || !reshow(refused) {
		return refused
	}
	told := s.refusedNotice(r, refusal(refused))
	return &again{err: refused, part: s.waitlistPart(r, class, told), page: s.waitlistPage(r, class, told)}
}

func (s *Server) placed(r *request, out booking.PlaceOutcome, told notice) answer {
	a := s.afterVerb(r, out.ClassID, told)
	a.part = s.waitlistPart(r, out.ClassID, told)
	a.json = placeJSON{out.EntryID, out.ClassID, out.Version, out.OfferID, out.Name}
	return a
}

// waitlistPart is the panel with its waitlist in front.
func (s *Server) waitlistPart(r *request, classID int64, told notice) func() error {
	return func() error {
		panel, err := s.readPanel(r, classID, told)
		if err != nil {
			return err
		}
		panel.Tab = "waitlist"
		return s.fragment(r, parts.Panel, panel)
	}
}

// waitlistPage is the same without script.
func (s *Server) waitlistPage(r *request, classID int64, told notice) func() error {
	return func() error {
		show, _, err := s.classView(r, classID, told)
		if err != nil {
			return err
		}
		return show.page()
	}
}
