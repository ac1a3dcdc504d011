package web

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The pages: each takes what its handler read and fills one struct.

func (s *Server) showLogin(r *request, next string, refused *booking.Error) func() error {
	return func() error {
		p := &templates.LoginPage{Layout: s.layoutOf(r, "", "", booking.Mine{}), Next: next, Ended: next != "" && refused == nil, Email: r.form.values.Get("email")}
		p.Area = ""
		if s.demo != nil {
			p.Demo, p.DemoPassword = s.demoAccounts(r)
		}
		switch {
		case refused == nil:
		case refused.Field == "email":
			p.EmailError = s.voice(r).say("text.email_missing")
		case refused.Field == "password":
			p.PasswordError = s.voice(r).say("text.password_missing")
		default:
			p.Error = s.sentence(r, refused)
		}
		return s.show(r, p)
	}
}

func (s *Server) showSchedule(r *request, view scheduleView, classes []booking.Class, mine booking.Mine) func() error {
	return func() error {
		v := s.voice(r)
		places, err := s.engine.Places(r.Request.Context())
		if err != nil {
			return err
		}
		l := s.layoutOf(r, "schedule", view.live(), mine)
		if r.actor.Role.Staff() {
			return s.show(r, &templates.StaffSchedulePage{
				Layout: l, Strip: v.strip(view, nil), Filters: v.filters(view, places, false), Days: v.staffDays(view, classes),
				CanAdd: r.actor.Can(booking.EditClasses), NewURLDay: view.date.Format(time.DateOnly),
			})
		}
		p := &templates.SchedulePage{
			Layout: l, Strip: v.strip(view, s.bookedDays(r)), Filters: v.filters(view, places, true), Days: v.memberDays(view, classes, mine, r.here()),
			AllFull: !view.week && allFull(classes),
		}
		if len(classes) == 0 && !view.week {
			s.nextClass(r, v, view, p)
		}
		return s.show(r, p)
	}
}

// bookedDays are the days with a dot. A page without dots is better than none.
func (s *Server) bookedDays(r *request) map[string]bool {
	days := map[string]bool{}
	list, err := s.engine.Bookings(r.Request.Context(), r.actor, r.actor.ID, false)
	if err != nil {
		s.log.Warn("the week is shown without marks", "request", r.id, "err", err)
	}
	for _, b := range list {
		days[b.Class.StartsAt.In(r.studio.Zone).Format(time.DateOnly)] = true
	}
	return days
}

// nextClass helps on from an empty day.
func (s *Server) nextClass(r *request, v voice, view scheduleView, p *templates.SchedulePage) {
	c, err := s.engine.NextClass(r.Request.Context(), view.date)
	if err != nil {
		return
	}
	p.NextClass = v.dateTime(c.StartsAt) + " " + c.Title
	p.NextURL = scheduleView{}.address(midnight(c.StartsAt, v.zone), false)
}

func (s *Server) showToday(r *request, view scheduleView, classes []booking.Class, panel *templates.Panel) func() error {
	return func() error {
		v := s.voice(r)
		today := midnight(time.Now(), v.zone)
		link := func(d time.Time) string { return "/today?date=" + d.Format(time.DateOnly) }
		live := view.live()
		if panel != nil {
			live = url.Values{"view": {"roster"}, "class": {strconv.FormatInt(panel.ClassID, 10)}}.Encode() + "&from=" + view.date.Format(time.DateOnly)
		}
		p := &templates.TodayPage{
			Layout: s.layoutOf(r, "today", live, booking.Mine{}), Today: view.date.Equal(today), DayLabel: v.lang.DayLong(view.date),
			PrevURL: link(view.date.AddDate(0, 0, -1)), NextURL: link(view.date.AddDate(0, 0, 1)), TodayURL: "/today",
			Date: view.date.Format(time.DateOnly), CanAdd: r.actor.Can(booking.EditClasses), Panel: panel,
		}
		for _, c := range classes {
			p.Rows = append(p.Rows, v.staffRow(c, panel != nil && panel.ClassID == c.ID))
		}
		return s.show(r, p)
	}
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
	json := map[string]any{"epoch": s.live.Epoch(), "class": toClassJSON(c, toMineJSON(m)), "usable_credits": m.Usable}
	return classShown{page: page, sheet: func() error { return s.fragment(r, "class_sheet", sheet) }}, json, nil
}

