//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"terminplan/cmd/terminplan/chaos"
)

// Every fault once, as short as it may be; "terminplan chaos" goes on for as long as
// one likes.
func TestNothingIsLostWhenThingsBreak(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	report, err := chaos.Run(t.Context(), chaos.Options{Program: program, Seed: seed, Brief: true, Clients: 300, Log: t.Output()})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if report.Violated() {
		t.Errorf("seed %d: something was lost, doubled or shown wrongly", seed)
	}
	for what, n := range map[string]int{"clicks confirmed": report.Acked, "lost answers asked for again": report.Unknown, "screens compared": report.Screens, "alerts looked for": report.Alerts} {
		if n < 10 {
			t.Errorf("only %d %s: that proves nothing", n, what)
		}
	}
}
