package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
	"terminplan/hub/localredis"
)

// another signs a person in once more.
func (s *site) another(a booking.Actor) ask {
	s.t.Helper()
	in, err := s.SignIn(s.t.Context(), booking.SignInRequest{Email: a.Email, Password: bookingtest.Password, Address: "192.0.2.7"})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.as(booking.Actor{}).json().with("Authorization", "Bearer "+in.Token)
}

func TestThePaceOfChangesIsLimitedPerPersonNotPerSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.mutations = newRateLimiter(1e-9, 3)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	one, two := s.another(anna), s.another(anna)
	for range 2 {
		one.post("/language", "lang", "en").wants(http.StatusOK)
	}
	two.post("/language", "lang", "en").wants(http.StatusOK)
	two.post("/language", "lang", "en").wants(http.StatusTooManyRequests).shows(`"throttled"`)
	one.get("/schedule").wants(http.StatusOK) // reading goes on
	s.another(ben).post("/language", "lang", "en").wants(http.StatusOK)
}

func TestSocketsAreLimitedPerPersonNotPerSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.sockets = newRateLimiter(1e6, 1e6)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	open, refused := 0, 0
	for range 4 { // sessions; each may have 20 sockets
		s.mu.Lock()
		delete(s.tokens, anna.ID)
		s.mu.Unlock()
		for range 20 {
			conn, res, err := s.dial(anna, "view=person", s.url)
			switch {
			case err == nil:
				t.Cleanup(func() { _ = conn.CloseNow() })
				open++
			case res != nil && res.StatusCode == http.StatusTooManyRequests:
				refused++
			default:
				t.Fatal(err)
			}
		}
	}
	if open != 60 || refused != 20 {
		t.Errorf("%d sockets of one person are open and %d were refused, want 60 and 20", open, refused)
	}
	s.open(ben, "view=person").next(`id="balance"`)
}

func TestAttemptsToOpenSocketsAreLimitedPerPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.sockets = newRateLimiter(1e-9, 2)
	anna, ben := s.Member("Anna Arnold", 3), s.Member("Ben Berger", 3)
	s.open(anna, "view=person")
	s.another(anna).get("/live?view=nothing").wants(http.StatusBadRequest) // refused, but an attempt
	_, res, err := s.dial(anna, "view=person", s.url)
	if res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the third attempt: %v, %v, want 429", res, err)
	}
	s.open(ben, "view=person")
}

// A request for a socket that is refused makes nothing that other nodes or later comparisons
// would have to work for.
func TestARefusedSocketCostsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	local, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(local.Close)
	node := s.node(local.URL())
	anna, desk := s.Member("Anna Arnold", 3), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	visible, hidden := s.Class(nil), s.Class(func(r *booking.ClassRequest) { r.Hidden = true })
	tomorrow := day(time.Now().AddDate(0, 0, 1))
	node.as(anna).get("/live?view=schedule&days=42&from=" + tomorrow).wants(http.StatusBadRequest) // no upgrade
	node.as(anna).json().get(path("/live?view=class&class=%d", visible)).wants(http.StatusBadRequest)
	for _, c := range []struct {
		actor booking.Actor
		query string
		want  int
	}{
		{anna, "view=class&class=999999", 404},
		{desk, "view=class&class=999999", 404},
		{anna, path("view=class&class=%d", hidden), 404},
		{anna, path("view=roster&class=%d", hidden), 403},
		{anna, path("view=class&class=%d&from=%s", hidden, tomorrow), 404},
		{anna, "view=schedule&days=42&from=" + day(time.Now().AddDate(-1, -3, 0)), 422},
		{anna, "view=schedule&days=1&from=" + day(time.Now().AddDate(2, 0, 2)), 422},
		{desk, path("view=roster&class=%d&from=2099-01-01", visible), 422},
		{anna, path("view=class&class=%d&from=2001-01-01", visible), 422},
	} {
		_, res, err := node.dial(c.actor, c.query, node.url)
		if res == nil || res.StatusCode != c.want {
			t.Errorf("%s at %s: %v, %v, want %d", c.actor.Name, c.query, res, err, c.want)
		}
	}
	_, res, err := node.dial(anna, "view=schedule&days=42&from="+tomorrow, "http://evil.example")
	if res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("another site: %v, %v, want 403", res, err)
	}

	for range 20 { // as many as a session may have
		node.open(desk, "view=person")
	}
	_, res, err = node.dial(desk, "view=schedule&days=42&from="+tomorrow, node.url)
	if res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one socket too many: %v, %v, want 429", res, err)
	}

	// The channels are subscribed in order, so those of the refused requests would be there.
	node.open(anna, path("view=class&class=%d", visible))
	client, err := hub.OpenRedis(local.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	want := []string{path("class:%d", visible), path("person:%d", anna.ID), path("person:%d", desk.ID)}
	slices.Sort(want)
	ctx, cancel := context.WithTimeout(t.Context(), bookingtest.Patience)
	defer cancel()
	for {
		all, err := client.PubSubChannels(ctx, "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range all {
			if _, name, _ = strings.Cut(name, ":"); !strings.HasPrefix(name, "probe") {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if slices.Contains(got, want[0]) && slices.Contains(got, path("person:%d", anna.ID)) {
			if !slices.Equal(got, want) {
				t.Errorf("the node listens to %q, want %q", got, want)
			}
			return
		}
	}
}

// A member with a seat may follow a hidden class.
func TestAMemberMayFollowTheOwnHiddenClass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Hidden = true })
	if _, err := s.AddParticipants(t.Context(), s.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{anna.ID}}); err != nil {
		t.Fatal(err)
	}
	s.open(anna, path("view=class&class=%d", class)).next(path(`id="sheet-%d-seats"`, class))
}

func TestTheScheduleHasTwoEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	now := time.Now()
	for _, c := range []struct {
		at   time.Time
		want int
	}{
		{now.AddDate(-1, 0, 2), 200},
		{now.AddDate(-1, 0, -2), 422},
		{now.AddDate(2, 0, -2), 200},
		{now.AddDate(2, 0, 2), 422},
		{now.AddDate(-20, 0, 0), 422},
		{now.AddDate(73, 0, 0), 422},
	} {
		for _, view := range []string{"day", "week"} {
			s.as(anna).json().get(path("/schedule?date=%s&view=%s", day(c.at), view)).wants(c.want)
		}
		s.as(s.Owner).json().get("/today?date=" + day(c.at)).wants(c.want)
	}
	s.as(anna).get("/schedule?date=" + day(now.AddDate(3, 0, 0))).wants(422).shows("So weit reicht der Terminplan nicht")

	// The first and the last week have sockets.
	for _, at := range []time.Time{now.AddDate(-1, 0, 2), now.AddDate(2, 0, -2)} {
		body := s.as(anna).get(path("/schedule?date=%s&view=week", day(at))).wants(200).body
		s.open(anna, strings.ReplaceAll(attribute(t, body, `hx-ws:connect="/live?`), "&amp;", "&")).next(`id="balance"`)
	}
}

// The page of an old class has a socket for the class, though not for its day.
func TestTheDeskMayOpenAnOldClass(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	s.MoveStart(class, -500*24*time.Hour)
	body := s.as(s.Owner).get(path("/classes/%d", class)).wants(200).body
	query := strings.ReplaceAll(attribute(t, body, `hx-ws:connect="/live?`), "&amp;", "&")
	s.open(s.Owner, query).next(path(`id="roster-%d"`, class))
}
