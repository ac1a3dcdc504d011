package web

import (
	"context"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// list is a page of the settings with one of the lists of the studio.
func (s *Server) list(r *request, tab string, groups groupsOf) (response, error) {
	c, err := s.engine.StudioLists(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	return response{page: func() error {
		p := s.settingsPage(r, tab, nil)
		p.Groups = groups(s, r, c, nil)
		return s.renderPage(r, p)
	}, json: toListsJSON(c)}, nil
}

// groupsOf returns the forms of a list.
type groupsOf func(*Server, *request, booking.StudioLists, *booking.Error) []templates.FormGroup

func (s *Server) reasons(r *request) (response, error) {
	return s.list(r, "reasons", (*Server).reasonForms)
}

func (s *Server) types(r *request) (response, error) {
	return s.list(r, "class_types", (*Server).typeForms)
}

func (s *Server) formOptions(r *request) (response, error) {
	return s.list(r, "places", (*Server).locationForms)
}

func (s *Server) holidays(r *request) (response, error) {
	return s.list(r, "holidays", (*Server).holidayForms)
}

// saved is the response to a form of a list: the list, or the form again.
func (s *Server) saved(r *request, tab, url string, id int64, err error, groups groupsOf) (response, error) {
	if err == nil {
		return response{redirect: url, notice: s.receipt(r, "receipt.saved"), json: map[string]any{"id": id}}, nil
	}
	return response{}, s.redisplaySettings(r, err, func() error {
		c, readErr := s.engine.StudioLists(r.Request.Context(), r.actor)
		if readErr != nil {
			return readErr
		}
		p := s.settingsPage(r, tab, refusal(err))
		p.Groups = groups(s, r, c, refusal(err))
		return s.renderPage(r, p)
	})
}

func (s *Server) reasonForms(r *request, c booking.StudioLists, refused *booking.Error) []templates.FormGroup {
	pr := s.present(r)
	one := func(x booking.ReasonSettings) templates.Form {
		title := x.Text[r.lang]
		if x.ID == 0 {
			title = pr.Text("field.new_reason")
		}
		b := s.newForm(r, "reason-"+strconv.FormatInt(x.ID, 10), "/settings/reasons", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("text_de", x.Text["de"], "")
		b.text("text_en", x.Text["en"], "")
		b.choose(
			"audience", x.Audience, "both", pr.Text("field.audience_both"), "member", pr.Text("field.audience_member"), "staff",
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
	g.Forms = append(g.Forms, one(booking.ReasonSettings{Audience: "both", Active: true, Position: len(c.Reasons)}))
	return []templates.FormGroup{g}
}

// addStoredFacts adds the stored facts that an app has not sent. A browser sends all facts
// except boxes that are not ticked.
func (s *Server) addStoredFacts(r *request, facts func(booking.StudioLists, int64) map[string]string) error {
	id := r.form.id("id")
	if r.format != asJSON || id == 0 {
		return nil
	}
	c, err := s.engine.StudioLists(r.Request.Context(), r.actor)
	if err != nil {
		return err
	}
	for name, value := range facts(c, id) {
		if !r.form.values.Has(name) {
			r.form.values.Set(name, value)
		}
	}
	return nil
}

// flagText writes a flag as a form does.
func flagText(on bool) string { return map[bool]string{true: "1", false: "0"}[on] }

func reasonFacts(c booking.StudioLists, id int64) map[string]string {
	for _, x := range c.Reasons {
		if x.ID == id {
			return map[string]string{
				"text_de": x.Text["de"], "text_en": x.Text["en"], "audience": x.Audience, "needs_text": flagText(x.NeedsText),
				"position": strconv.Itoa(x.Position), "active": flagText(x.Active),
			}
		}
	}
	return nil
}

func typeFacts(c booking.StudioLists, id int64) map[string]string {
	for _, x := range c.Types {
		if x.ID != id {
			continue
		}
		facts := map[string]string{
			"name": x.Name, "color": x.Color, "description": x.Description, "position": strconv.Itoa(x.Position), "active": flagText(x.Active),
		}
		for name, n := range map[string]*int{
			"minutes": x.Minutes, "capacity": x.Capacity, "cost": x.Cost, "waitlist_size": x.WaitlistSize,
			"free_cancel_hours":  inUnits(x.FreeCancel, time.Hour),
			"opens_before_hours": inUnits(x.OpensBefore, time.Hour), "closes_before_minutes": inUnits(x.ClosesBefore, time.Minute),
			"waitlist_closes_minutes": inUnits(x.WaitlistCloses, time.Minute),
		} {
			if n != nil {
				facts[name] = strconv.Itoa(*n)
			}
		}
		if x.Online != nil {
			facts["online"] = flagText(*x.Online)
		}
		if x.WaitlistMode != nil {
			facts["waitlist_mode"] = string(*x.WaitlistMode)
		}
		return facts
	}
	return nil
}

// inUnits returns a duration as a number of units; nil stays nil.
func inUnits(d *time.Duration, unit time.Duration) *int {
	if d == nil {
		return nil
	}
	n := int(*d / unit)
	return &n
}

func locationFacts(list []booking.LocationSettings, id int64) map[string]string {
	for _, x := range list {
		if x.ID == id {
			return map[string]string{
				"name": x.Name, "address": x.Address, "location": optionalID(x.LocationID),
				"position": strconv.Itoa(x.Position), "active": flagText(x.Active),
			}
		}
	}
	return nil
}

func (s *Server) saveReason(r *request) (response, error) {
	if err := s.addStoredFacts(r, reasonFacts); err != nil {
		return response{}, err
	}
	f := &r.form
	x := booking.ReasonSettings{
		ID: f.id("id"), Text: map[string]string{"de": f.text("text_de", 100), "en": f.text("text_en", 100)}, Audience: f.values.Get("audience"),
		NeedsText: f.flag("needs_text"), Position: f.number("position", 0, 1000, 0), Active: f.flag("active"),
	}
	id, err := x.ID, f.failed(x.Check)
	if err == nil {
		id, err = s.engine.SaveReason(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "reasons", "/settings/reasons", id, err, (*Server).reasonForms)
}

func (s *Server) typeForms(r *request, c booking.StudioLists, refused *booking.Error) []templates.FormGroup {
	pr := s.present(r)
	one := func(x booking.ClassTypeSettings) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = pr.Text("field.new_type")
		}
		b := s.newForm(r, "type-"+strconv.FormatInt(x.ID, 10), "/settings/class-types", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("name", x.Name, "")
		b.choose(
			"color", x.Color, "", "–", "brand", pr.Text("field.color_brand"), "free", pr.Text("field.color_free"), "few",
			pr.Text("field.color_few"), "danger", pr.Text("field.color_danger"), "ink", pr.Text("field.color_ink"),
		)
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
		b.choose("waitlist_mode", mode, append([]string{"", pr.Text("field.as_studio")}, pr.WaitlistModes()...)...)
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

func (s *Server) saveType(r *request) (response, error) {
	if err := s.addStoredFacts(r, typeFacts); err != nil {
		return response{}, err
	}
	f := &r.form
	x := booking.ClassTypeSettings{
		ClassType: booking.ClassType{
			ID: f.id("id"), Name: f.text("name", 100), Color: f.values.Get("color"), Description: f.text("description", 2000),
		},
		Position: f.number("position", 0, 1000, 0), Active: f.flag("active"), Minutes: f.optionalNumber("minutes", 1, 24*60),
		Capacity: f.optionalNumber("capacity", 0, 10_000),
		Cost:     f.optionalNumber("cost", 0, 1000), Online: f.seenFlag("online"), FreeCancel: f.optionalDuration("free_cancel_hours", time.Hour),
		OpensBefore: f.optionalDuration("opens_before_hours", time.Hour), ClosesBefore: f.optionalDuration("closes_before_minutes", time.Minute),
		WaitlistSize: f.optionalNumber("waitlist_size", -1, 10_000), WaitlistCloses: f.optionalDuration("waitlist_closes_minutes", time.Minute),
	}
	if mode := booking.WaitlistMode(f.values.Get("waitlist_mode")); mode != "" {
		x.WaitlistMode = &mode
	}
	id, err := x.ID, f.failed(x.Check)
	if err == nil {
		id, err = s.engine.SaveClassType(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "class_types", "/settings/class-types", id, err, (*Server).typeForms)
}

func (s *Server) locationForms(r *request, c booking.StudioLists, refused *booking.Error) []templates.FormGroup {
	pr := s.present(r)
	houses := []string{"", "–"}
	for _, l := range c.Locations {
		houses = append(houses, strconv.FormatInt(l.ID, 10), l.Name)
	}
	one := func(kind string, x booking.LocationSettings) templates.Form {
		title := x.Name
		if x.ID == 0 {
			title = pr.Text(map[string]string{"room": "field.new_room", "location": "field.new_location"}[kind])
		}
		b := s.newForm(r, kind+"-"+strconv.FormatInt(x.ID, 10), "/settings/"+kind+"s", title, refused)
		b.form.Quiet = !x.Active
		b.hidden("id", optionalID(x.ID))
		b.text("name", x.Name, "")
		if kind == "room" {
			b.choose("location", optionalID(x.LocationID), houses...)
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

func readLocation(f *form) booking.LocationSettings {
	return booking.LocationSettings{
		ID: f.id("id"), Name: f.text("name", 100), Address: f.text("address", 300), LocationID: f.id("location"),
		Position: f.number("position", 0, 1000, 0), Active: f.flag("active"),
	}
}

func (s *Server) saveLocation(r *request) (response, error) {
	if err := s.addStoredFacts(r, func(c booking.StudioLists, id int64) map[string]string { return locationFacts(c.Locations, id) }); err != nil {
		return response{}, err
	}
	return s.saveLocationSettings(r, s.engine.SaveLocation)
}

func (s *Server) saveRoom(r *request) (response, error) {
	if err := s.addStoredFacts(r, func(c booking.StudioLists, id int64) map[string]string { return locationFacts(c.Rooms, id) }); err != nil {
		return response{}, err
	}
	return s.saveLocationSettings(r, s.engine.SaveRoom)
}

func (s *Server) saveLocationSettings(r *request, save func(context.Context, booking.Actor, booking.LocationSettings) (int64, error)) (response, error) {
	x := readLocation(&r.form)
	id, err := x.ID, r.form.failed(x.Check)
	if err == nil {
		id, err = save(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "places", "/settings/places", id, err, (*Server).locationForms)
}

func (s *Server) holidayForms(r *request, c booking.StudioLists, refused *booking.Error) []templates.FormGroup {
	pr := s.present(r)
	g := templates.FormGroup{Heading: pr.Text("tab.holidays"), Help: pr.Text("field.holidays_help")}
	for _, h := range c.Holidays {
		day := h.Day.Format(time.DateOnly)
		b := s.newForm(r, "holiday-"+day, "/settings/holidays", pr.Lang.DayShort(h.Day)+" "+h.Day.Format("2006")+" · "+h.Name, refused)
		b.hidden("day", day)
		b.text("holiday_name", h.Name, "holiday_empty")
		g.Forms = append(g.Forms, b.done())
	}
	b := s.newForm(r, "holiday-new", "/settings/holidays", pr.Text("field.new_holiday"), refused)
	b.date("day", "")
	b.text("holiday_name", "", "")
	g.Forms = append(g.Forms, b.done())
	return []templates.FormGroup{g}
}

func (s *Server) saveHoliday(r *request) (response, error) {
	h := booking.Holiday{Day: r.form.day("day", time.UTC), Name: r.form.text("holiday_name", 100)}
	if h.Day.IsZero() {
		r.form.wrong("day", "missing")
	}
	if h.Name == "" && r.form.values.Get("form") == "holiday-new" {
		r.form.wrong("holiday_name", "missing")
	}
	err := r.form.failed(h.Check)
	if err == nil {
		err = s.engine.SaveHoliday(r.Request.Context(), r.actor, h)
	}
	return s.saved(r, "holidays", "/settings/holidays", 0, err, (*Server).holidayForms)
}

// optionalID writes the id 0 as an empty text.
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
	Position  int               `json:"position"`
	Active    bool              `json:"active"`
}

// catalogueTypeJSON has the defaults of new classes of the type. For a missing one the
// default of the studio applies.
type catalogueTypeJSON struct {
	ID                    int64                 `json:"id"`
	Name                  string                `json:"name"`
	Color                 string                `json:"color"`
	Description           string                `json:"description"`
	Position              int                   `json:"position"`
	Active                bool                  `json:"active"`
	Minutes               *int                  `json:"minutes,omitempty"`
	Capacity              *int                  `json:"capacity,omitempty"`
	Cost                  *int                  `json:"cost,omitempty"`
	Online                *bool                 `json:"online,omitempty"`
	FreeCancelHours       *int                  `json:"free_cancel_hours,omitempty"`
	OpensBeforeHours      *int                  `json:"opens_before_hours,omitempty"`
	ClosesBeforeMinutes   *int                  `json:"closes_before_minutes,omitempty"`
	WaitlistMode          *booking.WaitlistMode `json:"waitlist_mode,omitempty"`
	WaitlistSize          *int                  `json:"waitlist_size,omitempty"`
	WaitlistClosesMinutes *int                  `json:"waitlist_closes_minutes,omitempty"`
}

type cataloguePlaceJSON struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Address    string `json:"address,omitempty"`
	LocationID int64  `json:"location_id,omitempty"`
	Position   int    `json:"position"`
	Active     bool   `json:"active"`
}

type holidayJSON struct {
	Day  string `json:"day"`
	Name string `json:"name"`
}

func toListsJSON(c booking.StudioLists) catalogueJSON {
	out := catalogueJSON{
		Reasons: []catalogueReasonJSON{}, ClassTypes: []catalogueTypeJSON{}, Locations: []cataloguePlaceJSON{},
		Rooms: []cataloguePlaceJSON{}, Holidays: []holidayJSON{},
	}
	for _, x := range c.Reasons {
		out.Reasons = append(out.Reasons, catalogueReasonJSON{x.ID, x.Text, x.Audience, x.NeedsText, x.Position, x.Active})
	}
	for _, x := range c.Types {
		out.ClassTypes = append(out.ClassTypes, catalogueTypeJSON{
			x.ID, x.Name, x.Color, x.Description, x.Position, x.Active, x.Minutes, x.Capacity, x.Cost, x.Online, inUnits(x.FreeCancel, time.Hour),
			inUnits(x.OpensBefore, time.Hour), inUnits(x.ClosesBefore, time.Minute), x.WaitlistMode, x.WaitlistSize,
			inUnits(x.WaitlistCloses, time.Minute),
		})
	}
	for _, x := range c.Locations {
		out.Locations = append(out.Locations, cataloguePlaceJSON{x.ID, x.Name, x.Address, 0, x.Position, x.Active})
	}
	for _, x := range c.Rooms {
		out.Rooms = append(out.Rooms, cataloguePlaceJSON{x.ID, x.Name, "", x.LocationID, x.Position, x.Active})
	}
	for _, x := range c.Holidays {
		out.Holidays = append(out.Holidays, holidayJSON{x.Day.Format(time.DateOnly), x.Name})
	}
	return out
}
