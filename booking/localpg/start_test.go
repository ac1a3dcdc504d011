//go:build unix

package localpg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAClusterIsMadeOnceAndKeepsItsData(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	var first, second journal
	s := start(t, Options{Root: root, Log: first.logger()})
	remember(t, s)
	stop(t, s)
	s = start(t, Options{Root: root, Log: second.logger()})
	wantRemembered(t, s)
	if !strings.Contains(first.String(), "first_run=true") || !strings.Contains(second.String(), "first_run=false") {
		t.Errorf("the log does not tell the first run from the second:\n%s%s", &first, &second)
	}
}

func TestTheClusterKnowsGermanAndUniversalTime(t *testing.T) {
	t.Parallel()
	conn := connect(t, start(t, Options{Root: newRoot(t)}).URL())
	wantValue(t, conn, "select lower('ÄÖÜ')", "äöü")
	wantValue(t, conn, `select string_agg(x, '' order by x collate "de-x-icu") from unnest(array['z','ä','a']) x`, "aäz")
	wantValue(t, conn, "show timezone", "UTC")
	wantValue(t, conn, "show data_checksums", "on")
	wantValue(t, conn, "select current_database()::text", "terminplan")
}

func TestSettingsOfTheCallerReachTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Root: newRoot(t), Database: "it's a \"test\"", Settings: map[string]string{"max_connections": "7"}})
	for _, dsn := range []string{s.DSN(), s.URL()} {
		conn := connect(t, dsn)
		wantValue(t, conn, "show max_connections", "7")
		wantValue(t, conn, "select current_database()::text", `it's a "test"`)
	}
}

func TestTheServerIsClosedToOthers(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	wantValue(t, connect(t, s.DSN()), "show listen_addresses", "")
	for path, want := range map[string]os.FileMode{
		s.cluster.data():            0o700,
		s.cluster.sockets():         0o700,
		s.cluster.password():        0o600,
		s.cluster.log():             0o600,
		filepath.Join(root, "lock"): 0o600, // it holds the URL
	} {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
	}
	wrong := s.address
	wrong.password = "guessed"
	cfg, err := Config(wrong.dsn())
	if err != nil {
		t.Fatal(err)
	}
	err = (&Server{address: wrong, done: make(chan struct{})}).ready(t.Context(), "terminplan")
	if err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password for %s gives %v", cfg.Host, err)
	}
}

func TestARefusalEndsTheWaitAtOnce(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	stop(t, s)
	if err := os.WriteFile(s.cluster.password(), []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Root: root, Timeout: patience})
	if err == nil || errors.Is(err, context.DeadlineExceeded) { // the error must be that of the server, not of the waiting
		t.Errorf("the start ends with %v", err)
	}
	// The failed start gave everything back.
	if users := usersOf(s.cluster.data(), pidIn(filepath.Join(s.cluster.data(), "postmaster.pid"))); len(users) > 0 {
		t.Errorf("processes %v are left", users)
	}
}

func TestABadSettingIsReportedWithTheServersWords(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Root: newRoot(t), Unsafe: true, Settings: map[string]string{"no_such_setting": "1"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("got %v", err)
	}
}

func TestTCPIsALoopbackPort(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Root: newRoot(t), TCP: true})
	conn := connect(t, s.URL())
	wantValue(t, conn, "show listen_addresses", "127.0.0.1")
	wantValue(t, conn, "select host(inet_server_addr())", "127.0.0.1")
	wantValue(t, connect(t, s.DSN()), "show unix_socket_directories", "")
}

func TestAPathTooLongForASocketFallsBackToTCP(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Root: filepath.Join(newRoot(t), strings.Repeat("long", 30))})
	wantValue(t, connect(t, s.DSN()), "show listen_addresses", "127.0.0.1")
}

func TestAPathMayHoldSpacesQuotesAndCommas(t *testing.T) {
	t.Parallel()
	for name, listens := range map[string]string{
		`Olga's "data" \ ÄÖ?&=%41`: "",          // a socket
		"one, two":                 "127.0.0.1", // two hosts to pgx
	} {
		s := start(t, Options{Root: filepath.Join(newRoot(t), name)})
		for _, dsn := range []string{s.DSN(), s.URL()} {
			wantValue(t, connect(t, dsn), "show listen_addresses", listens)
		}
	}
}

func TestStoppingEndsOpenTransactionsInOrder(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	remember(t, s)
	mustExec(t, connect(t, s.DSN()), "begin; insert into memory values ('unfinished')")
	began := time.Now()
	stop(t, s)
	t.Logf("stopped in %v", time.Since(began).Round(time.Millisecond))
	if _, err := os.Stat(filepath.Join(s.cluster.data(), "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server did not clean up: %v", err)
	}
	stop(t, s) // again: nothing happens
	wantRemembered(t, start(t, Options{Root: root}))
}

func TestTheServerOutlivesTheGoroutineAndTheThreadThatStartedIt(t *testing.T) {
	t.Parallel()
	started := make(chan *Server)
	root := newRoot(t)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		s, err := Start(context.Background(), Options{Root: root, Unsafe: true, Timeout: patience})
		if err != nil {
			t.Error(err)
		}
		started <- s
	}()
	s := <-started
	if s == nil {
		return
	}
	defer stop(t, s)
	conn := connect(t, s.DSN())
	// A parent-death signal would stop the server within this time many times over.
	wantValue(t, conn, "select pg_sleep(0.3)::text || 'alive'", "alive")
	select {
	case <-s.Done():
		t.Error("the server ended with the thread")
	default:
	}
}

func TestAStartGivesUpWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Root: root}); err == nil {
		t.Fatal("a cancelled start succeeded")
	}
	start(t, Options{Root: root}) // nothing is left in the way
}

func TestAnotherMajorVersionsDataIsNeverTouched(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	data := filepath.Join(root, "9", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Root: root})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") {
		t.Errorf("got %v", err)
	}
	entries, err := os.ReadDir(data)
	if err != nil || len(entries) != 1 {
		t.Errorf("the data holds %v, %v", entries, err)
	}
}

func TestTheNewestDataDecidesTheVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	installs := []Install{{Bin: "/eighteen", Major: 18}, {Bin: "/ten", Major: 10}, {Bin: "/nine", Major: 9}}
	with := func(majors ...int) {
		for _, m := range majors {
			data := filepath.Join(root, strconv.Itoa(m), "data")
			if err := os.MkdirAll(data, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(what string, major int) {
		t.Helper()
		c, err := choose(root, nil, installs)
		if err != nil || c.Major != major {
			t.Errorf("%s: chose %d, %v; want %d", what, c.Major, err, major)
		}
	}
	want("no data: the newest programs", 18)
	with(9)
	want("data of 9", 9)
	with(10)
	want("data of 9 and 10", 10)
	with(11)
	if _, err := choose(root, nil, installs); err == nil {
		t.Error("went back to older data although newer lies there")
	}
}
