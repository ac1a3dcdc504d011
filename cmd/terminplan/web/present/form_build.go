package present

import (
	"net/url"
	"slices"
	"strconv"

	"terminplan/booking"
	"terminplan/templates"
)

// formBuilder builds a form field by field. After a refusal the form shows the typed values,
// and the sentences at the wrong fields.
type formBuilder struct {
	pr      Presenter
	form    templates.Form
	typed   url.Values // nil: the form was not sent
	refused *booking.Error
}

// newForm begins a form. If sent belongs to this form, the form shows its values.
func (pr Presenter) newForm(id, action, title string, sent Sent) *formBuilder {
	b := &formBuilder{pr: pr, form: templates.Form{ID: id, Action: action, Title: title}}
	if sent.Refused != nil && sent.Values.Get("form") == id {
		b.typed, b.refused, b.form.Open = sent.Values, sent.Refused, true
	}
	b.form.Submit = pr.Text("field.save")
	b.hidden("form", id)
	return b
}

func (b *formBuilder) add(kind, name, value string, options []templates.Choice, help string) {
	f := templates.Field{
		ID: b.form.ID + "-" + name, Name: name, Label: b.pr.Text("field." + name), Kind: kind, Value: value, Options: options,
	}
	if bound, ok := describedBounds[name]; ok && kind != "select" {
		f.Bound = &bound
	}
	if help != "" {
		f.Help = b.pr.Text("field." + help)
	}
	if b.typed != nil && kind != "hidden" && kind != "password" {
		f.Value = b.typed.Get(name)
		for i := range f.Options {
			f.Options[i].Selected = f.Options[i].Value == f.Value
		}
	}
	if b.refused != nil && kind != "hidden" {
		for _, e := range b.refused.All() {
			if e.Field == name {
				f.Error = b.pr.Refusal(e)
				b.form.Problems = append(b.form.Problems, b.pr.problem(e, templates.Problem{ID: f.ID, Label: f.Label, Text: f.Error}))
			}
		}
	}
	b.form.Fields = append(b.form.Fields, f)
}

// done returns the form with the problems that belong to no field.
func (b *formBuilder) done() templates.Form {
	if b.refused == nil {
		return b.form
	}
	for _, e := range b.refused.All() {
		shown := slices.ContainsFunc(b.form.Problems, func(p templates.Problem) bool { return p.ID == b.form.ID+"-"+e.Field })
		if e.Field != "" && !shown {
			b.form.Problems = append(b.form.Problems, b.pr.problem(e, templates.Problem{Text: b.pr.Refusal(e)}))
		}
	}
	return b.form
}

func (b *formBuilder) hidden(name, value string) {
	b.form.Fields = append(b.form.Fields, templates.Field{Name: name, Value: value, Kind: "hidden"})
}
func (b *formBuilder) text(name, value, help string) { b.add("text", name, value, nil, help) }
func (b *formBuilder) area(name, value string)       { b.add("area", name, value, nil, "") }
func (b *formBuilder) date(name, value string)       { b.add("date", name, value, nil, "") }
func (b *formBuilder) number(name string, value int, help string) {
	b.add("number", name, strconv.Itoa(value), nil, help)
}

// password adds a field for a password, which is never shown again.
func (b *formBuilder) password(name, help string) { b.add("password", name, "", nil, help) }

// confirmShared adds the tick that makes an address a contact only, once it was refused because it
// is the account of somebody else (rule 34).
func (b *formBuilder) confirmShared() {
	if takenEmail(b.refused) {
		b.toggle("share_email", false, "")
	}
}

// takenEmail reports whether a form was refused because its address is the account of somebody else.
func takenEmail(refused *booking.Error) bool {
	return refused != nil && slices.ContainsFunc(refused.All(), func(e *booking.Error) bool {
		return e.Field == "email" && e.Args["why"] == "taken"
	})
}

// askPassword adds the field for the password of the person who changes something, once the
// change was refused without it.
func (b *formBuilder) askPassword() {
	if b.refused != nil && slices.ContainsFunc(b.refused.All(), func(e *booking.Error) bool { return e.Field == "password" }) {
		b.password("password", "")
	}
}

// chips adds options of which any number may be ticked.
func (b *formBuilder) chips(name string, options []templates.Choice, help string) {
	if len(options) == 0 {
		return
	}
	b.add("chips", name, "", nil, help)
	if b.typed != nil {
		for i := range options {
			options[i].Selected = slices.Contains(b.typed[name], options[i].Value)
		}
	}
	b.form.Fields[len(b.form.Fields)-1].Options = options
}

// optionalNumber adds a number that may be empty.
func (b *formBuilder) optionalNumber(name string, value *int) {
	text := ""
	if value != nil {
		text = strconv.Itoa(*value)
	}
	b.add("number", name, text, nil, "")
}

// look adds tiles to choose the hue or the glyph of a class type. names begins with none.
func (b *formBuilder) look(name, value string, names []string) {
	var options []templates.Choice
	for _, one := range names {
		text := b.pr.Text("field.no_" + name)
		if one != "" {
			text = b.pr.Text("field." + name + "_" + one)
		}
		options = append(options, templates.Choice{Value: one, Name: text, Selected: one == value})
	}
	b.add(name, name, value, options, "")
}

// sentence adds a rule as a sentence with a choice. text is the key of the sentence.
func (b *formBuilder) sentence(rule sentence, text, value string) {
	sent := Sent{Values: b.typed, Refused: b.refused}
	s := b.pr.control(rule, b.form.ID+"-"+rule.field, text, value, sent)
	if s.Error != "" {
		b.form.Problems = append(b.form.Problems, templates.Problem{ID: s.ID, Label: s.Before, Text: s.Error})
	}
	b.form.Fields = append(b.form.Fields, templates.Field{Kind: "sentence", Sentence: &s})
}

func (b *formBuilder) toggle(name string, on bool, help string) {
	value := ""
	if on {
		value = "1"
	}
	b.add("switch", name, value, nil, help)
}

// choose adds a select. pairs are alternating values and names.
func (b *formBuilder) choose(name, value string, pairs ...string) {
	var options []templates.Choice
	for i := 0; i+1 < len(pairs); i += 2 {
		options = append(options, templates.Choice{Value: pairs[i], Name: pairs[i+1], Selected: pairs[i] == value})
	}
	b.add("select", name, value, options, "")
}
