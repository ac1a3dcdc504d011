package templates

// DemoMailsPage lists the mails that a demo has sent, the newest first.
type DemoMailsPage struct {
	Layout
	Items []DemoMailItem
}

func (DemoMailsPage) file() string { return "demo_mails" }

// DemoMailItem is a mail in the list.
type DemoMailItem struct {
	ID        int64
	Subject   string
	Recipient string // e-mail address
	When      string // "25.11. 13:40"
}

// DemoMailPage shows a mail as it would arrive.
type DemoMailPage struct {
	Layout
	Mail    DemoMailItem
	HTML    string // the address of the HTML part, which a frame shows
	Text    string // the text part
	Headers string // as they are sent
}

func (DemoMailPage) file() string { return "demo_mail" }
