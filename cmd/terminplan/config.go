package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web"
	"terminplan/cmd/terminplan/web/notify"
	"terminplan/hub"
)

// Database holds the settings of every command: where the data is, and how the log looks.
type Database struct {
	DataDir     string `help:"Folder of the private PostgreSQL. Default: in the user's data folder." env:"TERMINPLAN_DATA_DIR"`
	DatabaseURL string `help:"PostgreSQL server to use. Default: a private one is started." env:"DATABASE_URL" placeholder:"postgres://…"`

	LogFormat string     `help:"Format of the log: text or json." enum:"text,json" default:"text" env:"TERMINPLAN_LOG_FORMAT"`
	LogLevel  slog.Level `help:"Least level that is logged: debug, info, warn or error." default:"info" env:"TERMINPLAN_LOG_LEVEL"`
}

// Config holds the settings of a node. Each is a flag or an environment variable. The zero
// value of each field works.
type Config struct {
	Addr string `help:"Address to listen on." default:"127.0.0.1:8080" env:"TERMINPLAN_ADDR"`

	Database
	RedisURL string `help:"Redis between nodes, cluster or Sentinel. Default: in this process." env:"REDIS_URL" placeholder:"redis://…"`

	PublicURL      string   `help:"Address of the site. Default: any IP address." placeholder:"https://…" env:"TERMINPLAN_PUBLIC_URL"`
	TrustedProxies []string `help:"Proxies whose X-Forwarded-For is believed." env:"TERMINPLAN_TRUSTED_PROXIES" placeholder:"10.0.0.0/8"`

	SMTPURL      string `name:"smtp-url" help:"Mail server." env:"TERMINPLAN_SMTP_URL" placeholder:"smtp://user:password@host:587"`
	MailFrom     string `help:"Sender of mails." env:"TERMINPLAN_MAIL_FROM" placeholder:"Studio <plan@studio.example>"`
	MailFromNews string `help:"Sender of mails that people can switch off. Default: the sender." env:"TERMINPLAN_MAIL_FROM_NEWS"`
	MailReplyTo  string `help:"Where answers to mails go. Default: the sender." env:"TERMINPLAN_MAIL_REPLY_TO"`

	PushNetworks []string `help:"Private networks in which push services may be; for tests." env:"TERMINPLAN_PUSH_NETWORKS" hidden:""`

	DatabaseConnections int `help:"Most connections that this node opens to PostgreSQL." default:"23" env:"TERMINPLAN_DATABASE_CONNECTIONS"`

	MetricsAddr string `help:"Address of /metrics; keep it private." placeholder:"127.0.0.1:9090" env:"TERMINPLAN_METRICS_ADDR"`
	DemoTraffic bool   `help:"Let simulated members book and cancel in the demo studio." env:"TERMINPLAN_DEMO_TRAFFIC"`

	StudioName    string `help:"Name of the studio that an empty database gets." default:"Studio" env:"TERMINPLAN_STUDIO_NAME"`
	StudioZone    string `help:"Its time zone." default:"Europe/Berlin" env:"TERMINPLAN_STUDIO_ZONE"`
	OwnerEmail    string `help:"E-mail of the owner that an empty database gets, in place of the demo." env:"TERMINPLAN_OWNER_EMAIL"`
	OwnerPassword string `help:"Password of that owner, at least 8 characters." env:"TERMINPLAN_OWNER_PASSWORD"`
}

// settings is a checked Config.
type settings struct {
	Config
	proxies []netip.Prefix
	pushTo  []netip.Prefix
	zone    *time.Location
	public  web.PublicURL
	smtp    *notify.SMTP // nil: the studio has no mail server
}

