package booking_test

import (
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A sign-in on a device without a mark is told while another device has one.
func TestASignInOnANewDeviceIsTold(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	told := func() int {
		return env.Int(`select count(*) from alert where kind = 'signed_in_new' and person_id = $1`, lena.ID)
	}
	in := func(device, known string) booking.SignedIn {
		t.Helper()
		s, err := env.SignIn(ctx, booking.SignInRequest{
			Email: lena.Email, Password: bookingtest.Password, Address: client, Device: device, Known: known,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := in("Firefox", "")
	if told() != 0 {
		t.Error("the first device is told")
	}
	again := in("Firefox", first.Known)
	if told() != 0 {
		t.Error("a known device is told")
	}
	second := in("Safari", "")
	list, err := env.Alerts(ctx, lena, 5)
	if err != nil || len(list) != 1 || list[0].Kind != booking.AlertSignedInNew || list[0].Device != "Safari" {
		t.Errorf("the alerts are %+v, %v", list, err)
	}
	in("Safari", second.Known)
	if told() != 1 {
		t.Errorf("told %d times, want once", told())
	}
	relayNotices(t, env)
	if to := mailsTo(t, env, booking.NoticeKind(booking.AlertSignedInNew)); to[lena.Email] != 1 {
		t.Errorf("the mails go to %v", to)
	}
	// All devices become strangers: the next sign-in has nothing to compare with.
	if err := env.ResetPassword(ctx, resetLink(t, env, lena), chosen, client); err != nil {
		t.Fatal(err)
	}
	s, err := env.SignIn(ctx, booking.SignInRequest{Email: lena.Email, Password: chosen, Address: client, Known: again.Known})
	if err != nil || told() != 1 {
		t.Errorf("told %d times after the reset, %v", told(), err)
	}
	// The device that ends other sessions stays known.
	_, id, err := env.Session(ctx, s.Token)
	if err != nil {
		t.Fatal(err)
	}
	known, err := env.EndSession(ctx, lena, id, "", s.Known)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mark string
		want int
	}{{known, 1}, {"", 2}} {
		_, err = env.SignIn(ctx, booking.SignInRequest{Email: lena.Email, Password: chosen, Address: client, Known: c.mark})
		if err != nil || told() != c.want {
			t.Errorf("told %d times with the mark %q, want %d, %v", told(), c.mark, c.want, err)
		}
	}
	env.Exec(`
		update person set device_marked_at = device_marked_at - interval '91 days', devices_since = devices_since - interval '91 days'`)
	if _, err = env.SignIn(ctx, booking.SignInRequest{Email: lena.Email, Password: chosen, Address: client}); err != nil || told() != 2 {
		t.Errorf("told %d times after the marks have ended, %v", told(), err)
	}
}
