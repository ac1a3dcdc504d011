package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/hub"
	"terminplan/templates"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }

// A page that opens reads its class, perhaps in a newer version than other pages have. An open
// roster of the class must be updated then, since the comparison finds no difference any more.
func TestAReadForOnePageUpdatesAnOpenRoster(t *testing.T) {
	env := bookingtest.New(t)
	desk := env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class, anna := env.Class(nil), env.Member("Anna Arnold", 1)
	in, err := env.SignIn(t.Context(), booking.SignInRequest{Email: desk.Email, Password: bookingtest.Password, Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(in.Token))
	pages, socket := openRoster(t, env, class, desk, hex.EncodeToString(sum[:]))
	waitFor(t, socket, `data-v="1"`)

	// Another node books, and its hint is lost, so this node has no mark.
	if _, err := env.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	if err := pages.refreshClasses(t.Context(), []int64{class}); err != nil { // as in loadClass
		t.Fatal(err)
	}
	waitFor(t, socket, "Arnold, Anna")
}

// openRoster serves the roster of a class to one socket. The loop of the Pages does not run,
// so that the test controls each read.
func openRoster(t *testing.T, env *bookingtest.Env, class int64, a booking.Actor, session string) (*Pages, *websocket.Conn) {
	t.Helper()
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	studio, err := env.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	h := hub.New(hub.Options{Log: quiet})
	pages := New(Options{Engine: env.Engine, Hub: h, Templates: set, Studio: studio, Log: quiet})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		view := View{Class: class, Roster: class, Lang: templates.German}
		if err := pages.Serve(w, r, view, Viewer{Session: session, Actor: a}); err != nil {
			t.Error(err)
		}
	}))
	ctx, stop := context.WithCancel(context.Background())
	var loops errgroup.Group
	loops.Go(func() error { return h.Run(ctx) })
	t.Cleanup(func() {
		stop()
		if err := loops.Wait(); err != nil {
			t.Error(err)
		}
		site.Close()
	})
	socket, _, err := websocket.Dial(
		t.Context(), strings.Replace(site.URL, "http", "ws", 1), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {site.URL}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	socket.SetReadLimit(4 << 20)
	return pages, socket
}

// waitFor reads messages until one about the roster contains the text.
func waitFor(t *testing.T, socket *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bookingtest.Patience)
	defer cancel()
	for {
		_, data, err := socket.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %q: %v", text, err)
		}
		if strings.Contains(string(data), "roster-") && strings.Contains(string(data), text) {
			return
		}
	}
}
