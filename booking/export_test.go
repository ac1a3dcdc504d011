package booking

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ImportLock is the advisory lock of steps of imports.
const ImportLock = int64(importLock)

// WaitForImports sets how long CheckImport and RunImport wait for the end of their step.
func (e *Engine) WaitForImports(limit time.Duration) { e.importPatience = limit }

// SettleClass settles one class, as the sweep does.
func (e *Engine) SettleClass(ctx context.Context, id int64) error { return e.settleClass(ctx, id) }

// HoldRechecks keeps the engine from serving waiters after an operation that made them
// eligible elsewhere. Recheck serves them then.
func (e *Engine) HoldRechecks() { e.rechecks.Add(1) }

// Recheck serves waiters who may have become eligible through something elsewhere.
func (e *Engine) Recheck(ctx context.Context) error { return e.recheck(ctx) }

// TakeHashingSlots takes all slots for hashing passwords until giveBack is called.
func (e *Engine) TakeHashingSlots() (giveBack func()) {
	var leave []func()
	for i := range passwordSlots {
		free, err := e.passwords.enter(context.Background(), fmt.Sprint("test ", i), fmt.Sprint("test ", i))
		if err != nil {
			panic(err)
		}
		leave = append(leave, free)
	}
	return func() {
		for _, free := range leave {
			free()
		}
	}
}

// ClosePages closes the connections of pages.
func (e *Engine) ClosePages() { e.pagePool.Close() }

// AwaitPasswordWaiting returns when n requests wait for a slot.
func (e *Engine) AwaitPasswordWaiting(n int) { e.passwords.awaitWaiting(n) }

// PasswordQueue gives tests a queue of their own.
type PasswordQueue struct{ passwordQueue }

// NewPasswordQueue returns a queue with free slots.
func NewPasswordQueue() *PasswordQueue { return &PasswordQueue{} }

// Enter waits for a slot.
func (q *PasswordQueue) Enter(t testing.TB, neighbourhood, account string) (leave func()) {
	t.Helper()
	ticket := &passwordTicket{neighbourhood, account, make(chan struct{})}
	if !q.queue(ticket) {
		t.Errorf("%s, %s is refused", neighbourhood, account)
		return func() {}
	}
	<-ticket.ready
	return func() { q.remove(ticket) }
}

// TryEnter reports whether such a request may wait for a slot.
func (q *PasswordQueue) TryEnter(neighbourhood, account string) bool {
	ticket := &passwordTicket{neighbourhood, account, make(chan struct{})}
	defer q.remove(ticket)
	return q.queue(ticket)
}

// AwaitWaiting returns when n requests wait.
func (q *PasswordQueue) AwaitWaiting(n int) { q.awaitWaiting(n) }

func (q *passwordQueue) awaitWaiting(n int) {
	for {
		q.mu.Lock()
		waiting := 0
		for _, lane := range q.lanes {
			waiting += len(lane.waiting)
		}
		q.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

// Sweep runs a wide sweep.
func (e *Engine) Sweep(ctx context.Context) error { return e.sweep(ctx, true) }

// SweepDue runs the sweep of every second, which is not wide.
func (e *Engine) SweepDue(ctx context.Context) error { return e.sweep(ctx, false) }

// Violations checks the invariants in a transaction.
func Violations(ctx context.Context, tx pgx.Tx) ([]Violation, error) { return violations(ctx, tx) }

// InvariantNames lists the queries of invariants.sql.
func InvariantNames() (names []string) {
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, _, _ := strings.Cut(part, "\n")
		name, _ = strings.CutSuffix(name, lasting)
		names = append(names, name)
	}
	return names
}

// InvariantMeanings returns the sentence of each invariant by its name.
func InvariantMeanings() map[string]string {
	meanings := map[string]string{}
	for _, part := range strings.Split(checkSQL, "-- name: ")[1:] {
		name, query, _ := strings.Cut(part, "\n")
		meanings[name] = meaningOf(query)
	}
	return meanings
}

// FirstPlansLast sets how long new connections keep their first plans.
func FirstPlansLast(d time.Duration) (restore func()) {
	was := firstPlanLifetime
	firstPlanLifetime = d
	return func() { firstPlanLifetime = was }
}

// Meddle runs decide, a decision of the test about a class, through load, decide and save.
// tell writes an alert to a person; 0 makes the save panic.
func (e *Engine) Meddle(ctx context.Context, key string, a Actor, classID int64, decide func(tell func(personID int64))) error {
	_, err := run(ctx, e, a, key, classID, lockSet{classes: []int64{classID}, people: []int64{a.ID}}, func(s *snapshot) (nothing, error) {
		decide(func(personID int64) {
			if personID == 0 {
				s.alerts = append(s.alerts, nil) // saving it panics
				return
			}
			s.alert(&alert{
				personID: personID, classID: classID, causeV: s.classes[classID].Version + int64(len(s.alerts)), kind: AlertClassChanged,
			})
		})
		return nothing{}, nil
	})
	return err
}

// KeepIDs drops all but n of the reserved ids.
func (e *Engine) KeepIDs(n int) {
	all := e.ids.take(1)
	kept := idRange{all.next(), 0}
	kept.end = kept.next + int64(n)
	e.ids = spareIDs{epoch: all.epoch, ranges: []idRange{kept}}
}

// MigrateTo migrates to the schema of an earlier version.
func MigrateTo(ctx context.Context, pool *pgxpool.Pool, version int64) error {
	return migrateTo(ctx, pool, version)
}

// Migration returns the SQL of a migration, to be run again.
func Migration(t testing.TB, name string) string {
	t.Helper()
	text, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		t.Fatal(err)
	}
	_, up, _ := strings.Cut(string(text), "-- +goose Up")
	return up
}

