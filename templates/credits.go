package templates

// CreditsPage shows a member's ledger.
type CreditsPage struct {
	Layout
	Card    CreditsCard
	Credits Credits

	// How the person gets more; empty: not said.
	Shop        string // URL of a page where the studio sells credits
	Email       string
	Phone       string
	PhoneDigits string // for a tel: link
}

func (CreditsPage) file() string { return "credits" }

// Credits lists the grants and all movements of credits. Member and staff see the same, except
// that only staff sees the person who made a movement.
type Credits struct {
	Balance   int
	Grants    []Grant
	NextGrant string   // the grant that is used next, if there are several; empty: not shown
	Expiring  []string // sentences
	Ledger    []LedgerLine
}

// Grant is an amount of credits that a person received at one time.
type Grant struct {
	Name       string
	Left       int
	Quantity   int
	ValidUntil string // "31.12.2026"; empty: does not run out
	Soon       bool   // it expires within days
}

// LedgerLine is one movement.
type LedgerLine struct {
	When    string // "25.11. 13:02"
	ISO     string
	Kind    string // grant, debit, refund, lapse, adjust
	URL     string // of the class that the text names; empty: none
	Text    string // the class and its date, or the grant
	Who     string // staff only
	Amount  int
	Balance int
}
