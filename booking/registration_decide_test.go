package booking_test

import (
	"slices"
	"testing"

	"terminplan/booking"
)

// A member of the directory without a password becomes the account of the person who proves the address.
func TestAnImportedMemberGetsTheAccountThatIsThere(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationApprove)
	ida := env.Member("Ida Import", 5)
	env.Exec(`update person set password_hash = null, password_by = null where id = $1`, ida.ID)
	ticket := registers(t, env, ida.Email)
	code, link := registrationMail(t, env)
	out, err := env.ConfirmByCode(ctx, ticket, code, here)
	if err != nil || out.SignedIn.Actor.ID != ida.ID || out.SignedIn.Actor.Name != ida.Name {
		t.Fatalf("confirmed: %+v, %v", out, err)
	}
	if _, err := signIn(env, ida.Email, chosen); err != nil {
		t.Errorf("the password: %v", err)
	}
	if n := env.Int(`select count(*) from person where role = 'guest'`); n != 0 {
		t.Errorf("%d guests are left", n)
	}
	if out, err := env.ConfirmByLink(ctx, link, ticket, here); err != nil || out.SignedIn.Actor.ID != ida.ID {
		t.Errorf("the link of the same mail: %+v, %v", out, err)
	}
}

// Of two registrations with one address the first that is confirmed becomes the account.
func TestTheFirstConfirmationWins(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	first, second := registers(t, env, "nora@example.test"), registers(t, env, "nora@example.test")
	mails := startMails(t, env, booking.NoticeRegistration)
	codes := make([]string, len(mails))
	for i, d := range mails {
		var err error
		if codes[i], _, err = env.MailCode(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := env.ConfirmByCode(ctx, second, codes[1], here); err != nil {
		t.Fatal(err)
	}
	_, err := env.ConfirmByCode(ctx, first, codes[0], here)
	if e := wantCode(t, err, booking.Invalid); e.Field != "email" || e.Args["why"] != "taken" || e.Args["name"] != nil {
		t.Errorf("the refusal is %+v", e)
	}
}

func TestWhatIsSwitchedOffConfirmsNothing(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationOpen)
	ticket := registers(t, env, "nora@example.test")
	code, link := registrationMail(t, env)
	setRegistration(t, env, booking.RegistrationOff)
	_, err := env.ConfirmByCode(ctx, ticket, code, here)
	wantCode(t, err, booking.RegisterClosed)
	_, err = env.ConfirmByLink(ctx, link, ticket, here)
	wantCode(t, err, booking.RegisterClosed)
	wantCode(t, env.MailRegistration(ctx, ticket, client), booking.RegisterClosed)
	setRegistration(t, env, booking.RegistrationOpen)
	if _, err := env.ConfirmByCode(ctx, ticket, code, here); err != nil {
		t.Errorf("switched on again: %v", err)
	}
}

func TestStaffAgreesToRegistrations(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationApprove)
	desk, teacher := env.Staff(booking.RoleFrontDesk, "Tina Tresen"), env.Staff(booking.RoleInstructor, "Ina Trainer")
	ticket := registers(t, env, "nora@example.test")
	code, _ := registrationMail(t, env)
	if list, err := env.PendingRegistrations(ctx, desk); err != nil || len(list) != 0 {
		t.Errorf("before the address is confirmed: %v, %v", list, err)
	}
	for range 2 {
		if out, err := env.ConfirmByCode(ctx, ticket, code, here); err != nil || !out.Waits || out.SignedIn.Token != "" {
			t.Fatalf("confirmed: %+v, %v", out, err)
		}
	}
	_, err := signIn(env, "nora@example.test", chosen)
	wantCode(t, err, booking.WrongPassword)
	for _, a := range []booking.Actor{{}, teacher, env.Member("Mia Kunde", 0)} {
		_, err := env.PendingRegistrations(ctx, a)
		wantCode(t, err, booking.Forbidden)
		wantCode(t, env.ApproveRegistration(ctx, a, 1), booking.Forbidden)
		wantCode(t, env.RefuseRegistration(ctx, a, 1), booking.Forbidden)
	}
	list, err := env.PendingRegistrations(ctx, desk)
	if err != nil || len(list) != 1 || list[0].Person.Name() != "Nora Neumann" || len(list[0].Similar) != 0 {
		t.Fatalf("the list is %+v, %v", list, err)
	}
	id := list[0].Person.ID
	wantCode(t, env.ApproveRegistration(ctx, desk, desk.ID), booking.NotFound)
	for range 2 { // the button is pressed twice
		if err := env.ApproveRegistration(ctx, desk, id); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, env.RefuseRegistration(ctx, desk, id), booking.NotFound)
	if d := startMail(t, env, booking.NoticeRegistrationApproved); d.Address != "nora@example.test" {
		t.Errorf("the mail goes to %s", d.Address)
	}
	out, err := env.ConfirmByCode(ctx, ticket, "", here) // the page that waited
	if err != nil || out.SignedIn.Actor.ID != id || out.Next != "/classes/42" {
		t.Errorf("the browser that waited: %+v, %v", out, err)
	}
	if _, err := signIn(env, "nora@example.test", chosen); err != nil {
		t.Errorf("signing in: %v", err)
	}
	recorded := `select count(*) from history where verb = 'approve_registration' and actor_id = $1 and person_id = $2`
	if n := env.Int(recorded, desk.ID, id); n != 1 {
		t.Errorf("%d entries of the history", n)
	}
}

