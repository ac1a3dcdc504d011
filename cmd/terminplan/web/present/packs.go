package present

import (
	"slices"
	"strconv"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// PackValidity returns how long a grant of the pack is valid as forms have it: the unit, "days" or
// "months", and the number; both are empty if it is valid without end.
func PackValidity(p booking.Pack) (unit, n string) {
	switch {
	case p.ValidMonths > 0:
		return "months", strconv.Itoa(p.ValidMonths)
	case p.ValidDays > 0:
		return "days", strconv.Itoa(p.ValidDays)
	}
	return "", ""
}

// packFacts are the values of a pack in one line: "10 credits · 12 months · Yoga".
func (pr Presenter) packFacts(p booking.Pack, typeName func(id int64) string) string {
	facts := []string{pr.Text("credits", "N", p.Quantity)}
	switch {
	case p.ValidMonths > 0:
		facts = append(facts, pr.Text("text.months", "N", p.ValidMonths))
	case p.ValidDays > 0:
		facts = append(facts, pr.Text("text.days", "N", p.ValidDays))
	}
	for _, id := range p.TypeIDs {
		if name := typeName(id); name != "" {
			facts = append(facts, name)
		}
	}
	return strings.Join(facts, " · ")
}

func (pr Presenter) packList(lists booking.StudioLists, sent Sent) templates.KeptList {
	nameOf := func(id int64) string {
		for _, t := range lists.Types {
			if t.ID == id {
				return t.Name
			}
		}
		return ""
	}
	l := pr.newKept("pack", "packs_help", "coin")
	for _, p := range lists.Packs {
		f := pr.packForm(p, "", lists.Types, sent)
		l.Rows = append(l.Rows, templates.KeptRow{
			ID: f.ID, ItemID: p.ID, Name: p.Name, Facts: pr.packFacts(p, nameOf), Off: !p.Active, Form: f,
		})
	}
	order(&l, booking.ListPacks)
	l.New = pr.packForm(booking.Pack{Active: true, Quantity: 10, ValidMonths: 12}, pr.Text("field.new_pack"), lists.Types, sent)
	return l
}

func (pr Presenter) packForm(p booking.Pack, title string, types []booking.ClassTypeSettings, sent Sent) templates.Form {
	b := pr.newForm("pack-"+strconv.FormatInt(p.ID, 10), "/settings/packs", title, sent)
	b.hidden("id", OptionalID(p.ID))
	b.text("name", p.Name, "")
	b.number("quantity", p.Quantity, "")
	unit, n := PackValidity(p)
	b.choose("valid_unit", unit, "", pr.Text("field.valid_forever"), "days", pr.Text("field.valid_days_unit"), "months",
		pr.Text("field.valid_months_unit"))
	b.add("number", "valid_for", n, nil, "")
	var chips []templates.Choice
	for _, t := range types {
		chosen := slices.Contains(p.TypeIDs, t.ID)
		if t.Active || chosen {
			chips = append(chips, templates.Choice{Value: strconv.FormatInt(t.ID, 10), Name: t.Name, Selected: chosen})
		}
	}
	b.chips("type", chips, "pack_types_help")
	b.text("pack_note", p.Note, "pack_note_help")
	b.toggle("active", p.Active, "")
	return b.done()
}

// packButtons are the packs that the desk can grant, each as a form of one button.
func (pr Presenter) packButtons(p Profile) (list []templates.GrantTemplate) {
	nameOf := func(id int64) string {
		for _, t := range p.Types {
			if t.ID == id {
				return t.Name
			}
		}
		return ""
	}
	for _, one := range p.Packs {
		id := strconv.FormatInt(one.ID, 10)
		list = append(list, templates.GrantTemplate{
			ID: "pack-" + id, Text: one.Name + " · " + pr.packFacts(one, nameOf), Key: pr.NewKey(),
			Fields: []templates.Hidden{{Name: "pack", Value: id}},
		})
	}
	return list
}
