package web

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"terminplan/booking"
)

type pushDeviceJSON struct {
	ID        int64      `json:"id"`
	Device    string     `json:"device"`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at"`
	Current   bool       `json:"current"` // it belongs to the session that asks
	State     string     `json:"state,omitempty"`
	StateAt   *time.Time `json:"state_at,omitempty"`
}

// pushKey is the public key with which a browser subscribes.
func (s *Server) pushKey() string {
	return base64.RawURLEncoding.EncodeToString(s.engine.PushKey().PublicKey().Bytes())
}

// pushDevices lists the push devices of the person, with the key for another one.
func (s *Server) pushDevices(r *request) (response, error) {
	devices, err := s.engine.PushDevices(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	list := make([]pushDeviceJSON, 0, len(devices))
	for _, d := range devices {
		list = append(list, pushDeviceJSON{
			d.ID, d.Name, d.CreatedAt.UTC(), d.SeenAt.UTC(), d.Session == r.session, string(d.State), instant(d.StateAt),
		})
	}
	return response{redirect: "/profile#devices", json: map[string]any{
		"on": s.pushOn, "key": s.pushKey(), "session": r.session, "devices": list,
	}}, nil
}

// subscribeDevice lets the browser show messages of the person. Pages repeat it, which notes that the
// device is in use.
func (s *Server) subscribeDevice(r *request) (response, error) {
	v := r.form.values
	id, err := s.engine.SubscribeDevice(r.Request.Context(), r.actor, r.session, booking.PushSubscription{
		Endpoint: v.Get("endpoint"), P256dh: s.pushBytes(r, "p256dh"), Auth: s.pushBytes(r, "auth"),
		Name: strings.ToValidUTF8(r.Request.UserAgent(), ""), Language: r.lang,
	})
	if err != nil {
		return response{}, err
	}
	return response{
		status: http.StatusCreated, redirect: "/profile#devices", notice: s.receipt(r, "receipt.push_on"), json: map[string]any{"id": id},
	}, nil
}

// pushBytes reads a field in base64url, with or without padding. What is not base64url is empty,
// which the engine refuses.
func (s *Server) pushBytes(r *request, field string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(r.form.values.Get(field), "="))
	if err != nil {
		return nil
	}
	return raw
}

// removeDevice ends the messages on a device of the person.
func (s *Server) removeDevice(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err := s.engine.RemoveDevice(r.Request.Context(), r.actor, id); err != nil {
		return response{}, err
	}
	return response{redirect: "/profile#devices", notice: s.receipt(r, "receipt.push_removed"), json: struct{}{}}, nil
}

// testPatience is how long a page waits for its test message. It ends before patience.
const testPatience = 8 * time.Second

// testDevice sends a test message and says what became of it.
func (s *Server) testDevice(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	ctx, cancel := context.WithTimeout(r.Request.Context(), testPatience)
	defer cancel()
	delivery, err := s.engine.TestDevice(ctx, r.actor, id)
	if err != nil {
		return response{}, err
	}
	state, why, err := s.engine.AwaitDelivery(ctx, delivery)
	if err != nil {
		return response{}, err
	}
	told := s.receipt(r, "receipt.push_sent")
	switch state {
	case booking.DeliverySent:
	case booking.DeliveryFailed, booking.DeliveryCancelled, booking.DeliveryExpired:
		told = s.receipt(r, "receipt.push_failed")
	default:
		told = s.receipt(r, "receipt.push_waiting")
	}
	return response{redirect: "/profile#devices", notice: told, json: map[string]any{"state": string(state), "why": why}}, nil
}