func (s *Server) deskView(r *request, id int64, n notice) (classShown, any, error) {
	ctx := r.Request.Context()
	roster, err := s.engine.Roster(ctx, r.actor, id)
	if err != nil {
		return classShown{}, nil, err
	}
	panel := s.panelView(r, roster, n)
	view := scheduleView{date: midnight(roster.Class.StartsAt, r.studio.Zone)}
	page := func() error {
		from, to := view.span()
		classes, err := s.engine.Schedule(ctx, from, to)
		if err != nil {
			return err
		}
		return s.showToday(r, view, classes, &panel)()
	}
	json := map[string]any{"epoch": s.live.Epoch(), "class": toClassJSON(roster.Class, nil), "roster": toRosterJSON(roster)}
	return classShown{page: page, sheet: func() error { return s.fragment(r, "panel", panel) }}, json, nil
}

func (s *Server) readPanel(r *request, id int64, n notice) (templates.Panel, error) {
	roster, err := s.engine.Roster(r.Request.Context(), r.actor, id)
	if err != nil {
		return templates.Panel{}, err
	}
	return s.panelView(r, roster, n), nil
}

func (s *Server) panelView(r *request, roster booking.Roster, n notice) templates.Panel {
	panel := s.voice(r).panel(r.actor, roster)
	panel.Notice, panel.Tab = n.view(), "participants"
	switch tab := r.query.values.Get("tab"); tab {
	case "waitlist", "cancelled":
		panel.Tab = tab
	}
	if n.refused && r.form.values.Has("guest_name") {
		panel.Guest = templates.GuestForm{Open: true, Name: r.form.values.Get("guest_name"), Email: r.form.values.Get("guest_email")}
	}
	return panel
}

func (s *Server) showCandidates(r *request, classID int64, q string, found []booking.Candidate) (page, part func() error) {
	read := func() (templates.Candidates, error) {
		c, err := s.engine.Class(r.Request.Context(), classID)
		return s.voice(r).candidates(r.actor, c, q, found), err
	}
	part = func() error {
		hits, err := read()
		if err != nil {
			return err
		}
		return s.fragment(r, "candidates", hits)
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
		view := scheduleView{date: midnight(c.StartsAt, r.studio.Zone)}
		return s.showToday(r, view, []booking.Class{c}, &panel)()
	}
	return page, part
}

func (s *Server) cancelDialog(r *request, p booking.CancelPreview, refused *booking.Error) templates.CancelDialog {
	v := s.voice(r)
	c := p.Class
	d := templates.CancelDialog{
		BookingID: p.Booking.ID, ClassID: c.ID, Title: c.Title, When: v.dateTime(c.StartsAt), Staff: r.actor.Role.Staff(), Person: p.PersonName,
		Refund: p.Refund, Cost: p.Booking.Cost, BalanceAfter: p.BalanceAfter, Deadline: v.dateTime(p.FreeUntil), Left: v.left(p.FreeUntil.Sub(c.ReadAt)),
		MayRefundAnyway: p.MayRefundAnyway, RefundAnyway: r.form.values.Get("refund_anyway") == "1", Waiting: p.Waiting,
		Chosen: (&form{values: r.form.values}).id("reason"), Text: r.form.values.Get("text"), RefundSeen: p.Refund, Key: newKey(),
		Next: r.cameFrom(), BackURL: classPath(c.ID),
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
	switch sentence := s.sentence(r, refused); refused.Field {
	case "reason":
		d.ReasonError = sentence
	case "text":
		d.TextError = sentence
	default:
		d.Notice = templates.Notice{Kind: "refused", Text: sentence}
	}
	return d
}

// left is the time to a deadline in words.
func (v voice) left(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Hour:
		return v.say("left.minutes", "N", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return v.say("left.hours", "N", int(d.Hours()))
	}
	return v.say("left.days", "N", int(d.Hours()/24))
}

func (s *Server) showCancelDialog(r *request, p booking.CancelPreview, refused *booking.Error) (page, part func() error) {
	dialog := s.cancelDialog(r, p, refused)
	part = func() error { return s.fragment(r, "cancel_dialog", dialog) }
	page = func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.show(r, &templates.CancelPage{Layout: l, Dialog: dialog})
	}
	return page, part
}

