package templates

// ErrorPage reports that something does not exist, is not allowed or has failed.
type ErrorPage struct {
	Layout
	Status  int
	Drawing string // its name
	Text    string // the sentence of the refusal; empty: the heading is enough
	Request string // the request id in the log; shown for 500 and 503
}

func (ErrorPage) file() string { return "error" }
