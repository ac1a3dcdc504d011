// Command dev holds the commands for developers of Terminplan. It needs only Go to start:
//
//	go run ./cmd/dev test      install missing programs, check and test everything
//	go run ./cmd/dev vendor    fetch the vendored browser files again and verify them
//	go run ./cmd/dev generate  fill a database with months of data of a large studio
//	go run ./cmd/dev model     compare the engine with an oracle in a million operations
//	go run ./cmd/dev bench     measure the speed, each result next to its limit
//	go run ./cmd/dev chaos     inject faults into two nodes and verify that nothing is lost
//	go run ./cmd/dev icons     draw the icons of the installed app
//	go run ./cmd/dev shots     take screenshots of the pages of a running demo
//
// Every command prints each program before it starts it, works in any folder of the checkout,
// and exits with a non-zero status after a failure. Nothing here is part of the program that
// a studio runs.
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
	Test     testCmd   `cmd:"" help:"Install missing programs, check the code and run every test."`
	Vendor   vendorCmd `cmd:"" help:"Fetch the vendored browser files again from npm and verify them."`
	Model    modelCmd  `cmd:"" help:"Run the same operations on the engine and the oracle, and compare answers and states."`
	Generate labCmd    `cmd:"" passthrough:"" help:"Fill a studio without classes with very many people, classes and bookings."`
	Bench    labCmd    `cmd:"" passthrough:"" help:"Measure the speed on this machine, each result next to its limit."`
	Chaos    labCmd    `cmd:"" passthrough:"" help:"Run two nodes, inject faults in turn, and verify that nothing is lost."`
	Icons    labCmd    `cmd:"" passthrough:"" help:"Draw the icons of the installed app from their sources."`
	Shots    labCmd    `cmd:"" passthrough:"" help:"Take screenshots of the pages of a running demo at two widths, light and dark."`
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

// toModuleRoot changes to the folder of go.mod, so that all paths in this program are relative
// to it.
func toModuleRoot() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		// The tools have a go.mod of their own, so check the module's name.
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
