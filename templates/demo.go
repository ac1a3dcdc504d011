package templates

// DemoPage shows three screens of a demo studio in frames. It is a document of its own.
type DemoPage struct {
	Studio, Mark string
	OneLanguage  string // as in Layout

	PhoneURL, DeskURL, BoardURL string // of the frames; BoardURL is empty if the board is off

	Class int64 // the class in which things happen; 0: none
}

func (DemoPage) file() string { return "demo" }

func (DemoPage) who() Who { return Who{} }
