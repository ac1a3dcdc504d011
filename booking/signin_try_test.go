package booking_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// strangers sends many tries at once, spread over the engines, and counts the answers.
func strangers(t *testing.T, n int, try func(i int) error) map[booking.Code]int {
	t.Helper()
	var mu sync.Mutex
	answers := map[booking.Code]int{}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := try(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && booking.CodeOf(err) == "" {
				t.Errorf("try %d: %v", i, err)
			}
			answers[booking.CodeOf(err)]++
		})
	}
	all.Wait()
	return answers
}

// nodes opens a second engine on the database of env.
func nodes(t *testing.T, env *bookingtest.Env) [2]*booking.Engine {
	t.Helper()
	other, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	return [2]*booking.Engine{env.Engine, other}
}

// waitOver lets all waits end, as time would.
func waitOver(env *bookingtest.Env) {
	env.Exec(`update sign_in_failure set blocked_until = least(blocked_until, clock_timestamp())
		where blocked_until < clock_timestamp() + interval '1 hour'`)
}

// holdWaits keeps waits from ending while the test looks, however slow the machine is.
func holdWaits(env *bookingtest.Env) {
	env.Exec(`update sign_in_failure set blocked_until = greatest(blocked_until, clock_timestamp()) + interval '30 minutes'
		where blocked_until > to_timestamp(0)`)
}

// waitsWithin is how many waits of 1, 2, 4 … seconds may have ended within the time.
func waitsWithin(took time.Duration) int { return int(math.Log2(took.Seconds() + 1)) }

func TestTriesThatArriveAtOnceAreCountedExactly(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(i int) string{
		"from one address":     func(int) string { return "192.0.2.1" },
		"from many addresses":  func(i int) string { return fmt.Sprintf("192.0.2.%d", i) },
		"in a burst each time": func(i int) string { return fmt.Sprintf("192.0.2.%d", i%7) },
	} {
		for _, exists := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", account exists: ", exists), func(t *testing.T) {
				t.Parallel()
				env := bookingtest.New(t)
				email := "nobody@example.test"
				if exists {
					email = env.Member("Anna Alt", 0).Email
				}
				at := nodes(t, env)
				burst := func(n, allowed int) {
					t.Helper()
					began := time.Now()
					answers := strangers(t, n, func(i int) error {
						_, err := at[i%2].SignIn(ctx, booking.SignInRequest{Email: email, Password: "geraten!", Address: address(i)})
						return err
					})
					if answers[booking.WrongPassword]+answers[booking.Throttled]+answers[booking.Busy] != n {
						t.Errorf("the answers are %v", answers)
					}
					allowed += waitsWithin(time.Since(began))
					if got := answers[booking.WrongPassword]; got > allowed {
						t.Errorf("%d of %d tries were evaluated, want %d at most", got, n, allowed)
					}
				}
				burst(150, 5)
				for range 3 { // each end of a wait lets one try pass
					before := env.Int(`select max(failures) from sign_in_failure`)
					waitOver(env)
					burst(20, max(1, 5-before))
				}
			})
		}
	}
}

func TestWrongCodesThatArriveAtOnceAreCountedExactlyAndHashNothing(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	at := nodes(t, env)
	free := env.TakeHashingSlots() // a hash would wait and then be refused as busy
	defer free()
	began := time.Now()
	answers := strangers(t, 100, func(i int) error {
		return at[i%2].AcceptInvitation(ctx, fmt.Sprintf("AAAA-BBBB-CCCC-%04d", i), chosen, "192.0.2.1")
	})
	wrong := answers[booking.WrongCode]
	if wrong < 5 || wrong > 5+waitsWithin(time.Since(began)) || wrong+answers[booking.Throttled] != 100 {
		t.Errorf("the answers are %v, want 5 wrong codes", answers)
	}
}

