package templates

// UnreachedList lists for the desk the people whom no message reached, to call them.
type UnreachedList struct {
	Items []Unreached
	Open  bool // few enough to be shown at once
}

// Unreached is one person and what the person should hear.
type Unreached struct {
	ID       int64 // of the delivery
	Name     string
	URL      string // of the profile; empty: a guest
	Phone    string // empty: the studio has no number
	Digits   string // the number for a tel: link
	What     string // "Kurs abgesagt"
	Class    string // "Yoga Flow, heute 18:00 Uhr"
	ClassURL string
	Why      string // "keine E-Mail-Adresse"
}

// Contact is a person whom staff should call.
type Contact struct{ Name, Phone, Digits string }
