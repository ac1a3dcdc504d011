package web

import (
	"context"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// channelWatch knows the state of mail and push. It asks the database for all pages of the node
// together.
type channelWatch struct {
	mu     sync.Mutex
	readAt time.Time
	health []booking.ChannelHealth
}

// channelsKept is how long the state is kept.
const channelsKept = 15 * time.Second

// get returns the state; nil if the database does not answer, which pages need not say twice.
func (w *channelWatch) get(ctx context.Context, e *booking.Engine) []booking.ChannelHealth {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.readAt) > channelsKept {
		list, err := e.ChannelHealth(ctx)
		if err != nil {
			return nil
		}
		w.health, w.readAt = list, time.Now()
	}
	return w.health
}

func (s *Server) channels(health []booking.ChannelHealth) present.Channels {
	return present.Channels{Health: health, MailOn: s.mailOn, PushOn: s.pushOn}
}

type channelJSON struct {
	Channel      booking.Channel `json:"channel"`
	On           bool            `json:"on"`
	Waiting      int             `json:"waiting"`
	OldestDue    *time.Time      `json:"oldest_due,omitempty"`
	FailingSince *time.Time      `json:"failing_since,omitempty"`
	Why          string          `json:"why,omitempty"`
}

// channelsPage shows whether mail and push reach people.
func (s *Server) channelsPage(r *request) (response, error) {
	health, err := s.engine.ChannelHealth(r.Request.Context())
	if err != nil {
		return response{}, err
	}
	out := []channelJSON{}
	for _, h := range health {
		on := s.mailOn
		if h.Channel == booking.ChannelPush {
			on = s.pushOn
		}
		out = append(out, channelJSON{h.Channel, on, h.Waiting, instant(h.OldestDue), instant(h.FailingSince), h.Why})
	}
	return response{json: map[string]any{"channels": out}, page: func() error {
		data, err := s.settingsData(r)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).ChannelsPage(s.frame(r), data, s.channels(health)))
	}}, nil
}
