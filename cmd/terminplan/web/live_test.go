package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// page is the socket of an open page with all messages received so far.
type page struct {
	t    *testing.T
	name string
	conn *websocket.Conn
	got  []string
}

func (s *site) open(a booking.Actor, query string) *page {
	s.t.Helper()
	conn, res, err := s.dial(a, query, s.url)
	if err != nil {
		status := 0
		if res != nil {
			status = res.StatusCode
		}
		s.t.Fatalf("%s opens /live?%s: %d %v", a.Name, query, status, err)
	}
	p := &page{t: s.t, name: a.Name, conn: conn}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return p
}

func (s *site) dial(a booking.Actor, query, origin string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{"Accept-Language": {"en"}}
	if origin != "" {
		h.Set("Origin", origin)
	}
	if token := s.token(a); token != "" {
		h.Set("Cookie", "terminplan="+token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bookingtest.Patience)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/live?"+query, &websocket.DialOptions{HTTPHeader: h})
	if conn != nil {
		conn.SetReadLimit(4 << 20)
	}
	return conn, res, err
}

// next reads until a message contains all of these texts.
func (p *page) next(texts ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bookingtest.Patience)
	defer cancel()
	for {
		_, data, err := p.conn.Read(ctx)
		if err != nil {
			p.t.Fatalf("%s waits for %q: %v\nlast: %s", p.name, texts, err, short(strings.Join(p.got, "\n")))
		}
		p.got = append(p.got, string(data))
		found := true
		for _, text := range texts {
			found = found && strings.Contains(string(data), text)
		}
		if found {
			return string(data)
		}
	}
}

// ends reads until the server closes the socket, and returns the close code.
func (p *page) ends() websocket.StatusCode {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bookingtest.Patience)
	defer cancel()
	for {
		_, data, err := p.conn.Read(ctx)
		if err != nil {
			return websocket.CloseStatus(err)
		}
		p.got = append(p.got, string(data))
	}
}

// saw reports whether any message so far contains the text.
func (p *page) saw(text string) bool { return strings.Contains(strings.Join(p.got, "\n"), text) }

func day(t time.Time) string {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return t.In(berlin).Format(time.DateOnly)
}

func (s *site) scheduleOf(class int64) string {
	c, err := s.Engine.Class(context.Background(), class)
	if err != nil {
		s.t.Fatal(err)
	}
	return "view=schedule&days=1&from=" + day(c.StartsAt)
}

func TestAMemberSeesTheBookingOfAnotherAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(nil)
	annas, bens := s.open(anna, s.scheduleOf(class)), s.open(ben, s.scheduleOf(class))
	seats := path(`id="class-%d-seats"`, class)
	annas.next(seats, `data-v="1"`)
	bens.next(seats, `data-v="1"`)

	s.as(anna).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)

	bens.next(seats, `data-v="2"`, `data-state="few"`)
	annas.next(path(`id="class-%d-personal"`, class), `data-personal="booked"`)
	if bens.saw(`data-personal="booked"`) {
		t.Error("Ben's page says that Ben is booked")
	}
}

func TestTheDeskSeesBookingsAndCancellationsLive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, desk := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	p := s.open(desk, path("view=roster&class=%d", class))
	p.next(path(`id="roster-%d"`, class))
	out, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	p.next(path(`id="booking-%d"`, out.BookingID), "Arnold, Anna")
	if _, err := s.CheckIn(t.Context(), desk, booking.CheckInRequest{BookingID: out.BookingID, Present: true}); err != nil {
		t.Fatal(err)
	}
	p.next(path(`id="booking-%d"`, out.BookingID), `aria-pressed="true"`)
}

func TestSocketsNeedPermission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	trainer, other := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Otto Trainer")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID = trainer.ID })
	roster := path("view=roster&class=%d", class)
	for _, c := range []struct {
		name   string
		actor  booking.Actor
		query  string
		origin string
		want   int
	}{
		{"nobody", booking.Actor{}, "view=person", s.url, 401},
		{"a member at the roster", s.Member("Mia Kunde", 0), roster, s.url, 403},
		{"another instructor at the roster", other, roster, s.url, 403},
		{"the instructor", trainer, roster, s.url, 101},
		{"the desk", s.Staff(booking.RoleFrontDesk, "Fred Empfang"), roster, s.url, 101},
		{"the desk at a class that is not there", s.Owner, "view=roster&class=999999", s.url, 404},
		{"a member at a class that is not there", s.Member("Max Kunde", 0), "view=class&class=999999", s.url, 404},
		{"a member at the roster of a class that is not there", s.Member("Mo Kunde", 0), "view=roster&class=999999", s.url, 403},
		{"another site", s.Owner, "view=person", "https://evil.example", 403},
		{"the same host on another scheme", s.Owner, "view=person", strings.Replace(s.url, "http:", "https:", 1), 403},
		{"no origin", s.Owner, "view=person", "", 403},
		{"no view", s.Owner, "", s.url, 422},
		{"an unknown view", s.Owner, "view=everything", s.url, 422},
		{"too many days", s.Owner, "view=schedule&from=2026-11-25&days=1000", s.url, 422},
		{"an id that is none", s.Owner, "view=class&class=-1", s.url, 422},
	} {
		conn, res, err := s.dial(c.actor, c.query, c.origin)
		if res == nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.want)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

