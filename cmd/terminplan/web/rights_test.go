package web

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub/localredis"
)

// fate says what becomes of a right.
type fate string

const (
	stays fate = "stays"
	ends  fate = "ends"
)

// ways are the ways to end a right, and what each of them ends: a session, the sockets of its
// pages, an invitation that a manager made, the mark of a known device, the password. The
// rights to a roster are in TestALostPermissionClosesTheRosterOnEveryNode.
var ways = []struct {
	name string
	role booking.Role // of the person
	do   func(w rightsWorld) error

	session, socket, invitation, device, password fate
}{
	{
		"the person logs out", booking.RoleMember,
		func(w rightsWorld) error { return w.SignOut(w.t.Context(), w.token(w.person)) },
		ends, ends, stays, stays, stays,
	},
	{
		"the person ends the session from another device", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.EndSession(w.t.Context(), w.person, w.elsewhere(), w.sessionID(w.token(w.person)), "")
			return err
		},
		ends, ends, stays, ends, stays,
	},
	{
		"the person ends all other sessions", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.EndSession(w.t.Context(), w.person, w.elsewhere(), "", "")
			return err
		},
		ends, ends, stays, ends, stays,
	},
	{
		"the person changes the password on another device", booking.RoleMember,
		func(w rightsWorld) error {
			proof := booking.PasswordProof{Session: w.elsewhere(), Password: bookingtest.Password}
			_, err := w.ChangePassword(w.t.Context(), w.person, proof, another, "")
			return err
		},
		ends, ends, ends, ends, ends,
	},
	{
		"a new password is set with the invitation", booking.RoleMember,
		func(w rightsWorld) error { return w.AcceptInvitation(w.t.Context(), w.code, another, "192.0.2.1") },
		ends, ends, ends, ends, ends,
	},
	{
		"the person is suspended", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.Suspend(w.t.Context(), w.Owner, w.person.ID)
			return err
		},
		ends, ends, ends, ends, ends,
	},
	{
		"the person is erased", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.Erase(w.t.Context(), w.Owner, w.person.ID)
			return err
		},
		ends, ends, ends, ends, ends,
	},
	{
		"the person rises to the staff", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.SetRole(w.t.Context(), w.Owner, w.person.ID, booking.RoleFrontDesk)
			return err
		},
		ends, ends, ends, ends, ends,
	},
	{
		"the person leaves the staff", booking.RoleFrontDesk,
		func(w rightsWorld) error {
			_, err := w.SetRole(w.t.Context(), w.Owner, w.person.ID, booking.RoleMember)
			return err
		},
		stays, ends, stays, stays, stays,
	},
	{
		"the person gets another address", booking.RoleMember,
		func(w rightsWorld) error {
			return w.EditMember(w.t.Context(), w.Owner, booking.MemberEdit{
				PersonID: w.person.ID, Email: "lena.neu@example.test", Only: []string{"email"},
			})
		},
		ends, ends, ends, ends, stays,
	},
	{
		"the maker of the invitation is no manager any more", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.SetRole(w.t.Context(), w.Owner, w.manager.ID, booking.RoleFrontDesk)
			return err
		},
		stays, stays, ends, stays, stays,
	},
	{
		"the maker of the invitation is suspended", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.Suspend(w.t.Context(), w.Owner, w.manager.ID)
			return err
		},
		stays, stays, ends, stays, stays,
	},
	{
		"another invitation is made", booking.RoleMember,
		func(w rightsWorld) error {
			_, err := w.Invite(w.t.Context(), w.Owner, w.person.ID)
			return err
		},
		stays, stays, ends, stays, stays,
	},
}

// rightsWorld is a site whose person has every right of the table.
type rightsWorld struct {
	*site
	person, manager booking.Actor
	code            string // of an invitation by the manager
	known           string // the mark of a device
}

