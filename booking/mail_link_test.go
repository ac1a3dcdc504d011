package booking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

const client = "192.0.2.1"

// startMails starts the waiting mails of a kind, the oldest first, as the worker does.
func startMails(t *testing.T, env *bookingtest.Env, kind booking.NoticeKind) (list []booking.Delivery) {
	t.Helper()
	rows, _ := env.Pool.Query(ctx, `select id from delivery where kind = $1 and state = 'waiting' order by id`, kind)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		d, hold, err := env.StartDelivery(ctx, id)
		if err != nil || !hold.IsZero() {
			t.Fatalf("the mail %d is held until %v: %v", id, hold, err)
		}
		list = append(list, d)
	}
	return list
}

// startMail starts the only waiting mail of a kind.
func startMail(t *testing.T, env *bookingtest.Env, kind booking.NoticeKind) booking.Delivery {
	t.Helper()
	list := startMails(t, env, kind)
	if len(list) != 1 {
		t.Fatalf("%d mails of %s wait, want 1", len(list), kind)
	}
	return list[0]
}

func makeLink(t *testing.T, env *bookingtest.Env, d booking.Delivery) string {
	t.Helper()
	token, err := env.MailLink(ctx, d)
	if err != nil || token == "" {
		t.Fatalf("making a link: %q, %v", token, err)
	}
	return token
}

func askReset(t *testing.T, env *bookingtest.Env, email string) {
	t.Helper()
	if err := env.RequestReset(ctx, email, client); err != nil {
		t.Fatal(err)
	}
	env.AwaitResets()
}

// resetLink returns the link of the mail after a request.
func resetLink(t *testing.T, env *bookingtest.Env, a booking.Actor) string {
	t.Helper()
	askReset(t, env, a.Email)
	return makeLink(t, env, startMail(t, env, booking.NoticeReset))
}

func wantLinkGone(t *testing.T, env *bookingtest.Env, kind booking.NoticeKind, token string) {
	t.Helper()
	_, err := env.OpenLink(ctx, kind, token)
	wantCode(t, err, booking.LinkGone)
}

func TestALinkInAMailSetsThePasswordOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	session, id := signedIn(t, env, lena)
	in, err := env.Invite(ctx, env.Owner, lena.ID)
	if err != nil {
		t.Fatal(err)
	}
	proof := booking.PasswordProof{Session: id, Password: bookingtest.Password, Address: client}
	if err := env.RequestEmail(ctx, lena, proof, "lena.neu@example.test"); err != nil {
		t.Fatal(err)
	}
	other := makeLink(t, env, startMail(t, env, booking.NoticeAddress))
	askReset(t, env, " "+strings.ToUpper(lena.Email))
	d := startMail(t, env, booking.NoticeReset)
	if d.Address != lena.Email || d.To.ID != lena.ID {
		t.Errorf("the mail goes to %q of person %d", d.Address, d.To.ID)
	}
	link := makeLink(t, env, d)
	if n := env.Int(`select count(*) from mail_link where token_hash = sha256(convert_to($1, 'UTF8'))`, link); n != 1 || len(link) != 43 {
		t.Errorf("the database has %d hashes of the link %q", n, link)
	}
	for range 3 { // programs that check mails open every link
		if o, err := env.OpenLink(ctx, booking.NoticeReset, link); err != nil || o.Email != lena.Email {
			t.Errorf("the link opens %+v, %v", o, err)
		}
	}
	wantCode(t, env.ConfirmEmail(ctx, link, client), booking.LinkGone) // a link is good for one thing
	wantCode(t, env.ResetPassword(ctx, other, chosen, client), booking.LinkGone)
	for _, weak := range []string{"kurz", "password1", "Neumann2026", lena.Email, "studio nord"} {
		wantCode(t, env.ResetPassword(ctx, link, weak, client), booking.Invalid)
	}
	env.Changes()
	if err := env.ResetPassword(ctx, link, chosen, client); err != nil {
		t.Fatal(err)
	}
	if told := env.Changes(); len(told) != 1 || told[0].ID != lena.ID {
		t.Errorf("the pages of the person hear of %v", told)
	}
	wantAlert(t, env, lena, booking.AlertPasswordChanged)
	_, _, err = env.Session(ctx, session.Token)
	wantCode(t, err, booking.SignedOut)
	_, err = signIn(env, lena.Email, bookingtest.Password)
	wantCode(t, err, booking.WrongPassword)
	if _, err := signIn(env, lena.Email, chosen); err != nil {
		t.Errorf("the new password: %v", err)
	}
	wantCode(t, env.ResetPassword(ctx, link, "noch ein anderes", client), booking.LinkGone)
	wantLinkGone(t, env, booking.NoticeReset, link)
	wantLinkGone(t, env, booking.NoticeAddress, other)
	wantCode(t, env.AcceptInvitation(ctx, in.Code, chosen, client), booking.WrongCode)
	if n := env.Int(`select count(*) from delivery where kind in ('reset', 'address', 'invitation') and ended_at is null`); n != 0 {
		t.Errorf("%d mails that bring links are left", n)
	}
}

