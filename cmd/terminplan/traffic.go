package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"

	"terminplan/booking/demo"
)

// simulate lets members of the demo book and cancel through HTTP, so that a single visitor
// sees seat counts change. It ends with ctx. Refusals are expected and ignored.
func simulate(ctx context.Context, site, host string, log *slog.Logger) error {
	var members []*simulated
	for _, email := range demo.Extras() {
		m := &simulated{site: site, host: host}
		if err := m.signIn(ctx, email); err != nil {
			if ctx.Err() == nil {
				log.Warn("a simulated member cannot sign in", "err", err)
			}
			continue
		}
		members = append(members, m)
	}
	for len(members) > 0 {
		pause := time.Duration(1000+rand.IntN(3000)) * time.Millisecond
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		if err := members[rand.IntN(len(members))].act(ctx); err != nil && ctx.Err() == nil {
			log.Warn("simulated traffic", "err", err)
		}
	}
	return nil
}

type simulated struct {
	site  string
	host  string // for the header; empty: that of the site
	token string
}

func (m *simulated) signIn(ctx context.Context, email string) error {
	var in struct{ Token string }
	if _, err := m.ask(ctx, "POST", "/login", map[string]any{"email": email, "password": demo.Password}, &in); err != nil {
		return err
	}
	m.token = in.Token
	return nil
}

// act reads the schedule of a day, and then cancels or books one seat.
func (m *simulated) act(ctx context.Context) error {
	day := time.Now().AddDate(0, 0, rand.IntN(4)).Format(time.DateOnly)
	var plan struct {
		Classes []struct {
			ID, Free int64
			Phase    string
			Personal struct {
				Booking *struct{ ID int64 }
				Entry   *struct{ ID int64 } `json:"waitlist_entry"`
				Block   *struct{ Code string }
			}
		}
	}
	if _, err := m.ask(ctx, "GET", "/schedule?date="+day, nil, &plan); err != nil {
		return err
	}
	rand.Shuffle(len(plan.Classes), func(i, j int) { plan.Classes[i], plan.Classes[j] = plan.Classes[j], plan.Classes[i] })
	for _, c := range plan.Classes {
		var err error
		switch {
		case c.Phase != "open" && c.Phase != "late" || c.Personal.Entry != nil:
			continue
		case c.Personal.Booking != nil:
			_, err = m.ask(ctx, "POST", fmt.Sprintf("/bookings/%d/cancellation", c.Personal.Booking.ID), map[string]any{"reason": 1}, nil)
		case c.Personal.Block != nil:
			continue
		case c.Free > 0:
			_, err = m.ask(ctx, "POST", fmt.Sprintf("/classes/%d/bookings", c.ID), map[string]any{}, nil)
		default:
			_, err = m.ask(ctx, "POST", fmt.Sprintf("/classes/%d/waitlist", c.ID), map[string]any{"preference": "ask"}, nil)
		}
		return err
	}
	return nil
}

// ask sends a request and reads the response. A refusal is no error.
func (m *simulated) ask(ctx context.Context, method, path string, body, answer any) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, method, m.site+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	r.Host = m.host
	r.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", uuid.NewString())
	}
	if m.token != "" {
		r.Header.Set("Authorization", "Bearer "+m.token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= 500 {
		return res.StatusCode, fmt.Errorf("%s %s: status %d", method, path, res.StatusCode)
	}
	if res.StatusCode >= 300 || answer == nil {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.NewDecoder(res.Body).Decode(answer)
}
