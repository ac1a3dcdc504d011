package live

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/hub"
)

// Viewer is the person who opens a socket.
type Viewer struct {
	Session string // its id
	Actor   booking.Actor
	Network string // the addresses that count as one client; empty: unknown
}

// Serve opens the socket of a page. It first subscribes, then sends the current state, then
// streams updates, so that no change is lost between state and updates. The caller has
// authorized the view.
//
// It returns the errors of [hub.Hub.Accept]. Unless the error is a [hub.HandshakeError], the
// response is already written.
func (p *Pages) Serve(rw http.ResponseWriter, r *http.Request, view View, v Viewer) error {
	view.person, view.staff = v.Actor.ID, v.Actor.Can(booking.SeeSchedule)
	s := hub.Subscription{Owner: v.Session, Person: strconv.FormatInt(v.Actor.ID, 10), Network: v.Network}
	switch {
	case view.Board != "":
		v.Session, view.person, view.staff = boardSession(view.Board), 0, false
		s.Owner, s.Person = v.Session, ""
		v.Actor = booking.Actor{}
	case view.Public:
		// Only the network has a limit: there may be any number of people who look.
		v.Session, view.person, view.staff = visitorSession, 0, false
		s.Owner, s.Person = "", ""
		v.Actor = booking.Actor{}
	}
	if err := p.hub.CheckLimits(s); err != nil { // before topics and channels are made
		return err
	}
	s.Topics = p.subscribe(view)
	k := p.sockets.add(v.Session, v.Actor, view.Roster, view.Lang)
	s.OnClose = func() { p.sockets.remove(v.Session, k) }
	conn, err := p.hub.Accept(rw, r, s)
	if err != nil {
		p.sockets.remove(v.Session, k)
		return err
	}
	p.sockets.setConn(k, conn)
	// The context of the request ends with the upgrade, but the reads must go on.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	p.sendInitial(ctx, k, view)
	return nil
}

// subscribe registers the view of a page and returns its topics.
func (p *Pages) subscribe(view View) (topics []hub.Topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for topic, s := range view.subjects() {
		topics = append(topics, topic)
		_, known := p.subjects[topic]
		p.subjects[topic] = s
		if !known && p.broker != nil {
			p.broker.Watch(s.channel())
		}
	}
	for i, day := range view.Days {
		if p.days[day] == nil {
			from := present.AddDays(view.From, i)
			p.days[day] = &watchedDay{from: from, to: present.AddDays(from, 1)}
		}
	}
	return topics
}

func (p *Pages) unsubscribe(s subject) {
	if p.broker != nil {
		p.broker.Unwatch(s.channel())
	}
}

// sendInitial sends the state of everything in the view. If a read fails, the next comparison
// of versions sends the state.
func (p *Pages) sendInitial(ctx context.Context, k *socket, view View) {
	err := p.loadDays(ctx, view.Days)
	if err == nil {
		err = p.loadClass(ctx, view.Class)
	}
	var personal booking.Personal
	epoch := p.Epoch()
	if err == nil && view.person != 0 {
		personal, err = p.engine.PersonalOf(ctx, view.person)
	}
	if err == nil {
		k.conn.Send(p.initialState(view, personal, epoch)...)
	}
	if err == nil && view.Roster != 0 {
		err = p.sendInitialRoster(ctx, k)
	}
	if err != nil {
		p.log.Warn("the first state of a page cannot be read; the comparison sends it", "err", err)
	}
}

// sendInitialRoster reads the roster together with the permission to see it, which may have
// ended after the request was authorized.
func (p *Pages) sendInitialRoster(ctx context.Context, k *socket) error {
	epoch := p.Epoch()
	rosters, access, err := p.engine.Rosters(ctx, []int64{k.roster}, []string{k.session})
	for _, r := range rosters {
		if !access.CanSeeRoster(k.session, k.roster) {
			p.closeRoster(*k)
			continue
		}
		k.conn.Send(p.rosterUpdate(r, rosterVariant{k.lang, access.Can(k.session, booking.SeeMembers)}, epoch))
	}
	return err
}
