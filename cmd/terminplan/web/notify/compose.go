package notify

import (
	"context"
	"errors"
	"fmt"
	stdmail "net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/wneessen/go-mail"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// compose makes the mail of a delivery: the text first, then HTML, in the language of the reader.
func (n *Notifier) compose(ctx context.Context, d booking.Delivery) (*mail.Msg, error) {
	cause, err := n.Engine.MailCause(ctx, d)
	if err != nil {
		return nil, err
	}
	if cause.Link, err = n.secretLink(ctx, d, cause); err != nil {
		return nil, err
	}
	if d.Kind == booking.NoticeRegistration {
		if cause.Code, cause.CodeEnds, err = n.Engine.MailCode(ctx, d); err != nil {
			return nil, err
		}
	}
	pr := present.Presenter{
		Messages: n.Templates, Lang: languageOf(d), Zone: d.Studio.Zone, Now: d.Now, Counts: d.Studio.SeatCounts, PublicURL: n.PublicURL,
	}
	return n.message(d, pr.Mail(d, cause), n.Engine.UnsubscribeToken(d.To.ID, d.Rule.Category))
}

// languageOf returns the language that the reader has chosen, if the studio offers it.
func languageOf(d booking.Delivery) templates.Lang {
	if d.To.Language != "" && slices.Contains(d.Studio.Languages, d.To.Language) {
		return templates.Lang(d.To.Language)
	}
	return templates.Lang(d.Studio.Language)
}

// secretLink returns the link that only the reader may have; empty: there is none.
func (n *Notifier) secretLink(ctx context.Context, d booking.Delivery, c booking.MailCause) (string, error) {
	path := ""
	switch d.Kind {
	case booking.NoticeInvitation:
		path = "/invitation#code="
	case booking.NoticeReset:
		path = "/reset/"
	case booking.NoticeAddress:
		path = "/address/"
	case booking.NoticeRegistration:
		path = "/registration/"
	default:
		if d.To.Role == booking.RoleGuest && c.Booking != nil {
			return n.PublicURL + "/guest/" + n.Engine.GuestToken(c.Booking.ID), nil
		}
		return "", nil
	}
	token, err := n.Engine.MailLink(ctx, d)
	return n.PublicURL + path + token, err
}

// message puts a mail into its envelope. unsubscribe is the token of the link that switches such
// mails off; empty: they cannot be switched off, and the mail has no header for it (RFC 8058).
func (n *Notifier) message(d booking.Delivery, m templates.Mail, unsubscribe string) (*mail.Msg, error) {
	if m.Off.URL = ""; unsubscribe != "" {
		m.Off.URL = n.PublicURL + "/unsubscribe/" + unsubscribe
	}
	text, html, err := n.Templates.Mail(m.Lang, m)
	if err != nil {
		return nil, err
	}
	site, err := url.Parse(n.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("reading the public address: %w", err)
	}
	from, err := n.sender(d.Studio.Name, site.Hostname(), unsubscribe != "")
	if err != nil {
		return nil, err
	}
	to := &stdmail.Address{Name: templates.OneLine(d.To.Name), Address: d.Address}
	if _, err := stdmail.ParseAddress(to.String()); err != nil {
		return nil, &permanentError{why: booking.WhyUndeliverable, err: fmt.Errorf("the address of the person cannot be read: %w", err)}
	}
	message := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	message.FromMailAddress(from)
	message.ToMailAddress(to)
	if n.ReplyTo != "" {
		if err := message.ReplyTo(n.ReplyTo); err != nil {
			return nil, fmt.Errorf("reading the address for answers: %w", err)
		}
	}
	message.Subject(m.Subject)
	message.SetDateWithValue(d.Now)
	// The same at every try, so that mail programs show a mail once that two nodes have sent.
	message.SetMessageIDWithValue(fmt.Sprintf("delivery-%d.%d@%s", d.ID, d.CreatedAt.UnixMicro(), site.Hostname()))
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("List-Id", fmt.Sprintf("<%s.%s>", strings.ReplaceAll(string(d.Rule.Category), "_", "-"), site.Hostname()))
	if unsubscribe != "" {
		message.SetListUnsubscribe("<" + m.Off.URL + ">")
		if site.Scheme == "https" {
			message.SetListUnsubscribePost()
		}
	}
	message.SetBodyString(mail.TypeTextPlain, crlf(text))
	message.AddAlternativeString(mail.TypeTextHTML, crlf(html))
	return message, nil
}

// sender is the address from which a mail comes. Mails that can be switched off may have their own,
// since mail providers judge senders by them. A demo without a mail server has none.
func (n *Notifier) sender(studio, host string, optional bool) (*stdmail.Address, error) {
	from := n.From
	if optional && n.FromNews != "" {
		from = n.FromNews
	}
	if from == "" {
		return &stdmail.Address{Name: studio, Address: "plan@" + host}, nil
	}
	address, err := stdmail.ParseAddress(from)
	if err != nil {
		return nil, errors.Join(errors.New("reading the sender of mails"), err)
	}
	if address.Name == "" {
		address.Name = studio
	}
	return address, nil
}

// crlf ends every line as mails do.
func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}
