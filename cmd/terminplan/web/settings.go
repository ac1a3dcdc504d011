package web

import (
	"cmp"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The studio's settings and lists. Each page is made of forms; each form posts to
// the page's own address and comes back with what was typed if it is refused.

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
		Name: s.Name, Zone: s.Zone.String(), Language: s.Language, Languages: s.Languages, SeatCounts: s.SeatCounts, Recurring: s.Recurring, HorizonDays: hours(s.Horizon) / 24,
		FreeCancelHours: hours(s.FreeCancel), OpensBeforeHours: hours(s.OpensBefore), ClosesBeforeMinutes: minutes(s.ClosesBefore),
		WaitlistMode: s.WaitlistMode, WaitlistSize: s.WaitlistSize, WaitlistClosesMinutes: minutes(s.WaitlistCloses), OfferMinutes: minutes(s.OfferFor),
		ReserveMinutes: minutes(s.ReserveFor), GiveBackMinutes: minutes(s.GiveBackFor), MaxOpen: s.MaxOpen, MaxPerDay: s.MaxPerDay, MaxPerWeek: s.MaxPerWeek,
		AllowOverlap: s.AllowOverlap, Version: s.Version,
	}
}

// settings are the studio's own facts and rules.
func (s *Server) settings(r *request) (answer, error) {
	return answer{page: s.showSettings(r, nil), json: toSettingsJSON(r.studio)}, nil
}

// readStudio reads the form; what a field does not say stays as it was. A switch
// that is off is not sent at all, so those belong to the form that has them.
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
	now.Version = f.id("version")
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

func (s *Server) editSettings(r *request) (answer, error) {
	now := readStudio(&r.form, r.studio)
	err := r.form.failed()
	if err == nil {
		err = s.engine.EditStudio(r.Request.Context(), r.actor, now)
	}
	if err != nil {
		return answer{}, s.settingsAgain(r, err, s.showSettings(r, refusal(err)))
	}
	s.live.settle(now)
	now.Version++
	return answer{see: "/settings", said: s.receipt(r, "receipt.saved"), json: toSettingsJSON(now)}, nil
}

// settingsAgain shows a page of forms once more, with the message at its field.
func (s *Server) settingsAgain(r *request, refused error, page func() error) error {
	if r.wants == asJSON || !reshow(refused) {
		return refused
	}
	return &again{err: refused, page: page, part: page}
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
	v := s.voice(r)
	p := &templates.SettingsPage{Layout: s.layoutOf(r, "settings", "", booking.Mine{}), Title: v.say("tab." + tab)}
	for _, t := range settingsTabs {
		p.Tabs = append(p.Tabs, templates.Tab{ID: t.id, Name: v.say("tab." + t.id), URL: t.url, Current: t.id == tab})
	}
	if refused != nil && refused.Field == "" {
		p.Notice = s.refusedNotice(r, refused).view()
	}
	return p
}

