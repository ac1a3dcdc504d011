package booking_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/bookingtest/oracle"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "seed of the run against the oracle; 0: of this moment")
	modelOps   = flag.Int("model.ops", 2000, "how many operations the run against the oracle has")
	modelRound = flag.Int("model.round", -1, "only this round of the run; -1: all")
)

// roundLength is the number of operations per world. Each round has a world of its own,
// determined by the seed and the number of the round.
const roundLength = 400

// The engine and the oracle run the same operations by the same clock. After each operation
// their answers and their states must be equal. One world runs per processor.
func TestTheEngineAnswersLikeTheOracle(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*modelSeed, uint64(time.Now().UnixNano()))
	rounds := (*modelOps + roundLength - 1) / roundLength
	t.Logf("seed %d, %d operations", seed, *modelOps)
	var next, done atomic.Int64
	if *modelRound >= 0 {
		next.Store(int64(*modelRound))
		rounds = *modelRound + 1
	}
	began := time.Now()
	t.Run("worlds", func(t *testing.T) {
		for lane := range min(runtime.GOMAXPROCS(0), rounds-int(next.Load())) {
			t.Run(fmt.Sprint(lane+1), func(t *testing.T) {
				t.Parallel()
				env := bookingtest.New(t)
				newStage(env)
				for round := next.Add(1) - 1; round < int64(rounds); round = next.Add(1) - 1 {
					length := roundLength
					if *modelRound < 0 {
						length = min(length, *modelOps-int(round)*roundLength)
					}
					if !playRound(env, seed, uint64(round), length) {
						next.Store(int64(rounds)) // the other worlds can stop
						return
					}
					if n := done.Add(int64(length)); n/25_000 > (n-int64(length))/25_000 {
						t.Logf("%d operations without a difference, %.0f a second", n, float64(n)/time.Since(began).Seconds())
					}
				}
			})
		}
	})
	t.Logf("%d operations without a difference, %.0f a second", done.Load(), float64(done.Load())/time.Since(began).Seconds())
}

// playRound runs one world. It prints a difference at once, and again with the shortest run
// that shows it.
func playRound(env *bookingtest.Env, seed, round uint64, length int) bool {
	env.T.Helper()
	world := seed*1_000_003 + round
	ops := randomOps(rand.New(rand.NewPCG(world, 1)), length)
	at, difference := play(env, world, ops, nil)
	if difference == "" {
		return true
	}
	env.T.Errorf("seed %d, round %d: %s\nagain: go run ./cmd/dev model --seed %d --round %d", seed, round, difference, seed, round)
	ops, difference = shrink(env, world, ops[:at+1], nil)
	if difference == "" {
		env.T.Error("the same operations in the same world show no difference when they are done again: something else than they took part")
		return false
	}
	text, _ := json.Marshal(ops)
	env.T.Errorf("shorter: %s\nafter\n%s\nin a world where\n%s", difference, strings.ReplaceAll(string(text), "},", "},\n"),
		newModelWorld(env, world, isSeries(world)).describe())
	return false
}

// isSeries reports whether the classes of the world are a series, as in every second world.
func isSeries(seed uint64) bool { return seed%2 == 0 }

// play runs operations in a new world. It returns the first difference of answers or
// states, or the first violated invariant; "" if there is none.
func play(env *bookingtest.Env, seed uint64, ops []modelOp, differ func(*oracle.Studio)) (at int, difference string) {
	env.T.Helper()
	w := newModelWorld(env, seed, isSeries(seed))
	if differ != nil {
		differ(w.oracle)
	}
	for i, op := range ops {
		d, ok := w.bind(op)
		if !ok {
			continue
		}
		if difference := w.ask(op, d, env.Engine); difference != "" {
			return i, difference
		}
	}
	if got, want := w.read(historySQL), historyOf(w.oracle); got != want {
		return len(ops) - 1, fmt.Sprintf("in the end the history is\n%s\nthe oracle says\n%s", got, want)
	}
	if got, want := w.shown(); got != want {
		return len(ops) - 1, fmt.Sprintf("in the end pages show\n%s\nthe oracle says\n%s", got, want)
	}
	found, err := env.Check(ctx)
	if err != nil || len(found) > 0 {
		return len(ops) - 1, fmt.Sprintf("in the end invariants do not hold: %+v, %v; the state is\n%s", found, err, w.read(stateSQL))
	}
	return 0, ""
}

