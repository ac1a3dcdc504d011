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
	"terminplan/templates"
)

// The pages of the desk and of those who make the plan.

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
	json := map[string]any{"epoch": s.live.Epoch(), "class": toClassJSON(roster.Class, nil, r.counts()), "roster": toRosterJSON(roster)}
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
		problems, sentences := s.voice(r).problems(n.why, guestFields)
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

var guestFields = []formField{{"guest_name", "guest-name", "desk.guest_name"}, {"guest_email", "guest-email", "desk.guest_email"}}

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

func (s *Server) showCancelClass(r *request, id int64, p booking.CancelClassOutcome, refused *booking.Error) (page, part func() error) {
	read := func() (templates.CancelClass, error) {
		c, err := s.engine.Class(r.Request.Context(), id)
		d := templates.CancelClass{
			ClassID: id, Title: c.Title, When: s.voice(r).dateTime(c.StartsAt), Bookings: p.Bookings, Guests: p.Guests, Waiting: p.Waiting, Credits: p.Credits,
			Note: r.form.values.Get("note"), Key: newKey(), Classes: p.Classes, InSeries: c.SeriesID != 0,
			Scope: cmp.Or(r.form.values.Get("scope"), r.query.values.Get("scope")),
		}
		d.Scopes = s.voice(r).scopes(d.Scope)
		switch {
		case refused == nil:
		case refused.Field == "note":
			d.NoteError = s.sentence(r, refused)
		default:
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

// scopes are the links to the same question about other classes of the series.
func (v voice) scopes(current string) []templates.ScopeLink {
	return []templates.ScopeLink{
		{Name: v.say("text.scope_this"), Current: current == ""},
		{Value: string(booking.ThisFollowing), Name: v.say("text.scope_following"), Current: current == string(booking.ThisFollowing)},
		{Value: string(booking.WholeSeries), Name: v.say("text.scope_all"), Current: current == string(booking.WholeSeries)},
	}
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
			Online: f.rules.Online, FreeCancelHours: strconv.Itoa(hours(f.rules.FreeCancel)), OpensBeforeHours: strconv.Itoa(hours(f.rules.OpensBefore)),
			ClosesBeforeMinutes: strconv.Itoa(minutes(f.rules.ClosesBefore)), WaitlistMode: string(f.rules.WaitlistMode),
			WaitlistSize: strconv.Itoa(f.rules.WaitlistSize), WaitlistClosesMinutes: strconv.Itoa(minutes(f.rules.WaitlistCloses)),
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
			p.Date, p.Clock, p.Minutes = local.Format(time.DateOnly), local.Format("15:04"), strconv.Itoa(minutes(c.EndsAt.Sub(c.StartsAt)))
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
		p.Types, p.Locations, p.Rooms = typeOptions(places, chosen.typeID), locationOptions(places, chosen.location), roomOptions(places, chosen.room)
		p.Instructors, p.Substitutes = instructorOptions(places, chosen.instructor), instructorOptions(places, chosen.substitute)
		p.Weekdays = s.voice(r).weekdays(weekdays)
		s.formErrors(r, p, refused)
		return s.show(r, p)
	}
}

// chosenPlaces is what a class form has selected.
type chosenPlaces struct{ typeID, location, room, instructor, substitute int64 }

// weekdays are the days of a series, Monday first.
func (v voice) weekdays(chosen []string) (list []templates.Option) {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for i := range 7 {
		list = append(list, templates.Option{
			ID: int64(i + 1), Name: v.lang.Weekday(monday.AddDate(0, 0, i)), Selected: slices.Contains(chosen, strconv.Itoa(i+1)),
		})
	}
	return list
}

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
var classFields = []formField{
	{"title", "title", "class_form.title"},
	{"type", "type", "class_form.type"},
	{"location", "location", "class_form.location"},
	{"room", "room", "class_form.room"},
	{"instructor", "instructor", "class_form.instructor"},
	{"substitute", "substitute", "class_form.substitute"},
	{"date", "date", "class_form.date"},
	{"time", "time", "class_form.time"},
	{"minutes", "minutes", "class_form.minutes"},
	{"capacity", "capacity", "class_form.capacity"},
	{"cost", "cost", "class_form.cost"},
	{"free_cancel_hours", "free_cancel_hours", "class_form.free_cancel"},
	{"opens_before_hours", "opens_before_hours", "class_form.opens"},
	{"closes_before_minutes", "closes_before_minutes", "class_form.closes"},
	{"waitlist_mode", "waitlist_mode", "class_form.mode"},
	{"waitlist_size", "waitlist_size", "class_form.size"},
	{"waitlist_closes_minutes", "waitlist_closes_minutes", "class_form.waitlist_closes"},
	{"every_weeks", "every_weeks", "class_form.every_weeks"},
	{"weekdays", "weekdays", "class_form.weekdays"},
	{"until", "until", "class_form.until"},
	{"count", "count", "class_form.count"},
	{"note", "note", "class_form.note"},
}

func (s *Server) formErrors(r *request, p *templates.ClassFormPage, refused *booking.Error) {
	p.Problems, p.Errors = s.voice(r).problems(refused, classFields)
	switch {
	case refused == nil:
	case refused.Code == booking.RoomTaken, refused.Code == booking.InstructorTaken:
		p.ConfirmConflict = true
	case refused.Field == "", refused.Field == "version":
		p.Notice = templates.Notice{Kind: "refused", Text: s.sentence(r, refused)}
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

func (s *Server) showMembers(r *request, view func() *templates.MembersPage) func() error {
	return func() error { return s.show(r, view()) }
}

func (s *Server) membersView(r *request, q booking.DirectoryQuery, page, total int, found []booking.Member, refused *booking.Error) func() *templates.MembersPage {
	return func() *templates.MembersPage {
		v := s.voice(r)
		counted := booking.CountLimit
		if q.Search != "" {
			counted = page * membersPerPage
		}
		p := &templates.MembersPage{
			Layout: s.layoutOf(r, "members", "", booking.Mine{}), Query: q.Search, Total: min(total, counted), More: total > counted, New: s.newMember(r, refused),
			Who: []templates.Choice{
				{Value: "", Name: v.say("text.everybody")}, {Value: "members", Name: v.say("text.members")}, {Value: "staff", Name: v.say("text.staff")}, {Value: "suspended", Name: v.say("text.suspended")},
			},
			Sort: []templates.Choice{{Value: "", Name: v.say("text.by_name")}, {Value: "newest", Name: v.say("text.by_age")}, {Value: "number", Name: v.say("text.by_number")}},
		}
		for i := range p.Who {
			p.Who[i].Selected = p.Who[i].Value == q.Who
		}
		for i := range p.Sort {
			p.Sort[i].Selected = p.Sort[i].Value == q.Sort
		}
		for _, m := range found {
			p.Rows = append(p.Rows, v.memberRow(m))
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

func (s *Server) memberView(r *request, p profileData, n notice, refused *booking.Error) templates.Member {
	t := s.voice(r).member(r.actor, p)
	t.Notice, t.Recurring, t.Note = n.view(), p.recurring, p.member.Note
	t.Groups = s.profileGroups(r, p, refused)
	chosen := (&form{values: r.form.values}).ids("type")
	for _, one := range p.types {
		t.Grant.Types = append(t.Grant.Types, templates.Option{ID: one.ID, Name: one.Name, Selected: slices.Contains(chosen, one.ID)})
	}
	if r.studio.Recurring && t.MayCancel {
		markRecurring(p.upcoming, func(i int) { t.Upcoming[i].Recurs, t.Upcoming[i].ForMember = true, p.member.ID })
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
			t.Grant.Problems, t.Grant.Errors = s.voice(r).problems(refused, grantFields)
		}
		if t.Grant.Problems == nil {
			t.Notice = s.refusedNotice(r, refused).view()
		}
	}
	return t
}

var grantFields = []formField{
	{"name", "grant-name", "member.grant_name"},
	{"quantity", "grant-quantity", "member.grant_quantity"},
	{"valid_from", "grant-valid_from", "member.grant_from"},
	{"expires", "grant-expires", "member.grant_expires"},
	{"note", "grant-note", "member.grant_note"},
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
