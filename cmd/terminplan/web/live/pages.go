// Package live keeps open pages up to date: it serves their sockets, remembers what each
// page shows, and sends what has changed. Package web reads the view of a page from its
// URL and authorizes it; then live serves the socket until it closes.
//
// Fragments are rendered by packages present and templates with the same code as the
// pages themselves. A lost hint, a stopped Redis server or a killed node delays a change
// by at most a second: the comparison of versions with the database finds it.
package live

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

// Pages keeps open pages up to date. Changes enter it in three ways: [Pages.Announce]
// takes what this node committed, [Pages.OnHints] takes the hints of other nodes, and
// every second a comparison of versions with the database finds what the first two
// missed. All three add marks to one set: this class, or this person, may be newer than
// what is shown. One loop takes the set, reads the marked things in a few statements,
// renders each fragment once and hands it to the hub. Marks do not queue up: a thing is
// in the set or not.
type Pages struct {
	engine    *booking.Engine
	hub       *hub.Hub
	broker    *hub.Broker
	log       *slog.Logger
	templates *templates.Set
	wake      chan struct{}
	lost      chan struct{} // hints may have been lost

	mu       sync.Mutex
	dirty    map[dirtyKey]bool
	epoch    string
	zone     *time.Location
	counts   booking.SeatCounts
	subjects map[hub.Topic]subject
	days     map[string]*watchedDay
	classes  map[int64]*watchedClass
	people   map[int64]int64 // by id: the newest version that was sent to all pages of the person

	reading sync.Mutex // held while days are read; other goroutines then find the result
	sockets registry
}

// dirtyKey names a class or a person.
type dirtyKey struct {
	noun booking.ChangeKind
	id   int64
}

// subject is the thing that a topic is about. One of day, class and person is set.
type subject struct {
	day    string
	class  int64
	person int64
	since  time.Time // when a page last subscribed
}

// channel returns the channel on which other nodes send hints about the subject.
func (s subject) channel() string {
	switch {
	case s.day != "":
		return dayChannel(s.day)
	case s.class != 0:
		return classChannel(s.class)
	}
	return personChannel(s.person)
}

// watchedDay is a day that a page of this node shows.
type watchedDay struct {
	from, to time.Time
	checked  time.Time // when it was last equal to the database; zero: never read
}

// watchedClass is a class that a page of this node shows, in the version shown last.
type watchedClass struct {
	booking.Class
	day      string
	personal map[int64]booking.PersonalState // by person
	rows     map[variant]hub.Update          // rendered once for all pages
}

// variant is one of the forms in which the row of a class is rendered.
type variant struct {
	lang  templates.Lang
	staff bool
}

// Options of [New].
type Options struct {
	Engine    *booking.Engine
	Hub       *hub.Hub
	Broker    *hub.Broker // nil: there is no other node
	Templates *templates.Set
	Studio    booking.Studio // its settings now; later ones are read from the engine
	Log       *slog.Logger
}

// New returns Pages without sockets. They do nothing until Run runs.
func New(o Options) *Pages {
	return &Pages{
		engine: o.Engine, hub: o.Hub, broker: o.Broker, log: o.Log, templates: o.Templates,
		wake: make(chan struct{}, 1), lost: make(chan struct{}, 1),
		epoch: o.Engine.Epoch(), zone: o.Studio.Zone, counts: o.Studio.SeatCounts,
		dirty: map[dirtyKey]bool{}, subjects: map[hub.Topic]subject{}, days: map[string]*watchedDay{},
		classes: map[int64]*watchedClass{}, people: map[int64]int64{},
	}
}

// Announce marks what a commit changed and sends hints to the other nodes. It does not
// block. The set of marks grows with the number of changed things, not with the number of
// changes.
func (p *Pages) Announce(changes []booking.Change) {
	hints := make([]hub.Hint, 0, len(changes))
	p.mu.Lock()
	zone, epoch := p.zone, p.epoch
	for _, c := range changes {
		if p.isWatched(c) {
			p.dirty[dirtyKey{c.Kind, c.ID}] = true
		}
	}
	p.mu.Unlock()
	p.wakeUp()
	if p.broker == nil {
		return
	}
	for _, c := range changes {
		if c.Kind == booking.PersonChange {
			hints = append(hints, hub.Hint{Channel: personChannel(c.ID), Epoch: epoch, ID: c.ID, Version: c.Version})
			continue
		}
		hints = append(hints,
			hub.Hint{Channel: dayChannel(c.StartsAt.In(zone).Format(time.DateOnly)), Epoch: epoch, ID: c.ID, Version: c.Version},
			hub.Hint{Channel: classChannel(c.ID), Epoch: epoch, ID: c.ID, Version: c.Version})
	}
	p.broker.Announce(hints...)
}