func TestARefusedRegistrationIsDeletedAfterItsMail(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationApprove)
	ticket := registers(t, env, "nora@example.test")
	code, link := registrationMail(t, env)
	if _, err := env.ConfirmByCode(ctx, ticket, code, here); err != nil {
		t.Fatal(err)
	}
	env.Exec(`update delivery set state = 'sent', ended_at = clock_timestamp() where kind = 'registration'`)
	id := int64(env.Int(`select person_id from registration`))
	for range 2 {
		if err := env.RefuseRegistration(ctx, env.Owner, id); err != nil {
			t.Fatal(err)
		}
	}
	_, err := env.ConfirmByLink(ctx, link, ticket, here)
	wantCode(t, err, booking.LinkGone)
	_, _, err = env.RegistrationState(ctx, ticket)
	wantCode(t, err, booking.LinkGone)
	sweep(t, env)
	d := startMail(t, env, booking.NoticeRegistrationRefused) // still to be sent
	if err := env.EndDelivery(ctx, d.ID, booking.DeliverySent, ""); err != nil {
		t.Fatal(err)
	}
	sweep(t, env)
	for _, table := range []string{"registration", "mail_link", "delivery"} {
		if n := env.Int(`select count(*) from ` + table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	if n := env.Int(`select count(*) from person where email = 'nora@example.test'`); n != 0 {
		t.Error("the person is left")
	}
}

func TestUnconfirmedRegistrationsEndAfterADay(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationApprove)
	waits := registers(t, env, "waits@example.test")
	code, _ := registrationMail(t, env)
	if _, err := env.ConfirmByCode(ctx, waits, code, here); err != nil {
		t.Fatal(err)
	}
	gone, stays := registers(t, env, "gone@example.test"), registers(t, env, "stays@example.test")
	for _, d := range startMails(t, env, booking.NoticeRegistration) {
		makeLink(t, env, d)
	}
	env.Exec(`
		update registration set expires_at = clock_timestamp() - interval '1 second'
		where person_id in (select id from person where email in ('gone@example.test', 'waits@example.test'))`)
	sweep(t, env)
	_, _, err := env.RegistrationState(ctx, gone)
	wantCode(t, err, booking.LinkGone)
	for ticket, want := range map[booking.RegistrationTicket]booking.RegistrationState{
		waits: booking.RegistrationWaits, stays: booking.RegistrationSent,
	} {
		if state, _, err := env.RegistrationState(ctx, ticket); err != nil || state != want {
			t.Errorf("%s: %s, %v", ticket.Email, state, err)
		}
	}
	if n := env.Int(`select count(*) from person where role = 'guest'`); n != 2 {
		t.Errorf("%d guests, want 2", n)
	}
}

// The desk sees who of the members may be the same person, and managers join both.
func TestARegistrationIsJoinedWithAMember(t *testing.T) {
	t.Parallel()
	env := registering(t, booking.RegistrationApprove)
	desk := env.Staff(booking.RoleFrontDesk, "Tina Tresen")
	same, phone, account := env.Member("Nora Neumann", 5), env.Member("Paul Ohne", 0), env.Member("NEUMANN Nora", 0)
	env.Exec(`update person set password_hash = null, password_by = null, email = null where id = $1`, same.ID)
	number := booking.MemberEdit{PersonID: phone.ID, Phone: "+49 171 234567", Only: []string{"phone"}}
	if err := env.EditMember(ctx, env.Owner, number); err != nil {
		t.Fatal(err)
	}
	ticket := registers(t, env, "nora@example.test")
	code, _ := registrationMail(t, env)
	if _, err := env.ConfirmByCode(ctx, ticket, code, here); err != nil {
		t.Fatal(err)
	}
	list, err := env.PendingRegistrations(ctx, desk)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	var ids []int64
	for _, m := range list[0].Similar {
		ids = append(ids, m.ID)
		if m.CanJoin != (m.ID == same.ID) {
			t.Errorf("%s can be joined: %v", m.Name(), m.CanJoin)
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, []int64{same.ID, phone.ID, account.ID}) {
		t.Errorf("similar are %v, want %d, %d and %d", ids, same.ID, phone.ID, account.ID)
	}
	id := list[0].Person.ID
	wantCode(t, env.JoinRegistration(ctx, desk, id, same.ID), booking.Forbidden)
	wantCode(t, env.JoinRegistration(ctx, env.Owner, id, account.ID), booking.NotFound) // has a password: would be taken over
	wantCode(t, env.JoinRegistration(ctx, env.Owner, id, desk.ID), booking.NotFound)
	for range 2 {
		err := env.JoinRegistration(ctx, env.Owner, id, same.ID)
		if err != nil && booking.CodeOf(err) != booking.NotFound {
			t.Fatal(err)
		}
	}
	in, err := signIn(env, "nora@example.test", chosen)
	if err != nil || in.Actor.ID != same.ID {
		t.Errorf("signed in: %+v, %v", in.Actor, err)
	}
	if out, err := env.ConfirmByCode(ctx, ticket, "", here); err != nil || out.SignedIn.Actor.ID != same.ID {
		t.Errorf("the browser that waited: %+v, %v", out, err)
	}
	if n := env.Int(`select count(*) from person where role = 'guest'`); n != 0 {
		t.Errorf("%d guests are left", n)
	}
	if d := startMail(t, env, booking.NoticeRegistrationApproved); d.Address != "nora@example.test" || d.To.ID != same.ID {
		t.Errorf("the mail goes to %q of %d", d.Address, d.To.ID)
	}
	if n := env.Int(`select count(*) from history where verb = 'join_registration' and person_id = $1`, same.ID); n != 1 {
		t.Errorf("%d entries of the history", n)
	}
}
