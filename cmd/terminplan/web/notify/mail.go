package notify

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/wneessen/go-mail"

	"terminplan/booking"
)

// Mailbox takes mails: a mail server, or the mailbox of a demo.
type Mailbox interface {
	// Put hands a mail over. Its error is a *permanentError if another try would meet it again.
	Put(ctx context.Context, d booking.Delivery, message *mail.Msg) error
}

type mailJob struct {
	Delivery int64 `json:"delivery"`
}

func (mailJob) Kind() string { return "mail" }

type mailWorker struct {
	river.WorkerDefaults[mailJob]
	n *Notifier
}

// unsetPause is the time after which a mail asks again whether there is a mail server.
const unsetPause = 5 * time.Minute

// Work sends a mail.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailJob]) error {
	if w.n.Mail == nil || w.n.PublicURL == "" {
		return river.JobSnooze(unsetPause)
	}
	return w.n.deliver(ctx, job.Args.Delivery, job.Attempt >= job.MaxAttempts, w.n.sendMail)
}

func (n *Notifier) sendMail(ctx context.Context, d booking.Delivery) error {
	message, err := n.compose(ctx, d)
	if err != nil {
		return err
	}
	return n.Mail.Put(ctx, d, message)
}