func (s *Server) showSettings(r *request, refused *booking.Error) func() error {
	return func() error {
		v, st := s.voice(r), r.studio
		p := s.settingsPage(r, "general", refused)
		version := strconv.FormatInt(st.Version, 10)
		b := s.formOf(r, "studio", "/settings", "", refused)
		b.hidden("version", version)
		b.text("name", st.Name, "")
		b.text("zone", st.Zone.String(), "zone_help")
		b.choose("language", st.Language, "de", "Deutsch", "en", "English")
		languages := "both"
		if len(st.Languages) == 1 {
			languages = st.Languages[0]
		}
		b.choose("languages", languages, "both", v.say("field.languages_both"), "de", "Deutsch", "en", "English")
		b.choose("seat_counts", string(st.SeatCounts), "exact", v.say("field.counts_exact"), "few", v.say("field.counts_few"), "hidden", v.say("field.counts_hidden"))
		p.Groups = append(p.Groups, templates.FormGroup{Heading: v.say("tab.studio"), Forms: []templates.Form{b.form}})
		b = s.formOf(r, "rules", "/settings", "", refused)
		b.hidden("version", version)
		b.number("free_cancel_hours", hours(st.FreeCancel), "")
		b.number("opens_before_hours", hours(st.OpensBefore), "opens_help")
		b.number("closes_before_minutes", minutes(st.ClosesBefore), "")
		b.choose("waitlist_mode", string(st.WaitlistMode), v.modes()...)
		b.number("waitlist_size", st.WaitlistSize, "size_help")
		b.number("waitlist_closes_minutes", minutes(st.WaitlistCloses), "")
		b.number("offer_minutes", minutes(st.OfferFor), "")
		b.number("reserve_minutes", minutes(st.ReserveFor), "reserve_help")
		b.number("give_back_minutes", minutes(st.GiveBackFor), "")
		b.number("max_open", st.MaxOpen, "limit_help")
		b.number("max_per_day", st.MaxPerDay, "limit_help")
		b.number("max_per_week", st.MaxPerWeek, "limit_help")
		b.toggle("allow_overlap", st.AllowOverlap, "")
		b.toggle("recurring", st.Recurring, "recurring_help")
		b.number("horizon_days", hours(st.Horizon)/24, "")
		p.Groups = append(p.Groups, templates.FormGroup{Heading: v.say("tab.rules"), Help: v.say("field.rules_help"), Forms: []templates.Form{b.form}})
		return s.show(r, p)
	}
}

// modes are the pairs for choosing what a freed seat does.
func (v voice) modes() []string {
	return []string{"offer", v.say("field.mode_offer"), "auto", v.say("field.mode_auto"), "notify_all", v.say("field.mode_all")}
}

// list is a page of the settings that shows what the studio keeps.
func (s *Server) list(r *request, tab string, groups groupsOf) (answer, error) {
	c, err := s.engine.Catalogue(r.Request.Context(), r.actor)
	if err != nil {
		return answer{}, err
	}
	return answer{page: func() error {
		p := s.settingsPage(r, tab, nil)
		p.Groups = groups(s, r, c, nil)
		return s.show(r, p)
	}, json: toCatalogueJSON(c)}, nil
}

// groupsOf makes the forms of a list.
type groupsOf func(*Server, *request, booking.Catalogue, *booking.Error) []templates.FormGroup

func (s *Server) reasons(r *request) (answer, error) {
	return s.list(r, "reasons", (*Server).reasonForms)
}

func (s *Server) types(r *request) (answer, error) {
	return s.list(r, "class_types", (*Server).typeForms)
}

func (s *Server) places(r *request) (answer, error) { return s.list(r, "places", (*Server).placeForms) }

func (s *Server) holidays(r *request) (answer, error) {
	return s.list(r, "holidays", (*Server).holidayForms)
}

// saved answers a form of a list: back to the list, or the form once more.
func (s *Server) saved(r *request, tab, url string, id int64, err error, groups groupsOf) (answer, error) {
	if err == nil {
		return answer{see: url, said: s.receipt(r, "receipt.saved"), json: map[string]any{"id": id}}, nil
	}
	return answer{}, s.settingsAgain(r, err, func() error {
		c, readErr := s.engine.Catalogue(r.Request.Context(), r.actor)
		if readErr != nil {
			return readErr
		}
		p := s.settingsPage(r, tab, refusal(err))
		p.Groups = groups(s, r, c, refusal(err))
		return s.show(r, p)
	})
}

