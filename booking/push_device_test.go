package booking_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// aSubscription is what a browser sends whose endpoint ends in name.
func aSubscription(name string) booking.PushSubscription {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return booking.PushSubscription{
		Endpoint: "https://push.example.com/" + name, P256dh: key.PublicKey().Bytes(), Auth: make([]byte, 16),
		Name: "Firefox", Language: "de",
	}
}

// openSession opens a session and returns its token and its id.
func openSession(t *testing.T, env *bookingtest.Env, a booking.Actor) (token, session string) {
	t.Helper()
	in, err := env.SignIn(ctx, booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, session, err = env.Session(ctx, in.Token)
	if err != nil {
		t.Fatal(err)
	}
	return in.Token, session
}

func subscribe(t *testing.T, env *bookingtest.Env, a booking.Actor, session, name string) int64 {
	t.Helper()
	id, err := env.SubscribeDevice(ctx, a, session, aSubscription(name))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func devicesOf(t *testing.T, env *bookingtest.Env, a booking.Actor) []booking.OwnDevice {
	t.Helper()
	list, err := env.PushDevices(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAllNodesHaveOneKeyForPushServices(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`update studio set push_key = ''`)
	keys := make([][]byte, 4)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			e, err := booking.Open(ctx, booking.Options{Pool: env.Pool})
			if err != nil {
				t.Error(err)
				return
			}
			defer e.Close()
			keys[i] = e.PushKey().Bytes()
		})
	}
	group.Wait()
	for _, key := range keys[1:] {
		if !bytes.Equal(key, keys[0]) {
			t.Error("two nodes that started at the same time have different keys")
		}
	}
}

