package notify

import (
	"context"
	"errors"

	"terminplan/booking"
)

// sendPush sends a push message to the device of a delivery.
func (n *Notifier) sendPush(ctx context.Context, d booking.Delivery) error {
	return errors.New("not sent")
}
