package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// The pages of the desk and of those who make the plan.

func (s *Server) showToday(r *request, query present.ScheduleQuery, classes []booking.Class, panel *templates.Panel) func() error {
	return func() error {
		pr := s.present(r)
		today := present.Midnight(time.Now(), pr.Zone)
		link := func(d time.Time) string { return "/today?date=" + d.Format(time.DateOnly) }
		live := query.Live()
		if panel != nil {
			live = url.Values{"view": {"roster"}, "class": {strconv.FormatInt(panel.ClassID, 10)}}.Encode() + "&from=" + query.Date.Format(time.DateOnly)
		}
		p := &templates.TodayPage{
			Layout: s.layoutOf(r, "today", live, booking.Mine{}), Today: query.Date.Equal(today), DayLabel: pr.Lang.DayLong(query.Date),
			PrevURL: link(query.Date.AddDate(0, 0, -1)), NextURL: link(query.Date.AddDate(0, 0, 1)), TodayURL: "/today",
			Date: query.Date.Format(time.DateOnly), CanAdd: r.actor.Can(booking.EditClasses), Panel: panel,
		}
		for _, c := range classes {
			p.Rows = append(p.Rows, pr.StaffRow(c, panel != nil && panel.ClassID == c.ID))
		}
		return s.show(r, p)
	}
}

func (s *Server) deskView(r *request, id int64, n notice) (classShown, any, error) {
	ctx := r.Request.Context()
	roster, err := s.engine.Roster(ctx, r.actor, id)
	if err != nil {
		return classShown{}, nil, err
	}
	panel := s.panelView(r, roster, n)
	query := present.ScheduleQuery{Date: present.Midnight(roster.Class.StartsAt, r.studio.Zone)}
	page := func() error {
		from, to := query.Span()
		classes, err := s.engine.Schedule(ctx, from, to)
		if err != nil {
			return err
		}
		return s.showToday(r, query, classes, &panel)()
	}
	json := map[string]any{"epoch": s.Live.Epoch(), "class": toClassJSON(roster.Class, nil, r.counts()), "roster": toRosterJSON(roster)}
	return classShown{page: page, sheet: func() error { return s.fragment(r, parts.Panel, panel) }}, json, nil
}

func (s *Server) readPanel(r *request, id int64, n notice) (templates.Panel, error) {
	roster, err := s.engine.Roster(r.Request.Context(), r.actor, id)
	if err != nil {
		return templates.Panel{}, err
	}
	return s.panelView(r, roster, n), nil
}

func (s *Server) panelView(r *request, roster booking.Roster, n notice) templates.Panel {
	panel := s.present(r).Panel(r.actor, roster)
	panel.Key, panel.Notice, panel.Tab = newKey(), n.view(), "participants"
	switch tab := r.query.values.Get("tab"); tab {
	case "waitlist", "cancelled":
		panel.Tab = tab
	}
	if n.refused && r.form.values.Has("guest_name") {
		problems, sentences := s.present(r).Problems(n.why, guestFields)
		panel.Guest = templates.GuestForm{
			Open: true, Name: r.form.values.Get("guest_name"), Email: r.form.values.Get("guest_email"),
			NameError: sentences["guest_name"], EmailError: sentences["guest_email"], Problems: problems,
		}
		if problems != nil {
			panel.Notice = templates.Notice{}
		}
	}
	return panel
}

var guestFields = []present.Field{{Name: "guest_name", ID: "guest-name", Label: "desk.guest_name"}, {Name: "guest_email", ID: "guest-email", Label: "desk.guest_email"}}

func (s *Server) showCandidates(r *request, classID int64, q string, found []booking.Candidate) (page, part func() error) {
	read := func() (templates.Candidates, error) {
		c, err := s.engine.Class(r.Request.Context(), classID)
		list := s.present(r).Candidates(r.actor, c, q, found)
		list.Key = newKey()
		return list, err
	}
	part = func() error {
		hits, err := read()
		if err != nil {
			return err
		}
		return s.fragment(r, parts.Candidates, hits)
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
		return s.showToday(r, query, []booking.Class{c}, &panel)()
	}
	return page, part
}

