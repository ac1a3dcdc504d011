package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// labCmd is a command of [terminplan/cmd/dev/lab] with its arguments. It is built only when it
// is used, since it imports the whole program.
type labCmd struct {
	Args []string `arg:"" optional:""`
}

// Run builds the commands and starts the chosen one.
func (l *labCmd) Run(ctx context.Context, chosen *kong.Context) error {
	dir, err := os.MkdirTemp("", "terminplan-lab-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "lab")
	if err := run(ctx, "go", "build", "-o", program, "./cmd/dev/lab"); err != nil {
		return fmt.Errorf("building the command: %w", err)
	}
	return run(ctx, program, append([]string{chosen.Selected().Name}, l.Args...)...)
}
