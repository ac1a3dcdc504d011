package live

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/hub"
	"terminplan/templates"
)

// The board in the lobby has no session: the secret in its address is its right. Its sockets
// are held under a name made of the secret, so that all of them can be closed when it changes.

const boardPrefix = "board "

// boardSession is the name for the sockets of the board with this secret. No id of a session
// contains a space.
func boardSession(secret string) string { return boardPrefix + secret }

// boardSecrets lists the secrets with which sockets of this node were opened.
func (s *registry) boardSecrets() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.open {
		if secret, ok := strings.CutPrefix(id, boardPrefix); ok {
			list = append(list, secret)
		}
	}
	return list
}

// checkBoards closes the sockets of boards whose secret was reset, or that were switched off.
// It runs on every node once a second, so it also finds a socket that was opened with the former
// secret at the moment of the reset.
func (p *Pages) checkBoards(b booking.Board) {
	for _, secret := range p.sockets.boardSecrets() {
		if !b.Opens(secret) {
			p.EndSession(boardSession(secret))
		}
	}
}

// refetchBoards makes open boards fetch their page, after a change of what they show. The
// caller holds mu.
func (p *Pages) refetchBoards() {
	for _, c := range p.classes {
		for v := range c.rendered {
			if v.audience == boards {
				delete(c.rendered, v)
			}
		}
	}
	var updates []hub.Update
	for day := range p.days {
		for _, lang := range templates.Languages {
			updates = append(updates, hub.Update{
				Topic: dayTopic(day, variant{lang, boards}), Key: "board", Epoch: p.epoch, Body: refetch(parts.BoardID),
			})
		}
	}
	p.hub.Broadcast(updates...)
}