func (w rightsWorld) sessionID(token string) string {
	w.t.Helper()
	_, id, err := w.Session(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// elsewhere begins a session of the person on another device and returns its id.
func (w rightsWorld) elsewhere() string {
	w.t.Helper()
	in, err := w.SignIn(w.t.Context(), booking.SignInRequest{Email: w.person.Email, Password: bookingtest.Password, Address: "192.0.2.8"})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.sessionID(in.Token)
}

// Each way ends what it must end and nothing else: at its own node with the next request, at
// other nodes as soon as they hear of it or look themselves.
func TestRightsEndOnEveryNode(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			redis, err := localredis.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(redis.Close)
			gone, err := localredis.Start()
			if err != nil {
				t.Fatal(err)
			}
			hints, alone := s.node(redis.URL()), s.node(gone.URL())
			gone.Close()
			// The way happens at a node that sends hints, but not to the one that is alone.
			own := s.node(redis.URL())
			w := rightsWorld{site: own, person: s.Staff(way.role, "Lena Recht"), manager: s.Staff(booking.RoleManager, "Mara Leitung")}
			if way.role == booking.RoleMember {
				s.Grant(w.person, 1)
			} else {
				w.manager = s.Staff(booking.RoleOwner, "Oda Zweite") // managers do not invite staff
			}
			in, err := s.Invite(t.Context(), w.manager, w.person.ID)
			if err != nil {
				t.Fatal(err)
			}
			device, err := s.SignIn(t.Context(), booking.SignInRequest{
				Email: w.person.Email, Password: bookingtest.Password, Address: "192.0.2.1",
			})
			if err != nil {
				t.Fatal(err)
			}
			w.code, w.known = in.Code, device.Known
			nodes := []struct {
				name string
				at   *site
			}{{"the own node", own}, {"a node with hints", hints}, {"a node without hints", alone}}
			class := s.Class(nil)
			var sockets []*page
			for _, n := range nodes {
				n.at.as(w.person).get("/profile").wants(http.StatusOK) // now in the cache of the node
				p := n.at.open(w.person, n.at.scheduleOf(class))
				p.next(path(`id="class-%d`, class))
				sockets = append(sockets, p)
			}
			w.Env = &bookingtest.Env{Engine: own.server.engine, T: t, Pool: s.Pool, DSN: s.DSN, Owner: s.Owner}
			if err := way.do(w); err != nil {
				t.Fatal(err)
			}

			if way.socket == ends {
				for i, n := range nodes {
					if code := sockets[i].ends(); code != 1008 {
						t.Errorf("%s: the socket ends with %d, want 1008", n.name, code)
					}
				}
			}
			for i, n := range nodes {
				if got := w.sessionAt(n.at, i == 0, way.session); got != way.session {
					t.Errorf("%s: the session %s, want: it %s", n.name, got, way.session)
				}
			}
			if way.socket == stays {
				if _, err := s.Book(t.Context(), s.Member("Otto Andrer", 1), booking.BookRequest{ClassID: class}); err != nil {
					t.Fatal(err)
				}
				for i := range nodes {
					sockets[i].next(path(`id="class-%d`, class), `data-v="2"`)
				}
			}
			for _, n := range nodes {
				if got := w.deviceAt(n.at); got != way.device {
					t.Errorf("%s: the mark of the device %s, want: it %s", n.name, got, way.device)
				}
			}
			s.Exec(`delete from sign_in_failure`)
			for _, n := range nodes {
				if got := w.passwordAt(n.at); got != way.password {
					t.Errorf("%s: the password %s, want: it %s", n.name, got, way.password)
				}
			}
			for _, n := range nodes { // the first who can use it uses it up
				want := way.invitation
				err := n.at.server.engine.AcceptInvitation(t.Context(), w.code, another, "192.0.2.1")
				got := stays
				if booking.CodeOf(err) == booking.WrongCode {
					got = ends
				} else if err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("%s: the invitation %s, want: it %s", n.name, got, want)
				}
				if got == stays {
					break
				}
			}
		})
	}
}

// sessionAt reports what became of the session. A node that did not do it itself may know
// the session for two seconds more.
func (w rightsWorld) sessionAt(at *site, own bool, want fate) fate {
	for end := time.Now().Add(bookingtest.Patience); ; {
		got := ends
		if at.as(w.person).get("/profile").status == http.StatusOK {
			got = stays
		}
		if own || got == want || time.Now().After(end) {
			return got
		}
	}
}

// deviceAt reports whether strangers who besiege the account keep the person out on the device.
func (w rightsWorld) deviceAt(at *site) fate {
	w.t.Helper()
	email := w.person.Email
	var now string
	err := w.Pool.QueryRow(w.t.Context(), `select coalesce(max(email), '') from person where id = $1`, w.person.ID).Scan(&now)
	if err != nil {
		w.t.Fatal(err)
	}
	if now != "" {
		email = now
	}
	try := func(address, known string) booking.Code {
		_, err := at.server.engine.SignIn(w.t.Context(), booking.SignInRequest{
			Email: email, Password: "geraten!", Address: address, Known: known,
		})
		return booking.CodeOf(err)
	}
	w.Exec(`delete from sign_in_failure`)
	for i := range 5 {
		try(fmt.Sprintf("203.0.113.%d", i), "")
	}
	w.Exec(`update sign_in_failure set blocked_until = clock_timestamp() + interval '1 hour' where failures >= 5`)
	switch code := try("192.0.2.77", w.known); code {
	case booking.WrongPassword:
		return stays
	case booking.Throttled:
		return ends
	default:
		w.t.Fatalf("the device is answered %q", code)
		return ""
	}
}

func (w rightsWorld) passwordAt(at *site) fate {
	w.t.Helper()
	var email string
	err := w.Pool.QueryRow(w.t.Context(), `select coalesce(max(email), '') from person where id = $1`, w.person.ID).Scan(&email)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = at.server.engine.SignIn(w.t.Context(), booking.SignInRequest{
		Email: email, Password: bookingtest.Password, Address: "192.0.2.1",
	})
	switch booking.CodeOf(err) {
	case booking.WrongPassword, booking.Suspended:
		return ends
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return stays
}
