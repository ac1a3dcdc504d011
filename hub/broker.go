package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// BrokerOptions configures a [Broker].
type BrokerOptions struct {
	Redis redis.UniversalClient // made by OpenRedis, closed by the caller
	Epoch string                // default for hints without an epoch
	Log   *slog.Logger          // slog.Default if nil
	// Deliver receives the hints of other nodes, only the newest per channel, epoch and id.
	// One goroutine calls Deliver and Resync; hints that arrive during a call are conflated.
	Deliver func([]Hint)
	// Resync is called when hints may have been lost. It must compare everything with the
	// database.
	Resync func()
}

// Broker exchanges hints with the other nodes through Redis. A hint only tells a node to read
// the database again. Without Redis the pages stay correct but are updated later.
type Broker struct {
	redis   redis.UniversalClient
	epoch   string
	log     *slog.Logger
	deliver func([]Hint)
	resync  func()
	node    string
	probe   string // this node's own channel, which tests the path through Redis
	sharded bool
	every   time.Duration // the interval of probes

	outgoing  hintSet
	incoming  hintSet
	resyncDue atomic.Bool // Resync must be called
	wakeOut   chan struct{}
	wakeIn    chan struct{}

	mu      sync.Mutex
	wanted  map[string]int // viewers per channel
	changed chan struct{}

	healthy atomic.Bool

	// Only listen uses these.
	subscribed map[string]bool
	sent       int64 // the newest probe
	echoed     int64 // the newest probe that came back
	missed     int   // consecutive probes that did not come back
	lost       bool  // hints may have been lost since the last Resync
	forged     int   // messages that were no hints and are not yet in the log
	forgedAt   time.Time
	kindKnown  bool  // the server is no member of a cluster, unless the client is one of clusters
	failure    error // of the newest probe
	warnedAt   time.Time
}

// warnAgain is the time between two warnings that Redis does not deliver hints.
const warnAgain = 10 * time.Minute

// missedLimit is the number of consecutive lost probes after which the connection is replaced.
// The library does not notice a Redis that accepts connections but never answers.
const missedLimit = 3

// NewBroker returns a broker that does nothing until Run is called. It also sends the log of
// the Redis library to o.Log.
func NewBroker(o BrokerOptions) *Broker {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Deliver == nil {
		o.Deliver = func([]Hint) {}
	}
	if o.Resync == nil {
		o.Resync = func() {}
	}
	redis.SetLogger(redisLog{o.Log})
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails, see its documentation
	b := &Broker{
		redis: o.Redis, epoch: o.Epoch, log: o.Log, deliver: o.Deliver, resync: o.Resync,
		node: hex.EncodeToString(id[:]), every: time.Second,
		wakeOut: make(chan struct{}, 1), wakeIn: make(chan struct{}, 1),
		wanted: map[string]int{}, changed: make(chan struct{}, 1), subscribed: map[string]bool{},
	}
	b.probe = hintPrefix + "probe:" + b.node
	_, b.sharded = o.Redis.(*redis.ClusterClient)
	return b
}

// Announce queues hints for the other nodes. It never blocks. While Redis is away, the newest
// hint per channel, epoch and id is kept, up to 10,000 of them. Hints beyond this limit are
// dropped, because every node compares everything after such a loss anyway.
func (b *Broker) Announce(hints ...Hint) {
	for _, h := range hints {
		if h.Epoch == "" {
			h.Epoch = b.epoch
		}
		if _, ok := encodeHint(b.node, h); !ok {
			b.log.Error("invalid hint was not announced", "channel", h.Channel, "epoch", h.Epoch)
			continue
		}
		b.outgoing.add(h)
	}
	wakeUp(b.wakeOut)
}

// Watch subscribes to the hints of a channel. Calls are counted: the subscription ends when
// Unwatch has been called as often as Watch. It never blocks, and takes effect a moment later.
func (b *Broker) Watch(channel string) {
	if !isChannel(channel) {
		b.log.Error("invalid channel is not watched", "channel", channel)
		return
	}
	b.mu.Lock()
	b.wanted[channel]++
	first := b.wanted[channel] == 1
	b.mu.Unlock()
	if first {
		wakeUp(b.changed)
	}
}

// Unwatch undoes one Watch.
func (b *Broker) Unwatch(channel string) {
	b.mu.Lock()
	n := b.wanted[channel]
	if n <= 1 {
		delete(b.wanted, channel)
	} else {
		b.wanted[channel] = n - 1
	}
	b.mu.Unlock()
	if n == 1 {
		wakeUp(b.changed)
	}
}

