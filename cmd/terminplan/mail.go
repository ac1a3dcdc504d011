package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	message "github.com/wneessen/go-mail"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/notify"
)

// mailTestCommand sends one mail, without the database.
type mailTestCommand struct {
	Address  string `arg:"" help:"Where the mail goes."`
	SMTPURL  string `name:"smtp-url" required:"" help:"Mail server." env:"TERMINPLAN_SMTP_URL" placeholder:"smtp://user:password@host"`
	MailFrom string `required:"" help:"Sender, as for serve." env:"TERMINPLAN_MAIL_FROM" placeholder:"Studio <plan@studio.example>"`
}

// mailTest sends a mail to the address, and prints what makes other servers accept such mails.
func mailTest(ctx context.Context, c mailTestCommand, out io.Writer) error {
	server, err := Config{SMTPURL: c.SMTPURL, MailFrom: c.MailFrom}.mail()
	if err != nil {
		return err
	}
	from, err := mail.ParseAddress(c.MailFrom)
	if err != nil {
		return fmt.Errorf("reading the sender: %w", err)
	}
	m := message.NewMsg()
	if err := errors.Join(m.From(c.MailFrom), m.To(c.Address)); err != nil {
		return fmt.Errorf("the address of the sender or of the recipient cannot be read: %w", err)
	}
	m.Subject("Terminplan: the mail server works / der Mailserver funktioniert")
	m.SetDate()
	m.SetMessageID()
	m.SetBodyString(message.TypeTextPlain, "This mail was sent by \"terminplan mail test\".\r\n\r\n"+
		"Diese E-Mail hat \"terminplan mail test\" gesendet.\r\n")
	if err := server.Put(ctx, booking.Delivery{}, m); err != nil {
		return explainMail(err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	fmt.Fprintf(out, `The mail server has taken a mail from %[1]s to %[2]s. Look whether it arrives, and not as spam.

What the mail server (not Terminplan) must have, so that others accept its mails:
  SPF    a TXT record of %[3]s that names the server:         dig +short TXT %[3]s
  DKIM   the server signs with a key that the DNS publishes:  see "dkim=pass" in the headers of the mail that arrived
  DMARC  a TXT record:                                        dig +short TXT _dmarc.%[3]s
docs/operations.md says more.
`, from.Address, c.Address, domain)
	return nil
}

// explainMail puts the usual causes of a failure before the error.
func explainMail(err error) error {
	text := err.Error()
	why := "the mail server did not take the mail"
	switch {
	case strings.Contains(text, "auth"):
		why = "the mail server refuses the user or the password in --smtp-url"
	case strings.Contains(text, "STARTTLS") || strings.Contains(text, "tls:") || strings.Contains(text, "x509"):
		why = "TLS with the mail server fails; smtp:// needs STARTTLS (often port 587), smtps:// is TLS from the start (often port 465)"
	case strings.Contains(text, "refused") || strings.Contains(text, "timeout") || strings.Contains(text, "no such host"):
		why = "the mail server cannot be reached: check host and port in --smtp-url"
	case notify.Refused(err):
		why = "the mail server refuses the recipient or the mail"
	}
	return fmt.Errorf("%s: %w", why, err)
}
