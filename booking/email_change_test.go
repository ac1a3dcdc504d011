package booking_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// relayNotices makes deliveries of all notices.
func relayNotices(t *testing.T, env *bookingtest.Env) {
	t.Helper()
	for {
		n, err := env.Relay(ctx, func(_ context.Context, _ pgx.Tx, _ []booking.QueuedDelivery) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// mailsTo returns the addresses of the waiting mails of a kind.
func mailsTo(t *testing.T, env *bookingtest.Env, kind booking.NoticeKind) map[string]int {
	t.Helper()
	to := map[string]int{}
	for _, d := range startMails(t, env, kind) {
		to[d.Address]++
	}
	return to
}

func TestAPersonConfirmsAnotherAddress(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	session, id := signedIn(t, env, lena)
	proof := booking.PasswordProof{Session: id, Password: bookingtest.Password, Address: client}
	const neu = "neuling@yogawelt.example"
	for _, c := range []struct {
		email, password string
		want            booking.Code
		field           string
	}{
		{neu, "falsch", booking.WrongPassword, "password"},
		{"", bookingtest.Password, booking.Invalid, "new_email"},
		{"keine Adresse", bookingtest.Password, booking.Invalid, "new_email"},
		{" " + lena.Email, bookingtest.Password, booking.Invalid, "new_email"},
	} {
		wrong := booking.PasswordProof{Session: id, Password: c.password, Address: client}
		if e := wantCode(t, env.RequestEmail(ctx, lena, wrong, c.email), c.want); e.Field != c.field {
			t.Errorf("%q is refused at %q, want %q", c.email, e.Field, c.field)
		}
	}
	if n := len(startMails(t, env, booking.NoticeAddress)); n != 0 {
		t.Errorf("refused requests sent %d mails", n)
	}
	if err := env.RequestEmail(ctx, lena, proof, "Neuling@Yogawelt.example "); err != nil {
		t.Fatal(err)
	}
	d := startMail(t, env, booking.NoticeAddress)
	if d.Address != neu {
		t.Errorf("the link goes to %q", d.Address)
	}
	link := makeLink(t, env, d)
	reset := resetLink(t, env, lena)
	for range 3 {
		if o, err := env.OpenLink(ctx, booking.NoticeAddress, link); err != nil || o.Email != neu {
			t.Errorf("the link opens %+v, %v", o, err)
		}
	}
	if _, err := signIn(env, lena.Email, bookingtest.Password); err != nil {
		t.Errorf("the address changed before it was confirmed: %v", err)
	}
	env.Exec(`update person set email_failed_at = clock_timestamp() where id <> $1`, lena.ID)
	if err := env.ConfirmEmail(ctx, link, client); err != nil {
		t.Fatal(err)
	}
	wantCode(t, env.ConfirmEmail(ctx, link, client), booking.LinkGone)
	wantLinkGone(t, env, booking.NoticeReset, reset)
	a, _, err := env.Session(ctx, session.Token)
	if err != nil || a.Email != neu {
		t.Errorf("the session has %q: %v", a.Email, err)
	}
	_, err = signIn(env, lena.Email, bookingtest.Password)
	wantCode(t, err, booking.WrongPassword)
	if _, err := signIn(env, neu, bookingtest.Password); err != nil {
		t.Error(err)
	}
	found, _, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: "neuling", Limit: 5})
	if err != nil || len(found) != 1 || found[0].ID != lena.ID {
		t.Errorf("the search for the new address finds %v, %v", found, err)
	}
	relayNotices(t, env)
	to := mailsTo(t, env, booking.NoticeKind(booking.AlertEmailChanged))
	if len(to) != 2 || to[lena.Email] != 1 || to[neu] != 1 {
		t.Errorf("the change is told to %v", to)
	}
	list, err := env.Alerts(ctx, lena, 10)
	if err != nil || !slices.ContainsFunc(list, func(a booking.Alert) bool { return a.Kind == booking.AlertEmailChanged && a.Self }) {
		t.Errorf("the alerts are %+v, %v", list, err)
	}
}

// The form does not say whether an address has an account; its mailbox does.
func TestAnAddressThatIsTakenIsRefusedAtTheLink(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena, ben := env.Member("Lena Neumann", 0), env.Member("Ben Berger", 0)
	_, id := signedIn(t, env, lena)
	proof := booking.PasswordProof{Session: id, Password: bookingtest.Password, Address: client}
	if err := env.RequestEmail(ctx, lena, proof, ben.Email); err != nil {
		t.Fatal(err)
	}
	link := makeLink(t, env, startMail(t, env, booking.NoticeAddress))
	e := wantCode(t, env.ConfirmEmail(ctx, link, client), booking.Invalid)
	if e.Field != "email" || e.Args["why"] != "taken" || e.Args["name"] != nil {
		t.Errorf("refused as %+v", e)
	}
	edit := booking.MemberEdit{PersonID: ben.ID, Email: "ben.neu@example.test", Only: []string{"email"}}
	if err := env.EditMember(ctx, env.Owner, edit); err != nil {
		t.Fatal(err)
	}
	if err := env.ConfirmEmail(ctx, link, client); err != nil {
		t.Errorf("the address is free now: %v", err)
	}
	for i := range 4 {
		err := env.RequestEmail(ctx, lena, proof, "viele@example.test")
		if want := map[bool]booking.Code{true: "", false: booking.Invalid}[i < 2]; booking.CodeOf(err) != want {
			t.Errorf("request %d in the hour is answered %v, want %q", i+2, err, want)
		}
	}
}

func TestAChangeOfAnAddressByStaffIsToldAtBoth(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena, ben := env.Member("Lena Neumann", 0), env.Member("Ben Berger", 0)
	reset := resetLink(t, env, lena)
	env.Exec(`update person set email_failed_at = clock_timestamp() where id = $1`, ben.ID)
	for _, a := range []booking.Actor{lena, ben} {
		edit := booking.MemberEdit{PersonID: a.ID, Email: "neu." + a.Email, Only: []string{"email"}}
		if err := env.EditMember(ctx, env.Owner, edit); err != nil {
			t.Fatal(err)
		}
	}
	wantLinkGone(t, env, booking.NoticeReset, reset)
	relayNotices(t, env)
	to := mailsTo(t, env, booking.NoticeKind(booking.AlertEmailChanged))
	if len(to) != 3 || to[lena.Email] != 1 || to["neu."+lena.Email] != 1 || to["neu."+ben.Email] != 1 {
		t.Errorf("the change is told to %v, and not where mails were refused", to)
	}
	if n := env.Int(`select count(*) from person where email_failed_at is not null`); n != 0 {
		t.Error("the new address counts as undeliverable")
	}
	if _, err := env.Erase(ctx, env.Owner, lena.ID); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from delivery where address = $1`, lena.Email); n != 0 {
		t.Error("an erased person's former address is kept")
	}
}
