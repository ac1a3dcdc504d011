package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options of a run.
type Options struct {
	Screens int       // how many watch
	Only    []string  // parts by name, see the package; empty: all
	Log     io.Writer // what is being done
}

// patience is how long a run waits for what must come. No result depends on it: it only
// ends a run that hangs, so a machine that is slow and busy has to stay far below it.
const patience = 2 * time.Minute

// allMembers book at once, and so often one of them clicks alone; tests do with fewer.
const (
	allMembers = 10_000
	allClicks  = 100
)

// part is a section of the table, measured by itself.
type part struct {
	name    string
	measure func(*run, context.Context) error
}

var parts = []part{
	{"screens", (*run).screens},
	{"bookings", (*run).bookings},
	{"rush", (*run).rush},
	{"clicks", (*run).clicks},
	{"pages", (*run).pages},
	{"reconnects", (*run).reconnects},
}

// partNames are what can be measured by itself.
func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

type run struct {
	program       string // this program, to be started again
	screensWanted int
	members       int // who book
	clicked       int // how often, one at a time
	log           io.Writer
	report        Report
	servers
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+" …\n", args...) }

func (r *run) add(row Row) { r.report.Rows = append(r.report.Rows, row) }

func (r *run) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(r.report.Notes, n) {
		r.report.Notes = append(r.report.Notes, n)
	}
}

// Run measures one part after the other.
func Run(ctx context.Context, o Options) (report Report, err error) {
	for _, name := range o.Only {
		if !slices.Contains(partNames(), name) {
			return report, fmt.Errorf("there is no part %q: they are %s", name, strings.Join(partNames(), ", "))
		}
	}
	program, err := os.Executable()
	if err != nil {
		return report, fmt.Errorf("finding this program: %w", err)
	}
	r := &run{program: program, screensWanted: o.Screens, members: allMembers, clicked: allClicks, log: o.Log}
	defer func() { err = errors.Join(err, r.stop()) }()
	r.report = Report{Machine: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version()), Screens: o.Screens}
	for _, p := range parts {
		if len(o.Only) > 0 && !slices.Contains(o.Only, p.name) {
			continue
		}
		if err := p.measure(r, ctx); err != nil {
			return r.report, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return r.report, nil
}
