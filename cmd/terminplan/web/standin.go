package web

import "terminplan/booking"

// Standin decides in the engine's place who asks and who gets a seat. It is for the
// benchmark, which measures what everything around the engine takes; a site that
// serves people has none.
type Standin struct {
	Session func(token string) (a booking.Actor, session string, err error)
	Book    func(booking.Actor, booking.BookRequest) (booking.BookOutcome, error)
}

// take has the stand-in asked from now on.
func (s *Server) take(d *Standin) {
	s.whoAsks = func(r *request) (err error) {
		r.token = s.token(r.Request)
		r.actor, r.session, err = d.Session(r.token)
		return err
	}
	s.takeSeat = func(r *request, b booking.BookRequest) (booking.BookOutcome, error) { return d.Book(r.actor, b) }
}
