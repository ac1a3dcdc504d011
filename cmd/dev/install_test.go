package main

import (
	"slices"
	"strings"
	"testing"
)

func only(present ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(present, name) }
}

// script prints a plan as shell commands.
func script(p plan) string {
	var lines []string
	for _, c := range slices.Concat(p.commands, p.after) {
		lines = append(lines, shown(c[0], c[1:]))
	}
	return strings.Join(lines, "\n")
}

func TestOnlyWhatIsMissingIsInstalled(t *testing.T) {
	m := machine{goos: "linux", apt: true, root: true, policy: true, createCluster: true}
	for _, c := range []struct{ present, want string }{
		{"postgres redis-server chromium gcc", ""},
		{"postgres redis-server gcc", "chromium"},
		{"postgres redis-server chromium", "gcc libc6-dev"},
		{"", "postgresql redis-server chromium gcc libc6-dev"},
	} {
		p := planFor(m, lacking(only(strings.Fields(c.present)...)))
		got := ""
		if len(p.commands) > 0 {
			_, got, _ = strings.Cut(script(p), "--no-install-recommends ")
		}
		if got != c.want {
			t.Errorf("with %q present: installs %q, want %q", c.present, got, c.want)
		}
	}
}

func TestPackageListIsFetchedFirst(t *testing.T) {
	s := script(planFor(machine{goos: "linux", apt: true, root: true}, lacking(only())))
	update, install := strings.Index(s, "update"), strings.Index(s, "install --yes")
	if update < 0 || install < update {
		t.Errorf("the order is wrong:\n%s", s)
	}
	if n := strings.Count(s, "DPkg::Lock::Timeout"); n != 2 {
		t.Errorf("%d of 2 commands wait for the lock of apt:\n%s", n, s)
	}
}

func TestInstallationStartsNoService(t *testing.T) {
	p := planFor(machine{goos: "linux", apt: true, root: true}, lacking(only()))
	s := script(p)
	for _, want := range []string{"exit 101", "create_main_cluster = false", "rm " + policyFile} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	if i, j := strings.Index(s, "exit 101"), strings.Index(s, "install --yes"); i > j {
		t.Errorf("services are blocked only after the installation:\n%s", s)
	}

	// Existing files of an administrator stay unchanged.
	s = script(planFor(machine{goos: "linux", apt: true, root: true, policy: true, createCluster: true}, lacking(only())))
	for _, path := range []string{policyFile, createClusterFile} {
		if strings.Contains(s, path) {
			t.Errorf("%s is changed although it exists:\n%s", path, s)
		}
	}
	// Without PostgreSQL in the plan its configuration stays unchanged.
	s = script(planFor(machine{goos: "linux", apt: true, root: true}, lacking(only("postgres"))))
	if strings.Contains(s, createClusterFile) {
		t.Errorf("the configuration of PostgreSQL is changed without need:\n%s", s)
	}
}

func TestSudoNeverAsksForAPassword(t *testing.T) {
	p := planFor(machine{goos: "linux", apt: true, sudo: true}, lacking(only()))
	for line := range strings.Lines(script(p)) {
		if !strings.HasPrefix(line, "sudo -n ") {
			t.Errorf("without sudo -n: %s", line)
		}
	}
}

func TestWithoutRootTheCommandsAreShown(t *testing.T) {
	for name, m := range map[string]machine{
		"sudo apt-get install": {goos: "linux", apt: true},
		"package manager":      {goos: "linux", root: true},
		"brew install":         {goos: "darwin"},
	} {
		p := planFor(m, lacking(only()))
		if len(p.commands) > 0 || !strings.Contains(p.advice, name) {
			t.Errorf("%+v: commands %v, advice %q", m, p.commands, p.advice)
		}
	}
}