func TestSigningOutClosesTheSockets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	p := s.open(anna, "view=person")
	p.next(`id="balance"`)
	s.as(anna).post("/logout").leadsTo("/login")
	if code := p.ends(); code != 1008 {
		t.Errorf("the socket ends with %d, want 1008", code)
	}
	if !p.saw("signedOut") {
		t.Error("the page got no message before the close")
	}
}

func TestALostRoleClosesTheSockets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	p := s.open(desk, path("view=roster&class=%d", class))
	p.next(path(`id="roster-%d"`, class))
	if _, err := s.SetRole(t.Context(), s.Owner, desk.ID, booking.RoleMember); err != nil {
		t.Fatal(err)
	}
	if code := p.ends(); code != 1008 {
		t.Errorf("the socket ends with %d, want 1008", code)
	}
	late := s.Member("Lotte Later", 3)
	if _, err := s.Book(t.Context(), late, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if p.saw("Later") {
		t.Error("a name was sent to a person without the permission to see names")
	}
}

func TestTheComparisonFindsALostHint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(nil)
	p := s.open(anna, s.scheduleOf(class))
	p.next(path(`id="class-%d-seats"`, class), `data-v="1"`)
	// Another node has changed the class, and its hint is lost.
	s.Exec(`update class set title = 'Yoga Sanft', version = version + 1 where id = $1`, class)
	p.next(path(`id="class-%d-seats"`, class), `data-v="2"`, "Yoga Sanft")
}

func TestAClassMovedToAnotherDayUpdatesBothDays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(nil)
	c, err := s.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	later := c.StartsAt.AddDate(0, 0, 1)
	before := s.open(anna, s.scheduleOf(class))
	before.next(path(`id="class-%d-seats"`, class))
	after := s.open(anna, "view=schedule&days=1&from="+day(later))
	after.next(`id="balance"`)
	_, err = s.EditClass(t.Context(), s.Owner, booking.EditRequest{ClassID: class, Class: booking.ClassRequest{
		Title: c.Title, StartsAt: later, EndsAt: later.Add(time.Hour), Rules: c.Rules,
	}})
	if err != nil {
		t.Fatal(err)
	}
	before.next(`data-e="resync"`)
	after.next(path(`id="class-%d-seats"`, class))
}

func TestTheFirstStateOfASocketEqualsThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.JoinWaitlist(t.Context(), ben, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	for _, a := range []booking.Actor{anna, ben} {
		query := s.scheduleOf(class)
		page := s.as(a).get("/schedule?date=" + query[len(query)-len("2026-11-25"):]).wants(http.StatusOK).body
		p := s.open(a, query)
		p.next(path(`id="class-%d-seats"`, class))
		if !p.saw(path(`id="class-%d-personal"`, class)) {
			p.next(path(`id="class-%d-personal"`, class))
		}
		greeting := strings.Join(p.got, "\n")
		for _, id := range []string{"seats", "personal"} {
			element := elementOf(t, greeting, path(`id="class-%d-%s"`, class, id))
			if !strings.Contains(page, element) {
				t.Errorf("%s: page and first state of the socket differ in %s: %s", a.Name, id, element)
			}
		}
	}
}

// elementOf returns the element with this id from a message of partials.
func elementOf(t *testing.T, message, id string) string {
	t.Helper()
	at := strings.Index(message, id)
	if at < 0 {
		t.Fatalf("%s is not in %s", id, short(message))
	}
	start := strings.LastIndex(message[:at], "<")
	end := strings.Index(message[at:], "</hx-partial>")
	return message[start : at+end]
}

func TestASeatAlertDisappearsWhenTheSeatIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	s.as(ben).json().post(path("/classes/%d/waitlist", class), "preference", "ask").wants(http.StatusCreated)
	p := s.open(ben, "view=person")
	p.next(`id="alerts"`)

	s.as(anna).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1").wants(http.StatusOK)

	alert := p.next(`id="alerts"`, "card-offer", "/offers/")
	offer := s.Int(`select id from offer where state = 'open'`)
	if !strings.Contains(alert, path("/offers/%d/acceptance", offer)) {
		t.Errorf("the alert does not lead to offer %d: %s", offer, short(alert))
	}
	s.as(ben).json().post(path("/offers/%d/acceptance", offer), "cost_seen", "1").wants(http.StatusCreated)
	for gone := p.next(`id="alerts"`); strings.Contains(gone, "card-offer"); {
		gone = p.next(`id="alerts"`)
	}
}

func TestASocketSkipsRowsThatThePageShows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(nil)
	body := s.as(anna).get("/schedule?date=" + day(s.start(class))).wants(http.StatusOK).body
	query := strings.ReplaceAll(attribute(t, body, `hx-ws:connect="/live?`), "&amp;", "&")
	first := s.open(anna, query)
	first.next(`id="balance"`)
	if first.saw("-seats") {
		t.Error("the socket sent rows that the page already shows")
	}
	s.as(s.Member("Ben Berger", 3)).json().post(path("/classes/%d/bookings", class)).wants(http.StatusCreated)
	first.next(path(`id="class-%d-seats"`, class), `data-v="2"`)
	s.open(anna, query).next(path(`id="class-%d-seats"`, class), `data-v="2"`)
}
