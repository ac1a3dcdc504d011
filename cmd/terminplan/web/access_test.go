package web

import (
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/hub/localredis"
)

// For each way to lose the permission to see a roster, and on each node: names that are added
// afterwards never reach an open page, and its socket is closed. The other rights are in
// TestRightsEndOnEveryNode.
func TestALostPermissionClosesTheRosterOnEveryNode(t *testing.T) {
	t.Parallel()
	type world struct {
		*site
		class int64
		actor booking.Actor // has opened the roster
		other booking.Actor // another instructor
	}
	edit := func(w world, change func(*booking.ClassRequest)) error {
		c, err := w.Engine.Class(t.Context(), w.class)
		if err != nil {
			return err
		}
		r := booking.ClassRequest{
			Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, InstructorID: c.InstructorID, SubstituteID: c.SubstituteID,
			Rules: c.Rules,
		}
		change(&r)
		_, err = w.EditClass(t.Context(), w.Owner, booking.EditRequest{ClassID: w.class, Class: r})
		return err
	}
	ways := []struct {
		name string
		role booking.Role
		gain func(*booking.ClassRequest, booking.Actor)
		end  func(world) error
	}{
		{
			"the class gets another instructor", booking.RoleInstructor,
			func(r *booking.ClassRequest, a booking.Actor) { r.InstructorID = a.ID },
			func(w world) error {
				return edit(w, func(r *booking.ClassRequest) { r.InstructorID = w.other.ID })
			},
		},
		{
			"the substitute is taken off", booking.RoleInstructor,
			func(r *booking.ClassRequest, a booking.Actor) { r.SubstituteID = a.ID },
			func(w world) error { return edit(w, func(r *booking.ClassRequest) { r.SubstituteID = 0 }) },
		},
		{
			"the desk becomes a member", booking.RoleFrontDesk,
			func(*booking.ClassRequest, booking.Actor) {},
			func(w world) error {
				_, err := w.SetRole(t.Context(), w.Owner, w.actor.ID, booking.RoleMember)
				return err
			},
		},
		{
			"the desk is suspended", booking.RoleFrontDesk,
			func(*booking.ClassRequest, booking.Actor) {},
			func(w world) error { _, err := w.Suspend(t.Context(), w.Owner, w.actor.ID); return err },
		},
	}
	nodes := []struct {
		name string
		page func(*site) *site // returns the node that serves the page
	}{
		{"this node", func(s *site) *site { return s }},
		{"another node with hints", func(s *site) *site {
			redis, err := localredis.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(redis.Close)
			return s.node(redis.URL())
		}},
		{"another node without hints", func(s *site) *site {
			redis, err := localredis.Start()
			if err != nil {
				t.Fatal(err)
			}
			n := s.node(redis.URL())
			redis.Close()
			return n
		}},
	}
	for _, way := range ways {
		for _, node := range nodes {
			t.Run(way.name+"/"+node.name, func(t *testing.T) {
				s := newSite(t)
				at := node.page(s)
				w := world{site: s, actor: s.Staff(way.role, "Ina Frueher"), other: s.Staff(booking.RoleInstructor, "Otto Neu")}
				w.class = s.Class(func(r *booking.ClassRequest) { way.gain(r, w.actor) })
				p := at.open(w.actor, path("view=roster&class=%d", w.class))
				p.next(path(`id="roster-%d"`, w.class))
				if err := way.end(w); err != nil {
					t.Fatal(err)
				}
				_, err := s.AddParticipants(
					t.Context(), s.Owner,
					booking.AddRequest{ClassID: w.class, Guests: []booking.Guest{{Name: "Eva Geheim", Email: "eva@example.test"}}},
				)
				if err != nil {
					t.Fatal(err)
				}
				if code := p.ends(); code != 1008 {
					t.Errorf("the socket ends with %d, want 1008", code)
				}
				if p.saw("Geheim") || p.saw("eva@example.test") {
					t.Error("a name that was added afterwards reached the page")
				}
				if !p.saw("signedOut") {
					t.Error("the page got no message before the close")
				}
			})
		}
	}
}

// Other pages of a former instructor stay open, and so do the rosters of other persons.
func TestALostRosterKeepsOtherPagesOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, otto, desk := s.Staff(
		booking.RoleInstructor, "Ina Frueher",
	), s.Staff(booking.RoleInstructor, "Otto Neu"), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID = ina.ID })
	roster, day, at := s.open(ina, path("view=roster&class=%d", class)), s.open(ina, s.scheduleOf(class)), s.open(
		desk, path("view=roster&class=%d", class),
	)
	for _, p := range []*page{roster, at} {
		p.next(path(`id="roster-%d"`, class))
	}
	s.as(s.Owner).json().post(path("/classes/%d/edit", class), s.fieldsOf(class, "instructor", otto.ID)...).wants(200)
	if code := roster.ends(); code != 1008 {
		t.Errorf("the socket ends with %d, want 1008", code)
	}
	if _, err := s.Book(t.Context(), s.Member("Lotte Later", 1), booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	at.next("Later, Lotte")
	for !day.saw(`data-v="3"`) {
		day.next(path(`id="class-%d-staff"`, class))
	}
	if day.saw("Later") {
		t.Error("a name is on the staff's schedule")
	}
}

// The class may not change for hours, so the periodic check also closes rosters.
func TestThePeriodicCheckClosesRosters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, otto := s.Staff(booking.RoleInstructor, "Ina Frueher"), s.Staff(booking.RoleInstructor, "Otto Neu")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID = ina.ID })
	p := s.open(ina, path("view=roster&class=%d", class))
	p.next(path(`id="roster-%d"`, class))
	s.Exec(`update class set instructor_id = $2 where id = $1`, class, otto.ID) // changes no version, so no comparison finds it
	if err := s.server.Live.CheckAccess(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := p.ends(); code != 1008 {
		t.Errorf("the socket ends with %d, want 1008", code)
	}
}

// fieldsOf returns the fields of an edit form of the class, with one of them changed.
func (s *site) fieldsOf(class int64, name string, value int64) []string {
	s.t.Helper()
	c, err := s.Engine.Class(s.t.Context(), class)
	if err != nil {
		s.t.Fatal(err)
	}
	start := c.StartsAt.In(s.zone())
	return []string{
		"title", c.Title, "date", start.Format(time.DateOnly), "time", start.Format("15:04"), "minutes", "60", "online", "true",
		"cost", "1", "capacity", "2", "free_cancel_hours", "24", "waitlist_mode", "offer", "version", path("%d", c.Edited), name,
		path("%d", value),
	}
}

// The role in a node's session cache may be outdated. The database decides whether a roster is
// shown.
func TestARosterNeedsTheRoleInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	s.as(desk).get(path("/classes/%d", class)).wants(200)              // the node caches the session
	s.Exec(`update person set role = 'member' where id = $1`, desk.ID) // as if another node had changed it a moment ago
	_, res, err := s.dial(desk, path("view=roster&class=%d", class), s.url)
	if res == nil || res.StatusCode != 403 {
		t.Errorf("the socket of the roster was not refused: %v %v", res, err)
	}
	if body := s.as(desk).json().get(path("/classes/%d/participants", class)).body; strings.Contains(body, "participants\":") {
		t.Errorf("the participants are shown: %s", short(body))
	}
}
