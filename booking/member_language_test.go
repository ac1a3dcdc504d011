package booking_test

import (
	"os"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// The test starts with the schema before the migration, and with people in it.
func TestPeopleWhoWereNeverAskedHaveNoLanguageAnyMore(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`alter table person drop constraint person_language_known`)
	env.Exec(`alter table person alter column language set default 'de'`)
	german, english := env.Member("Dora Deutsch", 1), env.Member("Enid English", 1)
	env.Exec(`update person set language = 'en' where id = $1`, english.ID)
	sql, err := os.ReadFile("migrations/0013_language_chosen.sql")
	if err != nil {
		t.Fatal(err)
	}
	env.Exec(string(sql))
	for a, want := range map[booking.Actor]string{german: "", english: "en", env.Owner: ""} {
		in, err := env.SignIn(t.Context(), booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		if in.Actor.Language != want {
			t.Errorf("the language of %s is %q, want %q", a.Name, in.Actor.Language, want)
		}
	}
	class := env.Class(nil)
	guest := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Gerd Gast"}}}
	if _, err := env.AddParticipants(t.Context(), env.Owner, guest); err != nil {
		t.Fatal(err)
	}
	if env.Int(`select count(*) from person where role = 'guest' and language = ''`) != 1 {
		t.Error("a guest is said to have chosen a language")
	}
	// A node of the former version still writes 'de' for a new person.
	env.Exec(`update person set language = 'de' where id = $1`, german.ID)
	if _, err := env.Pool.Exec(t.Context(), `update person set language = 'fr' where id = $1`, german.ID); err == nil {
		t.Error("a language that nobody speaks was stored")
	}
}
