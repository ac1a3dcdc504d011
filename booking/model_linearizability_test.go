package booking_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/bookingtest/oracle"
)

var orderRounds = flag.Int("model.rounds", 4, "how many rounds the run with many clients at once has")

// Many clients send requests to two nodes at once. Their answers, and the final state of
// the database, must be those of the oracle for the same requests in some order, in which
// no request comes after its answer (linearizability).
func TestAnswersToManyAtOnceAreThoseOfSomeOrder(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*modelSeed, uint64(time.Now().UnixNano()))
	t.Logf("seed %d, %d rounds", seed, *orderRounds)
	s := newConcurrentRun(t, nil)
	began := time.Now()
	for round := range *orderRounds {
		if *modelRound >= 0 && round != *modelRound {
			continue
		}
		if trouble := s.round(seed*1_000_003 + uint64(round)); trouble != "" {
			t.Fatalf("seed %d, round %d: %s\n"+
				"again, as far as the machine lets clients meet in the same way: go run ./cmd/dev model --concurrent --seed %d --round %d",
				seed, round, trouble, seed, round)
		}
		if round%100 == 99 {
			t.Logf("%d rounds, %d questions in %d crowds explained, %d of them without an answer at first", round+1, s.questions, s.crowds,
				s.unknown)
		}
	}
	t.Logf("%d questions in %d crowds explained, %d of them without an answer at first, in %s", s.questions, s.crowds, s.unknown,
		time.Since(began).Round(time.Second))
}

// A counter-check: two nodes that take no locks must give answers that no order explains.
func TestNodesWithoutLocksAreFound(t *testing.T) {
	t.Parallel()
	s := newConcurrentRun(t, func(message []byte) []byte {
		lock := []byte(" for no key update")
		return bytes.ReplaceAll(message, lock, bytes.Repeat([]byte(" "), len(lock)))
	})
	for round := range 200 {
		if trouble := s.round(uint64(round)); trouble != "" {
			newModelWorld(s.env, 0, false) // the leftovers would violate the invariants
			return
		}
	}
	t.Error("200 rounds without locks, and each has an order that explains it")
}

// concurrentRun is a studio with two nodes, and counters of the run.
type concurrentRun struct {
	env   *bookingtest.Env
	nodes [2]*booking.Engine
	pools [2]*pgxpool.Pool

	questions, crowds, unknown int
}

// newConcurrentRun starts two nodes. bend, if not nil, changes the statements that both
// nodes send to the database.
func newConcurrentRun(t *testing.T, bend func([]byte) []byte) *concurrentRun {
	env := bookingtest.New(t)
	newStage(env)
	s := &concurrentRun{env: env}
	for i := range s.nodes {
		cfg := env.Pool.Config().Copy()
		cfg.ConnConfig.RuntimeParams["application_name"] = fmt.Sprint("node ", i)
		if dial := cfg.ConnConfig.DialFunc; bend != nil {
			cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return bentConn{conn, bend}, err
			}
		}
		var err error
		if s.pools[i], err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.pools[i].Close)
		if s.nodes[i], err = booking.Open(ctx, booking.Options{Pool: s.pools[i]}); err != nil {
			t.Fatal(err)
		}
		s.nodes[i].HoldRechecks()
	}
	return s
}

type bentConn struct {
	net.Conn
	bend func([]byte) []byte
}

func (c bentConn) Write(b []byte) (int, error) { return c.Conn.Write(c.bend(b)) }

const (
	crowdsPerRound = 4
	clients        = 6
	clicksEach     = 4
)

// round runs one world: single operations, time that passes, and crowds of concurrent
// operations, in turn. It returns a history that no order explains; "" if there is none.
func (s *concurrentRun) round(seed uint64) (trouble string) {
	random := rand.New(rand.NewPCG(seed, 2))
	w := newModelWorld(s.env, seed, false) // without series: recurring bookings continue in transactions of their own, in no defined order
	for range crowdsPerRound {
		if trouble := w.alone(randomOps(random, 30), s.nodes[random.IntN(2)]); trouble != "" {
			return trouble
		}
		d := time.Duration(random.IntN(40)) * time.Minute
		s.env.Exec(`update stopped.clock set at = at + $1`, d)
		w.oracle.Now = w.oracle.Now.Add(d) // without a sweep: the first operation of the crowd must settle what has ended
		if trouble := s.crowd(w, random); trouble != "" {
			return trouble
		}
	}
	// After a minute everything must be settled and every invariant must hold.
	if trouble := w.alone([]modelOp{{Verb: "tick"}}, s.nodes[0]); trouble != "" {
		return trouble
	}
	if got, want := w.read(historySQL), historyOf(w.oracle); got != want {
		return fmt.Sprintf("in the end the history is\n%s\nthe oracle says\n%s", got, want)
	}
	found, err := s.env.Check(ctx)
	if err != nil || len(found) > 0 {
		return fmt.Sprintf("in the end invariants do not hold: %+v, %v", found, err)
	}
	return ""
}

