package templates

// CreditsPage is a member's own ledger.
type CreditsPage struct {
	Layout
	Credits Credits
}

func (CreditsPage) file() string { return "credits" }

// Credits is the grants and every credit that moved; the same for member and staff,
// except that only staff reads who did it.
type Credits struct {
	Balance   int
	Grants    []Grant
	NextGrant string   // the grant that is used next if there is a choice; empty: not said
	Expiring  []string // sentences
	Ledger    []LedgerLine
}

// Grant is an amount of credits that a person received at once.
type Grant struct {
	Name       string
	Left       int
	Quantity   int
	ValidUntil string // "31.12.2026"; empty: does not run out
	Soon       bool   // it runs out within days
}

// LedgerLine is one movement.
type LedgerLine struct {
	When    string // "25.11. 13:02"
	ISO     string
	Kind    string // grant, debit, refund, lapse, adjust
	URL     string // of the class that the text names; empty: none
	Text    string // what for: the class and its date, or the grant
	Who     string // staff only
	Amount  int
	Balance int
}
