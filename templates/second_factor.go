package templates

// SecondLoginPage asks for the second factor after the password.
type SecondLoginPage struct {
	Layout
	Email         string
	Next          string
	Passkeys      bool // the person has one, and it can be used here
	App           bool
	Recovery      bool // the field for a recovery code is open
	Error         string
	CodeError     string
	RecoveryError string
	Problems      []Problem
}

func (SecondLoginPage) file() string { return "second_login" }

// SecondFactorPage shows a person's second factors and sets them up.
type SecondFactorPage struct {
	Layout
	Password   Form // asks for the password first; without ID: it was typed lately
	Blocked    bool // the role demands a factor, and nothing else works before
	On         bool
	Passkeys   []PasskeyRow
	MayPasskey bool   // the address of the site allows passkeys
	Name       string // proposed for a new passkey
	App        string // since when; empty: no app
	Setup      *AppSetup
	Codes      []string // new recovery codes, shown once
	CodesLeft  int
	Error      string
	CodeError  string
	NameError  string
	Problems   []Problem
}

func (SecondFactorPage) file() string { return "second_factor" }

// PasskeyRow is a passkey in the list.
type PasskeyRow struct{ Name, Text, RemoveURL string }

// AppSetup is the secret that an app scans.
type AppSetup struct {
	Code   QR
	Secret string // in groups, to type
}
