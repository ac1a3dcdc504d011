package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

var printedCode = regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){3}`)

// inviteOn runs "terminplan invite" and returns what it printed.
func inviteOn(t *testing.T, d Database, public, email string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := invite(t.Context(), inviteCommand{Email: email, PublicURL: public, Database: d}, &out, io.Discard)
	return out.String(), err
}

func TestAnOwnerWhoIsLockedOutIsInvitedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	d := Database{DatabaseURL: env.DSN}
	first, err := inviteOn(t, d, "", " "+strings.ToUpper(env.Owner.Email))
	if err != nil {
		t.Fatal(err)
	}
	second, err := inviteOn(t, d, "", env.Owner.Email)
	if err != nil {
		t.Fatal(err)
	}
	const password = "ein langes Passwort"
	accept := func(said string) error {
		return env.AcceptInvitation(t.Context(), printedCode.FindString(said), password, "192.0.2.1")
	}
	if err := accept(first); booking.CodeOf(err) != booking.WrongCode {
		t.Errorf("the code that was replaced is answered %v", err)
	}
	if err := accept(second); err != nil {
		t.Fatalf("%v, for:\n%s", err, second)
	}
	if err := accept(second); booking.CodeOf(err) != booking.WrongCode {
		t.Errorf("a used code is answered %v", err)
	}
	r := booking.SignInRequest{Email: env.Owner.Email, Password: password, Address: "192.0.2.2"}
	if in, err := env.SignIn(t.Context(), r); err != nil || in.Actor.Role != booking.RoleOwner {
		t.Errorf("the owner signs in: %+v, %v", in.Actor, err)
	}
	if said, err := inviteOn(t, d, "https://plan.example.org/", env.Owner.Email); err != nil ||
		!strings.Contains(said, "\nhttps://plan.example.org/invitation#code=") {
		t.Errorf("with a public address it says %q, %v", said, err)
	}
	for _, email := range []string{anna.Email, "nobody@example.test", ""} {
		said, err := inviteOn(t, d, "", email)
		if err == nil || !strings.Contains(err.Error(), env.Owner.Email) || said != "" {
			t.Errorf("for %q it says %q, %v", email, said, err)
		}
	}
	if _, err := inviteOn(t, Database{DatabaseURL: "postgres://127.0.0.1:1/none"}, "", env.Owner.Email); err == nil {
		t.Error("a database that does not answer is no error")
	}
}

func TestTheOperatorRemovesTheSecondFactorOfAnOwner(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`insert into totp (person_id, secret, confirmed_at) values ($1, 'JBSWY3DPEHPK3PXP', clock_timestamp())`, env.Owner.ID)
	signIn := func() booking.SignedIn {
		t.Helper()
		r := booking.SignInRequest{Email: env.Owner.Email, Password: bookingtest.Password, Address: "192.0.2.2"}
		in, err := env.SignIn(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if in := signIn(); in.Second == "" {
		t.Fatal("the password alone signs an owner with a second factor in")
	}
	c := inviteCommand{Email: env.Owner.Email, Database: Database{DatabaseURL: env.DSN}}
	if err := invite(t.Context(), c, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if in := signIn(); in.Second == "" {
		t.Error("an invitation removes the second factor")
	}
	c.ResetSecondFactor = true
	if err := invite(t.Context(), c, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	if in := signIn(); in.Second != "" || in.Token == "" {
		t.Error("the second factor is not removed")
	}
	if n := env.Int(`select count(*) from alert where kind = 'second_factor' and person_id = $1`, env.Owner.ID); n != 1 {
		t.Errorf("the owner is told %d times", n)
	}
}

// The operator need not stop the node: its private PostgreSQL is used while it runs.
func TestInvitingWorksBesideARunningPrivatePostgreSQL(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "terminplan-invite-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the account of PostgreSQL must reach it
		t.Fatal(err)
	}
	c := Config{
		Addr: "127.0.0.1:0", StudioName: "Studio", StudioZone: "Europe/Berlin", Database: Database{DataDir: dir},
		OwnerEmail: "olga@example.test", OwnerPassword: "ein langes Passwort",
	}
	s, err := c.check()
	if err != nil {
		t.Fatal(err)
	}
	running, err := startServers(t.Context(), s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer running.stop()
	var log bytes.Buffer
	for range 2 { // the second start finds the studio
		if _, err := prepare(t.Context(), running.databaseURL, s, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "are ignored: the studio exists"); n != 1 {
		t.Errorf("%d lines say that the owner's variables are ignored, want 1", n)
	}
	if said, err := inviteOn(t, Database{DataDir: dir}, "", c.OwnerEmail); err != nil || printedCode.FindString(said) == "" {
		t.Errorf("beside a node it says %q, %v", said, err)
	}
	if err := check(t.Context(), Database{DataDir: dir}, io.Discard, io.Discard); err != nil {
		t.Errorf("check beside a node: %v", err)
	}
	running.stop()
	if said, err := inviteOn(t, Database{DataDir: dir}, "", c.OwnerEmail); err != nil || printedCode.FindString(said) == "" {
		t.Errorf("without a node it says %q, %v", said, err)
	}
}

func TestAnOwnerNeedsAPasswordThatIsNotEasyToGuess(t *testing.T) {
	t.Parallel()
	_, address := bookingtest.Empty(t)
	for _, weak := range []string{"kurz", "12345678", "Studio2026", "olga.meyer1"} {
		s, err := Config{
			Addr: "127.0.0.1:0", StudioName: "Studio", StudioZone: "Europe/Berlin", Database: Database{DatabaseURL: address},
			OwnerEmail: "olga.meyer@example.test", OwnerPassword: weak,
		}.check()
		if err != nil {
			t.Fatal(err)
		}
		_, err = prepare(t.Context(), address, s, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), "TERMINPLAN_OWNER_PASSWORD") || strings.Contains(err.Error(), weak) {
			t.Errorf("the owner's password %q: %v", weak, err)
		}
	}
}
