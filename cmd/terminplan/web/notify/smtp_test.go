package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/notify/smtptest"
)

func aMail(t *testing.T) *mail.Msg {
	t.Helper()
	m := mail.NewMsg()
	if err := errors.Join(m.From("plan@studio.example"), m.To("anna@members.example")); err != nil {
		t.Fatal(err)
	}
	m.Subject("Hello")
	m.SetBodyString(mail.TypeTextPlain, "Hello")
	return m
}

func aServer(t *testing.T, o smtptest.Options) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestTheAnswerOfAMailServerDecidesAboutAnotherTry(t *testing.T) {
	t.Parallel()
	at := func(step smtptest.Step, v smtptest.Verdict) func(smtptest.Step, string) smtptest.Verdict {
		return func(s smtptest.Step, _ string) smtptest.Verdict {
			if s == step {
				return v
			}
			return smtptest.Verdict{}
		}
	}
	for _, c := range []struct {
		name  string
		judge func(smtptest.Step, string) smtptest.Verdict
		want  string // of kind
	}{
		{"accepted", nil, "sent"},
		{"the recipient does not exist", at(smtptest.To, smtptest.Verdict{Code: 550}), booking.WhyUndeliverable},
		{"the mailbox is full", at(smtptest.To, smtptest.Verdict{Code: 552}), booking.WhyRefused},
		{"the recipient is greylisted", at(smtptest.To, smtptest.Verdict{Code: 450}), "recipient"},
		{"the message is refused", at(smtptest.Data, smtptest.Verdict{Code: 554}), booking.WhyRefused},
		{"the message is refused for now", at(smtptest.Data, smtptest.Verdict{Code: 451}), "channel"},
		{"the sender is refused", at(smtptest.From, smtptest.Verdict{Code: 553}), "channel"},
		{"the server is busy", at(smtptest.From, smtptest.Verdict{Code: 421}), "channel"},
		{"the server hangs up instead of accepting", at(smtptest.Data, smtptest.Verdict{HangUp: true}), "channel"},
		{"the server hangs up at the recipient", at(smtptest.To, smtptest.Verdict{HangUp: true}), "channel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := aServer(t, smtptest.Options{})
			s.Judge(c.judge)
			relay, err := ParseSMTP("smtp://" + s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			err = relay.Put(t.Context(), booking.Delivery{}, aMail(t))
			if got := kind(err); got != c.want {
				t.Errorf("the result is %s (%v), want %s", got, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "anna") {
				t.Errorf("the error %q names the recipient", err)
			}
			if got := len(s.Mails()) == 1; got != (c.want == "sent") {
				t.Errorf("the server accepted %d mails", len(s.Mails()))
			}
		})
	}
}

// kind names what an error of a mail server leads to.
func kind(err error) string {
	permanent, channel := new(permanentError), new(channelError)
	switch {
	case err == nil:
		return "sent"
	case errors.As(err, &permanent):
		return permanent.why
	case errors.As(err, &channel):
		return "channel"
	}
	return "recipient"
}

func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	s := aServer(t, smtptest.Options{})
	s.Judge(func(step smtptest.Step, _ string) smtptest.Verdict {
		return smtptest.Verdict{Forever: step == smtptest.Data}
	})
	relay, err := ParseSMTP("smtp://" + s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	relay.timeout = time.Second
	if err := relay.Put(t.Context(), booking.Delivery{}, aMail(t)); kind(err) != "channel" {
		t.Errorf("the result is %v", err)
	}
}

func TestAPasswordIsSentOverTLSOnly(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	s := aServer(t, smtptest.Options{TLS: serverTLS, User: "studio", Password: "s p@ce"})
	for _, c := range []struct {
		name, address string
		trust         *tls.Config
		want          string
	}{
		{"with the right password", "smtp://studio:s%20p%40ce@" + s.Addr, clientTLS, "sent"},
		{"with a wrong password", "smtp://studio:wrong@" + s.Addr, clientTLS, "channel"},
		{"with a certificate of a stranger", "smtp://studio:s%20p%40ce@" + s.Addr, nil, "channel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			relay, err := ParseSMTP(c.address)
			if err != nil {
				t.Fatal(err)
			}
			relay.TLS = c.trust
			if err := relay.Put(t.Context(), booking.Delivery{}, aMail(t)); kind(err) != c.want {
				t.Errorf("the result is %v, want %s", err, c.want)
			}
		})
	}
}

func TestTheAddressOfAMailServerIsCheckedWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"smtp://user:secret@mail.example:587": true, "smtps://user:secret@mail.example": true, "smtp://127.0.0.1:25": true,
		"smtp://localhost": true, "": false, "mail.example:587": false, "http://mail.example": false, "smtp://": false,
		"smtp://user:secret@mail.example:70000": false, "smtp://user:secret@mail.example/inbox": false, "smtp://user:se%cret@mail": false,
	} {
		_, err := ParseSMTP(address)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error %q shows the password", err)
		}
	}
}

// certificate returns the settings of a server with a certificate of its own, and those of a
// client that trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}, &tls.Config{RootCAs: pool}
}
