// Package localpg starts a private PostgreSQL cluster from locally installed
// binaries: the "no configuration" default of the application.
package localpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// ErrNoBinaries says that no usable PostgreSQL server is installed.
var ErrNoBinaries = errors.New("no PostgreSQL server binaries found")

// Install is one PostgreSQL installation on this machine.
type Install struct {
	Bin   string // directory that holds postgres and initdb
	Major int
}

var versionRE = regexp.MustCompile(`\(PostgreSQL\)\s+(\d+)`)

// candidates lists directories that may hold postgres + initdb, best guess first.
func candidates() []string {
	var dirs []string
	if p, err := exec.LookPath("postgres"); err == nil {
		if r, err := filepath.EvalSymlinks(p); err == nil {
			p = r // Debian's /usr/local/bin/postgres may be a link into /usr/lib
		}
		dirs = append(dirs, filepath.Dir(p))
	}
	globs := []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // PGDG on RHEL, Fedora
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/lib/postgresql*/bin",  // openSUSE
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/opt/local/lib/postgresql*/bin", // MacPorts
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/usr/local/pgsql/bin",
		"/usr/local/bin", "/usr/bin",
		"/run/current-system/sw/bin", // NixOS
	}
	if runtime.GOOS == "windows" {
		globs = []string{`C:\Program Files\PostgreSQL\*\bin`}
	}
	for _, g := range globs {
		m, _ := filepath.Glob(g)
		slices.Reverse(m)
		dirs = append(dirs, m...)
	}
	return dirs
}

func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Find returns the installations, newest major first. override, when not
// empty, is the only directory looked at.
func Find(override string) ([]Install, error) {
	dirs := candidates()
	if override != "" {
		dirs = []string{override}
	}
	seen := map[string]bool{}
	var out []Install
	for _, d := range dirs {
		if r, err := filepath.EvalSymlinks(d); err == nil {
			d = r
		}
		if seen[d] {
			continue
		}
		seen[d] = true
		pgbin, idb := filepath.Join(d, exe("postgres")), filepath.Join(d, exe("initdb"))
		if !executable(pgbin) || !executable(idb) {
			continue
		}
		b, err := exec.Command(pgbin, "--version").Output()
		if err != nil {
			continue
		}
		m := versionRE.FindSubmatch(b)
		if m == nil {
			continue
		}
		major, _ := strconv.Atoi(string(m[1]))
		out = append(out, Install{Bin: d, Major: major})
	}
	if len(out) == 0 {
		return nil, ErrNoBinaries
	}
	slices.SortStableFunc(out, func(a, b Install) int { return b.Major - a.Major })
	return out, nil
}

func executable(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular() && (runtime.GOOS == "windows" || st.Mode()&0o111 != 0)
}

// Hint is what to tell a person whose machine has no PostgreSQL.
func Hint() string {
	var how string
	switch runtime.GOOS {
	case "darwin":
		how = "  brew install postgresql@17"
	case "windows":
		how = "  winget install PostgreSQL.PostgreSQL.17"
	default:
		how = "  Debian, Ubuntu:  sudo apt-get install --no-install-recommends postgresql\n" +
			"  Fedora, RHEL:    sudo dnf install postgresql-server\n" +
			"  Alpine:          sudo apk add postgresql17"
	}
	return strings.TrimSpace(fmt.Sprintf(`
Terminplan keeps its data in PostgreSQL and found none on this machine.
Any one of these is enough:
%s
  or a database of yours:  DATABASE_URL=postgres://user:password@host/db
  or with Docker:          docker compose up
Only the programs are used; no system service is started or changed.`, how))
}
