// Package redistest runs a real redis-server for one test and can kill, restart and freeze it.
// Nothing is stored on disk, and the process ends with the test. A missing redis-server fails
// the test.
package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long Redis may take to start and to answer. It only ends a run that hangs.
const patience = 2 * time.Minute

// Server is a redis-server process on a port of 127.0.0.1.
type Server struct {
	t    testing.TB
	path string
	port int
	args []string

	mu      sync.Mutex
	process *exec.Cmd
	drained chan struct{} // its output has ended
	frozen  bool
}

// Start runs a redis-server until the end of the test. args are added to its
// command line.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("This test needs a real Redis: install the package redis-server (version 7 or newer) so that it is in PATH.")
	}
	s := &Server{t: t, path: path, args: args}
	t.Cleanup(s.Stop)
	// Another process may take the free port before Redis does.
	for attempt := 1; ; attempt++ {
		s.port = freePort(t)
		if err = s.start(); err == nil {
			return s
		}
		if attempt == 3 {
			t.Fatalf("redis-server does not start: %v", err)
		}
	}
}

// StartCluster runs a redis-server that forms a cluster of one node.
func StartCluster(t testing.TB) *Server {
	t.Helper()
	s := Start(t, "--cluster-enabled", "yes")
	conn, err := net.DialTimeout("tcp", s.Addr(), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	replies := bufio.NewReader(conn)
	ask := func(command string) string {
		if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
			t.Fatal(err)
		}
		line, err := replies.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	if got := ask("CLUSTER ADDSLOTSRANGE 0 16383"); !strings.HasPrefix(got, "+OK") {
		t.Fatalf("making a cluster: %s", got)
	}
	// The cluster is ready a moment later; until then it refuses keys.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.HasPrefix(ask("SET probe 1"), "+OK") {
		<-tick.C
	}
	return s
}

// Addr returns its host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns its address for clients.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Stop kills it at once, without a message to its clients.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // also kills a frozen process
	<-s.drained
	_ = s.process.Wait()
	s.process, s.frozen = nil, false
}

// Restart starts it again on the same port, stopping it first if it runs.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatalf("redis-server does not start again: %v", err)
	}
}

// Freeze suspends the process: its connections stay open and nothing answers.
func (s *Server) Freeze() { s.t.Helper(); s.freeze(true) }

// Thaw resumes a frozen process.
func (s *Server) Thaw() { s.t.Helper(); s.freeze(false) }

func (s *Server) freeze(on bool) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.frozen == on {
		s.t.Fatal("redistest: Freeze and Thaw must alternate, while the server runs")
	}
	if err := signal(s.process.Process, on); err != nil {
		s.t.Fatal(err)
	}
	s.frozen = on
}

// start starts the process and returns when it accepts connections.
func (s *Server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := os.MkdirTemp(s.t.TempDir(), "redis")
	if err != nil {
		return err
	}
	args := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "notice", "--logfile", "",
	}, s.args...)
	c := exec.Command(s.path, args...)
	output, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ready, drained := make(chan bool, 1), make(chan struct{})
	var said strings.Builder
	go func() {
		defer close(drained)
		waiting := true
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if !waiting {
				continue // keep reading, so that Redis does not block on a full pipe
			}
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "Ready to accept connections") {
				waiting = false
				ready <- true
			}
		}
		close(ready)
	}()
	select {
	case ok := <-ready:
		if ok {
			s.process, s.drained = c, drained
			return nil
		}
	case <-time.After(patience):
	}
	_ = c.Process.Kill()
	<-drained
	_ = c.Wait()
	return fmt.Errorf("its output was: %s", said.String())
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
