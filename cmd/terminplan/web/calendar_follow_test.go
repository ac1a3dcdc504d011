package web

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	ical "github.com/emersion/go-ical"

	"terminplan/booking"
)

// program is a calendar program that reads one feed again and again. It takes an event for new
// only if the SEQUENCE grows, and drops what has left the feed.
type program struct {
	t      *testing.T
	shows  map[string]appointment
	newest map[string]int // the greatest SEQUENCE that the feed ever had, by UID
}

type appointment struct {
	sequence   int
	status     string
	start, end time.Time
	note       string
}

func (p *program) apply(events map[string]ical.Event) {
	p.t.Helper()
	maps.DeleteFunc(p.shows, func(uid string, _ appointment) bool { _, there := events[uid]; return !there })
	for uid, e := range events {
		now := appointment{status: said(p.t, e, "STATUS"), note: said(p.t, e, "DESCRIPTION")}
		var err error
		if now.sequence, err = e.Props.Get("SEQUENCE").Int(); err != nil {
			p.t.Fatal(err)
		}
		if now.start, err = e.DateTimeStart(time.UTC); err != nil {
			p.t.Fatal(err)
		}
		if now.end, err = e.DateTimeEnd(time.UTC); err != nil {
			p.t.Fatal(err)
		}
		if now.sequence < p.newest[uid] {
			p.t.Errorf("the SEQUENCE of %s falls from %d to %d", uid, p.newest[uid], now.sequence)
		}
		p.newest[uid] = now.sequence
		if was, known := p.shows[uid]; !known || now.sequence > was.sequence {
			p.shows[uid] = now
		}
	}
}

// truth is what a feed must show, read from the tables.
func (s *site) truth(a booking.Actor) map[string]appointment {
	s.t.Helper()
	rows, err := s.Pool.Query(s.t.Context(), `
		select c.id, c.starts_at, c.ends_at, c.note, case
			when exists (select from booking b where b.class_id = c.id and b.person_id = p.id and b.state in ('booked', 'checked_in'))
				then 'CONFIRMED'
			when p.calendar_waitlist and exists (select from waitlist_entry w
				where w.class_id = c.id and w.person_id = p.id and w.state in ('waiting', 'offered')) then 'TENTATIVE'
			when exists (select from booking b where b.class_id = c.id and b.person_id = p.id) then 'CANCELLED'
			else '' end
		from class c, person p where p.id = $1`, a.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	list := map[string]appointment{}
	for rows.Next() {
		var id int64
		var x appointment
		if err := rows.Scan(&id, &x.start, &x.end, &x.note, &x.status); err != nil {
			s.t.Fatal(err)
		}
		if x.status != "" {
			list[s.uid(id, a)] = x
		}
	}
	return list
}

// differs says where the program shows something else than the truth.
func (p *program) differs(truth map[string]appointment) (found []string) {
	for uid, want := range truth {
		got, there := p.shows[uid]
		switch {
		case !there:
			found = append(found, uid+" is missing")
		case got.status != want.status || !strings.Contains(got.note, want.note),
			!got.start.Equal(want.start), !got.end.Equal(want.end):
			found = append(found, fmt.Sprintf("%s is %v, want %v", uid, got, want))
		}
	}
	for uid, got := range p.shows {
		// The place in the line of a cancelled class has no booking.
		if _, there := truth[uid]; !there && got.status != "CANCELLED" {
			found = append(found, fmt.Sprintf("%s is %v, want nothing", uid, got))
		}
	}
	return found
}

// A calendar program that knows only what successive feeds say always shows the bookings of the
// member. The twin reads the same feeds without the rule that SEQUENCE grows, and does not.
func TestACalendarProgramFollowsEveryChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, otto := s.Member("Mia Kunde", 500), s.Member("Otto Andrer", 500)
	var classes []int64
	for i := range 2 {
		classes = append(classes, s.Class(func(r *booking.ClassRequest) {
			r.StartsAt = r.StartsAt.Add(time.Duration(6*i) * time.Hour)
			r.EndsAt, r.Rules.Capacity, r.Rules.Cost = r.StartsAt.Add(time.Hour), 1, 1
		}))
	}
	at := s.feedOf(mia)
	follows := &program{t: t, shows: map[string]appointment{}, newest: map[string]int{}}
	twin := &program{t: t, shows: map[string]appointment{}, newest: map[string]int{}}
	random := rand.New(rand.NewPCG(14, 32))
	moved, misled, statuses := 0, 0, map[string]int{}
	for step := range 240 {
		what, class := random.IntN(9), classes[random.IntN(len(classes))]
		if what == 8 { // the person subscribes again, since the wish is no change of an event
			if err := s.ShowWaitlistInCalendar(t.Context(), mia, step%2 == 0); err != nil {
				t.Fatal(err)
			}
			follows.shows = map[string]appointment{}
		} else if err := s.disturb(t.Context(), random, what, class, mia, otto); err == nil {
			moved++
		} else if booking.CodeOf(err) == "" {
			t.Fatal(err)
		}
		feed := s.as(visitor).get(at)
		follows.apply(feed.read())
		truth := s.truth(mia)
		if found := follows.differs(truth); len(found) > 0 {
			t.Fatalf("step %d (%d of class %d): %v", step, what, class, found)
		}
		for _, x := range truth {
			statuses[x.status]++
		}
		feed.body = regexp.MustCompile(`SEQUENCE:\d+`).ReplaceAllString(feed.body, "SEQUENCE:0")
		twin.apply(feed.read())
		misled += len(twin.differs(truth))
	}
	if misled == 0 {
		t.Error("a program is right without the SEQUENCE: the test proves nothing")
	}
	if moved < 60 || statuses["CONFIRMED"] < 20 || statuses["TENTATIVE"] < 20 || statuses["CANCELLED"] < 20 {
		t.Errorf("%d operations and the states %v are too few", moved, statuses)
	}
}

