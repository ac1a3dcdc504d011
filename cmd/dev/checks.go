package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// check is a step before the tests. It writes its commands and findings to out.
type check struct {
	name, purpose string
	run           func(ctx context.Context, out io.Writer) error
}

// notChecked is the error of a check that could not run for a reason outside the code.
type notChecked struct{ why string }

func (n notChecked) Error() string { return "NOT CHECKED: " + n.why }

// checks returns the checks in two rows that run in parallel. The checks of the first row need
// compiled packages. In sequence the later ones use the build cache; in parallel each would
// compile them. They take the flags of the tests, so that the tests use the same cache. The
// second row reads the source and waits for a remote database.
//
// The tools are in a module of their own, so that their dependencies do not mix with those of
// the program.
func checks(race []string) [][]check {
	return [][]check{{
		{"go vet", "no construct that is probably a mistake", silent(slices.Concat([]string{"go", "vet"}, race, []string{"./..."})...)},
		{
			"go fix", "no code that a newer feature of Go simplifies",
			silent(slices.Concat([]string{"go", "fix"}, race, []string{"-diff", "./..."})...),
		},
		{"staticcheck", "no bug, no misuse, nothing unused", staticcheck(race)},
	}, {
		{"gofumpt", "every file is formatted", silent(tool("gofumpt", "-l", ".")...)},
		{"lines", "no line over the limits", lines},
		{"govulncheck", "no known vulnerability in code that we call", vulnerabilities},
		{"deadcode", "no function that neither a program nor a test can reach", silent(tool("deadcode", "-test", "./...")...)},
	}}
}

// checked is the result of a check.
type checked struct {
	check
	err error
}

// runChecks runs the rows in parallel. It buffers the output of each check and writes it when
// the check ends. The results are in the order of the rows.
func runChecks(ctx context.Context, out io.Writer, rows [][]check) []checked {
	results := make([][]checked, len(rows))
	var mu sync.Mutex // guards out
	var group sync.WaitGroup
	for i, row := range rows {
		group.Go(func() {
			for _, c := range row {
				if ctx.Err() != nil {
					return
				}
				var said bytes.Buffer
				began := time.Now()
				err := c.run(ctx, &said)
				if err != nil {
					fmt.Fprintln(&said, err)
				}
				mu.Lock()
				took := time.Since(began).Round(100 * time.Millisecond)
				fmt.Fprintf(out, "\n== %s: %s\n%s%s after %v\n", c.name, c.purpose, said.String(), outcome(err), took)
				mu.Unlock()
				results[i] = append(results[i], checked{c, err})
			}
		})
	}
	group.Wait()
	return slices.Concat(results...)
}

// tool returns the command line of a pinned tool.
func tool(args ...string) []string {
	return append([]string{"go", "tool", "-modfile=cmd/dev/tools/go.mod"}, args...)
}

// silent runs a program that writes output only if it finds something.
func silent(command ...string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error {
		said, err := capture(ctx, out, command...)
		return verdict(withoutDownloads(said), err)
	}
}

// staticcheck runs the tool with the flags of the tests, so that the go command finds compiled
// packages. It builds the tool without these flags, which would make the tool slow.
func staticcheck(race []string) func(context.Context, io.Writer) error {
	return func(ctx context.Context, out io.Writer) error {
		built, err := capture(ctx, out, tool("-n", "staticcheck")...)
		if err != nil {
			return verdict(built, err)
		}
		program := strings.TrimSpace(withoutDownloads(built))
		flags := strings.Join(append(race[:len(race):len(race)], os.Getenv("GOFLAGS")), " ")
		return silent("env", "GOFLAGS="+flags, program, "./...")(ctx, out)
	}
}

// withoutDownloads removes the messages of the go command about downloaded modules, which are
// not findings.
func withoutDownloads(out string) string {
	var kept strings.Builder
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// verdict makes an error of output or a failed status. Some tools report findings and still
// exit with 0.
func verdict(out string, err error) error {
	out = strings.TrimSpace(out)
	switch {
	case err == nil && out == "":
		return nil
	case err == nil:
		return errors.New(out)
	case out == "":
		return err
	default:
		return fmt.Errorf("%s\n%w", out, err)
	}
}

func capture(ctx context.Context, out io.Writer, command ...string) (string, error) {
	fmt.Fprintln(out, "$", shown(command[0], command[1:]))
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	return said.String(), err
}

// vulnerabilities runs govulncheck with the public database. If the database cannot be
// reached, the other checks go on, and the result is NOT CHECKED and not success.
func vulnerabilities(ctx context.Context, out io.Writer) error {
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	said, err := capture(limited, out, tool("govulncheck", "./...")...)
	if limited.Err() != nil && ctx.Err() == nil {
		return notChecked{"known vulnerabilities; the database did not answer in time"}
	}
	return vulnerabilityVerdict(said, err)
}

func vulnerabilityVerdict(out string, err error) error {
	if err != nil && strings.Contains(out, "fetching vulnerabilities") {
		return notChecked{"known vulnerabilities; the database cannot be reached from here"}
	}
	if err == nil {
		return nil // the output says "No vulnerabilities found." or lists only vulnerabilities in code that we do not call
	}
	return verdict(out, err)
}

// shown formats a command line for a shell.
func shown(program string, args []string) string {
	words := []string{program}
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \n\t'\"\\$|&;<>()*?") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
