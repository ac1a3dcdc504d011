package templates

// SignedInPage tells a person that the open page was made for another person, who was signed
// in with this browser before.
type SignedInPage struct {
	Layout
	Name string // of the person who is signed in now
	Next string // the page to go on to
}

func (SignedInPage) file() string { return "signed_in" }
