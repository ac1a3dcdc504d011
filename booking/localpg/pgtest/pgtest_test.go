//go:build unix

package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking/localpg"
)

// helperVariable makes this test binary another test process: it joins, prints
// the DSN and how long that took, and stays until its input ends.
const helperVariable = "TERMINPLAN_TEST_JOINS"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		os.Exit(joinAndStay())
	}
	os.Exit(m.Run())
}

func joinAndStay() int {
	began := time.Now()
	dsn, err := Shared(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	again, err := Shared(context.Background())
	if err != nil || again != dsn {
		fmt.Fprintln(os.Stderr, "the second call answered", again, err)
		return 1
	}
	fmt.Printf("%d %s\n", time.Since(began).Milliseconds(), dsn)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// process is another test process.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.Closer
	lines *bufio.Reader
	dsn   string
	took  string
}

// begin starts another test process, which joins at its leisure.
func begin(t *testing.T, tmp string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), helperVariable+"=1", "TMPDIR="+tmp, idleVariable+"=100ms", "GORACE=atexit_sleep_ms=1")
	p.cmd.Stderr = os.Stderr
	input, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.input = input
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	p.lines = bufio.NewReader(output)
	return p
}

// joined waits until the process has joined.
func (p *process) joined() *process {
	p.t.Helper()
	line, err := p.lines.ReadString('\n')
	if err != nil {
		p.t.Fatalf("a process that joins ended: %v", err)
	}
	p.took, p.dsn, _ = strings.Cut(strings.TrimSpace(line), " ")
	return p
}

// another is a test process that has joined.
func another(t *testing.T, tmp string) *process {
	t.Helper()
	return begin(t, tmp).joined()
}

func (p *process) end() {
	p.t.Helper()
	_ = p.input.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("a process that joined ended with %v", err)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // the second time in a row it only says so
}

// temporary is a folder that the server's account can pass through, which
// testing's own is not for root.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-look.C:
		}
	}
}

// folderIn is where the processes of that temporary folder meet.
func folderIn(tmp string) string {
	return filepath.Join(tmp, fmt.Sprintf("terminplan-test-%d", os.Geteuid()))
}

// awaitEnd waits until the keeper has ended and looks that nothing is left.
func awaitEnd(t *testing.T, tmp string) {
	t.Helper()
	await(t, "the keeper has ended", func() bool {
		f, err := tryLock(filepath.Join(folderIn(tmp), "keeper"), exclusive)
		if err != nil {
			t.Fatal(err)
		}
		return f != nil && f.Close() == nil
	})
	for _, pattern := range []string{"url", "run-*"} {
		if left, _ := filepath.Glob(filepath.Join(folderIn(tmp), pattern)); len(left) > 0 {
			t.Errorf("the keeper left %v", left)
		}
	}
}

func connect(t *testing.T, dsn string) (*pgx.Conn, error) {
	t.Helper()
	cfg, err := localpg.Config(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err == nil {
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	}
	return conn, err
}

func TestProcessesThatStartTogetherShareOneServerAndTheLastOneEndsIt(t *testing.T) {
	t.Parallel()
	tmp := temporary(t)
	processes := make([]*process, 4)
	for i := range processes {
		processes[i] = begin(t, tmp)
	}
	for _, p := range processes {
		if p.joined().dsn != processes[0].dsn {
			t.Errorf("two processes have two servers:\n%s\n%s", p.dsn, processes[0].dsn)
		}
	}
	late := another(t, tmp)
	if late.dsn != processes[0].dsn {
		t.Errorf("a late process has another server")
	}
	t.Logf("the first joined in %s ms, the last in %s ms", processes[0].took, late.took)
	for _, p := range processes {
		p.end()
	}
	if _, err := connect(t, late.dsn); err != nil {
		t.Errorf("the server ended although one process still uses it: %v", err)
	}
	late.end()
	awaitEnd(t, tmp)
}

func TestAKilledTestProcessDoesNotKeepTheServer(t *testing.T) {
	t.Parallel()
	tmp := temporary(t)
	another(t, tmp).kill()
	awaitEnd(t, tmp)
}

func TestAKilledKeeperIsReplaced(t *testing.T) {
	t.Parallel()
	tmp := temporary(t)
	first := another(t, tmp)
	conn, err := connect(t, first.dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "create database leftover"); err != nil {
		t.Fatal(err)
	}
	killKeeper(t, tmp)
	second := another(t, tmp)
	conn, err = connect(t, second.dsn)
	if err != nil {
		t.Fatal(err)
	}
	var have bool
	if err := conn.QueryRow(t.Context(), "select exists (select from pg_database where datname = 'leftover')").Scan(&have); err != nil || have {
		t.Errorf("the new cluster is not empty (%v)", err)
	}
	first.end()
	second.end()
	awaitEnd(t, tmp)
}

func TestTheServerTakesTheConnectionsOfManyPackages(t *testing.T) {
	t.Parallel()
	tmp := temporary(t)
	p := another(t, tmp)
	conn, err := connect(t, p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	var limit string
	if err := conn.QueryRow(t.Context(), "show max_connections").Scan(&limit); err != nil || limit != fmt.Sprint(MaxConnections) {
		t.Errorf("max_connections is %s, %v", limit, err)
	}
	if _, err := conn.Exec(t.Context(), "create database another"); err != nil {
		t.Fatal(err)
	}
	var name string
	other, err := connect(t, Database(p.dsn, "another"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.QueryRow(t.Context(), "select current_database()").Scan(&name); err != nil || name != "another" {
		t.Errorf("Database leads to %q, %v", name, err)
	}
}

// killKeeper kills the process that holds the keeper's lock.
func killKeeper(t *testing.T, tmp string) {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(folderIn(tmp), "keeper"))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(string(pid), &n); err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "the killed keeper is gone", func() bool {
		f, err := tryLock(filepath.Join(folderIn(tmp), "keeper"), exclusive)
		return err == nil && f != nil && f.Close() == nil
	})
}
