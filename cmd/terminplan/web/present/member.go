package present

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Profile is the data on the profile of one person.
type Profile struct {
	Member    booking.Member
	Sharing   []booking.PersonName // others whose messages go to the same address
	Upcoming  []booking.BookedClass
	Past      []booking.BookedClass
	Waiting   []booking.WaitingClass
	Credits   booking.Credits
	Recurring []booking.Recurring
	Periodics []booking.Periodic
	Types     []booking.ClassType
	Packs     []booking.Pack          // that can be granted
	Templates []booking.GrantTemplate // the usual grants, while there are no packs
	Access    booking.AccountAccess
	Events    *FoundEvents // of the tab with the history

	NoShows, LateCancels int
}

// MemberTab is a part of a profile with its own address.
type MemberTab string

// The tabs of a profile.
const (
	TabOverview MemberTab = "overview"
	TabTraining MemberTab = "training"
	TabCredits  MemberTab = "credits"
	TabAccess   MemberTab = "access"
	TabHistory  MemberTab = "history"
)

var memberTabs = []MemberTab{TabOverview, TabTraining, TabCredits, TabAccess, TabHistory}

// MemberTabPath is the address of a tab of a profile.
func MemberTabPath(id int64, tab MemberTab) string {
	if tab == TabOverview {
		return MemberPath(id)
	}
	return MemberPath(id) + "/" + string(tab)
}

// Role returns the name of a staff role; empty for members.
func (pr Presenter) Role(r booking.Role) string {
	if r == booking.RoleMember {
		return ""
	}
	return pr.Text("role." + string(r))
}

var grantFields = []Field{
	{Name: "name", ID: "grant-name", Label: "member.grant_name"},
	{Name: "quantity", ID: "grant-quantity", Label: "member.grant_quantity"},
	{Name: "valid_from", ID: "grant-valid_from", Label: "member.grant_from"},
	{Name: "expires", ID: "grant-expires", Label: "member.grant_expires"},
	{Name: "note", ID: "grant-note", Label: "member.grant_note"},
}

// RefusedMember returns the profile after a refusal, with the reason at its field or above the
// forms. grant is true if the form of a grant was sent; the other forms contain their name.
func (pr Presenter) RefusedMember(
	studio booking.Studio, a booking.Actor, p Profile, tab MemberTab, grant bool, sent Sent,
) templates.Member {
	t := pr.Member(studio, a, p, tab, templates.Notice{})
	t.Groups = pr.profileGroups(a, p, tab, sent)
	if tab == TabAccess {
		t.Erasure = pr.erasure(a, p.Member, sent)
	}
	if grant {
		typed, chosen := sent.Values, sent.ids("type")
		t.Grant.Name, t.Grant.Quantity, t.Grant.Note = typed.Get("name"), typed.Get("quantity"), typed.Get("note")
		t.Grant.ValidFrom, t.Grant.Expires = typed.Get("valid_from"), typed.Get("expires")
		for i := range t.Grant.Types {
			t.Grant.Types[i].Selected = slices.Contains(chosen, t.Grant.Types[i].ID)
		}
		t.Grant.Problems, t.Grant.Errors = pr.Problems(sent.Refused, grantFields)
	}
	if t.Grant.Problems == nil && (sent.Refused.Field == "" || sent.Values.Get("form") == "") {
		t.Notice = pr.refused(sent.Refused)
	}
	return t
}

// overviewRows is the number of bookings on the first tab of a profile.
const overviewRows = 3

// Member returns a tab of the profile of a person as the staff sees it. The profile needs the
// data of this tab only.
func (pr Presenter) Member(studio booking.Studio, a booking.Actor, p Profile, tab MemberTab, n templates.Notice) templates.Member {
	m := p.Member
	t := templates.Member{
		ID: m.ID, Name: m.Name, Initials: initials(m.Name), Email: m.Email + m.SharedEmail,
		Phone: m.Phone, PhoneDigits: phoneDigits(m.Phone),
		Number: m.Number,
		Role:   pr.Role(m.Role), Suspended: m.State == booking.PersonSuspended, Balance: m.Balance, Tab: string(tab), Note: m.Note,
		MayCancel: a.Can(booking.EditParticipants), MayGrant: a.Can(booking.GrantCredits),
		MaySuspend: a.Can(booking.EditMembers) && m.Role == booking.RoleMember,
		Path:       MemberTabPath(m.ID, tab), Notice: n, Key: pr.NewKey(), Groups: pr.profileGroups(a, p, tab, Sent{}),
	}
	var sharing []string
	for _, n := range p.Sharing {
		sharing = append(sharing, n.Name())
	}
	t.SharedWith = strings.Join(sharing, ", ")
	if !m.EmailFailedAt.IsZero() {
		t.EmailFailed = pr.DateTime(m.EmailFailedAt)
	}
	for _, one := range memberTabs {
		t.Tabs = append(t.Tabs, templates.Tab{
			ID: string(one), Name: pr.Text("tab.member_" + string(one)), URL: MemberTabPath(m.ID, one), Current: one == tab,
		})
	}
	switch tab {
	case TabOverview:
		t.AttendanceRecord = strings.Join(pr.attendanceRecord(p.NoShows, p.LateCancels), " · ")
		shown := p.Upcoming[:min(overviewRows, len(p.Upcoming))]
		t.Upcoming, t.More = pr.memberBookings(shown, m.ID, false), len(p.Upcoming)-len(shown)
		t.Credits = pr.Credits(p.Credits, true)
	case TabTraining:
		pr.addTraining(&t, studio, a, p)
	case TabCredits:
		t.Credits, t.Templates = pr.Credits(p.Credits, true), append(pr.packButtons(p), pr.grantTemplates(p)...)
		t.Grant.Bounds = grantBounds
		for _, one := range p.Types {
			t.Grant.Types = append(t.Grant.Types, templates.Option{ID: one.ID, Name: one.Name})
		}
	case TabAccess:
		t.Access, t.Erasure = pr.access(p.Access), pr.erasure(a, m, Sent{})
	case TabHistory:
		h := pr.history(*p.Events)
		t.History = &h
	}
	return t
}

func (pr Presenter) memberBookings(list []booking.BookedClass, member int64, mayCancel bool) (rows []templates.BookedRow) {
	for _, b := range list {
		row := pr.BookedRow(b, mayCancel)
		row.ForMember = member
		rows = append(rows, row)
	}
	return rows
}

func (pr Presenter) addTraining(t *templates.Member, studio booking.Studio, a booking.Actor, p Profile) {
	t.Upcoming, t.Recurring = pr.memberBookings(p.Upcoming, t.ID, t.MayCancel), pr.recurringItems(p.Recurring)
	if studio.Recurring && t.MayCancel {
		markRecurring(p.Upcoming, func(i int) { t.Upcoming[i].Recurs = true })
	}
	for _, w := range p.Waiting {
		row := pr.waitRow(w)
		row.ForMember = t.ID
		t.Waiting = append(t.Waiting, row)
	}
	t.Past = pr.memberBookings(p.Past, t.ID, false)
	for i, b := range p.Past {
		t.Past[i].Forgive = a.Can(booking.RefundAnyway) && b.Booking.State == booking.StateLateCancelled && b.Booking.Cost > 0
	}
}

