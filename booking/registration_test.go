package booking_test

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// registering returns a studio in which people may register in a way.
func registering(t *testing.T, way booking.Registration) *bookingtest.Env {
	t.Helper()
	env := bookingtest.New(t)
	setRegistration(t, env, way)
	return env
}

func setRegistration(t *testing.T, env *bookingtest.Env, way booking.Registration) {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	studio.Registration = way
	if err := env.EditStudio(ctx, env.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
}

// newcomer is the form of somebody with an address.
func newcomer(email string) (booking.RegisterRequest, booking.RegistrationTicket) {
	r := booking.RegisterRequest{
		GivenName: "Nora", FamilyName: "Neumann", Email: email, Phone: "0171 234567", Password: chosen, Language: "de",
		Next: "/classes/42", Ticket: booking.NewRegistrationSecret(), Address: client,
	}
	return r, booking.RegistrationTicket{Email: email, Secret: r.Ticket}
}

// registers sends the form and returns the ticket.
func registers(t *testing.T, env *bookingtest.Env, email string) booking.RegistrationTicket {
	t.Helper()
	r, ticket := newcomer(email)
	if err := env.Register(ctx, r); err != nil {
		t.Fatal(err)
	}
	return ticket
}

// registrationMail returns the code and the link of the only waiting mail.
func registrationMail(t *testing.T, env *bookingtest.Env) (code, link string) {
	t.Helper()
	d := startMail(t, env, booking.NoticeRegistration)
	code, until, err := env.MailCode(ctx, d)
	if err != nil || !until.After(d.Now.Add(29*time.Minute)) {
		t.Fatalf("the code is valid until %v: %v", until, err)
	}
	again, _, err := env.MailCode(ctx, d)
	if err != nil || again != code {
		t.Fatalf("a mail that is composed again has the code %s and not %s: %v", again, code, err)
	}
	return code, makeLink(t, env, d)
}

func sweep(t *testing.T, env *bookingtest.Env) {
	t.Helper()
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
}

var here = booking.SignInRequest{Address: client, Device: "Firefox"}

func TestACodeMakesANewcomerAMember(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	ticket := registers(t, env, "Nora@Example.test")
	if n := env.Int(`select count(*) from person where role <> 'guest'`); n != 1 {
		t.Fatalf("%d accounts before the address is confirmed", n)
	}
	found, _, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: "Neumann", Limit: 10})
	if err != nil || len(found) != 0 {
		t.Errorf("a search finds %v, %v", found, err)
	}
	code, _ := registrationMail(t, env)
	if !regexp.MustCompile(`^\d{6}$`).MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	out, err := env.ConfirmByCode(ctx, ticket, " "+code[:3]+" "+code[3:], here)
	if err != nil || out.Waits || out.Next != "/classes/42" || out.SignedIn.Actor.Role != booking.RoleMember {
		t.Fatalf("confirmed: %+v, %v", out, err)
	}
	if _, _, err := env.Session(ctx, out.SignedIn.Token); err != nil {
		t.Errorf("the session: %v", err)
	}
	if a := out.SignedIn.Actor; a.Name != "Nora Neumann" || a.Email != "nora@example.test" {
		t.Errorf("the member is %+v", a)
	}
	found, _, err = env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: "neumann nora", Limit: 10})
	if err != nil || len(found) != 1 || found[0].Phone != "0171 234567" {
		t.Errorf("a search finds %v, %v", found, err)
	}
	again, err := env.ConfirmByCode(ctx, ticket, code, here) // the button was pressed twice
	if err != nil || again.SignedIn.Actor.ID != out.SignedIn.Actor.ID {
		t.Errorf("the second press: %+v, %v", again, err)
	}
	if n := env.Int(`select count(*) from alert`); n != 0 {
		t.Errorf("%d alerts tell of the second press", n)
	}
	if _, err := signIn(env, "nora@example.test", chosen); err != nil {
		t.Errorf("signing in with the password: %v", err)
	}
	if n := env.Int(`select count(*) from history where verb = 'register' and person_id = $1`, out.SignedIn.Actor.ID); n != 1 {
		t.Errorf("%d entries of the history", n)
	}
}

