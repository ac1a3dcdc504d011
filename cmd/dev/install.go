package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"terminplan/booking/localpg"
)

// need is a program that the tests or the race detector need.
type need struct {
	name     string
	why      string
	packages []string // names of packages on Debian and derived systems
	mac      string   // the command for macOS
}

var needs = []need{
	{"postgres", "the tests run on a private PostgreSQL", []string{"postgresql"}, "brew install postgresql@17"},
	{"redis-server", "the exchange between nodes is tested with a real Redis", []string{"redis-server"}, "brew install redis"},
	{"chromium", "the pages are tested in a browser", []string{"chromium"}, "brew install --cask chromium"},
	{"gcc", "the race detector needs a C compiler", []string{"gcc", "libc6-dev"}, "xcode-select --install"},
}

// has reports whether this machine meets a need.
func has(name string) bool {
	inPath := func(programs ...string) bool {
		return slices.ContainsFunc(programs, func(p string) bool { _, err := exec.LookPath(p); return err == nil })
	}
	exists := func(paths ...string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { _, err := os.Stat(p); return err == nil })
	}
	switch name {
	case "postgres":
		_, err := localpg.Find("")
		return err == nil
	case "chromium":
		return inPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell", "chrome") ||
			exists("/Applications/Google Chrome.app", "/Applications/Chromium.app")
	case "gcc":
		return compiles()
	default:
		return inPath(name)
	}
}

// compiles reports whether Go's C compiler works and finds the headers of libc. A compiler
// without headers is not enough, and the headers are in different places on each system.
func compiles() bool {
	cc, err := exec.Command("go", "env", "CC").Output()
	words := strings.Fields(string(cc))
	if err != nil || len(words) == 0 {
		return false
	}
	cmd := exec.Command(words[0], append(words[1:], "-E", "-x", "c", "-")...)
	cmd.Stdin = strings.NewReader("#include <stdlib.h>\n")
	return cmd.Run() == nil
}

// machine holds the facts that decide how missing programs can be installed.
type machine struct {
	goos    string
	apt     bool // apt-get exists
	root    bool
	sudo    bool // sudo works without a password
	systemd bool
	// Files that the plan creates only if they do not exist.
	policy, createCluster bool
}

func thisMachine(ctx context.Context) machine {
	exists := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	_, err := exec.LookPath("apt-get")
	m := machine{
		goos: runtime.GOOS, apt: err == nil, root: os.Geteuid() == 0,
		systemd: exists("/run/systemd/system"), policy: exists(policyFile), createCluster: exists(createClusterFile),
	}
	m.sudo = !m.root && exec.CommandContext(ctx, "sudo", "-n", "true").Run() == nil
	return m
}

const (
	// policyFile keeps packages from starting services if it exists and exits with 101.
	policyFile = "/usr/sbin/policy-rc.d"
	// createClusterFile configures Debian's postgresql not to create a cluster.
	createClusterFile = "/etc/postgresql-common/createcluster.conf"
)

// plan holds the commands that install packages on this machine.
type plan struct {
	commands [][]string
	after    [][]string // run after commands, even if one failed
	notes    []string
	advice   string // commands for the developer, if we cannot run them
}

// lacking returns the needs that this machine does not meet.
func lacking(has func(string) bool) []need {
	var list []need
	for _, n := range needs {
		if !has(n.name) {
			list = append(list, n)
		}
	}
	return list
}

// planFor returns the plan for installing the missing programs.
func planFor(m machine, missing []need) plan {
	var packages, mac []string
	for _, n := range missing {
		packages = append(packages, n.packages...)
		mac = append(mac, n.mac)
	}
	apt := func(args ...string) []string {
		return append([]string{
			"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Options::=--force-confold",
		}, args...)
	}
	install := apt(append([]string{"install", "--yes", "--no-install-recommends"}, packages...)...)
	switch {
	case len(missing) == 0:
		return plan{}
	case m.goos == "darwin":
		return plan{advice: strings.Join(mac, " && ")}
	case !m.apt:
		return plan{advice: "install these packages of Debian, or their equivalents, with your package manager: " +
			strings.Join(packages, " ")}
	case !m.root && !m.sudo:
		return plan{advice: "sudo apt-get update && sudo apt-get install --no-install-recommends " + strings.Join(packages, " ")}
	}

	var p plan
	shell := func(script string) []string { return []string{"sh", "-c", script} }
	if !m.policy {
		p.commands = append(p.commands, shell(`printf '#!/bin/sh\nexit 101\n' > `+policyFile+` && chmod 755 `+policyFile))
		p.after = append(p.after, []string{"rm", policyFile})
	}
	if slices.Contains(packages, "postgresql") && !m.createCluster {
		p.commands = append(
			p.commands,
			shell(`mkdir -p `+filepath.Dir(createClusterFile)+` && printf 'create_main_cluster = false\n' > `+createClusterFile),
		)
		p.notes = append(p.notes, createClusterFile+" keeps PostgreSQL from creating a system cluster; the tests create their own")
	}
	p.commands = append(p.commands, apt("update"), install)
	if slices.Contains(packages, "redis-server") && m.systemd {
		p.notes = append(
			p.notes,
			"redis-server was not started, but its package enables it for the next start of the machine: "+
				"sudo systemctl disable redis-server",
		)
	}
	if m.sudo {
		for _, commands := range [][][]string{p.commands, p.after} {
			for i := range commands {
				commands[i] = append([]string{"sudo", "-n"}, commands[i]...)
			}
		}
	}
	return p
}

// prepare installs missing programs. If some stay missing, it returns an error, so that an
// incomplete test run does not look complete. With --no-install they are an error only in CI.
func (t testCmd) prepare(ctx context.Context) error {
	missing := lacking(has)
	if len(missing) == 0 {
		return nil
	}
	fmt.Println("== programs")
	for _, n := range missing {
		fmt.Printf("missing: %s (%s)\n", strings.Join(n.packages, " "), n.why)
	}
	var err error
	p := planFor(thisMachine(ctx), missing)
	switch {
	case p.advice != "":
		fmt.Println("to install:", p.advice)
	case t.NoInstall:
		fmt.Println("not installed because of --no-install")
	default:
		err = p.carryOut(ctx)
	}
	if !t.NoInstall || os.Getenv("CI") == "true" {
		var still []string
		for _, n := range lacking(has) {
			still = append(still, n.name)
		}
		if len(still) > 0 {
			err = errors.Join(err, fmt.Errorf("still missing: %s", strings.Join(still, ", ")))
		}
	}
	return err
}

func (p plan) carryOut(ctx context.Context) (err error) {
	defer func() {
		for _, c := range p.after { // even after an interrupt: remove the file that blocks services
			err = errors.Join(err, run(context.WithoutCancel(ctx), c[0], c[1:]...))
		}
	}()
	for _, c := range p.commands {
		if err := run(ctx, c[0], c[1:]...); err != nil {
			return err
		}
	}
	for _, n := range p.notes {
		fmt.Println("note:", n)
	}
	return nil
}