func (s *Server) showCancelClass(r *request, id int64, p booking.CancelClassOutcome, refused *booking.Error) (page, part func() error) {
	read := func() (templates.CancelClass, error) {
		c, err := s.engine.Class(r.Request.Context(), id)
		d := templates.CancelClass{
			ClassID: id, Title: c.Title, When: s.voice(r).dateTime(c.StartsAt), Bookings: p.Bookings, Guests: p.Guests, Waiting: p.Waiting, Credits: p.Credits,
			Note: r.form.values.Get("note"), Key: newKey(),
		}
		if refused != nil {
			d.Notice = templates.Notice{Kind: "refused", Text: s.sentence(r, refused)}
		}
		return d, err
	}
	part = func() error {
		d, err := read()
		if err != nil {
			return err
		}
		return s.fragment(r, "cancel_class", d)
	}
	page = func() error {
		d, err := read()
		if err != nil {
			return err
		}
		return s.show(r, &templates.CancelClassPage{Layout: s.layoutOf(r, "", "", booking.Mine{}), Dialog: d})
	}
	return page, part
}

// classForm is what a class form is filled with: what was typed, else the class,
// else what the studio usually does.
type classForm struct {
	class  *booking.Class
	rules  booking.Rules
	date   time.Time
	values url.Values
}

func (s *Server) showClassForm(r *request, f classForm, refused *booking.Error) func() error {
	return func() error {
		places, err := s.engine.Places(r.Request.Context())
		if err != nil {
			return err
		}
		p := &templates.ClassFormPage{
			Layout: s.layoutOf(r, "schedule", "", booking.Mine{}), Minutes: "60", Capacity: strconv.Itoa(f.rules.Capacity), Cost: strconv.Itoa(f.rules.Cost),
			Online: f.rules.Online, FreeCancelHours: strconv.Itoa(hours(f.rules.FreeCancel)), OpensBeforeHours: strconv.Itoa(hours(f.rules.OpensBefore)),
			ClosesBeforeMinutes: strconv.Itoa(minutes(f.rules.ClosesBefore)), WaitlistMode: string(f.rules.WaitlistMode),
			WaitlistSize: strconv.Itoa(f.rules.WaitlistSize), WaitlistClosesMinutes: strconv.Itoa(minutes(f.rules.WaitlistCloses)),
			MayCancel: true, Errors: map[string]string{},
		}
		var typeID, room, instructor int64
		if !f.date.IsZero() {
			p.Date = f.date.Format(time.DateOnly)
		}
		if c := f.class; c != nil {
			local := c.StartsAt.In(r.studio.Zone)
			p.ClassID, p.Version, p.Title, p.Note = c.ID, c.Edited, c.Title, c.Note
			p.Date, p.Clock, p.Minutes = local.Format(time.DateOnly), local.Format("15:04"), strconv.Itoa(minutes(c.EndsAt.Sub(c.StartsAt)))
			p.Bookings, p.Waiting, p.Taken, p.MayCancel = c.Booked, c.Waiting, c.Booked+c.Held, !c.Cancelled
			typeID, room, instructor = c.Type.ID, c.RoomID, c.InstructorID
		}
		if f.values != nil {
			typed := form{values: f.values}
			typeID, room, instructor = typed.id("type"), typed.id("room"), typed.id("instructor")
			keepTyped(p, f.values)
		}
		p.Types, p.Rooms, p.Instructors = placeOptions(places, typeID, room, instructor)
		s.formErrors(r, p, refused)
		return s.show(r, p)
	}
}

// keepTyped shows what was typed, right or wrong.
func keepTyped(p *templates.ClassFormPage, typed url.Values) {
	for name, field := range map[string]*string{
		"title": &p.Title, "date": &p.Date, "time": &p.Clock, "minutes": &p.Minutes, "capacity": &p.Capacity, "cost": &p.Cost, "note": &p.Note,
		"free_cancel_hours": &p.FreeCancelHours, "opens_before_hours": &p.OpensBeforeHours, "closes_before_minutes": &p.ClosesBeforeMinutes,
		"waitlist_mode": &p.WaitlistMode, "waitlist_size": &p.WaitlistSize, "waitlist_closes_minutes": &p.WaitlistClosesMinutes,
	} {
		if typed.Has(name) {
			*field = typed.Get(name)
		}
	}
	p.Online = typed.Get("online") == "1"
}

