package present

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// SettingsList returns the page of one of the studio's lists.
func (pr Presenter) SettingsList(f Frame, id string, d SettingsData, sent Sent) *templates.SettingsPage {
	p := pr.settingsPage(f, id, d, sent)
	switch id {
	case "reasons":
		p.Lists = []templates.KeptList{pr.reasonList(d.Lists.Reasons, sent)}
	case "class_types":
		p.Lists = []templates.KeptList{pr.typeList(d.Lists.Types, sent)}
	case "rooms":
		p.Title = pr.Text("text.rooms_title")
		p.Lists = []templates.KeptList{pr.locationList("room", d.Lists, sent), pr.locationList("location", d.Lists, sent)}
	case "packs":
		p.Lists = []templates.KeptList{pr.packList(d.Lists, sent)}
	case "holidays":
		p.Lists = []templates.KeptList{pr.holidayList(d.Lists.Holidays, sent)}
	}
	return p
}

// KeptList returns one list of a page alone.
func (pr Presenter) KeptList(list booking.List, lists booking.StudioLists) templates.KeptList {
	switch list {
	case booking.ListReasons:
		return pr.reasonList(lists.Reasons, Sent{})
	case booking.ListTypes:
		return pr.typeList(lists.Types, Sent{})
	case booking.ListPacks:
		return pr.packList(lists, Sent{})
	case booking.ListRooms:
		return pr.locationList("room", lists, Sent{})
	}
	return pr.locationList("location", lists, Sent{})
}

// ListPage is the id of the page with a list.
func ListPage(list booking.List) string {
	if list == booking.ListLocations {
		return "rooms"
	}
	return string(list)
}

// newKept returns a list without entries. name is the singular of its ids.
func (pr Presenter) newKept(name, help, icon string) templates.KeptList {
	l := templates.KeptList{ID: "list-" + name, Name: pr.Text("text.list_" + name), None: pr.Text("text.none_" + name), Icon: icon}
	if help != "" {
		l.Help = pr.Text("field." + help)
	}
	return l
}

// order marks the entries in use as movable.
func order(l *templates.KeptList, list booking.List) {
	used := slices.IndexFunc(l.Rows, func(r templates.KeptRow) bool { return r.Off })
	if used < 0 {
		used = len(l.Rows)
	}
	for i := range l.Rows[:used] {
		r := &l.Rows[i]
		r.Moves, r.List, r.ListID = used > 1, string(list), l.ID
		r.First, r.Last = i == 0, i == used-1
	}
}

func (pr Presenter) reasonList(list []booking.ReasonSettings, sent Sent) templates.KeptList {
	form := func(x booking.ReasonSettings, title string) templates.Form {
		b := pr.newForm("reason-"+strconv.FormatInt(x.ID, 10), "/settings/reasons", title, sent)
		b.hidden("id", OptionalID(x.ID))
		b.text("text_de", x.Text["de"], "")
		b.text("text_en", x.Text["en"], "")
		b.choose(
			"audience", string(x.Audience), "both", pr.Text("field.audience_both"), "member", pr.Text("field.audience_member"), "staff",
			pr.Text("field.audience_staff"),
		)
		b.toggle("needs_text", x.NeedsText, "")
		b.toggle("active", x.Active, "")
		return b.done()
	}
	l := pr.newKept("reason", "reasons_help", "list")
	for _, x := range list {
		facts := []string{pr.Text("field.audience_" + string(x.Audience))}
		if x.NeedsText {
			facts = append(facts, pr.Text("text.needs_text"))
		}
		f := form(x, "")
		l.Rows = append(l.Rows, templates.KeptRow{
			ID: f.ID, ItemID: x.ID, Name: x.Text[string(pr.Lang)], Facts: strings.Join(facts, " · "), Off: !x.Active, Form: f,
		})
	}
	order(&l, booking.ListReasons)
	l.New = form(booking.ReasonSettings{Audience: booking.AudienceBoth, Active: true}, pr.Text("field.new_reason"))
	return l
}

func (pr Presenter) typeList(list []booking.ClassTypeSettings, sent Sent) templates.KeptList {
	l := pr.newKept("type", "types_help", "lotus")
	for _, x := range list {
		f := pr.typeForm(x, "", sent)
		l.Rows = append(l.Rows, templates.KeptRow{
			ID: f.ID, ItemID: x.ID, Name: x.Name, Facts: pr.typeFacts(x), Hue: x.Hue, Glyph: x.Glyph, Off: !x.Active, Form: f,
		})
	}
	order(&l, booking.ListTypes)
	fresh := booking.ClassTypeSettings{Active: true}
	fresh.Hue, fresh.Glyph = unusedLook(list)
	l.New = pr.typeForm(fresh, pr.Text("field.new_type"), sent)
	return l
}

// unusedLook suggests a hue and a glyph that no type has yet.
func unusedLook(list []booking.ClassTypeSettings) (hue, glyph string) {
	unused := func(names []string, of func(booking.ClassTypeSettings) string) string {
		for _, name := range names[1:] { // the first is none
			if !slices.ContainsFunc(list, func(t booking.ClassTypeSettings) bool { return of(t) == name }) {
				return name
			}
		}
		return names[1]
	}
	return unused(booking.Hues, func(t booking.ClassTypeSettings) string { return t.Hue }),
		unused(booking.Glyphs, func(t booking.ClassTypeSettings) string { return t.Glyph })
}

