package main

import (
	"context"
	"errors"
	"os"
	"time"

	"terminplan/cmd/dev/chaos"
)

// chaosCmd injects faults into two running nodes.
type chaosCmd struct {
	Seed    uint64   `default:"1" help:"The same seed gives the same faults at the same moments."`
	Minutes float64  `default:"5" help:"Duration. Every fault is injected at least once."`
	Clients int      `default:"10000" help:"Number of sockets that reconnect at once. Each takes a file descriptor in two processes."`
	Only    []string `help:"Inject only this fault, by its name in the table. May be repeated." placeholder:"FAULT" sep:"none"`
	Logs    string   `help:"Folder for the logs of the nodes. Default: they are deleted at the end." type:"existingdir"`
	JSON    bool     `help:"Print JSON instead of a table."`
}

// Run prints the report and returns an error if any guarantee was violated.
func (c *chaosCmd) Run(ctx context.Context) error {
	report, err := chaos.Run(ctx, chaos.Options{
		Seed: c.Seed, For: time.Duration(c.Minutes * float64(time.Minute)), Clients: c.Clients, Only: c.Only, Logs: c.Logs, Log: os.Stderr,
	})
	if err == nil && report.Violated() {
		err = errors.New("a guarantee was violated: see the table")
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	return errors.Join(installHint(err), write(os.Stdout))
}