func TestOnlyTheBrowserThatRegisteredMayTypeTheCode(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	registers(t, env, "nora@example.test")
	code, link := registrationMail(t, env)
	other := booking.RegistrationTicket{Email: "nora@example.test", Secret: booking.NewRegistrationSecret()}
	_, err := env.ConfirmByCode(ctx, other, code, here)
	wantCode(t, err, booking.LinkGone)
	// A stranger may have registered with the address of somebody who opens the link.
	_, err = env.ConfirmByLink(ctx, link, other, here)
	if e := wantCode(t, err, booking.WrongPassword); e.Field != "password" {
		t.Errorf("the refusal is at %q", e.Field)
	}
	in := here
	in.Password = "nicht dieses"
	_, err = env.ConfirmByLink(ctx, link, booking.RegistrationTicket{}, in)
	wantCode(t, err, booking.WrongPassword)
	in.Password = chosen
	for range 2 { // the button is pressed twice
		out, err := env.ConfirmByLink(ctx, link, booking.RegistrationTicket{}, in)
		if err != nil || out.SignedIn.Token == "" || out.Next != "/classes/42" {
			t.Errorf("with the password: %+v, %v", out, err)
		}
	}
}

func TestTheLinkNeedsNoPasswordWhereThePersonRegistered(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	ticket := registers(t, env, "nora@example.test")
	_, link := registrationMail(t, env)
	for range 3 {
		if o, err := env.OpenRegistration(ctx, link, ticket); err != nil || !o.Here || o.Email != "nora@example.test" {
			t.Errorf("the link opens %+v, %v", o, err)
		}
	}
	if o, err := env.OpenRegistration(ctx, link, booking.RegistrationTicket{}); err != nil || o.Here {
		t.Errorf("elsewhere the link opens %+v, %v", o, err)
	}
	if out, err := env.ConfirmByLink(ctx, link, ticket, here); err != nil || out.SignedIn.Token == "" {
		t.Errorf("confirmed: %+v, %v", out, err)
	}
	wantLinkGone(t, env, booking.NoticeReset, link)
}

func TestFiveWrongCodesEndACode(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	ticket := registers(t, env, "nora@example.test")
	code, _ := registrationMail(t, env)
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	for range 5 {
		_, err := env.ConfirmByCode(ctx, ticket, wrong, here)
		wantCode(t, err, booking.WrongCode)
	}
	_, err := env.ConfirmByCode(ctx, ticket, code, here)
	wantCode(t, err, booking.CodeUsedUp)
	if err := env.MailRegistration(ctx, ticket, client); err != nil {
		t.Fatal(err)
	}
	fresh, _ := registrationMail(t, env)
	if fresh != code {
		_, err = env.ConfirmByCode(ctx, ticket, code, here)
		wantCode(t, err, booking.WrongCode)
	}
	env.Exec(`update registration set code_expires_at = clock_timestamp() - interval '1 second'`)
	_, err = env.ConfirmByCode(ctx, ticket, fresh, here)
	wantCode(t, err, booking.CodeUsedUp)
	env.Exec(`update registration set code_expires_at = clock_timestamp() + interval '1 minute'`)
	if _, err := env.ConfirmByCode(ctx, ticket, fresh, here); err != nil {
		t.Errorf("the newest code: %v", err)
	}
}

// Ten tries at one moment are counted like ten tries one after the other.
func TestCodesThatArriveTogetherAreCounted(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	ticket := registers(t, env, "nora@example.test")
	code, _ := registrationMail(t, env)
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	answers := strangers(t, 10, func(int) error {
		_, err := env.ConfirmByCode(ctx, ticket, wrong, here)
		return err
	})
	if answers[booking.WrongCode] != 5 || answers[booking.CodeUsedUp] != 5 {
		t.Errorf("the answers are %v", answers)
	}
}

