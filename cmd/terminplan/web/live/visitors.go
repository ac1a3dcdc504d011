package live

import "terminplan/booking"

// On the public schedule nobody is known (rule 33). Its sockets have one name in the registry, so
// that all of them can be closed when the studio switches it off. No id of a session contains a
// space.
const visitorSession = "public schedule"

// visitorView is what the public schedule shows of the classes.
type visitorView struct {
	seats       booking.SeatCounts
	instructors bool
}

func shownToVisitors(studio booking.Studio) visitorView {
	return visitorView{studio.PublicSeats, studio.PublicInstructors}
}

// checkVisitors closes the sockets of the public schedule if it is off. It runs on every node
// once a second, so it also finds a socket that was opened at the moment of the change.
func (p *Pages) checkVisitors(on bool) {
	if !on {
		p.EndSession(visitorSession)
	}
}
