//go:build unix

package localpg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install makes a folder that looks like PostgreSQL's.
func install(t *testing.T, says string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range programs {
		if err := os.WriteFile(filepath.Join(dir, p), []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindAsksTheProgramForItsVersion(t *testing.T) {
	for says, want := range map[string]int{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18beta1":                        18,
	} {
		found, err := Find(install(t, says, "postgres", "initdb"))
		if err != nil || len(found) != 1 || found[0].Major != want {
			t.Errorf("%q: found %v, %v", says, found, err)
		}
	}
}

func TestHalfAnInstallationIsNone(t *testing.T) {
	for name, dir := range map[string]string{
		"an empty folder":  t.TempDir(),
		"no initdb":        install(t, "postgres (PostgreSQL) 15", "postgres"),
		"another program":  install(t, "mysqld 8", "postgres", "initdb"),
		"no folder at all": filepath.Join(t.TempDir(), "missing"),
	} {
		if _, err := Find(dir); !errors.Is(err, ErrNoBinaries) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Start(t.Context(), Options{Root: t.TempDir(), Bin: dir}); !errors.Is(err, ErrNoBinaries) {
			t.Errorf("starting with %s: %v", name, err)
		}
	}
}

func TestTheHintNamesAWayForEverySystem(t *testing.T) {
	for goos, want := range map[string]string{"linux": "apt-get install", "darwin": "brew install", "windows": "docker compose up"} {
		if hint := installHint(goos); !strings.Contains(hint, want) || !strings.Contains(hint, "DATABASE_URL") {
			t.Errorf("%s: %s", goos, hint)
		}
	}
	if strings.Contains(installHint("windows"), "apt-get") {
		t.Error("Windows is told to use apt-get")
	}
}
