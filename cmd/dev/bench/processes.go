package bench

import (
	"context"
	"os"
)

// Processes are the hidden commands of the processes that a run starts. The program
// that calls [Run] has them among its commands.
type Processes struct {
	Server   serverCmd   `cmd:"" name:"bench-server" hidden:""`
	Watchers watchersCmd `cmd:"" name:"bench-watchers" hidden:""`
	Askers   askersCmd   `cmd:"" name:"bench-askers" hidden:""`
}

// Run serves until the run closes the input of the process.
func (s *serverCmd) Run(ctx context.Context) error { return serve(ctx, *s, os.Stdin, os.Stdout) }

// Run watches until the run closes the input of the process.
func (w *watchersCmd) Run() error { return watch(*w, os.Stdin, os.Stdout) }

// Run asks until the run closes the input of the process.
func (a *askersCmd) Run() error { return ask(*a, os.Stdin, os.Stdout) }
