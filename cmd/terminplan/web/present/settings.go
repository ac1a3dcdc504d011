package present

import (
	"slices"
	"strconv"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// SettingsData is what the list of settings summarizes.
type SettingsData struct {
	Lists booking.StudioLists
	Zones []string // to choose from; only the page of the studio needs them
	Team  []booking.Member

	WithFactor map[int64]bool // people of the team with a second factor; nil: the actor may not know
}

// settingsPages are the pages of the settings in their order.
var settingsPages = []struct{ id, icon, url string }{
	{"studio", "door", "/settings/studio"},
	{"booking", "undo", "/settings/booking"},
	{"waitlist", "queue", "/settings/waitlist"},
	{"night", "moon", "/settings/night"},
	{"class_types", "lotus", "/settings/class-types"},
	{"rooms", "pin", "/settings/places"},
	{"packs", "coin", "/settings/packs"},
	{"holidays", "sun", "/settings/holidays"},
	{"reasons", "list", "/settings/reasons"},
	{"accounts", "door", "/settings/accounts"},
	{"roles", "people", "/settings/roles"},
	{"public", "share", "/settings/public"},
	{"board", "board", "/settings/board"},
	{"data", "copy", "/settings/data"},
	{"channels", "bell", "/settings/channels"},
	{"history", "clock", "/settings/history"},
}

// SettingsURL is the address of a page of the settings.
func SettingsURL(id string) string {
	for _, p := range settingsPages {
		if p.id == id {
			return p.url
		}
	}
	return "/settings"
}

func (pr Presenter) settingsPage(f Frame, id string, d SettingsData, sent Sent) *templates.SettingsPage {
	f.Active = "settings"
	if sent.Refused != nil && sent.Refused.Field == "" {
		f.Notice = pr.refused(sent.Refused)
	}
	p := &templates.SettingsPage{ID: id, Title: pr.Text("tab." + id), Nav: pr.settingsNav(f.Studio, id, d)}
	if f.Notice.Text == pr.Text("receipt.saved") {
		p.Said, f.Notice = pr.Text("text.saved"), templates.Notice{}
	}
	p.Layout = pr.Layout(f)
	return p
}

func (pr Presenter) settingsNav(st booking.Studio, current string, d SettingsData) (nav []templates.SettingsLink) {
	for _, page := range settingsPages {
		nav = append(nav, templates.SettingsLink{
			ID: page.id, Icon: page.icon, Name: pr.Text("tab." + page.id), URL: page.url, Current: page.id == current,
			Now: pr.settingNow(page.id, st, d),
		})
	}
	return nav
}

// SettingNow returns the entry of a page of sentences in the list, after a setting was saved.
func (pr Presenter) SettingNow(id string, st booking.Studio) templates.SettingsLink {
	return templates.SettingsLink{ID: id, Now: pr.settingNow(id, st, SettingsData{})}
}

// settingNow is the present value of a page in a few words.
func (pr Presenter) settingNow(id string, st booking.Studio, d SettingsData) string {
	used := func(n int) string { return strconv.Itoa(n) }
	switch id {
	case "studio":
		return st.Name
	case "booking":
		return pr.Text("text.now_booking", "N", Hours(st.FreeCancel))
	case "waitlist":
		if st.WaitlistMode == booking.ModeOffer {
			return pr.Text("text.now_offer", "N", Minutes(st.OfferFor))
		}
		return pr.Text("text.value_waitlist_mode_" + string(st.WaitlistMode))
	case "night":
		if st.Night.On {
			return pr.Text("text.now_rest", "From", booking.ClockText(st.Night.From), "Until", booking.ClockText(st.Night.Until))
		}
		return pr.Text("text.now_no_rest")
	case "accounts":
		return pr.Text("text.now_registration_" + string(st.Registration))
	case "class_types":
		return used(countActive(d.Lists.Types, func(t booking.ClassTypeSettings) bool { return t.Active }))
	case "rooms":
		return used(countActive(d.Lists.Rooms, func(l booking.LocationSettings) bool { return l.Active }))
	case "packs":
		return used(countActive(d.Lists.Packs, func(p booking.Pack) bool { return p.Active }))
	case "holidays":
		year := pr.Now.In(pr.Zone).Year()
		n := countActive(d.Lists.Holidays, func(h booking.Holiday) bool { return h.Day.Year() == year })
		return pr.Text("text.now_holidays", "Year", year, "N", n)
	case "reasons":
		return used(countActive(d.Lists.Reasons, func(r booking.ReasonSettings) bool { return r.Active }))
	case "public":
		if st.Public {
			return pr.Text("text.now_public_on")
		}
		return pr.Text("text.now_public_off")
	case "board":
		if st.Board.On {
			return pr.Text("text.now_board_on")
		}
		return pr.Text("text.now_board_off")
	case "roles":
		return pr.Text("members.total", "N", len(d.Team))
	}
	return ""
}

func countActive[T any](list []T, active func(T) bool) (n int) {
	for _, x := range list {
		if active(x) {
			n++
		}
	}
	return n
}

// SettingsHistory returns the page with the changes of settings, lists and roles.
func (pr Presenter) SettingsHistory(f Frame, d SettingsData, found FoundEvents) *templates.SettingsPage {
	p := pr.settingsPage(f, "history", d, Sent{})
	h := pr.history(found)
	p.History = &h
	return p
}

// StaffRoles are the roles in the table of permissions.
var StaffRoles = []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner}