// check validates the settings. Its error names the setting that is wrong.
func (c Config) check() (settings, error) {
	s := settings{Config: c}
	if err := s.Database.check(); err != nil {
		return s, err
	}
	if c.DatabaseConnections != 0 && c.DatabaseConnections < booking.MinConnections {
		return s, fmt.Errorf(
			"--database-connections (TERMINPLAN_DATABASE_CONNECTIONS) is %d; a node needs %d",
			c.DatabaseConnections, booking.MinConnections,
		)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return s, fmt.Errorf("--addr (TERMINPLAN_ADDR) is %q; it must be host:port, for instance 127.0.0.1:8080 or :8080", c.Addr)
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddr); c.MetricsAddr != "" && err != nil {
		return s, fmt.Errorf(
			"--metrics-addr (TERMINPLAN_METRICS_ADDR) is %q; it must be host:port, for instance 127.0.0.1:9090", c.MetricsAddr,
		)
	}
	var err error
	if s.public, err = web.ParsePublicURL(c.PublicURL); err != nil {
		return s, fmt.Errorf("--public-url (TERMINPLAN_PUBLIC_URL): %w", err)
	}
	if s.proxies, err = networks("--trusted-proxies (TERMINPLAN_TRUSTED_PROXIES)", c.TrustedProxies); err != nil {
		return s, err
	}
	if s.pushTo, err = networks("--push-networks (TERMINPLAN_PUSH_NETWORKS)", c.PushNetworks); err != nil {
		return s, err
	}
	if s.smtp, err = c.mail(); err != nil {
		return s, err
	}
	if err := checkAddress("REDIS_URL (--redis-url)", c.RedisURL, hub.RedisSchemes...); err != nil {
		return s, err
	}
	if s.zone, err = booking.ZoneOfPlace(c.StudioZone); err != nil {
		return s, fmt.Errorf("--studio-zone (TERMINPLAN_STUDIO_ZONE) is %q; it must be a zone such as Europe/Berlin", c.StudioZone)
	}
	if (c.OwnerEmail == "") != (c.OwnerPassword == "") {
		return s, fmt.Errorf(
			"--owner-email and --owner-password (TERMINPLAN_OWNER_EMAIL, TERMINPLAN_OWNER_PASSWORD) go together; one of them is missing",
		)
	}
	return s, nil
}

// networks reads networks and single addresses.
func networks(name string, texts []string) (list []netip.Prefix, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%s has %q; each must be an address or a network such as 10.0.0.0/8", name, text)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		list = append(list, p)
	}
	return list, nil
}

// mail checks the settings of mails.
func (c Config) mail() (*notify.SMTP, error) {
	for _, setting := range []struct{ name, value string }{
		{"--mail-from (TERMINPLAN_MAIL_FROM)", c.MailFrom},
		{"--mail-from-news (TERMINPLAN_MAIL_FROM_NEWS)", c.MailFromNews},
		{"--mail-reply-to (TERMINPLAN_MAIL_REPLY_TO)", c.MailReplyTo},
	} {
		if _, err := mail.ParseAddress(setting.value); setting.value != "" && err != nil {
			return nil, fmt.Errorf("%s is %q; it must look like plan@studio.example or Studio <plan@studio.example>", setting.name,
				setting.value)
		}
	}
	switch {
	case c.SMTPURL == "":
		return nil, nil
	case c.MailFrom == "":
		return nil, errors.New("--smtp-url (TERMINPLAN_SMTP_URL) needs --mail-from (TERMINPLAN_MAIL_FROM)")
	}
	server, err := notify.ParseSMTP(c.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("--smtp-url (TERMINPLAN_SMTP_URL): %w", err)
	}
	return server, nil
}

func (d *Database) check() error {
	if d.DataDir != "" { // ExpandPath would turn an empty variable into the working directory
		d.DataDir = kong.ExpandPath(d.DataDir)
	}
	if strings.Contains(d.DatabaseURL, "host=") && !strings.Contains(d.DatabaseURL, "://") {
		return nil
	}
	return checkAddress("DATABASE_URL (--database-url)", d.DatabaseURL, "postgres", "postgresql")
}

// checkAddress refuses what the libraries would misread, as a part of another host or port:
// their errors, now or later, would then show a part of the password.
func checkAddress(name, value string, schemes ...string) error {
	scheme, rest, _ := strings.Cut(value, "://")
	authority, query, _ := strings.Cut(rest, "?")
	switch {
	case value == "":
	case !slices.Contains(schemes, scheme):
		return fmt.Errorf("%s must begin with %s", name, strings.Join(schemes, "://, ")+"://")
	case strings.ContainsAny(rest, "#\\ ") || strings.Count(authority, "@") > 1 || strings.Contains(query, "@") ||
		strings.Contains(authority, "/") &&
			strings.Index(authority, "/") < strings.Index(authority, "@") && !strings.HasPrefix(authority, "/"):
		return fmt.Errorf("%s cannot be read: special characters of the password are written as %%XX, for instance %%23 for #", name)
	}
	return nil
}

// logger returns the log of a command.
func (d Database) logger(to io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: d.LogLevel}
	if d.LogFormat == "json" {
		return slog.New(web.LogWithRequest(slog.NewJSONHandler(to, o)))
	}
	return slog.New(web.LogWithRequest(slog.NewTextHandler(to, o)))
}

// loopback reports whether only this machine can reach the address.
func (s settings) loopback() bool {
	host, _, _ := net.SplitHostPort(s.Addr)
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// onlyHere reports whether nobody but the people at this machine reaches the site: a public
// address or a proxy brings others to a node that listens on loopback.
func (s settings) onlyHere() bool {
	return s.loopback() && (!s.public.Known() || s.public.Loopback()) && len(s.proxies) == 0
}
