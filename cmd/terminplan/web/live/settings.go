package live

import (
	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/hub"
	"terminplan/templates"
)

// UpdateSettings applies settings that this node has changed. Other nodes read them in their
// comparison.
func (p *Pages) UpdateSettings(studio booking.Studio) {
	p.mu.Lock()
	p.applySettings(studio)
	p.mu.Unlock()
	p.checkBoards(studio.Board)
	p.checkVisitors(studio.Public)
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
		p.refetchDays(boards, parts.BoardID)
	}
	if public := shownToVisitors(studio); p.public != public {
		p.public = public
		p.refetchDays(visitors, parts.ClassesID)
	}
}

// refetchDays makes the pages of an audience fetch themselves, after a change of what they show.
// element is on each of them. The caller holds mu.
func (p *Pages) refetchDays(of audience, element string) {
	for _, c := range p.classes {
		for v := range c.rendered {
			if v.audience == of {
				delete(c.rendered, v)
			}
		}
	}
	var updates []hub.Update
	for day := range p.days {
		for _, lang := range templates.Languages {
			updates = append(updates, hub.Update{
				Topic: dayTopic(day, variant{lang, of}), Key: "page", Epoch: p.epoch, Body: refetch(element),
			})
		}
	}
	p.hub.Broadcast(updates...)
}
