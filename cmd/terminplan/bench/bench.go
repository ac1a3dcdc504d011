package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Options of a run.
type Options struct {
	Screens int       // how many watch
	Log     io.Writer // what is being done
}

type run struct {
	program       string // this program, to be started again
	screensWanted int
	log           io.Writer
	report        Report
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.log, format+" …\n", args...) }

// Run measures everything.
func Run(ctx context.Context, o Options) (Report, error) {
	program, err := os.Executable()
	if err != nil {
		return Report{}, fmt.Errorf("finding this program: %w", err)
	}
	r := &run{program: program, screensWanted: o.Screens, log: o.Log}
	r.report = Report{Machine: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version()), Screens: o.Screens}
	if err := r.screens(ctx); err != nil {
		return r.report, err
	}
	return r.report, r.bookings(ctx)
}
