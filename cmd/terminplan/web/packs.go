package web

import (
	"slices"
	"strconv"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// packs is the page of the settings with the packs that the desk grants by one press.
func (s *Server) packs(r *request) (response, error) { return s.list(r, "packs") }

func packFacts(c booking.StudioLists, id int64) map[string]string {
	for _, p := range c.Packs {
		if p.ID == id {
			unit, n := present.PackValidity(p)
			return map[string]string{
				"name": p.Name, "quantity": strconv.Itoa(p.Quantity), "valid_unit": unit, "valid_for": n, "pack_note": p.Note,
				"position": strconv.Itoa(p.Position), "active": flagText(p.Active),
			}
		}
	}
	return nil
}

// savePack adds a pack or changes one. An app that sends no class types keeps the stored ones.
func (s *Server) savePack(r *request) (response, error) {
	var stored []int64
	facts := func(c booking.StudioLists, id int64) map[string]string {
		if at := slices.IndexFunc(c.Packs, func(p booking.Pack) bool { return p.ID == id }); at >= 0 {
			stored = c.Packs[at].TypeIDs
		}
		return packFacts(c, id)
	}
	if err := s.addStoredFacts(r, facts, func(c booking.StudioLists) int { return len(c.Packs) }); err != nil {
		return response{}, err
	}
	f := &r.form
	p := booking.Pack{
		ID: f.id("id"), Name: f.text("name", booking.NameMax), Quantity: f.number("quantity", 1, booking.CreditsMax, 0),
		TypeIDs: f.ids("type"), Note: f.text("pack_note", booking.RemarkMax),
		Position: f.number("position", 0, booking.PositionMax, 0), Active: f.flag("active"),
	}
	if r.format == asJSON && !f.values.Has("type") {
		p.TypeIDs = stored
	}
	switch f.values.Get("valid_unit") {
	case "":
	case "days":
		p.ValidDays = f.number("valid_for", 1, booking.ValidDaysMax, 0)
	case "months":
		p.ValidMonths = f.number("valid_for", 1, booking.PackMonthsMax, 0)
	default:
		f.wrong("valid_unit", "choice")
	}
	if f.values.Get("valid_unit") != "" && !f.has("valid_for") {
		f.wrong("valid_for", "missing")
	}
	id, err := p.ID, f.failed(p.Check)
	if err == nil {
		id, err = s.engine.SavePack(r.Request.Context(), r.actor, p)
	}
	return s.saved(r, "packs", id, err)
}

type packJSON struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Quantity  int     `json:"quantity"`
	ValidUnit string  `json:"valid_unit"` // "days", "months"; empty: without end
	ValidFor  string  `json:"valid_for"`
	Types     []int64 `json:"type"` // class types; empty: all
	Note      string  `json:"pack_note"`
	Position  int     `json:"position"`
	Active    bool    `json:"active"`
}

func toPackJSON(p booking.Pack) packJSON {
	unit, n := present.PackValidity(p)
	return packJSON{p.ID, p.Name, p.Quantity, unit, n, p.TypeIDs, p.Note, p.Position, p.Active}
}
