package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOutputOfAToolIsAFailure(t *testing.T) {
	status := errors.New("exit status 1")
	if err := verdict(" \n", nil); err != nil {
		t.Errorf("a program without output fails: %v", err)
	}
	for _, c := range []struct {
		out string
		err error
	}{{"a.go", nil}, {"", status}, {"a.go", status}} {
		if verdict(c.out, c.err) == nil {
			t.Errorf("output %q with %v passes", c.out, c.err)
		}
	}
}

func TestUnreachableVulnerabilityDatabase(t *testing.T) {
	status := errors.New("exit status 1")
	for out, want := range map[string]string{
		"govulncheck: fetching vulnerabilities: no such host": unchecked,
		"Vulnerability #1: GO-2026-0001":                      bad,
	} {
		if got := outcome(vulnerabilityVerdict(out, status)); got != want {
			t.Errorf("%q is %s, want %s", out, got, want)
		}
	}
	if got := outcome(vulnerabilityVerdict("No vulnerabilities found.", nil)); got != good {
		t.Errorf("the result without findings is %s", got)
	}
}

func TestGoTestFlags(t *testing.T) {
	for _, c := range []struct {
		cmd  testCmd
		race bool
		want []string
	}{
		{testCmd{}, true, []string{"test", "-race", "-shuffle=on", "-timeout", "1h", "./..."}},
		{testCmd{}, false, []string{"test", "-shuffle=on", "-timeout", "1h", "./..."}},
		{
			testCmd{Match: "Offer", Packages: []string{"./hub"}},
			true,
			[]string{"test", "-race", "-shuffle=on", "-timeout", "1h", "-run", "Offer", "./hub"},
		},
	} {
		if got := c.cmd.arguments(raceFlags(c.race)); !slices.Equal(got, c.want) {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestShownCommandIsValidShell(t *testing.T) {
	got := shown("sh", []string{"-c", "echo 'it''s' > x", "plain"})
	if want := `sh -c 'echo '\''it'\'''\''s'\'' > x' plain`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDownloadMessagesAreIgnored(t *testing.T) {
	out := "go: downloading mvdan.cc/gofumpt v0.12.0\nbooking/book.go\ngo: downloading golang.org/x/mod v0.42.0\n"
	if got := withoutDownloads(out); got != "booking/book.go\n" {
		t.Errorf("got %q", got)
	}
}

// The output of a check must not be interleaved with that of another row.
func TestParallelChecksDoNotMixTheirOutput(t *testing.T) {
	turn := make(chan int)
	says := func(name string, err error) check {
		return check{name, "a check", func(_ context.Context, out io.Writer) error {
			for range 3 {
				select { // alternate with the other row
				case turn <- 1:
				case <-turn:
				}
				fmt.Fprintln(out, name, "says")
			}
			return err
		}}
	}
	var out strings.Builder
	results := runChecks(t.Context(), &out, [][]check{
		{says("one", nil), says("two", errors.New("wrong"))},
		{says("three", notChecked{"far away"}), says("four", nil)},
	})
	var got []string
	for _, r := range results {
		got = append(got, r.name+" "+outcome(r.err))
	}
	if want := []string{"one ok", "two FAILED", "three NOT CHECKED", "four ok"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, want := range []string{
		"== one: a check\none says\none says\none says\nok after",
		"== two: a check\ntwo says\ntwo says\ntwo says\nwrong\nFAILED after",
		"== three: a check\nthree says\nthree says\nthree says\nNOT CHECKED: far away\nNOT CHECKED after",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is interleaved in\n%s", want, out.String())
		}
	}
}
