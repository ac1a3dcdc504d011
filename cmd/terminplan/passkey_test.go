package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// authenticator gives the browser a device that keeps passkeys and knows its person.
func (p *person) authenticator() (id webauthn.AuthenticatorID) {
	p.t.Helper()
	p.do("gets an authenticator", webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		id, err = webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
			Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
			IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	}))
	return id
}

// givesPassword signs in with the password.
func (p *person) givesPassword(a booking.Actor) {
	p.t.Helper()
	p.opens("/login")
	p.do("types the password", chromedp.SetValue(`input[name=email]`, a.Email),
		chromedp.SetValue(`input[name=password]`, bookingtest.Password))
	p.submits(`form[action="/login"] button.wide`)
}

// A passkey is made, is the second factor, signs in without a password, and goes on working after
// the program that keeps it has begun to copy it to other devices. An app works beside it.
func TestAPasskeyAndAnAppAreSecondFactors(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	p.url = strings.Replace(p.url, "127.0.0.1", "localhost", 1)
	mara := p.Staff(booking.RoleManager, "Mara Moll")
	who := p.visitor(t, "Mara", phone)
	device := who.authenticator()
	who.givesPassword(mara)
	who.opens("/profile/second-factor")
	who.submits(`#passkey-go`)
	who.reads("main", "nur dieses eine Mal gezeigt")
	who.sees(`document.querySelectorAll(".codes li").length === 10`)

	who.opens("/profile")
	who.submits(`#logout`)
	// The login page offers the passkey by itself, and the authenticator answers at once.
	who.do("comes in", chromedp.WaitReady(`#who`, chromedp.ByQuery))

	var flip chromedp.ActionFunc = func(ctx context.Context) error {
		keys, err := webauthn.GetCredentials(device).Do(ctx)
		if err != nil || len(keys) != 1 {
			return fmt.Errorf("%d passkeys: %w", len(keys), err)
		}
		return webauthn.SetCredentialProperties(device, keys[0].CredentialID).
			WithBackupEligibility(!keys[0].BackupEligibility).WithBackupState(!keys[0].BackupEligibility).Do(ctx)
	}
	who.do("has the passkey copied", flip,
		chromedp.ActionFunc(func(ctx context.Context) error {
			return webauthn.SetAutomaticPresenceSimulation(device, false).Do(ctx)
		}))
	who.opens("/profile")
	who.submits(`#logout`)
	who.givesPassword(mara)
	who.sees(`location.pathname === "/login/second"`)
	who.do("is there", chromedp.ActionFunc(func(ctx context.Context) error {
		return webauthn.SetAutomaticPresenceSimulation(device, true).Do(ctx)
	}))
	who.clicks(`#passkey-go`)
	who.do("comes in", chromedp.WaitReady(`#who`, chromedp.ByQuery))

	who.opens("/profile/second-factor")
	who.submits(`#app-begin`)
	var secret string
	who.do("reads the key", chromedp.Text(`#app-secret`, &secret, chromedp.ByQuery))
	secret = strings.ReplaceAll(secret, " ", "")
	code := func() string {
		text, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	who.do("types the code", chromedp.SetValue(`#app-code`, code(), chromedp.ByQuery))
	who.submits(`#app-confirm-go`)
	who.reads("#app", "Eingerichtet")
	p.Exec(`update totp set last_step = 0`) // the code of this half minute again
	who.do("is away", chromedp.ActionFunc(func(ctx context.Context) error {
		return webauthn.SetAutomaticPresenceSimulation(device, false).Do(ctx)
	}))
	who.opens("/profile")
	who.submits(`#logout`)
	who.givesPassword(mara)
	who.do("types the code", chromedp.SetValue(`#code`, code(), chromedp.ByQuery))
	who.submits(`#app-go`)
	who.reads("#who", "Mara Moll")
}