func (s *Server) formErrors(r *request, p *templates.ClassFormPage, refused *booking.Error) {
	if refused == nil {
		return
	}
	sentence := s.sentence(r, refused)
	switch {
	case refused.Code == booking.CapacityBelow:
		p.ConfirmBelow = true
		p.Errors["capacity"] = sentence
	case refused.Field == "starts_at":
		p.Errors["date"] = sentence
	case refused.Field != "":
		p.Errors[refused.Field] = sentence
	default:
		p.Notice = templates.Notice{Kind: "refused", Text: sentence}
		p.Layout.Notice = p.Notice
	}
}

// formAgain shows the class form once more with the message at its field.
func (s *Server) formAgain(r *request, f classForm, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	show := s.showClassForm(r, f, refusal(refused))
	return &again{err: refused, page: show, part: show}
}

func (s *Server) showMembers(r *request, q string, page, total int, found []booking.Member) func() error {
	return func() error {
		v := s.voice(r)
		p := &templates.MembersPage{Layout: s.layoutOf(r, "members", "", booking.Mine{}), Query: q, Total: total}
		for _, m := range found {
			p.Rows = append(p.Rows, v.memberRow(m))
		}
		link := func(n int) string { return "/members?" + url.Values{"q": {q}, "page": {strconv.Itoa(n)}}.Encode() }
		if page > 1 {
			p.PrevURL = link(page - 1)
		}
		if page*membersPerPage < total {
			p.NextURL = link(page + 1)
		}
		return s.show(r, p)
	}
}

func (s *Server) memberView(r *request, p profileData, n notice, refused *booking.Error) templates.Member {
	t := s.voice(r).member(r.actor, p)
	t.Notice = n.view()
	if refused != nil {
		typed := r.form.values
		t.Grant = templates.GrantForm{Name: typed.Get("name"), Quantity: typed.Get("quantity"), Expires: typed.Get("expires"), Note: typed.Get("note")}
		if refused.Field != "" {
			t.Grant.Errors = map[string]string{refused.Field: s.sentence(r, refused)}
		} else {
			t.Notice = s.refusedNotice(r, refused).view()
		}
	}
	return t
}

func (s *Server) showMember(r *request, p profileData, n notice, refused *booking.Error) func() error {
	return func() error {
		return s.show(r, &templates.MemberPage{Layout: s.layoutOf(r, "members", "", booking.Mine{}), Member: s.memberView(r, p, n, refused)})
	}
}

// afterMember is the answer to a verb about a person.
func (s *Server) afterMember(r *request, id int64, n notice) answer {
	return answer{see: r.back(memberPath(id)), said: n, part: func() error {
		p, err := s.readProfile(r, id)
		if err != nil {
			return err
		}
		return s.fragment(r, "member_body", s.memberView(r, p, n, nil))
	}}
}

// memberAgain shows the profile once more with why nothing happened.
func (s *Server) memberAgain(r *request, id int64, refused error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	p, err := s.readProfile(r, id)
	if err != nil {
		return errors.Join(refused, fmt.Errorf("showing the profile again: %w", err))
	}
	e := refusal(refused)
	return &again{
		err: refused, page: s.showMember(r, p, notice{}, e),
		part: func() error { return s.fragment(r, "member_body", s.memberView(r, p, notice{}, e)) },
	}
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
	return s.voice(r).bookings(upcoming, waiting, mine, credits), err
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
			p.Past = append(p.Past, s.voice(r).booked(b, false))
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
		return s.show(r, &templates.CreditsPage{Layout: l, Credits: s.voice(r).credits(c, false)})
	}
}

func (s *Server) showAlerts(r *request, list []booking.Alert) func() error {
	return func() error {
		l, err := s.layout(r, "alerts", "view=person")
		if err != nil {
			return err
		}
		return s.show(r, &templates.AlertsPage{Layout: l, Days: s.voice(r).history(list)})
	}
}

func (s *Server) showProfile(r *request) func() error {
	return func() error {
		l, err := s.layout(r, "profile", "view=person")
		if err != nil {
			return err
		}
		return s.show(r, &templates.ProfilePage{Layout: l, Name: r.actor.Name, Email: r.actor.Email, Role: s.voice(r).role(r.actor.Role)})
	}
}
