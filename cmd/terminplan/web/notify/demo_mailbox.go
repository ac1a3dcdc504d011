package notify

import (
	"bytes"
	"context"
	"fmt"

	"github.com/wneessen/go-mail"

	"terminplan/booking"
)

// DemoMailbox keeps mails in the database of a demo, where its page /demo/mail shows them.
type DemoMailbox struct{ Engine *booking.Engine }

// Put implements [Mailbox].
func (b DemoMailbox) Put(ctx context.Context, d booking.Delivery, message *mail.Msg) error {
	var body bytes.Buffer
	if _, err := message.WriteTo(&body); err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	return b.Engine.KeepDemoMail(ctx, d.ID, d.Address, body.Bytes())
}