// The account's wait ends after a minute for everybody, but within a day strangers get no
// more than a hundred tries.
func TestAnAccountIsTriedAHundredTimesADayAtMost(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	from := func(i int) booking.SignInRequest {
		return booking.SignInRequest{Email: anna.Email, Password: "geraten!", Address: fmt.Sprintf("192.0.2.%d", i)}
	}
	for i := range 100 {
		if _, err := env.SignIn(ctx, from(i)); booking.CodeOf(err) != booking.WrongPassword {
			t.Fatalf("try %d is answered %v", i, err)
		}
		if longest := env.Int(`select max(extract(epoch from blocked_until - clock_timestamp()))::int from sign_in_failure
			where day_tries < 100`); longest > 60 {
			t.Fatalf("after %d tries an account waits for %d seconds", i, longest)
		}
		waitOver(env)
		if i%10 == 9 { // an hour without tries ends the waiting, but not the day
			env.Exec(`update sign_in_failure set at = at - interval '61 minutes'`)
		}
	}
	r := from(1000)
	_, err := env.SignIn(ctx, r)
	if e := wantCode(t, err, booking.Throttled); e.Args["seconds"].(int) < 3600 {
		t.Errorf("after a hundred tries the refusal says %v", e.Args)
	}
	env.Exec(`update sign_in_failure set day_began = day_began - interval '1 day', blocked_until = blocked_until - interval '1 day'`)
	r.Password = bookingtest.Password
	if _, err := env.SignIn(ctx, r); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// A stranger who asks again at the end of each wait meets waits that grow to a minute, those of
// the account only to twenty seconds. In between, the person comes in from another address.
func TestAStrangerAtOneAddressKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	for range 12 {
		_, err := env.SignIn(ctx, booking.SignInRequest{Email: anna.Email, Password: "geraten!", Address: "203.0.113.9"})
		wantCode(t, err, booking.WrongPassword)
		env.Exec(`update sign_in_failure set blocked_until = blocked_until - interval '20 seconds'`) // what the account waits at most
		if env.Int(`with held as (
			update sign_in_failure set blocked_until = blocked_until + interval '1 hour'
			where blocked_until > clock_timestamp() returning 1)
			select count(*) from held`) > 0 {
			break
		}
	}
	_, err := env.SignIn(ctx, booking.SignInRequest{Email: anna.Email, Password: "geraten!", Address: "203.0.113.9"})
	wantCode(t, err, booking.Throttled)
	_, err = env.SignIn(ctx, booking.SignInRequest{Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.7"})
	if err != nil {
		t.Errorf("the person from another address: %v", err)
	}
}

// Tries of strangers, on an account or from an address, do not slow down a device that the person has used.
func TestAKnownDevicePassesTheWaitsOfStrangers(t *testing.T) {
	t.Parallel()
	const wifi = "192.0.2.1"
	attack := map[string]func(env *bookingtest.Env, victim booking.Actor){
		"an account under attack": func(env *bookingtest.Env, victim booking.Actor) {
			for i := range 100 {
				_, _ = env.SignIn(ctx, booking.SignInRequest{
					Email: victim.Email, Password: "geraten!", Address: fmt.Sprintf("203.0.113.%d", i),
				})
				waitOver(env)
			}
		},
		"invented addresses from the same Wi-Fi": func(env *bookingtest.Env, _ booking.Actor) {
			for i := range 120 {
				_, _ = env.SignIn(ctx, booking.SignInRequest{
					Email: fmt.Sprintf("n%d@example.test", i), Password: "geraten!", Address: wifi,
				})
			}
		},
	}
	for name, strike := range attack {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			desk := env.Staff(booking.RoleFrontDesk, "Tina Tresen")
			at := nodes(t, env)
			request := booking.SignInRequest{Email: desk.Email, Password: bookingtest.Password, Address: wifi}
			first, err := env.SignIn(ctx, request)
			if err != nil {
				t.Fatal(err)
			}
			strike(env, desk)
			holdWaits(env)
			_, err = env.SignIn(ctx, request)
			wantCode(t, err, booking.Throttled)
			request.Known = first.Known
			if _, err := at[1].SignIn(ctx, request); err != nil { // all nodes know the device
				t.Errorf("from the known device: %v", err)
			}
			changed := len(first.Known) - 5 // the last character has bits that mean nothing
			request.Known = first.Known[:changed] + "A" + first.Known[changed+1:]
			if first.Known == request.Known {
				request.Known = first.Known[:changed] + "B" + first.Known[changed+1:]
			}
			_, err = env.SignIn(ctx, request)
			wantCode(t, err, booking.Throttled) // a forged mark

			// The mark of one person does not help with the account of another.
			other, err := env.SignIn(ctx, booking.SignInRequest{
				Email: env.Member("Otto Frech", 0).Email, Password: bookingtest.Password, Address: "198.51.100.1",
			})
			if err != nil {
				t.Fatal(err)
			}
			request.Known = other.Known
			_, err = env.SignIn(ctx, request)
			wantCode(t, err, booking.Throttled)
		})
	}
}

