//go:build unix

package chaos

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
)

// pushService stands in for the push services of browsers. It takes messages for the devices of
// members, and answers as a fault tells it.
type pushService struct {
	server *httptest.Server
	taken  atomic.Int64

	mu     sync.Mutex
	answer func(r *http.Request) int // nil: 201
}

func startPush() *pushService {
	p := &pushService{}
	p.server = httptest.NewServer(p)
	return p
}

// ServeHTTP answers a message (RFC 8030).
func (p *pushService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	status := http.StatusCreated
	if answer != nil {
		status = answer(r)
	}
	if status == http.StatusCreated {
		p.taken.Add(1)
	}
	w.WriteHeader(status)
}

// judge makes the service ask f for its answers from now on; nil: it takes everything.
func (p *pushService) judge(f func(r *http.Request) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// allowPush gives every second member a device. The others get mails at once.
func (s *studio) allowPush(ctx context.Context) error {
	for i, m := range s.members {
		if i%2 == 0 {
			continue
		}
		key, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		encode := base64.RawURLEncoding.EncodeToString
		out, err := s.ask(ctx, patient, s.nodes[i%2].site(false), "POST", "/push/devices", "", m.token, map[string]any{
			"endpoint": fmt.Sprintf("%s/device-%d", s.push.server.URL, i),
			"p256dh":   encode(key.PublicKey().Bytes()), "auth": encode(make([]byte, 16)),
		}, nil)
		if err != nil || out.status != http.StatusCreated {
			return fmt.Errorf("allowing push for %s is answered %d: %w", m.email, out.status, err)
		}
	}
	return nil
}

// wrongPushes compares the messages that the push service took with the deliveries: none is missing,
// and none came twice except after an answer that got lost.
func (s *studio) wrongPushes(ctx context.Context, pool *pgxpool.Pool) (found []string, err error) {
	if s.push == nil {
		return nil, nil
	}
	var sent, tried int
	err = pool.QueryRow(ctx, `
		select count(*) filter (where state = 'sent' and part_of is null), count(*) filter (where tries > 0)
		from delivery where channel = 'push'`).Scan(&sent, &tried)
	if err != nil {
		return nil, fmt.Errorf("reading the push messages: %w", err)
	}
	taken := int(s.push.taken.Load())
	s.totals.pushes.Store(int64(taken))
	if taken < sent {
		found = append(found, fmt.Sprintf("%d push messages were sent and %d arrived", sent, taken))
	}
	if taken > tried+s.mayDouble {
		found = append(
			found, fmt.Sprintf("%d push messages arrived for %d deliveries, though the faults explain %d more", taken, tried, s.mayDouble),
		)
	}
	return found, nil
}
