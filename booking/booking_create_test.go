package booking_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

var ctx = context.Background()

// wantCode fails unless err is a refusal with the code.
func wantCode(t *testing.T, err error, code booking.Code) *booking.Error {
	t.Helper()
	var e *booking.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want the refusal %s", err, code)
	}
	return e
}

// wantCodeIn returns the refusal in err, nil if there is none.
func wantCodeIn(err error) *booking.Error {
	var e *booking.Error
	errors.As(err, &e)
	return e
}

func book(env *bookingtest.Env, a booking.Actor, class int64) (booking.BookOutcome, error) {
	return env.Book(ctx, a, booking.BookRequest{ClassID: class})
}

func mustBook(t testing.TB, env *bookingtest.Env, a booking.Actor, class int64) booking.BookOutcome {
	t.Helper()
	out, err := book(env, a, class)
	if err != nil {
		t.Fatalf("%s books: %v", a.Name, err)
	}
	return out
}

func mustJoin(t testing.TB, env *bookingtest.Env, a booking.Actor, class int64) booking.JoinOutcome {
	t.Helper()
	out, err := env.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: class})
	if err != nil {
		t.Fatalf("%s joins: %v", a.Name, err)
	}
	return out
}

func mustCancel(t testing.TB, env *bookingtest.Env, a booking.Actor, id int64) booking.CancelOutcome {
	t.Helper()
	out, err := env.Cancel(ctx, a, booking.CancelRequest{BookingID: id, ReasonID: bookingtest.ReasonIll})
	if err != nil {
		t.Fatalf("%s cancels: %v", a.Name, err)
	}
	return out
}

func alerts(t testing.TB, env *bookingtest.Env, a booking.Actor) []booking.Alert {
	t.Helper()
	list, err := env.PersonalOfPeople(ctx, []int64{a.ID})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0].Alerts
}

func wantAlert(t testing.TB, env *bookingtest.Env, a booking.Actor, kind booking.AlertKind) booking.Alert {
	t.Helper()
	list := alerts(t, env, a)
	if len(list) != 1 || list[0].Kind != kind {
		t.Fatalf("%s sees the alerts %+v, want exactly one %s", a.Name, list, kind)
	}
	return list[0]
}

func wantNoAlert(t testing.TB, env *bookingtest.Env, a booking.Actor) {
	t.Helper()
	if list := alerts(t, env, a); len(list) != 0 {
		t.Fatalf("%s sees the alerts %+v, want none", a.Name, list)
	}
}

func wantSeats(t *testing.T, env *bookingtest.Env, class int64, booked, held, waiting int) {
	t.Helper()
	c, err := env.Engine.Class(ctx, class)
	if err != nil {
		t.Fatal(err)
	}
	if c.Booked != booked || c.Held != held || c.Waiting != waiting {
		t.Fatalf("booked %d, held %d, waiting %d; want %d, %d, %d", c.Booked, c.Held, c.Waiting, booked, held, waiting)
	}
}

func wantBalance(t *testing.T, env *bookingtest.Env, a booking.Actor, n int) {
	t.Helper()
	list, err := env.PersonalOfPeople(ctx, []int64{a.ID})
	if err != nil || len(list) != 1 || list[0].Balance != n {
		t.Fatalf("%s has %+v (%v), want a balance of %d", a.Name, list, err, n)
	}
}

func TestBookingTakesASeatAndDebitsItsCost(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)

	out := mustBook(t, env, anna, class)
	if out.Already || out.Cost != 1 || out.Balance != 4 {
		t.Fatalf("got %+v, want one credit debited and four left", out)
	}
	wantSeats(t, env, class, 1, 0, 0)
	wantBalance(t, env, anna, 4)
}

func TestBookingTwiceIsAnsweredLikeTheFirstTime(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	first := mustBook(t, env, anna, class)

	second := mustBook(t, env, anna, class)
	if !second.Already || second.BookingID != first.BookingID {
		t.Fatalf("got %+v, want the booking of %+v again", second, first)
	}
	wantBalance(t, env, anna, 4)
}

