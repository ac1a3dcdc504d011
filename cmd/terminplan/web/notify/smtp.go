package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"terminplan/booking"
)

// SMTP is a mail server that takes mails for other servers, a relay or submission server (RFC
// 6409).
type SMTP struct {
	host    string
	timeout time.Duration
	// TLS is for servers whose certificate is of a private authority; nil: those of the system.
	TLS     *tls.Config
	options []mail.Option
}

// smtpTimeout is the limit of waiting for the server: for the connection and for each answer.
const smtpTimeout = 15 * time.Second

// ParseSMTP reads the address of a mail server:
//
//	smtp://user:password@host:587   STARTTLS, required
//	smtps://user:password@host:465  TLS from the start
//	smtp://127.0.0.1:25             without TLS, on this machine only
//
// Special characters of the password are written as %XX. The error does not contain the password.
func ParseSMTP(address string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("it must look like smtp://user:password@host:587; special characters of the password are written as %XX")
	}
	s := &SMTP{host: u.Hostname(), timeout: smtpTimeout}
	port := 587
	switch {
	case u.Scheme == "smtps":
		port = 465
		s.options = append(s.options, mail.WithSSL())
	case u.Scheme == "smtp" && isLoopback(u.Hostname()):
		port = 25
		s.options = append(s.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case u.Scheme == "smtp":
		s.options = append(s.options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		return nil, errors.New("it must begin with smtp:// or smtps://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("the port %q is none", p)
		}
	}
	s.options = append(s.options, mail.WithPort(port), mail.WithoutNoop())
	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(
			s.options,
			mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(u.User.Username()),
			mail.WithPassword(password),
		)
	}
	return s, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Put hands a mail over to the server. It may take smtpTimeout longer than the context, since the
// library heeds it while it connects only. A refusal of the recipient or of the message for good is a
// *permanentError; an error of the server as a whole is a *channelError.
func (s *SMTP) Put(ctx context.Context, _ booking.Delivery, message *mail.Msg) error {
	options := append(slices.Clone(s.options), mail.WithTimeout(s.timeout))
	if s.TLS != nil {
		trust := s.TLS.Clone()
		trust.ServerName = s.host
		options = append(options, mail.WithTLSConfig(trust))
	}
	client, err := mail.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("preparing the connection to the mail server: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	if message.IsDelivered() { // what the server says after it took the mail is of no matter
		return nil
	}
	return smtpError(err)
}

// smtpError sorts the errors of a mail server by what another try would change.
func smtpError(err error) error {
	refused := new(mail.SendError)
	if !errors.As(err, &refused) {
		return &channelError{fmt.Errorf("connecting to the mail server: %w", err)}
	}
	code := refused.ErrorCode()
	// The answer of the server may contain the address, which must not be in logs.
	err = fmt.Errorf("the mail server answered %d %s (%s)", code, refused.EnhancedStatusCode(), refused.Reason)
	switch {
	case refused.Reason == mail.ErrSMTPRcptTo && (code == 550 || code == 551 || code == 553 || code == 521 || code == 556):
		return &permanentError{booking.WhyUndeliverable, err}
	case refused.Reason == mail.ErrSMTPRcptTo && code >= 500:
		return &permanentError{booking.WhyRefused, err}
	case refused.Reason == mail.ErrSMTPRcptTo && code >= 400:
		return err // about this recipient alone
	case (refused.Reason == mail.ErrSMTPData || refused.Reason == mail.ErrSMTPDataClose) && code >= 500:
		return &permanentError{booking.WhyRefused, err}
	}
	return &channelError{err}
}