// grantTemplates returns the usual grants, each as a form of one button.
func (pr Presenter) grantTemplates(p Profile) (list []templates.GrantTemplate) {
	for i, g := range p.Templates {
		var text strings.Builder
		text.WriteString(g.Name + " · " + pr.Text("credits", "N", g.Quantity))
		one := templates.GrantTemplate{ID: "usual-" + strconv.Itoa(i+1), Key: pr.NewKey(), Fields: []templates.Hidden{
			{Name: "name", Value: g.Name}, {Name: "quantity", Value: strconv.Itoa(g.Quantity)},
		}}
		today := booking.CalendarDay(pr.Now, pr.Zone)
		last := today.AddDate(0, g.Months, g.Days)
		switch {
		case g.Months > 0:
			text.WriteString(" · " + pr.Text("text.months", "N", g.Months))
		case g.Days > 0:
			text.WriteString(" · " + pr.Text("text.days", "N", g.Days))
		}
		if g.Months+g.Days > 0 {
			one.Fields = append(one.Fields, templates.Hidden{Name: "expires", Value: last.Format(time.DateOnly)})
		}
		for _, id := range g.TypeIDs {
			one.Fields = append(one.Fields, templates.Hidden{Name: "type", Value: strconv.FormatInt(id, 10)})
			for _, t := range p.Types {
				if t.ID == id {
					text.WriteString(" · " + t.Name)
				}
			}
		}
		one.Text = text.String()
		list = append(list, one)
	}
	return list
}

// access says how a person gets into the account.
func (pr Presenter) access(x booking.AccountAccess) (said []string) {
	switch {
	case !x.InvitedUntil.IsZero():
		said = append(said, pr.Text("text.access_invited", "Until", pr.DateTime(x.InvitedUntil)))
	case !x.HasPassword:
		said = append(said, pr.Text("text.access_none"))
	}
	if x.HasPassword {
		said = append(said, pr.Text("text.access_password"))
	}
	if x.Sessions > 0 {
		said = append(said, pr.Text("text.access_sessions", "N", x.Sessions, "Used", pr.DateTime(x.UsedAt)))
	}
	return said
}

