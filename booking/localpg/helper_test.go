//go:build unix

package localpg

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperVariable, set to a root folder, turns this test binary into a helper program. The
// program starts a private server in that folder, prints its address, and runs until its
// input ends.
const helperVariable = "TERMINPLAN_TEST_LOCALPG"

type report struct {
	URL string
	Pid int
}

func TestMain(m *testing.M) {
	if root := os.Getenv(helperVariable); root != "" {
		os.Exit(serveUntilInputEnds(root))
	}
	os.Exit(m.Run())
}

func serveUntilInputEnds(root string) int {
	s, err := Start(context.Background(), Options{Root: root, Unsafe: true, Timeout: patience})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(report{s.URL(), s.process.Pid}); err != nil {
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// program is a running helper.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	input io.Closer
	lines *bufio.Reader
}

func launch(t *testing.T, root string, env ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), helperVariable+"="+root, "GORACE=atexit_sleep_ms=1"), env...)
	p.cmd.Stderr = os.Stderr
	input, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.input, p.lines = input, bufio.NewReader(output)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func (p *program) ready() report {
	p.t.Helper()
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("the helper ended: %v", err)
	}
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *program) end() {
	p.t.Helper()
	_ = p.input.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the helper ended with %v", err)
	}
}

// kill is kill -9.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// newRoot returns a folder that the server's account can reach. Root's temporary folders of
// package testing are closed to it.
func newRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "localpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "pg")
}

// start starts a server that ends with the test.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	o.Unsafe, o.Timeout = true, patience
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	cfg, err := Config(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// wantValue compares the one value that a query gives.
func wantValue(t *testing.T, conn *pgx.Conn, sql, want string) {
	t.Helper()
	var got string
	if err := conn.QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Errorf("%s: %v", sql, err)
	} else if got != want {
		t.Errorf("%s gives %q, want %q", sql, got, want)
	}
}

// remember writes a row that wantRemembered finds after a restart.
func remember(t *testing.T, s *Server) {
	t.Helper()
	conn := connect(t, s.DSN())
	mustExec(t, conn, "create table memory (word text)")
	// On disk even without synchronous commits, so that a crash of the server cannot lose it.
	mustExec(t, conn, "set synchronous_commit = on; insert into memory values ('Yoga')")
}

func wantRemembered(t *testing.T, s *Server) {
	t.Helper()
	wantValue(t, connect(t, s.DSN()), "select string_agg(word, ',') from memory", "Yoga")
}

// patience is how long a test waits for an event that must happen, including a start. It
// only ends a run that hangs.
const patience = 2 * time.Minute

func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-look.C:
		}
	}
}

func awaitDone(t *testing.T, s *Server) {
	t.Helper()
	await(t, "the server has ended", func() bool {
		select {
		case <-s.Done():
			return true
		default:
			return false
		}
	})
}

// journal collects what a start logs.
type journal struct{ strings.Builder }

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }
