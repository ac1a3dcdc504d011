package booking_test

import (
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestPasswordsThatAreEasyToGuessAreRefused(t *testing.T) {
	t.Parallel()
	about := []string{"Lena Müller", "lena.mueller@yogawelt.example", "Studio Nord & Süd"}
	for password, why := range map[string]string{
		"12345678":                 "common",
		"password":                 "common",
		"Password1":                "common",
		"ＰＡＳＳＷＯＲＤ":                 "common", // wide letters
		"PaSsWoRt":                 "common",
		"iloveyou":                 "common",
		"aaaaaaaa":                 "common",
		strings.Repeat("a", 128):   "common",
		"abababababab":             "common",
		"terminplan":               "about_you",
		"Terminplan2026":           "about_you",
		"Studio12":                 "about_you",
		"studio-nord":              "about_you",
		"NORDSÜD1":                 "about_you",
		"nordsu\u0308d1":           "about_you", // ü as two characters
		"LenaMüller":               "about_you",
		"lena.mueller85":           "about_you",
		"yogawelt!":                "about_you",
		"kurz":                     "length",
		strings.Repeat("ab3?", 33): "length",
	} {
		err := booking.CheckPassword(password, about...)
		e := wantCode(t, err, booking.Invalid)
		if e != nil && (e.Field != "password" || e.Args["why"] != why) {
			t.Errorf("%q is refused for %v, want %s", password, e.Args["why"], why)
		}
	}
	for _, password := range []string{
		"richtig-geheim", "ein langes Passwort", "lena mag kaltes Wasser", "xK8-qq2T", "Ümläute sind gut", "83Lena9274651", "correct horse",
	} {
		if err := booking.CheckPassword(password, about...); err != nil {
			t.Errorf("%q is refused: %v", password, err)
		}
	}
}

// Every way to choose a password asks the same, with the names of the person and the studio.
func TestEveryNewPasswordIsChecked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	in, err := env.Invite(ctx, env.Owner, lena.ID)
	if err != nil {
		t.Fatal(err)
	}
	session, id := signedIn(t, env, lena)
	for _, weak := range []string{"password1", "Neumann2026", lena.Email, "studio nord"} {
		err := env.AcceptInvitation(ctx, in.Code, weak, "192.0.2.1")
		if e := wantCode(t, err, booking.Invalid); e.Field != "password" {
			t.Errorf("with an invitation, %q is refused at %q", weak, e.Field)
		}
		_, err = env.ChangePassword(ctx, lena, booking.PasswordProof{Session: id, Password: bookingtest.Password}, weak, session.Known)
		if e := wantCode(t, err, booking.Invalid); e.Field != "new_password" {
			t.Errorf("in the profile, %q is refused at %q", weak, e.Field)
		}
	}
	if err := env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.1"); err != nil {
		t.Errorf("the code was used up by refused passwords: %v", err)
	}
}

func TestAChangedPasswordEndsEverythingElse(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	at := nodes(t, env)
	in, err := env.Invite(ctx, env.Owner, lena.ID)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := signedIn(t, env, lena)
	this, id := signedIn(t, env, lena)
	if _, _, err := at[1].Session(ctx, other.Token); err != nil {
		t.Fatal(err)
	}
	env.Exec(`update alert set dismissed_at = clock_timestamp()`) // of the two sign-ins
	env.Changes()
	known, err := env.ChangePassword(ctx, lena, booking.PasswordProof{Session: id, Password: bookingtest.Password}, chosen, this.Known)
	if err != nil {
		t.Fatal(err)
	}
	if changes := env.Changes(); len(changes) != 1 || changes[0].ID != lena.ID {
		t.Errorf("the pages of the person hear of %v", changes)
	}
	if _, _, err := env.Session(ctx, this.Token); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	_, _, err = env.Session(ctx, other.Token)
	wantCode(t, err, booking.SignedOut)
	wantCode(t, env.AcceptInvitation(ctx, in.Code, "wieder ein anderes", "192.0.2.1"), booking.WrongCode)
	wantAlert(t, env, lena, booking.AlertPasswordChanged)
	_, err = signIn(env, lena.Email, bookingtest.Password)
	wantCode(t, err, booking.WrongPassword)
	for mark, want := range map[string]booking.Code{other.Known: booking.Throttled, this.Known: booking.Throttled, known: ""} {
		env.Exec(`update sign_in_failure set failures = 9, blocked_until = clock_timestamp() + interval '1 hour'`)
		_, err := env.SignIn(ctx, booking.SignInRequest{Email: lena.Email, Password: chosen, Address: "192.0.2.1", Known: mark})
		if booking.CodeOf(err) != want {
			t.Errorf("a device of before, or the one that changed it, is answered %v, want %q", err, want)
		}
	}
}

