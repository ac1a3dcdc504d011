package live

import (
	"strings"

	"terminplan/booking"
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
