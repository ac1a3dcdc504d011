package present

import (
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// soon is the time before their end from which credits are listed as expiring.
const soon = 30 * 24 * time.Hour

func (pr Presenter) expiring(grants []booking.Grant) (list []string) {
	for _, g := range grants {
		if !g.ExpiresAt.IsZero() && g.ExpiresAt.Sub(pr.Now) < soon {
			list = append(list, pr.Text("text.pack_expiring", "N", g.Remaining, "Day", pr.lastDay(g.ExpiresAt)))
		}
	}
	return list
}

// lastDay returns the last date on which credits are valid. They end at the midnight after it.
func (pr Presenter) lastDay(t time.Time) string { return pr.Date(t.Add(-time.Second)) }

// Credits returns the grants and the ledger. Only for staff does the ledger contain names of
// staff members.
func (pr Presenter) Credits(c booking.Credits, staff bool) templates.Credits {
	t := templates.Credits{Balance: c.Balance, Expiring: pr.expiring(c.Grants)}
	for _, g := range c.Grants {
		p := templates.Grant{Name: g.Name, Left: g.Remaining, Quantity: max(g.Quantity, g.Remaining)}
		if !g.ExpiresAt.IsZero() {
			p.ValidUntil, p.Soon = pr.lastDay(g.ExpiresAt), g.ExpiresAt.Sub(pr.Now) < soon
		}
		t.Grants = append(t.Grants, p)
	}
	if len(c.Grants) > 1 {
		t.NextGrant = c.Grants[0].Name
	}
	for _, l := range c.Ledger {
		line := templates.LedgerLine{
			When: pr.dateClock(l.At), ISO: pr.ISO(l.At), Kind: string(l.Kind), Text: l.GrantName, Amount: l.Amount,
			Balance: l.Balance,
		}
		if l.ClassTitle != "" {
			line.Text, line.URL = l.ClassTitle+", "+pr.DateTime(l.ClassStartsAt), ClassPath(l.ClassID)
		}
		if l.Note != "" && (staff || l.Kind == booking.TransferAdjust) {
			line.Text += " (" + l.Note + ")"
		}
		if staff {
			line.Who = l.ActorName
		}
		t.Ledger = append(t.Ledger, line)
	}
	return t
}

// CreditsPage returns the page with the member's ledger.
func (pr Presenter) CreditsPage(l templates.Layout, c booking.Credits, studio booking.Studio) *templates.CreditsPage {
	return &templates.CreditsPage{
		Layout: l, Card: pr.creditsCard(c.Balance, c.Grants), Credits: pr.Credits(c, false),
		Shop: studio.ShopURL, Email: studio.ContactEmail, Phone: studio.ContactPhone, PhoneDigits: phoneDigits(studio.ContactPhone),
	}
}