// A session begins only if nothing has ended the password while it was checked.
func TestASignInDoesNotOutliveItsPassword(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{
		"another password": `update person set password_hash = 'another' where id = $1`,
		"a suspension":     `update person set state = 'suspended' where id = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			anna := env.Member("Anna Alt", 0)
			free := env.TakeHashingSlots()
			done := make(chan error, 1)
			go func() {
				_, err := signIn(env, anna.Email, bookingtest.Password)
				done <- err
			}()
			env.AwaitPasswordWaiting(1) // it has read the account
			env.Exec(end, anna.ID)
			free()
			wantCode(t, <-done, booking.WrongPassword)
			if n := env.Int(`select count(*) from session where person_id = $1`, anna.ID); n != 0 {
				t.Errorf("%d sessions have begun", n)
			}
		})
	}
}

func TestAPersonHasTwentySessionsAtMost(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 0), env.Member("Ben Neu", 0)
	signedIn(t, env, ben)
	oldest, _ := signedIn(t, env, anna)
	used, _ := signedIn(t, env, anna)
	env.Exec(
		`update session set used_at = used_at - interval '1 day', created_at = created_at - interval '2 days' where person_id = $1`,
		anna.ID,
	)
	env.Exec(
		`update session set used_at = clock_timestamp() + interval '1 minute' where token_hash = sha256(convert_to($1, 'UTF8'))`,
		used.Token,
	)
	known := used.Known
	for range 18 {
		in, err := env.SignIn(ctx, booking.SignInRequest{
			Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1", Known: known,
		})
		if err != nil {
			t.Fatal(err)
		}
		known = in.Known
	}
	if _, _, err := env.Session(ctx, oldest.Token); err != nil {
		t.Errorf("the twentieth session ended another one: %v", err)
	}
	env.Exec(`update session set used_at = used_at - interval '1 day' where token_hash = sha256(convert_to($1, 'UTF8'))`, oldest.Token)
	env.Changes()
	answers := strangers(t, 3, func(int) error {
		_, err := env.SignIn(ctx, booking.SignInRequest{
			Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1", Known: known,
		})
		return err
	})
	if answers[""] != 3 {
		t.Errorf("the answers are %v", answers)
	}
	if n := env.Int(`select count(*) from session where person_id = $1`, anna.ID); n != 20 {
		t.Errorf("Anna has %d sessions, want 20", n)
	}
	if n := env.Int(`select count(*) from session where person_id = $1`, ben.ID); n != 1 {
		t.Errorf("Ben has %d sessions", n)
	}
	if _, _, err := env.Session(ctx, oldest.Token); booking.CodeOf(err) != booking.SignedOut {
		t.Errorf("the session that was not used for longest: %v", err)
	}
	if _, _, err := env.Session(ctx, used.Token); err != nil {
		t.Errorf("the oldest session that is used: %v", err)
	}
	if changes := env.Changes(); len(changes) == 0 || changes[0].ID != anna.ID {
		t.Errorf("the sockets of the ended sessions hear of %v", changes)
	}
}

// signedIn begins a session and returns it with its id.
func signedIn(t *testing.T, env *bookingtest.Env, a booking.Actor) (in booking.SignedIn, id string) {
	t.Helper()
	in, err := signIn(env, a.Email, bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	_, id, err = env.Session(ctx, in.Token)
	if err != nil {
		t.Fatal(err)
	}
	return in, id
}