// phoneDigits returns a number as a link that calls needs it.
func phoneDigits(phone string) string {
	return strings.Map(func(c rune) rune {
		if c == '+' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, phone)
}

// profileGroups returns the forms on a tab of a profile that the actor may send.
func (pr Presenter) profileGroups(a booking.Actor, p Profile, tab MemberTab, sent Sent) (groups []templates.FormGroup) {
	m := p.Member
	at := MemberPath(m.ID)
	add := func(heading, help string, forms ...templates.Form) {
		g := templates.FormGroup{ID: heading, Heading: pr.Text("tab." + heading), Forms: forms}
		if help != "" {
			g.Help = pr.Text("field." + help)
		}
		groups = append(groups, g)
	}
	switch mayEdit := mayEditAccount(a, m); {
	case tab == TabCredits && a.Can(booking.GrantCredits):
		add("periodic", "periodic_help", pr.periodicForms(at, p.Periodics, sent)...)
		if forms := pr.correctionForms(a, at, p.Credits.Grants, sent); len(forms) > 0 {
			add("corrections", "", forms...)
		}
	case tab == TabOverview && mayEdit:
		b := pr.newForm("facts", at+"/edit", pr.Text("field.edit_facts"), sent)
		b.text("given_name", m.GivenName, "")
		b.text("family_name", m.FamilyName, "")
		b.text("email", m.Email+m.SharedEmail, "")
		b.confirmShared()
		b.text("phone", m.Phone, "")
		b.text("number", m.Number, "")
		b.choose("language", m.Language, "", pr.Text("language.browser"), "de", "Deutsch", "en", "English")
		b.form.Fields[len(b.form.Fields)-1].Label = pr.Text("profile.language") // the language field of the studio has another label
		b.area("note", m.Note)
		b.askPassword()
		add("facts", "", b.done())
	case tab == TabAccess && mayEdit:
		if m.State == booking.PersonActive {
			b := pr.newForm("invite", at+"/invitation", "", sent)
			b.form.Submit = pr.Text("field.invite")
			b.askPassword()
			add("invitation", "invite_help", b.done())
		}
		if m.ID != a.ID && a.Can(booking.EditRoles) && (p.Access.Passkeys > 0 || p.Access.App) {
			b := pr.newForm("reset-factor", at+"/second-factor/reset", "", sent)
			b.form.Submit, b.form.Danger = pr.Text("field.reset_factor"), true
			b.askPassword()
			add("second_factor", "reset_factor_help", b.done())
		}
		if m.ID != a.ID && a.Can(booking.EditRoles) {
			groups = append(groups, pr.roleGroup(p.Member, sent))
		}
	}
	return groups
}

func (pr Presenter) correctionForms(a booking.Actor, at string, grants []booking.Grant, sent Sent) (forms []templates.Form) {
	if !a.Can(booking.CorrectCredits) {
		return nil
	}
	for _, g := range grants {
		id := strconv.FormatInt(g.ID, 10)
		b := pr.newForm("correct-"+id, at+"/corrections", pr.Text("field.correct", "Name", g.Name, "N", g.Remaining), sent)
		b.hidden("grant", id)
		b.hidden("key", pr.NewKey())
		b.number("amount", -1, "amount_help")
		b.text("reason", "", "")
		forms = append(forms, b.done())
	}
	return forms
}

// mayEditAccount reports whether the actor may change the account; only EditRoles may change
// those of staff.
func mayEditAccount(a booking.Actor, m booking.Member) bool {
	return a.Can(booking.EditMembers) && (!m.Role.Staff() || a.Can(booking.EditRoles))
}

// erasure returns the form that erases the personal data, if the actor may send it.
func (pr Presenter) erasure(a booking.Actor, m booking.Member, sent Sent) []templates.FormGroup {
	if !mayEditAccount(a, m) || m.ID == a.ID {
		return nil
	}
	b := pr.newForm("erase", MemberPath(m.ID)+"/erasure", pr.Text("field.erase_title"), sent)
	b.toggle("confirm", false, "erase_help")
	b.form.Submit, b.form.Danger = pr.Text("field.erase"), true
	return []templates.FormGroup{{ID: "erasure", Heading: pr.Text("tab.erasure"), Forms: []templates.Form{b.done()}}}
}

// roleGroup returns the form for the role of a person.
func (pr Presenter) roleGroup(m booking.Member, sent Sent) templates.FormGroup {
	b := pr.newForm("role", MemberPath(m.ID)+"/role", "", sent)
	var roles []string
	for _, role := range []booking.Role{
		booking.RoleMember, booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner,
	} {
		roles = append(roles, string(role), pr.Text("role."+string(role)))
	}
	b.choose("role", string(m.Role), roles...)
	b.askPassword()
	b.form.Submit = pr.Text("field.role_go")
	return templates.FormGroup{
		ID: "role", Heading: pr.Text("tab.role"), Help: pr.Text("field.role_help"), Forms: []templates.Form{b.done()},
	}
}

func (pr Presenter) periodicForms(at string, list []booking.Periodic, sent Sent) (forms []templates.Form) {
	for _, p := range list {
		key := "field.each_week"
		if p.Every == "month" {
			key = "field.each_month"
		}
		id := strconv.FormatInt(p.ID, 10)
		b := pr.newForm("periodic-"+id, "/periodic/"+id+"/ending", pr.Text(key, "Name", p.Name, "N", p.Quantity), sent)
		b.form.Submit = pr.Text("field.periodic_end")
		forms = append(forms, b.done())
	}
	b := pr.newForm("periodic", at+"/periodic", pr.Text("field.new_periodic"), sent)
	b.text("name", "", "")
	b.number("quantity", 4, "")
	b.choose("every", "month", "week", pr.Text("field.week"), "month", pr.Text("field.month"))
	b.date("starts_on", pr.Now.In(pr.Zone).Format(time.DateOnly))
	b.date("ends_on", "")
	b.number("valid_days", 31, "valid_help")
	return append(forms, b.done())
}
