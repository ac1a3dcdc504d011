package templates

// ErrorPage says that something is not there, not allowed or not possible now.
type ErrorPage struct {
	Layout
	Status  int
	Text    string // the sentence of the refusal; empty: the heading says it all
	Request string // the id under which the log knows it; shown for 500 and 503
}

func (ErrorPage) file() string { return "error" }
