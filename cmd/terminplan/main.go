// Command terminplan is the live class schedule of a studio. One program serves the site and
// starts the servers that are not configured. Any number of nodes can share one PostgreSQL and
// one Redis.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones for machines without zone files

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/booking/demo"
	"terminplan/booking/localpg"
	"terminplan/cmd/terminplan/web"
	"terminplan/cmd/terminplan/web/notify"
	"terminplan/hub"
)

// exitUnavailable is EX_UNAVAILABLE of sysexits.h: a required service is missing. The command
// check ends with exitViolated if an invariant does not hold, and with exitNotChecked if it
// could not ask.
const (
	exitViolated    = 1
	exitNotChecked  = 2
	exitUnavailable = 69
)

type commands struct {
	Serve    Config          `cmd:"" default:"withargs" help:"Serve the schedule (the default)."`
	Check    Database        `cmd:"" help:"Check every invariant on the database and print what is violated."`
	Restored RestoredCommand `cmd:"" help:"Run this after a restore of the database: nodes and pages then drop what they keep."`

	Invite inviteCommand `cmd:"" help:"Print a one-time link by which an owner sets a new password."`

	Export exportCommand `cmd:"" help:"Export members, credits, classes, bookings and everything else, also beside running nodes."`
	Import importCommand `cmd:"" help:"Import members or their credits from a CSV or XLSX file."`

	Mail struct {
		Test mailTestCommand `cmd:"" help:"Send one mail, and print what the mail server must have."`
	} `cmd:"" help:"Try the mail server."`
}

func main() {
	var c commands
	parsed := kong.Parse(&c, kong.Name("terminplan"), kong.Description("The live class schedule of a gym, studio or club."))
	signalled, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancel(context.Background())
	defer end()
	// After the first signal, a second one ends the program at once: also before a node says so.
	context.AfterFunc(signalled, func() { stop(); end() })
	var err error
	switch name, _, _ := strings.Cut(parsed.Command(), " "); name {
	case "check":
		err = check(ctx, c.Check, os.Stdout, os.Stderr)
	case "restored":
		err = restored(ctx, c.Restored, os.Stdout, os.Stderr)
	case "invite":
		err = invite(ctx, c.Invite, os.Stdout, os.Stderr)
	case "export":
		err = export(ctx, c.Export, os.Stdout, os.Stderr)
	case "import":
		err = importFile(ctx, c.Import, os.Stdout, os.Stderr)
	case "mail":
		err = mailTest(ctx, c.Mail.Test, os.Stdout)
	default:
		warnOfUnknownSettings(parsed.Model, os.Environ(), c.Serve.logger(os.Stderr))
		err = serve(ctx, c.Serve, os.Stdout, os.Stderr)
	}
	violated := new(violatedError)
	switch {
	case errors.As(err, &violated):
		fmt.Fprintln(os.Stderr, "terminplan:", err)
		os.Exit(exitViolated)
	case err != nil && strings.HasPrefix(parsed.Command(), "check"):
		fmt.Fprintln(os.Stderr, "terminplan:", explain(err))
		os.Exit(exitNotChecked)
	case errors.Is(err, localpg.ErrNoBinaries):
		fmt.Fprintln(os.Stderr, localpg.InstallHint())
		os.Exit(exitUnavailable)
	case err != nil:
		fmt.Fprintln(os.Stderr, "terminplan:", explain(err))
		os.Exit(1)
	}
}

