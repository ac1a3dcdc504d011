// Package redistest runs a real redis-server for one test and can kill, restart and freeze it.
// Nothing is stored on disk, and the process ends with the test. A missing redis-server fails
// the test.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience is how long Redis may take to start and to answer. It only ends a run that hangs.
const patience = 2 * time.Minute

// Server is a redis-server process on a port of 127.0.0.1.
type Server struct {
	t    testing.TB
	path string
	port int
	bus  int      // port for other members of its cluster
	file []string // its configuration, if it has a file
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
	return run(t, nil, append([]string{"--save", "", "--appendonly", "no"}, args...)...)
}

func run(t testing.TB, file []string, args ...string) *Server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("This test needs a real Redis: install the package redis-server (version 7 or newer) so that it is in PATH.")
	}
	s := &Server{t: t, path: path, file: file, args: args}
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
	s := startClusterNode(t)
	if got := s.Ask("CLUSTER ADDSLOTSRANGE 0 16383"); !strings.HasPrefix(got, "+OK") {
		t.Fatalf("making a cluster: %s", got)
	}
	// The cluster is ready a moment later; until then it refuses keys.
	s.until("the cluster to be ready", func() bool { return strings.HasPrefix(s.Ask("SET probe 1"), "+OK") })
	return s
}

// StartClusterPair runs a cluster of a master with all slots and its replica. The replica
// takes over when it is asked "CLUSTER FAILOVER TAKEOVER".
func StartClusterPair(t testing.TB) (master, replica *Server) {
	t.Helper()
	master, replica = StartCluster(t), startClusterNode(t)
	host, port, _ := strings.Cut(master.Addr(), ":")
	replica.Ask(fmt.Sprintf("CLUSTER MEET %s %s %d", host, port, master.bus))
	id := strings.TrimSpace(master.Ask("CLUSTER MYID"))
	replica.until("the replica to know its master", func() bool {
		return strings.HasPrefix(replica.Ask("CLUSTER REPLICATE "+id), "+OK")
	})
	replica.untilFollowing()
	client := redis.NewClient(&redis.Options{Addr: master.Addr()})
	defer client.Close()
	master.until("the master to tell clients of its replica", func() bool {
		slots, err := client.Do(context.Background(), "CLUSTER", "SLOTS").Slice() // first and last slot, master, replica
		return err == nil && len(slots) == 1 && len(slots[0].([]any)) == 4
	})
	return master, replica
}

func startClusterNode(t testing.TB) *Server {
	t.Helper()
	bus := freePort(t) // the default, the port plus 10,000, may not exist
	s := Start(t, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus))
	s.bus = bus
	return s
}

// Watched is a master with a replica that one Sentinel watches under the name "main".
type Watched struct{ Master, Replica, Sentinel *Server }

// StartSentinel runs three servers. The Sentinel promotes the replica half a second after the
// master has ended.
func StartSentinel(t testing.TB) Watched {
	t.Helper()
	w := Watched{Master: Start(t)}
	host, port, _ := strings.Cut(w.Master.Addr(), ":")
	w.Replica = Start(t, "--replicaof", host+" "+port)
	w.Replica.untilFollowing()
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor main %s %s 1\n", host, port) +
		"sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 1000\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Sentinel = run(t, []string{config}, "--sentinel")
	w.Sentinel.until("the Sentinel to know the replica", func() bool {
		return strings.Contains(w.Sentinel.Ask("INFO sentinel"), "slaves=1")
	})
	return w
}

// untilFollowing waits until the server follows its master.
func (s *Server) untilFollowing() {
	s.t.Helper()
	s.until("the replica to follow its master", func() bool {
		return strings.Contains(s.Ask("INFO replication"), "master_link_status:up")
	})
}

// until polls: Redis sends no event for it.
func (s *Server) until(what string, done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("%s did not happen", what)
		}
	}
}

// Ask sends a command on a connection of its own. It returns a text, or another reply as Redis
// sends it.
func (s *Server) Ask(command string) string {
	s.t.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr(), patience)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		s.t.Fatal(err)
	}
	replies := bufio.NewReader(conn)
	line, err := replies.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	size, isText := strings.CutPrefix(line, "$")
	if n, err := strconv.Atoi(strings.TrimSpace(size)); isText && err == nil && n >= 0 {
		text := make([]byte, n)
		if _, err := io.ReadFull(replies, text); err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	return line
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
	args := []string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", dir,
		"--daemonize", "no", "--loglevel", "notice", "--logfile", "",
	}
	c := exec.Command(s.path, slices.Concat(s.file, args, s.args)...)
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
			if strings.Contains(lines.Text(), "Ready to accept connections") || strings.Contains(lines.Text(), "Sentinel ID is") {
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
