package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/templates"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }

// pushing is a studio with a member whose browser shows messages.
type pushing struct {
	*bookingtest.Env
	n       *Notifier
	service *pushService
	anna    booking.Actor
	device  int64
	class   int64
	queued  []booking.QueuedDelivery
}

func newPushing(t *testing.T, respond func(http.ResponseWriter)) *pushing {
	t.Helper()
	p := &pushing{Env: bookingtest.New(t)}
	p.Exec(`update studio set night_rest = false`)
	p.anna = p.Member("Anna Alt", 9)
	in, err := p.SignIn(t.Context(), booking.SignInRequest{Email: p.anna.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, session, err := p.Session(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	browser := newReceiver(t)
	p.device, err = p.SubscribeDevice(t.Context(), p.anna, session, booking.PushSubscription{
		Endpoint: "https://push.example.com/secret-of-the-browser", P256dh: browser.key.PublicKey().Bytes(), Auth: browser.auth,
		Language: "de",
	})
	if err != nil {
		t.Fatal(err)
	}
	p.service = newPushService(t, browser, p.PushKey().PublicKey(), respond)
	words, err := templates.New(templates.Options{Asset: func(name string) string { return "/static/" + name }})
	if err != nil {
		t.Fatal(err)
	}
	p.n, err = New(Options{
		Engine: p.Engine, Pool: p.Pool, Log: slog.New(slog.DiscardHandler), Templates: words, PublicURL: "https://plan.studio.example",
		PushClient: p.service.client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// offer gives the member an offer, and returns the delivery that tells of it.
func (p *pushing) offer(t *testing.T) (delivery int64) {
	t.Helper()
	p.class = p.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	ben := p.Member("Benjamin Geheim", 5)
	out, err := p.Book(t.Context(), ben, booking.BookRequest{Key: uuid.NewString(), ClassID: p.class})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []booking.Actor{p.anna, p.Member("Cora Geheim", 5)} {
		if _, err := p.JoinWaitlist(t.Context(), a, booking.JoinRequest{Key: uuid.NewString(), ClassID: p.class}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Cancel(t.Context(), ben, booking.CancelRequest{
		Key: uuid.NewString(), BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll,
	}); err != nil {
		t.Fatal(err)
	}
	p.relay(t)
	return int64(p.Int(`select id from delivery where channel = 'push' and kind = 'seat_offered' and person_id = $1`, p.anna.ID))
}

func (p *pushing) relay(t *testing.T) {
	t.Helper()
	for {
		n, err := p.Relay(t.Context(), func(_ context.Context, _ pgx.Tx, list []booking.QueuedDelivery) error {
			p.queued = append(p.queued, list...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (p *pushing) stateOf(t *testing.T, id int64) (state, why string) {
	t.Helper()
	if err := p.Pool.QueryRow(t.Context(), `select state, why from delivery where id = $1`, id).Scan(&state, &why); err != nil {
		t.Fatal(err)
	}
	return state, why
}

func TestAnOfferReachesTheDeviceAsTheStandardsSay(t *testing.T) {
	t.Parallel()
	p := newPushing(t, nil)
	id := p.offer(t)
	if err := p.n.deliver(t.Context(), id, false, p.n.sendPush); err != nil {
		t.Fatal(err)
	}
	if state, _ := p.stateOf(t, id); state != "sent" {
		t.Errorf("the delivery is %s", state)
	}
	list := p.service.messages()
	if len(list) != 1 {
		t.Fatalf("%d messages, want 1", len(list))
	}
	got := list[0]
	left := p.Int(`select extract(epoch from expires_at - clock_timestamp())::int from delivery where id = $1`, id)
	if got.urgency != "high" || got.ttl < left-1 || got.ttl > left+120 || got.claims["sub"] != "https://plan.studio.example" {
		t.Errorf("urgency %s, TTL %d with %d seconds left, from %v", got.urgency, got.ttl, left, got.claims["sub"])
	}
	m := got.payload.Notification
	if got.payload.WebPush != 8030 || m.Lang != "de" || m.Silent || m.AppBadge != "1" || m.Tag == "" ||
		m.Navigate != "https://plan.studio.example/classes/"+strconv.FormatInt(
			p.class,
			10,
		) || !strings.HasPrefix(m.Title, "Platz frei: ") ||
		!strings.HasPrefix(m.Body, "Für dich reserviert bis ") {
		t.Errorf("the message is %+v", got.payload)
	}
	if strings.Contains(m.Title+m.Body, "Geheim") {
		t.Errorf("the message names somebody else: %+v", m)
	}
}

func TestALostOfferIsReplacedWithoutSoundUnderTheSameTagAndTopic(t *testing.T) {
	t.Parallel()
	p := newPushing(t, nil)
	id := p.offer(t)
	if err := p.n.deliver(t.Context(), id, false, p.n.sendPush); err != nil {
		t.Fatal(err)
	}
	offer := int64(p.Int(`select offer_id from alert where person_id = $1 and kind = 'seat_offered'`, p.anna.ID))
	if _, err := p.DeclineOffer(t.Context(), p.anna, booking.DeclineRequest{Key: uuid.NewString(), OfferID: offer}); err != nil {
		t.Fatal(err)
	}
	p.relay(t)
	news := int64(p.Int(`select id from delivery where replaces = $1`, id))
	if err := p.n.deliver(t.Context(), news, false, p.n.sendPush); err != nil {
		t.Fatal(err)
	}
	list := p.service.messages()
	if len(list) != 2 {
		t.Fatalf("%d messages, want 2", len(list))
	}
	first, second := list[0], list[1]
	if m := second.payload.Notification; second.topic != first.topic || m.Tag != first.payload.Notification.Tag || !m.Silent ||
		m.Renotify ||
		m.Body != "Platz abgelehnt." ||
		m.AppBadge != "0" {
		t.Errorf("the offer %+v was replaced by %+v", first, second)
	}
}

func TestTheAnswerOfAPushServiceDecidesAboutAnotherTry(t *testing.T) {
	t.Parallel()
	answer := func(status int, retryAfter string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.Header().Set("Location", "https://elsewhere.example.com/")
			w.WriteHeader(status)
		}
	}
	for _, c := range []struct {
		name       string
		respond    func(http.ResponseWriter)
		state, why string
		snooze     time.Duration // 0: none
		again      bool          // another try, after the pause of the queue
		forgotten  bool          // the device is gone
	}{
		{name: "created", respond: answer(201, ""), state: "sent"},
		{name: "accepted", respond: answer(202, ""), state: "sent"},
		{name: "not found", respond: answer(404, ""), state: "cancelled", why: booking.WhyGone, forgotten: true},
		{name: "gone", respond: answer(410, ""), state: "cancelled", why: booking.WhyGone, forgotten: true},
		{name: "request timeout", respond: answer(408, ""), state: "sending", again: true},
		{name: "too many", respond: answer(429, ""), state: "sending", again: true},
		{name: "too many, later", respond: answer(429, "90"), state: "sending", snooze: 90 * time.Second},
		{name: "too many, after the end", respond: answer(429, "900000"), state: "expired"},
		{name: "broken", respond: answer(500, ""), state: "sending", again: true},
		{name: "busy, later", respond: answer(503, "5"), state: "sending", snooze: 5 * time.Second},
		{name: "malformed", respond: answer(400, ""), state: "failed", why: booking.WhyRefused},
		{name: "unauthorized", respond: answer(401, ""), state: "failed", why: booking.WhyRefused},
		{name: "forbidden", respond: answer(403, ""), state: "failed", why: booking.WhyRefused},
		{name: "too large", respond: answer(413, ""), state: "failed", why: booking.WhyRefused},
		{name: "moved", respond: answer(307, ""), state: "failed", why: booking.WhyRefused},
		{
			name: "no answer", state: "sending", again: true,
			respond: func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		},
		{name: "an endless answer", state: "failed", why: booking.WhyRefused, respond: func(w http.ResponseWriter) {
			w.WriteHeader(400)
			for range 1000 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPushing(t, c.respond)
			id := p.offer(t)
			err := p.n.deliver(t.Context(), id, false, p.n.sendPush)
			snooze := new(rivertype.JobSnoozeError)
			switch {
			case errors.As(err, &snooze):
				if c.snooze == 0 || snooze.Duration != c.snooze {
					t.Errorf("the job waits for %s, want %s", snooze.Duration, c.snooze)
				}
			case c.snooze > 0, c.again != (err != nil):
				t.Errorf("the job ends with %v", err)
			case err != nil && strings.Contains(err.Error(), "secret-of-the-browser"):
				t.Errorf("the log would contain the endpoint: %v", err)
			}
			if state, why := p.stateOf(t, id); state != c.state || why != c.why {
				t.Errorf("the delivery is %s (%s), want %s (%s)", state, why, c.state, c.why)
			}
			if n := p.Int(`select count(*) from push_device`); (n == 0) != c.forgotten {
				t.Errorf("%d devices are left", n)
			}
		})
	}
}

func TestTheLastTryEndsTheDelivery(t *testing.T) {
	t.Parallel()
	p := newPushing(t, func(w http.ResponseWriter) { w.WriteHeader(500) })
	id := p.offer(t)
	if err := p.n.deliver(t.Context(), id, true, p.n.sendPush); err != nil {
		t.Fatal(err)
	}
	if state, _ := p.stateOf(t, id); state != "failed" {
		t.Errorf("the delivery is %s", state)
	}
}

func TestATestMessageGoesThroughTheQueue(t *testing.T) {
	t.Parallel()
	p := newPushing(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.n.Run(ctx) }()
	id, err := p.TestDevice(t.Context(), p.anna, p.device)
	if err != nil {
		t.Fatal(err)
	}
	patient, cancel := context.WithTimeout(t.Context(), bookingtest.Patience)
	defer cancel()
	if state, why, err := p.AwaitDelivery(patient, id); err != nil || state != booking.DeliverySent {
		t.Errorf("the test is %s (%s), %v", state, why, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	list := p.service.messages()
	if len(list) != 1 || list[0].payload.Notification.Title != "Es klappt" || list[0].urgency != "high" {
		t.Errorf("the device got %+v", list)
	}
}

func TestPushServicesKnowTheOperatorByAnAddressOfTheInternet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, from, want string }{
		{"https://plan.studio.example", "", "https://plan.studio.example"},
		{"https://plan.studio.example", "plan@studio.example", "https://plan.studio.example"},
		{"http://plan.studio.example", "Studio Nord <plan@studio.example>", "mailto:plan@studio.example"},
		{"https://localhost", "", ""},
		{"https://192.0.2.7", "", ""},
		{"https://[::1]:8443", "plan@localhost", ""},
		{"http://127.0.0.1:8080", "", ""},
		{"http://127.0.0.1:8080", "plan@studio.example", "mailto:plan@studio.example"},
		{"", "plan@studio.example", ""},
		{"https://demo.localhost", "", ""},
	} {
		if got := PushSubject(c.url, c.from); got != c.want {
			t.Errorf("PushSubject(%q, %q) = %q, want %q", c.url, c.from, got, c.want)
		}
	}
}

func TestEveryTopicCanBeDecoded(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"", "alert-1", "together", strings.Repeat("x", 500)} {
		if topic := pushTopic(tag); !topicForm.MatchString(topic) || len(unbase64(t, topic)) != 24 {
			t.Errorf("the topic of %q is %q", tag, topic)
		}
	}
	if pushTopic("alert-1") == pushTopic("alert-2") {
		t.Error("two alerts have one topic")
	}
}
