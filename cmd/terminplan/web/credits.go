package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

type creditsJSON struct {
	Balance int          `json:"balance"`
	Grants  []grantJSON  `json:"grants"`
	Ledger  []ledgerJSON `json:"ledger"`
}

type grantJSON struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Quantity  int        `json:"quantity"`
	Remaining int        `json:"remaining"`
	ValidFrom *time.Time `json:"valid_from,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// ledgerJSON is a line of the ledger. It has no names of staff members.
type ledgerJSON struct {
	At            time.Time  `json:"at"`
	Kind          string     `json:"kind"`
	Amount        int        `json:"amount"`
	Balance       int        `json:"balance"`
	GrantName     string     `json:"grant,omitempty"`
	ClassTitle    string     `json:"class_title,omitempty"`
	ClassStartsAt *time.Time `json:"class_starts_at,omitempty"`
}

func toCreditsJSON(c booking.Credits) creditsJSON {
	out := creditsJSON{Balance: c.Balance, Grants: make([]grantJSON, 0, len(c.Grants)), Ledger: make([]ledgerJSON, 0, len(c.Ledger))}
	for _, g := range c.Grants {
		out.Grants = append(out.Grants, grantJSON{g.ID, g.Name, g.Quantity, g.Remaining, instant(g.ValidFrom), instant(g.ExpiresAt)})
	}
	for _, l := range c.Ledger {
		out.Ledger = append(
			out.Ledger, ledgerJSON{l.At, string(l.Kind), l.Amount, l.Balance, l.GrantName, l.ClassTitle, instant(l.ClassStartsAt)},
		)
	}
	return out
}

// myCredits is the ledger of the person.
func (s *Server) myCredits(r *request) (response, error) {
	c, err := s.engine.Credits(r.Request.Context(), r.actor, r.actor.ID)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderCredits(r, c), json: toCreditsJSON(c)}, nil
}

// grantCredits sells or gives credits to a member.
func (s *Server) grantCredits(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.GrantRequest{
		Key: r.key(), PersonID: id, PackID: r.form.id("pack"), Name: r.form.text("name", booking.NameMax),
		Quantity: r.form.number("quantity", 1, booking.CreditsMax, 0),
		TypeIDs:  r.form.ids("type"), Note: r.form.text("note", booking.RemarkMax),
	}
	if last := r.form.day("expires", r.studio.Zone); !last.IsZero() {
		// The printed day is the last on which the credits are valid.
		req.ExpiresAt = present.AddDays(last, 1)
	}
	req.ValidFrom = r.form.day("valid_from", r.studio.Zone)
	check := req.Check
	if req.PackID != 0 { // the pack has the values
		check = func() error { return nil }
	}
	if err := r.form.failed(check); err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	out, err := s.engine.GrantCredits(r.Request.Context(), r.actor, req)
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.granted", "N", out.Quantity, "Balance", out.Balance))
	res.status, res.json = http.StatusCreated, map[string]any{"grant_id": out.GrantID, "balance": out.Balance}
	return res, nil
}

func (s *Server) renderCredits(r *request, c booking.Credits) func() error {
	return func() error {
		l, err := s.layout(r, "bookings", "view=person")
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).CreditsPage(l, c, r.studio))
	}
}
