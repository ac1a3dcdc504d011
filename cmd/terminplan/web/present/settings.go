package present

import (
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The pages of the settings consist of forms. A refused form shows the typed values.

var settingsTabs = []struct{ id, url string }{
	{"general", "/settings"},
	{"reasons", "/settings/reasons"},
	{"class_types", "/settings/class-types"},
	{"rooms", "/settings/places"},
	{"holidays", "/settings/holidays"},
	{"roles", "/settings/roles"},
	{"history", "/settings/history"},
}

func (pr Presenter) settingsPage(f Frame, tab string, sent Sent) *templates.SettingsPage {
	f.Active = "settings"
	if sent.Refused != nil && sent.Refused.Field == "" {
		f.Notice = pr.refused(sent.Refused)
	}
	p := &templates.SettingsPage{Layout: pr.Layout(f), Title: pr.Text("tab." + tab)}
	for _, t := range settingsTabs {
		p.Tabs = append(p.Tabs, templates.Tab{ID: t.id, Name: pr.Text("tab." + t.id), URL: t.url, Current: t.id == tab})
	}
	return p
}

// SettingsList returns the page of one of the studio's lists.
func (pr Presenter) SettingsList(f Frame, tab string, c booking.StudioLists, sent Sent) *templates.SettingsPage {
	p := pr.settingsPage(f, tab, sent)
	switch tab {
	case "reasons":
		p.Groups = pr.reasonForms(c, sent)
	case "class_types":
		p.Groups = pr.typeForms(c, sent)
	case "rooms":
		p.Groups = pr.placeForms(c, sent)
	case "holidays":
		p.Groups = pr.holidayForms(c, sent)
	}
	return p
}

// SettingsHistory returns the page with the changes of settings, lists and roles. older is the
// URL of earlier changes; empty: there are none.
func (pr Presenter) SettingsHistory(f Frame, list []booking.Event, older string) *templates.SettingsPage {
	p := pr.settingsPage(f, "history", Sent{})
	p.Events, p.Older = pr.events(list), older
	return p
}

// StaffRoles are the roles in the table of permissions.
var StaffRoles = []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner}

// Rights returns the page with the table of roles and permissions.
func (pr Presenter) Rights(f Frame) *templates.SettingsPage {
	page := pr.settingsPage(f, "roles", Sent{})
	for _, role := range StaffRoles {
		page.Roles = append(page.Roles, pr.Text("role."+string(role)))
	}
	for _, p := range booking.Permissions() {
		right := templates.Right{Name: pr.Text("right." + p.String())}
		for _, role := range StaffRoles {
			right.May = append(right.May, role.Can(p))
		}
		page.Rights = append(page.Rights, right)
	}
	return page
}

