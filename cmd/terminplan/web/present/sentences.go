package present

import (
	"slices"
	"strconv"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// sentence describes a setting: the field of the API and its control in the sentence. The
// text is setting.FIELD, with […] where the control stands; a switch has no gap. The text of
// an option is setting.FIELD_VALUE, that of its unit setting.FIELD_VALUE_unit.
type sentence struct {
	field, kind string
	options     []option
	help        bool // there is setting.FIELD_help
	optional    bool // the text may be empty
}

// option is a button of a choice. Without unit it stands for the value.
type option struct {
	name  string // of the button
	value string // of the field, as in the API
	unit  int    // of the number that the option has; 0: none
}

// plain returns options whose names are the values of the field.
func plain(values ...string) (list []option) {
	for _, v := range values {
		list = append(list, option{name: v, value: v})
	}
	return list
}

var (
	orNever   = []option{{name: "none", value: "0"}, {name: "some", unit: 1}}
	inAdvance = []option{{name: "none", value: "0"}, {name: "days", unit: 24}, {name: "some", unit: 1}}
	ofPlaces  = []option{{name: "zero", value: "0"}, {name: "some", unit: 1}, {name: "none", value: strconv.Itoa(booking.NoLimit)}}
)

var sentences = map[string][]sentence{
	"studio": {
		{field: "name", kind: "text"},
		{field: "languages", kind: "choice", options: plain("both", "de", "en")},
		{field: "language", kind: "choice", options: plain("de", "en"), help: true},
		{field: "zone", kind: "text", help: true},
		{field: "contact_email", kind: "text", optional: true, help: true},
		{field: "contact_phone", kind: "text", optional: true},
		{field: "shop_url", kind: "text", optional: true, help: true},
	},
	"booking": {
		{field: "free_cancel_hours", kind: "number", help: true},
		{field: "undo_minutes", kind: "choice", options: orNever, help: true},
		{field: "opens_before_hours", kind: "choice", options: inAdvance},
		{field: "closes_before_minutes", kind: "choice", options: orNever},
		{field: "max_open", kind: "choice", options: orNever, help: true},
		{field: "max_per_day", kind: "choice", options: orNever},
		{field: "max_per_week", kind: "choice", options: orNever},
		{field: "allow_overlap", kind: "switch", help: true},
		{field: "recurring", kind: "switch", help: true},
		{field: "horizon_days", kind: "number"},
		{field: "seat_counts", kind: "choice", options: plain("exact", "few", "hidden")},
	},
	"waitlist": {
		{field: "waitlist_mode", kind: "choice", options: plain("offer", "auto", "notify_all"), help: true},
		{field: "offer_minutes", kind: "number", help: true},
		{field: "waitlist_size", kind: "choice", options: ofPlaces},
		{field: "waitlist_closes_minutes", kind: "choice", options: orNever},
		{field: "reserve_minutes", kind: "choice", options: orNever, help: true},
		{field: "give_back_minutes", kind: "choice", options: orNever, help: true},
	},
	"public": {
		{field: "public", kind: "switch", help: true},
		{field: "public_seats", kind: "choice", options: plain("exact", "few", "hidden")},
		{field: "public_instructors", kind: "switch"},
		{field: "frame_origins", kind: "lines", help: true, optional: true},
	},
	"night": {
		{field: "night_rest", kind: "switch", help: true},
		{field: "night_from", kind: "clock"},
		{field: "night_until", kind: "clock", help: true},
	},
	"accounts": {
		{field: "registration", kind: "choice", options: plain("off", "approve", "open"), help: true},
		{field: "second_factor", kind: "choice", options: plain("none", "owner", "members", "all"), help: true},
	},
}

// asStudio stands for the rule of the studio.
var asStudio = option{}

// typeRules are the rules of a class type that may differ from those of the studio. Their text
// is setting.type_FIELD.
var typeRules = []sentence{
	{field: "online", kind: "choice", options: append([]option{asStudio}, plain("true", "false")...)},
	{field: "free_cancel_hours", kind: "choice", options: []option{asStudio, {name: "some", unit: 1}}},
	{field: "opens_before_hours", kind: "choice", options: append([]option{asStudio}, inAdvance...)},
	{field: "closes_before_minutes", kind: "choice", options: append([]option{asStudio}, orNever...)},
	{field: "waitlist_mode", kind: "choice", options: append([]option{asStudio}, plain("offer", "auto", "notify_all")...)},
	{field: "waitlist_size", kind: "choice", options: append([]option{asStudio}, ofPlaces...)},
	{field: "waitlist_closes_minutes", kind: "choice", options: append([]option{asStudio}, orNever...)},
}

// HasSentences reports whether a page of settings consists of sentences.
func HasSentences(page string) bool { return len(sentences[page]) > 0 }

// SentencePage returns the page with the setting of a field; empty if no page has it.
func SentencePage(field string) string {
	for page, list := range sentences {
		if slices.ContainsFunc(list, func(s sentence) bool { return s.field == field }) {
			return page
		}
	}
	return ""
}

func sentenceOf(field string) (found sentence) {
	for _, s := range sentences[SentencePage(field)] {
		if s.field == field {
			found = s
		}
	}
	return found
}

// IsSwitch reports whether a setting is on or off.
func IsSwitch(field string) bool { return sentenceOf(field).kind == "switch" }

// IsOptional reports whether a setting may be empty.
func IsOptional(field string) bool { return sentenceOf(field).optional }

// ChoiceField is the name of the buttons of a choice that has a number, too.
func ChoiceField(field string) string { return field + "_is" }

// Choice reads which button of a choice was pressed. For a choice with a number, unit is the
// number of units of the field in one of the typed number, and most the largest number; else
// value is the value of the field.
func Choice(field, name string) (value string, unit, most int, ok bool) {
	for _, rule := range append([]sentence{sentenceOf(field)}, typeRules...) {
		if rule.field != field {
			continue
		}
		for _, o := range rule.options {
			if o.name == name {
				return o.value, o.unit, describedBounds[field].Max / max(o.unit, 1), true
			}
		}
	}
	return "", 0, 0, false
}

// SettingValue returns the stored value of a setting, as the API names it; a switch is "1" or
// empty.
func SettingValue(st booking.Studio, field string) string {
	flag := func(on bool) string {
		if on {
			return "1"
		}
		return ""
	}
	n := strconv.Itoa
	switch field {
	case "name":
		return st.Name
	case "zone":
		return st.Zone.String()
	case "language":
		return st.Language
	case "languages":
		if len(st.Languages) == 1 {
			return st.Languages[0]
		}
		return "both"
	case "seat_counts":
		return string(st.SeatCounts)
	case "free_cancel_hours":
		return n(Hours(st.FreeCancel))
	case "opens_before_hours":
		return n(Hours(st.OpensBefore))
	case "closes_before_minutes":
		return n(Minutes(st.ClosesBefore))
	case "waitlist_mode":
		return string(st.WaitlistMode)
	case "waitlist_size":
		return n(st.WaitlistSize)
	case "waitlist_closes_minutes":
		return n(Minutes(st.WaitlistCloses))
	case "offer_minutes":
		return n(Minutes(st.OfferFor))
	case "reserve_minutes":
		return n(Minutes(st.ReserveFor))
	case "give_back_minutes":
		return n(Minutes(st.GiveBackFor))
	case "undo_minutes":
		return n(Minutes(st.UndoFor))
	case "max_open":
		return n(st.MaxOpen)
	case "max_per_day":
		return n(st.MaxPerDay)
	case "max_per_week":
		return n(st.MaxPerWeek)
	case "allow_overlap":
		return flag(st.AllowOverlap)
	case "recurring":
		return flag(st.Recurring)
	case "second_factor":
		return factorChoice(st.SecondFactor)
	case "night_rest":
		return flag(st.Night.On)
	case "night_from":
		return booking.ClockText(st.Night.From)
	case "night_until":
		return booking.ClockText(st.Night.Until)
	case "registration":
		return string(st.Registration)
	case "horizon_days":
		return n(Hours(st.Horizon) / 24)
	case "public":
		return flag(st.Public)
	case "public_seats":
		return string(st.PublicSeats)
	case "public_instructors":
		return flag(st.PublicInstructors)
	case "frame_origins":
		return strings.Join(st.FrameOrigins, " ")
	case "contact_email":
		return st.ContactEmail
	case "contact_phone":
		return st.ContactPhone
	case "shop_url":
		return st.ShopURL
	}
	return ""
}

// Sentence returns a setting with its stored value, or with the typed one if it was refused.
func (pr Presenter) Sentence(field string, st booking.Studio, zones []string, sent Sent) templates.Sentence {
	rule := sentenceOf(field)
	s := pr.control(rule, "setting-"+field, "setting."+field, SettingValue(st, field), sent)
	if rule.help {
		s.Help = pr.Text("setting." + field + "_help")
	}
	if field == "zone" {
		s.Suggestions = zones
	}
	return s
}

// control returns the sentence of a rule with its control. text is the key of the sentence.
func (pr Presenter) control(rule sentence, id, text, value string, sent Sent) templates.Sentence {
	s := templates.Sentence{ID: id, Field: rule.field, Kind: rule.kind, Value: value, Was: value, On: value == "1", Radio: rule.field}
	text = pr.Text(text)
	s.Before, s.After, _ = strings.Cut(text, "[…]")
	s.Before, s.After = strings.TrimSpace(s.Before), strings.TrimSpace(s.After)
	s.Label = strings.Replace(text, "[…]", "…", 1)
	s.HasMore = slices.ContainsFunc(rule.options, func(o option) bool { return o.unit > 0 })
	chosen, n := rule.chosen(value)
	if s.HasMore {
		s.Radio, s.Value = ChoiceField(rule.field), n
	}
	if rule.kind == "lines" {
		s.Value = strings.ReplaceAll(value, " ", "\n")
	}
	name := chosen.name
	if sent.Refused != nil && (sent.Values.Has(rule.field) || sent.Values.Has(s.Radio) || rule.kind == "switch") {
		s.Value, s.On = sent.Values.Get(rule.field), sent.is(rule.field)
		name = sent.Values.Get(s.Radio)
		for _, e := range sent.Refused.All() {
			if e.Field == rule.field {
				s.Error = pr.Refusal(e)
			}
		}
	}
	for _, o := range rule.options {
		b := templates.SentenceOption{Value: o.name, Name: pr.optionText(rule.field, o), Selected: o.name == name, More: o.unit > 0}
		if b.Selected && b.More {
			s.Label = s.Before + " " + b.Name
		}
		s.Options = append(s.Options, b)
	}
	if bound, ok := describedBounds[rule.field]; ok && (rule.kind != "choice" || s.HasMore) {
		if s.HasMore {
			bound.Min, bound.Max = max(bound.Min, 1), bound.Max/max(chosen.unit, 1)
		}
		s.Bound = &bound
	}
	return s
}

func (pr Presenter) optionText(field string, o option) string {
	if o == asStudio {
		return pr.Text("field.as_studio")
	}
	return pr.Text("setting." + field + "_" + o.name)
}

// chosen returns the option of a stored value, and its number if it has one. 168 hours are 7
// days.
func (s sentence) chosen(value string) (o option, number string) {
	n, err := strconv.Atoi(value)
	for _, o := range s.options {
		switch {
		case o.unit == 0 && o.value == value:
			return o, ""
		case o.unit > 0 && err == nil && n >= 0 && n%o.unit == 0:
			return o, strconv.Itoa(n / o.unit)
		}
	}
	return option{}, ""
}

// SavedSentence returns a setting after it was saved. before is the value that it replaced;
// after an undo nothing can be taken back.
func (pr Presenter) SavedSentence(field string, st booking.Studio, zones []string, before string, undone bool) templates.Sentence {
	s := pr.Sentence(field, st, zones, Sent{})
	switch {
	case undone:
		s.Saved = &templates.SavedSetting{Text: pr.Text("text.taken_back")}
	case before != s.Was:
		s.Saved = &templates.SavedSetting{Text: pr.Text("text.saved_was", "Was", pr.settingText(field, before)), Back: true, Undo: before}
	}
	return s
}

// settingText is a stored value in words.
func (pr Presenter) settingText(field, value string) string {
	rule := sentenceOf(field)
	if rule.kind == "switch" {
		if value == "1" {
			return pr.Text("text.on")
		}
		return pr.Text("text.off")
	}
	o, number := rule.chosen(value)
	switch {
	case number != "":
		return number + "\u00a0" + pr.Text("setting."+field+"_"+o.name+"_unit")
	case len(rule.options) > 0:
		return pr.optionText(field, o)
	case value == "":
		return pr.Text("text.none")
	}
	return value
}
