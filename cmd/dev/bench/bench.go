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
	Screens int       // number of screens
	Only    []string  // names of parts, see the package comment; empty: all
	Log     io.Writer // receives a line of progress for each step
}

// patience is the limit of every wait. No result depends on it: it only ends a run that
// hangs, so a slow and busy machine has to stay far below it.
const patience = 2 * time.Minute

// amounts are the sizes of the measurements. Tests use small ones: they show that the parts
// work, and their results say nothing about speed.
type amounts struct {
	members     int // number of members who book at once
	clicked     int // number of single clicks
	changes     int // number of changes that all screens show
	classes     int // number of classes over which bookings are spread
	singles     int // number of bookings that come one at a time
	rushConns   int // number of connections over which the members of a rush book
	pageClasses int // number of classes of the day whose page is measured
	pageRenders int
	pageTime    time.Duration
	returns     int // number of servers of each kind to which all screens reconnect
}

var fullAmounts = amounts{
	members: 10_000, clicked: 100, changes: 40, classes: 500, singles: 400, rushConns: 500,
	pageClasses: 150, pageRenders: 50, pageTime: 2 * time.Second, returns: 3,
}

// part is a section of the table. It can be measured alone.
type part struct {
	name    string
	measure func(*run, context.Context) error
}

var parts = []part{
	{"screens", (*run).screens},
	{"bookings", (*run).bookings},
	{"rush", (*run).rush},
	{"clicks", (*run).clicks},
	{"visitors", (*run).visitors},
	{"pages", (*run).pages},
	{"reconnects", (*run).reconnects},
}

// partNames lists the parts.
func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

type run struct {
	program       string // the executable of this process, to start other processes
	screensWanted int
	log           io.Writer
	report        Report
	amounts
	backends
}

func (r *run) logf(format string, args ...any) { fmt.Fprintf(r.log, format+" …\n", args...) }

func (r *run) add(row Row) { r.report.Rows = append(r.report.Rows, row) }

func (r *run) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(r.report.Notes, n) {
		r.report.Notes = append(r.report.Notes, n)
	}
}

// Run measures the parts one after the other.
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
	r := &run{program: program, screensWanted: o.Screens, amounts: fullAmounts, log: o.Log}
	defer func() { err = errors.Join(err, r.stop()) }()
	machine := fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version())
	r.report = Report{Machine: machine, Screens: o.Screens}
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
