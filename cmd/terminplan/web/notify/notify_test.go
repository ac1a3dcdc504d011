package notify

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/mail"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	gomail "github.com/wneessen/go-mail"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/notify/smtptest"
	"terminplan/templates"
)

// running is a notifier that runs beside an engine.
type running struct {
	*bookingtest.Env
	*Notifier
	events <-chan *river.Event
}

// start runs a notifier until the test ends.
func start(t *testing.T, change func(*Options)) *running {
	t.Helper()
	env := bookingtest.New(t)
	env.Exec(`update studio set night_rest = false`)
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Engine: env.Engine, Pool: env.Pool, Log: slog.New(slog.DiscardHandler), Templates: set,
		From: "Studio Nord <plan@studio.example>", PublicURL: "https://plan.studio.example",
	}
	change(&o)
	n, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	events, stop := n.queue.Subscribe(
		river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobSnoozed, river.EventKindJobCancelled,
	)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		stop()
	})
	return &running{env, n, events}
}

// mailTo lets a notifier send to a mail server of the test.
func mailTo(t *testing.T) (*smtptest.Server, func(*Options)) {
	t.Helper()
	server := aServer(t, smtptest.Options{})
	relay, err := ParseSMTP("smtp://" + server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	return server, func(o *Options) { o.Mail = relay }
}

// remove books a member into a class that begins soon, and lets the desk remove the member: such
// news do not wait.
func (r *running) remove(t *testing.T, name string) booking.Actor {
	t.Helper()
	member := r.Member(name, 5)
	class := r.Class(func(c *booking.ClassRequest) {
		c.StartsAt, c.EndsAt = time.Now().Add(2*time.Hour), time.Now().Add(3*time.Hour)
	})
	out, err := r.Book(t.Context(), member, booking.BookRequest{Key: uuid.NewString(), ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	reason := r.Int(`select id from reason where active and not needs_text and audience in ('staff', 'both') order by id limit 1`)
	_, err = r.Cancel(t.Context(), r.Owner, booking.CancelRequest{
		Key: uuid.NewString(), BookingID: out.BookingID, ReasonID: int64(reason), Path: booking.PathParticipants,
	})
	if err != nil {
		t.Fatal(err)
	}
	return member
}

// wait waits for the next event of this kind.
func (r *running) wait(t *testing.T, kind river.EventKind) {
	t.Helper()
	limit := time.After(bookingtest.Patience)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return
			}
		case <-limit:
			t.Fatalf("no event %q came", kind)
		}
	}
}

func TestAMemberWhomTheDeskRemovesGetsOneMail(t *testing.T) {
	t.Parallel()
	server, smtp := mailTo(t)
	r := start(t, smtp)
	anna := r.remove(t, "Anna Müller")
	r.wait(t, river.EventKindJobCompleted)
	ben := r.remove(t, "Ben Bunt") // whatever the first removal led to came before this one's mail
	r.wait(t, river.EventKindJobCompleted)
	mails := server.Mails()
	if len(mails) != 2 || mails[0].To != anna.Email || mails[1].To != ben.Email {
		t.Fatalf("the mails %v arrived, want one for each person", mails)
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(mails[0].Raw))
	if err != nil || parsed.Header.Get("Message-ID") == "" || parsed.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("the header is %v (%v)", parsed.Header, err)
	}
	if n := r.Int(`select count(*) from delivery where state = 'sent'`); n != 2 {
		t.Errorf("%d deliveries count as sent", n)
	}
}

func TestAMailServerThatIsBusyIsAskedAgain(t *testing.T) {
	t.Parallel()
	server, smtp := mailTo(t)
	server.Judge(func(step smtptest.Step, _ string) smtptest.Verdict {
		if step == smtptest.From {
			return smtptest.Verdict{Code: 421}
		}
		return smtptest.Verdict{}
	})
	r := start(t, smtp)
	r.remove(t, "Anna Alt")
	r.wait(t, river.EventKindJobFailed)
	health, err := r.ChannelHealth(t.Context())
	if err != nil || health[0].FailingSince.IsZero() || health[0].Waiting != 1 {
		t.Errorf("the state of mail is %+v (%v)", health[0], err)
	}
	server.Judge(nil)
	r.Exec(`update river.river_job set scheduled_at = now() where state = 'retryable'`)
	r.wait(t, river.EventKindJobCompleted)
	if health, err = r.ChannelHealth(t.Context()); err != nil || !health[0].FailingSince.IsZero() || health[0].Waiting != 0 {
		t.Errorf("the state of mail is %+v (%v)", health[0], err)
	}
	if n := len(server.Mails()); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestAnAddressThatDoesNotExistGetsNothingMore(t *testing.T) {
	t.Parallel()
	server, smtp := mailTo(t)
	server.Judge(func(step smtptest.Step, _ string) smtptest.Verdict {
		if step == smtptest.To {
			return smtptest.Verdict{Code: 550}
		}
		return smtptest.Verdict{}
	})
	r := start(t, smtp)
	r.remove(t, "Anna Alt")
	r.wait(t, river.EventKindJobCompleted)
	if n := r.Int(`select count(*) from delivery d join person p on p.id = d.person_id
		where d.state = 'failed' and d.why = 'undeliverable' and p.email_failed_at is not null`); n != 1 {
		t.Errorf("%d deliveries failed for good, want one", n)
	}
}

func TestWithoutAMailServerMessagesWait(t *testing.T) {
	t.Parallel()
	r := start(t, func(*Options) {})
	r.remove(t, "Anna Alt")
	r.wait(t, river.EventKindJobSnoozed)
	health, err := r.ChannelHealth(t.Context())
	if err != nil || health[0].Waiting != 1 || !health[0].FailingSince.IsZero() {
		t.Errorf("the state of mail is %+v (%v)", health[0], err)
	}
}

// lostOnce is a mail server that takes the first mail while the program does not learn it.
type lostOnce struct {
	*SMTP
	lost bool
}

func (l *lostOnce) Put(ctx context.Context, d booking.Delivery, m *gomail.Msg) error {
	err := l.SMTP.Put(ctx, d, m)
	if err == nil && !l.lost {
		l.lost = true
		return errors.New("the node has died")
	}
	return err
}

func TestAMailWhoseAcceptanceGotLostComesAgainWithTheSameID(t *testing.T) {
	t.Parallel()
	server, smtp := mailTo(t)
	r := start(t, func(o *Options) {
		smtp(o)
		o.Mail = &lostOnce{SMTP: o.Mail.(*SMTP)}
	})
	r.remove(t, "Anna Alt")
	r.wait(t, river.EventKindJobFailed)
	r.Exec(`update river.river_job set scheduled_at = now() where state = 'retryable'`)
	r.wait(t, river.EventKindJobCompleted)
	ids := map[string]bool{}
	for _, m := range server.Mails() {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatal(err)
		}
		ids[parsed.Header.Get("Message-ID")] = true
	}
	if len(server.Mails()) != 2 || len(ids) != 1 {
		t.Errorf("%d mails arrived with the IDs %v", len(server.Mails()), ids)
	}
}
