package notify

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// errPrivateAddress is the error of a connection to an address that is not one of the internet. A client names
// the address of its push service, so without this check anybody could make a node send requests
// to servers that only the node can reach.
var errPrivateAddress = errors.New("the push service has no public address")

// pushTimeout is the time for one request to a push service.
const pushTimeout = 10 * time.Second

// newPushClient returns a client that reaches port 443 of public addresses only, follows no
// redirects and uses no proxy. resolver may be nil. In private, for tests, any port is reached.
func newPushClient(resolver *net.Resolver, private []netip.Prefix) *http.Client {
	// Control is called with the address that is connected to, after the name is resolved. A second
	// lookup cannot replace it.
	dialer := &net.Dialer{Timeout: pushTimeout / 2, Resolver: resolver, Control: func(_, address string, _ syscall.RawConn) error {
		return checkPublic(address, private)
	}}
	return &http.Client{
		Timeout: pushTimeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: pushTimeout / 2,
			MaxIdleConnsPerHost: pushWorkers, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkPublic refuses an address, "IP:port", that no push service has.
func checkPublic(address string, private []netip.Prefix) error {
	at, err := netip.ParseAddrPort(address)
	if err == nil && slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) }) {
		return nil
	}
	if err != nil || at.Port() != 443 || !isPublic(at.Addr().Unmap()) {
		return fmt.Errorf("%w: %s", errPrivateAddress, address)
	}
	return nil
}

// isPublic reports whether the address is one of the internet, by the registries of special addresses
// of IANA.
func isPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" || ip.Is6() && !internet6.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

var (
	internet6 = netip.MustParsePrefix("2000::/3") // what is assigned for global use
	special   = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("3fff::/20"),
	}
)
