package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Crowd is the process of those who ask a site, signed in, over connections that
// are kept.
type Crowd struct {
	Addr  string `arg:""`
	Conns int    `arg:""`
	Seed  string `env:"TERMINPLAN_BENCH_SEED" hidden:""`
}

// client is one connection. It asks and reads one answer at a time.
type client struct {
	addr   string
	conn   net.Conn // nil: not opened yet
	reader *bufio.Reader
	asked  time.Time // when it was answered last
}

// restLimit is how long a connection may rest before it is asked again: well below the
// two minutes after which a node closes one that is silent.
const restLimit = 30 * time.Second

// wake opens the connections that are not open, and tries those that have rested for
// long. A node gives a new connection five seconds to say something, which a busy
// machine needs to open some hundred of them: so each of them asks at once. What is
// measured afterwards finds all of them at work.
func wake(clients []*client) error {
	for i, c := range clients {
		if c.conn != nil && time.Since(c.asked) < restLimit {
			continue
		}
		if c.conn != nil && c.greet() == nil {
			continue
		}
		if err := c.open(); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return nil
}

// open connects anew.
func (c *client) open() error {
	c.close()
	conn, err := net.DialTimeout("tcp", c.addr, patience)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 16<<10)
	return c.greet()
}

// greet asks for what costs a node the least and needs no session.
func (c *client) greet() error {
	_, _, err := c.ask([]byte("GET /healthz HTTP/1.1\r\nHost: " + c.addr + "\r\n\r\n"))
	return err
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// Ask is that process: it connects and obeys until in ends.
func Ask(o Crowd, in io.Reader, out io.Writer) error {
	clients := make([]*client, o.Conns)
	for i := range clients {
		clients[i] = &client{addr: o.Addr}
		defer clients[i].close()
	}
	if err := wake(clients); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	return obey(in, out, func(order order) (string, error) {
		var a, b, c int64
		switch order.verb {
		case "book": // a class, the first session, how many members
			if err := order.numbers(&a, &b, &c); err != nil {
				return "", err
			}
			return o.book(clients, a, int(b), int(c))
		case "get": // an address, for so many milliseconds, the first session
			if len(order.args) != 3 {
				return "", fmt.Errorf("get what?")
			}
			path := order.args[0]
			order.args = order.args[1:]
			if err := order.numbers(&a, &b); err != nil {
				return "", err
			}
			return o.get(clients, path, time.Duration(a)*time.Millisecond, int(b))
		}
		return "", fmt.Errorf("what is %q?", order.verb)
	})
}

// book has n members click on the same class, each once, as fast as the connections
// take it. It answers when that began and ended, and how many have a seat and how
// many were told that it is full.
func (o Crowd) book(clients []*client, class int64, first, n int) (string, error) {
	requests := make([][]byte, n)
	for i := range requests {
		const body = `{"intent":"book"}`
		requests[i] = fmt.Appendf(nil, "POST /classes/%d/bookings HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nSec-Fetch-Site: same-origin\r\nAuthorization: Bearer %s\r\n"+
			"Accept: application/json\r\nContent-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
			class, o.Addr, o.Addr, sessionToken(o.Seed, first+i), uuid.NewString(), len(body), body)
	}
	clients = clients[:min(len(clients), n)]
	if err := wake(clients); err != nil {
		return "", err
	}
	var next, booked, full atomic.Int64
	began := time.Now()
	err := together(len(clients), func(k int) error {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			status, body, err := clients[k].ask(requests[i])
			switch {
			case err != nil:
				return err
			case status == http.StatusCreated:
				booked.Add(1)
			case status == http.StatusConflict && bytes.Contains(body, []byte(`"code":"full"`)):
				full.Add(1)
			default:
				return fmt.Errorf("a click is answered with %d: %.200s", status, body)
			}
		}
		return nil
	})
	return fmt.Sprint(began.UnixNano(), time.Now().UnixNano(), booked.Load(), full.Load()), err
}

// get asks for a page again and again, as a browser does, and answers how often and
// how long it is.
func (o Crowd) get(clients []*client, path string, long time.Duration, first int) (string, error) {
	if err := wake(clients); err != nil {
		return "", err
	}
	var answers, size atomic.Int64
	end := time.Now().Add(long)
	err := together(len(clients), func(k int) error {
		request := pageRequest(o.Addr, path, sessionToken(o.Seed, first+k))
		for time.Now().Before(end) {
			status, body, err := clients[k].ask(request)
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("%s is answered with %d: %w", path, status, err)
			}
			answers.Add(1)
			size.Store(int64(len(body)))
		}
		return nil
	})
	return fmt.Sprint(answers.Load(), size.Load()), err
}

func pageRequest(addr, path, token string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"+
		"Accept-Language: de\r\nAccept-Encoding: gzip\r\nCookie: terminplan=%s\r\n\r\n", path, addr, token)
}

// ask writes a request and reads its answer. The body is as it came.
func (c *client) ask(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(answer.Body)
	c.asked = time.Now()
	return answer.StatusCode, body, err
}