func TestTheFormIsChecked(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	for field, spoil := range map[string]func(*booking.RegisterRequest){
		"given_name": func(r *booking.RegisterRequest) { r.GivenName, r.FamilyName = " ", "" },
		"email":      func(r *booking.RegisterRequest) { r.Email = "nora@" },
		"phone":      func(r *booking.RegisterRequest) { r.Phone = strings.Repeat("1", 51) },
		"password":   func(r *booking.RegisterRequest) { r.Password = "neumann1" },
		"ticket":     func(r *booking.RegisterRequest) { r.Ticket = "kurz" },
	} {
		r, _ := newcomer("nora@example.test")
		spoil(&r)
		if e := wantCode(t, env.Register(ctx, r), booking.Invalid); e.Field != field {
			t.Errorf("%s is refused at %q", field, e.Field)
		}
	}
	setRegistration(t, env, booking.RegistrationOff)
	r, _ := newcomer("nora@example.test")
	wantCode(t, env.Register(ctx, r), booking.NotFound)
	if n := env.Int(`select count(*) from registration`); n != 0 {
		t.Errorf("%d registrations", n)
	}
}

// The same form twice, at one moment or later, is one registration and one mail; another address in
// it is another one.
func TestTheSameFormTwiceIsOneRegistration(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	r, ticket := newcomer("nora@example.test")
	answers := strangers(t, 3, func(int) error { return env.Register(ctx, r) })
	if answers[""] != 3 || env.Int(`select count(*) from registration`) != 1 || env.Int(`select count(*) from delivery`) != 1 {
		t.Errorf("%v: not one registration and one mail", answers)
	}
	env.Exec(`delete from sign_in_failure`)
	r.GivenName, r.Password = "Eleonora", "noch ein anderes"
	if err := env.Register(ctx, r); err != nil {
		t.Fatal(err)
	}
	code, _ := registrationMail(t, env)
	out, err := env.ConfirmByCode(ctx, ticket, code, here)
	if err != nil || out.SignedIn.Actor.Name != "Eleonora Neumann" {
		t.Errorf("confirmed: %+v, %v", out, err)
	}
	if _, err := signIn(env, r.Email, "noch ein anderes"); err != nil {
		t.Errorf("the password that was typed last: %v", err)
	}
	r.Email = "nora.neu@example.test"
	if err := env.Register(ctx, r); err != nil || env.Int(`select count(*) from registration`) != 2 {
		t.Errorf("another address: %v, %d registrations", err, env.Int(`select count(*) from registration`))
	}
}

