package web

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

var (
	seats   = regexp.MustCompile(`(?s)<div id="class-(\d+)-seats".*?</div>`)
	version = regexp.MustCompile(` data-v="(\d+)"`)
)

// rowsOf returns the live parts of the classes in a page or a frame, by class.
func rowsOf(html string) map[string]string {
	rows := map[string]string{}
	for _, found := range seats.FindAllStringSubmatch(html, -1) {
		rows[found[1]] = found[0]
	}
	return rows
}

// mirror is an open page of the public schedule, as live.js keeps it.
type mirror struct {
	*page
	node *site
	at   string
	rows map[string]string
}

func (s *site) mirror(class int64) *mirror {
	s.t.Helper()
	m := &mirror{node: s, at: s.planOf(class)}
	m.fetch()
	m.page = s.watch(class)
	return m
}

func (m *mirror) fetch() { m.rows = rowsOf(m.node.as(visitor).get(m.at).wants(200).body) }

// applies puts the rows of a frame that are newer than the shown ones into the page. The page
// fetches itself if the frame asks for it, or has a row that the page lacks.
func (m *mirror) applies(frame string) {
	if strings.Contains(frame, `data-e="resync"`) {
		m.fetch()
		return
	}
	for id, row := range rowsOf(frame) {
		shown := m.rows[id]
		if shown == "" {
			m.fetch()
			return
		}
		if versionOf(row) > versionOf(shown) {
			m.rows[id] = row
		}
	}
}

func versionOf(row string) string {
	digits := version.FindStringSubmatch(row)[1]
	return strings.Repeat("0", 20-len(digits)) + digits
}

// becomes waits until the page shows what a node with empty caches shows.
func (m *mirror) becomes(what string) {
	m.t.Helper()
	for {
		want := rowsOf(m.node.anew(visitor, m.at))
		if maps.Equal(m.rows, want) {
			break
		}
		m.applies(m.next(""))
	}
	if fresh := rowsOf(m.node.as(visitor).get(m.at).wants(200).body); !maps.Equal(m.rows, fresh) {
		m.t.Errorf("after %s the open page shows\n%v\nand a fresh one\n%v", what, m.rows, fresh)
	}
}

// After every kind of change an open page of the public schedule shows what a fresh one shows, at
// the node of the change and at one that gets no hints.
func TestAnOpenPublicScheduleEqualsAFreshOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.pair()
	engine := one.server.engine
	ctx := t.Context()
	ina := s.Staff(booking.RoleInstructor, "Ina Trainer")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Rules.Capacity = ina.ID, 3 })
	other := s.Class(func(r *booking.ClassRequest) { r.Title, r.Rules.Capacity = "Pilates", 20 })
	s.publish()
	for _, n := range []*site{one, two} { // as if the nodes had compared already
		studio, err := s.Studio(ctx)
		if err != nil {
			t.Fatal(err)
		}
		n.server.Live.UpdateSettings(studio)
	}
	open := []*mirror{one.mirror(class), two.mirror(class)}
	edit := func(id int64, change func(*booking.ClassRequest)) func() error {
		return func() error {
			c, err := engine.Class(ctx, id)
			if err != nil {
				return err
			}
			r := booking.ClassRequest{
				Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, InstructorID: c.InstructorID, Rules: c.Rules, Hidden: c.Hidden,
			}
			change(&r)
			_, err = engine.EditClass(ctx, s.Owner, booking.EditRequest{ClassID: id, Class: r, ConfirmBelow: true})
			return err
		}
	}
	var bookings []int64
	book := func() error {
		out, err := engine.Book(ctx, s.Member("Anna Arnold", 9), booking.BookRequest{ClassID: class})
		bookings = append(bookings, out.BookingID)
		return err
	}
	setting := func(change func(*booking.Studio)) func() error {
		return func() error { s.change(change); return nil }
	}
	shift := func(by time.Duration) func(*booking.ClassRequest) {
		return func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = r.StartsAt.Add(by), r.EndsAt.Add(by) }
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"nothing", func() error { return nil }},
		{"a booking", book},
		{"a second booking", book},
		{"the last seat", book},
		{"a place in line", func() error {
			_, err := engine.JoinWaitlist(ctx, s.Member("Willi Warter", 9), booking.JoinRequest{ClassID: class})
			return err
		}},
		{"a cancellation, with an offer", func() error {
			_, err := engine.Cancel(ctx, s.Owner, booking.CancelRequest{BookingID: bookings[0], ReasonID: bookingtest.ReasonIll})
			return err
		}},
		{"more seats", edit(class, func(r *booking.ClassRequest) { r.Rules.Capacity = 30 })},
		{"fewer seats", edit(class, func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })},
		{"another title", edit(other, func(r *booking.ClassRequest) { r.Title = "Pilates <2>" })},
		{"hidden", edit(other, func(r *booking.ClassRequest) { r.Hidden = true })},
		{"shown", edit(other, func(r *booking.ClassRequest) { r.Hidden = false })},
		{"moved to another day", edit(other, shift(48*time.Hour))},
		{"moved back", edit(other, shift(-48*time.Hour))},
		{"a new class", func() error { s.Class(func(r *booking.ClassRequest) { r.Title = "Neu" }); return nil }},
		{"few seats are counted", setting(func(st *booking.Studio) { st.PublicSeats = booking.CountsFew })},
		{"seats are not counted", setting(func(st *booking.Studio) { st.PublicSeats = booking.CountsHidden })},
		{"instructors are not named", setting(func(st *booking.Studio) { st.PublicInstructors = false })},
		{"a booking that changes no word", edit(class, func(r *booking.ClassRequest) { r.Rules.Capacity = 25 })},
		{"everything is said again", setting(func(st *booking.Studio) {
			st.PublicSeats, st.PublicInstructors = booking.CountsExact, true
		})},
		{"the class is cancelled", func() error {
			_, err := engine.CancelClass(ctx, s.Owner, booking.CancelClassRequest{ClassID: class})
			return err
		}},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for _, m := range open {
			m.becomes(step.name)
		}
	}
}
