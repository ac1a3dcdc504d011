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

// lobby switches the board on and returns its path.
func (s *site) lobby(change ...func(*booking.Board)) string {
	s.t.Helper()
	b := booking.Board{On: true, Instructors: true, Waiting: true, Seconds: 20}
	for _, one := range change {
		one(&b)
	}
	now, err := s.EditBoard(context.Background(), s.Owner, b)
	if err != nil {
		s.t.Fatal(err)
	}
	return boardPath(now)
}

func (s *site) dialBoard(at, origin string) (*websocket.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bookingtest.Patience)
	defer cancel()
	return websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+at+"/live",
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
}

// hang opens a board on the wall.
func (s *site) hang(at string) *page {
	s.t.Helper()
	conn, _, err := s.dialBoard(at, s.url)
	if err != nil {
		s.t.Fatalf("the board opens its socket: %v", err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &page{t: s.t, name: "the board", conn: conn}
}

var visitor = booking.Actor{}

func TestTheBoardShowsChangesToEverybodyWithItsAddressAndNoNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, willi := s.Member("Anna Arnold", 3), s.Member("Willi Warter", 3)
	desk := s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	soon := time.Now().Add(time.Hour)
	class := s.Class(func(r *booking.ClassRequest) {
		r.Title, r.StartsAt, r.EndsAt, r.Rules.Capacity = "Abendkurs", soon, soon.Add(time.Hour), 2
	})
	hidden := s.Class(func(r *booking.ClassRequest) {
		r.Title, r.StartsAt, r.EndsAt, r.Hidden = "Geheimkurs", soon, soon.Add(time.Hour), true
	})
	at := s.lobby()
	wall := s.hang(at)
	wall.next(path(`id="class-%d-board"`, class), `<b class="n">2</b>`)

	if err := s.server.Live.CheckAccess(t.Context()); err != nil { // a board has no session that could end
		t.Fatal(err)
	}
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	wall.next(path(`id="class-%d-board"`, class), `<b class="n">1</b>`)
	add := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Gerda Gast"}}}
	if _, err := s.AddParticipants(t.Context(), desk, add); err != nil {
		t.Fatal(err)
	}
	if _, err := s.JoinWaitlist(t.Context(), willi, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	wall.next(path(`id="class-%d-board"`, class), "Ausgebucht", "1 wartet")

	shown := s.as(visitor).get(at).wants(http.StatusOK).shows("Abendkurs", "Ausgebucht", "1 wartet", `<path d="M`)
	shown.hides("Geheimkurs", path("class-%d-", hidden))
	for _, name := range []string{"Anna", "Arnold", "Willi", "Warter", "Gerda", "Gast", "Fred", "Geheimkurs"} {
		shown.hides(name)
		if wall.saw(name) {
			t.Errorf("the socket of the board said %q", name)
		}
	}
	for header, want := range map[string]string{
		"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store",
	} {
		if got := shown.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	// The board speaks the language of the studio, not that of a browser, unless its address says so.
	s.as(visitor).get(at+"?lang=en").wants(http.StatusOK).shows(`<html lang="en"`, "1 waiting")
}

func TestABoardThatIsOffOrHasAnotherSecretIsNotFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, at := range []string{"/board/", "/board/x", "/board//live", "/board/x/live"} {
		if r := s.as(visitor).get(at); r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
			t.Errorf("%s before the board was ever on: %d", at, r.status)
		}
	}
	at := s.lobby()
	for _, wrong := range []string{at[:len(at)-1], at + "x", strings.ToUpper(at[len("/board/"):]), "/board/%00", "/board/'or'1"} {
		if r := s.as(s.Owner).get("/board/" + strings.TrimPrefix(wrong, "/board/")); r.status == http.StatusOK {
			t.Errorf("%s opens the board", wrong)
		}
	}
	if _, res, err := s.dialBoard(at+"x", s.url); err == nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a socket with a wrong secret: %v", err)
	}
	if _, res, err := s.dialBoard(at, "https://evil.example"); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a socket from another site: %v", err)
	}
	s.lobby(func(b *booking.Board) { b.On = false })
	s.as(visitor).get(at).wants(http.StatusNotFound)
	if again := s.lobby(); again != at {
		t.Errorf("a board that is on again has the address %s, before %s", again, at)
	}
}

func TestANewAddressEndsTheBoardsWithTheFormerOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.lobby()
	here := s.hang(at)
	s.as(s.Owner).get("/settings/board").wants(http.StatusOK).shows(s.url + at)
	s.as(s.Owner).post("/settings/board/reset", "former", strings.TrimPrefix(at, "/board/")).leadsTo("/settings/board")
	if code := here.ends(); code != 1008 || !here.saw("signedOut") {
		t.Errorf("the socket ends with %d after %q, want 1008 and a message before", code, here.got)
	}
	s.as(visitor).get(at).wants(http.StatusNotFound)
	s.as(s.Owner).get("/settings/board").wants(http.StatusOK).hides(at)
	again, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).post("/settings/board/reset", "former", strings.TrimPrefix(at, "/board/")) // the form is sent twice
	s.as(visitor).get(boardPath(again.Board)).wants(http.StatusOK)
	if n := s.Int(`select count(*) from history where verb = 'reset_board' and details::text like '%' || $1 || '%'`,
		strings.TrimPrefix(at, "/board/")); n != 0 {
		t.Error("the history names the secret")
	}

	// A node that did not change it itself finds out within a second.
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := s.hang(boardPath(studio.Board))
	if _, err := s.ResetBoard(t.Context(), s.Owner, studio.Board.Secret); err != nil {
		t.Fatal(err)
	}
	if code := there.ends(); code != 1008 {
		t.Errorf("the socket ends with %d, want 1008", code)
	}
}

func TestTheSettingsOfTheBoardDecideWhatItShows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina := s.Staff(booking.RoleInstructor, "Ina Trainer")
	soon := time.Now().Add(time.Hour)
	s.Class(func(r *booking.ClassRequest) {
		r.StartsAt, r.EndsAt, r.InstructorID = soon, soon.Add(time.Hour), ina.ID
	})
	s.as(s.Owner).post("/settings/board", "on", "1").leadsTo("/settings/board")
	s.as(s.Owner).post("/settings/board", "form", "shown", "instructors", "1", "board_seconds", "30").leadsTo("/settings/board")
	studio, err := s.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b := studio.Board; !b.On || !b.Instructors || b.Waiting || b.Daylight || b.Seconds != 30 {
		t.Errorf("the board is %+v", b)
	}
	at := boardPath(studio.Board)
	s.as(visitor).get(at).wants(http.StatusOK).shows("Ina", `data-seconds="30"`)
	wall := s.hang(at)
	wall.next("-board")
	s.as(s.Owner).post("/settings/board", "form", "shown", "board_seconds", "30").leadsTo("/settings/board")
	wall.next(`data-e="resync"`) // the board fetches its page
	s.as(visitor).get(at).wants(http.StatusOK).hides("Ina")
	s.as(s.Owner).post("/settings/board", "form", "shown", "board_seconds", "1").wants(http.StatusUnprocessableEntity).
		shows(`id="board_seconds-error"`)
}
