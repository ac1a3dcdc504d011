//go:build unix

package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// closedWithin is how long a node may keep a socket that reads nothing: five seconds after the
// last byte that the system took, and systems still take some bytes for such a reader.
const closedWithin = 10 * time.Second

// stallReaders opens sockets that read nothing and some that read a few bytes a second, for
// views that are larger than the buffers of the system. It waits until the node has closed
// the sockets that read nothing.
func stallReaders(ctx context.Context, s *studio, random *rand.Rand) (string, error) {
	const nothing, little = 5, 5
	n := s.anyNode(random)
	before, err := n.measured(ctx, "terminplan_live_slow_closed_total")
	if err != nil {
		return "", err
	}
	for i := range nothing + little {
		speed := 0
		if i >= nothing {
			speed = 500
		}
		socket, err := dialSlowly(ctx, n, s.desk.token, speed)
		if err != nil {
			return "", fmt.Errorf("opening a slow socket: %w", err)
		}
		defer socket.CloseNow()
	}
	var full time.Time
	for began := time.Now(); ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		slow, err := n.measured(ctx, "terminplan_live_slow")
		if err != nil {
			return "", err
		}
		closed, err := n.measured(ctx, "terminplan_live_slow_closed_total")
		if err != nil {
			return "", err
		}
		if full.IsZero() && slow+closed-before >= nothing {
			full = time.Now()
		}
		switch {
		case closed-before >= nothing:
			after := time.Since(full).Round(100 * time.Millisecond)
			return fmt.Sprintf("all %d that read nothing were closed %s after they were full", nothing, after), nil
		case !full.IsZero() && time.Since(full) > s.atLeast(closedWithin):
			s.complaints.add(
				"only %d of %d sockets that read nothing were closed within %s", closed-before, nothing, s.atLeast(closedWithin),
			)
			return "", nil
		case time.Since(began) > hangTimeout:
			after := time.Since(began).Round(time.Second)
			return "", fmt.Errorf("only %d of %d sockets that read nothing are slow after %s", slow+closed-before, nothing, after)
		}
	}
	return "", ctx.Err()
}

// dialSlowly opens a socket with small system buffers for unread bytes.
func dialSlowly(ctx context.Context, n *node, token string, perSecond int) (*websocket.Conn, error) {
	// Small segments and a small window; a loopback connection buffers megabytes otherwise.
	dialer := &net.Dialer{Timeout: hangTimeout, Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) {
			err = errors.Join(
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536),
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10),
			)
		})
		return errors.Join(failed, err)
	}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	from := time.Now().Format(time.DateOnly)
	socket, _, err := dialLive(ctx, client, n.site(true), "view=schedule&days=42&from="+from, token)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(-1)
	if perSecond > 0 {
		go readSlowly(ctx, socket, perSecond)
	}
	return socket, nil
}

// readSlowly reads that many bytes a second until the socket ends.
func readSlowly(ctx context.Context, socket *websocket.Conn, perSecond int) {
	for buf := make([]byte, max(1, perSecond/10)); ; {
		_, message, err := socket.Reader(ctx)
		if err != nil {
			return
		}
		for err == nil {
			pause(ctx, 100*time.Millisecond)
			_, err = message.Read(buf)
		}
	}
}

// measured reads one of the node's metrics.
func (n *node) measured(ctx context.Context, name string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+n.metrics+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := patient.Do(r)
	if err != nil {
		return 0, fmt.Errorf("reading metrics of %s: %w", n.name, err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			return int(value), err
		}
	}
	return 0, fmt.Errorf("%s has no metric %s", n.name, name)
}