// serve runs one node until ctx ends, then drains it.
func serve(ctx context.Context, c Config, out, logs io.Writer) error {
	s, err := c.check()
	if err != nil {
		return err
	}
	log := s.logger(logs)
	warnOfFewFiles(log)
	if err := free(s.Addr); err != nil {
		return err
	}
	v, err := startServers(ctx, s, log)
	if err != nil {
		return err
	}
	defer v.stop()
	kind, err := prepare(ctx, v.databaseURL, s, log)
	if err != nil {
		return err
	}
	pool, err := booking.ConnectWithin(ctx, v.databaseURL, cmp.Or(s.DatabaseConnections, booking.DefaultConnections))
	if err != nil {
		return err
	}
	defer pool.Close()
	n, err := wire(ctx, pool, v, s, kind, log)
	if err != nil {
		return err
	}
	defer n.redis.Close()
	defer n.engine.Close()
	n.pool, n.kind = pool, kind
	if s.MetricsAddr != "" {
		at, err := n.metrics.listen(s.MetricsAddr)
		if err != nil {
			return fmt.Errorf("--metrics-addr (TERMINPLAN_METRICS_ADDR) cannot be listened on: %w", err)
		}
		defer n.metrics.close()
		fmt.Fprintf(out, "Metrics: http://%s/metrics\n", at)
	}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	if !s.public.Known() && !s.loopback() {
		log.Warn("the site has no public address, so it is served under IP addresses and localhost only, links cannot be made " +
			"and cookies are not Secure: set --public-url (TERMINPLAN_PUBLIC_URL)")
	}
	greet(out, s, listener.Addr(), kind)
	return n.run(ctx, listener, v, s)
}

// free reports whether the address is free, before servers are started for it. It closes the
// listener again: a client that connects to a node before it can respond would wait, and a
// proxy would not choose another node.
func free(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf(
			"--addr (TERMINPLAN_ADDR) cannot be listened on; is another Terminplan running there? "+
				"A second one wants another address, for instance --addr 127.0.0.1:8081: %w", err,
		)
	}
	return listener.Close()
}

// node holds the connected parts of the program.
type node struct {
	engine *booking.Engine
	hub    *hub.Hub
	broker *hub.Broker
	server *web.Server
	redis  io.Closer
	pool   *pgxpool.Pool
	kind   booking.DatabaseKind
	log    *slog.Logger

	metrics *metrics
}

func wire(ctx context.Context, pool *pgxpool.Pool, v *servers, s settings, kind booking.DatabaseKind, log *slog.Logger) (*node, error) {
	n := &node{log: log, metrics: newMetrics()}
	client, err := hub.OpenRedis(v.redisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL (--redis-url): %w", err)
	}
	n.redis = client
	// The engine commits nothing before run, so n.server is set when OnCommit is called.
	n.engine, err = booking.Open(
		ctx,
		booking.Options{
			Pool: pool, Connections: s.DatabaseConnections, Log: log, PushTo: s.pushTo,
			OnBatch: n.metrics.batch, OnCommit: func(c []booking.Change) { n.server.Live.Announce(c) },
			OnEpoch: func() { n.server.Live.Resync() },
		},
	)
	if err != nil {
		return nil, err
	}
	if err := warnOfFewConnections(ctx, n.engine, cmp.Or(s.DatabaseConnections, booking.DefaultConnections), log); err != nil {
		return nil, err
	}
	n.hub = hub.New(hub.Options{Log: log, Origins: s.public.Origins(), Secure: s.public.Secure()})
	n.broker = hub.NewBroker(hub.BrokerOptions{
		Redis: client, Epoch: n.engine.Epoch(), Log: log,
		Deliver: func(h []hub.Hint) { n.server.Live.OnHints(h) },
		Resync:  func() { n.server.Live.Resync() },
	})
	o := web.Options{
		Engine: n.engine, Hub: n.hub, Broker: n.broker, Log: log, PublicURL: s.PublicURL, TrustedProxies: s.proxies,
		OnResponse: n.metrics.answer, MailOn: s.smtp != nil || kind == booking.Demo, PushOn: s.pushOn(),
	}
	if kind == booking.Demo {
		o.Demo = &web.Demo{Phone: demo.Phone, Desk: demo.Desk, Crowd: demo.Crowd()}
		o.Demo.Password = demo.Password
		for _, a := range demo.Accounts {
			o.Demo.Accounts = append(o.Demo.Accounts, web.DemoAccount(a))
		}
	}
	if n.server, err = web.New(o); err != nil {
		return nil, err
	}
	n.metrics.watch(n, pool)
	return n, nil
}

