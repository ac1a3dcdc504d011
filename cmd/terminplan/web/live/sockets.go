package live

import (
	"context"
	"maps"
	"slices"
	"sync"

	"terminplan/booking"
	"terminplan/hub"
	"terminplan/templates"
)

// registry holds the sockets of this node by session, so that they can be closed when the
// session ends or the person loses a permission.
type registry struct {
	mu   sync.Mutex
	open map[string]*openSession // by session id
}

type openSession struct {
	actor   booking.Actor
	sockets map[*socket]bool
}

// socket is the connection of one page. conn is nil until the connection is accepted.
type socket struct {
	session string
	roster  int64 // id of the class whose roster the page shows; 0: none
	lang    templates.Lang
	conn    *hub.Conn
}

// add registers a socket before it is accepted, so that a logout at the same moment finds it.
func (s *registry) add(id string, a booking.Actor, roster int64, lang templates.Lang) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]*openSession{}
	}
	one := s.open[id]
	if one == nil {
		one = &openSession{actor: a, sockets: map[*socket]bool{}}
		s.open[id] = one
	}
	k := &socket{session: id, roster: roster, lang: lang}
	one.sockets[k] = true
	return k
}

func (s *registry) setConn(k *socket, c *hub.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.conn = c
}

// remove removes a socket, and its session with the last socket.
func (s *registry) remove(id string, k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.open[id]; one != nil {
		if delete(one.sockets, k); len(one.sockets) == 0 {
			delete(s.open, id)
		}
	}
}

func (s *registry) conns(id string) (list []*hub.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.open[id]; one != nil {
		for k := range one.sockets {
			if k.conn != nil {
				list = append(list, k.conn)
			}
		}
	}
	return list
}

// actors returns the people of the sessions. Boards have none.
func (s *registry) actors() map[string]booking.Actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make(map[string]booking.Actor, len(s.open))
	for id, one := range s.open {
		if one.actor.ID != 0 {
			list[id] = one.actor
		}
	}
	return list
}

// actorsOf returns the sessions of these people.
func (s *registry) actorsOf(people []int64) map[string]booking.Actor {
	wanted := make(map[int64]bool, len(people))
	for _, id := range people {
		wanted[id] = true
	}
	list := s.actors()
	for id, a := range list {
		if !wanted[a.ID] {
			delete(list, id)
		}
	}
	return list
}

// showingRosters lists the sockets that show one of these rosters. Without classes it
// lists the sockets that show any roster.
func (s *registry) showingRosters(classes ...int64) (list []socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.open {
		for k := range one.sockets {
			if k.roster != 0 && (len(classes) == 0 || slices.Contains(classes, k.roster)) {
				list = append(list, *k)
			}
		}
	}
	return list
}

// CheckAccess closes the sockets of this node whose session or permission has ended.
func (p *Pages) CheckAccess(ctx context.Context) error { return p.checkAccess(ctx, p.sockets.actors()) }

// checkAccess closes the sockets of sessions that have ended or whose person has another role,
// and the sockets with a roster that their person must not see any more. The page first gets a
// message, and then reloads.
func (p *Pages) checkAccess(ctx context.Context, open map[string]booking.Actor) error {
	if len(open) == 0 {
		return nil
	}
	var shown []int64
	rosters := p.sockets.showingRosters()
	for _, k := range rosters {
		shown = append(shown, k.roster)
	}
	access, err := p.engine.Access(ctx, slices.Collect(maps.Keys(open)), shown)
	if err != nil {
		return err
	}
	for id, was := range open {
		if now, ok := access.Actor(id); !ok || now.Role != was.Role || now.NeedsFactor != was.NeedsFactor {
			p.EndSession(id)
		}
	}
	for _, k := range rosters {
		if _, asked := open[k.session]; asked && !access.CanSeeRoster(k.session, k.roster) {
			p.closeRoster(k)
		}
	}
	return nil
}

// closePolicy is the WebSocket close code 1008 (policy violation, RFC 6455). It tells the page
// not to reconnect by itself.
const closePolicy = 1008

// EndSession closes all sockets of a session at once. Their last message tells the page that
// the session has ended.
func (p *Pages) EndSession(session string) {
	n := 0
	for _, c := range p.sockets.conns(session) {
		c.Send(hub.Update{Key: "session", Body: signedOutMessage})
		if c.Close(closePolicy, "signed out") {
			n++
		}
	}
	if n += p.hub.Disconnect(session, closePolicy, "signed out"); n > 0 {
		p.log.Info("sockets closed because their session ended", "sockets", n)
	}
}

// closeRoster closes a socket whose person must not see its roster any more. Other sockets of
// the session stay open.
func (p *Pages) closeRoster(k socket) {
	if k.conn == nil {
		return // not accepted yet; sendInitialRoster checks the permission
	}
	k.conn.Send(hub.Update{Key: "session", Body: signedOutMessage})
	if k.conn.Close(closePolicy, "not your class any more") {
		p.log.Info("a socket closed because its person may not see the roster any more", "class", k.roster)
	}
}
