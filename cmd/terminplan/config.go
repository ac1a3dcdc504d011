package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"terminplan/cmd/terminplan/web"
)

// Config holds the settings of the program. Each is a flag or an environment variable. The
// zero value of each field works.
type Config struct {
	Addr string `help:"Address to listen on." default:"127.0.0.1:8080" env:"TERMINPLAN_ADDR"`

	DataDir     string `help:"Folder of the private PostgreSQL. Default: in the user's data folder." env:"TERMINPLAN_DATA_DIR"`
	DatabaseURL string `help:"PostgreSQL server to use. Default: a private one is started." env:"DATABASE_URL" placeholder:"postgres://…"`
	RedisURL    string `help:"Redis between nodes, or a cluster. Default: one in this process." env:"REDIS_URL" placeholder:"redis://…"`

	PublicURL      string   `help:"Address of the site. Default: any IP address." placeholder:"https://…" env:"TERMINPLAN_PUBLIC_URL"`
	TrustedProxies []string `help:"Proxies whose X-Forwarded-For is believed." env:"TERMINPLAN_TRUSTED_PROXIES" placeholder:"10.0.0.0/8"`

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
	zone    *time.Location
	public  web.PublicURL
}

// check validates the settings. Its error names the setting that is wrong.
func (c Config) check() (settings, error) {
	s := settings{Config: c}
	if s.DataDir != "" { // ExpandPath would turn an empty variable into the working directory
		s.DataDir = kong.ExpandPath(s.DataDir)
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
	for _, text := range c.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return s, fmt.Errorf(
					"--trusted-proxies (TERMINPLAN_TRUSTED_PROXIES) has %q; each must be an address or a network such as 10.0.0.0/8", text,
				)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		s.proxies = append(s.proxies, p)
	}
	for _, check := range []struct {
		name, value string
		schemes     []string
	}{
		{"DATABASE_URL (--database-url)", c.DatabaseURL, []string{"postgres://", "postgresql://"}},
		{"REDIS_URL (--redis-url)", c.RedisURL, []string{"redis://", "rediss://", "redis+cluster://", "rediss+cluster://", "unix://"}},
	} {
		if check.value != "" && !beginsWithAny(check.value, check.schemes) && !strings.Contains(check.value, "host=") {
			return s, fmt.Errorf("%s must begin with %s", check.name, strings.Join(check.schemes, " or "))
		}
	}
	if s.zone, err = time.LoadLocation(c.StudioZone); err != nil || c.StudioZone == "" {
		return s, fmt.Errorf("--studio-zone (TERMINPLAN_STUDIO_ZONE) is %q; it must be a zone such as Europe/Berlin", c.StudioZone)
	}
	if (c.OwnerEmail == "") != (c.OwnerPassword == "") {
		return s, fmt.Errorf(
			"--owner-email and --owner-password (TERMINPLAN_OWNER_EMAIL, TERMINPLAN_OWNER_PASSWORD) go together; one of them is missing",
		)
	}
	return s, nil
}

func beginsWithAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
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
