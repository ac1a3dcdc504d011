package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// testEvent is a line of go test -json (see "go doc test2json").
type testEvent struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// testOutput reads the events of go test -json and writes the output of go test without -json:
// a line for each package, and the output of failed tests. It also records durations.
type testOutput struct {
	out     io.Writer
	pending map[testName]*strings.Builder // output of the tests that have not ended
	order   []testName                    // of pending, by first line
	tests   []measuredTest
	results []string // the result line of each package
	failed  bool
}

// testName names a test. The name is empty for the output of the package itself.
type testName struct{ pkg, test string }

type measuredTest struct {
	testName
	took time.Duration
}

func newTestOutput(out io.Writer) *testOutput {
	return &testOutput{out: out, pending: map[testName]*strings.Builder{}}
}

// read reads all events. Lines that are not events are written unchanged.
func (o *testOutput) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		var e testEvent
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
			o.event(e)
		} else {
			fmt.Fprint(o.out, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (o *testOutput) event(e testEvent) {
	name := testName{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(o.out, e.Output)
	case "output":
		o.keep(name, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			o.packageEnded(name, e.Action == "fail")
			return
		}
		if !strings.Contains(e.Test, "/") {
			o.tests = append(o.tests, measuredTest{name, time.Duration(e.Elapsed * float64(time.Second))})
		}
		if text := o.take(name); e.Action == "fail" {
			fmt.Fprint(o.out, text)
		}
	}
}

// keep stores the output of a test or package until its result is known.
func (o *testOutput) keep(name testName, text string) {
	if name.test != "" && strings.HasPrefix(text, "=== ") {
		return // RUN, PAUSE, CONT and NAME are lines of -v
	}
	if o.pending[name] == nil {
		o.pending[name] = &strings.Builder{}
		o.order = append(o.order, name)
	}
	o.pending[name].WriteString(text)
}

func (o *testOutput) take(name testName) string {
	text := o.pending[name]
	if text == nil {
		return ""
	}
	delete(o.pending, name)
	o.order = slices.DeleteFunc(o.order, func(n testName) bool { return n == name })
	return text.String()
}

// packageEnded writes the result line of the package. If the package failed, it first writes
// the output of tests that did not end, as in a panic, and of the package itself.
func (o *testOutput) packageEnded(name testName, failed bool) {
	own := o.take(name)
	var unfinished strings.Builder
	for _, n := range slices.Clone(o.order) {
		if n.pkg == name.pkg {
			unfinished.WriteString(o.take(n))
		}
	}
	result := own
	if i := strings.LastIndex(strings.TrimSuffix(own, "\n"), "\n"); i >= 0 {
		result = own[i+1:] // "ok", "FAIL" or "?", the package and its time
	}
	if failed {
		o.failed = true
		fmt.Fprint(o.out, unfinished.String(), strings.TrimSuffix(own, result))
	}
	fmt.Fprint(o.out, result)
	o.results = append(o.results, result)
}

// longest is the number of slowest tests in the list.
const longest = 10

// summary lists the slowest tests and then repeats the result lines of the packages.
func (o *testOutput) summary() {
	slices.SortStableFunc(o.tests, func(a, b measuredTest) int { return cmp.Compare(b.took, a.took) })
	fmt.Fprintln(o.out, "\n== the slowest tests")
	for _, t := range o.tests[:min(longest, len(o.tests))] {
		fmt.Fprintf(o.out, "%8.1fs  %s  %s\n", t.took.Seconds(), t.pkg, t.test)
	}
	fmt.Fprintln(o.out, "\n== the packages")
	for _, r := range o.results {
		fmt.Fprint(o.out, r)
	}
	if o.failed {
		fmt.Fprintln(o.out, "FAIL")
	}
}
