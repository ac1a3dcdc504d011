package web

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Responses to booking, waitlist and offer actions. The content depends on the page and
// the element that sent the request.

// respondClass is the response to an action that changed a class for a person.
func (s *Server) respondClass(r *request, classID int64, n notice) response {
	return response{redirect: r.back(present.ClassPath(classID)), notice: n, part: func() error { return s.renderElement(r, classID, n) }}
}

// redisplayClass displays a class again with the reason of a refusal. Where the request
// names no class, id is 0: only the pressed element is displayed again.
func (s *Server) redisplayClass(r *request, id int64, refused error) error {
	return s.redisplayWith(r, id, refused, s.refusedNotice(r, refused))
}

// redisplayWith displays a class again with a notice about the refusal.
func (s *Server) redisplayWith(r *request, id int64, refused error, n notice) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	a := &redisplay{err: refused, part: func() error { return s.renderElement(r, id, n) }}
	if id != 0 {
		a.page = s.renderClassPage(r, id, n)
	}
	return a
}

// renderClassPage renders the page of a class for the person.
func (s *Server) renderClassPage(r *request, id int64, n notice) func() error {
	return func() error {
		show, _, err := s.classView(r, id, n)
		if err != nil {
			return err
		}
		return show.page()
	}
}

// shownClass is the class that the response replaces or, without script, the class of the
// page to go back to; 0 if there is none.
func (r *request) shownClass() int64 {
	switch kind, rest := parts.Split(r.targetElement()); kind {
	case parts.KindClass, parts.KindSheet, parts.KindPanel:
		id, _ := parseID(rest)
		return id
	}
	rest, found := strings.CutPrefix(r.back(""), "/classes/")
	if !found {
		return 0
	}
	rest, _, _ = strings.Cut(rest, "?")
	id, _ := parseID(rest)
	return id
}

// renderElement writes the fragment by which htmx replaces the element in HX-Target.
func (s *Server) renderElement(r *request, classID int64, n notice) error {
	target := r.targetElement()
	switch kind, _ := parts.Split(target); kind {
	case parts.KindAlerts:
		return s.renderAfterAlert(r, n)
	case parts.KindCancel:
		said, err := s.pages.Fragment(templates.Lang(r.lang), parts.Notice, n.view())
		if err != nil {
			return err
		}
		behind, err := s.renderBehind(r, classID, n)
		if err != nil {
			return err
		}
		return s.writeFragments(r, said, behind)
	}
	name, data, err := s.elementView(r, target, classID, n)
	if err != nil {
		return err
	}
	return s.renderFragment(r, name, data)
}

// elementViews renders the element of a page after an action in it, by the kind of the
// element. For other elements the response is the sheet of the class.
var elementViews = map[parts.Kind]func(s *Server, r *request, target string, classID int64, n notice) (name string, data any, err error){
	parts.KindBookings:   (*Server).bookingsElement,
	parts.KindHome:       (*Server).homeElement,
	parts.KindNews:       (*Server).alertsElement,
	parts.KindMember:     (*Server).memberElement,
	parts.KindBooking:    (*Server).rosterLine,
	parts.KindPanel:      (*Server).panelElement,
	parts.KindRoster:     (*Server).panelElement,
	parts.KindCandidates: (*Server).panelElement,
	parts.KindClass:      (*Server).classElement,
}

// elementView returns the fragment for an element of a page, with its data.
func (s *Server) elementView(r *request, target string, classID int64, n notice) (name string, data any, err error) {
	kind, _ := parts.Split(target)
	if show := elementViews[kind]; show != nil {
		return show(s, r, target, classID, n)
	}
	return s.sheetElement(r, classID, n)
}

func (s *Server) bookingsElement(r *request, _ string, _ int64, n notice) (name string, data any, err error) {
	own, err := s.readBookings(r)
	if err != nil {
		return "", nil, err
	}
	return parts.Bookings, s.present(r).BookingList(r.studio, own, n.view()), nil
}

func (s *Server) memberElement(r *request, target string, _ int64, n notice) (name string, data any, err error) {
	_, person := parts.Split(target)
	id, ok := parseID(person)
	if !ok {
		return parts.Notice, n.view(), nil
	}
	p, err := s.readProfile(r, id, present.TabTraining)
	if err != nil {
		return "", nil, err
	}
	return parts.MemberBody, s.memberView(r, p, present.TabTraining, n, nil), nil
}

// rosterLine is one line of the participants; if the booking has no line, the lists.
func (s *Server) rosterLine(r *request, target string, classID int64, _ notice) (name string, data any, err error) {
	roster, err := s.engine.Roster(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	lists := s.present(r).Roster(roster)
	for _, p := range lists.Participants {
		if target == parts.ParticipantID(p.BookingID) {
			return parts.Participant, p, nil
		}
	}
	return parts.RosterPush, lists, nil
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
	c, m, err := s.classAndState(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	return parts.ClassRow, s.present(r).RowAfter(c, m, n.view(), n.spoken), nil
}

func (s *Server) sheetElement(r *request, classID int64, n notice) (name string, data any, err error) {
	if classID == 0 {
		return parts.Notice, n.view(), nil
	}
	c, m, err := s.classAndState(r.Request.Context(), r.actor, classID)
	if err != nil {
		return "", nil, err
	}
	return parts.ClassSheet, s.present(r).Sheet(r.studio, c, m, n.view()), nil
}

// renderBehind renders the element behind a dialog whose form was sent. It returns nothing
// if the dialog names no element, or one that the person may not see.
func (s *Server) renderBehind(r *request, classID int64, n notice) ([]byte, error) {
	target := r.elementBehindDialog(classID)
	if target == "" {
		return nil, nil
	}
	name, data, err := s.elementView(r, target, classID, n)
	if code := booking.CodeOf(err); code == booking.Forbidden || code == booking.NotFound {
		return nil, nil // the action has succeeded, only this element is not shown
	}
	if err != nil {
		return nil, err
	}
	body, err := s.pages.Fragment(templates.Lang(r.lang), name, data)
	return parts.Partial(target, body), err
}

// elementBehindDialog is the id of the page element that an action in a dialog changes, as
// sent by the link that opened the dialog; empty: there is none.
func (r *request) elementBehindDialog(classID int64) string {
	element := r.form.values.Get("behind")
	switch element {
	case parts.BookingsID, parts.HomeID, parts.PanelID(classID), parts.SheetID(classID), parts.ClassRowID(classID):
		return element
	}
	kind, person := parts.Split(element)
	if id, ok := parseID(person); ok && kind == parts.KindMember {
		return parts.MemberID(id)
	}
	return ""
}
