package web

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/present"
)

func codeOf(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// setUpApp sets up an app for the person by the API, and returns the secret and the recovery codes.
func (s *site) setUpApp(a booking.Actor) (secret string, codes []string) {
	s.t.Helper()
	var setup struct{ Secret string }
	if err := json.Unmarshal([]byte(s.as(a).json().post("/profile/second-factor/app").wants(200).body), &setup); err != nil {
		s.t.Fatal(err)
	}
	r := s.as(a).json().post("/profile/second-factor/app/confirmation", "code", codeOf(s.t, setup.Secret)).wants(200)
	var made struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	if err := json.Unmarshal([]byte(r.body), &made); err != nil || len(made.RecoveryCodes) != 10 {
		s.t.Fatalf("%v: %s", err, r.body)
	}
	s.Exec(`update totp set last_step = 0`)
	return setup.Secret, made.RecoveryCodes
}

func TestAnAppSignsInInTwoSteps(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mara := s.Staff(booking.RoleManager, "Mara Moll")
	s.ChoseNoLanguage(mara)
	secret, codes := s.setUpApp(mara)
	nobody := s.as(booking.Actor{}).json()
	wrong := nobody.post("/login", "email", mara.Email, "password", "falsch").wants(http.StatusUnauthorized)
	wrong.shows(`"code":"wrong_password"`).hides("second_factor", "token")
	first := nobody.post("/login", "email", mara.Email, "password", bookingtest.Password).wants(http.StatusUnauthorized)
	var asked struct {
		Code string
		Args struct{ Token, Until string }
	}
	if err := json.Unmarshal([]byte(first.body), &asked); err != nil || asked.Code != "second_factor" || asked.Args.Token == "" {
		t.Fatalf("the password is answered %s", first.body)
	}
	token := asked.Args.Token
	nobody.with("Authorization", "Bearer "+token).get("/profile").wants(http.StatusUnauthorized)
	nobody.post("/login/second", "token", token).wants(422).shows(`"field":"code"`)
	nobody.post("/login/second", "token", token, "code", "000000").wants(422).shows(`"code":"wrong_factor"`)
	nobody.post("/login/second", "token", token, "passkey", "{").wants(422).shows(`"code":"wrong_factor"`)
	nobody.post("/login/second", "token", token, "code", codeOf(t, secret)).wants(200).shows(`"token":`, `"role":"manager"`)
	nobody.post("/login/second", "token", token, "code", codeOf(t, secret)).wants(http.StatusGone).shows(`"code":"sign_in_expired"`)

	b := s.newBrowser()
	b.sends("/login", "email", mara.Email, "password", bookingtest.Password, "next", "/classes/7").
		leadsTo("/login/second?next=%2Fclasses%2F7")
	b.get("/schedule").leadsTo("/login?next=%2Fschedule")
	b.get("/login/second?next=%2Fclasses%2F7").wants(200).shows(`autocomplete="one-time-code"`, mara.Email)
	b.sends("/login/second", "recovery_code", "AAAA", "next", "/classes/7").wants(422).shows("That is not right.")
	b.sends("/login/second", "recovery_code", codes[0], "next", "/classes/7").leadsTo("/classes/7")
	b.get("/profile/second-factor").wants(200).shows("9 codes are left.").hides(codes[1])
	b.get("/login/second").wants(303)
	s.newBrowser().sends("/login/second", "code", "123456").wants(http.StatusGone).shows("That took too long. Please log in again.")
}

// The page of the setup is the only one of a session whose role demands a factor.
func TestARoleThatDemandsAFactorLeadsToItsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mara := s.Staff(booking.RoleManager, "Mara Moll")
	s.ChoseNoLanguage(mara, s.Owner)
	asMara, asOwner := s.as(mara), s.as(s.Owner)
	asMara.get("/today").wants(200)
	save := func(a ask, value string) reply {
		return a.json().post("/settings/fields/second_factor", "second_factor", value)
	}
	save(asMara, "all").wants(http.StatusForbidden)
	save(asOwner, "all").wants(422).shows(`"code":"invalid"`, "lock yourself out")
	s.setUpApp(s.Owner)
	save(asOwner, "everybody").wants(422)
	save(asOwner, "all").wants(200).shows(`"second_factor":["instructor","front_desk","manager","owner"]`)
	asOwner.get("/settings/accounts").wants(200).shows(`value="all" checked`)
	asOwner.get("/settings/roles").wants(200).shows("without a second factor", "with a second factor")
	asOwner.get("/today").wants(200)
	for _, path := range []string{"/", "/today", "/schedule", "/profile", "/members"} {
		asMara.get(path).leadsTo("/profile/second-factor")
		asMara.json().get(path).wants(http.StatusForbidden).shows(`"code":"needs_factor"`)
	}
	asMara.htmx().get("/today").wants(http.StatusForbidden)
	asMara.json().post("/classes/quick", "line", "Yoga").wants(http.StatusForbidden).shows(`"code":"needs_factor"`)
	asMara.get("/profile/second-factor").wants(200).shows("Your role requires a second factor.").hides("/members")
	asMara.post("/profile/second-factor/app").leadsTo("/profile/second-factor#app")
	shown := html.UnescapeString(asMara.get("/profile/second-factor").wants(200).body)
	secret := regexp.MustCompile(`app-secret">([A-Z2-7 ]+)<`).FindStringSubmatch(shown)
	if secret == nil {
		t.Fatal("the page shows no key")
	}
	asMara.post("/profile/second-factor/app/confirmation", "code", "1").wants(422).shows("That is not right.")
	key := regexp.MustCompile(" ").ReplaceAllString(secret[1], "")
	asMara.post("/profile/second-factor/app/confirmation", "code", codeOf(t, key)).wants(200).shows("shown only this once")
	asMara.get("/today").wants(200)
	asMara.post("/profile/second-factor/app/removal").wants(http.StatusConflict).shows("Your role requires a second factor.")

	asOwner.get(present.MemberTabPath(mara.ID, present.TabAccess)).wants(200).shows("Reset the second factor")
	asOwner.post(present.MemberPath(mara.ID) + "/second-factor/reset").wants(303)
	asMara.get("/today").leadsTo("/login?next=%2Ftoday")
}

// Factors are shown and changed only after the password was typed lately.
func TestFactorsAskForThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	s.ChoseNoLanguage(anna)
	asAnna := s.as(anna)
	asAnna.get("/profile").wants(200).shows("/profile/second-factor")
	s.Exec(`update session set created_at = created_at - interval '11 minutes'`)
	asAnna.get("/profile/second-factor").wants(200).shows("First your password").hides("Set up an app")
	asAnna.json().post("/profile/second-factor/app").wants(http.StatusForbidden).shows(`"code":"password_needed"`)
	asAnna.json().get("/profile/second-factor/passkey").wants(http.StatusForbidden).shows(`"code":"password_needed"`)
	asAnna.post("/profile/second-factor", "password", "falsch", "form", "factor").wants(http.StatusUnauthorized)
	asAnna.post("/profile/second-factor", "password", bookingtest.Password, "form", "factor").leadsTo("/profile/second-factor")
	asAnna.get("/profile/second-factor").wants(200).shows("Set up an app", "Passkeys need an address with a name")
	asAnna.json().get("/profile/second-factor/passkey").wants(http.StatusNotFound)
	asAnna.json().post("/profile/second-factor/passkeys/AAAA/removal").wants(http.StatusNotFound)
}