func (s *Server) showCancelClass(r *request, id int64, p booking.CancelClassOutcome, refused *booking.Error) (page, part func() error) {
	read := func() (templates.CancelClass, error) {
		c, err := s.engine.Class(r.Request.Context(), id)
		d := templates.CancelClass{
			ClassID: id, Title: c.Title, When: s.present(r).DateTime(c.StartsAt), Bookings: p.Bookings, Guests: p.Guests, Waiting: p.Waiting, Credits: p.Credits,
			Note: r.form.values.Get("note"), Key: newKey(), Classes: p.Classes, InSeries: c.SeriesID != 0,
			Scope: cmp.Or(r.form.values.Get("scope"), r.query.values.Get("scope")),
		}
		d.Scopes = s.present(r).Scopes(d.Scope)
		switch {
		case refused == nil:
		case refused.Field == "note":
			d.NoteError = s.present(r).Refusal(refused)
		default:
			d.Notice = templates.Notice{Kind: "refused", Text: s.present(r).Refusal(refused)}
		}
		return d, err
	}
	part = func() error {
		d, err := read()
		if err != nil {
			return err
		}
		return s.fragment(r, parts.CancelClass, d)
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
	copied *booking.Class // a new class begins as this one, a week later
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
			Online: f.rules.Online, FreeCancelHours: strconv.Itoa(present.Hours(f.rules.FreeCancel)), OpensBeforeHours: strconv.Itoa(present.Hours(f.rules.OpensBefore)),
			ClosesBeforeMinutes: strconv.Itoa(present.Minutes(f.rules.ClosesBefore)), WaitlistMode: string(f.rules.WaitlistMode),
			WaitlistSize: strconv.Itoa(f.rules.WaitlistSize), WaitlistClosesMinutes: strconv.Itoa(present.Minutes(f.rules.WaitlistCloses)),
			MayCancel: true, EveryWeeks: "1", Key: newKey(),
		}
		var chosen chosenPlaces
		if !f.date.IsZero() {
			p.Date = f.date.Format(time.DateOnly)
		}
		if c := cmp.Or(f.class, f.copied); c != nil {
			local := c.StartsAt.In(r.studio.Zone)
			if f.class == nil {
				local = local.AddDate(0, 0, 7)
			}
			p.Title, p.Note, p.Hidden = c.Title, c.Note, c.Hidden
			p.Date, p.Clock, p.Minutes = local.Format(time.DateOnly), local.Format("15:04"), strconv.Itoa(present.Minutes(c.EndsAt.Sub(c.StartsAt)))
			chosen = chosenPlaces{c.Type.ID, c.LocationID, c.RoomID, c.InstructorID, c.SubstituteID}
		}
		if c := f.class; c != nil {
			p.ClassID, p.Version, p.InSeries = c.ID, c.Version, c.SeriesID != 0
			p.Bookings, p.Waiting, p.MayCancel = c.Booked, c.Waiting, !c.Cancelled
		}
		var weekdays []string
		if f.values != nil {
			typed := form{values: f.values}
			chosen = chosenPlaces{typed.id("type"), typed.id("location"), typed.id("room"), typed.id("instructor"), typed.id("substitute")}
			keepTyped(p, f.values)
			weekdays = f.values["weekday"]
		}
		p.Types, p.Locations, p.Rooms = present.TypeOptions(places, chosen.typeID), present.LocationOptions(places, chosen.location), present.RoomOptions(places, chosen.room)
		p.Instructors, p.Substitutes = present.InstructorOptions(places, chosen.instructor), present.InstructorOptions(places, chosen.substitute)
		p.Weekdays = s.present(r).Weekdays(weekdays)
		s.formErrors(r, p, refused)
		return s.show(r, p)
	}
}

// chosenPlaces is what a class form has selected.
type chosenPlaces struct{ typeID, location, room, instructor, substitute int64 }

