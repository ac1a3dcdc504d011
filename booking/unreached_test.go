package booking_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// sendAll relays all notices and starts their deliveries, so that those without an address fail.
func sendAll(t *testing.T, env *bookingtest.Env) {
	t.Helper()
	for {
		var queued []booking.QueuedDelivery
		n, err := env.Relay(ctx, func(_ context.Context, _ pgx.Tx, list []booking.QueuedDelivery) error {
			queued = append(queued, list...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range queued {
			_, _, _ = env.StartDelivery(ctx, d.ID)
		}
		if n == 0 {
			return
		}
	}
}

func unreached(t *testing.T, env *bookingtest.Env) []booking.Unreached {
	t.Helper()
	list, err := env.Unreached(ctx, env.Owner)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Rule 30.
func TestTheDeskSeesWhomNoMessageReached(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 10 })
	silent, reached := env.Member("Stine Still", 5), env.Member("Rita Erreicht", 5)
	env.Exec(`update person set email = null, phone = '0170 1234567' where id = $1`, silent.ID)
	for _, m := range []booking.Actor{silent, reached} {
		mustBook(t, env, m, class)
	}
	guest := addGuest(t, env, class, booking.Guest{Name: "Eva Gast"})
	sendAll(t, env)
	if list := unreached(t, env); len(list) != 0 {
		t.Errorf("who books a guest without an address tells the guest, and is not told to call: %+v", list)
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	sendAll(t, env)
	list := unreached(t, env)
	if len(list) != 2 {
		t.Fatalf("the list has %+v", list)
	}
	for _, u := range list {
		if u.Kind != "class_cancelled" || u.Why != booking.WhyNoAddress || u.Class.ID != class || !u.Class.Cancelled {
			t.Errorf("the list says %+v", u)
		}
		if u.Person.ID != guest.PersonID && (u.Person.ID != silent.ID || u.Person.Phone != "0170 1234567") {
			t.Errorf("the list has %+v", u.Person)
		}
	}
	for _, role := range []booking.Role{booking.RoleInstructor, booking.RoleMember} {
		other := booking.Actor{ID: silent.ID, Role: role}
		_, err := env.Unreached(ctx, other)
		wantCode(t, err, booking.Forbidden)
		wantCode(t, env.TellPerson(ctx, other, list[0].DeliveryID), booking.Forbidden)
	}
	desk := env.Staff(booking.RoleFrontDesk, "Dora Empfang")
	for range 2 {
		if err := env.TellPerson(ctx, desk, list[0].DeliveryID); err != nil {
			t.Fatal(err)
		}
	}
	done := `select count(*) from history where verb = 'tell_person' and actor_id = $1 and person_id = $2 and class_id = $3`
	if n := env.Int(done, desk.ID, list[0].Person.ID, class); n != 1 {
		t.Errorf("the history says %d times who told the person, want once", n)
	}
	if rest := unreached(t, env); len(rest) != 1 || rest[0].DeliveryID != list[1].DeliveryID {
		t.Errorf("after one call the list has %+v", rest)
	}
	wantCode(t, env.TellPerson(ctx, desk, 1<<60), booking.NotFound)
	sent := env.Int(`select id from delivery where person_id = $1 and kind = 'class_cancelled'`, reached.ID)
	wantCode(t, env.TellPerson(ctx, desk, int64(sent)), booking.NotFound)
}

// Rule 30: the list clears itself.
func TestNobodyIsListedAnyMoreWhoNeedNotBeCalled(t *testing.T) {
	t.Parallel()
	for what, ends := range map[string]func(env *bookingtest.Env, class, person int64) error{
		"the class takes place after all": func(env *bookingtest.Env, class, _ int64) error {
			_, err := env.RestoreClass(ctx, env.Owner, class)
			return err
		},
		"the class has begun": func(env *bookingtest.Env, class, _ int64) error {
			env.MoveStart(class, -time.Minute)
			return nil
		},
		"the person has read it in the page": func(env *bookingtest.Env, _, person int64) error {
			_, err := env.DismissAlerts(ctx, booking.Actor{ID: person, Role: booking.RoleMember})
			return err
		},
		"a device has shown it": func(env *bookingtest.Env, _, person int64) error {
			env.Exec(`insert into delivery (key, kind, channel, person_id, alert_id, class_id, state, due_at, ended_at)
				select 'push', kind, 'push', person_id, alert_id, class_id, 'sent', now(), clock_timestamp() from delivery
				where person_id = $1`, person)
			return nil
		},
		"a later mail about the class has left": func(env *bookingtest.Env, _, person int64) error {
			env.Exec(`insert into delivery (key, kind, channel, person_id, class_id, state, due_at, ended_at)
				select 'later', kind, 'mail', person_id, class_id, 'sent', now(),
					clock_timestamp() from delivery where person_id = $1`, person)
			return nil
		},
	} {
		env := bookingtest.New(t)
		class, member := env.Class(nil), env.Member("Stine Still", 5)
		env.Exec(`update person set email = null where id = $1`, member.ID)
		mustBook(t, env, member, class)
		if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
		sendAll(t, env)
		if list := unreached(t, env); len(list) != 1 {
			t.Fatalf("%s: before, the list has %+v", what, list)
		}
		if err := ends(env, class, member.ID); err != nil {
			t.Fatal(err)
		}
		if what == "the class takes place after all" { // of which the member does not hear either
			sendAll(t, env)
			if list := unreached(t, env); len(list) != 1 || list[0].Kind != "class_restored" {
				t.Errorf("%s: the list has %+v", what, list)
			}
			continue
		}
		if list := unreached(t, env); len(list) != 0 {
			t.Errorf("%s: the list still has %+v", what, list)
		}
	}
}

// Rules 28 and 30.
func TestAnotherAddressLetsFailedMailsWaitAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class, member := env.Class(nil), env.Member("Bella Bounce", 5)
	mustBook(t, env, member, class)
	var email string
	if err := env.Pool.QueryRow(ctx, `select email from person where id = $1`, member.ID).Scan(&email); err != nil {
		t.Fatal(err)
	}
	if err := env.RefuseAddress(ctx, member.ID, email); err != nil {
		t.Fatal(err)
	}
	if m, err := env.Engine.Member(ctx, env.Owner, member.ID); err != nil || m.EmailFailedAt.IsZero() {
		t.Fatalf("the profile does not say that the address fails: %+v, %v", m, err)
	}
	if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	sendAll(t, env)
	if list := unreached(t, env); len(list) != 1 || list[0].Why != booking.WhyUndeliverable {
		t.Fatalf("the list has %+v", list)
	}
	edit := booking.MemberEdit{PersonID: member.ID, Email: "bella@example.org", Only: []string{"email"}}
	if err := env.EditMember(ctx, env.Owner, edit); err != nil {
		t.Fatal(err)
	}
	if m, err := env.Engine.Member(ctx, env.Owner, member.ID); err != nil || !m.EmailFailedAt.IsZero() {
		t.Errorf("the new address counts as failed: %+v, %v", m, err)
	}
	again := `select count(*) from delivery where person_id = $1 and kind = 'class_cancelled' and state = 'waiting' and not queued`
	if n := env.Int(again, member.ID); n != 1 {
		t.Errorf("%d mails wait for the new address, want 1", n)
	}
	if list := unreached(t, env); len(list) != 0 {
		t.Errorf("the list has %+v", list)
	}
}

// Rule 30.
func TestAPreviewNamesWhomNoMessageCanReach(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 4 })
	silent, device := env.Member("Stine Still", 5), env.Member("Dora Gerät", 5)
	reached, late := env.Member("Rita Erreicht", 5), env.Member("Wanda Wartet", 5)
	env.Exec(`update person set email = null where id = any($1)`, []int64{silent.ID, device.ID, late.ID})
	env.Exec(`insert into push_device (person_id, endpoint, p256dh, auth) values ($1, 'https://push.example.org/1', '', '')`, device.ID)
	for _, m := range []booking.Actor{silent, device, reached} {
		mustBook(t, env, m, class)
	}
	guest := addGuest(t, env, class, booking.Guest{Name: "Eva Gast"})
	if _, err := env.JoinWaitlist(ctx, late, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	list, err := env.Unreachable(ctx, env.Owner, class, booking.ThisClass)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int64]bool{}
	for _, n := range list {
		got[n.ID] = true
	}
	if len(got) != 3 || !got[silent.ID] || !got[guest.PersonID] || !got[late.ID] {
		t.Errorf("the preview names %+v", list)
	}
	instructor := booking.Actor{ID: 1, Role: booking.RoleInstructor}
	if list, err := env.Unreachable(ctx, instructor, class, booking.ThisClass); err != nil || list != nil {
		t.Errorf("an instructor reads %+v, %v", list, err)
	}
}
