// Command lab holds the commands for developers that import the program itself: bench, chaos,
// generate, icons and shots. Command dev builds and starts it. It is a separate command, so that
// "go run ./cmd/dev test" on a new machine compiles few packages before it starts.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"terminplan/booking/localpg"
	"terminplan/cmd/dev/bench"
)

type commands struct {
	Bench    benchCmd    `cmd:"" help:"Measure the speed on this machine, each result next to its limit."`
	Chaos    chaosCmd    `cmd:"" help:"Run two nodes, PostgreSQL and Redis, inject faults in turn, and verify that nothing is lost."`
	Generate generateCmd `cmd:"" help:"Fill a studio without classes with very many people, classes and bookings."`
	Icons    iconsCmd    `cmd:"" help:"Draw the icons of the installed app from their sources."`
	Shots    shotsCmd    `cmd:"" help:"Take screenshots of the pages of a running demo at two widths, light and dark."`

	bench.Processes // hidden commands that bench starts
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	chosen := kong.Parse(&cli, kong.Name("go run ./cmd/dev"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	chosen.BindTo(ctx, (*context.Context)(nil))
	if err := chosen.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		stop()
		os.Exit(1)
	}
}

// installHint adds installation instructions to the error of a missing PostgreSQL.
func installHint(err error) error {
	if errors.Is(err, localpg.ErrNoBinaries) {
		return fmt.Errorf("%w\n%s", err, localpg.InstallHint())
	}
	return err
}
