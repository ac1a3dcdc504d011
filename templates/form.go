package templates

// Form describes a form as data, since the settings have many similar forms. The fields hold
// the text as typed.
type Form struct {
	ID     string // id of the element and prefix of the fields' ids
	Action string
	Title  string // text of the summary; empty: the form is always open
	Open   bool
	Fields []Field
	Submit string // label of the button
	Danger bool   // it cannot be taken back

	Problems []Problem // errors of the last submission
}

// Problem is an error of a field, in the list above the form.
type Problem struct {
	ID    string // id of the field; empty: the form does not show it
	Label string
	Text  string

	Profile, Person string // URL and name of the person who is the reason; empty: none
}

// Bound limits the input of a field: the number of characters of a text, or the value of a
// number.
type Bound struct {
	Length   int // 0: the field is a number
	Min, Max int
}

// Field is one field of a [Form].
type Field struct {
	ID      string
	Name    string
	Label   string
	Kind    string // text, number, date, password, area, switch, select, chips, hue, glyph, look, sentence, hidden
	Value   string // switch: "1" is on
	Help    string
	Error   string
	Bound   *Bound // nil: none
	Options []Choice

	Sentence *Sentence // sentence: the rule; the other fields are empty
	Look     *Look     // look: how a class of the type looks; the other fields are empty
}

// Choice is one option of a select.
type Choice struct {
	Value, Name string
	Selected    bool
}

// Look is the hue and the glyph of a class type.
type Look struct{ Name, Hue, Glyph string }
