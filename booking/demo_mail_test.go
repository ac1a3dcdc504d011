package booking_test

import (
	"testing"

	"terminplan/booking/bookingtest"
)

func TestADemoKeepsItsNewest500Mails(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`
		insert into demo_mail (delivery_id, recipient, message)
		select n, 'old@example.org', convert_to('Subject: ' || n, 'UTF8') from generate_series(1, 600) n`)
	if err := env.KeepDemoMail(ctx, 1001, "anna@example.org", []byte("Subject: new\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	list, err := env.DemoMails(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 500 || list[0].Recipient != "anna@example.org" {
		t.Errorf("%d mails are kept, the newest for %s", len(list), list[0].Recipient)
	}
}
