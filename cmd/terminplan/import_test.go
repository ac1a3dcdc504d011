package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terminplan/booking/bookingtest"
)

func TestAFileIsImportedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	file := filepath.Join(t.TempDir(), "liste.csv")
	if err := os.WriteFile(file, []byte("Nr;Name;E-Mail\n1;Lena Brandt;lena@example.test\n2;Paul Roth;paul@\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	people := func() int { return env.Int(`select count(*) from person`) }
	before := people()
	run := func(change func(*importCommand)) (string, error) {
		var out bytes.Buffer
		c := importCommand{File: file, Kind: "members", Map: map[string]int{"number": 1, "name": 2}}
		c.DatabaseURL = env.DSN
		change(&c)
		err := importFile(t.Context(), c, &out, io.Discard)
		return out.String(), err
	}
	failed := filepath.Join(t.TempDir(), "failed.csv")
	out, err := run(func(c *importCommand) { c.DryRun, c.Failed = true, failed })
	if !errors.Is(err, errWrongRows) || !strings.Contains(out, "3: ") {
		t.Errorf("the dry run: %v\n%s", err, out)
	}
	rows, err := os.ReadFile(failed)
	if err != nil || !strings.Contains(string(rows), "Paul Roth") || strings.Contains(string(rows), "Lena") {
		t.Errorf("the file of wrong rows: %s, %v", rows, err)
	}
	if out, err = run(func(*importCommand) {}); !errors.Is(err, errWrongRows) || people() != before {
		t.Errorf("a file with a wrong row: %v, %d people\n%s", err, people()-before, out)
	}
	if out, err = run(func(c *importCommand) { c.SkipWrong = true }); err != nil || people() != before+1 {
		t.Errorf("without the wrong row: %v, %d people\n%s", err, people()-before, out)
	}
	if out, err = run(func(c *importCommand) { c.SkipWrong = true }); err != nil || people() != before+1 {
		t.Errorf("the second time: %v, %d people\n%s", err, people()-before, out)
	}
	if _, err = run(func(c *importCommand) { c.Map["name"] = 9 }); err == nil || people() != before+1 {
		t.Errorf("a column that is not there: %v", err)
	}
	if _, err = run(func(c *importCommand) { c.Kind = "shoes" }); err == nil || !strings.Contains(err.Error(), "rows are one of") {
		t.Errorf("an unknown kind: %v", err)
	}
}
