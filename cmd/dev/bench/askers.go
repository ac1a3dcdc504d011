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

// askersCmd is the process that sends requests of signed-in members to a site, over
// connections that stay open.
type askersCmd struct {
	Addr  string `arg:""`
	Conns int    `arg:""`
	Seed  string `env:"TERMINPLAN_BENCH_SEED" hidden:""`
}

// client is one connection. It sends one request at a time.
type client struct {
	addr   string
	conn   net.Conn // nil: not opened yet
	reader *bufio.Reader
	asked  time.Time // of the latest answer
}

// idleLimit is how long a connection may be idle before it is probed: well below the two
// minutes after which a node closes an idle connection.
const idleLimit = 30 * time.Second

// openAll opens the connections that are not open and probes the idle ones. A node closes a
// new connection that sends nothing for five seconds, and a busy machine takes that long to
// open some hundred connections, so each connection sends a probe at once. The measurement
// then starts with connections that are open and in use.
func openAll(clients []*client) error {
	for i, c := range clients {
		if c.conn != nil && time.Since(c.asked) < idleLimit {
			continue
		}
		if c.conn != nil && c.probe() == nil {
			continue
		}
		if err := c.open(); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return nil
}

// open replaces the connection by a new one.
func (c *client) open() error {
	c.close()
	conn, err := net.DialTimeout("tcp", c.addr, patience)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 16<<10)
	return c.probe()
}

// probe sends the cheapest request that needs no session.
func (c *client) probe() error {
	_, _, err := c.ask([]byte("GET /healthz HTTP/1.1\r\nHost: " + c.addr + "\r\n\r\n"))
	return err
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// ask opens all connections and answers commands until in ends.
func ask(o askersCmd, in io.Reader, out io.Writer) error {
	clients := make([]*client, o.Conns)
	for i := range clients {
		clients[i] = &client{addr: o.Addr}
		defer clients[i].close()
	}
	if err := openAll(clients); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	return serveCommands(in, out, func(cmd command) (string, error) {
		var a, b, c int64
		switch cmd.verb {
		case "book": // a class, the first session, how many members
			if err := cmd.numbers(&a, &b, &c); err != nil {
				return "", err
			}
			return o.book(clients, a, int(b), int(c))
		case "get": // a path, for how many milliseconds, the first session
			if len(cmd.args) != 3 {
				return "", fmt.Errorf("get needs a path and two numbers")
			}
			path := cmd.args[0]
			cmd.args = cmd.args[1:]
			if err := cmd.numbers(&a, &b); err != nil {
				return "", err
			}
			return o.get(clients, path, time.Duration(a)*time.Millisecond, int(b))
		}
		return "", fmt.Errorf("unknown command %q", cmd.verb)
	})
}

// book sends a booking of the same class for each of n members, as fast as the connections
// take them. The answer is when that began and ended, how many members have a seat and how
// many were told that the class is full.
func (o askersCmd) book(clients []*client, class int64, first, n int) (string, error) {
	requests := make([][]byte, n)
	for i := range requests {
		const body = `{"intent":"book"}`
		requests[i] = fmt.Appendf(nil, "POST /classes/%d/bookings HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\n"+
			"Sec-Fetch-Site: same-origin\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n"+
			"Content-Type: application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
			class, o.Addr, o.Addr, sessionToken(o.Seed, first+i), uuid.NewString(), len(body), body)
	}
	clients = clients[:min(len(clients), n)]
	if err := openAll(clients); err != nil {
		return "", err
	}
	var next, booked, full atomic.Int64
	began := time.Now()
	err := parallel(len(clients), func(k int) error {
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
				return fmt.Errorf("a booking is answered with %d: %.200s", status, body)
			}
		}
		return nil
	})
	return fmt.Sprint(began.UnixNano(), time.Now().UnixNano(), booked.Load(), full.Load()), err
}

// get requests a page again and again with the headers of a browser. The answer is how
// many responses came and how long a body is.
func (o askersCmd) get(clients []*client, path string, long time.Duration, first int) (string, error) {
	if err := openAll(clients); err != nil {
		return "", err
	}
	var answers, size atomic.Int64
	end := time.Now().Add(long)
	err := parallel(len(clients), func(k int) error {
		request := pageRequest(o.Addr, path, sessionToken(o.Seed, first+k), "gzip")
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

func pageRequest(addr, path, token, encoding string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"+
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"+
		"Accept-Language: de\r\nAccept-Encoding: %s\r\nCookie: terminplan=%s\r\n\r\n", path, addr, encoding, token)
}

// ask writes a request and reads the response. The body is not decoded.
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
