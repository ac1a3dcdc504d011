//go:build unix

package chaos

import (
	"strings"
	"testing"
	"time"
)

func TestAnUnknownFaultIsRefused(t *testing.T) {
	if _, err := Run(t.Context(), Options{Only: "nonsense", Log: t.Output()}); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("want an error that names the fault, have %v", err)
	}
}

// Every fault is injected once and as briefly as possible; "go run ./cmd/dev chaos" goes on
// for as long as its flags say.
func TestNothingIsLostWhenThingsBreak(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	report, err := Run(t.Context(), Options{Seed: seed, Brief: true, Clients: 300, Log: t.Output()})
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
	for what, n := range map[string]int{
		"clicks confirmed": report.Acked, "clicks repeated after a lost answer": report.Unknown,
		"screens compared": report.Screens, "alerts expected": report.Alerts,
	} {
		if n < 10 {
			t.Errorf("only %d %s: too few to prove anything", n, what)
		}
	}
}
