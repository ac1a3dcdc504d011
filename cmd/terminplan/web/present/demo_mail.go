package present

import (
	"fmt"

	"terminplan/booking"
	"terminplan/templates"
)

// DemoMailPath is the path of a mail in the mailbox of a demo.
func DemoMailPath(id int64) string { return fmt.Sprintf("/demo/mail/%d", id) }

// DemoMail is a mail of a demo, taken apart. In a list only the first two fields are set.
type DemoMail struct {
	booking.DemoMail
	Subject       string
	Text, Headers string
}

// DemoMails returns the list of a demo's mails.
func (pr Presenter) DemoMails(f Frame, list []DemoMail) *templates.DemoMailsPage {
	p := &templates.DemoMailsPage{Layout: pr.Layout(f)}
	for _, m := range list {
		p.Items = append(p.Items, pr.demoMailItem(m))
	}
	return p
}

// DemoMail returns the page of one mail of a demo.
func (pr Presenter) DemoMail(f Frame, m DemoMail) *templates.DemoMailPage {
	return &templates.DemoMailPage{
		Layout: pr.Layout(f), Mail: pr.demoMailItem(m), HTML: DemoMailPath(m.ID) + "/message", Text: m.Text, Headers: m.Headers,
	}
}

func (pr Presenter) demoMailItem(m DemoMail) templates.DemoMailItem {
	return templates.DemoMailItem{ID: m.ID, Subject: m.Subject, Recipient: m.Recipient, When: pr.dateClock(m.At)}
}
