package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
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
func (s *Server) candidates(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	q := r.query.text("q", booking.NameMax)
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	found, more, err := s.engine.Candidates(r.Request.Context(), r.actor, id, q)
	if err != nil {
		return response{}, err
	}
	list := make([]candidateJSON, 0, len(found))
	for _, c := range found {
		j := candidateJSON{
			ID: c.PersonID, Name: c.Name, Number: c.Number, Email: c.Email, Credits: c.Credits, Booked: c.Booked, Waiting: c.Waiting,
		}
		if c.Block != nil {
			j.Block = &blockJSON{c.Block.Code, jsonArgs(c.Block.Args)}
		}
		list = append(list, j)
	}
	page, part := s.renderCandidates(r, id, q, found, more)
	return response{page: page, part: part, json: map[string]any{"candidates": list, "more": more}}, nil
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

// addParticipants books members and guests, several at once, with a result for each.
func (s *Server) addParticipants(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.AddRequest{
		Key: r.key(), ClassID: id, MemberIDs: r.form.ids("member_id"), Overbook: r.form.flag("overbook"),
		Override: r.form.flag("override") || r.query.flag("override"), ConfirmDuplicate: r.form.flag("confirm_duplicate"),
	}
	names, emails, phones := r.form.values["guest_name"], r.form.values["guest_email"], r.form.values["guest_phone"]
	for i, name := range names {
		g := booking.Guest{Name: name, Language: r.lang}
		if i < len(emails) {
			g.Email = emails[i]
		}
		if i < len(phones) {
			g.Phone = phones[i]
		}
		if g.Name+g.Email+g.Phone != "" {
			req.Guests = append(req.Guests, g)
		}
	}
	if len(req.MemberIDs)+len(req.Guests) == 0 && len(names) > 0 {
		req.Guests = []booking.Guest{{}} // an empty guest, so that the engine names the missing fields
	}
	if err := r.form.failed(); err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	out, err := s.engine.AddParticipants(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	return s.added(r, id, out), nil
}

// added is the response with the result for each person. For a single person its status is
// that of the refusal.
func (s *Server) added(r *request, classID int64, out booking.AddOutcome) response {
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
	told := s.receiptAdded(r, out)
	res := s.respondClass(r, classID, told)
	if len(told.asked) > 0 { // a redirect would lose the question
		res.redirect, res.page = "", s.renderClassPage(r, classID, told)
	}
	res.status, res.json = status, map[string]any{"class_id": classID, "version": out.Version, "added": list}
	return res
}

// checkIn records that a person is present, or removes the record.
func (s *Server) checkIn(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	present, noShow := r.form.flag("present"), r.form.flag("no_show")
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.CheckIn(r.Request.Context(), r.actor, booking.CheckInRequest{BookingID: id, Present: present, NoShow: noShow})
	if err != nil {
		return response{}, err
	}
	res := s.respondClass(r, out.ClassID, notice{})
	res.json = struct {
		BookingID int64      `json:"booking_id"`
		ClassID   int64      `json:"class_id"`
		Version   int64      `json:"version"`
		At        *time.Time `json:"checked_in_at,omitempty"`
	}{out.BookingID, out.ClassID, out.Version, instant(out.At)}
	return res, nil
}

// checkInAll records all participants as present; with a list of bookings it undoes that.
func (s *Server) checkInAll(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	undo := r.form.ids("undo")
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	out, err := s.engine.CheckInAll(r.Request.Context(), r.actor, booking.CheckInAllRequest{ClassID: id, Undo: undo})
	if err != nil {
		return response{}, s.redisplayClass(r, id, err)
	}
	told := s.receipt(r, "receipt.all_present", "N", len(out.BookingIDs))
	if len(undo) > 0 {
		told = s.receipt(r, "receipt.undone")
	}
	res := s.respondClass(r, id, told)
	res.json = map[string]any{"class_id": id, "version": out.Version, "booking_ids": out.BookingIDs}
	res.part = func() error {
		panel, err := s.readPanel(r, id, told)
		if err != nil {
			return err
		}
		present.Ticked(&panel, out.BookingIDs)
		return s.renderFragment(r, parts.Panel, panel)
	}
	return res, nil
}

func (s *Server) deskView(r *request, id int64, n notice) (classPage, any, error) {
	ctx := r.Request.Context()
	roster, err := s.engine.Roster(ctx, r.actor, id)
	if err != nil {
		return classPage{}, nil, err
	}
	panel := s.panelView(r, roster, n)
	query := present.ScheduleQuery{Date: present.Midnight(roster.Class.StartsAt, r.studio.Zone)}
	page := func() error {
		from, to := query.Span()
		classes, err := s.engine.Schedule(ctx, from, to)
		if err != nil {
			return err
		}
		return s.renderDesk(r, query, classes, &panel)()
	}
	json := map[string]any{"epoch": r.epoch, "class": toClassJSON(roster.Class, nil, r.counts()), "roster": toRosterJSON(roster)}
	return classPage{page: page, fragment: func() error { return s.renderFragment(r, parts.Panel, panel) }}, json, nil
}

func (s *Server) readPanel(r *request, id int64, n notice) (templates.Panel, error) {
	roster, err := s.engine.Roster(r.Request.Context(), r.actor, id)
	if err != nil {
		return templates.Panel{}, err
	}
	return s.panelView(r, roster, n), nil
}

func (s *Server) panelView(r *request, roster booking.Roster, n notice) templates.Panel {
	panel := s.present(r).Panel(r.actor, roster, r.query.values.Get("tab"), n.view())
	panel.Questions = s.present(r).AddQuestions(r.actor, roster.Class.ID, n.asked)
	if n.removed != 0 {
		panel.Removed = &templates.Removed{BookingID: n.removed, Text: n.text, Spoken: n.spoken}
	}
	if n.why != nil && r.form.values.Has("guest_name") {
		s.present(r).RefuseGuest(&panel, r.sent(n.why))
	}
	return panel
}

func (s *Server) renderCandidates(r *request, classID int64, q string, found []booking.Candidate, more int) (page, part func() error) {
	read := func() (templates.Candidates, error) {
		c, err := s.engine.Class(r.Request.Context(), classID)
		return s.present(r).Candidates(r.actor, c, q, found, more), err
	}
	part = func() error {
		hits, err := read()
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.Candidates, hits)
	}
	page = func() error {
		hits, err := read()
		if err != nil {
			return err
		}
		panel, err := s.readPanel(r, classID, notice{})
		if err != nil {
			return err
		}
		panel.Search = hits
		c, err := s.engine.Class(r.Request.Context(), classID)
		if err != nil {
			return err
		}
		query := present.ScheduleQuery{Date: present.Midnight(c.StartsAt, r.studio.Zone)}
		return s.renderDesk(r, query, []booking.Class{c}, &panel)()
	}
	return page, part
}
