// Package live keeps open pages up to date: it serves their sockets, remembers the content of
// each page, and sends changes. Package web reads the view of a page from its URL and
// authorizes it; then live serves the socket until it closes.
//
// Fragments are rendered by packages present and templates with the same code as the
// pages themselves. A lost hint, a stopped Redis server or a killed node delays a change
// by at most a second: the comparison of versions with the database finds it.
package live

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/hub"
	"terminplan/templates"
)

// Pages keeps open pages up to date. Changes enter it in three ways: [Pages.Announce] gets the
// commits of this node, [Pages.OnHints] gets the hints of other nodes, and every second a
// comparison of versions with the database finds the changes that the first two missed. All
// three add marks to one set: a class or a person may be newer than on pages. One loop takes
// the set, reads the marked things in a few statements, renders each fragment once and passes
// it to the hub. Marks do not queue up, since the set has each thing at most once.
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
	night    booking.Rest
	board    booking.Board
	public   visitorView
	subjects map[hub.Topic]subject
	days     map[string]*watchedDay
	classes  map[int64]*watchedClass
	people   map[int64]int64 // by person: the newest version that all pages of the person have

	reading sync.Mutex // held while days are read; waiting goroutines use the result
	sockets registry
}

// dirtyKey identifies a class or a person.
type dirtyKey struct {
	noun booking.ChangeKind
	id   int64
}

// subject is the thing that a topic is about. Exactly one of day, class and person is set.
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
	checked  time.Time // time of the last read or comparison; zero: never read
}

// watchedClass is a class that a page of this node shows, in the version last sent.
type watchedClass struct {
	booking.Class
	day      string
	personal map[int64]booking.PersonalState // by person
	rendered map[variant]hub.Update          // once for all pages
}

// variant is one of the ways in which a class is rendered.
type variant struct {
	lang     templates.Lang
	audience audience
}

// Options of [New].
type Options struct {
	Engine    *booking.Engine
	Hub       *hub.Hub
	Broker    *hub.Broker // nil: there is no other node
	Templates *templates.Set
	Studio    booking.Studio // current settings; the engine provides later ones
	Log       *slog.Logger
}

// New returns a Pages without sockets. It sends updates while Run runs.
func New(o Options) *Pages {
	return &Pages{
		engine: o.Engine, hub: o.Hub, broker: o.Broker, log: o.Log, templates: o.Templates,
		wake: make(chan struct{}, 1), lost: make(chan struct{}, 1),
		epoch: o.Engine.Epoch(), zone: o.Studio.Zone, counts: o.Studio.SeatCounts, night: o.Studio.Night,
		board: o.Studio.Board, public: shownToVisitors(o.Studio),
		dirty: map[dirtyKey]bool{}, subjects: map[hub.Topic]subject{}, days: map[string]*watchedDay{},
		classes: map[int64]*watchedClass{}, people: map[int64]int64{},
	}
}

// Announce marks the changes of a commit and sends hints to the other nodes. It does not
// block. The number of marks is bounded by the number of changed things, not of changes.
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

// isWatched reports whether a page of this node shows the changed thing. A page that opens
// later reads the new state by itself. The caller holds mu.
func (p *Pages) isWatched(c booking.Change) bool {
	if c.Kind == booking.PersonChange {
		return p.hasViewersInAnyLanguage(func(lang templates.Lang) hub.Topic { return personTopic(c.ID, lang) })
	}
	_, day := p.days[c.StartsAt.In(p.zone).Format(time.DateOnly)]
	_, known := p.classes[c.ID]
	return day || known || p.hasViewers(followTopic(c.ID)) || len(p.sockets.showingRosters(c.ID)) > 0
}

// markDirty records that a thing may be newer than on pages.
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

// Epoch identifies the history of the database to which the versions on pages belong. It
// changes after a restore or a failover.
func (p *Pages) Epoch() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epoch
}

// Behind returns the number of marks: of classes and people that may be newer than on pages of
// this node.
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
			p.engine.Forget(h.ID) // the role or the sessions may have changed
		}
		p.dirty[dirtyKey{noun, h.ID}] = true
	}
	p.mu.Unlock()
	p.wakeUp()
}

// Resync starts a comparison with the database at once, because hints may have been lost, or
// because the database has begun another epoch.
func (p *Pages) Resync() {
	select {
	case p.lost <- struct{}{}:
	default:
	}
}

func (p *Pages) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default: // a signal is pending already
	}
}

// stepLimit is how long Run waits for the database in one step. Without it, a connection to a
// server that is gone without a word would stop all live pages for minutes.
const stepLimit = 5 * time.Second

// Run reads, renders and sends the marked things until ctx ends. When the database fails, Run
// logs the error and tries again at the next tick; the marks stay in the set.
func (p *Pages) Run(ctx context.Context) error {
	compare := time.NewTimer(0)
	defer compare.Stop()
	recheck := time.NewTicker(10 * time.Second)
	defer recheck.Stop()
	failing := false // one line for a failure, however long it lasts
	for {
		var step func(context.Context) error
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
			step = p.refresh
		case <-p.lost:
			step = p.compareAndRefresh
		case <-compare.C:
			step = p.compareAndRefresh
			compare.Reset(p.period())
		case <-recheck.C:
			step = p.CheckAccess
		}
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, stepLimit)
		err := step(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			if !failing {
				p.log.Error("live pages wait for the database", "err", err)
			}
			if booking.ConnectionLost(err) || errors.Is(err, context.DeadlineExceeded) {
				p.engine.Reconnect(began)
				p.Resync()
			}
		} else if failing && err == nil {
			p.log.Info("live pages follow the database again")
		}
		failing = err != nil
	}
}

func (p *Pages) compareAndRefresh(ctx context.Context) error {
	if err := p.compare(ctx); err != nil {
		return err
	}
	return p.refresh(ctx)
}

// period is the time to the next comparison, and so the longest delay after a lost hint. It is
// shorter while Redis does not respond.
func (p *Pages) period() time.Duration {
	every := time.Second
	if p.broker != nil && !p.broker.Healthy() {
		every = 250 * time.Millisecond
	}
	return every*9/10 + rand.N(every/5)
}
