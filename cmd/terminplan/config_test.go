package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

var quiet = slog.New(slog.DiscardHandler)

func TestWrongConfigurationIsRefusedWithTheNameOfTheSetting(t *testing.T) {
	good := Config{Addr: "127.0.0.1:0", StudioZone: "Europe/Berlin"}
	if _, err := good.check(); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*Config){
		"--addr":            func(c *Config) { c.Addr = "8080" },
		"--public-url":      func(c *Config) { c.PublicURL = "plan.example.org" },
		"--trusted-proxies": func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/99"} },
		"DATABASE_URL":      func(c *Config) { c.DatabaseURL = "mysql://x" },
		"REDIS_URL":         func(c *Config) { c.RedisURL = "localhost" },
		"--studio-zone":     func(c *Config) { c.StudioZone = "Mars/Base" },
		"--smtp-url":        func(c *Config) { c.SMTPURL, c.MailFrom = "mail.example.org", "plan@studio.example" },
		"--mail-from":       func(c *Config) { c.MailFrom = "Studio" },
		"--mail-reply-to":   func(c *Config) { c.MailReplyTo = "Studio <>" },
		"needs --mail-from": func(c *Config) { c.SMTPURL = "smtp://mail.example.org" },
		"--owner-email":     func(c *Config) { c.OwnerPassword = "nur das eine" },
	}
	for name, spoil := range tests {
		c := good
		spoil(&c)
		if _, err := c.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want a sentence that names %s", err, name)
		}
	}
}

func TestTheFirstZoneIsThatOfAPlace(t *testing.T) {
	t.Parallel()
	for zone, good := range map[string]bool{
		"Europe/Berlin": true, "America/Argentina/Ushuaia": true,
		"EST": false, "UTC": false, "Etc/GMT+5": false, "Local": false, "": false, "Europe/Atlantis": false,
	} {
		if _, err := (Config{Addr: "127.0.0.1:0", StudioZone: zone}).check(); (err == nil) != good {
			t.Errorf("%q: %v", zone, err)
		}
	}
}

func TestAnEmptyVariableIsNoDataFolder(t *testing.T) {
	for text, want := range map[string]string{"": "", "/srv/plan": "/srv/plan"} {
		t.Setenv("TERMINPLAN_DATA_DIR", text)
		var c commands
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(nil); err != nil {
			t.Fatal(err)
		}
		if s, err := c.Serve.check(); err != nil || s.DataDir != want {
			t.Errorf("%q is the folder %q (%v), want %q", text, s.DataDir, err, want)
		}
	}
}

func TestTheDemoIsServedOnThisMachineOnly(t *testing.T) {
	env := bookingtest.New(t)
	here := Config{Addr: "127.0.0.1:8080", StudioZone: "Europe/Berlin"}
	everywhere := map[string]func(*Config){
		"an open address":            func(c *Config) { c.Addr = ":8080" },
		"an address of the network":  func(c *Config) { c.Addr = "192.168.1.7:8080" },
		"a public name":              func(c *Config) { c.PublicURL = "https://plan.example.org" },
		"a public address":           func(c *Config) { c.PublicURL = "http://192.168.1.7:8080" },
		"a name that looks local":    func(c *Config) { c.PublicURL = "http://localhost.example.org" },
		"a proxy":                    func(c *Config) { c.TrustedProxies = []string{"127.0.0.1"} },
		"a proxy and a name of here": func(c *Config) { c.PublicURL, c.TrustedProxies = "http://localhost", []string{"10.0.0.0/8"} },
	}
	start := func(change func(*Config)) (booking.DatabaseKind, error) {
		t.Helper()
		c := here
		change(&c)
		s, err := c.check()
		if err != nil {
			t.Fatal(err)
		}
		return prepare(t.Context(), env.DSN, s, quiet)
	}
	for name, change := range everywhere {
		if _, err := start(change); err != nil {
			t.Errorf("a real studio is not served with %s: %v", name, err)
		}
	}
	env.Exec(`update studio set demo = true`)
	for name, change := range everywhere {
		if _, err := start(change); err != errDemoInPublic {
			t.Errorf("the demo with %s: %v, want a refusal", name, err)
		}
	}
	for _, public := range []string{"", "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080", "http://demo.localhost"} {
		if kind, err := start(func(c *Config) { c.PublicURL = public }); err != nil || kind != booking.Demo {
			t.Errorf("got %v, %v at %q", kind, err, public)
		}
	}
}

// An empty database becomes the demo only where nobody else can reach it.
func TestAnEmptyDatabaseBecomesNoDemoInPublic(t *testing.T) {
	_, dsn := bookingtest.Empty(t)
	c := Config{Addr: "127.0.0.1:8080", StudioZone: "Europe/Berlin", PublicURL: "https://plan.example.org"}
	s, err := c.check()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(t.Context(), dsn, s, quiet); err != errEmptyInPublic {
		t.Errorf("got %v, want a refusal", err)
	}
}

// The first start needs only an empty folder. The second start finds the same data, and the
// demo violates no invariant.
func TestTheProgramStartsWithoutConfiguration(t *testing.T) {
	dir, err := os.MkdirTemp("", "terminplan-newcomer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // under root, PostgreSQL runs as another user
		t.Fatal(err)
	}
	c := Config{Addr: "127.0.0.1:0", Database: Database{DataDir: dir}, StudioZone: "Europe/Berlin"}
	for _, start := range []string{"first", "second"} {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		ready := make(chan struct{})
		out := &lines{on: func(line string) {
			if strings.Contains(line, "inhaber@studio-nord.example") {
				close(ready)
			}
		}}
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, c, out, io.Discard) }()
		select {
		case <-ready:
		case err := <-ended:
			t.Fatalf("the %s start ended with %v", start, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatalf("the %s run stopped with %v", start, err)
		}
	}
	if err := check(t.Context(), c.Database, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}
