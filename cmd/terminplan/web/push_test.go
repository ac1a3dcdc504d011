package web

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
)

// subscription returns the fields that a browser posts.
func subscription(t *testing.T, name string) []string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return []string{
		"endpoint", "https://push.example.com/" + name, "p256dh", encode(key.PublicKey().Bytes()), "auth", encode(make([]byte, 16)),
	}
}

type pushList struct {
	On      bool
	Key     string
	Devices []pushDeviceJSON
}

func (a ask) devices(t *testing.T) (list pushList) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.json().get("/push/devices").wants(http.StatusOK).body), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestABrowserIsAddedListedAndRemovedAsAPushDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.pushOn = true
	anna, ben := s.Member("Anna Alt", 0), s.Member("Ben Berg", 0)
	firefox := s.as(anna).with("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	firefox.json().post("/push/devices", subscription(t, "a")...).wants(http.StatusCreated)
	list := s.as(anna).devices(t)
	if key, err := base64.RawURLEncoding.DecodeString(list.Key); !list.On || err != nil || len(key) != 65 ||
		len(list.Devices) != 1 || !list.Devices[0].Current {
		t.Fatalf("the list is %+v, %v", list, err)
	}
	device := path("/push/devices/%d", list.Devices[0].ID)
	firefox.get("/profile").wants(http.StatusOK).shows("Firefox auf Linux").shows(device + "/test").shows(device + "/ending")
	s.as(ben).json().post(device + "/ending").wants(http.StatusNotFound)
	s.as(ben).json().post(device + "/test").wants(http.StatusNotFound)
	firefox.post(device + "/ending").leadsTo("/profile#devices")
	if list = s.as(anna).devices(t); len(list.Devices) != 0 {
		t.Errorf("the device is still there: %+v", list)
	}
}

func TestABrowserShowsMessagesOfThePersonWhoUsesItOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Alt", 0), s.Member("Ben Berg", 0)
	browser := subscription(t, "shared")
	s.as(anna).json().post("/push/devices", browser...).wants(http.StatusCreated)
	s.as(ben).json().post("/push/devices", browser...).wants(http.StatusCreated)
	if a, b := s.as(anna).devices(t), s.as(ben).devices(t); len(a.Devices) != 0 || len(b.Devices) != 1 {
		t.Errorf("Anna has %+v, Ben has %+v", a.Devices, b.Devices)
	}
	s.as(ben).post("/logout")
	if n := s.Int(`select count(*) from push_device`); n != 0 {
		t.Error("the device stays after signing out")
	}
}

func TestAWrongSubscriptionIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.as(s.Member("Anna Alt", 0)).json()
	for field, value := range map[string]string{
		"endpoint": "http://127.0.0.1:6379/", "p256dh": "AAAA", "auth": "not base64url at all!",
	} {
		fields := subscription(t, "a")
		for i := 0; i < len(fields); i += 2 {
			if fields[i] == field {
				fields[i+1] = value
			}
		}
		anna.post("/push/devices", fields...).wants(http.StatusUnprocessableEntity).shows(`"field":"` + field + `"`)
	}
	anna.post("/push/devices").wants(http.StatusUnprocessableEntity)
}

func TestATestMessageSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for _, state := range []booking.DeliveryState{booking.DeliverySent, booking.DeliveryFailed} {
		s := newSite(t)
		s.server.pushOn = true
		anna := s.Member("Anna Alt", 0)
		s.as(anna).json().post("/push/devices", subscription(t, "a")...).wants(http.StatusCreated)
		device := s.as(anna).devices(t).Devices[0].ID
		ended := make(chan error, 1)
		go func() { // as a worker does
			ended <- func() error {
				for {
					<-s.Noticed()
					done := false
					_, err := s.Relay(context.Background(), func(ctx context.Context, _ pgx.Tx, list []booking.QueuedDelivery) error {
						done = len(list) > 0
						return nil
					})
					if err != nil || done {
						return err
					}
				}
			}()
		}()
		sent := make(chan reply, 1)
		go func() { sent <- s.as(anna).json().post(path("/push/devices/%d/test", device)) }()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if err := s.EndDelivery(t.Context(), int64(s.Int(`select id from delivery where kind = 'test'`)), state, ""); err != nil {
			t.Fatal(err)
		}
		if r := <-sent; r.status != http.StatusOK || !strings.Contains(r.body, `"state":"`+string(state)+`"`) {
			t.Errorf("%s: the answer is %d %s", state, r.status, r.body)
		}
	}
}

func TestTheWorkerIsServedForTheWholeSiteAndNeverKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.as(booking.Actor{}).get("/sw.js").wants(http.StatusOK).shows("showNotification")
	r.shows("/static/icon-192.").hides("/static/icon-192.png")
	if got := r.header.Get("Cache-Control"); got != "no-cache" || r.header.Get("Service-Worker-Allowed") != "/" {
		t.Errorf("the worker has Cache-Control %q and Service-Worker-Allowed %q", got, r.header.Get("Service-Worker-Allowed"))
	}
}