// Settings returns the page with the facts and the rules of the studio.
// zones are the time zones to choose from.
func (pr Presenter) Settings(f Frame, zones []string, sent Sent) *templates.SettingsPage {
	p, st := pr.settingsPage(f, "general", sent), f.Studio
	version := strconv.FormatInt(st.Version, 10)
	b := pr.newForm("studio", "/settings", "", sent)
	b.hidden("version", version)
	b.text("name", st.Name, "")
	b.text("zone", st.Zone.String(), "zone_help")
	b.form.Fields[len(b.form.Fields)-1].List = zones
	b.choose("language", st.Language, "de", "Deutsch", "en", "English")
	languages := "both"
	if len(st.Languages) == 1 {
		languages = st.Languages[0]
	}
	b.choose("languages", languages, "both", pr.Text("field.languages_both"), "de", "Deutsch", "en", "English")
	b.choose(
		"seat_counts", string(st.SeatCounts), "exact", pr.Text("field.counts_exact"), "few", pr.Text("field.counts_few"),
		"hidden", pr.Text("field.counts_hidden"),
	)
	p.Groups = append(p.Groups, templates.FormGroup{Heading: pr.Text("tab.studio"), Forms: []templates.Form{b.done()}})
	b = pr.newForm("rules", "/settings", "", sent)
	b.hidden("version", version)
	b.number("free_cancel_hours", Hours(st.FreeCancel), "")
	b.number("opens_before_hours", Hours(st.OpensBefore), "opens_help")
	b.number("closes_before_minutes", Minutes(st.ClosesBefore), "")
	b.choose("waitlist_mode", string(st.WaitlistMode), pr.waitlistModes()...)
	b.number("waitlist_size", st.WaitlistSize, "size_help")
	b.number("waitlist_closes_minutes", Minutes(st.WaitlistCloses), "")
	b.number("offer_minutes", Minutes(st.OfferFor), "")
	b.number("reserve_minutes", Minutes(st.ReserveFor), "reserve_help")
	b.number("give_back_minutes", Minutes(st.GiveBackFor), "")
	b.number("undo_minutes", Minutes(st.UndoFor), "undo_help")
	b.number("max_open", st.MaxOpen, "limit_help")
	b.number("max_per_day", st.MaxPerDay, "limit_help")
	b.number("max_per_week", st.MaxPerWeek, "limit_help")
	b.toggle("allow_overlap", st.AllowOverlap, "")
	b.toggle("recurring", st.Recurring, "recurring_help")
	b.number("horizon_days", Hours(st.Horizon)/24, "")
	rules := templates.FormGroup{Heading: pr.Text("tab.rules"), Help: pr.Text("field.rules_help"), Forms: []templates.Form{b.done()}}
	p.Groups = append(p.Groups, rules)
	return p
}

func (pr Presenter) reasonForms(c booking.StudioLists, sent Sent) []templates.FormGroup {
	one := func(x booking.ReasonSettings) templates.Form {
		title := x.Text[string(pr.Lang)]
		if x.ID == 0 {
			title = pr.Text("field.new_reason")
		}
		b := pr.newForm("reason-"+strconv.FormatInt(x.ID, 10), "/settings/reasons", title, sent)
		b.form.Quiet = !x.Active
		b.hidden("id", OptionalID(x.ID))
		b.text("text_de", x.Text["de"], "")
		b.text("text_en", x.Text["en"], "")
		b.choose(
			"audience", string(x.Audience), "both", pr.Text("field.audience_both"), "member", pr.Text("field.audience_member"), "staff",
			pr.Text("field.audience_staff"),
		)
		b.number("position", x.Position, "")
		b.toggle("needs_text", x.NeedsText, "")
		b.toggle("active", x.Active, "")
		return b.done()
	}
	g := templates.FormGroup{Heading: pr.Text("tab.reasons"), Help: pr.Text("field.reasons_help")}
	for _, x := range c.Reasons {
		g.Forms = append(g.Forms, one(x))
	}
	g.Forms = append(g.Forms, one(booking.ReasonSettings{Audience: booking.AudienceBoth, Active: true, Position: len(c.Reasons)}))
	return []templates.FormGroup{g}
}

// named returns pairs of value and text for the names of a list.
func (pr Presenter) named(key string, names []string) (pairs []string) {
	for _, name := range names {
		text := "–"
		if name != "" {
			text = pr.Text(key + name)
		}
		pairs = append(pairs, name, text)
	}
	return pairs
}

