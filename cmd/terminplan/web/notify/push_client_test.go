package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "172.32.0.1:443": true, "[2606:4700::1111]:443": true, "[::ffff:8.8.8.8]:443": true,
		"8.8.8.8:80": false, "8.8.8.8:22": false,
		"127.0.0.1:443": false, "127.8.8.8:443": false, "[::1]:443": false, "0.0.0.0:443": false, "[::]:443": false, "0.1.2.3:443": false,
		"10.1.2.3:443": false, "172.16.0.1:443": false, "172.31.255.255:443": false, "192.168.1.1:443": false, "100.64.0.1:443": false,
		"169.254.169.254:443": false, "[fe80::1]:443": false, "[fe80::1%eth0]:443": false, "[fc00::1]:443": false, "[fd12::1]:443": false,
		"[fec0::1]:443": false, "[::ffff:127.0.0.1]:443": false, "[::ffff:169.254.169.254]:443": false, "[::127.0.0.1]:443": false,
		"[64:ff9b::7f00:1]:443": false, "[64:ff9b::a9fe:a9fe]:443": false, "[2002:7f00:1::]:443": false, "[2001::1]:443": false,
		"[2001:db8::1]:443": false, "224.0.0.1:443": false, "[ff02::1]:443": false, "255.255.255.255:443": false, "240.0.0.1:443": false,
		"192.0.2.1:443": false, "198.51.100.1:443": false, "203.0.113.1:443": false, "198.18.0.1:443": false, "192.0.0.1:443": false,
		"push.example.com:443": false, "": false,
	} {
		if err := checkPublic(address, nil); (err == nil) != want || err != nil && !errors.Is(err, errPrivateAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAPushServiceOfATestMayBeInANamedNetwork(t *testing.T) {
	t.Parallel()
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for address, want := range map[string]bool{
		"127.0.0.1:8080": true, "[::ffff:127.0.0.1]:443": true, "10.0.0.1:443": false,
		"8.8.8.8:80": false,
	} {
		if err := checkPublic(address, here); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// resolver answers every question about a name with one of the addresses after the other.
func resolver(t *testing.T, addresses ...[4]byte) *net.Resolver {
	t.Helper()
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer, asked := make([]byte, 1500), 0
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: addresses[min(asked, len(addresses)-1)]},
				}}
				asked++
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = socket.WriteTo(packed, from)
			}
		}
	}()
	t.Cleanup(func() { _ = socket.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

func TestANameThatLeadsToAPrivateAddressIsNotConnectedTo(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string][][4]byte{
		"this machine":    {{127, 0, 0, 1}},
		"the cloud's own": {{169, 254, 169, 254}},
		"a private net":   {{192, 168, 0, 1}},
		// The first lookup looks harmless, the one of the connection is not: only the address that is
		// connected to counts.
		"rebinding": {{8, 8, 8, 8}, {127, 0, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := resolver(t, addresses...)
			if len(addresses) > 1 {
				if _, err := names.LookupHost(t.Context(), "push.example.com"); err != nil {
					t.Fatal(err)
				}
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://push.example.com/a", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := newPushClient(names, nil).Do(request)
			if err == nil {
				response.Body.Close()
			}
			if !errors.Is(err, errPrivateAddress) {
				t.Errorf("the request ends with %v", err)
			}
		})
	}
}

func TestARedirectOfAPushServiceIsNotFollowed(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(inside.Close)
	p := newPushing(t, func(w http.ResponseWriter) {
		w.Header().Set("Location", inside.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	id := p.offer(t)
	if err := p.n.deliver(t.Context(), id, false, p.n.sendPush); err != nil {
		t.Fatal(err)
	}
	if reached.Load() {
		t.Error("the redirect was followed")
	}
	if state, why := p.stateOf(t, id); state != "failed" {
		t.Errorf("the delivery is %s (%s)", state, why)
	}
}

func TestASenderDoesNotReachAPrivateAddressNorTellTheEndpoint(t *testing.T) {
	t.Parallel()
	p := newPushing(t, nil)
	p.n.PushClient = newPushClient(resolver(t, [4]byte{127, 0, 0, 1}), nil)
	id := p.offer(t)
	d, _, err := p.StartDelivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	err = p.n.sendPush(t.Context(), d)
	if permanent := new(permanentError); !errors.As(err, &permanent) || strings.Contains(err.Error(), "secret-of-the-browser") {
		t.Errorf("the delivery ends with %v", err)
	}
}
