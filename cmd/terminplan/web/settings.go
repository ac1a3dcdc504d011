package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// The settings and lists of the studio. Each page consists of forms. A form posts to the
// address of its page. A refused form is displayed again with the typed values.

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
	UndoMinutes           int                  `json:"undo_minutes"` // 0: members cannot undo a booking after the cut-off
	MaxOpen               int                  `json:"max_open"`     // 0: any number; also for the next two fields
	MaxPerDay             int                  `json:"max_per_day"`
	MaxPerWeek            int                  `json:"max_per_week"`
	AllowOverlap          bool                 `json:"allow_overlap"`
	NightRest             bool                 `json:"night_rest"`
	NightFrom             string               `json:"night_from"` // "22:00"; also for the next field
	NightUntil            string               `json:"night_until"`
	Public                bool                 `json:"public"`
	PublicSeats           booking.SeatCounts   `json:"public_seats"`
	PublicInstructors     bool                 `json:"public_instructors"`
	FrameOrigins          []string             `json:"frame_origins"`
	Registration          booking.Registration `json:"registration"`
	SecondFactor          []booking.Role       `json:"second_factor"`
	ContactEmail          string               `json:"contact_email"`
	ContactPhone          string               `json:"contact_phone"`
	ShopURL               string               `json:"shop_url"`
	Version               int64                `json:"version"`
}

func toSettingsJSON(s booking.Studio) settingsJSON {
	return settingsJSON{
		Name: s.Name, Zone: s.Zone.String(), Language: s.Language, Languages: s.Languages, SeatCounts: s.SeatCounts, Recurring: s.Recurring,
		HorizonDays: present.Hours(s.Horizon) / 24, FreeCancelHours: present.Hours(s.FreeCancel),
		OpensBeforeHours:    present.Hours(s.OpensBefore),
		ClosesBeforeMinutes: present.Minutes(s.ClosesBefore), WaitlistMode: s.WaitlistMode, WaitlistSize: s.WaitlistSize,
		WaitlistClosesMinutes: present.Minutes(s.WaitlistCloses), OfferMinutes: present.Minutes(s.OfferFor),
		ReserveMinutes: present.Minutes(s.ReserveFor), GiveBackMinutes: present.Minutes(s.GiveBackFor),
		UndoMinutes: present.Minutes(s.UndoFor),
		MaxOpen:     s.MaxOpen, MaxPerDay: s.MaxPerDay, MaxPerWeek: s.MaxPerWeek, AllowOverlap: s.AllowOverlap, Version: s.Version,
		NightRest: s.Night.On, NightFrom: booking.ClockText(s.Night.From), NightUntil: booking.ClockText(s.Night.Until),
		Public: s.Public, PublicSeats: s.PublicSeats, PublicInstructors: s.PublicInstructors, FrameOrigins: s.FrameOrigins,
		Registration: s.Registration, SecondFactor: s.SecondFactor,
		ContactEmail: s.ContactEmail, ContactPhone: s.ContactPhone, ShopURL: s.ShopURL,
	}
}

// settings is the list of all settings; on wide screens the first page stands beside it.
func (s *Server) settings(r *request) (response, error) {
	return response{page: s.renderSettings(r, "studio", true, nil), json: toSettingsJSON(r.studio)}, nil
}

// settingsOf returns the handler of a page of settings.
func settingsOf(page string) func(*Server, *request) (response, error) {
	return func(s *Server, r *request) (response, error) {
		return response{page: s.renderSettings(r, page, false, nil), json: toSettingsJSON(r.studio)}, nil
	}
}

// settingsData reads what the list of settings summarizes.
func (s *Server) settingsData(r *request) (d present.SettingsData, err error) {
	ctx := r.Request.Context()
	if d.Lists, err = s.engine.StudioLists(ctx, r.actor); err != nil {
		return d, err
	}
	if d.Zones, err = s.engine.Zones(ctx); err != nil {
		return d, err
	}
	d.Team, err = s.team(r)
	return d, err
}

// teamMax is the number of people of the staff that pages list.
const teamMax = 200

func (s *Server) team(r *request) ([]booking.Member, error) {
	list, _, err := s.engine.Members(r.Request.Context(), r.actor, booking.DirectoryQuery{Who: "staff", Limit: teamMax})
	return list, err
}

