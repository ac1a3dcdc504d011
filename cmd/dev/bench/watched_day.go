package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"terminplan/booking"
)

// The watchers of nodes show a day with some classes. Bookings change one of them.

const (
	dayClasses = 20
	watchedDay = 30 // days ahead
)

// watched is that day of a site, and the class that changes.
type watched struct {
	*site
	date  string
	class int64
	next  int // number of the member who books next
}

func (s *site) watch(ctx context.Context, days int) (*watched, error) {
	w := &watched{site: s}
	for i := range dayClasses {
		at := time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Add(6*time.Hour + time.Duration(i)*45*time.Minute)
		id, err := s.classAt(ctx, at, 1000)
		if err != nil {
			return nil, err
		}
		w.class, w.date = id, at.Format(time.DateOnly)
	}
	return w, nil
}

// view is the socket's query of a page that was loaded before anything changed. Its versions
// are old, so that a socket is sent every row when it connects.
func (w *watched) view() string { return "view=schedule&days=1&seen=before&from=" + w.date }

// stateSize returns how many bytes a node sends a new socket first.
func (w *watched) stateSize(ctx context.Context, addr string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	header := http.Header{"Origin": {"http://" + addr}, "Cookie": {"terminplan=" + sessionToken(w.seed, w.others())}}
	socket, _, err := websocket.Dial(ctx, "ws://"+addr+"/live?"+w.view(), &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return 0, err
	}
	defer func() { _ = socket.CloseNow() }()
	socket.SetReadLimit(-1)
	row := fmt.Appendf(nil, `id="class-%d-seats"`, w.class)
	for {
		_, text, err := socket.Read(ctx)
		if err != nil || bytes.Contains(text, row) { // a heartbeat may come before it
			return len(text), err
		}
	}
}

// watchers opens the screens of members at a node.
func (r *run) watchers(ctx context.Context, w *watched, addr string, perSession int, more ...string) (*process, error) {
	args := append([]string{
		"bench-watchers", "node", addr, fmt.Sprint(r.screensWanted),
		"--view=" + w.view(), fmt.Sprint("--per-session=", perSession), fmt.Sprint("--first-token=", w.others()),
	}, more...)
	p, _, err := spawn(ctx, "", w.env(), r.program, args...)
	return p, err
}

// marker is the text that contains the version of the class in an update.
func (w *watched) marker(version int64) string {
	return fmt.Sprintf(`id="class-%d-seats" class="what" data-e="%s" data-v="%d"`, w.class, w.engine.Epoch(), version)
}

// expect sets the version after the present one as the marker of the watchers.
func (w *watched) expect(ctx context.Context, watchers *process) error {
	c, err := w.engine.Class(ctx, w.class)
	if err != nil {
		return err
	}
	return watchers.call(fmt.Sprintf("expect %x", w.marker(c.Version+1)))
}

// click books over HTTP for one member and returns the time of the request.
func (w *watched) click(members *process) (time.Time, error) {
	var began, ended int64
	var booked, full int
	err := members.call(fmt.Sprint("book ", w.class, " ", w.others()+w.next, " 1"), &began, &ended, &booked, &full)
	w.next++
	if err == nil && booked != 1 {
		err = fmt.Errorf("a click gets no seat: %w", &booking.Error{Code: booking.Full})
	}
	return time.Unix(0, began), err
}