// isWatched reports whether a page of this node shows the changed thing. A page that is
// opened later reads the new state itself. The caller holds mu.
func (p *Pages) isWatched(c booking.Change) bool {
	if c.Kind == booking.PersonChange {
		return p.hasViewersInAnyLanguage(func(lang templates.Lang) hub.Topic { return personTopic(c.ID, lang) })
	}
	_, day := p.days[c.StartsAt.In(p.zone).Format(time.DateOnly)]
	_, known := p.classes[c.ID]
	return day || known || p.hasViewers(followTopic(c.ID)) || len(p.sockets.showingRosters(c.ID)) > 0
}

// markDirty notes that a thing may be newer than what pages show.
func (p *Pages) markDirty(t dirtyKey) {
	p.mu.Lock()
	p.dirty[t] = true
	p.mu.Unlock()
	p.wakeUp()
}

// hasViewers reports whether a page of this node has subscribed to the topic. The caller
// holds mu.
func (p *Pages) hasViewers(topic hub.Topic) bool { _, ok := p.subjects[topic]; return ok }

func (p *Pages) hasViewersInAnyLanguage(topic func(lang templates.Lang) hub.Topic) bool {
	return slices.ContainsFunc(templates.Languages, func(lang templates.Lang) bool { return p.hasViewers(topic(lang)) })
}

// Epoch identifies the history of the database that the versions on pages belong to. It
// changes after a restore or a failover.
func (p *Pages) Epoch() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epoch
}

// Behind counts the marks: the things that may be newer than what pages of this node show.
func (p *Pages) Behind() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dirty)
}

// OnHints marks the things that other nodes have changed.
func (p *Pages) OnHints(hints []hub.Hint) {
	p.mu.Lock()
	for _, h := range hints {
		noun := booking.ClassChange
		if h.Channel == personChannel(h.ID) {
			noun = booking.PersonChange
			p.engine.Forget(h.ID) // the role or the sessions may be others now
		}
		p.dirty[dirtyKey{noun, h.ID}] = true
	}
	p.mu.Unlock()
	p.wakeUp()
}

// Resync starts a comparison with the database at once, because hints may have been lost.
func (p *Pages) Resync() {
	select {
	case p.lost <- struct{}{}:
	default:
	}
}

func (p *Pages) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default: // Run has not taken the last signal yet
	}
}

// Run reads, renders and sends what is marked until ctx ends. When the database fails, Run
// logs the error and tries again at the next tick; the marks stay in the set.
func (p *Pages) Run(ctx context.Context) error {
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
		case <-p.wake:
			err = p.refresh(ctx)
		case <-p.lost:
			err = p.compareAndRefresh(ctx)
		case <-compare.C:
			err = p.compareAndRefresh(ctx)
			compare.Reset(p.period())
		case <-recheck.C:
			err = p.CheckAccess(ctx)
		}
		if err != nil && ctx.Err() == nil {
			p.log.Error("live pages wait for the database", "err", err)
			if booking.ConnectionLost(err) {
				p.engine.Reconnect(began)
				p.Resync()
			}
		}
	}
}

func (p *Pages) compareAndRefresh(ctx context.Context) error {
	if err := p.compare(ctx); err != nil {
		return err
	}
	return p.refresh(ctx)
}

// period is the time to the next comparison, and so the longest delay of a lost hint. It
// is shorter while Redis does not answer.
func (p *Pages) period() time.Duration {
	every := time.Second
	if p.broker != nil && !p.broker.Healthy() {
		every = 250 * time.Millisecond
	}
	return every*9/10 + rand.N(every/5)
}
