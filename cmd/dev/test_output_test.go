package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The output of go test for packages of each kind is shown, and the last lines are the results
// of the packages.
func TestOutputShowsEveryFailure(t *testing.T) {
	module := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module sample\n\ngo 1.26\n",
		"broken/a_test.go": "package broken\n\nfunc f() { return 1 }\n",
		"empty/a.go":       "package empty\n",
		"exits/a_test.go": `package exits

import (
	"fmt"
	"os"
	"testing"
)

func TestLeaves(t *testing.T) { fmt.Println("last words"); os.Exit(3) }
`,
		"panics/a_test.go": `package panics

import "testing"

func TestPanics(t *testing.T) { t.Log("just before"); panic("help") }
`,
		"passes/a_test.go": `package passes

import "testing"

func TestPasses(t *testing.T) { t.Log("nobody asked") }
`,
		"some_fail/a_test.go": `package some_fail

import "testing"

func TestGood(t *testing.T) { t.Log("quiet") }

func TestBad(t *testing.T) { t.Run("part", func(t *testing.T) { t.Error("loud") }) }
`,
	} {
		file := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-json", "./...")
	cmd.Dir = module
	events, err := cmd.Output()
	if err == nil {
		t.Fatal("the sample passes")
	}
	var shown strings.Builder
	o := newTestOutput(&shown)
	if err := o.read(strings.NewReader("no event\n" + string(events))); err != nil {
		t.Fatal(err)
	}
	o.summary()
	text, last, _ := strings.Cut(shown.String(), "== the packages\n")
	for _, want := range []string{
		"no event\n", "too many return values", "last words", "just before", "panic: help",
		"--- FAIL: TestBad", "loud", "  sample/some_fail  TestBad\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, other := range []string{"nobody asked", "quiet", "=== RUN"} {
		if strings.Contains(shown.String(), other) {
			t.Errorf("%q is shown", other)
		}
	}
	var lines []string
	for line := range strings.Lines(last) {
		words := strings.Fields(line)
		lines = append(lines, strings.Join(words[:min(2, len(words))], " "))
	}
	end := len(lines) - 1
	slices.Sort(lines[:end])
	want := []string{
		"? sample/empty", "FAIL sample/broken", "FAIL sample/exits", "FAIL sample/panics", "FAIL sample/some_fail", "ok sample/passes",
		"FAIL",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the last lines are %q, want %q", lines, want)
	}
	if t.Failed() {
		t.Log("\n" + shown.String())
	}
}