// explainFor limits the search for an order. Some seconds are enough even on a slow
// machine; without a limit, a history without an order could be searched for ever.
const explainFor = 5 * time.Minute

// alone runs operations one after the other.
func (w *modelWorld) alone(ops []modelOp, node *booking.Engine) string {
	for _, op := range ops {
		if d, ok := w.bind(op); ok {
			if trouble := w.ask(op, d, node); trouble != "" {
				return trouble
			}
		}
	}
	return ""
}

// atOnce are the verbs that run in one transaction.
var atOnce = strings.Fields(
	"book book book book cancel cancel cancel_by_staff join join join join_by_staff leave accept accept accept decline " +
		"grant correct lower_or_raise move other_rules priority offer_to add add attend forgive " +
		"suspend reactivate reactivate cancel_class restore restore dismiss dismiss")

// noAnswer stands for a lost answer: the operation may have happened, may happen later, or
// never.
const noAnswer = "no answer"

// crowd sends operations of several clients to both nodes at once. Sometimes a client does
// not wait for the answer, and sometimes connections are cut. Then it searches for an order
// that explains the answers and the database.
func (s *concurrentRun) crowd(w *modelWorld, random *rand.Rand) string {
	before := w.oracle.Clone()
	var mu sync.Mutex
	var history []porcupine.Operation
	began := time.Now()
	record := func(client int, asked time.Duration, d boundOp, answer string) {
		mu.Lock()
		defer mu.Unlock()
		op := porcupine.Operation{ClientId: client, Input: d, Call: int64(asked), Output: answer, Return: int64(time.Since(began))}
		if answer == noAnswer {
			op.Return = math.MaxInt64
		}
		history = append(history, op)
	}
	cut := random.IntN(4) == 0
	busyPlaces := []int{random.IntN(worldClasses), random.IntN(worldClasses)}
	plans := make([][]modelOp, clients)
	for i := range plans {
		for range clicksEach {
			op := modelOp{
				Verb: strings.ReplaceAll(pick(random, atOnce...), "_", " "), Person: random.IntN(worldPeople),
				Class: pick(random, busyPlaces...), N: random.IntN(60), Flag: random.IntN(2) == 0,
			}
			if op.Verb == "add" {
				op.Flag = false // no guests: they are new people whose numbers depend on the order
			}
			if op.Verb == "grant" || random.IntN(3) > 0 {
				op.Click = 1_000_000 + random.IntN(1_000_000_000)
			}
			plans[i] = append(plans[i], op)
			if op.Click > 0 && op.Verb != "grant" && random.IntN(4) == 0 { // a duplicate, from the same or another client
				other := (i + 1) % clients
				plans[other] = append(plans[other], op)
			}
		}
	}
	impatient := random.Uint64()
	together(clients, func(client int) {
		random := rand.New(rand.NewPCG(impatient, uint64(client)))
		for i, op := range plans[client] {
			d, ok := w.bind(op)
			if !ok {
				continue
			}
			if cut && client == 0 && i > 0 {
				s.env.Exec(`select pg_terminate_backend(pid) from pg_stat_activity
					where application_name = 'node 1' and datname = current_database()`)
			}
			asked, patience := time.Since(began), time.Duration(0)
			if d.click > 0 { // without a key the request could not be repeated and might take effect at any time
				patience = time.Duration(random.IntN(12)) * 500 * time.Microsecond
			}
			answer := d.ask(s.nodes[random.IntN(2)], patience)
			if answer == noAnswer {
				mu.Lock()
				s.unknown++
				mu.Unlock()
			}
			unsure := answer == noAnswer
			for try := 0; unsure && d.click > 0 && try < 10; try++ { // a repeat with the same key gets the answer, on any node
				answer = d.ask(s.nodes[random.IntN(2)], 0)
				unsure = answer == noAnswer || answer == string(booking.Busy) || strings.HasPrefix(answer, failed)
			}
			switch {
			case unsure:
				answer = noAnswer
			case cut && strings.HasPrefix(answer, failed):
				answer = string(booking.Busy) // the connection was lost during a read
			}
			record(client, asked, d, answer)
		}
	})
	if cut {
		s.pools[1].Reset()
	}
	// Nodes serve who became eligible elsewhere in transactions of their own. Here this
	// happens once, after the crowd.
	asked := time.Since(began)
	s.env.Exec(`insert into waitlist_recheck (class_id) select id from class`)
	if trouble := w.tryRecheck(s.nodes[0]); trouble != "" {
		return trouble
	}
	record(clients, asked, boundOp{op: "recheck", oracle: func(o *oracle.Studio) string {
		o.RecheckAll()
		return oracle.OK
	}}, oracle.OK)
	asked = time.Since(began)
	look := boundOp{op: "look", oracle: func(o *oracle.Studio) string { return stateOf(o) + "\n" + historyOf(o) }}
	record(clients, asked, look, w.read(stateSQL)+"\n"+w.read(historySQL))
	s.questions, s.crowds = s.questions+len(history)-1, s.crowds+1
	result, info := porcupine.CheckOperationsVerbose(specification(before), history, explainFor)
	if result != porcupine.Ok {
		return explain(result, info, before, history)
	}
	for _, i := range info.PartialLinearizations()[0][0] {
		if i == len(history)-1 {
			break // the database equals the oracle; operations that were cut off earlier never take effect
		}
		if answer := history[i].Output.(string); !noEffect(answer) {
			history[i].Input.(boundOp).expected(w.oracle)
		}
	}
	return ""
}

