//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// member books, cancels and joins waitlists at either node. It repeats a click until it has a
// certain answer.
type member struct {
	studio       *studio
	email, token string
	id           int64
	number       uint64

	mu    sync.Mutex
	acked map[string]ack // by the key of the click
	last  click          // the latest confirmed click
}

// ack is a confirmed result.
type ack struct {
	result    string // as the database calls it: booked, cancelled
	bookingID int64
}

// click is a request that may be repeated.
type click struct {
	key, path string
	body      map[string]any
	answer    reply
}

// same reports whether a repeat has the same outcome as the click: the same booking, or a
// refusal again.
func (c click) same(again reply) bool {
	return (again.status < 300) == (c.answer.status < 300) && (again.status >= 300 || again.BookingID == c.answer.BookingID)
}

// daySchedule is the part of a day's schedule that a member reads.
type daySchedule struct {
	Balance int
	Classes []scheduledClass
}

type scheduledClass struct {
	ID, Free int64
	Phase    string
	Personal struct {
		Booking *struct{ ID int64 }
		Entry   *struct{ ID int64 } `json:"waitlist_entry"`
		Offer   *struct{ ID int64 }
		Block   *struct{ Code string }
	}
}

// choose picks an action that is possible for the class, and the name of its result. The path
// is empty if there is none.
func (c scheduledClass) choose(random *rand.Rand) (path, result string, body map[string]any) {
	switch personal := c.Personal; {
	case c.Phase != "open" && c.Phase != "late":
	case personal.Booking != nil:
		return fmt.Sprintf("/bookings/%d/cancellation", personal.Booking.ID), "cancelled", map[string]any{"reason": 1}
	case personal.Offer != nil && random.IntN(3) > 0:
		return fmt.Sprintf("/offers/%d/acceptance", personal.Offer.ID), "booked", map[string]any{}
	case personal.Offer != nil:
		return fmt.Sprintf("/offers/%d/refusal", personal.Offer.ID), "", map[string]any{}
	case personal.Entry != nil && random.IntN(10) == 0:
		return fmt.Sprintf("/waitlist/%d/withdrawal", personal.Entry.ID), "", map[string]any{}
	case personal.Entry != nil || personal.Block != nil && c.Free > 0:
	case c.Free > 0:
		return fmt.Sprintf("/classes/%d/bookings", c.ID), "booked", map[string]any{}
	default:
		return fmt.Sprintf("/classes/%d/waitlist", c.ID), "", map[string]any{"preference": "ask"}
	}
	return "", "", nil
}

// clickAround clicks until ctx ends.
func (m *member) clickAround(ctx context.Context, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1+m.number))
	for ctx.Err() == nil {
		pause(ctx, time.Duration(20+random.IntN(60))*time.Millisecond) // at the speed of a person
		m.studio.clickLock.RLock()
		m.act(ctx, random)
		m.studio.clickLock.RUnlock()
	}
}

// act loads a day and performs an action on one of its classes. A member with few credits
// first gets some from the desk. The week has enough classes for ten minutes and more: a
// member may change a class 30 times a day.
func (m *member) act(ctx context.Context, random *rand.Rand) {
	var p daySchedule
	day := time.Now().AddDate(0, 0, random.IntN(7)).Format(time.DateOnly)
	if _, err := m.ask(ctx, random.IntN(2), "GET", "/schedule?date="+day, "", nil, &p); err != nil || len(p.Classes) == 0 {
		return
	}
	if p.Balance < 5 {
		grant := map[string]any{"name": "Monatskarte", "quantity": 40}
		m.studio.desk.askUntilAnswered(ctx, random, "", fmt.Sprintf("/members/%d/credits", m.id), grant)
	}
	random.Shuffle(len(p.Classes), func(i, j int) { p.Classes[i], p.Classes[j] = p.Classes[j], p.Classes[i] })
	for _, c := range p.Classes {
		if path, result, body := c.choose(random); path != "" {
			m.askUntilAnswered(ctx, random, result, path, body)
			break
		}
	}
	if m.last.key != "" && random.IntN(4) == 0 {
		m.repeat(ctx, random.IntN(2), m.last) // as a proxy may
	}
}

// askUntilAnswered sends a click, at one node or the other, until the answer is certain. If
// the first answer was lost, both nodes must give the same answer from then on.
func (m *member) askUntilAnswered(ctx context.Context, random *rand.Rand, result, path string, body map[string]any) {
	m.studio.totals.clicks.Add(1)
	c := click{key: uuid.NewString(), path: path, body: body}
	for lost := 0; ctx.Err() == nil; lost++ {
		var err error
		if c.answer, err = m.ask(ctx, random.IntN(2), "POST", path, c.key, body, nil); err != nil || !c.answer.certain() {
			pause(ctx, time.Duration(50+random.IntN(200))*time.Millisecond)
			continue
		}
		if c.answer.status < 300 && lost == 0 {
			m.studio.expect(c.answer.ClassID, c.answer.Version)
		}
		if c.answer.status < 300 && result != "" && c.answer.BookingID != 0 {
			m.mu.Lock()
			m.acked[c.key] = ack{result, c.answer.BookingID}
			m.mu.Unlock()
			m.last = c
		}
		if lost > 0 {
			m.studio.totals.unknown.Add(1)
			for node := range m.studio.nodes {
				m.repeat(ctx, node, c)
			}
		}
		return
	}
}

// repeat sends a click again and complains if the outcome differs.
func (m *member) repeat(ctx context.Context, node int, c click) {
	again, err := m.ask(ctx, node, "POST", c.path, c.key, c.body, nil)
	if err != nil || !again.certain() {
		return // no certain answer
	}
	if !c.same(again) {
		m.studio.complaints.add("%s: POST %s with key %s was answered %d for booking %d (request %s), "+
			"and its repeat at node %d %d %s for booking %d (request %s)", m.email, c.path, c.key, c.answer.status, c.answer.BookingID,
			c.answer.id, node, again.status, again.Code, again.BookingID, again.id)
	}
}

// ask sends a request to a node. While the nodes are replaced behind the load balancer, that
// chooses the node, and no request may fail.
func (m *member) ask(ctx context.Context, node int, method, path, key string, body, page any) (reply, error) {
	orderly := m.studio.balancer.active.Load()
	client, site := impatient, m.studio.nodes[node].site(false)
	if orderly {
		client = patient
		site = m.studio.balancer.choose(node)
	}
	out, err := m.studio.ask(ctx, client, site, method, path, key, m.token, body, page)
	if orderly && err != nil && ctx.Err() == nil {
		m.studio.complaints.add("%s: %s %s failed while a node was replaced: %v", m.email, method, path, err)
	}
	return out, err
}

func (m *member) confirmed() (keys, results []string, bookings []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, a := range m.acked {
		keys, results, bookings = append(keys, key), append(results, a.result), append(bookings, a.bookingID)
	}
	return keys, results, bookings
}
