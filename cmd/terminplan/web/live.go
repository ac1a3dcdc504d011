package web

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/hub"
	"terminplan/templates"
)

// Live keeps open pages true. Three things enter it: what this node committed
// (Announce), hints of other nodes through the broker, and the comparison of
// versions with the database every second, which alone would do. All three end
// as marks in one set, "this may be newer than what is shown"; one loop takes the
// set, reads it in a few statements, renders each fragment once and hands it to
// the hub. Marks never queue up: a thing is in the set or it is not.
type Live struct {
	engine *booking.Engine
	hub    *hub.Hub
	broker *hub.Broker
	log    *slog.Logger
	pages  *templates.Set
	wake   chan struct{}
	lost   chan struct{} // hints may have been lost

	mu       sync.Mutex
	dirty    map[thing]bool
	epoch    string
	zone     *time.Location
	counts   booking.SeatCounts
	subjects map[hub.Topic]subject
	days     map[string]*liveDay
	classes  map[int64]*liveClass
	people   map[int64]int64 // the newest version that was sent to all of their pages

	reading sync.Mutex // one reader of days at a time; the others find its result
	sockets sessions
}

// thing is a class or a person.
type thing struct {
	noun booking.Noun
	id   int64
}

// subject is what a topic of ours is about: one of a day, a class, a person.
type subject struct {
	day    string
	class  int64
	person int64
	since  time.Time // when somebody last came to look
}

// channel is where other nodes tell about it.
func (s subject) channel() string {
	switch {
	case s.day != "":
		return dayChannel(s.day)
	case s.class != 0:
		return classChannel(s.class)
	}
	return personChannel(s.person)
}

// liveDay is one day that somebody looks at.
type liveDay struct {
	from, to time.Time
	checked  time.Time // when it was last known to equal the database; zero: never read
}

// liveClass is a class that somebody looks at, as it was last shown.
type liveClass struct {
	booking.Class
	day      string
	personal map[int64]booking.MyClass // by person
	rows     map[variant][]byte        // rendered once, for whoever comes
}

// variant is one way to show the same row.
type variant struct {
	lang  string
	staff bool
}

func newLive(e *booking.Engine, h *hub.Hub, b *hub.Broker, pages *templates.Set, studio booking.Studio, log *slog.Logger) *Live {
	return &Live{
		engine: e, hub: h, broker: b, log: log, pages: pages, wake: make(chan struct{}, 1), lost: make(chan struct{}, 1), epoch: e.Epoch(), zone: studio.Zone, counts: studio.SeatCounts,
		dirty: map[thing]bool{}, subjects: map[hub.Topic]subject{}, days: map[string]*liveDay{},
		classes: map[int64]*liveClass{}, people: map[int64]int64{},
	}
}

// Announce takes what a commit changed and tells the other nodes. It never
// blocks: the set grows with the number of things, not of changes.
func (l *Live) Announce(changes []booking.Change) {
	hints := make([]hub.Hint, 0, len(changes))
	l.mu.Lock()
	zone, epoch := l.zone, l.epoch
	for _, c := range changes {
		if l.looksAt(c) {
			l.dirty[thing{c.Noun, c.ID}] = true
		}
	}
	l.mu.Unlock()
	l.rouse()
	if l.broker == nil {
		return
	}
	for _, c := range changes {
		if c.Noun == booking.PersonNoun {
			hints = append(hints, hub.Hint{Channel: personChannel(c.ID), Epoch: epoch, ID: c.ID, Version: c.Version})
			continue
		}
		hints = append(hints,
			hub.Hint{Channel: dayChannel(c.StartsAt.In(zone).Format(time.DateOnly)), Epoch: epoch, ID: c.ID, Version: c.Version},
			hub.Hint{Channel: classChannel(c.ID), Epoch: epoch, ID: c.ID, Version: c.Version})
	}
	l.broker.Announce(hints...)
}

// looksAt reports whether somebody here sees the changed thing. Who begins to look
// later reads it then. The caller holds mu.
func (l *Live) looksAt(c booking.Change) bool {
	if c.Noun == booking.PersonNoun {
		return l.watches(func(lang string) hub.Topic { return personTopic(c.ID, lang) })
	}
	_, day := l.days[c.StartsAt.In(l.zone).Format(time.DateOnly)]
	_, known := l.classes[c.ID]
	return day || known || l.looked(followTopic(c.ID)) || len(l.sockets.atRosters(c.ID)) > 0
}

// mark notes that a thing may be newer than what is shown.
func (l *Live) mark(t thing) {
	l.mu.Lock()
	l.dirty[t] = true
	l.mu.Unlock()
	l.rouse()
}

// looked reports whether somebody here looks at a topic. The caller holds mu.
func (l *Live) looked(topic hub.Topic) bool { _, ok := l.subjects[topic]; return ok }

func (l *Live) watches(topic func(lang string) hub.Topic) bool {
	return slices.ContainsFunc(languages, func(lang string) bool { return l.looked(topic(lang)) })
}

// Epoch is the line of history that the versions on pages belong to.
func (l *Live) Epoch() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch
}

func (l *Live) behind() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.dirty)
}

// Hear takes hints of other nodes: these things may be newer.
func (l *Live) Hear(hints []hub.Hint) {
	l.mu.Lock()
	for _, h := range hints {
		noun := booking.ClassNoun
		if h.Channel == personChannel(h.ID) {
			noun = booking.PersonNoun
			l.engine.Forget(h.ID) // the role or the sessions may be others now
		}
		l.dirty[thing{noun, h.ID}] = true
	}
	l.mu.Unlock()
	l.rouse()
}

// Resync is called when hints may have been lost: it compares at once.
func (l *Live) Resync() {
	select {
	case l.lost <- struct{}{}:
	default:
	}
}

func (l *Live) rouse() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run is the one loop that reads, renders and tells. A failure of the database
// is logged and tried again at the next tick; nothing is lost by it.
func (l *Live) Run(ctx context.Context) error {
	compare := time.NewTimer(0)
	defer compare.Stop()
	recheck := time.NewTicker(10 * time.Second)
	defer recheck.Stop()
	for {
		var err error
		began := time.Now()
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
			err = l.refresh(ctx)
		case <-l.lost:
			err = l.compareAndRefresh(ctx)
		case <-compare.C:
			err = l.compareAndRefresh(ctx)
			compare.Reset(l.period())
		case <-recheck.C:
			err = l.recheck(ctx, l.sockets.all())
		}
		if err != nil && ctx.Err() == nil {
			l.log.Error("live pages wait for the database", "err", err)
			if booking.ConnectionLost(err) {
				l.engine.Reconnect(began)
				l.Resync()
			}
		}
	}
}

func (l *Live) compareAndRefresh(ctx context.Context) error {
	if err := l.compare(ctx); err != nil {
		return err
	}
	return l.refresh(ctx)
}

// period is how long a lost hint may stay unnoticed.
func (l *Live) period() time.Duration {
	p := time.Second
	if l.broker != nil && !l.broker.Healthy() {
		p = 250 * time.Millisecond
	}
	return p*9/10 + rand.N(p/5)
}