// ask sends an operation to a node. It stops waiting for the answer after patience; 0:
// never.
func (d boundOp) ask(node *booking.Engine, patience time.Duration) string {
	ctx, cancel := ctx, context.CancelFunc(func() {})
	if patience > 0 && patience < 2*time.Millisecond {
		ctx, cancel = context.WithTimeout(ctx, patience)
	}
	defer cancel()
	answer := d.engine(ctx, node)
	if answer == string(booking.Unknown) || ctx.Err() != nil && strings.Contains(answer, ctx.Err().Error()) {
		return noAnswer
	}
	return answer
}

// noEffect reports whether the answer means that nothing was done: the node was too busy.
func noEffect(answer string) bool { return answer == string(booking.Busy) }

// moment is a state of the oracle within a history.
type moment struct {
	studio *oracle.Studio
	print  string
}

// specification is the oracle as a sequential model for porcupine.
func specification(before *oracle.Studio) porcupine.Model {
	seed := maphash.MakeSeed()
	at := func(s *oracle.Studio) moment { return moment{s, s.Fingerprint()} }
	return porcupine.Model{
		Init: func() any { return at(before) },
		Step: func(state, input, output any) (bool, any) {
			answer := output.(string)
			if noEffect(answer) {
				return true, state
			}
			s := state.(moment).studio.Clone()
			told := input.(boundOp).expected(s)
			return answer == noAnswer || told == answer, at(s)
		},
		Equal: func(a, b any) bool { return a.(moment).print == b.(moment).print },
		Hash:  func(state any) uint64 { return maphash.String(seed, state.(moment).print) },
	}
}

// explain describes a history that no order explains.
func explain(result porcupine.CheckResult, info porcupine.LinearizationInfo, before *oracle.Studio, history []porcupine.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "no order explains the answers (%s). Before, it was %s and\n%s\n%+v\nasked in\n", result,
		before.Now.Format(time.RFC3339), stateOf(before), before.Settings)
	for _, i := range slices.SortedFunc(slices.Values(indices(history)),
		func(i, j int) int { return cmp.Compare(history[i].Call, history[j].Call) }) {
		op := history[i]
		fmt.Fprintf(&b, "%3d. client %d, %6d to %6d µs: %s %s → %s\n", i, op.ClientId, op.Call/1000, op.Return/1000,
			op.Input.(boundOp).op, op.Input.(boundOp).body, op.Output)
	}
	var longest []int
	for _, order := range info.PartialLinearizations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	s := before.Clone()
	for _, i := range longest {
		if !noEffect(history[i].Output.(string)) {
			history[i].Input.(boundOp).expected(s)
		}
	}
	fmt.Fprintf(&b, "the longest order that explains some: %v\nafter it\n%s\n", longest, stateOf(s))
	for i := range history {
		if !slices.Contains(longest, i) {
			told, _, _ := strings.Cut(history[i].Input.(boundOp).expected(s.Clone()), "\n")
			fmt.Fprintf(&b, "%d would be told %q then\n", i, told)
		}
	}
	return b.String()
}

func indices[T any](list []T) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}