func (pr Presenter) typeForms(c booking.StudioLists, sent Sent) []templates.FormGroup {
	one := func(x booking.ClassTypeSettings) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = pr.Text("field.new_type")
		}
		b := pr.newForm("type-"+strconv.FormatInt(x.ID, 10), "/settings/class-types", title, sent)
		b.form.Quiet = !x.Active
		b.hidden("id", OptionalID(x.ID))
		b.text("name", x.Name, "")
		b.choose("hue", x.Hue, pr.named("field.hue_", booking.Hues)...)
		b.choose("glyph", x.Glyph, pr.named("field.glyph_", booking.Glyphs)...)
		b.number("position", x.Position, "")
		b.area("description", x.Description)
		b.optionalNumber("minutes", x.Minutes)
		b.optionalNumber("capacity", x.Capacity)
		b.optionalNumber("cost", x.Cost)
		online := ""
		if x.Online != nil {
			online = strconv.FormatBool(*x.Online)
		}
		b.choose("online", online, "", pr.Text("field.as_studio"), "true", pr.Text("field.yes"), "false", pr.Text("field.no"))
		b.optionalDuration("free_cancel_hours", x.FreeCancel, time.Hour)
		b.optionalDuration("opens_before_hours", x.OpensBefore, time.Hour)
		b.optionalDuration("closes_before_minutes", x.ClosesBefore, time.Minute)
		mode := ""
		if x.WaitlistMode != nil {
			mode = string(*x.WaitlistMode)
		}
		b.choose("waitlist_mode", mode, append([]string{"", pr.Text("field.as_studio")}, pr.waitlistModes()...)...)
		b.optionalNumber("waitlist_size", x.WaitlistSize)
		b.optionalDuration("waitlist_closes_minutes", x.WaitlistCloses, time.Minute)
		b.toggle("active", x.Active, "")
		return b.done()
	}
	g := templates.FormGroup{Heading: pr.Text("tab.class_types"), Help: pr.Text("field.types_help")}
	for _, x := range c.Types {
		g.Forms = append(g.Forms, one(x))
	}
	g.Forms = append(g.Forms, one(booking.ClassTypeSettings{Active: true, Position: len(c.Types)}))
	return []templates.FormGroup{g}
}

func (pr Presenter) placeForms(c booking.StudioLists, sent Sent) []templates.FormGroup {
	houses := []string{"", "–"}
	for _, l := range c.Locations {
		houses = append(houses, strconv.FormatInt(l.ID, 10), l.Name)
	}
	one := func(kind string, x booking.LocationSettings) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = pr.Text(map[string]string{"room": "field.new_room", "location": "field.new_location"}[kind])
		}
		b := pr.newForm(kind+"-"+strconv.FormatInt(x.ID, 10), "/settings/"+kind+"s", title, sent)
		b.form.Quiet = !x.Active
		b.hidden("id", OptionalID(x.ID))
		b.text("name", x.Name, "")
		if kind == "room" {
			b.choose("location", OptionalID(x.LocationID), houses...)
		} else {
			b.text("address", x.Address, "")
		}
		b.number("position", x.Position, "")
		b.toggle("active", x.Active, "")
		return b.done()
	}
	group := func(kind, heading, help string, list []booking.LocationSettings) templates.FormGroup {
		g := templates.FormGroup{Heading: heading, Help: help}
		for _, x := range append(list, booking.LocationSettings{Active: true, Position: len(list)}) {
			g.Forms = append(g.Forms, one(kind, x))
		}
		return g
	}
	return []templates.FormGroup{
		group("room", pr.Text("tab.rooms"), "", c.Rooms),
		group("location", pr.Text("tab.locations"), pr.Text("field.locations_help"), c.Locations),
	}
}

func (pr Presenter) holidayForms(c booking.StudioLists, sent Sent) []templates.FormGroup {
	g := templates.FormGroup{Heading: pr.Text("tab.holidays"), Help: pr.Text("field.holidays_help")}
	for _, h := range c.Holidays {
		day := h.Day.Format(time.DateOnly)
		b := pr.newForm("holiday-"+day, "/settings/holidays", pr.Lang.DayShort(h.Day)+" "+h.Day.Format("2006")+" · "+h.Name, sent)
		b.hidden("day", day)
		b.text("holiday_name", h.Name, "holiday_empty")
		g.Forms = append(g.Forms, b.done())
	}
	b := pr.newForm("holiday-new", "/settings/holidays", pr.Text("field.new_holiday"), sent)
	b.date("day", "")
	b.text("holiday_name", "", "")
	g.Forms = append(g.Forms, b.done())
	return []templates.FormGroup{g}
}

// OptionalID formats an id; 0 becomes the empty string.
func OptionalID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
