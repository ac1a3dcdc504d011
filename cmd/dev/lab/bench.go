package main

import (
	"context"
	"errors"
	"os"

	"terminplan/cmd/dev/bench"
)

// benchCmd measures the speed of the program on this machine.
type benchCmd struct {
	Screens int      `default:"10000" help:"Number of screens. Each takes a file descriptor in two processes."`
	Only    []string `help:"Parts: screens, bookings, rush, clicks, visitors, pages, reconnects. Default: all." placeholder:"PART,…"`
	JSON    bool     `help:"Print JSON instead of a table."`
}

// Run prints the results, even if the run failed before its end.
func (b *benchCmd) Run(ctx context.Context) error {
	report, err := bench.Run(ctx, bench.Options{Screens: b.Screens, Only: b.Only, Log: os.Stderr})
	write := report.WriteTable
	if b.JSON {
		write = report.WriteJSON
	}
	return errors.Join(installHint(err), write(os.Stdout))
}
