package main

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// standIn takes the place of the push service of the browser, which needs the internet. It keeps its
// subscription like a browser, for all pages.
const standIn = `{
	const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer;
	const subscribed = endpoint => endpoint && {
		endpoint, options: { applicationServerKey: null }, getKey: name => bytes(name === "auth" ? "AAAAAAAAAAAAAAAAAAAAAA==" : %q),
		unsubscribe: async () => { localStorage.removeItem("stand_in"); return true; },
	};
	PushManager.prototype.getSubscription = async () => subscribed(localStorage.getItem("stand_in"));
	PushManager.prototype.subscribe = async o => {
		if (!o.userVisibleOnly || o.applicationServerKey.length !== 65) throw new TypeError("not allowed");
		localStorage.setItem("stand_in", "https://push.example.com/" + crypto.randomUUID());
		return subscribed(localStorage.getItem("stand_in"));
	};
}`

// allowsPush lets the site of the program show messages in the person's browser.
func (p *person) allowsPush() {
	p.t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do("allows messages", chromedp.ActionFunc(func(ctx context.Context) error {
		script := fmt.Sprintf(standIn, base64.StdEncoding.EncodeToString(key.PublicKey().Bytes()))
		if _, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx); err != nil {
			return err
		}
		grant := browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted)
		return grant.WithOrigin(p.url).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
	}))
}

func (p *person) signsIn(a booking.Actor) {
	p.t.Helper()
	p.do("signs in", chromedp.Navigate(p.url+"/login"),
		chromedp.SetValue(`input[name=email]`, a.Email), chromedp.SetValue(`input[name=password]`, bookingtest.Password),
		chromedp.Submit(`input[name=password]`), chromedp.WaitReady(`#who`))
}

// fullClasses returns classes of one day in which every seat is taken.
func fullClasses(t *testing.T, p *program, n int) (day string, ids []int64) {
	t.Helper()
	for i := range n {
		id := p.Class(func(r *booking.ClassRequest) {
			r.Rules.Capacity = 1
			r.StartsAt, r.EndsAt = r.StartsAt.Add(time.Duration(i)*time.Minute), r.EndsAt.Add(time.Duration(i)*time.Minute)
		})
		taken := p.Member(fmt.Sprint("Tina Tanz ", i), 5)
		if _, err := p.Book(t.Context(), taken, booking.BookRequest{ClassID: id}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return dayOf(t, p, ids[0]), ids
}

// devicesOf counts the push devices of a person.
func (p *program) devicesOf(a booking.Actor) int {
	return p.Int(`select count(*) from push_device where person_id = $1`, a.ID)
}

func TestAWaiterIsAskedForMessagesAndTheyEndWithTheSession(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	day, classes := fullClasses(t, p, 1)
	anna, ben := p.Member("Anna Alt", 5), p.Member("Ben Bunt", 5)
	who := p.visitor(t, "Anna", phone)
	who.allowsPush()
	who.signsIn(anna)
	who.opens("/schedule?date=" + day)
	who.reads("#pill", "Live")
	who.sees(`document.querySelector("#push-offer").hidden`)
	who.clicks(fmt.Sprintf("#class-%d-button", classes[0]))
	who.sees(`!document.querySelector("#push-offer").hidden`)
	who.reads("#push-offer-on", "Benachrichtigen, auch wenn die Seite zu ist")
	who.clicks("#push-offer-on")
	who.sees(`document.querySelector("#push-offer").hidden`)
	if n := p.devicesOf(anna); n != 1 {
		t.Fatalf("Anna has %d devices, want 1", n)
	}

	who.opens("/profile")
	who.reads("#devices", "dieses Gerät")
	who.sees(`document.querySelector("#push-form").hidden`)
	who.submits("#logout")
	who.sees(`!document.querySelector("#who")`)
	if n := p.devicesOf(anna); n != 0 {
		t.Errorf("Anna has %d devices after signing out", n)
	}
	who.sees(`localStorage.getItem("stand_in") === null`)

	who.signsIn(ben)
	who.opens("/profile")
	who.sees(`!document.querySelector("#push-form").hidden`)
	if n := p.devicesOf(ben); n != 0 {
		t.Errorf("Ben has %d devices before he wants one", n)
	}
	who.submits("#push-here")
	who.reads("#devices", "dieses Gerät")
	if a, b := p.devicesOf(anna), p.devicesOf(ben); a != 0 || b != 1 {
		t.Errorf("Anna has %d devices and Ben %d", a, b)
	}
	who.submits("[data-push-end]")
	who.sees(`localStorage.getItem("stand_in") === null && !document.querySelector("#push-form").hidden`)
	if n := p.devicesOf(ben); n != 0 {
		t.Errorf("Ben has %d devices after removing it", n)
	}
}

func TestNotNowIsRememberedAndALostSubscriptionIsRepeated(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	day, classes := fullClasses(t, p, 2)
	anna := p.Member("Anna Alt", 5)
	who := p.visitor(t, "Anna", phone)
	who.allowsPush()
	who.signsIn(anna)
	who.opens("/schedule?date=" + day)
	who.reads("#pill", "Live")
	who.clicks(fmt.Sprintf("#class-%d-button", classes[0]))
	who.sees(`!document.querySelector("#push-offer").hidden`)
	who.clicks("#push-offer-later")
	who.opens("/schedule?date=" + day)
	who.reads("#pill", "Live")
	who.clicks(fmt.Sprintf("#class-%d-button", classes[1]))
	who.reads(fmt.Sprintf("#class-%d-personal", classes[1]), "Nr.")
	who.sees(`document.querySelector("#push-offer").hidden`)

	who.opens("/profile")
	who.submits("#push-here")
	who.reads("#devices", "dieses Gerät")
	// The browser replaces its subscription, as browsers do without notice.
	who.do("replaces the subscription", chromedp.Evaluate(`localStorage.setItem("stand_in", "https://push.example.com/another")`, nil))
	who.opens("/bookings")
	for limit := time.Now().Add(bookingtest.Patience); p.Int(`select count(*) from push_device where endpoint like '%/another'`) == 0; {
		if time.Now().After(limit) {
			t.Fatal("the server does not hear of the new subscription")
		}
	}
}
