package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// check is one step before the tests.
type check struct {
	name, purpose string
	run           func(context.Context) error
}

// notChecked is the error of a check that could not be made for a reason that
// is no fault of the code.
type notChecked struct{ why string }

func (n notChecked) Error() string { return "NOT CHECKED: " + n.why }

// checks in the order of how soon they answer. The tools are a module of their
// own, so that what they need never mixes with what the program needs.
func checks() []check {
	return []check{
		{"gofumpt", "every file is formatted", func(ctx context.Context) error {
			return silent(ctx, tool("gofumpt", "-l", ".")...)
		}},
		{"go vet", "no construct that is probably a mistake", func(ctx context.Context) error {
			return run(ctx, "go", "vet", "./...")
		}},
		{"go fix", "nothing that today's Go says in a better way", func(ctx context.Context) error {
			return silent(ctx, "go", "fix", "-diff", "./...")
		}},
		{"staticcheck", "no bug, no misuse, nothing unused", func(ctx context.Context) error {
			return silent(ctx, tool("staticcheck", "./...")...)
		}},
		{"deadcode", "no function that neither a program nor a test can reach", func(ctx context.Context) error {
			return silent(ctx, tool("deadcode", "-test", "./...")...)
		}},
		{"govulncheck", "no known vulnerability in code that we call", vulnerabilities},
	}
}

// tool is the command line of one of our pinned tools.
func tool(name string, args ...string) []string {
	return append([]string{"go", "tool", "-modfile=cmd/dev/tools/go.mod", name}, args...)
}

// silent runs a program that has something to say only when something is wrong.
func silent(ctx context.Context, command ...string) error {
	out, err := capture(ctx, command...)
	return verdict(withoutDownloads(out), err)
}

// withoutDownloads drops what the go command tells of modules that it fetches
// on a new machine: that is no finding.
func withoutDownloads(out string) string {
	var kept strings.Builder
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "go: downloading ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// verdict turns output and exit status into an error: some of the tools
// report what they found and still end with 0.
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

func capture(ctx context.Context, command ...string) (string, error) {
	fmt.Println("$", shown(nil, command[0], command[1:]))
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	return out.String(), err
}

// vulnerabilities asks the public database. Where that cannot be reached the
// rest must go on, but nobody may take the silence for an answer.
func vulnerabilities(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	out, err := capture(limited, tool("govulncheck", "./...")...)
	if limited.Err() != nil && ctx.Err() == nil {
		return notChecked{"known vulnerabilities; the database did not answer in time"}
	}
	return vulnerabilityVerdict(out, err)
}

func vulnerabilityVerdict(out string, err error) error {
	if err != nil && strings.Contains(out, "fetching vulnerabilities") {
		return notChecked{"known vulnerabilities; the database cannot be reached from here"}
	}
	if err == nil {
		return nil // it says "No vulnerabilities found.", or names some in code that we do not call
	}
	return verdict(out, err)
}

// shown is a command line as one would type it.
func shown(env []string, program string, args []string) string {
	words := append(append([]string{}, env...), program)
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \n\t'\"\\$|&;<>()*?") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
