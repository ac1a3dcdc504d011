//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"terminplan/booking/demo"
)

// impatient has a timeout of three seconds, like a phone.
var impatient = &http.Client{Timeout: 3 * time.Second, Transport: keepAlive()}

// patient has a timeout long enough for a busy machine, for answers that must come.
var patient = &http.Client{Timeout: hangTimeout, Transport: impatient.Transport}

// keepAlive is a transport with enough idle connections for all clients.
func keepAlive() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 30 * time.Second}
}

// dialLive opens a socket for a view, the query of its address.
func dialLive(ctx context.Context, client *http.Client, site, view, token string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, site+"/live?"+view, &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
}

// reply is the answer of a node.
type reply struct {
	Token     string
	PersonID  int64 `json:"person_id"`
	BookingID int64 `json:"booking_id"`
	ClassID   int64 `json:"class_id"`
	Version   int64 // of the class, afterwards
	Code      string

	status int
	id     string // of the request in the node's log
}

// certain reports whether the answer tells the outcome of the request.
func (r reply) certain() bool {
	return r.status < 500 && r.status != http.StatusTooManyRequests && r.status != 0
}

// ask sends a request to a node and reads the answer into reply or into page.
func (s *studio) ask(
	ctx context.Context, client *http.Client, site, method, path, key, token string, body, page any,
) (out reply, err error) {
	s.totals.asked.Add(1)
	text, err := json.Marshal(body)
	if err != nil {
		return out, err
	}
	r, err := http.NewRequestWithContext(ctx, method, site+path, bytes.NewReader(text))
	if err != nil {
		return out, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	began := time.Now()
	res, err := client.Do(r)
	if err != nil {
		client.CloseIdleConnections() // other idle connections are probably dead as well
		return out, err
	}
	defer res.Body.Close()
	s.slowest.note(time.Since(began))
	out.status, out.id = res.StatusCode, res.Header.Get("X-Request-Id")
	if out.status == http.StatusServiceUnavailable {
		s.totals.unavailable.Add(1)
	}
	if out.status >= 500 && (out.status != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "") {
		s.complaints.add("%s %s is answered %d without Retry-After (request %s at %s)", method, path, out.status, out.id, site)
	}
	var answer any = &out
	if page != nil && out.status < 300 {
		answer = page
	}
	return out, json.NewDecoder(res.Body).Decode(answer)
}

// login signs in. It tries often, since checking a password takes long.
func (s *studio) login(ctx context.Context, email string) (token string, id int64, err error) {
	var out reply
	for try := range 20 {
		body := map[string]any{"email": email, "password": demo.Password}
		out, err = s.ask(ctx, patient, s.nodes[try%2].site(false), "POST", "/login", "", "", body, nil)
		if err == nil && out.Token != "" {
			return out.Token, out.PersonID, nil
		}
		pause(ctx, 200*time.Millisecond)
	}
	return "", 0, fmt.Errorf("signing in %s is answered %d: %w", email, out.status, err)
}