// keepTyped shows what was typed, right or wrong.
func keepTyped(p *templates.ClassFormPage, typed url.Values) {
	for name, field := range map[string]*string{
		"title": &p.Title, "date": &p.Date, "time": &p.Clock, "minutes": &p.Minutes, "capacity": &p.Capacity, "cost": &p.Cost, "note": &p.Note,
		"free_cancel_hours": &p.FreeCancelHours, "opens_before_hours": &p.OpensBeforeHours, "closes_before_minutes": &p.ClosesBeforeMinutes,
		"every_weeks": &p.EveryWeeks, "until": &p.Until, "count": &p.Count, "scope": &p.Scope,
		"waitlist_mode": &p.WaitlistMode, "waitlist_size": &p.WaitlistSize, "waitlist_closes_minutes": &p.WaitlistClosesMinutes,
	} {
		if typed.Has(name) {
			*field = typed.Get(name)
		}
	}
	p.Online, p.Hidden, p.Repeat = typed.Get("online") == "1", typed.Get("hidden") == "1", typed.Get("repeat") == "1"
}

// classFields are the fields of the class form in their order.
var classFields = []present.Field{
	{Name: "title", ID: "title", Label: "class_form.title"},
	{Name: "type", ID: "type", Label: "class_form.type"},
	{Name: "location", ID: "location", Label: "class_form.location"},
	{Name: "room", ID: "room", Label: "class_form.room"},
	{Name: "instructor", ID: "instructor", Label: "class_form.instructor"},
	{Name: "substitute", ID: "substitute", Label: "class_form.substitute"},
	{Name: "date", ID: "date", Label: "class_form.date"},
	{Name: "time", ID: "time", Label: "class_form.time"},
	{Name: "minutes", ID: "minutes", Label: "class_form.minutes"},
	{Name: "capacity", ID: "capacity", Label: "class_form.capacity"},
	{Name: "cost", ID: "cost", Label: "class_form.cost"},
	{Name: "free_cancel_hours", ID: "free_cancel_hours", Label: "class_form.free_cancel"},
	{Name: "opens_before_hours", ID: "opens_before_hours", Label: "class_form.opens"},
	{Name: "closes_before_minutes", ID: "closes_before_minutes", Label: "class_form.closes"},
	{Name: "waitlist_mode", ID: "waitlist_mode", Label: "class_form.mode"},
	{Name: "waitlist_size", ID: "waitlist_size", Label: "class_form.size"},
	{Name: "waitlist_closes_minutes", ID: "waitlist_closes_minutes", Label: "class_form.waitlist_closes"},
	{Name: "every_weeks", ID: "every_weeks", Label: "class_form.every_weeks"},
	{Name: "weekdays", ID: "weekdays", Label: "class_form.weekdays"},
	{Name: "until", ID: "until", Label: "class_form.until"},
	{Name: "count", ID: "count", Label: "class_form.count"},
	{Name: "note", ID: "note", Label: "class_form.note"},
}

