package web

import (
	"context"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// What follows a verb about a class: the same for a seat, a place and an offer,
// and different by where on the site it was pressed.

// afterVerb is the answer to a verb that changed a class for a person.
func (s *Server) afterVerb(r *request, classID int64, n notice) answer {
	return answer{see: r.back(present.ClassPath(classID)), said: n, part: func() error { return s.inPlace(r, classID, n) }}
}

// again shows a class once more, with why nothing happened.
func (s *Server) again(r *request, classID int64, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	n := s.refusedNotice(r, refused)
	return &again{err: refused, part: func() error { return s.inPlace(r, classID, n) }, page: func() error {
		show, _, err := s.classView(r, classID, n)
		if err != nil {
			return err
		}
		return show.page()
	}}
}

// offerAgain is what meets a press on an offer that cannot be accepted.
func (s *Server) offerAgain(r *request, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	n := s.refusedNotice(r, refused)
	a := &again{err: refused, part: func() error { return s.inPlace(r, r.shownClass(), n) }}
	if id := r.shownClass(); id != 0 {
		a.page = func() error {
			show, _, err := s.classView(r, id, n)
			if err != nil {
				return err
			}
			return show.page()
		}
	}
	return a
}

// shownClass is the class that the answer will be put into, or whose page it
// was pressed on; 0 if that is no class.
func (r *request) shownClass() int64 {
	switch kind, rest := parts.Split(r.swapTarget()); kind {
	case parts.KindClass, parts.KindSheet, parts.KindPanel:
		id, _ := parseID(rest)
		return id
	}
	rest, found := strings.CutPrefix(r.cameFrom(), "/classes/")
	if !found {
		return 0
	}
	rest, _, _ = strings.Cut(rest, "?")
	id, _ := parseID(rest)
	return id
}

// inPlace writes the fragment that htmx swaps in for the element named by HX-Target.
func (s *Server) inPlace(r *request, classID int64, n notice) error {
	target := r.swapTarget()
	switch kind, id := parts.Split(target); kind {
	case parts.KindAlert:
		return s.alertInPlace(r, id, n)
	case parts.KindCancel:
		said, err := s.pages.Fragment(templates.Lang(r.lang), parts.Notice, n.view())
		if err != nil {
			return err
		}
		behind, err := s.behind(r, classID, n)
		if err != nil {
			return err
		}
		return s.replacing(r, said, behind)
	}
	name, data, err := s.view(r, target, classID, n)
	if err != nil {
		return err
	}
	return s.fragment(r, name, data)
}

// elementViews says what the element of a page shows after an action in it, by the kind
// of the element. Other elements show the sheet of the class.
var elementViews = map[parts.Kind]func(s *Server, r *request, target string, classID int64, n notice) (name string, data any, err error){
	parts.KindMyBookings: (*Server).myBookingsElement,
	parts.KindMember:     (*Server).memberElement,
	parts.KindBooking:    (*Server).rosterLine,
	parts.KindEntry:      (*Server).rosterLine,
	parts.KindPanel:      (*Server).panelElement,
	parts.KindRoster:     (*Server).panelElement,
	parts.KindCandidates: (*Server).panelElement,
	parts.KindClass:      (*Server).classElement,
}

// view returns the fragment for an element of a page, with its data.
func (s *Server) view(r *request, target string, classID int64, n notice) (name string, data any, err error) {
	kind, _ := parts.Split(target)
	if show := elementViews[kind]; show != nil {
		return show(s, r, target, classID, n)
	}
	return s.sheetElement(r, classID, n)
}

func (s *Server) myBookingsElement(r *request, _ string, _ int64, n notice) (name string, data any, err error) {
	mine, err := s.readBookings(r)
	if err != nil {
		return "", nil, err
	}
	mine.Notice = n.view()
	return parts.MyBookings, mine, nil
}

func (s *Server) memberElement(r *request, _ string, _ int64, n notice) (name string, data any, err error) {
	id, ok := parseID(strings.TrimPrefix(r.cameFromPath(), "/members/"))
	if !ok {
		return parts.Notice, n.view(), nil
	}
	p, err := s.readProfile(r, id)
	if err != nil {
		return "", nil, err
	}
	return parts.MemberBody, s.memberView(r, p, n, nil), nil
}

// rosterLine is one line of the participants; if the booking has no line, the lists.
func (s *Server) rosterLine(r *request, target string, classID int64, _ notice) (name string, data any, err error) {
	roster, err := s.engine.Roster(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	for _, p := range roster.Participants {
		if target == parts.ParticipantID(p.ID) {
			return parts.Participant, s.present(r).Participant(p), nil
		}
	}
	return parts.RosterPush, s.present(r).Roster(roster), nil
}

func (s *Server) panelElement(r *request, _ string, classID int64, n notice) (name string, data any, err error) {
	panel, err := s.readPanel(r, classID, n)
	if err != nil {
		return "", nil, err
	}
	return parts.Panel, panel, nil
}

func (s *Server) classElement(r *request, _ string, classID int64, n notice) (name string, data any, err error) {
	if classID == 0 {
		return parts.Notice, n.view(), nil
	}
	c, m, err := s.classAndMine(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	return parts.ClassRow, s.rowView(r, c, m, n), nil
}

func (s *Server) sheetElement(r *request, classID int64, n notice) (name string, data any, err error) {
	if classID == 0 {
		return parts.Notice, n.view(), nil
	}
	c, m, err := s.classAndMine(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	return parts.ClassSheet, s.sheetView(r, c, m, n), nil
}

func (s *Server) rowView(r *request, c booking.Class, m booking.MyClass, n notice) templates.ClassRow {
	row := s.present(r).ClassRow(c, m, r.cameFrom(), false)
	if n.refused {
		row.Refusal = n.text
	} else {
		row.Receipt, row.Spoken = n.text, n.spoken
	}
	return row
}

func (s *Server) sheetView(r *request, c booking.Class, m booking.MyClass, n notice) templates.Sheet {
	sheet := s.present(r).Sheet(r.studio, c, m)
	sheet.Key, sheet.Notice, sheet.Next = newKey(), n.view(), present.ClassPath(c.ID)
	return sheet
}

// behind is the element behind a dialog whose form was sent, as it is now; nothing if the
// page has none that the action changes.
func (s *Server) behind(r *request, classID int64, n notice) ([]byte, error) {
	target := r.elementBehind(classID)
	if target == "" {
		return nil, nil
	}
	name, data, err := s.view(r, target, classID, n)
	if err != nil {
		return nil, err
	}
	body, err := s.pages.Fragment(templates.Lang(r.lang), name, data)
	return parts.Partial(target, body), err
}

// elementBehind names the element by the page on which the dialog was opened.
func (r *request) elementBehind(classID int64) string {
	staff := r.actor.Role.Staff()
	switch at := r.cameFromPath(); {
	case at == "/bookings":
		return parts.MyBookingsID
	case strings.HasPrefix(at, "/members/"):
		return parts.MemberID
	case at == present.ClassPath(classID) && staff:
		return parts.PanelID(classID)
	case at == present.ClassPath(classID):
		return parts.SheetID(classID)
	case at == "/schedule" && !staff:
		return parts.ClassRowID(classID)
	}
	return ""
}

// cameFromPath is cameFrom without its query.
func (r *request) cameFromPath() string {
	at, _, _ := strings.Cut(r.cameFrom(), "?")
	return at
}

// alertInPlace turns the card of an offer into what became of it.
func (s *Server) alertInPlace(r *request, id string, n notice) error {
	card := templates.AlertCard{Kind: "info", Title: n.text}
	if n.refused {
		card.Kind = "withdrawn"
	}
	card.ID, _ = parseID(id)
	return s.fragment(r, parts.AlertCard, card)
}

// partAlerts is the section of cards as it is now.
func (s *Server) partAlerts(r *request) func() error {
	return func() error {
		mine, err := s.mine(r)
		if err != nil {
			return err
		}
		return s.fragment(r, parts.Alerts, s.present(r).Alerts(mine))
	}
}

func (s *Server) classAndMine(ctx context.Context, a booking.Actor, id int64) (booking.Class, booking.MyClass, error) {
	c, err := s.engine.Class(ctx, id)
	if err != nil {
		return c, booking.MyClass{}, err
	}
	mine, err := s.engine.Mine(ctx, a, []int64{id})
	m := mine.Classes[id]
	if err == nil && c.Hidden && !a.Role.Staff() && m.Booking == nil && m.Entry == nil {
		err = refuse(booking.NotFound)
	}
	return c, m, err
}

// receipt is a sentence about what was done, from its key.
func (s *Server) receipt(r *request, key string, pairs ...any) notice {
	text := s.present(r).Text(key, pairs...)
	return notice{text: text, spoken: text}
}

func (s *Server) receiptBooked(r *request, out booking.BookOutcome) notice {
	pr, key := s.present(r), "receipt.booked"
	switch {
	case out.Already:
		key = "receipt.already"
	case out.Cost == 0:
		key = "receipt.booked_free"
	case out.Binding:
		key = "receipt.booked_binding"
	}
	n := s.receipt(r, key, "N", out.Cost, "Until", pr.DayClock(out.FreeUntil))
	if c, err := s.engine.Class(r.Request.Context(), out.ClassID); err == nil {
		n.spoken = pr.Text("spoken.booked", "Title", c.Title, "When", pr.DateTime(c.StartsAt), "N", out.Balance)
	}
	return n
}

// receiptCancelled says what came back; staff reads whose booking it was.
func (s *Server) receiptCancelled(r *request, out booking.CancelOutcome, name, reason string) notice {
	key := "receipt.cancelled"
	switch {
	case out.Already:
		key = "receipt.cancelled_already"
	case name != "" && out.Refunded > 0:
		key = "receipt.removed_refund"
	case name != "" && out.Verdict.Late:
		key = "receipt.removed_late"
	case name != "":
		key = "receipt.removed_reason"
	case out.Refunded > 0:
	case out.Verdict.Late:
		key = "receipt.cancelled_late"
	case out.SeatGone:
		key = "receipt.cancelled_gone"
	default:
		key = "receipt.cancelled_free"
	}
	return s.receipt(r, key, "N", out.Refunded, "Balance", out.Balance, "Name", name, "Reason", reason)
}

// receiptAdded says of each person what became of it.
func (s *Server) receiptAdded(r *request, out booking.AddOutcome) notice {
	pr, n := s.present(r), notice{refused: true}
	var lines []string
	for _, a := range out.Added {
		if a.Err != nil {
			lines = append(lines, pr.Text("receipt.not_added", "Name", a.Name, "Why", pr.Refusal(a.Err)))
			continue
		}
		n.refused = false
		key := "receipt.added"
		if a.Already {
			key = "receipt.already_in"
		}
		lines = append(lines, pr.Text(key, "Name", a.Name))
	}
	n.text = strings.Join(lines, " ")
	n.spoken = n.text
	return n
}
