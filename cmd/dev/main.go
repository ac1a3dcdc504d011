// Command dev holds what the developers of Terminplan run themselves. It needs
// Go and nothing else to begin with:
//
//	go run ./cmd/dev test      install what is missing, check and test everything
//	go run ./cmd/dev vendor    fetch the vendored browser files again and verify them
//	go run ./cmd/dev generate  fill a database as a big studio has it after months
//	go run ./cmd/dev model     ask the engine and an oracle the same, a million times
//	go run ./cmd/dev bench     measure this machine: each result beside its limit
//	go run ./cmd/dev chaos     inject faults into two nodes and verify that nothing is lost
//	go run ./cmd/dev shots     photograph the pages of a running demo
//
// Every command prints what it starts before it starts it, works from any
// folder of the checkout, and ends with a non-zero status when something was
// not as it should be. Nothing here is part of the program that a studio runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Test     testCmd   `cmd:"" help:"Install what is missing, check the code and run every test."`
	Vendor   vendorCmd `cmd:"" help:"Fetch the vendored browser files again from npm and verify them."`
	Model    modelCmd  `cmd:"" help:"Ask the engine and the oracle the same, and compare answers and states."`
	Generate labCmd    `cmd:"" passthrough:"" help:"Fill a studio without classes with very many people, classes and bookings."`
	Bench    labCmd    `cmd:"" passthrough:"" help:"Measure this machine: each result beside its limit."`
	Chaos    labCmd    `cmd:"" passthrough:"" help:"Run two nodes, inject faults in turn, and verify that nothing is lost."`
	Shots    labCmd    `cmd:"" passthrough:"" help:"Photograph the pages of a running demo at two widths, light and dark."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var cli commands
	chosen := kong.Parse(&cli,
		kong.Name("go run ./cmd/dev"),
		kong.Description("The developers' commands of Terminplan. Only Go is needed to begin."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	err := toModuleRoot()
	if err == nil {
		chosen.BindTo(ctx, (*context.Context)(nil))
		err = chosen.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		stop()
		os.Exit(1)
	}
}

// toModuleRoot changes to the folder that holds go.mod, so that every path in
// this program can be written as seen from there.
func toModuleRoot() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		// Not just any go.mod: the tools have one of their own.
		if b, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(b), "module terminplan\n") {
			return os.Chdir(dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return errors.New("run this inside the checkout of Terminplan")
		}
		dir = parent
	}
}
