//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/demo"
)

// child runs the program, or prepareOnly, as a separate process.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	ready chan string   // receives its address once
	said  chan string   // receives the lines of its log
	ended chan struct{} // closed at the end of the process

	mu  sync.Mutex
	all bytes.Buffer // its whole output
}

func launch(t *testing.T, command string, env ...string) *child {
	t.Helper()
	c := &child{
		t: t, cmd: exec.Command(os.Args[0], command), ready: make(chan string, 1), said: make(chan string, 1000),
		ended: make(chan struct{}),
	}
	c.cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=1", "TERMINPLAN_ADDR=127.0.0.1:0"), env...)
	c.cmd.Stdout = &lines{on: func(line string) {
		c.note(line)
		if _, url, ok := strings.Cut(line, "Terminplan is ready: "); ok {
			c.ready <- strings.TrimSpace(url)
		}
	}}
	c.cmd.Stderr = &lines{on: func(line string) {
		c.note(line)
		select {
		case c.said <- line:
		default: // the test reads no more lines
		}
	}}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(c.kill)
	return c
}

func (c *child) note(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.WriteString(line)
}

func (c *child) everything() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all.String()
}

// kill sends SIGKILL.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	<-c.ended
}

// serves waits until the program is ready and returns its address.
func (c *child) serves() string {
	c.t.Helper()
	select {
	case url := <-c.ready:
		return url
	case <-c.ended:
	}
	select {
	case url := <-c.ready: // a command that ends after it was ready
		return url
	default:
		c.t.Fatalf("the program ended; it said:\n%s", c.everything())
		return ""
	}
}

// says waits for a line of the log with these words. It fails if a line with the opposite
// words comes first.
func (c *child) says(words, opposite string) {
	c.t.Helper()
	for {
		select {
		case line := <-c.said:
			if strings.Contains(line, words) {
				return
			}
			if strings.Contains(line, opposite) {
				c.t.Fatalf("the log does not contain %q, but %s", words, line)
			}
		case url := <-c.ready:
			c.t.Fatalf("the program serves %s, but its log does not contain %q; output:\n%s", url, words, c.everything())
		case <-c.ended:
			c.t.Fatalf("the program ended, but its log does not contain %q; output:\n%s", words, c.everything())
		}
	}
}

// gate stops a transaction of the program at a chosen row.
type gate struct {
	pool *pgxpool.Pool
	hold *pgxpool.Conn // holds the lock that the transaction waits for
}

const gateLock = 77

// newGate counts written rows with the sequence "steps" and stops the first row for which the
// condition holds. The condition may use "nextval('steps')" and the variables of the trigger.
func newGate(t *testing.T, pool *pgxpool.Pool, condition string) *gate {
	t.Helper()
	g := &gate{pool: pool}
	var err error
	if g.hold, err = pool.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		fmt.Sprint(`select pg_advisory_lock(`, gateLock, `)`),
		`create sequence steps`,
		fmt.Sprintf(`create function stand_still() returns trigger language plpgsql as $$ begin
			if %s then perform pg_advisory_xact_lock_shared(%d); end if; return null; end $$`, condition, gateLock),
		`do $$ declare t text; begin
			for t in select tablename from pg_tables where schemaname = current_schema and tablename <> 'schema_version' loop
				execute 'create trigger stand_still after insert on ' || t || ' for each row execute function stand_still()';
			end loop;
			create trigger stand_still_at_the_mark after update on studio for each row
				when (new.complete and not old.complete) execute function stand_still();
			create trigger stand_still_at_the_drop before truncate on studio for each statement execute function stand_still();
		end $$`,
	} {
		if _, err := g.hold.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	t.Cleanup(g.hold.Release)
	return g
}

// reached waits until the program's transaction waits at the gate.
func (g *gate) reached(t *testing.T, c *child) {
	t.Helper()
	g.until(t, c, fmt.Sprint(`select exists (select from pg_locks where locktype = 'advisory' and not granted and objid = `, gateLock,
		` and database = (select oid from pg_database where datname = current_database()))`))
}

// until polls the database until the question is true. PostgreSQL sends no event for locks.
func (g *gate) until(t *testing.T, c *child, question string) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		var yes bool
		if err := g.pool.QueryRow(t.Context(), question).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		if yes {
			return
		}
		select {
		case <-look.C:
		case url := <-c.ready:
			t.Fatalf("the program serves %s, but should wait at the gate; output:\n%s", url, c.everything())
		case <-c.ended:
			t.Fatalf("the program ended; it said:\n%s", c.everything())
		}
	}
}

