package main

import (
	"context"
	"fmt"
	"os"
)

// modelCmd compares the engine with the oracle over very many operations.
type modelCmd struct {
	Seed       uint64 `default:"1" help:"The same seed gives the same run."`
	Ops        int    `default:"1000000" help:"Number of operations, in sequence."`
	Concurrent bool   `help:"Run many clients at once and check that their answers are linearizable."`
	Rounds     int    `default:"1000" help:"Number of studios with many clients."`
	Round      int    `default:"-1" help:"Run only the round with this number, as a reported difference names it."`
}

// Run runs a test of package booking with more operations. It has to be a test, since only
// tests can move the database's clock.
func (m *modelCmd) Run(ctx context.Context) error {
	test, length := "TestTheEngineAnswersLikeTheOracle", fmt.Sprintf("%d operations", m.Ops)
	if m.Concurrent {
		test, length = "TestAnswersToManyAtOnceAreThoseOfSomeOrder", fmt.Sprintf("%d rounds", m.Rounds)
	}
	fmt.Printf("seed %d, %s\n", m.Seed, length)
	return start(ctx, os.Stdout, os.Stderr, "go", "test", "./booking", "-run", "^"+test+"$", "-count=1", "-v", "-timeout=0",
		fmt.Sprintf("-model.seed=%d", m.Seed), fmt.Sprintf("-model.ops=%d", m.Ops),
		fmt.Sprintf("-model.rounds=%d", m.Rounds), fmt.Sprintf("-model.round=%d", m.Round))
}
