//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"terminplan/booking/demo"
)

// member books, cancels and waits, at either node, and never gives up a click
// before it is answered for certain.
type member struct {
	email, token string
	number       uint64
	sites        [2]string

	clicks, asked int

	mu        sync.Mutex
	acked     map[string]ack // by the key of the click
	last      string         // the key of the last confirmation
	different []string
}

// ack is what was confirmed.
type ack struct {
	result    string // as the database calls it: booked, cancelled
	bookingID int64
	path      string
	body      map[string]any
}

var impatient = &http.Client{Timeout: 3 * time.Second}

func (m *member) signIn(ctx context.Context) error {
	var in struct{ Token string }
	status, err := m.ask(ctx, 0, "POST", "/login", "", map[string]any{"email": m.email, "password": demo.Password}, &in)
	if err == nil && in.Token == "" {
		err = fmt.Errorf("%s is answered %d", m.email, status)
	}
	m.token = in.Token
	return err
}

// click goes on until ctx ends.
func (m *member) click(ctx context.Context, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1+m.number))
	for ctx.Err() == nil {
		pause(ctx, time.Duration(20+random.IntN(60))*time.Millisecond) // as a person does
		var plan struct {
			Classes []struct {
				ID, Free int64
				Phase    string
				Mine     struct {
					Booking *struct{ ID int64 }
					Entry   *struct{ ID int64 } `json:"waitlist_entry"`
					Block   *struct{ Code string }
				}
			}
		}
		day := time.Now().AddDate(0, 0, random.IntN(4)).Format(time.DateOnly)
		if _, err := m.ask(ctx, random.IntN(2), "GET", "/schedule?date="+day, "", nil, &plan); err != nil || len(plan.Classes) == 0 {
			continue
		}
		c := plan.Classes[random.IntN(len(plan.Classes))]
		switch {
		case c.Phase != "open" && c.Phase != "late":
		case c.Mine.Booking != nil:
			m.insist(ctx, random, "cancelled", fmt.Sprintf("/bookings/%d/cancellation", c.Mine.Booking.ID), map[string]any{"reason": 1})
		case c.Mine.Entry != nil || c.Mine.Block != nil && c.Free > 0:
		case c.Free > 0:
			m.insist(ctx, random, "booked", fmt.Sprintf("/classes/%d/bookings", c.ID), map[string]any{})
		default:
			m.insist(ctx, random, "waiting", fmt.Sprintf("/classes/%d/waitlist", c.ID), map[string]any{"preference": "ask"})
		}
		m.repeat(ctx, random)
	}
}

// insist asks, at one node or the other, until the answer is certain.
func (m *member) insist(ctx context.Context, random *rand.Rand, result, path string, body map[string]any) {
	m.clicks++
	key := uuid.NewString()
	for ctx.Err() == nil {
		var out struct {
			BookingID int64 `json:"booking_id"`
		}
		status, err := m.ask(ctx, random.IntN(2), "POST", path, key, body, &out)
		if err != nil || status >= 500 || status == http.StatusTooManyRequests {
			pause(ctx, time.Duration(50+random.IntN(200))*time.Millisecond)
			continue
		}
		if status < 300 && result != "waiting" && out.BookingID != 0 {
			m.mu.Lock()
			m.acked[key], m.last = ack{result, out.BookingID, path, body}, key
			m.mu.Unlock()
		}
		return
	}
}

// repeat sends the last confirmed click again, as a proxy would: it must be
// answered the same.
func (m *member) repeat(ctx context.Context, random *rand.Rand) {
	if m.last == "" || random.IntN(4) > 0 {
		return
	}
	a := m.acked[m.last]
	var out struct {
		BookingID int64 `json:"booking_id"`
	}
	status, err := m.ask(ctx, random.IntN(2), "POST", a.path, m.last, a.body, &out)
	if err != nil || status >= 500 || status == http.StatusTooManyRequests {
		return // not certain, so it says nothing
	}
	if status >= 300 || out.BookingID != a.bookingID {
		m.mu.Lock()
		m.different = append(m.different, fmt.Sprintf("%s: %s %d was confirmed, and the repeat is answered %d for booking %d", m.email, a.result, a.bookingID, status, out.BookingID))
		m.mu.Unlock()
	}
}

// confirmed is a copy of what was confirmed so far.
func (m *member) confirmed() map[string]ack {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.acked)
}

func (m *member) contradictions() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.different
	m.different = nil
	return list
}

func (m *member) ask(ctx context.Context, node int, method, path, key string, body, answer any) (status int, err error) {
	m.asked++
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, method, m.sites[node]+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if m.token != "" {
		r.Header.Set("Authorization", "Bearer "+m.token)
	}
	res, err := impatient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.NewDecoder(res.Body).Decode(answer)
}
