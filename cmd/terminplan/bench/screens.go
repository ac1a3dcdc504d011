package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	fragmentSize = 600
	rounds       = 40
	burst        = 50
	hotInterval  = 20 * time.Millisecond // for so long the hub may hold back what follows a change
)

// shown is what one stage took.
type shown struct {
	perDelivery         time.Duration // CPU
	last50, last99      time.Duration // from publishing to the last screen: median, and 99 of 100 rounds
	burstCPU, burstTime time.Duration
	idle, loaded        float64       // bytes per connection
	quiet99, stalled99  time.Duration // when 99 of 100 screens had it, without and with stalled ones
	stalledGone         time.Duration // until all stalled ones were sent away
}

// screens compares the hub with plain TCP writes and with the peer.
func (r *run) screens(ctx context.Context) error {
	took := map[string]shown{}
	for _, kind := range []string{"tcp", "hub", "centrifuge"} {
		r.say("screens: %s", kind)
		s, err := r.stage(ctx, kind)
		if err != nil && kind == "centrifuge" {
			r.report.Notes = append(r.report.Notes, fmt.Sprintf("The peer was not measured: it is built from cmd/dev/peer with Go, inside the checkout (%v).", err))
			continue
		}
		if err != nil {
			return fmt.Errorf("screens of %s: %w", kind, err)
		}
		took[kind] = s
	}
	h, tcp := took["hub"], took["tcp"]
	add := func(what string, here, limit time.Duration, name string, show func(time.Duration) string, goal float64) {
		r.report.Rows = append(r.report.Rows, Row{"screens", what, show(here), show(limit) + " " + name, ratio(here, limit), goal, false})
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
	r.report.Rows = append(r.report.Rows,
		Row{"screens", "memory per idle connection", kib(h.idle), "8.5 KiB", h.idle / 1024 / 8.5, 1, false},
		Row{"screens", "the same after load", kib(h.loaded), kib(h.idle) + " before", h.loaded / h.idle, 1.05, false})
	if measured {
		r.report.Rows = append(r.report.Rows, Row{"screens", "memory per idle connection", kib(h.idle), kib(peer.idle) + " centrifuge", h.idle / peer.idle, 0, false})
	}
	add("99 of 100 screens while 1 % read nothing", h.stalled99, h.quiet99, "without them", millis, 1.10)
	add("until those are sent away", h.stalledGone, 5*time.Second, "allowed", millis, 1)
	return nil
}

func ratio(here, limit time.Duration) float64 {
	if limit == 0 {
		return 0
	}
	return float64(here) / float64(limit)
}

// server starts the process of a stage.
func (r *run) server(ctx context.Context, kind string) (*part, string, error) {
	if kind != "centrifuge" {
		return spawn(ctx, "", r.program, "bench-stage", kind)
	}
	root, err := checkout()
	if err != nil {
		return nil, "", err
	}
	return spawn(ctx, filepath.Join(root, "cmd/dev/peer"), "go", "run", ".")
}

// checkout is the folder of this program's source.
func checkout() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "cmd/dev/peer/go.mod")); missing == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", fmt.Errorf("no checkout here")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func (r *run) stage(ctx context.Context, kind string) (s shown, err error) {
	server, addr, err := r.server(ctx, kind)
	if err != nil {
		return s, err
	}
	defer server.end()
	var before, idle, loaded int64
	if err := server.tell("memory", &before); err != nil {
		return s, err
	}
	watch := func(stalled string) (*part, error) {
		p, _, err := spawn(ctx, "", r.program, "bench-audience", kind, addr, fmt.Sprint(r.screensWanted), stalled)
		return p, err
	}
	viewers, err := watch("none")
	if err != nil {
		return s, err
	}
	defer viewers.end()
	version := int64(1)
	show := func(many int64) (last, most time.Duration, err error) {
		// A class is booked now and then: the hub holds a hot topic back on purpose,
		// which is what the burst measures.
		time.Sleep(2 * hotInterval)
		var at, half, ninetyNine, end int64
		if err = viewers.tell(fmt.Sprint("expect ", version+many-1)); err == nil {
			err = server.tell(fmt.Sprint("publish ", version, many, fragmentSize), &at)
		}
		if err == nil {
			err = viewers.tell("seen", &half, &ninetyNine, &end)
		}
		version += many
		return time.Duration(end - at), time.Duration(ninetyNine - at), err
	}
	if _, _, err = show(1); err != nil { // everybody is there
		return s, err
	}
	if err = server.tell("memory", &idle); err != nil {
		return s, err
	}
	s.idle = float64(idle-before) / float64(r.screensWanted)

	var last, most []time.Duration
	measured := func(n int, many int64) (used time.Duration, err error) {
		var c0, c1 int64
		if err = server.tell("cpu", &c0); err != nil {
			return 0, err
		}
		last, most = nil, nil
		for range n {
			l, m, err := show(many)
			if err != nil {
				return 0, err
			}
			last, most = append(last, l), append(most, m)
		}
		err = server.tell("cpu", &c1)
		slices.Sort(last)
		slices.Sort(most)
		return time.Duration(c1 - c0), err
	}
	used, err := measured(rounds, 1)
	if err != nil {
		return s, err
	}
	s.perDelivery = used / time.Duration(rounds*r.screensWanted)
	s.last50, s.last99, s.quiet99 = last[len(last)/2], last[len(last)*99/100], most[len(most)/2]
	if used, err = measured(3, burst); err != nil {
		return s, err
	}
	s.burstCPU, s.burstTime = used/3, last[1]
	if err = server.tell("memory", &loaded); err != nil {
		return s, err
	}
	s.loaded = float64(loaded-before) / float64(r.screensWanted)
	if kind != "hub" {
		return s, nil
	}

	viewers.end()
	if viewers, err = watch("some"); err != nil {
		return s, err
	}
	defer viewers.end()
	stalled := (r.screensWanted + 99) / 100
	if _, err = measured(rounds/2, 1); err != nil {
		return s, err
	}
	s.quiet99 = most[len(most)/2]
	began := time.Now()
	if err = server.tell(fmt.Sprint("flood ", stalled)); err != nil {
		return s, err
	}
	flooded := time.Now()
	if _, err = measured(rounds/2, 1); err != nil {
		return s, err
	}
	s.stalled99 = most[len(most)/2]
	for closed := 0; closed < stalled; {
		if err = server.tell("closed", &closed); err != nil {
			return s, err
		}
		if time.Since(began) > time.Minute {
			return s, fmt.Errorf("only %d of %d stalled screens were sent away", closed, stalled)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.stalledGone = time.Since(flooded)
	return s, nil
}