// Healthy reports whether the last probe came back through Redis.
func (b *Broker) Healthy() bool { return b.healthy.Load() }

// Run exchanges hints until ctx ends and then returns nil. Call it once.
func (b *Broker) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { b.publish(ctx) })
	loops.Go(func() { b.deliverLoop(ctx) })
	loops.Go(func() {
		for ctx.Err() == nil {
			b.listen(ctx)
		}
		b.healthy.Store(false)
	})
	loops.Wait()
	return nil
}

// deliverLoop passes the received hints to the caller.
func (b *Broker) deliverLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wakeIn:
		}
		hints, complete := b.incoming.take(-1)
		if b.resyncDue.Swap(false) || !complete {
			b.resync()
		}
		if len(hints) > 0 {
			b.deliver(hints)
		}
	}
}

// publishBatch is the number of hints that go to Redis in one round trip.
const publishBatch = 256

// publish sends the announced hints. A failed batch goes back into the set, where newer hints
// replace it, and is sent again after a growing pause.
func (b *Broker) publish(ctx context.Context) {
	const shortest, longest = 100 * time.Millisecond, 2 * time.Second
	pause := shortest
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wakeOut:
		case <-again.C:
		}
		for ctx.Err() == nil {
			batch, _ := b.outgoing.take(publishBatch)
			if len(batch) == 0 {
				pause = shortest
				break
			}
			if err := b.send(ctx, batch); err != nil {
				b.log.Debug("cannot publish hints; trying again", "hints", len(batch), "err", err)
				b.outgoing.add(batch...)
				if !b.pause(ctx, pause) {
					return
				}
				pause = min(2*pause, longest)
			}
		}
	}
}

func (b *Broker) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (b *Broker) send(ctx context.Context, batch []Hint) error {
	ctx, cancel := context.WithTimeout(ctx, redisCall)
	defer cancel()
	pipe := b.redis.Pipeline()
	for _, h := range batch {
		message, _ := encodeHint(b.node, h) // checked by Announce
		if b.sharded {
			pipe.SPublish(ctx, hintPrefix+h.Channel, message)
		} else {
			pipe.Publish(ctx, hintPrefix+h.Channel, message)
		}
	}
	_, err := pipe.Exec(ctx)
	return err
}

// listen keeps one subscribed connection. It returns when ctx ends or when the connection was
// silent for too long and must be replaced. The library replaces a broken connection itself;
// listen notices that by a second confirmation of the probe's channel.
func (b *Broker) listen(ctx context.Context) {
	var sub *redis.PubSub
	if b.sharded {
		sub = b.redis.SSubscribe(ctx)
	} else {
		sub = b.redis.Subscribe(ctx)
	}
	defer sub.Close()
	clear(b.subscribed)
	b.missed, b.kindKnown = 0, b.sharded
	b.subscribe(ctx, sub, []string{b.probe})
	b.follow(ctx, sub)
	// The probe replaces the library's health check, which never waits for an answer.
	arriving := sub.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(0), redis.WithChannelSize(1024))
	ticker := time.NewTicker(b.every)
	defer ticker.Stop()
	confirmed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.changed:
			b.follow(ctx, sub)
		case <-ticker.C:
			if b.echoed < b.sent {
				b.miss()
			}
			if b.missed >= missedLimit {
				return
			}
			b.sendProbe(ctx)
		case m, ok := <-arriving:
			if !ok {
				return
			}
			switch m := m.(type) {
			case *redis.Subscription:
				if m.Channel != b.probe {
					continue
				}
				if m.Kind == "sunsubscribe" { // the slot has moved to another server of the cluster
					b.miss()
					return
				}
				if confirmed || b.lost {
					b.requestResync()
				}
				confirmed = true
				b.sendProbe(ctx)
			case *redis.Message:
				b.take(m.Channel, m.Payload)
			}
		}
	}
}

// follow changes the subscriptions to the wanted channels.
func (b *Broker) follow(ctx context.Context, sub *redis.PubSub) {
	var more, fewer []string
	b.mu.Lock()
	for channel := range b.wanted {
		if !b.subscribed[channel] {
			b.subscribed[channel] = true
			more = append(more, hintPrefix+channel)
		}
	}
	for channel := range b.subscribed {
		if b.wanted[channel] == 0 {
			delete(b.subscribed, channel)
			fewer = append(fewer, hintPrefix+channel)
		}
	}
	b.mu.Unlock()
	b.subscribe(ctx, sub, more)
	b.unsubscribe(ctx, sub, fewer)
}