func TestOnlyAnActiveAccountGetsAReset(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	desk, suspended, erased := env.Staff(booking.RoleFrontDesk, "Tina Tresen"), env.Member("Sam Still", 0), env.Member("Egon Ende", 0)
	class := env.Class(nil)
	guest := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Gast Gerd", Email: "gerd@example.test"}}}
	if _, err := env.AddParticipants(ctx, env.Owner, guest); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Suspend(ctx, env.Owner, suspended.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Erase(ctx, env.Owner, erased.ID); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{suspended.Email, erased.Email, "gerd@example.test", "nobody@example.test"} {
		askReset(t, env, email)
	}
	if n := env.Int(`select count(*) from delivery where kind = 'reset'`); n != 0 {
		t.Errorf("%d mails go out", n)
	}
	link := resetLink(t, env, desk)
	if _, err := env.Suspend(ctx, env.Owner, desk.ID); err != nil {
		t.Fatal(err)
	}
	wantLinkGone(t, env, booking.NoticeReset, link)
	wantCode(t, env.ResetPassword(ctx, link, chosen, client), booking.LinkGone)
	for _, email := range []string{"", "keine Adresse", "a@b", "anna@example.test\x00", strings.Repeat("a", 300) + "@example.test"} {
		if e := wantCode(t, env.RequestReset(ctx, email, client), booking.Invalid); e.Field != "email" {
			t.Errorf("%q is refused at %q", email, e.Field)
		}
	}
}

func TestAnAccountGetsThreeResetsAnHour(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	at := nodes(t, env)
	answers := strangers(t, 10, func(i int) error { return at[i%2].RequestReset(ctx, lena.Email, fmt.Sprintf("192.0.2.%d", i)) })
	if answers[""] != 10 {
		t.Errorf("the answers are %v", answers)
	}
	at[0].AwaitResets()
	at[1].AwaitResets()
	if n := env.Int(`select count(*) from delivery where kind = 'reset'`); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
	if n := env.Int(`select count(*) from delivery where kind = 'reset' and state = 'waiting'`); n != 1 {
		t.Errorf("%d mails wait, want the newest", n)
	}
	env.Exec(`update delivery set created_at = created_at - interval '61 minutes'`)
	askReset(t, env, lena.Email)
	if n := env.Int(`select count(*) from delivery where kind = 'reset'`); n != 4 {
		t.Errorf("%d mails after an hour, want 4", n)
	}
}

// One client cannot write to the whole studio.
func TestAClientAsksForFewResets(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	answers := map[booking.Code]int{}
	for i := range 40 {
		answers[booking.CodeOf(env.RequestReset(ctx, fmt.Sprintf("n%d@example.test", i), client))]++
		env.Exec(`update sign_in_failure set blocked_until = blocked_until + interval '1 hour' where blocked_until > to_timestamp(0)`)
	}
	if answers[""] < 20 || answers[booking.Throttled] < 15 || answers[""]+answers[booking.Throttled] != 40 {
		t.Errorf("the answers are %v, want 20 without a wait", answers)
	}
}

func TestANewerLinkVoidsTheFormerOne(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena := env.Member("Lena Neumann", 0)
	first := resetLink(t, env, lena)
	second := resetLink(t, env, lena)
	wantLinkGone(t, env, booking.NoticeReset, first)
	wantCode(t, env.ResetPassword(ctx, first, chosen, client), booking.LinkGone)
	env.Exec(`update mail_link set expires_at = expires_at - interval '29 minutes'`)
	if _, err := env.OpenLink(ctx, booking.NoticeReset, second); err != nil {
		t.Errorf("the newer link after 29 minutes: %v", err)
	}
	env.Exec(`update mail_link set expires_at = expires_at - interval '61 seconds'`)
	wantLinkGone(t, env, booking.NoticeReset, second)
	wantCode(t, env.ResetPassword(ctx, second, chosen, client), booking.LinkGone)
}

// A mail that is sent twice has two links, and either may be the one that the person opens.
func TestAMailThatIsComposedAgainKeepsItsFormerLink(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for i := range 2 {
		lena := env.Member(fmt.Sprintf("Lena%d Neumann", i), 0)
		askReset(t, env, lena.Email)
		d := startMail(t, env, booking.NoticeReset)
		links := []string{makeLink(t, env, d), makeLink(t, env, d)}
		if err := env.ResetPassword(ctx, links[i], chosen, client); err != nil {
			t.Errorf("link %d: %v", i, err)
		}
		wantLinkGone(t, env, booking.NoticeReset, links[1-i])
	}
}

// Whatever ends a link also ends the mail that is on its way to get one.
func TestNoLinkIsMadeForWhatHasEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(env *bookingtest.Env, a booking.Actor) error{
		"another password": func(env *bookingtest.Env, a booking.Actor) error {
			in, err := signIn(env, a.Email, bookingtest.Password)
			if err != nil {
				return err
			}
			_, id, err := env.Session(ctx, in.Token)
			if err != nil {
				return err
			}
			_, err = env.ChangePassword(ctx, a, booking.PasswordProof{Session: id, Password: bookingtest.Password}, chosen, "")
			return err
		},
		"another address": func(env *bookingtest.Env, a booking.Actor) error {
			return env.EditMember(ctx, env.Owner, booking.MemberEdit{PersonID: a.ID, Email: "x@example.test", Only: []string{"email"}})
		},
		"a role of staff": func(env *bookingtest.Env, a booking.Actor) error {
			_, err := env.SetRole(ctx, env.Owner, a.ID, booking.RoleManager)
			return err
		},
		"a suspension": func(env *bookingtest.Env, a booking.Actor) error {
			_, err := env.Suspend(ctx, env.Owner, a.ID)
			return err
		},
		"an erasure": func(env *bookingtest.Env, a booking.Actor) error {
			_, err := env.Erase(ctx, env.Owner, a.ID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := bookingtest.New(t)
			lena := env.Member("Lena Neumann", 0)
			askReset(t, env, lena.Email)
			if _, err := env.Invite(ctx, env.Owner, lena.ID); err != nil {
				t.Fatal(err)
			}
			started := append(startMails(t, env, booking.NoticeReset), startMails(t, env, booking.NoticeInvitation)...)
			before := makeLink(t, env, started[0])
			if err := end(env, lena); err != nil {
				t.Fatal(err)
			}
			for _, d := range started {
				if _, err := env.MailLink(ctx, d); !errors.Is(err, booking.ErrDeliveryEnded) {
					t.Errorf("a link of %s is made: %v", d.Kind, err)
				}
				if n := env.Int(`select count(*) from delivery where id = $1 and state = 'cancelled'`, d.ID); n != 1 {
					t.Errorf("the mail %s has not ended", d.Kind)
				}
			}
			wantLinkGone(t, env, booking.NoticeReset, before)
			wantCode(t, env.ResetPassword(ctx, before, "noch ein anderes", client), booking.LinkGone)
		})
	}
}

