package templates

// FindPage is the search of the palette as a page.
type FindPage struct {
	Layout
	Found Found
}

func (FindPage) file() string { return "find" }

// Found holds the hits of a search in groups.
type Found struct {
	Query  string
	Groups []FoundGroup
}

// FoundGroup is the hits of one kind: people, days, classes or actions.
type FoundGroup struct {
	Kind, Title string
	Items       []FoundItem
}

// FoundItem is one hit, a link.
type FoundItem struct {
	ID       string
	URL      string
	Name     []Marked
	Facts    string
	Initials string // of a person
	Hue      string // of a class, with its glyph
	Glyph    string
	Icon     string // of a day or an action
	Seats    string // "8/12"
	Key      string // the key that does it on the desk
	Dialog   bool   // the link opens a dialog
}

// Count is the number of hits.
func (f Found) Count() (n int) {
	for _, group := range f.Groups {
		n += len(group.Items)
	}
	return n
}