// typeFacts are the defaults of a class type in one line.
func (pr Presenter) typeFacts(x booking.ClassTypeSettings) string {
	var facts []string
	if x.Minutes != nil {
		facts = append(facts, pr.Text("text.minutes", "N", *x.Minutes))
	}
	if x.Capacity != nil {
		facts = append(facts, pr.Text("text.seats", "N", *x.Capacity))
	}
	if x.Cost != nil {
		facts = append(facts, pr.Text("credits", "N", *x.Cost))
	}
	if x.FreeCancel != nil {
		facts = append(facts, pr.Text("text.now_booking", "N", Hours(*x.FreeCancel)))
	}
	return strings.Join(facts, " · ")
}

func (pr Presenter) typeForm(x booking.ClassTypeSettings, title string, sent Sent) templates.Form {
	b := pr.newForm("type-"+strconv.FormatInt(x.ID, 10), "/settings/class-types", title, sent)
	b.hidden("id", OptionalID(x.ID))
	b.text("name", x.Name, "")
	b.look("hue", x.Hue, booking.Hues)
	b.look("glyph", x.Glyph, booking.Glyphs)
	b.form.Fields = append(b.form.Fields, templates.Field{Kind: "look", Look: &templates.Look{Name: x.Name, Hue: x.Hue, Glyph: x.Glyph}})
	b.optionalNumber("minutes", x.Minutes)
	b.optionalNumber("capacity", x.Capacity)
	b.optionalNumber("cost", x.Cost)
	b.area("description", x.Description)
	hours, minutes := durationText(time.Hour), durationText(time.Minute)
	values := map[string]string{
		"free_cancel_hours": hours(x.FreeCancel), "opens_before_hours": hours(x.OpensBefore),
		"closes_before_minutes":   minutes(x.ClosesBefore),
		"waitlist_closes_minutes": minutes(x.WaitlistCloses),
	}
	if x.Online != nil {
		values["online"] = strconv.FormatBool(*x.Online)
	}
	if x.WaitlistMode != nil {
		values["waitlist_mode"] = string(*x.WaitlistMode)
	}
	if x.WaitlistSize != nil {
		values["waitlist_size"] = strconv.Itoa(*x.WaitlistSize)
	}
	for _, rule := range typeRules {
		b.sentence(rule, "setting.type_"+rule.field, values[rule.field])
	}
	b.toggle("active", x.Active, "")
	return b.done()
}

// durationText returns a function that writes a duration as a number of units; nil is empty.
func durationText(unit time.Duration) func(*time.Duration) string {
	return func(d *time.Duration) string {
		if d == nil {
			return ""
		}
		return strconv.Itoa(int(*d / unit))
	}
}

// locationList returns the list of rooms (kind "room") or of locations.
func (pr Presenter) locationList(kind string, lists booking.StudioLists, sent Sent) templates.KeptList {
	locations, names := []string{"", "–"}, map[int64]string{}
	for _, l := range lists.Locations {
		locations = append(locations, strconv.FormatInt(l.ID, 10), l.Name)
		names[l.ID] = l.Name
	}
	form := func(x booking.LocationSettings, title string) templates.Form {
		b := pr.newForm(kind+"-"+strconv.FormatInt(x.ID, 10), "/settings/"+kind+"s", title, sent)
		b.hidden("id", OptionalID(x.ID))
		b.text("name", x.Name, "")
		switch {
		case kind == "location":
			b.text("address", x.Address, "")
		case len(lists.Locations) > 0:
			b.choose("location", OptionalID(x.LocationID), locations...)
		}
		b.toggle("active", x.Active, "")
		return b.done()
	}
	l, list, name := pr.newKept(kind, "", "pin"), lists.Rooms, booking.ListRooms
	l.Heading = pr.Text("tab.rooms")
	if kind == "location" {
		l.Heading, l.Help = pr.Text("tab.locations"), pr.Text("field.locations_help")
		list, name = lists.Locations, booking.ListLocations
	}
	for _, x := range list {
		f := form(x, "")
		facts := x.Address
		if kind == "room" {
			facts = names[x.LocationID]
		}
		l.Rows = append(l.Rows, templates.KeptRow{ID: f.ID, ItemID: x.ID, Name: x.Name, Facts: facts, Off: !x.Active, Form: f})
	}
	order(&l, name)
	l.New = form(booking.LocationSettings{Active: true}, pr.Text("field.new_"+kind))
	return l
}

func (pr Presenter) holidayList(list []booking.Holiday, sent Sent) templates.KeptList {
	l := pr.newKept("holiday", "holidays_help", "sun")
	for _, h := range list {
		day := h.Day.Format(time.DateOnly)
		b := pr.newForm("holiday-"+day, "/settings/holidays", "", sent)
		b.hidden("day", day)
		b.text("holiday_name", h.Name, "")
		f := b.done()
		l.Rows = append(l.Rows, templates.KeptRow{
			ID: f.ID, Name: h.Name, Facts: pr.Lang.DayLong(h.Day) + " " + strconv.Itoa(h.Day.Year()), Form: f,
			Remove: []templates.Hidden{{Name: "form", Value: f.ID}, {Name: "day", Value: day}, {Name: "holiday_name"}},
		})
	}
	b := pr.newForm("holiday-new", "/settings/holidays", pr.Text("field.new_holiday"), sent)
	b.date("day", "")
	b.text("holiday_name", "", "")
	l.New = b.done()
	return l
}

// OptionalID formats an id; 0 becomes the empty string.
func OptionalID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
