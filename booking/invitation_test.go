package booking_test

import (
	"errors"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

const chosen = "ein langes Passwort"

// An earlier invitation to a member's account, or a password that a manager may know, must
// not open the account once it is a staff account.
func TestNothingFromBeforeARiseOpensTheAccountOfStaff(t *testing.T) {
	t.Parallel()
	for _, role := range []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner} {
		t.Run(string(role), func(t *testing.T) {
			env := bookingtest.New(t)
			manager := env.Staff(booking.RoleManager, "Mara Leitung")
			unused, used := addMember(env, manager, "unused"), addMember(env, manager, "used")
			kept, err := env.Invite(ctx, manager, unused.ID)
			if err != nil {
				t.Fatal(err)
			}
			in, err := env.Invite(ctx, manager, used.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			session, err := signIn(env, used.Email, chosen)
			if err != nil {
				t.Fatal(err)
			}
			for _, member := range []booking.Actor{unused, used} {
				out, err := env.SetRole(ctx, env.Owner, member.ID, role)
				if err != nil || !out.PasswordVoid {
					t.Fatalf("the new role answers %+v, %v", out, err)
				}
			}
			wantCode(t, env.AcceptInvitation(ctx, kept.Code, chosen, "192.0.2.2"), booking.WrongCode)
			_, err = signIn(env, used.Email, chosen)
			wantCode(t, err, booking.WrongPassword)
			_, _, err = env.Session(ctx, session.Token)
			wantCode(t, err, booking.SignedOut)
			_, err = env.Invite(ctx, manager, used.ID)
			wantCode(t, err, booking.Forbidden)

			// The owner invites again. A password that was set with an owner's invitation
			// stays valid when the role changes again.
			if in, err = env.Invite(ctx, env.Owner, used.ID); err != nil {
				t.Fatal(err)
			}
			if err := env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.3"); err != nil {
				t.Fatal(err)
			}
			next := booking.RoleOwner
			if role == next {
				next = booking.RoleManager
			}
			if out, err := env.SetRole(ctx, env.Owner, used.ID, next); err != nil || out.PasswordVoid {
				t.Fatalf("the next role answers %+v, %v", out, err)
			}
			if _, err := signIn(env, used.Email, chosen); err != nil {
				t.Errorf("the password that an owner's invitation set: %v", err)
			}
		})
	}
}

// The right to invite is checked again when the invitation is used.
func TestAnInvitationIsWorthWhatItsMakerMayDoNow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then string // SQL between creating and using the invitation; $1 is the maker, $2 the invited person
		want booking.Code
	}{
		{"nothing happened", `select $1::bigint, $2::bigint`, ""},
		{"the maker is at the desk now", `update person set role = 'front_desk' where id = $1 and $2 > 0`, booking.WrongCode},
		{"the maker is suspended", `update person set state = 'suspended' where id = $1 and $2 > 0`, booking.WrongCode},
		{"the maker is erased", `update person set state = 'erased' where id = $1 and $2 > 0`, booking.WrongCode},
		{
			"the invited has risen at a node of a former version", `update person set role = 'owner' where id = $2 and $1 > 0`,
			booking.WrongCode,
		},
		{"the invited is suspended", `update person set state = 'suspended' where id = $2 and $1 > 0`, booking.WrongCode},
		{
			"a code of before nobody noted its maker", `update invitation set created_by = null where created_by = $1 and person_id = $2`,
			booking.WrongCode,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := bookingtest.New(t)
			manager := env.Staff(booking.RoleManager, "Mara Leitung")
			member := addMember(env, manager, "lena")
			in, err := env.Invite(ctx, manager, member.ID)
			if err != nil {
				t.Fatal(err)
			}
			env.Exec(c.then, manager.ID, member.ID)
			err = env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.1")
			if booking.CodeOf(err) != c.want {
				t.Errorf("answered %v, want %q", err, c.want)
			}
			if n := env.Int(`select count(*) from person where id = $1 and password_hash is not null`,
				member.ID); (n == 1) != (c.want == "") {
				t.Errorf("%d passwords", n)
			}
		})
	}
}

