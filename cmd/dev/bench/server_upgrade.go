package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/coder/websocket"

	"terminplan/cmd/terminplan/web"
)

// upgrade makes every request a WebSocket, with the library and the options of the hub, and
// sends it one frame. It knows no sessions, topics or classes. It is the limit of the part
// "reconnects".
type upgrade struct {
	state atomic.Pointer[[]byte] // the text of the frame
}

// serveUpgrades answers on l until in ends.
func serveUpgrades(ctx context.Context, l net.Listener, in io.Reader, out io.Writer) error {
	u := &upgrade{}
	u.state.Store(&[]byte{})
	server := web.NewHTTPServer(u, slog.New(slog.DiscardHandler))
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	defer server.Close()
	go func() { _ = server.Serve(l) }()
	fmt.Fprintln(out, l.Addr())
	return serveCommands(in, out, func(c command) (string, error) {
		if c.verb != "state" {
			return commonCommand(c)
		}
		var version, size int64
		err := c.numbers(&version, &size)
		end := mark(version) // where the newest class is in the state of a node, too
		text := []byte(strings.Repeat("x", max(0, int(size)-len(end))) + end)
		u.state.Store(&text)
		return "ok", err
	})
}

func (u *upgrade) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = socket.CloseNow() }()
	if err := socket.Write(r.Context(), websocket.MessageText, *u.state.Load()); err != nil {
		return
	}
	_, _, _ = socket.Reader(r.Context()) // until the connection ends
}
