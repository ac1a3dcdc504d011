package live

import "terminplan/booking"

// UpdateSettings applies settings that this node has changed. Other nodes read them in their
// comparison.
func (p *Pages) UpdateSettings(studio booking.Studio) {
	p.mu.Lock()
	p.applySettings(studio)
	p.mu.Unlock()
	p.checkBoards(studio.Board)
}

// applySettings sets the values for rendering. The caller holds mu.
func (p *Pages) applySettings(studio booking.Studio) {
	p.zone, p.night = studio.Zone, studio.Night
	if p.counts != studio.SeatCounts {
		p.counts = studio.SeatCounts
		for _, c := range p.classes {
			clear(c.rendered)
		}
	}
	if p.board != studio.Board {
		p.board = studio.Board
		p.refetchBoards()
	}
}