func TestFiveClicksWithOneKeyAreOneBooking(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	key := uuid.NewString()
	var outs [5]booking.BookOutcome
	together(5, func(i int) {
		var err error
		if outs[i], err = env.Book(ctx, anna, booking.BookRequest{Key: key, ClassID: class}); err != nil {
			t.Error(err)
		}
	})
	for _, out := range outs {
		if !cmp.Equal(out, outs[0]) {
			t.Fatalf("answers differ: %+v and %+v", out, outs[0])
		}
	}
	wantBalance(t, env, anna, 4)
}

func TestALateRetryAfterACancellationDoesNotBookAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(nil)
	click := booking.BookRequest{Key: uuid.NewString(), ClassID: class}
	first, err := env.Book(ctx, anna, click)
	if err != nil {
		t.Fatal(err)
	}
	mustCancel(t, env, anna, first.BookingID)

	again, err := env.Book(ctx, anna, click)
	if err != nil || again.BookingID != first.BookingID {
		t.Fatalf("got %+v, %v; want the first answer", again, err)
	}
	wantSeats(t, env, class, 0, 0, 0)

	// The counterpart: without a request key the same request books again.
	if out := mustBook(t, env, anna, class); out.BookingID == first.BookingID {
		t.Fatal("a new click must book anew")
	}
}

func TestAKeyStandsForOneRequestOnly(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	key := uuid.NewString()
	if _, err := env.Book(ctx, anna, booking.BookRequest{Key: key, ClassID: env.Class(nil)}); err != nil {
		t.Fatal(err)
	}
	_, err := env.Book(ctx, anna, booking.BookRequest{Key: key, ClassID: env.Class(func(r *booking.ClassRequest) {
		r.StartsAt = r.StartsAt.Add(5 * time.Hour)
		r.EndsAt = r.EndsAt.Add(5 * time.Hour)
	})})
	wantCode(t, err, booking.KeyReused)

	bert := env.Member("Bert Bunt", 5)
	if _, err := env.Book(ctx, bert, booking.BookRequest{Key: key, ClassID: env.Class(nil)}); err != nil {
		t.Fatalf("the same key of another account is another click: %v", err)
	}
}

func TestTwoHundredMembersForTenSeats(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	members := env.Members(200, 1)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 10 })
	var mu sync.Mutex
	booked, refused := 0, 0
	together(len(members), func(i int) {
		_, err := env.Book(ctx, members[i], booking.BookRequest{Key: uuid.NewString(), ClassID: class})
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			booked++
		case booking.CodeOf(err) == booking.Full:
			refused++
		default:
			t.Error(err)
		}
	})
	if booked != 10 || refused != 190 {
		t.Fatalf("%d booked, %d refused; want 10 and 190", booked, refused)
	}
	if n := env.Int(`select count(*) from transfer where kind = 'debit'`); n != 10 {
		t.Fatalf("%d debits, want 10", n)
	}
	wantSeats(t, env, class, 10, 0, 0)
}

// Two engines on one database are two nodes: the row lock decides, not the batch queue.
func TestTwoNodesSellASeatOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	pool, err := booking.Connect(ctx, env.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	other, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	members := env.Members(40, 1)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	nodes := []*booking.Engine{env.Engine, other}
	var mu sync.Mutex
	booked := 0
	together(len(members), func(i int) {
		if _, err := nodes[i%2].Book(ctx, members[i], booking.BookRequest{ClassID: class}); err == nil {
			mu.Lock()
			booked++
			mu.Unlock()
		} else if booking.CodeOf(err) != booking.Full {
			t.Error(err)
		}
	})
	if booked != 1 {
		t.Fatalf("%d booked one seat", booked)
	}
}

