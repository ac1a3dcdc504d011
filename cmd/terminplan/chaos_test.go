//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"terminplan/cmd/terminplan/chaos"
)

// Every fault once; "terminplan chaos" goes on for as long as one likes.
func TestNothingIsLostWhenThingsBreak(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	report, err := chaos.Run(t.Context(), chaos.Options{Program: program, Seed: seed, Log: t.Output()})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if report.Violated() {
		t.Errorf("seed %d: something was lost or doubled", seed)
	}
	if report.Acked < 20 {
		t.Errorf("only %d clicks were confirmed: that proves nothing", report.Acked)
	}
}