// disturb does one random operation in a class. Refusals are no errors of the test.
func (s *site) disturb(ctx context.Context, random *rand.Rand, what int, class int64, mia, otto booking.Actor) (err error) {
	a := mia
	if random.IntN(3) == 0 {
		a = otto
	}
	seat := func() int64 {
		return int64(s.Int(`select coalesce(max(id), 0) from booking where class_id = $1 and person_id = $2`, class, a.ID))
	}
	edit := func(only string, change func(*booking.ClassRequest)) error {
		c, err := s.Engine.Class(ctx, class)
		if err != nil {
			return err
		}
		r := booking.ClassRequest{ConfirmDate: true, ConfirmConflict: true, StartsAt: c.StartsAt, EndsAt: c.EndsAt}
		change(&r)
		_, err = s.EditClass(ctx, s.Owner, booking.EditRequest{ClassID: class, Class: r, Only: []string{only}})
		return err
	}
	switch what {
	case 0:
		_, err = s.Book(ctx, a, booking.BookRequest{ClassID: class})
	case 1:
		_, err = s.Cancel(ctx, a, booking.CancelRequest{BookingID: seat(), ReasonID: 1})
	case 2:
		_, err = s.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: class})
	case 3:
		entry := s.Int(`select coalesce(max(id), 0) from waitlist_entry where class_id = $1 and person_id = $2`, class, a.ID)
		_, err = s.LeaveWaitlist(ctx, a, booking.LeaveRequest{EntryID: int64(entry)})
	case 4:
		offer := s.Int(`select coalesce(max(o.id), 0) from offer o join waitlist_entry w on w.id = o.entry_id
			where o.class_id = $1 and w.person_id = $2`, class, a.ID)
		_, err = s.AcceptOffer(ctx, a, booking.AcceptRequest{OfferID: int64(offer)})
	case 5:
		err = edit("starts_at", func(r *booking.ClassRequest) {
			shift := time.Duration(random.IntN(9)-4) * 15 * time.Minute
			r.StartsAt, r.EndsAt = r.StartsAt.Add(shift), r.EndsAt.Add(shift)
		})
	case 6:
		err = edit("note", func(r *booking.ClassRequest) { r.Note = fmt.Sprint("Nummer ", random.IntN(1000)) })
	case 7:
		if random.IntN(4) == 0 {
			_, err = s.CancelClass(ctx, s.Owner, booking.CancelClassRequest{ClassID: class})
		} else {
			_, err = s.RestoreClass(ctx, s.Owner, class)
		}
	}
	return err
}

// clockChanges returns the next two instants at which the clocks of the zone change.
func clockChanges(from time.Time, zone *time.Location) (list []time.Time) {
	for at := from.Truncate(time.Hour); len(list) < 2; at = at.Add(time.Hour) {
		_, before := at.Add(-time.Second).In(zone).Zone()
		if _, after := at.In(zone).Zone(); before != after {
			list = append(list, at)
		}
	}
	return list
}

func TestInstantsOfAFeedAreThoseOfTheDatabaseOverBothClockChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 100)
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var classes []int64
	for _, change := range clockChanges(time.Now().Add(24*time.Hour), studio.Zone) {
		for starts := change.Add(-2 * time.Hour); starts.Before(change.Add(2 * time.Hour)); starts = starts.Add(30 * time.Minute) {
			length := 30 * time.Minute
			if starts.Equal(change.Add(-30 * time.Minute)) {
				length = time.Hour // over the change
			} else if starts.Equal(change) {
				continue
			}
			class := s.Class(func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = starts, starts.Add(length) })
			s.book(mia, class)
			classes = append(classes, class)
		}
	}
	events := s.as(visitor).get(s.feedOf(mia)).read()
	if len(events) != len(classes) || len(classes) != 14 {
		t.Fatalf("%d events of %d bookings", len(events), len(classes))
	}
	for _, class := range classes {
		c, err := s.Engine.Class(t.Context(), class)
		if err != nil {
			t.Fatal(err)
		}
		e := events[s.uid(class, mia)]
		start, err := e.DateTimeStart(studio.Zone)
		if err != nil {
			t.Fatal(err)
		}
		end, err := e.DateTimeEnd(studio.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if !start.Equal(c.StartsAt) || !end.Equal(c.EndsAt) {
			t.Errorf("class %d is from %v to %v, the feed says from %v to %v", class, c.StartsAt, c.EndsAt, start, end)
		}
	}
}
