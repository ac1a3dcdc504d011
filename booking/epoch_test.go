package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// Two nodes run while the database is restored. One of them keeps a block of ids that the
// restored database gives to the other one.
func TestAfterARestoreNoIDIsGivenTwice(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	class := l.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 200 })
	members := l.Members(60, 1)
	book := func(e *booking.Engine, a booking.Actor) int64 {
		t.Helper()
		out, err := e.Book(ctx, a, booking.BookRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		return out.BookingID
	}
	for _, e := range l.nodes {
		e.KeepIDs(0)
	}
	restore := l.Backup()
	lost := book(l.nodes[0], members[0]) // reserves the block that the restored database gives to the other node
	epoch := l.Epoch()
	restore()
	ids := []int64{}
	for i, m := range members {
		ids = append(ids, book(l.nodes[1-i%2], m))
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(members) {
		t.Errorf("%d people have %d bookings", len(members), len(ids))
	}
	for node, e := range l.nodes {
		if e.Epoch() == epoch {
			t.Errorf("node %d is still in the epoch %s, in which booking %d exists", node, epoch, lost)
		}
	}
	l.same("a restored database", members[0])
}

// Ids of rows outside of operations come from the same blocks.
func TestTheFirstReadOfAnotherEpochIsReported(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	seen := 0
	engine, err := booking.Open(ctx, booking.Options{Pool: env.Pool, OnEpoch: func() { seen++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	read := func() {
		t.Helper()
		if _, err := engine.Versions(ctx, booking.VersionsQuery{}); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if seen != 0 {
		t.Errorf("the epoch of the start is reported %d times, want 0", seen)
	}
	env.Exec(`update studio set epoch = gen_random_uuid()`)
	read()
	read()
	if seen != 1 {
		t.Errorf("another epoch is reported %d times, want once", seen)
	}
}

func TestAfterARestoreStaffCanCreateMembersAtEveryNode(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	create := func(e *booking.Engine, email string) {
		t.Helper()
		_, err := e.AddMember(ctx, l.Owner, booking.NewPerson{GivenName: "Nele", FamilyName: "Neu", Email: email, Role: booking.RoleMember})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range l.nodes {
		e.KeepIDs(0)
	}
	restore := l.Backup()
	create(l.nodes[0], "lost@example.test")
	restore()
	for _, email := range []string{"a", "b", "c"} {
		for i, e := range l.nodes {
			create(e, email+string(rune('0'+i))+"@example.test")
		}
	}
}

func TestARestoreEndsWhatNodesKeepOfSettingsNamesAndSessions(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	anna := l.Member("Anna Alt", 3)
	l.Class(nil)
	signed, err := l.SignIn(ctx, booking.SignInRequest{Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	restore := l.Backup()
	rename := func(name string) {
		t.Helper()
		l.Exec(`update studio set name = $1`, name)
		for _, e := range l.nodes {
			e.Reconnect(time.Now())
		}
	}
	rename("Lost")
	l.same("before the restore", anna)
	restore()
	for _, e := range l.nodes { // fill the caches, which last for two seconds
		e.Reconnect(time.Now())
		if _, _, err := e.Session(ctx, signed.Token); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Studio(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rename("Kept")
	l.Exec(`delete from session`)
	for node, e := range l.nodes {
		l.view(e, anna)
		if studio, err := e.Studio(ctx); err != nil || studio.Name != "Kept" {
			t.Errorf("node %d: the studio is called %q (%v)", node, studio.Name, err)
		}
		if _, _, err := e.Session(ctx, signed.Token); booking.CodeOf(err) != booking.SignedOut {
			t.Errorf("node %d: an ended session returns %v", node, err)
		}
	}
}

// The sequence of a dump may be behind ids that a node wrote later.
func TestRestoredContinuesBeyondAllIDsInUse(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	class, anna := l.Class(nil), l.Member("Anna Alt", 3)
	epoch := l.Epoch()
	const far = 1 << 40
	l.Exec(`insert into class_type (id, name) values ($1, 'Yoga')`, far)
	l.Exec(`insert into history (id, at, verb) overriding system value values ($1, clock_timestamp(), 'edit_settings')`, far)
	if _, err := l.SignIn(ctx, booking.SignInRequest{
		Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1",
	}); err != nil {
		t.Fatal(err)
	}
	kept, err := booking.Restored(ctx, l.Pool, false)
	if err != nil || kept.Sessions != 1 || kept.NextID <= far || kept.Newest.IsZero() {
		t.Fatalf("%+v, %v", kept, err)
	}
	out, err := l.Book(ctx, anna, booking.BookRequest{ClassID: class})
	if err != nil || out.BookingID < kept.NextID {
		t.Errorf("booking %d (%v), want %d or more", out.BookingID, err, kept.NextID)
	}
	if n := l.Int(`select nextval(pg_get_serial_sequence('history', 'id')) - $1`, far); n < 1_000_000 {
		t.Errorf("the history continues %d beyond its last id", n)
	}
	if l.Epoch() == epoch || l.Epoch() != kept.Epoch {
		t.Errorf("the node is in epoch %s, want %s, which is not %s", l.Epoch(), kept.Epoch, epoch)
	}
	ended, err := booking.Restored(ctx, l.Pool, true)
	if err != nil || ended.Sessions != 1 || ended.Epoch == kept.Epoch || l.Int(`select count(*) from session`) != 0 {
		t.Errorf("ending the sessions: %+v, %v", ended, err)
	}
}

// Everything that has an id has a sequence that Restored moves.
func TestRestoredKnowsEveryTableWithIDs(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	env.Exec(`create table something_new (id bigint primary key)`)
	env.Exec(`insert into something_new values (1::bigint << 50)`)
	out, err := booking.Restored(ctx, env.Pool, false)
	if err != nil || out.NextID <= 1<<50 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestRestoredWantsAStudio(t *testing.T) {
	t.Parallel()
	pool, _ := bookingtest.Empty(t)
	if _, err := booking.Restored(ctx, pool, false); err == nil {
		t.Error("an empty database was restored")
	}
}
