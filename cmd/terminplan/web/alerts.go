package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

// alertClassJSON is the class of an alert. Its seats are in the schedule.
type alertClassJSON struct {
	ID        int64     `json:"id"`
	Version   int64     `json:"version"`
	Title     string    `json:"title"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	Cancelled bool      `json:"cancelled"`
}

type alertJSON struct {
	ID        int64             `json:"id"`
	Kind      booking.AlertKind `json:"kind"`
	Class     *alertClassJSON   `json:"class,omitempty"`
	Offer     *offerJSON        `json:"offer,omitempty"`
	BookingID int64             `json:"booking_id,omitempty"`
	Cost      int               `json:"cost,omitempty"`
	FreeUntil *time.Time        `json:"free_cancellation_until,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	ExpiresAt *time.Time        `json:"expires_at,omitempty"`
	Credits   int               `json:"credits,omitempty"`
	Skipped   booking.Code      `json:"skipped,omitempty"` // the rule that denied the seat
	Tries     int               `json:"tries,omitempty"`
	Since     *time.Time        `json:"since,omitempty"`
	Device    string            `json:"device,omitempty"`
	Self      bool              `json:"self,omitempty"` // the person changed the address
	Outcome   string            `json:"offer_state,omitempty"`
	Stale     bool              `json:"stale"`
	Dismissed bool              `json:"dismissed"`
}

func toAlertsJSON(alerts []booking.Alert) []alertJSON {
	out := make([]alertJSON, 0, len(alerts))
	for _, a := range alerts {
		j := alertJSON{
			ID: a.ID, Kind: a.Kind, Offer: toOfferJSON(a.Offer), BookingID: a.BookingID, Cost: a.Cost, FreeUntil: instant(a.FreeUntil),
			CreatedAt: a.CreatedAt, ExpiresAt: instant(a.ExpiresAt), Credits: a.Credits, Skipped: a.Skip,
			Tries: a.Tries, Since: instant(a.Since), Device: a.Device, Self: a.Self,
			Outcome: string(a.Outcome), Stale: a.Stale, Dismissed: a.Dismissed,
		}
		if a.Class != nil {
			j.Class = &alertClassJSON{a.Class.ID, a.Class.Version, a.Class.Title, a.Class.StartsAt, a.Class.EndsAt, a.Class.Cancelled}
		}
		out = append(out, j)
	}
	return out
}

// alerts lists the alerts of the person, the newest first.
func (s *Server) alerts(r *request) (response, error) {
	list, err := s.engine.Alerts(r.Request.Context(), r.actor, booking.AlertsMax)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderAlerts(r, list), json: map[string]any{"alerts": toAlertsJSON(list)}}, nil
}

// dismissAlert removes an alert from all pages of the person.
func (s *Server) dismissAlert(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err := s.engine.DismissAlert(r.Request.Context(), r.actor, id); err != nil {
		return response{}, err
	}
	told := s.receipt(r, "receipt.dismissed")
	return response{
		redirect: r.back("/alerts"), part: func() error { return s.renderElement(r, 0, told) },
		json: map[string]any{"id": id, "dismissed": true},
	}, nil
}

// dismissAlerts removes all alerts from the pages of the person, except open offers.
func (s *Server) dismissAlerts(r *request) (response, error) {
	n, err := s.engine.DismissAlerts(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	told := s.receipt(r, "receipt.all_read")
	return response{
		redirect: "/alerts", notice: told, part: func() error { return s.renderElement(r, 0, told) }, json: map[string]any{"dismissed": n},
	}, nil
}

func (s *Server) alertsElement(r *request, _ string, _ int64, n notice) (name string, data any, err error) {
	list, err := s.engine.Alerts(r.Request.Context(), r.actor, booking.AlertsMax)
	return parts.AlertList, s.present(r).AlertList(list, n.view()), err
}

// renderAfterAlert writes the receipt of an action in a card, with the cards that are left.
func (s *Server) renderAfterAlert(r *request, n notice) error {
	if n.spoken != "" {
		n.text = n.spoken // the card that named the class is gone
	}
	lang := templates.Lang(r.lang)
	said, err := s.pages.Fragment(lang, parts.Notice, n.view())
	if err != nil {
		return err
	}
	personal, err := s.personal(r)
	if err != nil {
		return err
	}
	cards, err := s.pages.Fragment(lang, parts.AlertsPush, s.present(r).Alerts(personal))
	if err != nil {
		return err
	}
	return s.writeFragments(r, said, cards)
}

func (s *Server) renderAlerts(r *request, list []booking.Alert) func() error {
	return func() error {
		l, err := s.layout(r, "alerts", "view=person")
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).AlertsPage(l, list))
	}
}