func (s *Server) reasonForms(r *request, c booking.Catalogue, refused *booking.Error) []templates.FormGroup {
	v := s.voice(r)
	one := func(x booking.CatalogueReason) templates.Form {
		title := x.Text[r.lang]
		if x.ID == 0 {
			title = v.say("field.new_reason")
		}
		b := s.formOf(r, "reason-"+strconv.FormatInt(x.ID, 10), "/settings/reasons", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("text_de", x.Text["de"], "")
		b.text("text_en", x.Text["en"], "")
		b.choose("audience", x.Audience, "both", v.say("field.audience_both"), "member", v.say("field.audience_member"), "staff", v.say("field.audience_staff"))
		b.number("position", x.Position, "")
		b.toggle("needs_text", x.NeedsText, "")
		b.toggle("active", x.Active, "")
		return b.form
	}
	g := templates.FormGroup{Heading: v.say("tab.reasons"), Help: v.say("field.reasons_help")}
	for _, x := range c.Reasons {
		g.Forms = append(g.Forms, one(x))
	}
	g.Forms = append(g.Forms, one(booking.CatalogueReason{Audience: "both", Active: true, Position: len(c.Reasons)}))
	return []templates.FormGroup{g}
}

func (s *Server) saveReason(r *request) (answer, error) {
	f := &r.form
	x := booking.CatalogueReason{
		ID: f.id("id"), Text: map[string]string{"de": f.text("text_de", 100), "en": f.text("text_en", 100)}, Audience: f.values.Get("audience"),
		NeedsText: f.flag("needs_text"), Position: f.number("position", 0, 1000, 0), Active: f.flag("active"),
	}
	id, err := x.ID, f.failed()
	if err == nil {
		id, err = s.engine.SaveReason(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "reasons", "/settings/reasons", id, err, (*Server).reasonForms)
}

func (s *Server) typeForms(r *request, c booking.Catalogue, refused *booking.Error) []templates.FormGroup {
	v := s.voice(r)
	one := func(x booking.CatalogueType) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = v.say("field.new_type")
		}
		b := s.formOf(r, "type-"+strconv.FormatInt(x.ID, 10), "/settings/class-types", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("name", x.Name, "")
		b.choose("color", x.Color, "", "–", "brand", v.say("field.color_brand"), "free", v.say("field.color_free"), "few", v.say("field.color_few"), "danger", v.say("field.color_danger"), "ink", v.say("field.color_ink"))
		b.number("position", x.Position, "")
		b.area("description", x.Description)
		b.perhaps("minutes", x.Minutes)
		b.perhaps("capacity", x.Capacity)
		b.perhaps("cost", x.Cost)
		online := ""
		if x.Online != nil {
			online = strconv.FormatBool(*x.Online)
		}
		b.choose("online", online, "", v.say("field.as_studio"), "true", v.say("field.yes"), "false", v.say("field.no"))
		b.lasting("free_cancel_hours", x.FreeCancel, time.Hour)
		b.lasting("opens_before_hours", x.OpensBefore, time.Hour)
		b.lasting("closes_before_minutes", x.ClosesBefore, time.Minute)
		mode := ""
		if x.WaitlistMode != nil {
			mode = string(*x.WaitlistMode)
		}
		b.choose("waitlist_mode", mode, append([]string{"", v.say("field.as_studio")}, v.modes()...)...)
		b.perhaps("waitlist_size", x.WaitlistSize)
		b.lasting("waitlist_closes_minutes", x.WaitlistCloses, time.Minute)
		b.toggle("active", x.Active, "")
		return b.form
	}
	g := templates.FormGroup{Heading: v.say("tab.class_types"), Help: v.say("field.types_help")}
	for _, x := range c.Types {
		g.Forms = append(g.Forms, one(x))
	}
	g.Forms = append(g.Forms, one(booking.CatalogueType{Active: true, Position: len(c.Types)}))
	return []templates.FormGroup{g}
}

func (s *Server) saveType(r *request) (answer, error) {
	f := &r.form
	x := booking.CatalogueType{
		ClassType: booking.ClassType{ID: f.id("id"), Name: f.text("name", 100), Color: f.values.Get("color"), Description: f.text("description", 2000)},
		Position:  f.number("position", 0, 1000, 0), Active: f.flag("active"), Minutes: f.perhapsNumber("minutes", 1, 24*60), Capacity: f.perhapsNumber("capacity", 0, 10_000),
		Cost: f.perhapsNumber("cost", 0, 1000), Online: f.seenFlag("online"), FreeCancel: f.perhapsLasting("free_cancel_hours", time.Hour),
		OpensBefore: f.perhapsLasting("opens_before_hours", time.Hour), ClosesBefore: f.perhapsLasting("closes_before_minutes", time.Minute),
		WaitlistSize: f.perhapsNumber("waitlist_size", -1, 10_000), WaitlistCloses: f.perhapsLasting("waitlist_closes_minutes", time.Minute),
	}
	if mode := booking.WaitlistMode(f.values.Get("waitlist_mode")); mode != "" {
		x.WaitlistMode = &mode
	}
	id, err := x.ID, f.failed()
	if err == nil {
		id, err = s.engine.SaveClassType(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "class_types", "/settings/class-types", id, err, (*Server).typeForms)
}

func (s *Server) placeForms(r *request, c booking.Catalogue, refused *booking.Error) []templates.FormGroup {
	v := s.voice(r)
	location := func(x booking.CataloguePlace) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = v.say("field.new_location")
		}
		b := s.formOf(r, "location-"+strconv.FormatInt(x.ID, 10), "/settings/locations", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("name", x.Name, "")
		b.text("address", x.Address, "")
		b.number("position", x.Position, "")
		b.toggle("active", x.Active, "")
		return b.form
	}
	houses := []string{"", "–"}
	for _, l := range c.Locations {
		houses = append(houses, strconv.FormatInt(l.ID, 10), l.Name)
	}
	room := func(x booking.CataloguePlace) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = v.say("field.new_room")
		}
		b := s.formOf(r, "room-"+strconv.FormatInt(x.ID, 10), "/settings/rooms", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("name", x.Name, "")
		b.choose("location", optionalID(x.LocationID), houses...)
		b.number("position", x.Position, "")
		b.toggle("active", x.Active, "")
		return b.form
	}
	rooms, locations := templates.FormGroup{Heading: v.say("tab.rooms")}, templates.FormGroup{Heading: v.say("tab.locations"), Help: v.say("field.locations_help")}
	for _, x := range c.Rooms {
		rooms.Forms = append(rooms.Forms, room(x))
	}
	for _, x := range c.Locations {
		locations.Forms = append(locations.Forms, location(x))
	}
	rooms.Forms = append(rooms.Forms, room(booking.CataloguePlace{Active: true, Position: len(c.Rooms)}))
	locations.Forms = append(locations.Forms, location(booking.CataloguePlace{Active: true, Position: len(c.Locations)}))
	return []templates.FormGroup{rooms, locations}
}