// After a change of the e-mail address, the invitation that was sent to the former address
// is void, the sessions end, and the person gets an alert.
func TestAnotherAddressEndsWhatTheFormerOneOpened(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neu", 0)
	in, err := env.Invite(ctx, env.Owner, lena.ID)
	if err != nil {
		t.Fatal(err)
	}
	session, err := signIn(env, lena.Email, bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	edit := booking.MemberEdit{PersonID: lena.ID, GivenName: "Lena", FamilyName: "Neu", Email: lena.Email, Phone: "030 1", Language: "de"}
	if err := env.EditMember(ctx, env.Owner, edit); err != nil {
		t.Fatal(err)
	}
	if _, _, err := env.Session(ctx, session.Token); err != nil {
		t.Errorf("an edit that leaves the address alone ended the session: %v", err)
	}
	edit.Email = "lena.neu@example.test"
	if err := env.EditMember(ctx, env.Owner, edit); err != nil {
		t.Fatal(err)
	}
	wantCode(t, env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.1"), booking.WrongCode)
	_, _, err = env.Session(ctx, session.Token)
	wantCode(t, err, booking.SignedOut)
	wantAlert(t, env, lena, booking.AlertEmailChanged)
}

// A person is told when somebody else sets a new password with an invitation. The person's
// open pages end at once on every node, since the version of the person has changed.
func TestANewPasswordIsToldAndEndsThePagesOfThePerson(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena, first := env.Member("Lena Neu", 0), addMember(env, env.Owner, "first")
	for _, a := range []booking.Actor{lena, first} {
		in, err := env.Invite(ctx, env.Owner, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		env.Changes()
		if err := env.AcceptInvitation(ctx, in.Code, chosen, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		told := env.Changes()
		if len(told) != 1 || told[0].Kind != booking.PersonChange || told[0].ID != a.ID {
			t.Errorf("the world is told %+v", told)
		}
	}
	wantAlert(t, env, lena, booking.AlertPasswordChanged)
	if n := env.Int(`select count(*) from alert where person_id = $1`, first.ID); n != 0 {
		t.Error("a first password is told as a changed one")
	}
}

func TestAnInvitationGoesOutByMailAsWell(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	manager := env.Staff(booking.RoleManager, "Mara Leitung")
	for _, use := range []string{"printed", "mailed", "mailed again"} {
		member := addMember(env, manager, strings.ReplaceAll(use, " ", "-"))
		void, err := env.Invite(ctx, manager, member.ID)
		if err != nil {
			t.Fatal(err)
		}
		former := makeLink(t, env, startMail(t, env, booking.NoticeInvitation))
		in, err := env.Invite(ctx, manager, member.ID)
		if err != nil {
			t.Fatal(err)
		}
		d := startMail(t, env, booking.NoticeInvitation)
		codes := map[string]string{"printed": in.Code, "mailed": makeLink(t, env, d), "mailed again": makeLink(t, env, d)}
		for _, code := range []string{void.Code, former} {
			wantCode(t, env.AcceptInvitation(ctx, code, chosen, client), booking.WrongCode)
		}
		if err := env.AcceptInvitation(ctx, codes[use], chosen, client); err != nil {
			t.Errorf("the code that is %s: %v", use, err)
		}
		for other, code := range codes { // one code ends the others
			if booking.CodeOf(env.AcceptInvitation(ctx, code, chosen, client)) != booking.WrongCode {
				t.Errorf("the code that is %s opens the account after the one that is %s", other, use)
			}
		}
		env.Exec(`delete from sign_in_failure`)
		if _, err := signIn(env, member.Email, chosen); err != nil {
			t.Error(err)
		}
	}
	member := addMember(env, manager, "late")
	if _, err := env.Invite(ctx, manager, member.ID); err != nil {
		t.Fatal(err)
	}
	d := startMail(t, env, booking.NoticeInvitation)
	env.Exec(`update person set role = 'front_desk' where id = $1`, manager.ID)
	if _, err := env.MailLink(ctx, d); !errors.Is(err, booking.ErrDeliveryEnded) {
		t.Errorf("a link is made for a manager who is at the desk now: %v", err)
	}
	if _, err := env.InviteOwner(ctx, env.Owner.Email, false); err != nil {
		t.Fatal(err)
	}
	if n := len(startMails(t, env, booking.NoticeInvitation)); n != 0 {
		t.Errorf("the operator's invitation sends %d mails", n)
	}
}

func addMember(env *bookingtest.Env, by booking.Actor, name string) booking.Actor {
	env.T.Helper()
	email := name + "@example.test"
	id, err := env.AddMember(ctx, by, booking.NewPerson{Role: booking.RoleMember, GivenName: name, FamilyName: "Neu", Email: email})
	if err != nil {
		env.T.Fatal(err)
	}
	return booking.Actor{ID: id, Role: booking.RoleMember, Name: name + " Neu", Email: email}
}
