package booking_test

import (
	"fmt"
	"testing"

	"github.com/alexedwards/argon2id"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func signIn(env *bookingtest.Env, email, password string) (booking.SignedIn, error) {
	return env.SignIn(ctx, booking.SignInRequest{Email: email, Password: password, Address: "192.0.2.1"})
}

func TestSigningInGivesASessionThatEndsWithSigningOut(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	in, err := signIn(env, " "+anna.Email+" ", bookingtest.Password)
	if err != nil || in.Actor.ID != anna.ID || in.Actor.Role != booking.RoleMember {
		t.Fatalf("got %+v, %v", in, err)
	}
	if n := env.Int(`select count(*) from session where encode(token_hash, 'escape') = $1`, in.Token); n != 0 {
		t.Fatal("the token itself lies in the database")
	}
	who, _, err := env.Session(ctx, in.Token)
	if err != nil || who.ID != anna.ID {
		t.Fatalf("got %+v, %v", who, err)
	}
	if err := env.SignOut(ctx, in.Token); err != nil {
		t.Fatal(err)
	}
	_, _, err = env.Session(ctx, in.Token)
	wantCode(t, err, booking.SignedOut)
}

func TestAPasswordIsTheSameFromEveryKeyboard(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	store := func(hash string) { env.Exec(`update person set password_hash = $2 where id = $1`, anna.ID, hash) }
	const composed, decomposed, wide = "Übung-Köln-2026", "U\u0308bung-Ko\u0308ln-2026", "Übung-Köln-２０２６"
	for _, set := range []string{composed, decomposed, wide} {
		hash, err := booking.HashPassword(set)
		if err != nil {
			t.Fatal(err)
		}
		store(hash.Encoded())
		for _, typed := range []string{composed, decomposed, wide} {
			if _, err := signIn(env, anna.Email, typed); err != nil {
				t.Errorf("set %+q, typed %+q: %v", set, typed, err)
			}
		}
	}
	// A hash from before passwords were normalized is of the text as it was typed.
	cheap := &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	old, err := argon2id.CreateHash(decomposed, cheap)
	if err != nil {
		t.Fatal(err)
	}
	store(old)
	if _, err := signIn(env, anna.Email, decomposed); err != nil {
		t.Errorf("an old password is refused: %v", err)
	}
	_, err = signIn(env, anna.Email, "Ubung-Koln-2026")
	wantCode(t, err, booking.WrongPassword)
}

func TestAnUnknownAddressAnswersLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	_, wrong := signIn(env, anna.Email, "nicht das Passwort")
	_, unknown := signIn(env, "nobody@example.test", "nicht das Passwort")
	wantCode(t, wrong, booking.WrongPassword)
	wantCode(t, unknown, booking.WrongPassword)
	if wrong.Error() != unknown.Error() {
		t.Fatalf("%q and %q tell the two apart", wrong, unknown)
	}
}

func TestGuessingIsSlowedDownAndAnHourForgives(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	for range 5 {
		_, err := signIn(env, anna.Email, "geraten")
		wantCode(t, err, booking.WrongPassword)
	}
	holdWaits(env)
	_, err := signIn(env, anna.Email, bookingtest.Password)
	if e := wantCode(t, err, booking.Throttled); e.Args["seconds"] == 0 {
		t.Fatalf("the refusal must say how long, got %v", e.Args)
	}
	env.Exec(`update sign_in_failure set at = at - interval '2 hours', blocked_until = at`)
	if _, err := signIn(env, anna.Email, bookingtest.Password); err != nil {
		t.Fatal(err)
	}
}

func TestASuspendedMemberIsSignedOutEverywhereAndCannotReturn(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	in, err := signIn(env, anna.Email, bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := env.Session(ctx, in.Token); err != nil { // now in the cache of this node
		t.Fatal(err)
	}
	if _, err := env.Suspend(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = env.Session(ctx, in.Token)
	wantCode(t, err, booking.SignedOut)
	_, err = signIn(env, anna.Email, bookingtest.Password)
	wantCode(t, err, booking.Suspended)
	if err := env.Reactivate(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(env, anna.Email, bookingtest.Password); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyOwnersChangeRolesAndANewRoleCountsAtOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	tina := env.Staff(booking.RoleFrontDesk, "Tina Tresen")
	in, err := signIn(env, tina.Email, bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	for _, actor := range []booking.Actor{tina, env.Owner} { // nobody may change their own role
		_, err := env.SetRole(ctx, actor, env.Owner.ID, booking.RoleMember)
		wantCode(t, err, booking.Forbidden)
	}
	if _, err := env.SetRole(ctx, env.Owner, tina.ID, booking.RoleMember); err != nil {
		t.Fatal(err)
	}
	who, _, err := env.Session(ctx, in.Token)
	if err != nil || who.Role != booking.RoleMember {
		t.Fatalf("got %+v, %v; want a member", who, err)
	}
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	n := booking.NewPerson{Role: booking.RoleMember, GivenName: "Anna", FamilyName: "Alt", Email: "anna@example.test"}
	if _, err := env.AddMember(ctx, env.Owner, n); err != nil {
		t.Fatal(err)
	}
	n.Email = "ANNA@example.test"
	_, err := env.AddMember(ctx, env.Owner, n)
	if e := wantCode(t, err, booking.Invalid); e.Field != "email" {
		t.Fatalf("the refusal concerns %q", e.Field)
	}
}

func TestAHashIsMadeOfAPasswordThatIsLongEnough(t *testing.T) {
	t.Parallel()
	_, err := booking.HashPassword("kurz")
	if e := wantCode(t, err, booking.Invalid); e.Field != "password" {
		t.Fatalf("the refusal concerns %q", e.Field)
	}
	if _, err := booking.HashPassword(bookingtest.Password); err != nil {
		t.Fatal(err)
	}
}

func TestAPersonIsAddedWhileEverySlotForHashingIsTaken(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	hash, err := booking.HashPassword(bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	free := env.TakeHashingSlots()
	for i := range 50 {
		n := booking.NewPerson{
			Role: booking.RoleMember, GivenName: "Anna", FamilyName: "Alt", Email: fmt.Sprintf("anna%d@example.test", i),
			PasswordHash: hash,
		}
		if _, err := env.AddMember(ctx, env.Owner, n); err != nil {
			t.Fatal(err)
		}
	}
	free()
	for _, email := range []string{"anna0@example.test", "anna49@example.test"} { // one hash serves them all
		if _, err := signIn(env, email, bookingtest.Password); err != nil {
			t.Errorf("%s signs in: %v", email, err)
		}
	}
}