func readPlace(f *form) booking.CataloguePlace {
	return booking.CataloguePlace{
		ID: f.id("id"), Name: f.text("name", 100), Address: f.text("address", 300), LocationID: f.id("location"), Position: f.number("position", 0, 1000, 0), Active: f.flag("active"),
	}
}

func (s *Server) saveLocation(r *request) (answer, error) {
	x := readPlace(&r.form)
	id, err := x.ID, r.form.failed()
	if err == nil {
		id, err = s.engine.SaveLocation(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "places", "/settings/places", id, err, (*Server).placeForms)
}

func (s *Server) saveRoom(r *request) (answer, error) {
	x := readPlace(&r.form)
	id, err := x.ID, r.form.failed()
	if err == nil {
		id, err = s.engine.SaveRoom(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "places", "/settings/places", id, err, (*Server).placeForms)
}

func (s *Server) holidayForms(r *request, c booking.Catalogue, refused *booking.Error) []templates.FormGroup {
	v := s.voice(r)
	g := templates.FormGroup{Heading: v.say("tab.holidays"), Help: v.say("field.holidays_help")}
	for _, h := range c.Holidays {
		day := h.Day.Format(time.DateOnly)
		b := s.formOf(r, "holiday-"+day, "/settings/holidays", v.lang.DayShort(h.Day)+" "+h.Day.Format("2006")+" · "+h.Name, refused)
		b.hidden("day", day)
		b.text("holiday_name", h.Name, "holiday_empty")
		g.Forms = append(g.Forms, b.form)
	}
	b := s.formOf(r, "holiday-new", "/settings/holidays", v.say("field.new_holiday"), refused)
	b.date("day", "")
	b.text("holiday_name", "", "")
	g.Forms = append(g.Forms, b.form)
	return []templates.FormGroup{g}
}

func (s *Server) saveHoliday(r *request) (answer, error) {
	h := booking.Holiday{Day: r.form.day("day", time.UTC), Name: r.form.text("holiday_name", 100)}
	if h.Day.IsZero() {
		r.form.wrong("day", "missing")
	}
	if h.Name == "" && r.form.values.Get("form") == "holiday-new" {
		r.form.wrong("holiday_name", "missing")
	}
	err := r.form.failed()
	if err == nil {
		err = s.engine.SaveHoliday(r.Request.Context(), r.actor, h)
	}
	return s.saved(r, "holidays", "/settings/holidays", 0, err, (*Server).holidayForms)
}

// optionalID writes 0 as nothing.
func optionalID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

type catalogueJSON struct {
	Reasons    []catalogueReasonJSON `json:"reasons"`
	ClassTypes []catalogueTypeJSON   `json:"class_types"`
	Locations  []cataloguePlaceJSON  `json:"locations"`
	Rooms      []cataloguePlaceJSON  `json:"rooms"`
	Holidays   []holidayJSON         `json:"holidays"`
}

type catalogueReasonJSON struct {
	ID        int64             `json:"id"`
	Text      map[string]string `json:"text"`
	Audience  string            `json:"audience"`
	NeedsText bool              `json:"needs_text"`
	Active    bool              `json:"active"`
}

type catalogueTypeJSON struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Color  string `json:"color"`
	Active bool   `json:"active"`
}

type cataloguePlaceJSON struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	LocationID int64  `json:"location_id,omitempty"`
	Active     bool   `json:"active"`
}