func TestTheLastCreditBuysOneOfTwoClasses(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for range 10 {
		anna := env.Member("Anna Alt", 1)
		classes := []int64{env.Class(nil), env.Class(func(r *booking.ClassRequest) {
			r.StartsAt = r.StartsAt.Add(5 * time.Hour)
			r.EndsAt = r.EndsAt.Add(5 * time.Hour)
		})}
		var errs [2]error
		together(2, func(i int) { _, errs[i] = book(env, anna, classes[i]) })
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("got %v and %v, want exactly one booking", errs[0], errs[1])
		}
		e := wantCode(t, errors.Join(errs[:]...), booking.NoCredits)
		if e.Args["needed"] != 1 || e.Args["have"] != 0 {
			t.Fatalf("got %v, want 1 needed and 0 there", e.Args)
		}
		wantBalance(t, env, anna, 0)
	}
}

func TestBookingIsRefusedByRule(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	tests := []struct {
		name    string
		credits int
		class   func(*booking.ClassRequest)
		before  func(env *bookingtest.Env, a booking.Actor, class int64)
		want    booking.Code
	}{
		{"online booking is off", 5, func(r *booking.ClassRequest) { r.Rules.Online = false }, nil, booking.OnlineOff},
		{"no credits", 0, nil, nil, booking.NoCredits},
		{"free of charge needs no credits", 0, func(r *booking.ClassRequest) { r.Rules.Cost = 0 }, nil, ""},
		{"not open yet", 5, func(r *booking.ClassRequest) { r.Rules.OpensBefore = 24 * hour }, nil, booking.NotOpenYet},
		{"closed", 5, func(r *booking.ClassRequest) { r.Rules.ClosesBefore = 100 * hour }, nil, booking.Closed},
		{"full", 5, func(r *booking.ClassRequest) { r.Rules.Capacity = 0 }, nil, booking.Full},
		{
			"begun", 5, nil, func(env *bookingtest.Env, _ booking.Actor, class int64) { env.MoveStart(class, -time.Minute) },
			booking.ClassOver,
		},
		{"suspended", 5, nil, func(env *bookingtest.Env, a booking.Actor, _ int64) {
			if _, err := env.Suspend(ctx, env.Owner, a.ID); err != nil {
				env.T.Fatal(err)
			}
		}, booking.Suspended},
		{"cancelled", 5, nil, func(env *bookingtest.Env, _ booking.Actor, class int64) {
			if _, err := env.CancelClass(ctx, env.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
				env.T.Fatal(err)
			}
		}, booking.ClassCancelled},
		{
			"overlapping another booking", 5, nil,
			func(env *bookingtest.Env, a booking.Actor, _ int64) { mustBook(env.T, env, a, env.Class(nil)) }, booking.Overlap,
		},
		{"overlap allowed by the studio", 5, nil, func(env *bookingtest.Env, a booking.Actor, _ int64) {
			mustBook(env.T, env, a, env.Class(nil))
			env.Exec(`update studio set allow_overlap = true`)
		}, ""},
		{
			"limit of open bookings", 5,
			func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = r.StartsAt.Add(5*hour), r.EndsAt.Add(5*hour) },
			func(env *bookingtest.Env, a booking.Actor, _ int64) {
				mustBook(env.T, env, a, env.Class(nil))
				env.Exec(`update studio set max_open_bookings = 1`)
			},
			booking.LimitOpen,
		},
		{"credits that end before the class", 0, nil, func(env *bookingtest.Env, a booking.Actor, _ int64) {
			_, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{PersonID: a.ID, Quantity: 5, ExpiresAt: time.Now().Add(hour)})
			if err != nil {
				env.T.Fatal(err)
			}
		}, booking.NoCredits},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := bookingtest.New(t)
			anna := env.Member("Anna Alt", test.credits)
			class := env.Class(test.class)
			if test.before != nil {
				test.before(env, anna, class)
			}
			personal, err := env.Personal(ctx, anna, []int64{class})
			if err != nil {
				t.Fatal(err)
			}
			_, err = book(env, anna, class)
			if booking.CodeOf(err) != test.want || test.want == "" && err != nil {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if block := personal.Classes[class].Block; test.want != booking.Full &&
				(test.want == "" && block != nil || test.want != "" && (block == nil || block.Code != test.want)) {
				t.Fatalf("the page would say %v where the click says %q", block, test.want)
			}
		})
	}
}

