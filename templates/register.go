package templates

// RegisterPage is the form by which people register themselves.
type RegisterPage struct {
	Layout
	Approve                             bool   // staff must agree
	Next                                string // the page to go to afterwards
	Ticket                              string // the secret that the browser keeps
	LoginURL                            string
	GivenName, FamilyName, Email, Phone string           // as typed
	Bounds                              map[string]Bound // by field
	Problems                            []Problem
	Errors                              map[string]string // by field
}

func (RegisterPage) file() string { return "register" }

// RegisterCodePage asks for the code of the mail. It does not say whether the address has an account.
type RegisterCodePage struct {
	Layout
	Email     string
	Waits     bool   // the address is confirmed, and staff must agree
	Approved  bool   // the person may sign in
	FormURL   string // to begin again with another address
	Demo      bool   // mails are in the mailbox of the demo
	Code      string
	CodeError string
	Problems  []Problem
}

func (RegisterCodePage) file() string { return "register_code" }

// RegistrationPage confirms the address of a registration with the link of a mail.
type RegistrationPage struct {
	Layout
	Action        string
	Email         string
	Here          bool // the browser that registered; another one is asked for the password
	PasswordError string
	Problems      []Problem
}

func (RegistrationPage) file() string { return "registration" }

// RegistrationList lists the registrations that staff has to decide.
type RegistrationList struct {
	Items []PendingRegistration
	Error string // why the last decision was refused
}

// PendingRegistration is a registration that staff has to decide.
type PendingRegistration struct {
	ID        int64
	ElementID string
	Name      string
	Email     string
	Phone     string
	Digits    string // of the number, for a link that calls; empty: no number
	Since     string // "bestätigt heute, 17:52 Uhr"
	Similar   []SimilarMember
}

// SimilarMember is a member who may be the person of a registration.
type SimilarMember struct {
	ID      int64
	Name    string
	URL     string
	Text    string // "Mitglied seit 3. März 2024"
	CanJoin bool   // the registration can become this account
}
