package templates

// QuickAdd is the line that makes classes: "Di Do 18 Yoga Flow 60 Lena". The zero value is the
// empty line.
type QuickAdd struct {
	Line    string
	Next    string // URL to return to after a form without script
	From    string // 2026-11-30: days are the next ones from here on; empty: from today
	Key     string // idempotency key for a form without script; empty: the script makes one
	Receipt string // what the last line has made
	Refusal string
	Preview QuickPreview
}

// QuickPreview is what was understood of a line.
type QuickPreview struct {
	Line     string   // the line as typed; empty: there is none
	Hue      string   // of the class type
	Glyph    string   // of the class type
	Title    string   // empty: not said
	Facts    string   // "Di und Do 18:00–19:00 · Saal 1 · Lena · 12 Plätze · jede Woche bis 21.2."
	Asks     []string // sentences: what is missing or unclear, and what is taken
	Complete bool     // the line makes classes; else it leads to the form
	Number   int      // classes that it makes
	FormURL  string   // the class form with what was understood
}

// QuickPage is the line on a page of its own, for browsers without script.
type QuickPage struct {
	Layout
	Quick QuickAdd
}

func (QuickPage) file() string { return "quick" }
