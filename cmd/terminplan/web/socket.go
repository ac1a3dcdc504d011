package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/hub"
)

// watch is what a page looks at, as its URL says.
type watch struct {
	from   time.Time
	days   []string
	class  int64 // its row, whatever the day
	roster int64
	own    bool    // the list of own bookings
	follow []int64 // classes of which only what is one's own is of interest
	person int64
	lang   string // that the page was written in, whatever has been chosen since
	staff  bool   // rows as staff see them
	seen   string // the digest of the rows that the page was made with
}

const maxDays = 42 // a month as a calendar shows it

// readWatch reads the view from the URL; it is the only thing that a client may say.
func readWatch(f *form, zone *time.Location) watch {
	w := watch{seen: f.text("seen", 20), lang: f.values.Get("lang")}
	if w.lang != "" && !knownLanguage(w.lang) {
		f.wrong("lang", "language")
	}
	switch f.values.Get("view") {
	case "schedule":
		w.from = f.day("from", zone)
		if w.from.IsZero() {
			w.from = present.Midnight(time.Now(), zone)
		}
		w.span(f.number("days", 1, maxDays, 1))
	case "class", "roster":
		w.class = f.id("class")
		if w.class == 0 {
			f.wrong("class", "missing")
		}
		if f.values.Get("view") == "roster" {
			w.roster = w.class
		}
		if w.from = f.day("from", zone); !w.from.IsZero() {
			w.span(1)
		}
	case "bookings":
		w.own = true
	case "person":
	default:
		f.wrong("view", "choice")
	}
	return w
}

func (w *watch) span(days int) {
	for i := range days {
		w.days = append(w.days, w.from.AddDate(0, 0, i).Format(time.DateOnly))
	}
}

// subjects are the topics of the view with what they are about.
func (w watch) subjects() map[hub.Topic]subject {
	now := time.Now()
	list := map[hub.Topic]subject{personTopic(w.person, w.lang): {person: w.person, since: now}}
	for _, day := range w.days {
		list[dayTopic(day, w.lang, w.staff)] = subject{day: day, since: now}
	}
	if w.class != 0 {
		list[classTopic(w.class, w.lang, w.staff)] = subject{class: w.class, since: now}
	}
	for _, id := range w.follow {
		list[followTopic(id)] = subject{class: id, since: now}
	}
	if w.own {
		list[ownListTopic(w.person)] = subject{person: w.person, since: now}
	}
	return list
}

// liveSocket opens a page's socket. Everything that may be refused is refused
// before the upgrade, by the same functions that guard the pages.
func (s *Server) liveSocket(r *request) (answer, error) {
	ctx := r.Request.Context()
	if s.ready.draining.Load() {
		return answer{}, refuse(booking.Interrupted)
	}
	w := readWatch(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	w.person, w.staff = r.actor.ID, r.actor.Can(booking.SeeSchedule)
	if w.lang == "" {
		w.lang = r.lang
	}
	if w.roster != 0 {
		switch err := s.engine.CanSeeRoster(ctx, r.actor, w.roster); booking.CodeOf(err) {
		case booking.NotFound, booking.Forbidden:
			return answer{}, &booking.Error{Code: booking.Forbidden, Err: err}
		default:
			if err != nil {
				return answer{}, err
			}
		}
	}
	if w.own {
		var err error
		if w.follow, err = s.ownClasses(ctx, r.actor); err != nil {
			return answer{}, err
		}
	}
	return answer{}, s.live.serve(r, w)
}

func (s *Server) ownClasses(ctx context.Context, a booking.Actor) (ids []int64, err error) {
	booked, err := s.engine.Bookings(ctx, a, a.ID, false)
	if err != nil {
		return nil, err
	}
	waiting, err := s.engine.Waiting(ctx, a, a.ID)
	for _, b := range booked {
		ids = append(ids, b.Class.ID)
	}
	for _, w := range waiting {
		ids = append(ids, w.Class.ID)
	}
	return ids, err
}

// serve subscribes first, reads second and streams third, so that nothing falls
// between the state and the news.
func (l *Live) serve(r *request, w watch) error {
	topics := l.look(w)
	k := l.sockets.enter(r.session, r.actor, w.roster, w.lang)
	conn, err := l.hub.Accept(r.Writer, r.Request, hub.Subscription{
		Topics: topics, Owner: r.session, OnClose: func() { l.sockets.leave(r.session, k) },
	})
	if err != nil {
		l.sockets.leave(r.session, k)
		return handshakeError(err)
	}
	l.sockets.accepted(k, conn)
	// The request ends with the upgrade, the reading must not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Request.Context()), 5*time.Second)
	defer cancel()
	l.greet(ctx, k, w)
	return nil
}

// handshakeError is a refusal before the upgrade as the rest of the site says it.
func handshakeError(err error) error {
	var refused *hub.HandshakeError
	if !errors.As(err, &refused) {
		return nil // it has been answered already
	}
	code := badRequest
	switch refused.Status {
	case http.StatusForbidden:
		code = crossSite
	case http.StatusTooManyRequests:
		code = booking.Throttled
	case http.StatusServiceUnavailable:
		code = booking.Interrupted
	}
	return &booking.Error{Code: code, Err: err}
}

// look notes what a page is about to look at and returns its topics.
func (l *Live) look(w watch) (topics []hub.Topic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, s := range w.subjects() {
		topics = append(topics, topic)
		_, known := l.subjects[topic]
		l.subjects[topic] = s
		if !known && l.broker != nil {
			l.broker.Watch(s.channel())
		}
	}
	for i, day := range w.days {
		if l.days[day] == nil {
			from := w.from.AddDate(0, 0, i)
			l.days[day] = &liveDay{from: from, to: from.AddDate(0, 0, 1)}
		}
	}
	return topics
}

func (l *Live) unwatch(s subject) {
	if l.broker != nil {
		l.broker.Unwatch(s.channel())
	}
}

// greet sends the state of everything in view. Where reading fails, the
// comparison of versions brings it a moment later.
func (l *Live) greet(ctx context.Context, k *socket, w watch) {
	err := l.load(ctx, w.days)
	if err == nil {
		err = l.loadClass(ctx, w.class)
	}
	var mine booking.Mine
	if err == nil {
		mine, err = l.engine.MineNow(ctx, w.person)
	}
	if err == nil {
		k.conn.Send(l.greeting(w, mine)...)
	}
	if err == nil && w.roster != 0 {
		err = l.greetRoster(ctx, k)
	}
	if err != nil {
		l.log.Warn("a page waits for the comparison", "err", err)
	}
}

// greetRoster reads the roster once more with the right to it, which may have ended since
// the request was answered.
func (l *Live) greetRoster(ctx context.Context, k *socket) error {
	rosters, access, err := l.engine.Rosters(ctx, []int64{k.roster}, []string{k.session})
	for _, r := range rosters {
		if !access.CanSeeRoster(k.session, k.roster) {
			l.endRoster(*k)
			continue
		}
		k.conn.Send(l.rosterUpdate(r, k.lang))
	}
	return err
}
