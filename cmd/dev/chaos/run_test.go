//go:build unix

package chaos

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnUnknownFaultIsRefused(t *testing.T) {
	if _, err := Run(t.Context(), Options{Only: []string{"nonsense"}, Log: t.Output()}); err == nil ||
		!strings.Contains(err.Error(), "nonsense") {
		t.Errorf("want an error that names the fault, have %v", err)
	}
}

// someFaults draws two faults for each part of the studio, besides the one that always loses
// an answer.
func someFaults(seed uint64) (names []string) {
	const always = "a node is killed while a commit is on its way"
	random := rand.New(rand.NewPCG(seed, 1))
	for _, list := range faultsByPart() {
		list = slices.DeleteFunc(slices.Clone(list), func(f fault) bool { return f.name == always })
		for _, i := range random.Perm(len(list))[:2] {
			names = append(names, list[i].name)
		}
	}
	return append(names, always)
}

// The test injects some faults once and as briefly as possible; over many runs every fault is
// drawn. "go run ./cmd/dev chaos" injects all faults, for as long as its flags say.
func TestNothingIsLostUnderFaults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	report, err := Run(t.Context(), Options{Seed: seed, Only: someFaults(seed), Brief: true, Clients: 100, Log: t.Output()})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if report.Violated() {
		t.Errorf("seed %d: a guarantee was violated", seed)
	}
	for what, n := range map[string]int{
		"clicks confirmed": report.Acked, "screens compared": report.Screens, "alerts expected": report.Alerts,
		"mails and push messages that arrived": report.Mails + report.Pushes,
	} {
		if n < 10 {
			t.Errorf("only %d %s: too few to prove anything", n, what)
		}
	}
	if report.Unknown == 0 {
		t.Error("a node was killed in the middle of a commit, and no click was repeated")
	}
	for _, r := range report.Results {
		if r.Times == 0 && r.Remark == "" {
			t.Errorf("fault was not injected: %s", r.Fault)
		}
	}
}
