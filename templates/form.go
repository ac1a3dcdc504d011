package templates

// Form is a form that is described rather than drawn: the settings are many and
// all alike. Fields are kept as they were typed.
type Form struct {
	ID     string // of the element; the fields' ids begin with it
	Action string
	Title  string // of the summary; empty: the form is always open
	Quiet  bool   // what it is about is no longer in use
	Open   bool
	Fields []Field
	Submit string // the words on the button

	Problems []Problem // it was sent and refused
}

// Problem is a field that is wrong, in the list above its form.
type Problem struct {
	ID    string // of the element that the link leads to; empty: the form does not show it
	Label string
	Text  string
}

// Bound limits what can be typed into a field: the characters of a text, or a number.
type Bound struct {
	Length   int // 0: a number
	Min, Max int
}

// Field is one field of a [Form].
type Field struct {
	ID      string
	Name    string
	Label   string
	Kind    string // text, number, date, area, switch, select, hidden
	Value   string // switch: "1" is on
	Help    string
	Error   string
	Bound   *Bound // nil: none
	Options []Choice
}

// Choice is one option of a select.
type Choice struct {
	Value, Name string
	Selected    bool
}
