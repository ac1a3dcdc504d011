package web

import (
	"context"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// list is a page of the settings with one of the lists of the studio.
func (s *Server) list(r *request, page string) (response, error) {
	d, err := s.settingsData(r)
	if err != nil {
		return response{}, err
	}
	return response{page: func() error {
		return s.renderPage(r, s.present(r).SettingsList(s.frame(r), page, d, present.Sent{}))
	}, json: toListsJSON(d.Lists)}, nil
}

func (s *Server) reasons(r *request) (response, error) {
	return s.list(r, "reasons")
}

func (s *Server) types(r *request) (response, error) {
	return s.list(r, "class_types")
}

func (s *Server) formOptions(r *request) (response, error) {
	return s.list(r, "rooms")
}

func (s *Server) holidays(r *request) (response, error) {
	return s.list(r, "holidays")
}

// saved is the response to a form of a list: the list, or the form again.
func (s *Server) saved(r *request, page string, id int64, err error) (response, error) {
	if err == nil {
		return response{redirect: present.SettingsURL(page), notice: s.receipt(r, "receipt.saved"), json: map[string]any{"id": id}}, nil
	}
	return response{}, s.redisplaySettings(r, err, func() error {
		d, readErr := s.settingsData(r)
		if readErr != nil {
			return readErr
		}
		return s.renderPage(r, s.present(r).SettingsList(s.frame(r), page, d, r.sent(refusal(err))))
	})
}

// moveListItem moves an entry of a list by one place.
func (s *Server) moveListItem(r *request) (response, error) {
	list, id := booking.List(r.Param("list")), r.form.id("id")
	steps := r.form.number("steps", -1, 1, 0)
	err := r.form.failed()
	if err == nil {
		err = s.engine.MoveListItem(r.Request.Context(), r.actor, list, id, steps)
	}
	if err != nil {
		return response{}, err
	}
	return response{redirect: present.SettingsURL(present.ListPage(list)), json: map[string]any{"id": id}, part: func() error {
		lists, err := s.engine.StudioLists(r.Request.Context(), r.actor)
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.KeptList, s.present(r).KeptList(list, lists))
	}}, nil
}

// addStoredFacts adds the stored facts that were not sent: all of them for an app, the place in
// the order for a browser. A new entry is the last one.
func (s *Server) addStoredFacts(
	r *request, facts func(booking.StudioLists, int64) map[string]string, count func(booking.StudioLists) int,
) error {
	id := r.form.id("id")
	c, err := s.engine.StudioLists(r.Request.Context(), r.actor)
	if err != nil {
		return err
	}
	stored := map[string]string{"position": strconv.Itoa(count(c))}
	if id != 0 {
		stored = facts(c, id)
	}
	for name, value := range stored {
		if !r.form.values.Has(name) && (name == "position" || r.format == asJSON) {
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
				"text_de": x.Text["de"], "text_en": x.Text["en"], "audience": string(x.Audience), "needs_text": flagText(x.NeedsText),
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
			"name": x.Name, "hue": x.Hue, "glyph": x.Glyph, "description": x.Description, "position": strconv.Itoa(x.Position),
			"active": flagText(x.Active),
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
				"name": x.Name, "address": x.Address, "location": present.OptionalID(x.LocationID),
				"position": strconv.Itoa(x.Position), "active": flagText(x.Active),
			}
		}
	}
	return nil
}