type holidayJSON struct {
	Day  string `json:"day"`
	Name string `json:"name"`
}

func toCatalogueJSON(c booking.Catalogue) catalogueJSON {
	out := catalogueJSON{Reasons: []catalogueReasonJSON{}, ClassTypes: []catalogueTypeJSON{}, Locations: []cataloguePlaceJSON{}, Rooms: []cataloguePlaceJSON{}, Holidays: []holidayJSON{}}
	for _, x := range c.Reasons {
		out.Reasons = append(out.Reasons, catalogueReasonJSON{x.ID, x.Text, x.Audience, x.NeedsText, x.Active})
	}
	for _, x := range c.Types {
		out.ClassTypes = append(out.ClassTypes, catalogueTypeJSON{x.ID, x.Name, x.Color, x.Active})
	}
	for _, x := range c.Locations {
		out.Locations = append(out.Locations, cataloguePlaceJSON{x.ID, x.Name, 0, x.Active})
	}
	for _, x := range c.Rooms {
		out.Rooms = append(out.Rooms, cataloguePlaceJSON{x.ID, x.Name, x.LocationID, x.Active})
	}
	for _, x := range c.Holidays {
		out.Holidays = append(out.Holidays, holidayJSON{x.Day.Format(time.DateOnly), x.Name})
	}
	return out
}

// rightsPage is the table of roles and permissions, as the engine has it.
func (s *Server) rightsPage(r *request) (answer, error) {
	v := s.voice(r)
	roles := []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner}
	table := map[string][]booking.Role{}
	var rights []templates.Right
	for _, p := range booking.Permissions() {
		right := templates.Right{Name: v.say("right." + p.String())}
		for _, role := range roles {
			right.May = append(right.May, role.Can(p))
			if role.Can(p) {
				table[p.String()] = append(table[p.String()], role)
			}
		}
		rights = append(rights, right)
	}
	return answer{json: table, page: func() error {
		page := s.settingsPage(r, "roles", nil)
		page.Rights = rights
		for _, role := range roles {
			page.Roles = append(page.Roles, v.say("role."+string(role)))
		}
		return s.show(r, page)
	}}, nil
}
