package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// startServer starts the process of one kind of server.
func (r *run) startServer(ctx context.Context, kind string) (*process, string, error) {
	var env []string
	if kind == "hub" || kind == "centrifuge" {
		redis, err := r.redis(ctx)
		if err != nil {
			return nil, "", err
		}
		env = append(env, "TERMINPLAN_BENCH_REDIS="+redis)
	}
	if kind != "centrifuge" {
		return spawn(ctx, "", env, r.program, "bench-server", kind)
	}
	root, err := checkout()
	if err != nil {
		return nil, "", err
	}
	return spawn(ctx, filepath.Join(root, "cmd/dev/peer"), env, "go", "run", ".")
}

// checkout returns the folder of this program's source.
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

// fanout is a server with its watchers.
type fanout struct {
	server, watchers *process
	announcer        *announcer // nil: the server publishes on command
	size, version    int64
}

// openFanout starts a server and connects all screens. empty is the server's memory before
// they connected.
func (r *run) openFanout(ctx context.Context, kind string, size int, stalled bool) (f *fanout, empty int64, err error) {
	f = &fanout{size: int64(size), version: 1}
	defer func() {
		if err != nil {
			f.end()
		}
	}()
	var addr string
	if f.server, addr, err = r.startServer(ctx, kind); err != nil {
		return f, 0, err
	}
	if kind == "hub" {
		if f.announcer, err = newAnnouncer(ctx, r.redisAt); err != nil {
			return f, 0, err
		}
		if err = f.server.call(fmt.Sprint("size ", size)); err != nil {
			return f, 0, err
		}
	}
	if err = f.server.call("memory", &empty); err != nil {
		return f, 0, err
	}
	args := []string{"bench-watchers", kind, addr, fmt.Sprint(r.screensWanted)}
	if stalled {
		args = append(args, "--stalled")
	}
	if f.watchers, _, err = spawn(ctx, "", nil, r.program, args...); err != nil {
		return f, 0, err
	}
	_, _, err = f.change(1) // until every screen is connected
	return f, empty, err
}

func (f *fanout) end() {
	for _, p := range []*process{f.watchers, f.server} {
		if p != nil {
			p.end()
		}
	}
	if f.announcer != nil {
		f.announcer.stop()
	}
}

// change publishes a number of new versions. It returns how long the last screen, and how
// long 99 of 100 screens, took to receive the newest version.
func (f *fanout) change(many int64) (last, most time.Duration, err error) {
	// The hub holds updates of a hot topic back on purpose; only the burst measures that.
	time.Sleep(2 * hotInterval)
	if err := f.watchers.call(fmt.Sprintf("expect %x", mark(f.version+many-1))); err != nil {
		return 0, 0, err
	}
	var at, half, ninetyNine, end int64
	if f.announcer != nil {
		at = f.announcer.announce(f.version, many).UnixNano()
	} else if err := f.server.call(fmt.Sprint("publish ", f.version, " ", many, " ", f.size), &at); err != nil {
		return 0, 0, err
	}
	err = f.watchers.call("seen", &half, &ninetyNine, &end)
	f.version += many
	return time.Duration(end - at), time.Duration(ninetyNine - at), err
}

// changes calls change n times and returns the CPU that the server used as well.
func (f *fanout) changes(n int, many int64) (last, most times, used time.Duration, err error) {
	used, err = f.server.used(func() error {
		for range n {
			l, m, err := f.change(many)
			if err != nil {
				return err
			}
			last, most = append(last, l), append(most, m)
		}
		return nil
	})
	return last, most, used, err
}