func (s *Server) formErrors(r *request, p *templates.ClassFormPage, refused *booking.Error) {
	p.Problems, p.Errors = s.present(r).Problems(refused, classFields)
	switch {
	case refused == nil:
	case refused.Code == booking.RoomTaken, refused.Code == booking.InstructorTaken:
		p.ConfirmConflict = true
	case refused.Field == "", refused.Field == "version":
		p.Notice = templates.Notice{Kind: "refused", Text: s.present(r).Refusal(refused)}
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

func (s *Server) membersView(r *request, q booking.DirectoryQuery, page, total int, found []booking.Member, refused *booking.Error) func() *templates.MembersPage {
	return func() *templates.MembersPage {
		pr := s.present(r)
		counted := booking.CountLimit
		if q.Search != "" {
			counted = page * membersPerPage
		}
		p := &templates.MembersPage{
			Layout: s.layoutOf(r, "members", "", booking.Mine{}), Query: q.Search, Total: min(total, counted), More: total > counted, New: s.newMember(r, refused),
			Who: []templates.Choice{
				{Value: "", Name: pr.Text("text.everybody")}, {Value: "members", Name: pr.Text("text.members")}, {Value: "staff", Name: pr.Text("text.staff")}, {Value: "suspended", Name: pr.Text("text.suspended")},
			},
			Sort: []templates.Choice{{Value: "", Name: pr.Text("text.by_name")}, {Value: "newest", Name: pr.Text("text.by_age")}, {Value: "number", Name: pr.Text("text.by_number")}},
		}
		for i := range p.Who {
			p.Who[i].Selected = p.Who[i].Value == q.Who
		}
		for i := range p.Sort {
			p.Sort[i].Selected = p.Sort[i].Value == q.Sort
		}
		for _, m := range found {
			p.Rows = append(p.Rows, pr.MemberRow(m))
		}
		link := func(n int) string {
			return "/members?" + url.Values{"q": {q.Search}, "who": {q.Who}, "sort": {q.Sort}, "page": {strconv.Itoa(n)}}.Encode()
		}
		if page > 1 {
			p.PrevURL = link(page - 1)
		}
		if page*membersPerPage < min(total, booking.CountLimit) {
			p.NextURL = link(page + 1)
		}
		return p
	}
}

func (s *Server) memberView(r *request, p present.Profile, n notice, refused *booking.Error) templates.Member {
	t := s.present(r).Member(r.actor, p)
	t.Key, t.Notice, t.Recurring, t.Note = newKey(), n.view(), p.Recurring, p.Member.Note
	t.Groups = s.profileGroups(r, p, refused)
	chosen := (&form{values: r.form.values}).ids("type")
	for _, one := range p.Types {
		t.Grant.Types = append(t.Grant.Types, templates.Option{ID: one.ID, Name: one.Name, Selected: slices.Contains(chosen, one.ID)})
	}
	if r.studio.Recurring && t.MayCancel {
		present.MarkRecurring(p.Upcoming, func(i int) { t.Upcoming[i].Recurs, t.Upcoming[i].ForMember = true, p.Member.ID })
	}
	if refused != nil {
		typed := r.form.values
		if typed.Get("form") == "" {
			t.Grant.Name, t.Grant.Quantity, t.Grant.Expires, t.Grant.Note, t.Grant.ValidFrom = typed.Get("name"), typed.Get("quantity"), typed.Get("expires"), typed.Get("note"), typed.Get("valid_from")
		}
		if refused.Field != "" && typed.Get("form") != "" {
			return t // the form says so itself
		}
		if strings.HasSuffix(r.route(), "/credits") {
			t.Grant.Problems, t.Grant.Errors = s.present(r).Problems(refused, grantFields)
		}
		if t.Grant.Problems == nil {
			t.Notice = s.refusedNotice(r, refused).view()
		}
	}
	return t
}

var grantFields = []present.Field{
	{Name: "name", ID: "grant-name", Label: "member.grant_name"},
	{Name: "quantity", ID: "grant-quantity", Label: "member.grant_quantity"},
	{Name: "valid_from", ID: "grant-valid_from", Label: "member.grant_from"},
	{Name: "expires", ID: "grant-expires", Label: "member.grant_expires"},
	{Name: "note", ID: "grant-note", Label: "member.grant_note"},
}

func (s *Server) showMember(r *request, p present.Profile, n notice, refused *booking.Error) func() error {
	return func() error {
		return s.show(r, &templates.MemberPage{Layout: s.layoutOf(r, "members", "", booking.Mine{}), Member: s.memberView(r, p, n, refused)})
	}
}

// afterMember is the answer to a verb about a person.
func (s *Server) afterMember(r *request, id int64, n notice) answer {
	return answer{see: r.back(present.MemberPath(id)), said: n, part: func() error {
		p, err := s.readProfile(r, id)
		if err != nil {
			return err
		}
		return s.fragment(r, parts.MemberBody, s.memberView(r, p, n, nil))
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
		part: func() error { return s.fragment(r, parts.MemberBody, s.memberView(r, p, notice{}, e)) },
	}
}