// noticeTime is the time for proxies to notice that the node drains. It is shorter than the
// ten seconds after which Docker kills a container that does not stop. drainTime is the time
// for requests and sockets to end after that.
const (
	noticeTime = 6 * time.Second
	drainTime  = 20 * time.Second
)

// run serves until ctx ends or a part fails. Shutdown has the reverse order of the start: the
// node first becomes unready, since requests that wait at a closed listener are lost; then
// requests finish and sockets are closed.
func (n *node) run(ctx context.Context, listener net.Listener, v *servers, s settings) error {
	notifier, err := n.notifier(s, listener.Addr())
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	parts, failed := errgroup.WithContext(background)
	parts.Go(func() error { return n.engine.Run(failed) })
	parts.Go(func() error { return n.hub.Run(failed) })
	parts.Go(func() error { return n.broker.Run(failed) })
	parts.Go(func() error { return n.server.Live.Run(failed) })
	parts.Go(func() error { return notifier.Run(failed) })
	parts.Go(func() error { return n.server.Serve(listener) })
	if s.DemoTraffic {
		parts.Go(func() error { return simulate(ctx, "http://"+listener.Addr().String(), s.public.Host(), n.log) })
	}
	var ended error
	select {
	case <-ctx.Done():
		n.log.Info("draining: proxies notice, requests finish, pages move to other nodes; a second signal ends the program at once",
			"at_most", noticeTime+drainTime)
	case <-failed.Done():
	case <-v.ended():
		ended = errors.New("the private PostgreSQL has ended: start Terminplan again, PostgreSQL then recovers")
	}
	notice, noticed := context.WithTimeout(context.WithoutCancel(ctx), noticeTime)
	n.server.Drain(notice)
	noticed()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := errors.Join(n.hub.Close(drain), n.server.Shutdown(drain)); err != nil {
		n.log.Warn("some requests or sockets did not end in time", "err", err)
	}
	stop()
	return errors.Join(ended, parts.Wait())
}

// pushOn reports whether push services can know this installation.
func (s settings) pushOn() bool {
	at := s.PublicURL
	if at == "" && s.loopback() {
		at = "http://localhost"
	}
	return notify.PushSubject(at, s.MailFrom) != ""
}

// notifier returns the part that sends mails and push messages. Links in them begin with the
// public address; a site without one that is served on this machine only has that of the listener.
func (n *node) notifier(s settings, addr net.Addr) (*notify.Notifier, error) {
	o := notify.Options{
		Engine: n.engine, Pool: n.pool, Log: n.log, Templates: n.server.Templates(),
		From: s.MailFrom, FromNews: s.MailFromNews, ReplyTo: s.MailReplyTo,
		PublicURL: strings.TrimSuffix(s.PublicURL, "/"), OnSent: n.metrics.sent, PushTo: s.pushTo,
	}
	if o.PublicURL == "" && s.loopback() {
		o.PublicURL = "http://" + addr.String()
	}
	switch {
	case s.smtp != nil:
		o.Mail = s.smtp
	case n.kind == booking.Demo:
		o.Mail = notify.DemoMailbox{Engine: n.engine}
	}
	return notify.New(o)
}

// greet prints the address of the site and, for the demo, the accounts.
func greet(out io.Writer, s settings, addr net.Addr, kind booking.DatabaseKind) {
	where := "http://" + addr.String()
	if s.PublicURL != "" {
		where = s.PublicURL
	}
	if kind != booking.Demo {
		fmt.Fprintf(out, "Terminplan is ready: %s\n", where)
		return
	}
	fmt.Fprintf(out, "The demo at a glance: %s/demo\nTerminplan is ready: %s\n", strings.TrimSuffix(where, "/"), where)
	fmt.Fprintf(out, "\nDemo studio. The password of every account is %q.\n", demo.Password)
	for _, a := range demo.Accounts {
		fmt.Fprintf(out, "  %-36s %s\n", a.Email, a.English)
	}
}