// Rights returns the page with the staff and the table of roles and permissions.
func (pr Presenter) Rights(f Frame, d SettingsData) *templates.SettingsPage {
	p := pr.settingsPage(f, "roles", d, Sent{})
	team := &templates.Team{}
	names := pr.TellApart(namesOf(d.Team, booking.Member.PersonName))
	for _, m := range d.Team {
		one := templates.TeamMember{
			ID: m.ID, Name: names.Listed(m.PersonName()), Initials: initials(m.Name), Role: pr.Role(m.Role),
		}
		switch {
		case d.WithFactor == nil:
		case d.WithFactor[m.ID]:
			one.Factor = pr.Text("text.with_factor")
		default:
			one.Factor = pr.Text("text.without_factor")
		}
		team.People = append(team.People, one)
	}
	for _, role := range StaffRoles {
		team.Roles = append(team.Roles, pr.Text("role."+string(role)))
	}
	for _, permission := range booking.Permissions() {
		right := templates.Right{Name: pr.Text("right." + permission.String())}
		for _, role := range StaffRoles {
			right.May = append(right.May, role.Can(permission))
		}
		team.Rights = append(team.Rights, right)
	}
	p.Team = team
	return p
}

// differing counts the class types whose rules are not those of the studio.
func differing(types []booking.ClassTypeSettings) int {
	return countActive(types, func(t booking.ClassTypeSettings) bool {
		return t.Active && (t.Online != nil || t.FreeCancel != nil || t.OpensBefore != nil || t.ClosesBefore != nil ||
			t.WaitlistMode != nil || t.WaitlistSize != nil || t.WaitlistCloses != nil)
	})
}

// SettingsOf returns a page of sentences; index is true for the list of settings, which shows
// the first page beside it.
func (pr Presenter) SettingsOf(f Frame, id string, index bool, d SettingsData, sent Sent) *templates.SettingsPage {
	p := pr.settingsPage(f, id, d, sent)
	p.Index = index
	switch id {
	case "booking":
		p.Lead, p.Differing = pr.Text("text.rules_lead"), differing(d.Lists.Types)
	case "waitlist":
		p.Lead = pr.Text("text.waitlist_lead")
	case "night":
		p.Lead = pr.Text("text.night_lead")
	case "public":
		p.Lead = pr.Text("text.public_lead")
		ways := pr.PublicWays(f.Studio)
		p.Public = &ways
	case "accounts":
		p.Lead = pr.Text("text.accounts_lead")
	}
	form := &templates.Sentences{ID: id, Version: strconv.FormatInt(f.Studio.Version, 10), Figure: pr.Figure(id, f.Studio)}
	for _, rule := range sentences[id] {
		one := pr.Sentence(rule.field, f.Studio, d.Zones, sent)
		if one.Error != "" {
			form.Problems = append(form.Problems, templates.Problem{ID: one.ID, Label: strings.TrimSuffix(one.Label, "."), Text: one.Error})
		}
		form.List = append(form.List, one)
	}
	if sent.Refused != nil {
		for _, e := range sent.Refused.All() {
			if e.Field != "" && !slices.ContainsFunc(form.List, func(s templates.Sentence) bool { return s.Field == e.Field }) {
				form.Problems = append(form.Problems, templates.Problem{Text: pr.Refusal(e)})
			}
		}
	}
	p.Sentences = form
	return p
}