// readStudio reads the form, except the zone. Facts that the form does not contain stay as
// they are. A switch that is off is not sent, so it is read only from the form that has it.
func readStudio(f *form, was booking.Studio) booking.Studio {
	now := was
	text := func(field string, value *string) {
		if f.values.Has(field) {
			*value = f.text(field, booking.NameMax)
		}
	}
	lasting := func(field string, unit, least, most time.Duration, value *time.Duration) {
		if f.has(field) {
			*value = time.Duration(f.number(field, int(least/unit), int(most/unit), 0)) * unit
		}
	}
	now.Version = f.version()
	text("name", &now.Name)
	text("language", &now.Language)
	switch choice := f.values.Get("languages"); choice {
	case "":
	case "both":
		now.Languages = []string{"de", "en"}
	default:
		now.Languages = []string{choice}
	}
	now.SeatCounts = cmp.Or(booking.SeatCounts(f.values.Get("seat_counts")), was.SeatCounts)
	now.WaitlistMode = cmp.Or(booking.WaitlistMode(f.values.Get("waitlist_mode")), was.WaitlistMode)
	lasting("free_cancel_hours", time.Hour, 0, booking.WindowMax, &now.FreeCancel)
	lasting("opens_before_hours", time.Hour, 0, booking.WindowMax, &now.OpensBefore)
	lasting("closes_before_minutes", time.Minute, 0, booking.WindowMax, &now.ClosesBefore)
	lasting("waitlist_closes_minutes", time.Minute, 0, booking.WindowMax, &now.WaitlistCloses)
	lasting("offer_minutes", time.Minute, booking.HoldMin, booking.HoldMax, &now.OfferFor)
	lasting("reserve_minutes", time.Minute, 0, booking.HoldMax, &now.ReserveFor)
	lasting("give_back_minutes", time.Minute, 0, booking.HoldMax, &now.GiveBackFor)
	lasting("undo_minutes", time.Minute, 0, booking.UndoMax, &now.UndoFor)
	lasting("horizon_days", 24*time.Hour, booking.HorizonMin, booking.HorizonMax, &now.Horizon)
	now.WaitlistSize = f.number("waitlist_size", booking.NoLimit, booking.CapacityMax, was.WaitlistSize)
	now.MaxOpen = f.number("max_open", 0, booking.LimitMax, was.MaxOpen)
	now.MaxPerDay = f.number("max_per_day", 0, booking.LimitMax, was.MaxPerDay)
	now.MaxPerWeek = f.number("max_per_week", 0, booking.LimitMax, was.MaxPerWeek)
	if f.values.Get("form") == "booking" || f.values.Has("recurring") {
		now.Recurring = f.flag("recurring")
	}
	if f.values.Get("form") == "booking" || f.values.Has("allow_overlap") {
		now.AllowOverlap = f.flag("allow_overlap")
	}
	if f.values.Get("form") == "night" || f.values.Has("night_rest") {
		now.Night.On = f.flag("night_rest")
	}
	now.Night.From, now.Night.Until = f.clock("night_from", was.Night.From), f.clock("night_until", was.Night.Until)
	readEntrance(f, &now)
	return now
}

// readEntrance reads the settings of the ways into the studio.
func readEntrance(f *form, now *booking.Studio) {
	text := func(field string, most int, value *string) {
		if f.values.Has(field) {
			*value = strings.TrimSpace(f.text(field, most))
		}
	}
	page := f.values.Get("form") == "public"
	if page || f.values.Has("public") {
		now.Public = f.flag("public")
	}
	if page || f.values.Has("public_instructors") {
		now.PublicInstructors = f.flag("public_instructors")
	}
	now.PublicSeats = cmp.Or(booking.SeatCounts(f.values.Get("public_seats")), now.PublicSeats)
	if f.values.Has("frame_origins") { // one per line, or separated by blanks or commas
		now.FrameOrigins = readOrigins(strings.Join(f.values["frame_origins"], " "))
	}
	now.Registration = cmp.Or(booking.Registration(f.values.Get("registration")), now.Registration)
	if roles := f.values.Get("second_factor"); f.values.Has("second_factor") {
		of, choice := present.FactorRoles[roles]
		for role := range strings.FieldsSeq(roles) {
			if !choice {
				of = append(of, booking.Role(role))
			}
		}
		now.SecondFactor = of
	}
	text("contact_email", booking.EmailMax, &now.ContactEmail)
	text("contact_phone", booking.ContactMax, &now.ContactPhone)
	text("shop_url", booking.LinkMax, &now.ShopURL)
}

