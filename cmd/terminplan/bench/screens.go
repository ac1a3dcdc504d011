package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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

// screens compares the hub with plain TCP writes and with the peer. What the hub and
// the peer publish comes through Redis.
func (r *run) screens(ctx context.Context) error {
	took := map[string]shown{}
	for _, kind := range []string{"tcp", "hub", "centrifuge"} {
		r.say("screens: %s", kind)
		s, err := r.stage(ctx, kind)
		if err != nil && kind == "centrifuge" {
			r.note("The peer was not measured: it is built from cmd/dev/peer with Go, inside the checkout (%v).", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("screens of %s: %w", kind, err)
		}
		took[kind] = s
	}
	h, tcp := took["hub"], took["tcp"]
	add := func(what string, here, limit time.Duration, name string, show func(time.Duration) string, goal float64) {
		r.add(Row{"screens", what, show(here), show(limit) + " " + name, ratio(here, limit), goal, false})
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
func (r *run) server(ctx context.Context, kind string) (*process, string, error) {
	var env []string
	if kind == "hub" || kind == "centrifuge" {
		redis, err := r.redis(ctx)
		if err != nil {
			return nil, "", err
		}
		env = append(env, "TERMINPLAN_BENCH_REDIS="+redis)
	}
	if kind != "centrifuge" {
		return spawn(ctx, "", env, r.program, "bench-stage", kind)
	}
	root, err := checkout()
	if err != nil {
		return nil, "", err
	}
	return spawn(ctx, filepath.Join(root, "cmd/dev/peer"), env, "go", "run", ".")
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

// show is a stage with its audience.
type show struct {
	server, viewers *process
	news            *announcer // nil: the server publishes what it is told to
	size, version   int64
}

// open starts a stage with all its screens. empty is the server's memory before they came.
func (r *run) open(ctx context.Context, kind string, size int, stalled bool) (s *show, empty int64, err error) {
	s = &show{size: int64(size), version: 1}
	defer func() {
		if err != nil {
			s.end()
		}
	}()
	var addr string
	if s.server, addr, err = r.server(ctx, kind); err != nil {
		return s, 0, err
	}
	if kind == "hub" {
		if s.news, err = newAnnouncer(ctx, r.redisAt); err != nil {
			return s, 0, err
		}
		if err = s.server.tell(fmt.Sprint("size ", size)); err != nil {
			return s, 0, err
		}
	}
	if err = s.server.tell("memory", &empty); err != nil {
		return s, 0, err
	}
	args := []string{"bench-audience", kind, addr, fmt.Sprint(r.screensWanted)}
	if stalled {
		args = append(args, "--stalled")
	}
	if s.viewers, _, err = spawn(ctx, "", nil, r.program, args...); err != nil {
		return s, 0, err
	}
	_, _, err = s.change(1) // everybody is there
	return s, empty, err
}

func (s *show) end() {
	for _, p := range []*process{s.viewers, s.server} {
		if p != nil {
			p.end()
		}
	}
	if s.news != nil {
		s.news.stop()
	}
}

// change shows a number of new versions and says when the last screen, and when 99 of
// 100, had the newest.
func (s *show) change(many int64) (last, most time.Duration, err error) {
	// A class is booked now and then: the hub holds a hot topic back on purpose,
	// which is what the burst measures.
	time.Sleep(2 * hotInterval)
	if err := s.viewers.tell(fmt.Sprintf("expect %x", mark(s.version+many-1))); err != nil {
		return 0, 0, err
	}
	var at, half, ninetyNine, end int64
	if s.news != nil {
		at = s.news.announce(s.version, many).UnixNano()
	} else if err := s.server.tell(fmt.Sprint("publish ", s.version, " ", many, " ", s.size), &at); err != nil {
		return 0, 0, err
	}
	err = s.viewers.tell("seen", &half, &ninetyNine, &end)
	s.version += many
	return time.Duration(end - at), time.Duration(ninetyNine - at), err
}

// changes repeats it and says what the server used.
func (s *show) changes(n int, many int64) (last, most times, used time.Duration, err error) {
	used, err = s.server.used(func() error {
		for range n {
			l, m, err := s.change(many)
			if err != nil {
				return err
			}
			last, most = append(last, l), append(most, m)
		}
		return nil
	})
	return last, most, used, err
}

func (r *run) stage(ctx context.Context, kind string) (took shown, err error) {
	s, empty, err := r.open(ctx, kind, fragmentSize, false)
	if err != nil {
		return took, err
	}
	defer func() { s.end() }()
	perScreen := func() (float64, error) {
		var now int64
		err := s.server.tell("memory", &now)
		return float64(now-empty) / float64(r.screensWanted), err
	}
	if took.idle, err = perScreen(); err != nil {
		return took, err
	}
	last, _, used, err := s.changes(rounds, 1)
	if err != nil {
		return took, err
	}
	took.perDelivery = used / time.Duration(rounds*r.screensWanted)
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

// stalled is how the others fare while every hundredth screen reads nothing, and
// when those are sent away.
func (r *run) stalled(ctx context.Context, took *shown) error {
	s, _, err := r.open(ctx, "hub", fragmentSize, true)
	if err != nil {
		return err
	}
	defer s.end()
	_, most, _, err := s.changes(rounds/2, 1)
	if err != nil {
		return err
	}
	took.quiet99 = most.at(50)
	began := time.Now()
	stalled := (r.screensWanted + 99) / 100
	if err := s.server.tell(fmt.Sprint("flood ", stalled)); err != nil {
		return err
	}
	flooded := time.Now()
	if _, most, _, err = s.changes(rounds/2, 1); err != nil {
		return err
	}
	took.stalled99 = most.at(50)
	for closed := 0; closed < stalled; {
		if err := s.server.tell("closed", &closed); err != nil {
			return err
		}
		if time.Since(began) > patience {
			return fmt.Errorf("only %d of %d stalled screens were sent away", closed, stalled)
		}
		time.Sleep(10 * time.Millisecond)
	}
	took.stalledGone = time.Since(flooded)
	return nil
}