type recordKey struct{}

// queries records the statements that run within a context with recordKey.
type queries struct {
	mu   sync.Mutex
	list []string
}

// tracedEngine opens an engine whose statements are recorded.
func tracedEngine(t *testing.T, env *bookingtest.Env) (*booking.Engine, *queries) {
	t.Helper()
	traced := &queries{}
	cfg := env.Pool.Config()
	cfg.ConnConfig.Tracer = traced
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	e, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, traced
}

func (q *queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if ctx.Value(recordKey{}) != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.list = append(q.list, d.SQL)
	}
	return ctx
}

func (q *queries) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns the statements since the last time.
func (q *queries) take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer func() { q.list = nil }()
	return q.list
}

// The response to a request comes after the same work for every address, so that no clock tells
// whether it has an account (S43).
func TestARequestDoesTheSameWorkForEveryAddress(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	lena, ben := env.Member("Lena Neumann", 0), env.Member("Ben Berger", 0)
	e, traced := tracedEngine(t, env)
	recorded := context.WithValue(ctx, recordKey{}, true)
	if err := e.RequestReset(recorded, "nobody@example.test", client); err != nil {
		t.Fatal(err)
	}
	want := traced.take()
	if len(want) == 0 {
		t.Fatal("no statement was recorded")
	}
	for _, email := range []string{lena.Email, "somebody@example.test", lena.Email, ben.Email} {
		if err := e.RequestReset(recorded, email, client); err != nil {
			t.Fatal(err)
		}
		if got := traced.take(); !slices.Equal(got, want) {
			t.Errorf("%s is answered after\n%s\nwant\n%s", email, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	e.AwaitResets()
	if n := env.Int(`select count(*) from delivery where kind = 'reset'`); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
	_, id := signedIn(t, env, lena)
	proof := booking.PasswordProof{Session: id, Password: bookingtest.Password, Address: client}
	if err := e.RequestEmail(recorded, lena, proof, "free@example.test"); err != nil {
		t.Fatal(err)
	}
	want = traced.take()
	if err := e.RequestEmail(recorded, lena, proof, ben.Email); err != nil {
		t.Fatal(err)
	}
	if got := traced.take(); !slices.Equal(got, want) {
		t.Errorf("an address that is taken is answered after\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