// readOrigins reads the sites that may frame the public schedule. People paste the address of a
// page from their browser, and readOrigins keeps its origin. Other text stays as it was typed, so
// that the check can name it.
func readOrigins(text string) (list []string) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }) {
		whole := one
		if !strings.Contains(one, "://") && strings.Contains(one, ".") {
			whole = "https://" + one
		}
		if u, err := url.Parse(whole); err == nil && u.Host != "" {
			u.Path, u.RawPath, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = "", "", "", false, "", ""
			if site, err := ParsePublicURL(u.String()); err == nil {
				one = site.link("")
			}
		}
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// readChoices turns the choices of pages into the values of the API: "FIELD_is=days" and
// "FIELD=7" into "FIELD=168". A choice that is not made removes the field.
func (f *form) readChoices() {
	for name := range maps.Clone(f.values) {
		field, isChoice := strings.CutSuffix(name, present.ChoiceField(""))
		if !isChoice {
			continue
		}
		value, unit, most, ok := present.Choice(field, f.values.Get(name))
		n := 0
		switch {
		case !ok:
			f.wrong(field, "choice")
		case unit > 0 && !f.has(field):
			f.wrong(field, "missing")
		case unit > 0:
			n = f.number(field, 1, most, 0)
		}
		f.values.Del(field)
		switch {
		case n > 0:
			f.values.Set(field, strconv.Itoa(n*unit))
		case ok && unit == 0 && value != "":
			f.values.Set(field, value)
		}
	}
}

// withChoices returns the form of the request in the values of the API. The request keeps the
// typed values, so that they can be displayed again.
func (r *request) withChoices() *form {
	f := &form{values: maps.Clone(r.form.values)}
	f.readChoices()
	return f
}

// readZone reads the zone of the form, if it is another one.
func (s *Server) readZone(r *request, f *form, now *booking.Studio) error {
	name := f.values.Get("zone")
	if !f.values.Has("zone") || name == now.Zone.String() {
		return nil
	}
	zone, err := s.engine.Zone(r.Request.Context(), name)
	switch {
	case err == nil:
		now.Zone = zone
	case booking.CodeOf(err) == booking.Invalid:
		f.wrong("zone", "zone")
	default:
		return err
	}
	return nil
}

// editSettings saves a page of settings, or the facts that an app sends.
func (s *Server) editSettings(r *request) (response, error) {
	f := r.withChoices()
	now := readStudio(f, r.studio)
	if err := s.readZone(r, f, &now); err != nil {
		return response{}, err
	}
	page := r.form.values.Get("form")
	if !present.HasSentences(page) {
		page = "studio"
	}
	err := f.failed(now.Check)
	if err == nil && now.Version != r.studio.Version {
		err = refuse(booking.StaleSettings) // the facts that the form does not contain are of another version
	}
	if err == nil {
		err = s.engine.EditStudio(r.Request.Context(), r.actor, now, booking.ZoneChange(r.form.values.Get("zone_change")))
	}
	if booking.CodeOf(err) == booking.AskZoneChange {
		asked := refusal(err)
		return response{}, s.redisplaySettings(r, err, func() error {
			return s.renderPage(r, s.present(r).ZoneReview(s.frame(r), now.Zone, asked, r.form.values))
		})
	}
	if err != nil {
		return response{}, s.redisplaySettings(r, err, s.renderSettings(r, page, false, refusal(err)))
	}
	s.Live.UpdateSettings(now)
	now.Version++
	return response{redirect: present.SettingsURL(page), notice: s.receipt(r, "receipt.saved"), json: toSettingsJSON(now)}, nil
}

// redisplaySettings displays a page of forms again with the message at its field.
func (s *Server) redisplaySettings(r *request, refused error, page func() error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	return &redisplay{err: refused, page: page, part: page}
}

func (s *Server) renderSettings(r *request, page string, index bool, refused *booking.Error) func() error {
	return func() error {
		d, err := s.settingsData(r)
		if err != nil {
			return err
		}
		if page == "public" { // it shows the embedded schedule in a frame
			r.Header("Content-Security-Policy", policy+"; frame-src 'self'")
		}
		return s.renderPage(r, s.present(r).SettingsOf(s.frame(r), page, index, d, r.sent(refused)))
	}
}

// rightsPage lists the staff, and the roles with their permissions.
func (s *Server) rightsPage(r *request) (response, error) {
	table := map[string][]booking.Role{}
	for _, p := range booking.Permissions() {
		for _, role := range present.StaffRoles {
			if role.Can(p) {
				table[p.String()] = append(table[p.String()], role)
			}
		}
	}
	return response{json: table, page: func() error {
		d, err := s.settingsData(r)
		if err == nil && r.actor.Can(booking.EditRoles) {
			d.WithFactor, err = s.engine.StaffWithFactor(r.Request.Context(), r.actor)
		}
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).Rights(s.frame(r), d))
	}}, nil
}