func (g *gate) open(t *testing.T) {
	t.Helper()
	if _, err := g.hold.Exec(t.Context(), `select pg_advisory_unlock($1)`, gateLock); err != nil {
		t.Fatal(err)
	}
}

// content is the part of a demo that does not depend on the hour of its creation.
type content struct {
	Studios, People, Named, Signable, Hashes, Types, Rooms, Reasons, Grants, Classes, Series int
}

func contentOf(t *testing.T, pool *pgxpool.Pool) (c content) {
	t.Helper()
	err := pool.QueryRow(t.Context(), `select
		(select count(*) from studio where demo and complete),
		(select count(*) from person where role <> 'guest'),
		(select count(distinct lower(email)) from person where role <> 'guest'),
		(select count(password_hash) from person where state = 'active'),
		(select count(distinct password_hash) from person),
		(select count(*) from class_type), (select count(*) from room), (select count(*) from reason),
		(select count(*) from account where kind = 'grant'),
		(select count(*) from class where series_id is null), (select count(*) from series)`).
		Scan(&c.Studios, &c.People, &c.Named, &c.Signable, &c.Hashes, &c.Types, &c.Rooms, &c.Reasons, &c.Grants, &c.Classes, &c.Series)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantDemo compares the data of a node with an undisturbed demo, and signs in.
func wantDemo(t *testing.T, pool *pgxpool.Pool, address, url string, want content, accounts ...string) {
	t.Helper()
	if got := contentOf(t, pool); got != want {
		t.Errorf("the demo holds %+v, want %+v", got, want)
	}
	var twice int
	err := pool.QueryRow(t.Context(), `select count(*) from class where series_id is not null`).Scan(&twice)
	if err != nil || twice < 16 || twice > 17 { // Tuesdays and Thursdays in eight weeks and one day
		t.Errorf("the series has %d classes (%v)", twice, err)
	}
	for _, email := range accounts {
		wantLogin(t, pool, url, email, demo.Password)
	}
	var found bytes.Buffer
	if err := checkOn(t, address, &found); err != nil {
		t.Errorf("%v\n%s", err, found.String())
	}
}

// checkOn runs "terminplan check" on a database.
func checkOn(t *testing.T, address string, out io.Writer) error {
	t.Helper()
	return check(t.Context(), Database{DatabaseURL: address}, out, io.Discard)
}

// wantLogin signs in at a node, or without a node at an engine.
func wantLogin(t *testing.T, pool *pgxpool.Pool, url, email, password string) {
	t.Helper()
	if !strings.HasPrefix(url, "http") {
		engine, err := booking.Open(t.Context(), booking.Options{Pool: pool})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		if _, err := engine.SignIn(t.Context(), booking.SignInRequest{Email: email, Password: password, Address: "192.0.2.1"}); err != nil {
			t.Errorf("%s signs in: %v", email, err)
		}
		return
	}
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/login", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s signs in: status %d", email, res.StatusCode)
	}
}

var reference struct {
	once  sync.Once
	demo  content
	steps int
}

// undisturbed returns the content of a demo whose creation was not interrupted, and the number
// of its rows.
func undisturbed(t *testing.T) (want content, steps int) {
	t.Helper()
	reference.once.Do(func() {
		pool, _ := bookingtest.Empty(t)
		newGate(t, pool, `nextval('steps') = 0`)
		if err := demo.Fill(t.Context(), pool, quiet); err != nil {
			t.Fatal(err)
		}
		if err := pool.QueryRow(t.Context(), `select last_value from steps`).Scan(&reference.steps); err != nil {
			t.Fatal(err)
		}
		reference.demo = contentOf(t, pool)
	})
	if d := reference.demo; d.Classes < 100 || d.People != 47 || d.Signable < 47 || d.Hashes != 1 || reference.steps < 1000 {
		t.Fatalf("an undisturbed demo has the content %+v and %d rows", d, reference.steps)
	}
	return reference.demo, reference.steps
}

const kills = 6

// Parts of log lines about the demo.
const (
	waits      = "another node is making the demo studio"
	beginsAnew = "it is begun anew"
)

