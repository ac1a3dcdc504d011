package web

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/net/idna"
)

// PublicURL is the address of the site as browsers write it. The Host of requests, the Origin
// of sockets and forms, and links are all compared with it or made from it. The zero value is
// an unknown address.
type PublicURL struct{ scheme, host string }

// ParsePublicURL reads an address such as https://plan.example.org. Empty text is an unknown
// address.
func ParsePublicURL(text string) (PublicURL, error) {
	if text == "" {
		return PublicURL{}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return PublicURL{}, fmt.Errorf("the public address %q is not http:// or https:// with a host name and no path", text)
	}
	p := PublicURL{scheme: u.Scheme}
	name, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		name = u.Hostname() // an IP address or a name that only this network knows
	}
	p.host = p.canonical(strings.Replace(u.Host, u.Hostname(), name, 1))
	return p, nil
}

// Known reports whether there is an address.
func (p PublicURL) Known() bool { return p.host != "" }

// Secure reports whether browsers use TLS.
func (p PublicURL) Secure() bool { return p.scheme == "https" }

// Host is the host name with the port, if it is not that of the scheme.
func (p PublicURL) Host() string { return p.host }

// Origins are the origins of the site's own pages; none if the address is unknown.
func (p PublicURL) Origins() []string {
	if !p.Known() {
		return nil
	}
	return []string{p.scheme + "://" + p.host}
}

// Loopback reports whether the address leads browsers to their own machine.
func (p PublicURL) Loopback() bool { return isLoopback(p.host) }

// link returns the full address of a path of the site; empty if the address is unknown.
func (p PublicURL) link(path string) string {
	if !p.Known() {
		return ""
	}
	return p.scheme + "://" + p.host + path
}

// canonical is a host as browsers send it: in lower case, without the port of the scheme.
func (p PublicURL) canonical(host string) string {
	port := ":80"
	if p.Secure() {
		port = ":443"
	}
	return strings.TrimSuffix(strings.ToLower(host), port)
}

// hostName returns the name or the address of a host without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return strings.ToLower(name)
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}

// isLoopback reports whether browsers connect to their own machine for this host, whatever a
// name server says.
func isLoopback(host string) bool {
	name := hostName(host)
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(hostName(host))
	return err == nil
}

// serves reports whether the site answers at this host. Any name can lead a browser to this
// machine, and its page would then be of the same origin as the site. So only the public
// address is served; without one only addresses and localhost, which no other site can claim.
// The passwords of a demo are known, so it is served on loopback only.
func (s *Server) serves(host string) bool {
	switch {
	case s.public.Known():
		return s.public.canonical(host) == s.public.host
	case s.demo != nil:
		return isLoopback(host)
	}
	return isLoopback(host) || isAddress(host)
}

// checkHost refuses requests for other hosts. Proxies and orchestrators probe under any.
func (s *Server) checkHost(c *gin.Context) {
	if path := c.FullPath(); path == "/healthz" || path == "/readyz" || s.serves(c.Request.Host) {
		return
	}
	s.fail(s.newRequest(c), refuse(misdirected))
	c.Abort()
}
