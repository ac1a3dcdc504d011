package main

import (
	"context"
	"fmt"
	"os"
)

// modelCmd asks the engine and the oracle the same, very often.
type modelCmd struct {
	Seed  uint64 `default:"1" help:"The same seed gives the same run."`
	Ops   int    `default:"1000000" help:"How many operations."`
	Round int    `default:"-1" help:"Only this world of the run, as a difference names it."`
}

// Run is the test of package booking at another length, since only a test bends
// the database's clock.
func (m *modelCmd) Run(ctx context.Context) error {
	fmt.Printf("seed %d, %d operations\n", m.Seed, m.Ops)
	return start(ctx, os.Stdout, os.Stderr, nil, "go", "test", "./booking", "-run", "^TestTheEngineAnswersLikeTheOracle$", "-count=1", "-v", "-timeout=0",
		fmt.Sprintf("-model.seed=%d", m.Seed), fmt.Sprintf("-model.ops=%d", m.Ops), fmt.Sprintf("-model.round=%d", m.Round))
}
