//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestRestoredBeginsAnEpochAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Alt", 1)
	if _, err := env.SignIn(t.Context(), booking.SignInRequest{
		Email: anna.Email, Password: bookingtest.Password, Address: "192.0.2.1",
	}); err != nil {
		t.Fatal(err)
	}
	before := env.Epoch()
	var out bytes.Buffer
	c := RestoredCommand{Database: Database{DatabaseURL: env.DSN}}
	if err := restored(t.Context(), c, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"new epoch", "Sessions that are valid: 1", "erasures", "--end-sessions"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	c.EndSessions = true
	out.Reset()
	if err := restored(t.Context(), c, &out, io.Discard); err != nil || !strings.Contains(out.String(), "Sessions ended: 1") {
		t.Errorf("%v:\n%s", err, out.String())
	}
	if v, err := env.Versions(t.Context(), booking.VersionsQuery{}); err != nil || v.Epoch == before || env.Epoch() != v.Epoch {
		t.Errorf("the epoch is %s (%v), before %s, at the node %s", v.Epoch, err, before, env.Epoch())
	}
}

// Programs that watch a studio tell "violated" from "could not ask".
func TestCheckTellsViolatedFromNotChecked(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	env.Exec(`update class set booked = 1 where id = $1`, class)
	var out bytes.Buffer
	err := checkOn(t, env.DSN, &out)
	if violated := new(violatedError); !errors.As(err, &violated) || violated.number != 1 || err.Error() != "1 invariant is violated" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"counters_count", "the counters of a class", "id="} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	env.Exec(`update class set booked = 0 where id = $1`, class)

	empty, address := bookingtest.Empty(t)
	if err := checkOn(t, address, io.Discard); err != errNoStudio {
		t.Errorf("a database without a studio: %v", err)
	}
	if _, err := empty.Exec(t.Context(), `drop table studio cascade`); err != nil {
		t.Fatal(err)
	}
	if err := checkOn(t, address, io.Discard); err != errNoStudio {
		t.Errorf("a database without tables: %v", err)
	}
	for command, code := range map[string]int{address: exitNotChecked, "postgres://nobody:wrong@127.0.0.1:1/none": exitNotChecked} {
		c := launch(t, "check", "DATABASE_URL="+command)
		<-c.ended
		if got := c.cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%s ends with %d, want %d: %s", command, got, code, c.everything())
		}
	}
}

func TestCommandsHaveOnlyTheirOwnFlags(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"check", "restored"} {
		var c commands
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{command, "--demo-traffic"}); err == nil {
			t.Errorf("%s takes a flag of serve", command)
		}
		if _, err := parser.Parse([]string{command, "--log-format", "json", "--log-level", "warn"}); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// A first signal begins the draining, which takes seconds if somebody asked for the readiness.
func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	c := launch(t, "serve", "DATABASE_URL="+env.DSN)
	url := c.serves()
	res, err := http.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	_ = c.cmd.Process.Signal(os.Interrupt)
	c.says("draining", "an earlier end")
	_ = c.cmd.Process.Signal(os.Interrupt)
	<-c.ended
	if status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("the program drained to its end: %v", c.cmd.ProcessState)
	}
}

func TestUnknownSettingsAreNamedWithoutTheirValue(t *testing.T) {
	t.Parallel()
	var c commands
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	environment := []string{"TERMINPLAN_PUBLIC_URI=s3cret", "TERMINPLAN_PUBLIC_URL=x", "TERMINPLAN_LOG_LEVEL=info", "OTHER=1"}
	warnOfUnknownSettings(parser.Model, environment, slog.New(slog.NewTextHandler(&out, nil)))
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "TERMINPLAN_PUBLIC_URI") ||
		strings.Contains(text, "s3cret") {
		t.Errorf("the log says %s", text)
	}
}

func TestBadAddressesNeverShowThePassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://u:se#cret@h/db", "postgres://u:se/cret@h/db", "postgres://u:se cret@h/db", "postgres://u:se%zzcret@h/db",
		"postgres://u:se@cret@h/db", "mysql://u:secret@h/db", "postgres://u:secret@h:x/db", "postgres://u:se?cret@h/db",
	} {
		_, err := Config{Addr: ":0", StudioZone: "Europe/Berlin", Database: Database{DatabaseURL: address}}.check()
		if err == nil {
			_, err = booking.Connect(t.Context(), address)
		}
		if err == nil || strings.Contains(err.Error(), "se") && strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"redis://:se#cret@h", "redis://:se/cret@h", "redis://:se@cret@h", "redis://:se cret@h"} {
		_, err := Config{Addr: ":0", StudioZone: "Europe/Berlin", RedisURL: address}.check()
		if err == nil || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"redis+sentinel://:p@a:1,b:2/0?master_name=main", "unix:///run/redis.sock", "redis://u:p%23@h:1/2", "rediss+cluster://a:1,b:2",
	} {
		if _, err := (Config{Addr: ":0", StudioZone: "Europe/Berlin", RedisURL: address}).check(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTheUsualCausesOfAFailedStartAreSentences(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	config, err := pgx.ParseConfig(env.DSN)
	if err != nil {
		t.Fatal(err)
	}
	dsn := func(user, password, database string) string {
		return "host=" + config.Host + " port=5432 user=" + user + " password=" + password + " dbname=" + database + " sslmode=disable"
	}
	for _, c := range []struct{ name, address, want string }{
		{"nobody listens", "postgres://u:p@127.0.0.1:1/x", "cannot be reached"},
		{"a wrong password", dsn(config.User, "wrong", config.Database), "the user or the password"},
		{"a database that does not exist", dsn(config.User, config.Password, "nowhere"), "does not exist"},
		{"an unknown host", "postgres://u:p@nowhere.invalid/x", "cannot be reached"},
	} {
		_, err := prepare(t.Context(), c.address, settings{Config: Config{Addr: "127.0.0.1:0"}}, quiet)
		if err == nil || !strings.Contains(explain(err), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// pooler passes connections on as PgBouncer does with ignore_startup_parameters: without the
// settings.
func pooler(t *testing.T, to *pgx.ConnConfig) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				message, err := pgproto3.NewBackend(client, client).ReceiveStartupMessage()
				start, ok := message.(*pgproto3.StartupMessage)
				if err != nil || !ok {
					return
				}
				for name := range start.Parameters {
					if name != "user" && name != "database" && name != "application_name" {
						delete(start.Parameters, name)
					}
				}
				server, err := net.Dial("unix", to.Host+"/.s.PGSQL.5432")
				if err != nil {
					return
				}
				defer server.Close()
				front := pgproto3.NewFrontend(server, server)
				front.Send(start)
				if front.Flush() != nil {
					return
				}
				go func() { _, _ = io.Copy(server, client) }()
				_, _ = io.Copy(client, server)
			}()
		}
	}()
	return listener.Addr().String()
}

func TestAPoolerThatDropsTheSettingsIsRefused(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	config, err := pgx.ParseConfig(env.DSN)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(config.Host, "/") {
		t.Fatal("the server of the tests has no socket")
	}
	url := "postgres://" + config.User + ":" + config.Password + "@" + pooler(t, config) + "/" + config.Database + "?sslmode=disable"
	pool, err := booking.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	engine, err := booking.Open(context.Background(), booking.Options{Pool: pool})
	if err == nil {
		engine.Close()
	}
	if !errors.Is(err, booking.ErrPooler) || !strings.Contains(explain(err), "PostgreSQL itself") {
		t.Errorf("got %v", err)
	}
}

func TestAStartWarnsWhereConnectionsWillNotSuffice(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	warnings := func(each int) string {
		t.Helper()
		var out bytes.Buffer
		if err := warnOfFewConnections(t.Context(), env.Engine, each, slog.New(slog.NewTextHandler(&out, nil))); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if text := warnings(booking.DefaultConnections); text != "" { // the tests' server gives 500
		t.Errorf("warned of %s", text)
	}
	if text := warnings(1000); !strings.Contains(text, "max_connections") {
		t.Errorf("2,000 of 500 connections: %q", text)
	}
	few, err := booking.ConnectWithin(t.Context(), env.DSN, 12)
	if err != nil {
		t.Fatal(err)
	}
	defer few.Close()
	engine, err := booking.Open(t.Context(), booking.Options{Pool: few, Connections: 12})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	operations, pages := engine.Connections()
	if all := few.Stat().MaxConns() + operations.MaxConns() + pages.MaxConns(); all != 12 {
		t.Errorf("an engine that may have 12 connections has %d", all)
	}
}

func TestTheLogCanBeJSONAndQuiet(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := Database{LogFormat: "json", LogLevel: slog.LevelWarn}.logger(&out)
	log.Info("not this")
	log.Warn("this")
	if text := out.String(); !strings.HasPrefix(text, "{") || strings.Contains(text, "not this") ||
		!strings.Contains(text, `"msg":"this"`) {
		t.Errorf("the log is %s", text)
	}
}
