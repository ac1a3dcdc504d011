//go:build unix

package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheAccountOwnsTheClusterAndItsSocketAndNothingElse(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	as := os.Geteuid()
	if as == 0 {
		if s.cluster.as == nil || s.cluster.as.uid == 0 {
			t.Fatal("the server runs as root")
		}
		as = s.cluster.as.uid
	}
	for path, want := range map[string]int{
		root:                        os.Geteuid(),
		filepath.Join(root, "lock"): os.Geteuid(),
		s.cluster.base:              os.Geteuid(),
		s.cluster.log():             os.Geteuid(),
		s.cluster.data():            as,
		s.cluster.sockets():         as,
	} {
		if uid, _, ok := ownerOf(path); !ok || uid != want {
			t.Errorf("%s belongs to %d, want %d", path, uid, want)
		}
	}
}

func TestRootRunsAClusterAsWhoeverOwnsItsData(t *testing.T) {
	root := t.TempDir()
	data := filepath.Join(root, "15", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if as, err := accountFor(root); as != nil || err != nil {
			t.Errorf("an ordinary user runs it as %v, %v", as, err)
		}
		return
	}
	if err := os.Lchown(data, 4711, 4712); err != nil {
		t.Fatal(err)
	}
	if as, err := accountFor(root); err != nil || as.uid != 4711 || as.gid != 4712 {
		t.Errorf("root runs it as %v, %v", as, err)
	}
}

func TestAFolderClosedToTheAccountIsNamed(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &account{uid: os.Geteuid() + 4711, gid: 4711, name: "stranger"}
	err := stranger.makeFolder(filepath.Join(closed, "pg"))
	if err == nil || !strings.Contains(err.Error(), `closed to "stranger"`) {
		t.Errorf("got %v", err)
	}
}

func TestDefaultRootIsTheUsersDataFolder(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/elsewhere")
	got, err := DefaultRoot()
	want := "/elsewhere/terminplan/postgres"
	if os.Geteuid() == 0 {
		want = "/var/lib/terminplan/postgres"
	}
	if err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}