func TestAPushDeviceNeedsAnEndpointAndKeysThatCanWork(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	_, session := openSession(t, env, anna)
	for name, c := range map[string]struct {
		edit func(*booking.PushSubscription)
		ok   bool
	}{
		"as browsers send it":  {func(*booking.PushSubscription) {}, true},
		"the port of https":    {func(s *booking.PushSubscription) { s.Endpoint = "https://push.example.com:443/a" }, true},
		"plain http":           {func(s *booking.PushSubscription) { s.Endpoint = "http://push.example.com/a" }, false},
		"another port":         {func(s *booking.PushSubscription) { s.Endpoint = "https://push.example.com:8443/a" }, false},
		"a password":           {func(s *booking.PushSubscription) { s.Endpoint = "https://a:b@push.example.com/a" }, false},
		"no host":              {func(s *booking.PushSubscription) { s.Endpoint = "https:///a" }, false},
		"a file":               {func(s *booking.PushSubscription) { s.Endpoint = "file:///etc/passwd" }, false},
		"the longest endpoint": {func(s *booking.PushSubscription) { s.Endpoint += strings.Repeat("x", 2048-len(s.Endpoint)) }, true},
		"too long":             {func(s *booking.PushSubscription) { s.Endpoint += strings.Repeat("x", 2049-len(s.Endpoint)) }, false},
		"a key off the curve":  {func(s *booking.PushSubscription) { s.P256dh[40] ^= 1 }, false},
		"a short key":          {func(s *booking.PushSubscription) { s.P256dh = s.P256dh[:64] }, false},
		"no key":               {func(s *booking.PushSubscription) { s.P256dh = nil }, false},
		"a short secret":       {func(s *booking.PushSubscription) { s.Auth = s.Auth[:15] }, false},
		"another language":     {func(s *booking.PushSubscription) { s.Language = "fr" }, false},
	} {
		s := aSubscription(fmt.Sprint(len(name), "-", strings.ReplaceAll(name, " ", "")))
		c.edit(&s)
		_, err := env.SubscribeDevice(ctx, anna, session, s)
		if c.ok && err != nil || !c.ok && booking.CodeOf(err) != booking.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPushServiceOfATestMayBeInANamedNetwork(t *testing.T) {
	t.Parallel()
	env := bookingtest.NewWith(t, booking.Options{PushTo: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	anna := env.Member("Anna Alt", 0)
	_, session := openSession(t, env, anna)
	for endpoint, ok := range map[string]bool{
		"http://127.0.0.1:8081/a": true, "http://127.0.0.2:8081/a": false,
		"http://push.example.com/a": false,
	} {
		s := aSubscription("a")
		s.Endpoint = endpoint
		if _, err := env.SubscribeDevice(ctx, anna, session, s); (err == nil) != ok {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestAnEndpointMovesToThePersonWhoPostsItAndShowsNothingOfTheFormer(t *testing.T) {
	t.Parallel()
	env, anna := removed(t)
	_, session := openSession(t, env, anna)
	device := subscribe(t, env, anna, session, "shared")
	var j jobs
	relayAll(t, env.Engine, &j) // a mail and a push that wait

	ben := env.Member("Ben Berg", 0)
	_, his := openSession(t, env, ben)
	if id := subscribe(t, env, ben, his, "shared"); id == device {
		t.Error("the device kept its id, so waiting messages of the former person would reach it")
	}
	if list := devicesOf(t, env, anna); len(list) != 0 {
		t.Errorf("Anna still has %+v", list)
	}
	for _, d := range j.list {
		if d.Channel != booking.ChannelPush {
			continue
		}
		if got, _, err := env.StartDelivery(ctx, d.ID); err == nil {
			t.Errorf("a message for Anna is sent to %+v", got.Device)
		}
	}
	if n := env.Int(`select count(*) from delivery where channel = 'push' and state = 'cancelled' and why = $1`, booking.WhyGone); n != 1 {
		t.Errorf("%d messages are cancelled, want the one to Anna", n)
	}
}

func TestPostingAnEndpointAgainUpdatesItsKeysAndThatItWasSeen(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	_, session := openSession(t, env, anna)
	device := subscribe(t, env, anna, session, "a")
	env.Exec(`update push_device set seen_at = seen_at - interval '80 days'`)
	again := aSubscription("a")
	id, err := env.SubscribeDevice(ctx, anna, session, again)
	if err != nil || id != device {
		t.Fatalf("the device is %d, %v; want %d", id, err, device)
	}
	seen := env.Int(`select count(*) from push_device where p256dh = $1 and seen_at > clock_timestamp() - interval '1 day'`, again.P256dh)
	if seen != 1 {
		t.Error("the new keys were not kept, or the device was not seen")
	}
}

// Browsers replace their subscription without notice. Messages that wait for the device still reach it.
func TestANewEndpointOfASessionReplacesTheFormerOne(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	_, session := openSession(t, env, anna)
	device := subscribe(t, env, anna, session, "a")
	if id := subscribe(t, env, anna, session, "b"); id != device || len(devicesOf(t, env, anna)) != 1 {
		t.Errorf("the device is %d of %+v, want %d", id, devicesOf(t, env, anna), device)
	}
	_, later := openSession(t, env, anna)
	if id := subscribe(t, env, anna, later, "b"); id != device || devicesOf(t, env, anna)[0].Session != later {
		t.Errorf("after signing in again the device is %d of %+v, want %d", id, devicesOf(t, env, anna), device)
	}
}

func TestTwoTabsOfABrowserMakeOneDevice(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	_, session := openSession(t, env, anna)
	s := aSubscription("a")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := env.SubscribeDevice(ctx, anna, session, s); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if list := devicesOf(t, env, anna); len(list) != 1 {
		t.Errorf("%d devices, want 1", len(list))
	}
}

func TestAPersonHasTenDevicesAtMost(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 0)
	var oldest int64
	for i := range booking.PushDevicesMax + 1 {
		_, session := openSession(t, env, anna)
		if id := subscribe(t, env, anna, session, fmt.Sprint(i)); i == 0 {
			oldest = id
		}
	}
	list := devicesOf(t, env, anna)
	if len(list) != booking.PushDevicesMax {
		t.Errorf("%d devices, want %d", len(list), booking.PushDevicesMax)
	}
	for _, d := range list {
		if d.ID == oldest {
			t.Error("the device that was unseen for longest is still there")
		}
	}
}

func TestADeviceEndsWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*bookingtest.Env, booking.Actor, string) error{
		"signing out": func(env *bookingtest.Env, _ booking.Actor, token string) error { return env.SignOut(ctx, token) },
		"signing out elsewhere": func(env *bookingtest.Env, a booking.Actor, _ string) error {
			_, err := env.EndSession(ctx, a, "", "", "")
			return err
		},
		"suspension": func(env *bookingtest.Env, a booking.Actor, _ string) error {
			_, err := env.Suspend(ctx, env.Owner, a.ID)
			return err
		},
		"erasure": func(env *bookingtest.Env, a booking.Actor, _ string) error {
			_, err := env.Erase(ctx, env.Owner, a.ID)
			return err
		},
		"an idle session": func(env *bookingtest.Env, _ booking.Actor, _ string) error {
			env.Exec(`update session set used_at = used_at - interval '15 days'`)
			return env.Sweep(ctx)
		},
		"ninety days unseen": func(env *bookingtest.Env, _ booking.Actor, _ string) error {
			env.Exec(`update push_device set seen_at = seen_at - interval '91 days'`)
			return env.Sweep(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			anna := env.Member("Anna Alt", 0)
			token, session := openSession(t, env, anna)
			subscribe(t, env, anna, session, "a")
			if err := end(env, anna, token); err != nil {
				t.Fatal(err)
			}
			if n := env.Int(`select count(*) from push_device`); n != 0 {
				t.Error("the device is still there")
			}
			if _, err := env.SubscribeDevice(ctx, anna, session, aSubscription("b")); name != "ninety days unseen" &&
				booking.CodeOf(err) != booking.SignedOut {
				t.Errorf("an ended session subscribes a device: %v", err)
			}
		})
	}
}

func TestADeviceIsRemovedAndTestedByItsPersonOnly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 0), env.Member("Ben Berg", 0)
	_, session := openSession(t, env, anna)
	device := subscribe(t, env, anna, session, "a")
	if err := env.RemoveDevice(ctx, ben, device); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("Ben removes Anna's device: %v", err)
	}
	if _, err := env.TestDevice(ctx, ben, device); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("Ben tests Anna's device: %v", err)
	}
	id, err := env.TestDevice(ctx, anna, device)
	if err != nil {
		t.Fatal(err)
	}
	var j jobs
	relayAll(t, env.Engine, &j)
	if len(j.list) != 1 || j.list[0].ID != id || j.list[0].Channel != booking.ChannelPush {
		t.Fatalf("the relay queued %+v, want the test", j.list)
	}
	d, hold, err := env.StartDelivery(ctx, id)
	if err != nil || !hold.IsZero() || d.PushUrgency() != booking.UrgencyHigh {
		t.Fatalf("the test is %+v, held until %s, %v", d, hold, err)
	}
	if err := env.EndDelivery(ctx, id, booking.DeliverySent, ""); err != nil {
		t.Fatal(err)
	}
	if state, _, err := env.AwaitDelivery(ctx, id); err != nil || state != booking.DeliverySent {
		t.Errorf("the test is %s, %v", state, err)
	}
	if list := devicesOf(t, env, anna); len(list) != 1 || list[0].State != booking.DeliverySent || list[0].Session != session {
		t.Errorf("the list says %+v", list)
	}
	if err := env.RemoveDevice(ctx, anna, device); err != nil {
		t.Error(err)
	}
}
