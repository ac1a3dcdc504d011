package web

import (
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// The pages: each takes what its handler read and fills one struct.

func (s *Server) showLogin(r *request, next string, refused *booking.Error) func() error {
	return func() error {
		p := &templates.LoginPage{Layout: s.layoutOf(r, "", "", booking.Mine{}), Next: next, Ended: refused == nil && s.token(r.Request) != "", Email: r.form.values.Get("email")}
		p.Area = ""
		if s.demo != nil {
			p.Demo, p.DemoPassword = s.demoAccounts(r)
		}
		var sentences map[string]string
		p.Problems, sentences = s.present(r).Problems(refused, loginFields)
		p.EmailError, p.PasswordError = sentences["email"], sentences["password"]
		if refused != nil && refused.Field == "" {
			p.Wrong, p.Error = true, s.present(r).Refusal(refused)
		}
		return s.show(r, p)
	}
}

var loginFields = []present.Field{{Name: "email", ID: "email", Label: "login.email"}, {Name: "password", ID: "password", Label: "login.password"}}

func (s *Server) showSchedule(r *request, query present.ScheduleQuery, visit *booking.Visit) func() error {
	return func() error {
		if r.actor.Role.Staff() {
			return s.showStaffSchedule(r, query, visit)
		}
		p, err := s.planFor(r, query, visit)
		if err != nil {
			return err
		}
		pr := s.present(r)
		own := templates.Own{Alerts: pr.Alerts(visit.Mine), Balance: pr.Balance(visit.Mine), Notice: s.keptNotice(r), Marks: query.Marks(visit.Seats)}
		for at, i := range p.shown {
			if m := visit.Of(i); present.IsPersonal(m) {
				own.Rows = append(own.Rows, templates.OwnRow{At: at, Row: pr.ClassRow(visit.Class(i), m, r.here(), false)})
			}
		}
		return p.plan.Write(r.Writer, own)
	}
}

func (s *Server) planFor(r *request, query present.ScheduleQuery, visit *booking.Visit) (planOf, error) {
	build := func() (planOf, error) { return s.makePlan(r, query, visit) }
	if query.Bookable { // the list itself is the person's own
		return build()
	}
	return s.plans.get(s.planKey(r, query), visit.Board, build)
}

// makePlan is a member's plan without the member.
func (s *Server) makePlan(r *request, query present.ScheduleQuery, visit *booking.Visit) (planOf, error) {
	pr := s.present(r)
	p := planOf{board: visit.Board, shown: query.Shown(r.actor, visit)}
	classes := make([]booking.Class, len(p.shown))
	for at, i := range p.shown {
		classes[at] = visit.Board.Classes[i]
	}
	query.Seen = s.seen(r, visit.Board)
	page := &templates.SchedulePage{
		Layout: s.frame(r, "schedule", query.Live()), Strip: pr.Strip(query), Filters: pr.Filters(query, visit.Board.Places, true), Days: pr.MemberDays(query, classes, r.here()),
		AllFull: !query.Week && present.AllFull(classes),
	}
	if len(classes) == 0 && !query.Week {
		s.nextClass(r, pr, query, page)
		p.board = nil // it shows a class that is not on it: nobody else gets this plan
	}
	var err error
	p.plan, err = s.pages.Plan(templates.Lang(r.lang), page)
	return p, err
}

func (s *Server) showStaffSchedule(r *request, query present.ScheduleQuery, visit *booking.Visit) error {
	pr := s.present(r)
	var classes []booking.Class
	for _, i := range query.Shown(r.actor, visit) {
		classes = append(classes, visit.Board.Classes[i])
	}
	query.Seen = s.seen(r, visit.Board)
	return s.show(r, &templates.StaffSchedulePage{
		Layout: s.layoutOf(r, "schedule", query.Live(), booking.Mine{}), Strip: pr.Strip(query), Filters: pr.Filters(query, visit.Board.Places, false), Days: pr.StaffDays(query, classes),
		CanAdd: r.actor.Can(booking.EditClasses), NewURLDay: query.Date.Format(time.DateOnly),
	})
}

// seen names all classes of the board that this person may see, in their versions.
func (s *Server) seen(r *request, board *booking.Board) string {
	var classes []booking.Class
	for i := range board.Classes {
		if present.Visible(r.actor, &board.Classes[i]) {
			classes = append(classes, board.Classes[i])
		}
	}
	return s.Live.Digest(classes)
}

// nextClass helps on from an empty day.
func (s *Server) nextClass(r *request, pr present.Presenter, query present.ScheduleQuery, p *templates.SchedulePage) {
	c, err := s.engine.NextClass(r.Request.Context(), query.Date)
	if err != nil {
		return
	}
	p.NextClass = pr.DateTime(c.StartsAt) + " " + c.Title
	p.NextURL = present.ScheduleQuery{}.URL(present.Midnight(c.StartsAt, pr.Zone), false)
}

// classShown is a class as this person may see it, as a page and as its inner part.
type classShown struct{ page, sheet func() error }

// classView reads a class for its page: the participants for who may see them,
// else the facts and what the person may do.
func (s *Server) classView(r *request, id int64, n notice) (classShown, any, error) {
	ctx := r.Request.Context()
	err := s.engine.CanSeeRoster(ctx, r.actor, id)
	code := booking.CodeOf(err)
	switch {
	case err == nil:
		return s.deskView(r, id, n)
	case code != booking.Forbidden && code != booking.NotFound:
		return classShown{}, nil, err
	}
	c, m, err := s.classAndMine(ctx, r.actor, id)
	if err != nil {
		return classShown{}, nil, err
	}
	sheet := s.sheetView(r, c, m, n)
	page := func() error {
		l, err := s.layout(r, "schedule", url.Values{"view": {"class"}, "class": {strconv.FormatInt(id, 10)}}.Encode())
		if err != nil {
			return err
		}
		return s.show(r, &templates.ClassPage{Layout: l, Sheet: sheet})
	}
	json := map[string]any{"epoch": s.Live.Epoch(), "class": toClassJSON(c, toMineJSON(m), r.counts()), "usable_credits": m.Usable}
	return classShown{page: page, sheet: func() error { return s.fragment(r, parts.ClassSheet, sheet) }}, json, nil
}

func (s *Server) cancelDialog(r *request, p booking.CancelPreview, refused *booking.Error) templates.CancelDialog {
	pr := s.present(r)
	c := p.Class
	d := templates.CancelDialog{
		BookingID: p.Booking.ID, ClassID: c.ID, Title: c.Title, When: pr.DateTime(c.StartsAt), Staff: r.actor.Role.Staff(), Person: p.PersonName,
		Refund: p.Refund, Cost: p.Booking.Cost, BalanceAfter: p.BalanceAfter, Deadline: pr.DateTime(p.FreeUntil), Left: pr.TimeLeft(p.FreeUntil.Sub(c.ReadAt)),
		MayRefundAnyway: p.MayRefundAnyway, RefundAnyway: r.form.values.Get("refund_anyway") == "1", Waiting: p.Waiting,
		Chosen: (&form{values: r.form.values}).id("reason"), Text: r.form.values.Get("text"), RefundSeen: p.Refund, Key: newKey(),
		Next: r.cameFrom(), BackURL: present.ClassPath(c.ID),
	}
	switch {
	case p.Booking.Cost == 0:
		d.Verdict = "free"
	case !p.Verdict.Refund:
		d.Verdict = "late"
	case c.ReadAt.After(c.Cutoff()) && !p.Booking.FromWaitlist:
		d.Verdict = "moved"
	default:
		d.Verdict = "in_time"
	}
	for _, reason := range p.Reasons {
		d.Reasons = append(d.Reasons, templates.Reason{ID: reason.ID, Text: reason.Text[r.lang], NeedsText: reason.NeedsText})
	}
	if refused == nil {
		return d
	}
	d.ReasonError, d.TextError, d.Notice = s.reasonErrors(r, refused)
	return d
}

// reasonErrors are the sentences at the two fields of a dialog, or the one above them.
func (s *Server) reasonErrors(r *request, refused *booking.Error) (reason, text string, n templates.Notice) {
	_, sentences := s.present(r).Problems(refused, nil)
	if reason, text = sentences["reason"], sentences["text"]; reason == "" && text == "" {
		n = templates.Notice{Kind: "refused", Text: s.present(r).Refusal(refused)}
	}
	return reason, text, n
}

func (s *Server) showCancelDialog(r *request, p booking.CancelPreview, refused *booking.Error) (page, part func() error) {
	dialog := s.cancelDialog(r, p, refused)
	part = func() error { return s.fragment(r, parts.CancelDialog, dialog) }
	page = func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.show(r, &templates.CancelPage{Layout: l, Dialog: dialog})
	}
	return page, part
}

