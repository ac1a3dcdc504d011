package present

import (
	"encoding/base64"
	"slices"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// SecondFactorPath is the page on which a person sets up second factors.
const SecondFactorPath = "/profile/second-factor"

// PasskeyID is the id of a passkey in addresses.
func PasskeyID(k booking.Passkey) string { return base64.RawURLEncoding.EncodeToString(k.ID) }

// FactorRoles are the roles of each choice in the settings. Apps may choose any roles.
var FactorRoles = map[string][]booking.Role{
	"none":    nil,
	"owner":   {booking.RoleOwner},
	"members": {booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner},
	"all":     StaffRoles,
}

// factorChoice is the choice of these roles; the roles themselves if there is none.
func factorChoice(roles []booking.Role) string {
	for name, of := range FactorRoles {
		if len(of) == len(roles) && !slices.ContainsFunc(of, func(r booking.Role) bool { return !slices.Contains(roles, r) }) {
			return name
		}
	}
	var b strings.Builder
	for _, r := range roles {
		b.WriteString(string(r) + " ")
	}
	return strings.TrimSpace(b.String())
}

var secondFields = []Field{
	{Name: "code", ID: "code", Label: "second.code"},
	{Name: "recovery_code", ID: "recovery_code", Label: "second.recovery"},
	{Name: "passkey", ID: "passkey-go", Label: "second.passkey_go"},
}

// SecondLogin returns the page that asks for the second factor in a sign-in.
func (pr Presenter) SecondLogin(l templates.Layout, step booking.SecondStep, next string, sent Sent) *templates.SecondLoginPage {
	p := &templates.SecondLoginPage{Layout: l, Email: step.Email, Next: next, Passkeys: step.Passkeys, App: step.App}
	var sentences map[string]string
	p.Problems, sentences = pr.Problems(sent.Refused, secondFields)
	p.CodeError, p.RecoveryError = sentences["code"], sentences["recovery_code"]
	p.Recovery = p.RecoveryError != "" || !p.Passkeys && !p.App
	if sent.Refused != nil && sent.Refused.Field == "" {
		p.Error = pr.Refusal(sent.Refused)
	}
	return p
}

// FactorData is the content of the page of second factors.
type FactorData struct {
	Factors booking.SecondFactors
	Setup   booking.AppSetup // of an app; zero: none
	Site    booking.PasskeySite
	Device  string   // as the browser names itself, for the name of a passkey
	Fresh   bool     // the password was typed lately
	Blocked bool     // nothing else works before a factor is set up
	Codes   []string // new recovery codes; nil: none
}

// SecondFactor returns the page of a person's second factors.
func (pr Presenter) SecondFactor(l templates.Layout, d FactorData, sent Sent) (*templates.SecondFactorPage, error) {
	p := &templates.SecondFactorPage{
		Layout: l, Blocked: d.Blocked, On: d.Factors.Any(), MayPasskey: d.Site.Usable(),
		Name: pr.device(d.Device), Codes: d.Codes, CodesLeft: d.Factors.RecoveryCodes,
	}
	b := pr.newForm("factor", SecondFactorPath, "", sent)
	b.password("password", "")
	b.form.Submit = pr.Text("text.factor_continue")
	if !d.Fresh {
		p.Password = b.done()
		return p, nil
	}
	for _, k := range d.Factors.Passkeys {
		used := pr.Text("text.factor_unused")
		if !k.UsedAt.IsZero() {
			used = pr.Text("text.factor_used", "When", pr.DateTime(k.UsedAt))
		}
		p.Passkeys = append(p.Passkeys, templates.PasskeyRow{
			Name: k.Name, Text: pr.Text("text.factor_added", "When", pr.DateTime(k.AddedAt)) + " · " + used,
			RemoveURL: SecondFactorPath + "/passkeys/" + PasskeyID(k) + "/removal",
		})
	}
	if !d.Factors.AppSince.IsZero() {
		p.App = pr.Text("text.factor_added", "When", pr.DateTime(d.Factors.AppSince))
	}
	if d.Setup.Secret != "" {
		code, err := QR(d.Setup.URL)
		if err != nil {
			return nil, err
		}
		p.Setup = &templates.AppSetup{Code: code, Secret: inGroups(d.Setup.Secret)}
	}
	if sent.Refused != nil {
		var sentences map[string]string
		p.Problems, sentences = pr.Problems(sent.Refused, factorFields)
		p.CodeError, p.NameError = sentences["code"], sentences["name"]
		if sent.Refused.Field == "" {
			p.Error = pr.Refusal(sent.Refused)
		}
	}
	return p, nil
}

var factorFields = []Field{
	{Name: "code", ID: "app-code", Label: "second.code"}, {Name: "name", ID: "passkey-name", Label: "factor.name"},
}

// inGroups separates a text into groups of four, which are easier to type.
func inGroups(text string) string {
	var b strings.Builder
	for i, c := range text {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}
