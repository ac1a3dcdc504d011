package notify

import (
	"context"

	"github.com/riverqueue/river"
)

type pushJob struct {
	Delivery int64 `json:"delivery"`
}

func (pushJob) Kind() string { return "push" }

type pushWorker struct {
	river.WorkerDefaults[pushJob]
	n *Notifier
}

// Work sends a push message to one device.
func (w *pushWorker) Work(ctx context.Context, job *river.Job[pushJob]) error {
	return w.n.deliver(ctx, job.Args.Delivery, job.Attempt >= job.MaxAttempts, w.n.sendPush)
}