func TestWhatThePageShowedBindsTheServer(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 5)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Cost = 2; r.Rules.FreeCancel = 100 * time.Hour })
	one, yes, then := 1, true, time.Now()
	for code, seen := range map[booking.Code]booking.Seen{
		booking.CostChanged: {Cost: &one}, booking.TimeChanged: {StartsAt: &then}, booking.NowBinding: {Refundable: &yes},
	} {
		_, err := env.Book(ctx, anna, booking.BookRequest{ClassID: class, Seen: seen})
		wantCode(t, err, code)
	}
	wantSeats(t, env, class, 0, 0, 0)
}

// together releases n racers at the same moment and waits for all of them.
func together(n int, race func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			race(i)
		})
	}
	close(gate)
	wg.Wait()
}

func TestACommitTellsWhatChangedAndARefusalTellsNothing(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, poor := env.Member("Anna Alt", 5), env.Member("Paul Pleite", 0)
	class := env.Class(nil)
	env.Changes()
	mustBook(t, env, anna, class)
	told := env.Changes()
	if len(told) != 2 || told[0].Kind != booking.ClassChange || told[0].ID != class || told[0].Version != 2 ||
		told[1].Kind != booking.PersonChange || told[1].ID != anna.ID {
		t.Fatalf("the commit told %+v", told)
	}
	_, err := book(env, poor, class)
	wantCode(t, err, booking.NoCredits)
	if told := env.Changes(); len(told) != 0 {
		t.Fatalf("a refusal told %+v", told)
	}
}

func TestTheOperatorHearsHowManyClicksShareATransaction(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	clicks, batches := 0, 0
	env := bookingtest.NewWith(t, booking.Options{OnBatch: func(b booking.Batch) {
		mu.Lock()
		defer mu.Unlock()
		clicks, batches = clicks+b.Size, batches+1
		if b.Failed || b.Took < b.Locked || b.Waited < 0 {
			t.Errorf("a batch reads %+v", b)
		}
	}})
	class, members := env.Class(nil), env.Members(50, 1)
	clicks, batches = 0, 0
	together(len(members), func(i int) {
		_, _ = env.Book(ctx, members[i], booking.BookRequest{ClassID: class})
	})
	mu.Lock()
	defer mu.Unlock()
	if clicks != 50 || batches >= 50 {
		t.Errorf("%d clicks in %d transactions", clicks, batches)
	}
}

// The limits count days and weeks of the studio's zone. The machine's day ends at another
// hour: around noon in Europe.
func TestLimitsCountDaysAndWeeksOfTheStudiosZone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	monday := booking.CalendarDay(time.Now(), studio.Zone).AddDate(0, 0, 14)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	at := func(days, hour int) int64 {
		return env.Class(func(r *booking.ClassRequest) {
			r.StartsAt = booking.WallTime(monday.AddDate(0, 0, days), hour, 30, studio.Zone)
			r.EndsAt = r.StartsAt.Add(30 * time.Minute)
		})
	}
	sunday, early, late, tuesday := at(-1, 23), at(0, 0), at(0, 23), at(1, 0)
	limit := func(day, week int) {
		t.Helper()
		if studio, err = env.Studio(ctx); err != nil {
			t.Fatal(err)
		}
		studio.MaxPerDay, studio.MaxPerWeek = day, week
		if err := env.EditStudio(ctx, env.Owner, studio, ""); err != nil {
			t.Fatal(err)
		}
	}
	books := func(a booking.Actor, class int64, want booking.Code) {
		t.Helper()
		if _, err := env.Book(ctx, a, booking.BookRequest{ClassID: class}); booking.CodeOf(err) != want {
			t.Errorf("%s books and gets %q, want %q", a.Name, booking.CodeOf(err), want)
		}
	}
	anna, ben := env.Member("Anna Alt", 5), env.Member("Ben Bunt", 5)
	limit(1, 0)
	books(anna, late, "")
	books(anna, tuesday, "")
	books(anna, early, booking.LimitDay)
	limit(0, 1)
	books(ben, sunday, "")
	books(ben, early, "")
	books(ben, tuesday, booking.LimitWeek)
}