// readBookings is the live part of the page of own bookings.
func (s *Server) readBookings(r *request) (templates.MyBookings, error) {
	ctx := r.Request.Context()
	upcoming, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, false)
	if err != nil {
		return templates.MyBookings{}, err
	}
	waiting, err := s.engine.Waiting(ctx, r.actor, r.actor.ID)
	if err != nil {
		return templates.MyBookings{}, err
	}
	return s.bookingsView(r, upcoming, waiting)
}

func (s *Server) bookingsView(r *request, upcoming []booking.BookedClass, waiting []booking.WaitingClass) (templates.MyBookings, error) {
	mine, err := s.mine(r)
	if err != nil {
		return templates.MyBookings{}, err
	}
	credits, err := s.engine.Credits(r.Request.Context(), r.actor, r.actor.ID)
	if err != nil {
		return templates.MyBookings{}, err
	}
	view := s.present(r).MyBookings(upcoming, waiting, mine, credits)
	if r.studio.Recurring {
		present.MarkRecurring(upcoming, func(i int) { view.Upcoming[i].Recurs = true })
	}
	view.Recurring, err = s.recurringItems(r, r.actor.ID)
	return view, err
}

func (s *Server) showMyBookings(r *request, upcoming []booking.BookedClass, waiting []booking.WaitingClass, past []booking.BookedClass) func() error {
	return func() error {
		mine, err := s.bookingsView(r, upcoming, waiting)
		if err != nil {
			return err
		}
		l, err := s.layout(r, "bookings", "view=bookings")
		if err != nil {
			return err
		}
		p := &templates.BookingsPage{Layout: l, Mine: mine}
		for _, b := range past {
			p.Past = append(p.Past, s.present(r).BookedRow(b, false))
		}
		return s.show(r, p)
	}
}

func (s *Server) showCredits(r *request, c booking.Credits) func() error {
	return func() error {
		l, err := s.layout(r, "bookings", "view=person")
		if err != nil {
			return err
		}
		return s.show(r, &templates.CreditsPage{Layout: l, Credits: s.present(r).Credits(c, false)})
	}
}

func (s *Server) showAlerts(r *request, list []booking.Alert) func() error {
	return func() error {
		l, err := s.layout(r, "alerts", "view=person")
		if err != nil {
			return err
		}
		return s.show(r, &templates.AlertsPage{Layout: l, Days: s.present(r).AlertHistory(list)})
	}
}

func (s *Server) showProfile(r *request) func() error {
	return func() error {
		l, err := s.layout(r, "profile", "view=person")
		if err != nil {
			return err
		}
		return s.show(r, &templates.ProfilePage{
			Layout: l, Name: r.actor.Name, Email: r.actor.Email, Role: s.present(r).Role(r.actor.Role),
			Chosen: chosenLanguage(r.Request, r.actor.Language),
		})
	}
}