// Whether the address is free, has an account or is registering, the same rows are written, and the
// codes are answered alike; only the mail differs.
func TestARegistrationTellsNothingAboutTheAddress(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	lena, sam := env.Member("Lena Neumann", 0), env.Member("Sam Still", 0)
	if _, err := env.Suspend(ctx, env.Owner, sam.ID); err != nil {
		t.Fatal(err)
	}
	open := env.Member("Ida Import", 0)
	env.Exec(`update person set password_hash = null where id = $1`, open.ID)
	registers(t, env, "both@example.test")
	env.Exec(`delete from sign_in_failure`)
	var want string
	for email, kind := range map[string]booking.NoticeKind{
		"free@example.test": booking.NoticeRegistration, "both@example.test": booking.NoticeRegistration,
		strings.ToUpper(lena.Email): booking.NoticeRegistrationTaken, sam.Email: booking.NoticeRegistrationTaken,
		env.Owner.Email: booking.NoticeRegistrationTaken, open.Email: booking.NoticeRegistration,
	} {
		before := fmt.Sprint(env.Int(`select count(*) from person`), env.Int(`select count(*) from registration`))
		ticket := registers(t, env, email)
		var seen []string
		state, _, err := env.RegistrationState(ctx, ticket)
		seen = append(seen, fmt.Sprint(state, err))
		for range 6 {
			_, err := env.ConfirmByCode(ctx, ticket, "no code", here)
			seen = append(seen, fmt.Sprint(booking.CodeOf(err)))
		}
		seen = append(seen, fmt.Sprint(env.MailRegistration(ctx, ticket, client)))
		_, err = env.ConfirmByCode(ctx, ticket, "no code", here)
		seen = append(seen, fmt.Sprint(booking.CodeOf(err)))
		if got := strings.Join(seen, ", "); got != cmp.Or(want, got) {
			t.Errorf("%s is answered %s, others %s", email, got, want)
		} else {
			want = got
		}
		after := fmt.Sprint(env.Int(`select count(*) from person`)-1, env.Int(`select count(*) from registration`)-1)
		if before != after {
			t.Errorf("%s: other rows were written", email)
		}
		if n := env.Int(`
			select count(*) from delivery d join person p on p.id = d.person_id
			where p.email = lower($1) and p.role = 'guest' and d.kind = $2 and d.state = 'waiting'`, email, kind); n == 0 {
			t.Errorf("%s gets no mail of %s", email, kind)
		}
		env.Exec(`delete from sign_in_failure`)
	}
	if n := env.Int(`select count(*) from delivery where kind = 'registration_taken' and person_id = any($1)`,
		[]int64{lena.ID, sam.ID, env.Owner.ID}); n != 0 {
		t.Errorf("%d mails belong to the accounts", n)
	}
}

func TestAnAddressAndAClientGetFewRegistrations(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	answers := map[booking.Code]int{}
	for i := range 12 {
		r, _ := newcomer("nora@example.test")
		r.Address = fmt.Sprintf("192.0.2.%d", i)
		answers[booking.CodeOf(env.Register(ctx, r))]++
		env.Exec(`update sign_in_failure set blocked_until = blocked_until + interval '1 hour' where blocked_until > to_timestamp(0)`)
	}
	if answers[""] > 5 || answers[booking.Throttled] < 7 {
		t.Errorf("one address: %v", answers)
	}
	env.Exec(`delete from sign_in_failure`)
	clear(answers)
	for i := range 30 {
		r, _ := newcomer(fmt.Sprintf("nora%d@example.test", i))
		answers[booking.CodeOf(env.Register(ctx, r))]++
		env.Exec(`update sign_in_failure set blocked_until = blocked_until + interval '1 hour' where blocked_until > to_timestamp(0)`)
	}
	if answers[""] < 20 || answers[""] > 22 || answers[booking.Throttled] < 8 {
		t.Errorf("one client: %v", answers)
	}
}

// The response comes after the same statements for every address, so that no clock tells whether it
// has an account (S43).
func TestARegistrationDoesTheSameWorkForEveryAddress(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	lena := env.Member("Lena Neumann", 0)
	e, traced := tracedEngine(t, env)
	recorded := context.WithValue(ctx, recordKey{}, true)
	warm, _ := newcomer("warm@example.test") // reserves ids
	if err := e.Register(ctx, warm); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, email := range []string{"free@example.test", lena.Email, "other@example.test", "free@example.test", env.Owner.Email} {
		r, ticket := newcomer(email)
		if err := e.Register(recorded, r); err != nil {
			t.Fatal(err)
		}
		_, err := e.ConfirmByCode(recorded, ticket, "no code", here)
		wantCode(t, err, booking.WrongCode)
		if err := e.MailRegistration(recorded, ticket, client); err != nil {
			t.Fatal(err)
		}
		got := traced.take()
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is answered after\n%s\nwant\n%s", email, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		env.Exec(`delete from sign_in_failure`)
	}
	if len(want) < 10 {
		t.Errorf("only %d statements were recorded", len(want))
	}
}
