package localpg

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// ErrNoBinaries means that no PostgreSQL server is installed; InstallHint returns the
// instructions.
var ErrNoBinaries = errors.New("no PostgreSQL server programs found")

// An Install is one PostgreSQL installation of this machine.
type Install struct {
	Bin   string // the folder of postgres and initdb
	Major int
}

// places are the folders in which packages install the server's programs, which are rarely
// in PATH.
var places = []string{
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

// Find returns the installations, newest major version first, or ErrNoBinaries. If bin is
// not empty, it is the only folder that is searched.
func Find(bin string) ([]Install, error) {
	dirs := []string{bin}
	if bin == "" {
		dirs = candidates()
	}
	seen := map[string]bool{}
	var found []Install
	for _, dir := range dirs {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if !executable(filepath.Join(dir, "postgres")) || !executable(filepath.Join(dir, "initdb")) {
			continue
		}
		if major, ok := majorOf(filepath.Join(dir, "postgres")); ok {
			found = append(found, Install{Bin: dir, Major: major})
		}
	}
	if len(found) == 0 {
		return nil, ErrNoBinaries
	}
	slices.SortStableFunc(found, func(a, b Install) int { return cmp.Compare(b.Major, a.Major) })
	return found, nil
}

// candidates lists folders that may hold the programs, the caller's PATH first.
func candidates() []string {
	var dirs []string
	if p, err := exec.LookPath("postgres"); err == nil {
		// The one in PATH may be a link to a folder that holds initdb as well.
		if real, err := filepath.EvalSymlinks(p); err == nil {
			p = real
		}
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, pattern := range places {
		match, _ := filepath.Glob(pattern) // the only error is a bad pattern
		slices.Reverse(match)
		dirs = append(dirs, match...)
	}
	return dirs
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\)\s+(\d+)`)

func majorOf(postgres string) (int, bool) {
	out, err := exec.Command(postgres, "--version").Output()
	if err != nil {
		return 0, false
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return 0, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return major, err == nil
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}

// InstallHint returns the instructions for installing PostgreSQL on this system.
func InstallHint() string {
	return installHint(runtime.GOOS)
}

func installHint(goos string) string {
	how := "  Debian, Ubuntu:  sudo apt-get install --no-install-recommends postgresql\n" +
		"  Fedora, RHEL:    sudo dnf install postgresql-server\n" +
		"  Alpine:          sudo apk add postgresql17\n"
	switch goos {
	case "darwin":
		how = "  brew install postgresql@17\n"
	case "windows":
		how = "" // the private server needs Unix; the two other ways work
	}
	return "Terminplan keeps its data in PostgreSQL and found none that it can start on this machine.\n" +
		"Any one of these is enough:\n" + how +
		"  a database of yours:  DATABASE_URL=postgres://user:password@host/database\n" +
		"  with Docker:          docker compose up\n" +
		"Only the programs are used; no system service is started or changed."
}