// subscribe ignores errors: the library remembers the channels and subscribes to them on its
// next connection, and a lost probe forces a new connection.
func (b *Broker) subscribe(ctx context.Context, sub *redis.PubSub, channels []string) {
	if len(channels) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, redisCall)
	defer cancel()
	if b.sharded {
		_ = sub.SSubscribe(ctx, channels...)
	} else {
		_ = sub.Subscribe(ctx, channels...)
	}
}

func (b *Broker) unsubscribe(ctx context.Context, sub *redis.PubSub, channels []string) {
	if len(channels) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, redisCall)
	defer cancel()
	if b.sharded {
		_ = sub.SUnsubscribe(ctx, channels...)
	} else {
		_ = sub.Unsubscribe(ctx, channels...)
	}
}

// sendProbe publishes a number that must come back to this node through Redis.
func (b *Broker) sendProbe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, redisCall)
	defer cancel()
	b.sent++
	if !b.kindKnown {
		if b.failure = checkKind(ctx, b.redis); b.failure != nil {
			return // the probe counts as lost
		}
		b.kindKnown = true
	}
	number := strconv.FormatInt(b.sent, 10)
	if b.sharded {
		b.failure = b.redis.SPublish(ctx, b.probe, number).Err()
	} else {
		b.failure = b.redis.Publish(ctx, b.probe, number).Err()
	}
}

func (b *Broker) miss() {
	b.missed++
	b.lost = true
	if cluster, ok := b.redis.(*redis.ClusterClient); ok {
		cluster.ReloadState(context.Background()) // another server may have the slot now; it does not wait
	}
	if b.healthy.Swap(false) {
		b.requestResync()
	}
	if time.Since(b.warnedAt) >= warnAgain {
		b.warnedAt = time.Now()
		b.log.Warn("Redis does not deliver hints; pages are compared with the database", "err", explainRedis(b.failure))
	}
}

func (b *Broker) take(channel, message string) {
	if channel == b.probe {
		if n, ok := parseNumber(message); ok && n > b.echoed && n <= b.sent {
			b.echoed, b.missed = n, 0
			b.recovered()
		}
		return
	}
	if len(channel) <= len(hintPrefix) || channel[:len(hintPrefix)] != hintPrefix {
		return
	}
	name := channel[len(hintPrefix):]
	node, h, ok := decodeHint(name, message)
	switch {
	case !ok:
		b.forged++
		b.logForged(name)
	case node != b.node && b.subscribed[name]:
		b.incoming.add(h)
		wakeUp(b.wakeIn)
	}
}

// logForged reports messages that are no hints, once a minute, since anybody with access to Redis
// can send any number of them. channel is that of the newest.
func (b *Broker) logForged(channel string) {
	if now := time.Now(); now.Sub(b.forgedAt) >= time.Minute {
		b.log.Warn("ignored messages in Redis that are not hints", "messages", b.forged, "channel", channel)
		b.forged, b.forgedAt = 0, now
	}
}

func (b *Broker) recovered() {
	if b.healthy.Swap(true) || !b.lost {
		return
	}
	b.lost, b.warnedAt = false, time.Time{}
	b.log.Info("Redis delivers hints again")
	b.requestResync()
}

// requestResync makes deliverLoop call Resync.
func (b *Broker) requestResync() {
	b.resyncDue.Store(true)
	wakeUp(b.wakeIn)
}

// hintSet holds the newest hint per channel, epoch and id.
type hintSet struct {
	mu       sync.Mutex
	set      map[hintKey]int64
	overflow bool
}

type hintKey struct {
	channel, epoch string
	id             int64
}

// hintsMost bounds the hints that are kept while Redis or the receiver hangs.
const hintsMost = 10_000

func (s *hintSet) add(hints ...Hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = map[hintKey]int64{}
	}
	for _, h := range hints {
		key := hintKey{h.Channel, h.Epoch, h.ID}
		version, known := s.set[key]
		switch {
		case !known && len(s.set) >= hintsMost:
			s.overflow = true
		case !known || h.Version > version:
			s.set[key] = h.Version
		}
	}
}

// take removes and returns up to most hints, or all of them if most is -1. complete is false
// if hints have been dropped since the last call.
func (s *hintSet) take(most int) (hints []Hint, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, version := range s.set {
		if len(hints) == most {
			break
		}
		hints = append(hints, Hint{Channel: key.channel, Epoch: key.epoch, ID: key.id, Version: version})
		delete(s.set, key)
	}
	complete = !s.overflow
	s.overflow = false
	return hints, complete
}
