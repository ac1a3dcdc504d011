//go:build unix

package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestASecondInstanceLearnsHowToShare(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	first := start(t, Options{Root: root})
	_, err := Start(t.Context(), Options{Root: root})
	if !errors.Is(err, ErrInUse) || strings.Contains(err.Error(), first.address.password) {
		t.Fatalf("got %v", err)
	}
	_, command, _ := strings.Cut(err.Error(), "$(cat '")
	file, _, _ := strings.Cut(command, "'")
	url, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read the file with the password: %v, %v", st.Mode(), err)
	}
	wantValue(t, connect(t, string(url)), "select 'shared'", "shared")

	stop(t, first)
	start(t, Options{Root: root})
}

func TestAKilledServerIsNoticedAndRecovers(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	if err := s.process.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, s)
	stop(t, s)
	wantRemembered(t, start(t, Options{Root: root}))
}

func TestKillingProgramAndServerTogetherLosesNothing(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	stop(t, s)
	p := launch(t, root)
	if err := syscall.Kill(p.ready().Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.kill()
	wantRemembered(t, start(t, Options{Root: root}))
}

func TestAKilledProgramTakesItsServerAlongOrTheNextOneEndsIt(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	p := launch(t, root)
	server := p.ready()
	p.kill()
	if runtime.GOOS == "linux" {
		await(t, "the server of the killed program has ended", func() bool {
			return len(usersOf(filepath.Dir(pidFiles(t, root)[0]), server.Pid)) == 0
		})
	}
	start(t, Options{Root: root})
}

// pidFiles are where the servers of a root have or had their pid.
func pidFiles(t *testing.T, root string) []string {
	t.Helper()
	data, err := filepath.Glob(filepath.Join(root, "*", "data", "PG_VERSION"))
	if err != nil || len(data) == 0 {
		t.Fatalf("no cluster in %s: %v", root, err)
	}
	for i := range data {
		data[i] = filepath.Join(filepath.Dir(data[i]), "postmaster.pid")
	}
	return data
}

func TestAStalePidOfAnUnrelatedProcessIsNoObstacleAndNoTarget(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	stop(t, s)

	bystander := exec.Command("sleep", "600")
	bystander.SysProcAttr = &syscall.SysProcAttr{Credential: credential(s.cluster.as)} // one that the server may not ignore
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bystander.Process.Kill(); _ = bystander.Wait() }()
	pid := bystander.Process.Pid
	for path, text := range map[string]string{
		filepath.Join(s.cluster.data(), "postmaster.pid"): fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  0 0\nready   \n",
			pid, s.cluster.data(), s.cluster.sockets()),
		filepath.Join(s.cluster.sockets(), ".s.PGSQL.5432.lock"): fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n",
			pid, s.cluster.data(), s.cluster.sockets()),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.cluster.as.own(path); err != nil {
			t.Fatal(err)
		}
	}

	wantRemembered(t, start(t, Options{Root: root}))
	var status syscall.WaitStatus
	if got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil); err != nil || got != 0 {
		t.Errorf("the unrelated process was ended: %v, %v", status, err)
	}
}

// orphan starts a server on the cluster as an earlier run that was killed would
// have left it on a system without a parent-death signal.
func orphan(t *testing.T, s *Server) *exec.Cmd {
	t.Helper()
	cmd := s.cluster.command(context.Background(), "postgres", s.arguments(Options{Unsafe: true}))
	cmd.SysProcAttr = serverAttr(s.cluster.as)
	// The test binary lives on, so no thread of it may be the parent whose death counts.
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := (&Server{address: s.address, cluster: s.cluster, done: make(chan struct{})}).ready(t.Context(), "terminplan"); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestAServerLeftBehindIsStoppedAndReplaced(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	stop(t, s)
	old := orphan(t, s)
	var log journal
	s = start(t, Options{Root: root, Log: log.logger()})
	wantRemembered(t, s)
	if s.process.Pid == old.Process.Pid || !strings.Contains(log.String(), "left behind") {
		t.Errorf("the log does not tell what happened:\n%s", &log)
	}
}

func TestAKilledServerThatNobodyReapsIsNoObstacle(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	stop(t, s)
	zombie := orphan(t, s) // ours, and we do not wait for it: a container without an init
	if err := zombie.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "its processes have ended", func() bool { return len(usersOf(s.cluster.data(), 0)) == 0 })
	if !pidTaken(zombie.Process.Pid) {
		t.Fatal("the killed server is no zombie; this test shows nothing")
	}
	wantRemembered(t, start(t, Options{Root: root}))
}

func TestAnOrphanIsFoundThroughASymbolicLink(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	stop(t, s)
	orphan(t, s)
	link := root + "-link"
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	wantRemembered(t, start(t, Options{Root: link}))
}

func TestAnInterruptedFirstRunStartsOver(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	p := launch(t, root)
	await(t, "initdb is at work", func() bool {
		half, _ := filepath.Glob(filepath.Join(root, "*", "data.new", "PG_VERSION"))
		return len(half) > 0
	})
	p.kill()
	if whole, _ := filepath.Glob(filepath.Join(root, "*", "data")); len(whole) > 0 {
		t.Fatal("the first run was finished before it was killed; this test shows nothing")
	}
	wantValue(t, connect(t, start(t, Options{Root: root}).DSN()), "select 'made'", "made")
}

func TestWhatAnInterruptedFirstRunLeftAtWorkIsEnded(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // elsewhere only a server that a lock file names can be found
	}
	root := newRoot(t)
	installs, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(root, fmt.Sprint(installs[0].Major), "data.new")
	if err := os.MkdirAll(half, 0o755); err != nil {
		t.Fatal(err)
	}
	worker := exec.Command("sleep", "600")
	worker.Dir = half
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = worker.Process.Kill() })
	start(t, Options{Root: root})
	if err := worker.Wait(); err == nil {
		t.Error("the worker ended in peace; this test shows nothing")
	}
}

func TestAHostileEnvironmentReachesNeitherServerNorConnection(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	p := launch(t, root,
		"PGHOST=203.0.113.1", "PGPORT=1", "PGDATABASE=other", "PGUSER=other", "PGPASSWORD=other", "PGDATA=/nowhere",
		"PGSSLMODE=verify-full", "PGOPTIONS=-c no_such_setting=1", "PGTZ=Asia/Tokyo", "PGSERVICE=none", "PGSERVICEFILE=/nowhere",
		"PGTARGETSESSIONATTRS=standby", "PGCHANNELBINDING=require", "PGAPPNAME=other", "PGSSLROOTCERT=/nowhere",
		"LC_ALL=xx_XX.broken", "TZ=Nowhere/Land")
	conn := connect(t, p.ready().URL)
	wantValue(t, conn, "show timezone", "UTC")
	wantValue(t, conn, "show lc_messages", "C")
	p.end()
}