// The first start is killed in the middle of a transaction, at several points from the first
// row of the studio to the mark that the demo is complete.
func TestAKilledDemoCreationIsRepeated(t *testing.T) {
	want, steps := undisturbed(t)
	for i := range kills {
		condition := fmt.Sprint(`tg_op = 'INSERT' and nextval('steps') = `, 1+i*steps/kills)
		if i == kills-1 {
			condition = `tg_name = 'stand_still_at_the_mark'`
		}
		t.Run(fmt.Sprint("kill ", i+1), func(t *testing.T) {
			t.Parallel()
			pool, address := bookingtest.Empty(t)
			g := newGate(t, pool, condition)
			first := launch(t, "prepare", "DATABASE_URL="+address)
			g.reached(t, first)
			first.kill()
			g.open(t) // the transaction of the killed program may go on during the next start
			kind, err := prepare(t.Context(), address, settings{Config: Config{Addr: "127.0.0.1:0"}}, quiet)
			if err != nil || kind != booking.Demo {
				t.Fatalf("the next start: %v, %v", kind, err)
			}
			accounts := demo.Accounts
			wantDemo(t, pool, address, "", want, accounts[i%len(accounts)].Email, accounts[(i+3)%len(accounts)].Email)
		})
	}
	// Creating the demo has no time limit, unlike serving, where a transaction may take ten
	// seconds.
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		pool, address := bookingtest.Empty(t)
		for _, sql := range []string{
			`create function take_long() returns trigger language plpgsql as $$ begin perform pg_sleep(10.5); return null; end $$`,
			`create trigger take_long after insert on series for each row execute function take_long()`,
		} {
			if _, err := pool.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := prepare(t.Context(), address, settings{Config: Config{Addr: "127.0.0.1:0"}}, quiet); err != nil {
			t.Fatal(err)
		}
		wantDemo(t, pool, address, "", want)
	})
}

func TestAKilledDropOfAnUnfinishedDemoIsRepeated(t *testing.T) {
	want, steps := undisturbed(t)
	pool, address := bookingtest.Empty(t)
	g := newGate(t, pool, fmt.Sprint(`tg_name = 'stand_still_at_the_drop' or tg_op = 'INSERT' and nextval('steps') = `, steps/2))
	for range 2 { // once while filling, once while dropping the unfinished demo
		c := launch(t, "prepare", "DATABASE_URL="+address)
		g.reached(t, c)
		c.kill()
		g.endOrphans(t)
		if kind, err := booking.ReadDatabaseKind(t.Context(), pool); err != nil || kind != booking.UnfinishedDemo {
			t.Fatalf("the database holds %v (%v)", kind, err)
		}
	}
	if err := checkOn(t, address, io.Discard); err == nil || !strings.Contains(err.Error(), "incomplete") {
		t.Errorf("check of an unfinished demo returns %v", err)
	}
	g.open(t)
	if _, err := prepare(t.Context(), address, settings{Config: Config{Addr: ":8080"}}, quiet); err != errDemoInPublic {
		t.Errorf("at a public address an unfinished demo gives %v", err)
	}
	next := launch(t, "prepare", "DATABASE_URL="+address)
	wantDemo(t, pool, address, next.serves(), want, demo.Accounts[0].Email)
}

// endOrphans ends the transactions that wait at the gate, and keeps the gate closed.
func (g *gate) endOrphans(t *testing.T) {
	t.Helper()
	if _, err := g.pool.Exec(t.Context(), `select pg_terminate_backend(pid, 60000) from pg_locks
		where locktype = 'advisory' and not granted and objid = $1
			and database = (select oid from pg_database where datname = current_database())`, gateLock); err != nil {
		t.Fatal(err)
	}
}

