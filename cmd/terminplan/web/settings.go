package web

import (
	"cmp"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// The settings and lists of the studio. Each page consists of forms. A form posts to the
// address of its page and is displayed again with the typed values if it is refused.

type settingsJSON struct {
	Name                  string               `json:"name"`
	Zone                  string               `json:"zone"`
	Language              string               `json:"language"`
	Languages             []string             `json:"languages"`
	SeatCounts            booking.SeatCounts   `json:"seat_counts"`
	Recurring             bool                 `json:"recurring"`
	HorizonDays           int                  `json:"horizon_days"`
	FreeCancelHours       int                  `json:"free_cancel_hours"`
	OpensBeforeHours      int                  `json:"opens_before_hours"`
	ClosesBeforeMinutes   int                  `json:"closes_before_minutes"`
	WaitlistMode          booking.WaitlistMode `json:"waitlist_mode"`
	WaitlistSize          int                  `json:"waitlist_size"`
	WaitlistClosesMinutes int                  `json:"waitlist_closes_minutes"`
	OfferMinutes          int                  `json:"offer_minutes"`
	ReserveMinutes        int                  `json:"reserve_minutes"`
	GiveBackMinutes       int                  `json:"give_back_minutes"`
	MaxOpen               int                  `json:"max_open"` // 0: any number, as the two that follow
	MaxPerDay             int                  `json:"max_per_day"`
	MaxPerWeek            int                  `json:"max_per_week"`
	AllowOverlap          bool                 `json:"allow_overlap"`
	Version               int64                `json:"version"`
}

func toSettingsJSON(s booking.Studio) settingsJSON {
	return settingsJSON{
		Name: s.Name, Zone: s.Zone.String(), Language: s.Language, Languages: s.Languages, SeatCounts: s.SeatCounts, Recurring: s.Recurring, HorizonDays: present.Hours(s.Horizon) / 24,
		FreeCancelHours: present.Hours(s.FreeCancel), OpensBeforeHours: present.Hours(s.OpensBefore), ClosesBeforeMinutes: present.Minutes(s.ClosesBefore),
		WaitlistMode: s.WaitlistMode, WaitlistSize: s.WaitlistSize, WaitlistClosesMinutes: present.Minutes(s.WaitlistCloses), OfferMinutes: present.Minutes(s.OfferFor),
		ReserveMinutes: present.Minutes(s.ReserveFor), GiveBackMinutes: present.Minutes(s.GiveBackFor), MaxOpen: s.MaxOpen, MaxPerDay: s.MaxPerDay, MaxPerWeek: s.MaxPerWeek,
		AllowOverlap: s.AllowOverlap, Version: s.Version,
	}
}

// settings shows the facts and rules of the studio.
func (s *Server) settings(r *request) (response, error) {
	return response{page: s.renderSettings(r, nil), json: toSettingsJSON(r.studio)}, nil
}

// readStudio reads the form. Facts that the form does not contain stay as they are. A
// switch that is off is not sent, so it is read only from the form that has it.
func readStudio(f *form, was booking.Studio) booking.Studio {
	now := was
	text := func(field string, value *string) {
		if f.values.Has(field) {
			*value = f.text(field, 100)
		}
	}
	lasting := func(field string, unit time.Duration, value *time.Duration) {
		if f.has(field) {
			*value = time.Duration(f.number(field, 0, int(365*24*time.Hour/unit), 0)) * unit
		}
	}
	now.Version = f.version()
	text("name", &now.Name)
	text("language", &now.Language)
	if zone := f.values.Get("zone"); f.values.Has("zone") {
		loaded, err := time.LoadLocation(zone)
		if err != nil || zone == "" || zone == "Local" {
			f.wrong("zone", "unknown")
		} else {
			now.Zone = loaded
		}
	}
	switch choice := f.values.Get("languages"); choice {
	case "":
	case "both":
		now.Languages = []string{"de", "en"}
	default:
		now.Languages = []string{choice}
	}
	now.SeatCounts = cmp.Or(booking.SeatCounts(f.values.Get("seat_counts")), was.SeatCounts)
	now.WaitlistMode = cmp.Or(booking.WaitlistMode(f.values.Get("waitlist_mode")), was.WaitlistMode)
	lasting("free_cancel_hours", time.Hour, &now.FreeCancel)
	lasting("opens_before_hours", time.Hour, &now.OpensBefore)
	lasting("closes_before_minutes", time.Minute, &now.ClosesBefore)
	lasting("waitlist_closes_minutes", time.Minute, &now.WaitlistCloses)
	lasting("offer_minutes", time.Minute, &now.OfferFor)
	lasting("reserve_minutes", time.Minute, &now.ReserveFor)
	lasting("give_back_minutes", time.Minute, &now.GiveBackFor)
	lasting("horizon_days", 24*time.Hour, &now.Horizon)
	now.WaitlistSize = f.number("waitlist_size", booking.NoLimit, 10_000, was.WaitlistSize)
	now.MaxOpen, now.MaxPerDay, now.MaxPerWeek = f.number("max_open", 0, 1000, was.MaxOpen), f.number("max_per_day", 0, 1000, was.MaxPerDay), f.number("max_per_week", 0, 1000, was.MaxPerWeek)
	if f.values.Get("form") == "rules" || f.values.Has("recurring") {
		now.Recurring = f.flag("recurring")
	}
	if f.values.Get("form") == "rules" || f.values.Has("allow_overlap") {
		now.AllowOverlap = f.flag("allow_overlap")
	}
	return now
}

func (s *Server) editSettings(r *request) (response, error) {
	now := readStudio(&r.form, r.studio)
	err := r.form.failed(now.Check)
	if err == nil && now.Version != r.studio.Version {
		err = refuse(booking.StaleSettings) // the facts that the form does not contain are of another version
	}
	if err == nil {
		err = s.engine.EditStudio(r.Request.Context(), r.actor, now)
	}
	if err != nil {
		return response{}, s.redisplaySettings(r, err, s.renderSettings(r, refusal(err)))
	}
	s.Live.UpdateSettings(now)
	now.Version++
	return response{redirect: "/settings", notice: s.receipt(r, "receipt.saved"), json: toSettingsJSON(now)}, nil
}

// redisplaySettings displays a page of forms again with the message at its field.
func (s *Server) redisplaySettings(r *request, refused error, page func() error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	return &redisplay{err: refused, page: page, part: page}
}

var settingsTabs = []struct{ id, url string }{
	{"general", "/settings"},
	{"reasons", "/settings/reasons"},
	{"class_types", "/settings/class-types"},
	{"places", "/settings/places"},
	{"holidays", "/settings/holidays"},
	{"roles", "/settings/roles"},
	{"history", "/settings/history"},
}

func (s *Server) settingsPage(r *request, tab string, refused *booking.Error) *templates.SettingsPage {
	pr := s.present(r)
	p := &templates.SettingsPage{Layout: s.layoutOf(r, "settings", "", booking.Personal{}), Title: pr.Text("tab." + tab)}
	for _, t := range settingsTabs {
		p.Tabs = append(p.Tabs, templates.Tab{ID: t.id, Name: pr.Text("tab." + t.id), URL: t.url, Current: t.id == tab})
	}
	if refused != nil && refused.Field == "" {
		p.Notice = s.refusedNotice(r, refused).view()
	}
	return p
}

func (s *Server) renderSettings(r *request, refused *booking.Error) func() error {
	return func() error {
		pr, st := s.present(r), r.studio
		p := s.settingsPage(r, "general", refused)
		version := strconv.FormatInt(st.Version, 10)
		b := s.newForm(r, "studio", "/settings", "", refused)
		b.hidden("version", version)
		b.text("name", st.Name, "")
		b.text("zone", st.Zone.String(), "zone_help")
		b.choose("language", st.Language, "de", "Deutsch", "en", "English")
		languages := "both"
		if len(st.Languages) == 1 {
			languages = st.Languages[0]
		}
		b.choose("languages", languages, "both", pr.Text("field.languages_both"), "de", "Deutsch", "en", "English")
		b.choose("seat_counts", string(st.SeatCounts), "exact", pr.Text("field.counts_exact"), "few", pr.Text("field.counts_few"), "hidden", pr.Text("field.counts_hidden"))
		p.Groups = append(p.Groups, templates.FormGroup{Heading: pr.Text("tab.studio"), Forms: []templates.Form{b.done()}})
		b = s.newForm(r, "rules", "/settings", "", refused)
		b.hidden("version", version)
		b.number("free_cancel_hours", present.Hours(st.FreeCancel), "")
		b.number("opens_before_hours", present.Hours(st.OpensBefore), "opens_help")
		b.number("closes_before_minutes", present.Minutes(st.ClosesBefore), "")
		b.choose("waitlist_mode", string(st.WaitlistMode), pr.WaitlistModes()...)
		b.number("waitlist_size", st.WaitlistSize, "size_help")
		b.number("waitlist_closes_minutes", present.Minutes(st.WaitlistCloses), "")
		b.number("offer_minutes", present.Minutes(st.OfferFor), "")
		b.number("reserve_minutes", present.Minutes(st.ReserveFor), "reserve_help")
		b.number("give_back_minutes", present.Minutes(st.GiveBackFor), "")
		b.number("max_open", st.MaxOpen, "limit_help")
		b.number("max_per_day", st.MaxPerDay, "limit_help")
		b.number("max_per_week", st.MaxPerWeek, "limit_help")
		b.toggle("allow_overlap", st.AllowOverlap, "")
		b.toggle("recurring", st.Recurring, "recurring_help")
		b.number("horizon_days", present.Hours(st.Horizon)/24, "")
		rules := templates.FormGroup{Heading: pr.Text("tab.rules"), Help: pr.Text("field.rules_help"), Forms: []templates.Form{b.done()}}
		p.Groups = append(p.Groups, rules)
		return s.renderPage(r, p)
	}
}

// rightsPage is the table of roles and permissions of the engine.
func (s *Server) rightsPage(r *request) (response, error) {
	pr := s.present(r)
	roles := []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner}
	table := map[string][]booking.Role{}
	var rights []templates.Right
	for _, p := range booking.Permissions() {
		right := templates.Right{Name: pr.Text("right." + p.String())}
		for _, role := range roles {
			right.May = append(right.May, role.Can(p))
			if role.Can(p) {
				table[p.String()] = append(table[p.String()], role)
			}
		}
		rights = append(rights, right)
	}
	return response{json: table, page: func() error {
		page := s.settingsPage(r, "roles", nil)
		page.Rights = rights
		for _, role := range roles {
			page.Roles = append(page.Roles, pr.Text("role."+string(role)))
		}
		return s.renderPage(r, page)
	}}, nil
}