// EpochSQL reads the epoch.
const EpochSQL = epochSQL

// DueClassesSQL finds the classes that are due.
const DueClassesSQL = dueClassesSQL

// Statements by which the relay finds what was done since it looked last.
const (
	ReceiptCausesSQL = receiptCausesSQL
	TeachingSQL      = teachingSQL
)

// BoundariesSQL is the list of time boundaries that the database uses.
const BoundariesSQL = boundariesSQL

// Boundaries lists the time boundaries of a class without offers and waitlist entries.
func Boundaries(c Class) []time.Time {
	list := c.boundaries()
	return slices.DeleteFunc(list[:], time.Time.IsZero)
}

// UsableSQL counts the credits of a person that can pay for class c.
func UsableSQL(person string) string { return usableSQL(person) }

// WaitlistOrderSQL orders the entries e of a waitlist; PositionSQL counts the position of e.
const (
	WaitlistOrderSQL = waitlistOrderSQL
	PositionSQL      = positionSQL
)

// EntryOrder is what the order of a waitlist compares.
type EntryOrder struct {
	ID       int64
	Priority int
	Seq      int64
}

// SortWaitlist sorts entries as the rules do.
func SortWaitlist(list []EntryOrder) {
	slices.SortFunc(list, func(a, b EntryOrder) int {
		return byWaitlistOrder(&entry{priority: a.Priority, seq: a.Seq}, &entry{priority: b.Priority, seq: b.Seq})
	})
}

// KnownValues lists for each check constraint of the database, by its name, the values that
// the constants of this package have.
func KnownValues() map[string][]string {
	modes := texts(ModeOffer, ModeAuto, ModeNotifyAll)
	return map[string][]string{
		"role_known":          texts(RoleMember, RoleGuest, RoleInstructor, RoleFrontDesk, RoleManager, RoleOwner),
		"person_state_known":  texts(PersonActive, PersonSuspended, PersonErased),
		"class_state_known":   texts(classScheduled, classCancelled),
		"booking_state_known": texts(StateBooked, StateCheckedIn, StateNoShow, StateCancelled, StateLateCancelled),
		"booking_path_known": texts(
			PathOwn, PathParticipants, PathProfile, PathOther, PathRecurring, PathClass, PathSuspension, PathErasure, PathGuestLink),
		"booking_cause_known": texts(ByMember, ByStaff, ByClass, ByMemberLeaves),
		"entry_state_known": texts(
			EntryWaiting, EntryOffered, EntryAccepted, EntryDeclined, EntryExpired, EntryWithdrawn),
		"offer_state_known":              texts(offerOpen, offerAccepted, offerDeclined, offerExpired, offerWithdrawn),
		"recurring_state_known":          texts(DateBooked, DateWaiting, DatePending, DateRefused, DateEnded),
		"transfer_kind_known":            texts(TransferGrant, TransferDebit, TransferRefund, TransferLapse, TransferAdjust),
		"reason_audience_known":          texts(AudienceMember, AudienceStaff, AudienceBoth),
		"studio_seat_counts_known":       texts(CountsExact, CountsFew, CountsHidden),
		"studio_waitlist_mode_known":     modes,
		"class_waitlist_mode_known":      modes,
		"class_type_waitlist_mode_known": modes,
	}
}

func texts[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// DropDemo drops an unfinished demo.
func DropDemo(ctx context.Context, conn *pgx.Conn) error { return dropDemo(ctx, conn) }

// Encoded is the text that the database stores.
func (h PasswordHash) Encoded() string { return h.encoded }

// ViolationsWith checks the invariants. It calls between before a query is asked again.
func ViolationsWith(ctx context.Context, pool *pgxpool.Pool, between func()) ([]Violation, error) {
	return violations(ctx, &secondLook{querier: pool, asked: map[string]bool{}, between: between})
}

type secondLook struct {
	querier
	asked   map[string]bool
	between func()
}

func (q *secondLook) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if q.asked[sql] {
		q.between()
	}
	q.asked[sql] = true
	return q.querier.Query(ctx, sql, args...)
}

// AwaitResets returns when no request of a reset is looked at.
func (e *Engine) AwaitResets() {
	for range resetsAtOnce {
		e.resets <- struct{}{}
	}
	for range resetsAtOnce {
		<-e.resets
	}
}
