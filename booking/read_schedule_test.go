package booking_test

import (
	"reflect"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// warmNodes is a studio with two nodes that have both cached the coming days.
type warmNodes struct {
	*bookingtest.Env
	t        *testing.T
	from, to time.Time
	nodes    []*booking.Engine
}

func newWarmNodes(t *testing.T) *warmNodes {
	t.Helper()
	l := &warmNodes{Env: bookingtest.New(t), t: t, from: time.Now().Add(-24 * time.Hour), to: time.Now().AddDate(0, 0, 60)}
	other, err := booking.Open(ctx, booking.Options{Pool: l.Pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	l.nodes = []*booking.Engine{l.Engine, other}
	return l
}

func (l *warmNodes) view(e *booking.Engine, a booking.Actor) *booking.ScheduleView {
	l.t.Helper()
	v, err := e.ScheduleView(ctx, a, l.from, l.to)
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

// same fails unless each node shows the same as a new read of the database.
func (l *warmNodes) same(what string, people ...booking.Actor) {
	l.t.Helper()
	for _, a := range people {
		for node, e := range l.nodes {
			v := l.view(e, a)
			classes, err := l.Schedule(ctx, l.from, l.to)
			if err != nil {
				l.t.Fatal(err)
			}
			if len(classes) != len(v.Snapshot.Classes) {
				l.t.Fatalf("%s: node %d shows %d classes of %d", what, node, len(v.Snapshot.Classes), len(classes))
			}
			ids := make([]int64, len(classes))
			for i := range classes {
				ids[i] = classes[i].ID
				shown := v.Class(i)
				shown.ReadAt = classes[i].ReadAt
				if shown != classes[i] {
					l.t.Errorf("%s: node %d shows\n%+v in place of\n%+v", what, node, shown, classes[i])
				}
			}
			personal, err := l.Personal(ctx, a, ids)
			if err != nil {
				l.t.Fatal(err)
			}
			for i, id := range ids {
				if got := v.State(i); !reflect.DeepEqual(got, personal.Classes[id]) {
					l.t.Errorf("%s: class %d is to %s on node %d\n%+v in place of\n%+v", what, id, a.Name, node, got, personal.Classes[id])
				}
			}
			personal.Classes = nil
			for _, m := range []booking.Personal{personal, v.Personal} {
				for _, alert := range m.Alerts {
					alert.Class.ReadAt = time.Time{}
				}
			}
			if !reflect.DeepEqual(v.Personal, personal) {
				l.t.Errorf("%s: node %d says of %s\n%+v in place of\n%+v", what, node, a.Name, v.Personal, personal)
			}
		}
	}
}

// After any operation on any node, the next view of every node shows its effect.
func TestAVisitIsNeverOlderThanTheDatabase(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	anna, ben, cleo := l.Member("Anna Arnold", 5), l.Member("Ben Berger", 5), l.Member("Cleo Conrad", 0)
	lena := l.Staff(booking.RoleInstructor, "Lena Lehrer")
	class := l.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	other := l.Class(func(r *booking.ClassRequest) {
		r.Title = "Pilates"
		r.StartsAt = r.StartsAt.Add(24 * time.Hour)
		r.EndsAt = r.StartsAt.Add(time.Hour)
	})
	all := []booking.Actor{anna, ben, cleo, l.Owner}
	l.same("nothing", all...)
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		l.same(what, all...)
	}
	out, err := l.Book(ctx, anna, booking.BookRequest{ClassID: class})
	do("a booking", err)
	_, err = l.nodes[1].JoinWaitlist(ctx, ben, booking.JoinRequest{ClassID: class})
	do("a place", err)
	_, err = l.nodes[1].Cancel(ctx, anna, booking.CancelRequest{BookingID: out.BookingID, ReasonID: bookingtest.ReasonIll})
	do("an offer", err)
	l.Exec(`update offer set opened_at = opened_at - interval '1 hour', expires_at = clock_timestamp() where class_id = $1`, class)
	l.same("an offer past its expiry that nobody has swept", all...)
	if v := l.view(l.Engine, cleo); v.Snapshot.Classes[0].Held != 0 {
		t.Error("the seat of an expired offer is held")
	}
	l.Exec(`update class set due_at = clock_timestamp() where id = $1`, class)
	do("a sweep", l.Sweep(ctx))
	if n := l.Int(`select count(*) from offer where state = 'open'`); n != 0 {
		t.Errorf("%d offers are open after the sweep", n)
	}
	l.Exec(`insert into room (id, name) values (7, 'Saal 1')`)
	l.Exec(`insert into class_type (id, name) values (7, 'Yoga')`)
	l.Exec(`update class set room_id = 7, class_type_id = 7, instructor_id = $1, version = version + 1 where id = $2`, lena.ID, other)
	l.same("a room, a type, an instructor", all...)

	// Names are in other rows than the class.
	l.Exec(`update room set name = 'Saal 2' where id = 7`)
	l.same("another name of the room", all...)
	l.Exec(`update class_type set name = 'Hatha', hue = 'moss', description = 'Langsam' where id = 7`)
	l.same("another name of the type", all...)
	l.Exec(`update person set given_name = 'Helena' where id = $1`, lena.ID)
	l.same("another name of the instructor", all...)
	l.Exec(`update person set role = 'member' where id = $1`, lena.ID)
	l.same("an instructor who is staff no more", all...)
	l.Exec(`update person set given_name = 'Leni' where id = $1`, lena.ID)
	l.same("another name of such a one", all...)
	if v := l.view(l.Engine, anna); v.Snapshot.Classes[1].Instructor != "Leni" || v.Snapshot.Classes[1].Room != "Saal 2" {
		t.Errorf("the snapshot says %+v", v.Snapshot.Classes[1])
	}

	_, err = l.Book(ctx, anna, booking.BookRequest{ClassID: other})
	do("another booking", err)
	l.Exec(`update studio set max_open_bookings = 1`)
	l.same("a limit", all...)
	if v := l.view(l.nodes[1], anna); booking.CodeOf(v.State(0).Block) != booking.LimitOpen {
		t.Errorf("the limit is not seen: %v", v.State(0).Block)
	}
	l.Grant(cleo, 3)
	l.same("credits", all...)
	l.MoveStart(other, 61*24*time.Hour)
	l.same("a class that has left the span", all...)
	l.MoveStart(other, 47*time.Hour)
	l.same("one that has come back to the front", all...)
	l.Exec(`update person set state = 'suspended' where id = $1`, cleo.ID)
	l.same("a suspension", all...)

	// After a restore the same versions may mean something else.
	l.Exec(`update class set title = 'Boxen' where id = $1`, class)
	l.Exec(`update studio set epoch = gen_random_uuid()`)
	l.same("another epoch", all...)
}

// The cache must save reads.
func TestAnUnchangedScheduleIsTheSameSnapshot(t *testing.T) {
	t.Parallel()
	l := newWarmNodes(t)
	anna, ben := l.Member("Anna Arnold", 5), l.Member("Ben Berger", 5)
	class := l.Class(nil)
	l.Class(nil)
	first := l.view(l.Engine, anna)
	if l.view(l.Engine, ben).Snapshot != first.Snapshot {
		t.Error("the second view reads everything again")
	}
	if _, err := l.nodes[1].Book(ctx, anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	after := l.view(l.Engine, ben)
	if after.Snapshot == first.Snapshot || after.Snapshot.Classes[0].Booked+after.Snapshot.Classes[1].Booked != 1 {
		t.Error("a booking is not seen")
	}
	if first.Snapshot.Classes[0].Booked+first.Snapshot.Classes[1].Booked != 0 {
		t.Error("a snapshot in use was changed")
	}
}