// ask runs an operation on both and returns the difference of the answers or of the states.
// An operation that the engine turned away as busy is repeated, since it had no effect.
func (w *modelWorld) ask(op modelOp, d boundOp, node *booking.Engine) string {
	answer := d.engine(ctx, node)
	for try := 0; try < 10 && answer == string(booking.Busy); try++ {
		answer = d.engine(ctx, node)
	}
	w.recheck(node)
	want := d.expected(w.oracle)
	w.oracle.Recheck()
	if answer != want {
		return fmt.Sprintf("%+v is answered %q, the oracle says %q", op, answer, want)
	}
	if got, want := w.read(stateSQL), stateOf(w.oracle); got != want {
		return fmt.Sprintf("after %+v, answered %q, the state is\n%s\nthe oracle says\n%s", op, answer, got, want)
	}
	return ""
}

// recheck serves the waiters who may have become eligible through something elsewhere, which
// a node does after an operation.
func (w *modelWorld) recheck(node *booking.Engine) {
	w.env.T.Helper()
	if trouble := w.tryRecheck(node); trouble != "" {
		w.env.T.Fatal(trouble)
	}
}

// tryRecheck is recheck where it may fail: without locks, waiters may never be served.
func (w *modelWorld) tryRecheck(node *booking.Engine) (trouble string) {
	for try := 0; w.env.Int(`select count(*) from waitlist_recheck`) > 0; try++ {
		if err := node.Recheck(ctx); err != nil || try > 1000 {
			return fmt.Sprintf("waiters are not served: %v", err)
		}
		// An operation whose client gave up may still be running and keep a class locked.
		w.env.Exec(`select from class where id in (select class_id from waitlist_recheck) for share`)
	}
	return ""
}

// shrinkFor limits the time for shortening a run.
const shrinkFor = time.Minute

// shrink removes the operations that the difference does not need, and returns the
// difference that remains; "" if a repeat of the run does not show it.
func shrink(env *bookingtest.Env, seed uint64, ops []modelOp, differ func(*oracle.Studio)) ([]modelOp, string) {
	began := time.Now()
	at, difference := play(env, seed, ops, differ)
	if difference == "" {
		return ops, ""
	}
	ops = ops[:at+1]
	for part := len(ops) / 2; part > 0; {
		before := len(ops)
		for i := 0; i+part <= len(ops); {
			if time.Since(began) > shrinkFor {
				return ops, difference
			}
			fewer := append(append([]modelOp{}, ops[:i]...), ops[i+part:]...)
			if at, still := play(env, seed, fewer, differ); still != "" {
				ops, difference = fewer[:at+1], still
			} else {
				i += part
			}
		}
		if part > 1 || len(ops) == before {
			part /= 2
		}
	}
	return ops, difference
}

// A counter-check: a rule that only the engine has is found, with a short run that shows
// it.
func TestARuleThatDiffersIsFoundAndShrunk(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	newStage(env)
	for name, differ := range map[string]func(*oracle.Studio){
		"offers are held for a minute longer": func(s *oracle.Studio) { s.OfferFor += time.Minute },
		"a class costs one credit more":       func(s *oracle.Studio) { s.Classes[0].Cost++ },
		"there are no recurring bookings":     func(s *oracle.Studio) { s.Recurring = false },
		"offers are held by day and by night": func(s *oracle.Studio) { s.Rest = false },
		"somebody has been told already": func(s *oracle.Studio) {
			s.People[0].Alerts = []*oracle.Alert{{Kind: "no_seat", At: s.Now}}
		},
	} {
		found := false
		for seed := uint64(11); seed < 60 && !found; seed++ { // these seeds show each difference soon
			ops := randomOps(rand.New(rand.NewPCG(seed, 1)), 200)
			at, difference := play(env, seed, ops, differ)
			if found = difference != ""; !found {
				continue
			}
			if short, still := shrink(env, seed, ops[:at+1], differ); len(short) > 20 || still == "" {
				t.Errorf("%s: the run that shows it has still %d operations (%s)", name, len(short), still)
			}
		}
		if !found {
			t.Errorf("%s, and no run shows it", name)
		}
	}
}