// Some wrong sign-ins of others at an address do not keep out a person who is new there.
func TestInventedAddressesDoNotShutTheWiFi(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	for i := range 50 {
		_, err := signIn(env, fmt.Sprintf("n%d@example.test", i), "geraten!")
		wantCode(t, err, booking.WrongPassword)
	}
	if _, err := signIn(env, anna.Email, bookingtest.Password); err != nil {
		t.Errorf("a person at the same address: %v", err)
	}
	for i := range 60 {
		_, _ = signIn(env, fmt.Sprintf("m%d@example.test", i), "geraten!")
	}
	holdWaits(env)
	_, err := signIn(env, "another@example.test", "geraten!")
	wantCode(t, err, booking.Throttled) // S45: spraying is slowed down
}

func TestAKnownDeviceIsCountedToo(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	in, err := signIn(env, anna.Email, bookingtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	request := booking.SignInRequest{Email: anna.Email, Password: "vertippt!", Address: "192.0.2.1", Known: in.Known}
	for range 5 {
		_, err := env.SignIn(ctx, request)
		wantCode(t, err, booking.WrongPassword)
	}
	holdWaits(env)
	request.Password = bookingtest.Password
	_, err = env.SignIn(ctx, request)
	wantCode(t, err, booking.Throttled)
	waitOver(env)
	if _, err := env.SignIn(ctx, request); err != nil {
		t.Fatal(err)
	}
	if _, err := env.SignIn(ctx, request); err != nil { // a right password ends the waiting
		t.Fatal(err)
	}
}

// One computer at the desk is known to several people.
func TestADeviceIsKnownToSeveralPeople(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	known, team := "", []booking.Actor{
		env.Owner, env.Staff(booking.RoleFrontDesk, "Tina Tresen"), env.Staff(booking.RoleManager, "Mara Leitung"),
	}
	for _, a := range team {
		in, err := env.SignIn(ctx, booking.SignInRequest{
			Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1", Known: known,
		})
		if err != nil {
			t.Fatal(err)
		}
		known = in.Known
		if env.KnownTo(known) != a.ID {
			t.Errorf("the device is known to %d first, want %d", env.KnownTo(known), a.ID)
		}
	}
	env.Exec(`insert into sign_in_failure (subject, failures, blocked_until, at)
		select subject, 9, clock_timestamp() + interval '1 day', clock_timestamp() from sign_in_failure
		on conflict (subject) do update set blocked_until = excluded.blocked_until`)
	for _, a := range team {
		if _, err := env.SignIn(ctx, booking.SignInRequest{
			Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1", Known: known,
		}); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	if n := strings.Count(known, "."); n != 2 {
		t.Errorf("the cookie holds %d marks", n+1)
	}
}

func TestThePersonIsToldOfTheTriesOfStrangers(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 0), env.Member("Ben Neu", 0)
	guess := func(a booking.Actor, n int) {
		for i := range n {
			_, err := env.SignIn(ctx, booking.SignInRequest{
				Email: a.Email, Password: "geraten!", Address: fmt.Sprintf("203.0.113.%d", i),
			})
			wantCode(t, err, booking.WrongPassword)
			waitOver(env)
		}
	}
	told := func(a booking.Actor) (list []int) {
		t.Helper()
		alerts, err := env.Alerts(ctx, a, booking.AlertsMax)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range alerts {
			if one.Kind == booking.AlertSignInFailed && time.Since(one.Since) < time.Hour {
				list = append(list, one.Tries)
			}
		}
		return list
	}
	guess(anna, 40)
	guess(ben, 2) // too few: probably Ben's own
	for _, a := range []booking.Actor{anna, ben} {
		_, err := env.SignIn(ctx, booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := told(anna); len(got) != 1 || got[0] != 40 {
		t.Errorf("Anna is told of %v, want 40 tries", got)
	}
	if got := told(ben); len(got) != 0 {
		t.Errorf("Ben is told of %v", got)
	}
	// A person who is signed in is told, too: by the sweep, in the same alert.
	guess(anna, 5)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if got := told(anna); len(got) != 1 || got[0] != 40 {
		t.Errorf("while the tries go on, Anna is told of %v", got)
	}
	env.Exec(`update sign_in_failure set at = at - interval '11 minutes'`)
	env.Changes()
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if got := told(anna); len(got) != 1 || got[0] != 45 {
		t.Errorf("Anna is told of %v, want 45 tries in one alert", got)
	}
	if changes := env.Changes(); len(changes) != 1 || changes[0].ID != anna.ID {
		t.Errorf("her pages hear of %v", changes)
	}
}

// The rows of failed sign-ins name nobody. They are deleted after a day, and by an erasure.
func TestFailedSignInsLeaveNoNames(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	for _, email := range []string{anna.Email, "mein-geheimes-passwort", "ben@example.test"} {
		_, err := env.SignIn(ctx, booking.SignInRequest{Email: email, Password: "geraten!", Address: "203.0.113.77"})
		wantCode(t, err, booking.WrongPassword)
	}
	wantCode(t, env.AcceptInvitation(ctx, "AAAA-BBBB-CCCC-DDDD", chosen, "203.0.113.77"), booking.WrongCode)
	if n := env.Int(`
		select count(*) from sign_in_failure f where f::text ~* 'example|geheim|203.0.113|AAAA' or length(subject) <> 64`); n != 0 {
		t.Errorf("%d rows can be read", n)
	}
	if env.Int(`select count(*) from sign_in_failure where person_id = $1`, anna.ID) == 0 {
		t.Error("the tries on an account do not name it")
	}
	if _, err := env.Erase(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from sign_in_failure where person_id = $1`, anna.ID); n != 0 {
		t.Errorf("%d rows are left of an erased person", n)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if env.Int(`select count(*) from sign_in_failure`) == 0 {
		t.Error("the sweep deletes tries of today")
	}
	env.Exec(`insert into sign_in_failure (subject, failures, blocked_until, at) values ('email old@example.test', 1, now(), now())`)
	env.Exec(`update sign_in_failure set at = at - interval '25 hours'`)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := env.Int(`select count(*) from sign_in_failure`); n != 0 {
		t.Errorf("%d rows are older than a day", n)
	}
}

func TestTheSweepDeletesWhatGivesNoAccessAnyMore(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben, carl := env.Member("Anna Alt", 0), env.Member("Ben Neu", 0), env.Member("Carl Idle", 0)
	for _, a := range []booking.Actor{anna, ben, carl} {
		if _, err := signIn(env, a.Email, bookingtest.Password); err != nil {
			t.Fatal(err)
		}
		if _, err := env.Invite(ctx, env.Owner, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	env.Exec(`update session set expires_at = clock_timestamp() where person_id = $1`, anna.ID)
	env.Exec(`update session set used_at = used_at - interval '14 days' where person_id = $1`, carl.ID)
	env.Exec(`update invitation set expires_at = clock_timestamp() where person_id in ($1, $2)`, anna.ID, carl.ID)
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"session", "invitation"} {
		if n := env.Int(`select count(*) from `+table+` where person_id = $1`, ben.ID); n != 1 {
			t.Errorf("%d rows of %s are left of Ben, want 1", n, table)
		}
		if n := env.Int(`select count(*) from ` + table); n != 1 {
			t.Errorf("%d rows of %s are left, want 1", n, table)
		}
	}
}

// Requests that wait for a slot take turns by neighbourhood, so that a flood from one does not
// keep others waiting.
func TestPasswordSlotsGoByTurns(t *testing.T) {
	t.Parallel()
	q := booking.NewPasswordQueue()
	leave := []func(){q.Enter(t, "a", "1"), q.Enter(t, "b", "2")} // all slots
	var order []string
	var mu sync.Mutex
	var all sync.WaitGroup
	wait := func(neighbourhood, account string, waiting int) {
		all.Go(func() {
			free := q.Enter(t, neighbourhood, account)
			mu.Lock()
			order = append(order, neighbourhood)
			mu.Unlock()
			free()
		})
		q.AwaitWaiting(waiting)
	}
	wait("flood", "3", 1)
	wait("flood", "4", 2)
	wait("other", "5", 3)
	if q.TryEnter("flood", "9") {
		t.Error("a third request of a neighbourhood waits")
	}
	if !q.TryEnter("another", "3") {
		t.Error("a second request of an account is refused")
	}
	leave[0]()
	all.Wait()
	leave[1]()
	if got := strings.Join(order, " "); got != "flood other flood" {
		t.Errorf("the turns are %q", got)
	}
}

// An account and a neighbourhood have one slot at most, however many slots are free.
func TestOneAccountTakesOneSlot(t *testing.T) {
	t.Parallel()
	for name, second := range map[string][2]string{"account": {"b", "1"}, "neighbourhood": {"a", "2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := booking.NewPasswordQueue()
			free := q.Enter(t, "a", "1")
			entered := make(chan struct{})
			var all sync.WaitGroup
			all.Go(func() {
				leave := q.Enter(t, second[0], second[1])
				close(entered)
				leave()
			})
			q.AwaitWaiting(1)
			q.Enter(t, "c", "3")() // another one passes
			select {
			case <-entered:
				t.Error("a second slot was given")
			default:
			}
			free()
			all.Wait()
		})
	}
}
