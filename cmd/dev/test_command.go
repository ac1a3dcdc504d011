package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// testCmd checks and tests everything. Each step runs even if an earlier one failed. The tests
// come last, so the last lines are those of go test; failed steps follow on stderr.
type testCmd struct {
	NoInstall bool     `help:"Do not install missing programs; say what is missing and go on."`
	Match     string   `name:"run" short:"r" placeholder:"REGEXP" help:"Run only the tests that match, as go test -run."`
	Packages  []string `arg:"" optional:"" help:"Packages to test; the checks look at all of them. Default: ./..."`
}

func (t testCmd) Help() string {
	return `Installs with apt what the tests need and this machine lacks (PostgreSQL, Redis,
Chromium, a C compiler), as root or where sudo asks for no password, and shows
every command first. No service is started. Then the checks, two at a time: go vet,
go fix and staticcheck beside gofumpt, the length of lines, govulncheck and deadcode. Then go test with
the race detector, and at the end the ten slowest tests and the time of each package.`
}

// Run runs the whole command.
func (t testCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := giveHome(); err != nil {
		return err
	}
	var failed, open []string
	if err := t.prepare(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		failed = append(failed, "programs")
	}

	race := raceFlags(has("gcc"))
	for _, c := range runChecks(ctx, os.Stdout, checks(race)) {
		switch outcome(c.err) {
		case unchecked:
			open = append(open, fmt.Sprint(c.err))
		case bad:
			failed = append(failed, c.name)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}

	if len(race) == 0 {
		open = append(open, notChecked{"data races; the race detector needs gcc and the headers of libc"}.Error())
	}
	fmt.Println()
	for _, o := range open {
		fmt.Println(o)
	}
	if len(failed) > 0 {
		fmt.Println("FAILED so far:", strings.Join(failed, ", "))
	}
	fmt.Println("== go test: everything, in random order")
	if err := t.runTests(ctx, race); err != nil {
		failed = append(failed, "go test")
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// narrowed reports whether flags select some of the tests. Then the developer knows which
// tests are slow.
func (t testCmd) narrowed() bool { return t.Match != "" || len(t.Packages) > 0 }

// runTests runs go test. After a whole run it lists the slowest tests.
func (t testCmd) runTests(ctx context.Context, race []string) error {
	if t.narrowed() {
		return run(ctx, "go", t.arguments(race)...)
	}
	output := newTestOutput(os.Stdout)
	events, write := io.Pipe()
	read := make(chan error, 1)
	go func() { read <- output.read(events) }()
	err := start(ctx, write, os.Stderr, "go", slices.Insert(t.arguments(race), 1, "-json")...)
	write.Close()
	err = errors.Join(err, <-read)
	output.summary()
	return err
}

func (t testCmd) arguments(race []string) []string {
	args := append([]string{"test"}, race...)
	args = append(args, "-shuffle=on", "-timeout", hangs)
	if t.Match != "" {
		args = append(args, "-run", t.Match)
	}
	if len(t.Packages) == 0 {
		return append(args, "./...")
	}
	return append(args, t.Packages...)
}

// hangs is the time limit for the tests of a package. A busy machine with two cores stays far
// below it.
const hangs = "1h"

// raceFlags returns the flags of the race detector, or none without the C compiler it needs.
func raceFlags(compiler bool) []string {
	if compiler {
		return []string{"-race"}
	}
	return nil
}

const (
	good      = "ok"
	unchecked = "NOT CHECKED"
	bad       = "FAILED"
)

func outcome(err error) string {
	var nc notChecked
	switch {
	case err == nil:
		return good
	case errors.As(err, &nc):
		return unchecked
	default:
		return bad
	}
}

// giveHome sets HOME to a new folder if it is not set, as in a minimal container, because
// browsers and npm store files there.
func giveHome() error {
	if os.Getenv("HOME") != "" {
		return nil
	}
	home, err := os.MkdirTemp("", "terminplan-home-")
	if err != nil {
		return err
	}
	return os.Setenv("HOME", home)
}

// run runs a program with our output, and interrupts it when ctx ends.
func run(ctx context.Context, program string, args ...string) error {
	return start(ctx, os.Stdout, os.Stderr, program, args...)
}

func start(ctx context.Context, out, errs io.Writer, program string, args ...string) error {
	fmt.Fprintln(out, "$", shown(program, args))
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}
