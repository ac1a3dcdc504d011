package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	fragmentSize = 600
	burst        = 50
	hotInterval  = 20 * time.Millisecond // the longest time for which the hub may delay the updates after a change
)

// fanoutResult is the measurement of one kind of server.
type fanoutResult struct {
	perDelivery         time.Duration // CPU
	last50, last99      time.Duration // from publishing to the last screen: median and 99th percentile of the rounds
	burstCPU, burstTime time.Duration
	idle, loaded        float64       // bytes per connection
	quiet99, stalled99  time.Duration // until 99 of 100 screens had it, without and with stalled screens
}

// screens compares the hub with plain TCP writes and with the peer. The hub and the peer
// publish through Redis.
func (r *run) screens(ctx context.Context) error {
	took := map[string]fanoutResult{}
	for _, kind := range []string{"tcp", "hub", "centrifuge"} {
		r.logf("screens: %s", kind)
		result, err := r.fanout(ctx, kind)
		if err != nil && kind == "centrifuge" {
			r.note("The peer was not measured: it is built from cmd/dev/peer with Go, inside the checkout (%v).", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("screens of %s: %w", kind, err)
		}
		took[kind] = result
	}
	h, tcp := took["hub"], took["tcp"]
	add := func(what string, here, limit time.Duration, name string, format func(time.Duration) string, goal float64) {
		r.add(Row{"screens", what, format(here), format(limit) + " " + name, ratio(here, limit), goal, false})
	}
	add("CPU per delivery", h.perDelivery, tcp.perDelivery, "plain TCP", micros, 1.00)
	peer, measured := took["centrifuge"]
	if measured {
		add("CPU per delivery", h.perDelivery, peer.perDelivery, "centrifuge", micros, 0.70)
	}
	add("publish to the last screen, p50", h.last50, tcp.last50, "plain TCP", millis, 1.10)
	add("publish to the last screen, p99", h.last99, tcp.last99, "plain TCP", millis, 1.25)
	if measured {
		add("50 changes of one class, CPU", h.burstCPU, peer.burstCPU, "centrifuge", millis, 1.0/20)
		add("50 changes, until all show the last", h.burstTime, peer.burstTime, "centrifuge", millis, 1.0/15)
	}
	add("50 changes, until all show the last", h.burstTime, tcp.burstTime, "plain TCP", millis, 0)
	kib := func(b float64) string { return number(b/1024) + " KiB" }
	r.add(Row{"screens", "memory per idle connection", kib(h.idle), "8.5 KiB", h.idle / 1024 / 8.5, 1, false})
	r.add(Row{"screens", "the same after load", kib(h.loaded), kib(h.idle) + " before", h.loaded / h.idle, 1.05, false})
	if measured {
		r.add(Row{"screens", "memory per idle connection", kib(h.idle), kib(peer.idle) + " centrifuge", h.idle / peer.idle, 0, false})
	}
	add("99 of 100 screens while 1 % read nothing", h.stalled99, h.quiet99, "without them", millis, 1.10)
	return nil
}

func ratio(here, limit time.Duration) float64 {
	if limit == 0 {
		return 0
	}
	return float64(here) / float64(limit)
}

// fanout measures one kind of server.
func (r *run) fanout(ctx context.Context, kind string) (took fanoutResult, err error) {
	s, empty, err := r.openFanout(ctx, kind, fragmentSize, false)
	if err != nil {
		return took, err
	}
	defer func() { s.end() }()
	perScreen := func() (float64, error) {
		var now int64
		err := s.server.call("memory", &now)
		return float64(now-empty) / float64(r.screensWanted), err
	}
	if took.idle, err = perScreen(); err != nil {
		return took, err
	}
	last, _, used, err := s.changes(r.changes, 1)
	if err != nil {
		return took, err
	}
	took.perDelivery = used / time.Duration(r.changes*r.screensWanted)
	took.last50, took.last99 = last.at(50), last.at(99)
	if last, _, used, err = s.changes(3, burst); err != nil {
		return took, err
	}
	took.burstCPU, took.burstTime = used/3, last.at(50)
	if took.loaded, err = perScreen(); err != nil || kind != "hub" {
		return took, err
	}
	s.end()
	return took, r.stalled(ctx, &took)
}

// stalled measures the other screens while every hundredth screen reads nothing.
func (r *run) stalled(ctx context.Context, took *fanoutResult) error {
	s, _, err := r.openFanout(ctx, "hub", fragmentSize, true)
	if err != nil {
		return err
	}
	defer s.end()
	_, most, _, err := s.changes(r.changes/2, 1)
	if err != nil {
		return err
	}
	took.quiet99 = most.at(50)
	stalled := (r.screensWanted + 99) / 100
	if err := s.server.call(fmt.Sprint("flood ", stalled)); err != nil {
		return err
	}
	if _, most, _, err = s.changes(r.changes/2, 1); err != nil {
		return err
	}
	took.stalled99 = most.at(50)
	var slow int
	if err := s.server.call("slow", &slow); err != nil || slow < stalled {
		return errors.Join(err, fmt.Errorf("%d of %d stalled screens are left at the end", slow, stalled))
	}
	return nil
}
