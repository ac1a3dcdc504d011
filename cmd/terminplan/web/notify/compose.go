package notify

import (
	"context"
	"errors"

	"github.com/wneessen/go-mail"

	"terminplan/booking"
)

// compose makes the mail of a delivery.
func (n *Notifier) compose(ctx context.Context, d booking.Delivery) (*mail.Msg, error) {
	return nil, errors.New("not composed")
}