func TestAKilledStudioCreationIsRepeated(t *testing.T) {
	for _, row := range []int{1, 5, 9} {
		pool, address := bookingtest.Empty(t)
		g := newGate(t, pool, fmt.Sprint(`tg_op = 'INSERT' and nextval('steps') = `, row))
		owner := []string{
			"DATABASE_URL=" + address, "TERMINPLAN_OWNER_EMAIL=olga@example.test", "TERMINPLAN_OWNER_PASSWORD=ein langes Passwort",
		}
		first := launch(t, "prepare", owner...)
		g.reached(t, first)
		first.kill()
		if kind, err := booking.ReadDatabaseKind(t.Context(), pool); err != nil || kind != booking.Empty {
			t.Errorf("killed at row %d, the database holds %v (%v)", row, kind, err)
		}
		g.open(t)
		next := launch(t, "prepare", owner...)
		wantLogin(t, pool, next.serves(), "olga@example.test", "ein langes Passwort")
		if kind, err := booking.ReadDatabaseKind(t.Context(), pool); err != nil || kind != booking.Real {
			t.Errorf("after the next start the database holds %v (%v)", kind, err)
		}
	}
}

func TestTwoNodesThatStartAtOnceCreateOneDemo(t *testing.T) {
	want, steps := undisturbed(t)
	pool, address := bookingtest.Empty(t)
	g := newGate(t, pool, fmt.Sprint(`tg_op = 'INSERT' and nextval('steps') = `, steps/2))
	first := launch(t, "serve", "DATABASE_URL="+address)
	g.reached(t, first)
	second := launch(t, "serve", "DATABASE_URL="+address)
	second.says(waits, beginsAnew)
	g.open(t)
	for _, c := range []*child{first, second} {
		wantDemo(t, pool, address, c.serves(), want, demo.Accounts[0].Email)
	}
	var rows int
	if err := pool.QueryRow(t.Context(), `select last_value from steps`).Scan(&rows); err != nil || rows > steps*5/4 {
		t.Errorf("the demo took %d rows (%v), an undisturbed one %d: it was made twice", rows, err, steps)
	}
}

// If the connection with the lock is lost, another node begins again. The first node must
// neither change the demo of the other nor mark it complete.
func TestANodeThatLostItsLockChangesNothing(t *testing.T) {
	want, steps := undisturbed(t)
	pool, address := bookingtest.Empty(t)
	g := newGate(t, pool, fmt.Sprint(`tg_op = 'INSERT' and nextval('steps') = `, steps/2))
	first := launch(t, "prepare", "DATABASE_URL="+address)
	g.reached(t, first)
	if _, err := pool.Exec(t.Context(), `select pg_terminate_backend(pid, 60000) from pg_locks
		where locktype = 'advisory' and granted and objid <> $1
			and database = (select oid from pg_database where datname = current_database())`, gateLock); err != nil {
		t.Fatal(err)
	}
	second := launch(t, "prepare", "DATABASE_URL="+address)
	second.says(beginsAnew, waits)
	g.open(t)
	wantDemo(t, pool, address, second.serves(), want, demo.Accounts[0].Email)
	<-first.ended
	if first.cmd.ProcessState.Success() {
		t.Error("the first node exited with success, but has lost its lock")
	}
}

// The program and its private PostgreSQL are killed at the same moment in their first start,
// as by a power failure.
func TestAFirstStartKilledWithItsPostgreSQLIsRepeated(t *testing.T) {
	want, _ := undisturbed(t)
	dir, err := os.MkdirTemp("", "terminplan-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // under root, PostgreSQL runs as another user
		t.Fatal(err)
	}
	first := launch(t, "serve", "TERMINPLAN_DATA_DIR="+dir)
	first.says("filling the demo studio", beginsAnew)
	pool, _ := privateDatabase(t, dir)
	g := &gate{pool: pool}
	g.until(t, first, `select count(*) >= 30 from class`)
	postmaster := postmasterOf(t, dir)
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	first.kill()
	pool.Close()

	next := launch(t, "serve", "TERMINPLAN_DATA_DIR="+dir)
	next.says(beginsAnew, waits)
	url := next.serves()
	pool, address := privateDatabase(t, dir)
	var everybody []string
	for _, a := range demo.Accounts {
		everybody = append(everybody, a.Email)
	}
	wantDemo(t, pool, address, url, want, everybody...)
	pool.Close()
	next.stop()
}

// privateDatabase connects to the private PostgreSQL of a program. The lock file contains its
// URL.
func privateDatabase(t *testing.T, dir string) (pool *pgxpool.Pool, address string) {
	t.Helper()
	url, err := os.ReadFile(filepath.Join(dir, "postgres", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if pool, err = booking.ConnectPatiently(context.Background(), string(url)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, string(url)
}

func postmasterOf(t *testing.T, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "postgres", "*", "data", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
