package main

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/notify/smtptest"
)

// A newcomer follows a link to a class on a phone, registers, types the code of the mail, and has a
// seat in exactly that class.
func TestANewcomerRegistersOnAPhoneAndBooksTheClass(t *testing.T) {
	t.Parallel()
	mails, err := smtptest.Start(smtptest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mails.Close)
	p := startProgramWith(t, func(c *Config) { c.SMTPURL = "smtp://" + mails.Addr }, func(env *bookingtest.Env) {
		env.Exec(`update studio set registration = 'open'`)
	})
	class := p.Class(func(r *booking.ClassRequest) { r.Title, r.Rules.Cost = "Rücken Fit", 0 })
	nora := p.visitor(t, "Nora", phone)
	nora.opens(fmt.Sprintf("/classes/%d", class))
	nora.clicks("#to-register")
	nora.do("fills in the form", chromedp.WaitVisible(`#given_name`),
		chromedp.SetValue(`#given_name`, "Nora"), chromedp.SetValue(`#family_name`, "Neu"),
		chromedp.SetValue(`#email`, "nora@example.test"), chromedp.SetValue(`#password`, "wolkenbruch"))
	nora.submits("#register-go")
	nora.do("is asked for the code", chromedp.WaitVisible(`#code`))
	nora.findsNoBarrier("the page of the code")
	ctx, cancel := context.WithTimeout(t.Context(), bookingtest.Patience)
	defer cancel()
	arrived, err := mails.Wait(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`Subject: (?:=\?UTF-8\?[qQ]\?)?(\d{6})[ _]`).FindSubmatch(arrived[0].Raw)
	if arrived[0].To != "nora@example.test" || code == nil {
		t.Fatalf("the mail to %s has no code in its subject", arrived[0].To)
	}
	nora.do("types the code", chromedp.SendKeys(`#code`, string(code[1])))
	nora.submits("#code-go")
	nora.sees(fmt.Sprintf(`location.pathname === "/classes/%d" && document.querySelector("h1").textContent.includes("Rücken Fit")`, class))
	nora.reads("#pill", "Live")
	nora.listens()
	nora.clicks(fmt.Sprintf("#sheet-%d-button", class))
	nora.hears("gebucht")
	if n := p.Int(`
		select count(*) from booking b join person x on x.id = b.person_id
		where b.class_id = $1 and b.state = 'booked' and x.email = 'nora@example.test'`, class); n != 1 {
		t.Errorf("the newcomer has %d seats", n)
	}
}
