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

// BrokerOptions says where hints go and who hears them.
type BrokerOptions struct {
	Redis redis.UniversalClient // made by OpenRedis, closed by the caller
	Epoch string                // of the hints that do not name one
	Log   *slog.Logger          // slog.Default if nil
	// Deliver gets the hints of other nodes, the newest per channel and id. It
	// and Resync are called by one goroutine; while one runs, hints conflate.
	Deliver func([]Hint)
	// Resync is called when hints may have been lost: compare everything.
	Resync func()
}

// Broker exchanges hints with the other nodes through Redis. All that it says
// is "look again"; without Redis the pages are as true, only a little later.
type Broker struct {
	redis   redis.UniversalClient
	epoch   string
	log     *slog.Logger
	deliver func([]Hint)
	resync  func()
	node    string
	probe   string // the channel of our own that proves the way through Redis
	sharded bool
	every   time.Duration // between two probes

	outgoing  hintSet
	incoming  hintSet
	mustCheck atomic.Bool // Resync is due
	wakeOut   chan struct{}
	wakeIn    chan struct{}

	mu      sync.Mutex
	wanted  map[string]int // viewers per channel
	changed chan struct{}

	healthy atomic.Bool

	// These belong to listen.
	subscribed map[string]bool
	sent       int64 // the newest probe
	echoed     int64 // the newest probe that came back
	missed     int   // probes in a row that did not
	lost       bool  // hints may have been lost since the last Resync
}

// missedLimit is after how many silent probes the connection is replaced: the
// library does not notice a Redis that says nothing.
const missedLimit = 3

// NewBroker makes a broker that does nothing until it runs. It also sends what
// the Redis library logs to Log.
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

// Announce tells the other nodes, soon. It never blocks. While Redis does not
// take hints, the newest per channel and id are kept, up to a limit; beyond it
// they are dropped, because everything is compared after a loss anyway.
func (b *Broker) Announce(hints ...Hint) {
	for _, h := range hints {
		if h.Epoch == "" {
			h.Epoch = b.epoch
		}
		if _, ok := encodeHint(b.node, h); !ok {
			b.log.Error("not a hint that can be announced", "channel", h.Channel, "epoch", h.Epoch)
			continue
		}
		b.outgoing.add(h)
	}
	rouse(b.wakeOut)
}

// Watch asks for the hints of a channel, as often as it is called more than
// Unwatch. It never blocks; the subscription takes a moment.
func (b *Broker) Watch(channel string) {
	if !isChannel(channel) {
		b.log.Error("not a channel that can be watched", "channel", channel)
		return
	}
	b.mu.Lock()
	b.wanted[channel]++
	first := b.wanted[channel] == 1
	b.mu.Unlock()
	if first {
		rouse(b.changed)
	}
}

// Unwatch takes back one Watch.
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
		rouse(b.changed)
	}
}

// Healthy says whether the last probe came back through Redis.
func (b *Broker) Healthy() bool { return b.healthy.Load() }

// Run works until ctx ends and then returns nil. It is to be called once.
func (b *Broker) Run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() { b.publish(ctx) })
	loops.Go(func() { b.hand(ctx) })
	loops.Go(func() {
		for ctx.Err() == nil {
			b.listen(ctx)
		}
		b.healthy.Store(false)
	})
	loops.Wait()
	return nil
}

// hand gives the caller what has arrived.
func (b *Broker) hand(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wakeIn:
		}
		hints, complete := b.incoming.take(-1)
		if b.mustCheck.Swap(false) || !complete {
			b.resync()
		}
		if len(hints) > 0 {
			b.deliver(hints)
		}
	}
}

// publishBatch is how many hints go to Redis in one round trip.
const publishBatch = 256

// publish sends what was announced. A failure puts it back, unless there is
// something newer by then, and is tried again with growing pauses.
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
				b.log.Debug("hints wait for Redis", "hints", len(batch), "err", err)
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

// listen keeps one subscribed connection. It returns when ctx ends or when the
// connection was silent for so long that it needs another one. A connection
// that breaks is replaced by the library; that shows as a second confirmation.
func (b *Broker) listen(ctx context.Context) {
	var sub *redis.PubSub
	if b.sharded {
		sub = b.redis.SSubscribe(ctx)
	} else {
		sub = b.redis.Subscribe(ctx)
	}
	defer sub.Close()
	clear(b.subscribed)
	b.missed = 0
	b.subscribe(ctx, sub, []string{b.probe})
	b.follow(ctx, sub)
	// Our own probe takes the place of the library's health check, which never
	// waits for an answer.
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
				if m.Channel != b.probe || (m.Kind != "subscribe" && m.Kind != "ssubscribe") {
					continue
				}
				if confirmed || b.lost {
					b.check()
				}
				confirmed = true
				b.sendProbe(ctx)
			case *redis.Message:
				b.take(m.Channel, m.Payload)
			}
		}
	}
}

// follow makes the subscriptions equal to what is wanted.
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

// subscribe does not look at errors: the library remembers the channels and
// asks for them on its next connection, and the probe sees to it that there is
// one.
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

// sendProbe sends a number to ourselves the whole way through Redis.
func (b *Broker) sendProbe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, redisCall)
	defer cancel()
	b.sent++
	number := strconv.FormatInt(b.sent, 10)
	if b.sharded {
		_ = b.redis.SPublish(ctx, b.probe, number).Err()
	} else {
		_ = b.redis.Publish(ctx, b.probe, number).Err()
	}
}

func (b *Broker) miss() {
	b.missed++
	b.lost = true
	if b.healthy.Swap(false) {
		b.log.Warn("Redis does not pass hints on; pages are compared with the database")
		b.check()
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
		b.log.Warn("a message in Redis is not a hint", "channel", name)
	case node != b.node && b.subscribed[name]:
		b.incoming.add(h)
		rouse(b.wakeIn)
	}
}

func (b *Broker) recovered() {
	if b.healthy.Swap(true) || !b.lost {
		return
	}
	b.lost = false
	b.log.Info("Redis passes hints on again")
	b.check()
}

// check calls Resync, soon.
func (b *Broker) check() {
	b.mustCheck.Store(true)
	rouse(b.wakeIn)
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

// hintsMost bounds what is remembered while Redis or the receiver hangs.
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

// take returns up to most hints, or all for -1, and whether none was dropped.
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