func (s *Server) saveReason(r *request) (response, error) {
	if err := s.addStoredFacts(r, reasonFacts, func(c booking.StudioLists) int { return len(c.Reasons) }); err != nil {
		return response{}, err
	}
	f := &r.form
	x := booking.ReasonSettings{
		ID: f.id("id"), Text: map[string]string{"de": f.text("text_de", booking.NameMax), "en": f.text("text_en", booking.NameMax)},
		Audience:  booking.Audience(f.values.Get("audience")),
		NeedsText: f.flag("needs_text"), Position: f.number("position", 0, booking.PositionMax, 0), Active: f.flag("active"),
	}
	id, err := x.ID, f.failed(x.Check)
	if err == nil {
		id, err = s.engine.SaveReason(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "reasons", id, err)
}

func (s *Server) saveType(r *request) (response, error) {
	if err := s.addStoredFacts(r, typeFacts, func(c booking.StudioLists) int { return len(c.Types) }); err != nil {
		return response{}, err
	}
	f := r.withChoices()
	x := booking.ClassTypeSettings{
		ClassType: booking.ClassType{
			ID: f.id("id"), Name: f.text("name", booking.NameMax), Hue: f.values.Get("hue"), Glyph: f.values.Get("glyph"),
			Description: f.text("description", booking.NoteMax),
		},
		Position: f.number("position", 0, booking.PositionMax, 0), Active: f.flag("active"),
		Minutes:  f.optionalNumber("minutes", present.Minutes(booking.LengthMin), present.Minutes(booking.LengthMax)),
		Capacity: f.optionalNumber("capacity", 0, booking.CapacityMax),
		Cost:     f.optionalNumber("cost", 0, booking.CostMax), Online: f.seenFlag("online"),
		FreeCancel:     f.optionalDuration("free_cancel_hours", time.Hour),
		OpensBefore:    f.optionalDuration("opens_before_hours", time.Hour),
		ClosesBefore:   f.optionalDuration("closes_before_minutes", time.Minute),
		WaitlistSize:   f.optionalNumber("waitlist_size", booking.NoLimit, booking.CapacityMax),
		WaitlistCloses: f.optionalDuration("waitlist_closes_minutes", time.Minute),
	}
	if mode := booking.WaitlistMode(f.values.Get("waitlist_mode")); mode != "" {
		x.WaitlistMode = &mode
	}
	id, err := x.ID, f.failed(x.Check)
	if err == nil {
		id, err = s.engine.SaveClassType(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "class_types", id, err)
}

func readLocation(f *form) booking.LocationSettings {
	return booking.LocationSettings{
		ID: f.id("id"), Name: f.text("name", booking.NameMax), Address: f.text("address", booking.AddressMax), LocationID: f.id("location"),
		Position: f.number("position", 0, booking.PositionMax, 0), Active: f.flag("active"),
	}
}

func (s *Server) saveLocation(r *request) (response, error) {
	if err := s.addStoredFacts(
		r, func(c booking.StudioLists, id int64) map[string]string { return locationFacts(c.Locations, id) },
		func(c booking.StudioLists) int { return len(c.Locations) },
	); err != nil {
		return response{}, err
	}
	return s.saveLocationSettings(r, s.engine.SaveLocation)
}

func (s *Server) saveRoom(r *request) (response, error) {
	if err := s.addStoredFacts(
		r, func(c booking.StudioLists, id int64) map[string]string { return locationFacts(c.Rooms, id) },
		func(c booking.StudioLists) int { return len(c.Rooms) },
	); err != nil {
		return response{}, err
	}
	return s.saveLocationSettings(r, s.engine.SaveRoom)
}

func (s *Server) saveLocationSettings(
	r *request, save func(context.Context, booking.Actor, booking.LocationSettings) (int64, error),
) (response, error) {
	x := readLocation(&r.form)
	id, err := x.ID, r.form.failed(x.Check)
	if err == nil {
		id, err = save(r.Request.Context(), r.actor, x)
	}
	return s.saved(r, "rooms", id, err)
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
	return s.saved(r, "holidays", 0, err)
}

type catalogueJSON struct {
	Reasons    []catalogueReasonJSON `json:"reasons"`
	ClassTypes []catalogueTypeJSON   `json:"class_types"`
	Locations  []cataloguePlaceJSON  `json:"locations"`
	Rooms      []cataloguePlaceJSON  `json:"rooms"`
	Holidays   []holidayJSON         `json:"holidays"`
	Packs      []packJSON            `json:"packs"`
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
	Hue                   string                `json:"hue"`
	Glyph                 string                `json:"glyph"`
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
		Rooms: []cataloguePlaceJSON{}, Holidays: []holidayJSON{}, Packs: []packJSON{},
	}
	for _, p := range c.Packs {
		out.Packs = append(out.Packs, toPackJSON(p))
	}
	for _, x := range c.Reasons {
		out.Reasons = append(out.Reasons, catalogueReasonJSON{x.ID, x.Text, string(x.Audience), x.NeedsText, x.Position, x.Active})
	}
	for _, x := range c.Types {
		out.ClassTypes = append(out.ClassTypes, catalogueTypeJSON{
			x.ID, x.Name, x.Hue, x.Glyph, x.Description, x.Position, x.Active, x.Minutes, x.Capacity, x.Cost, x.Online,
			inUnits(x.FreeCancel, time.Hour),
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
