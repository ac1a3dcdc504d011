package bench

import (
	"context"
	"io"
	"log/slog"
	"time"

	"terminplan/hub"
)

// announcer publishes hints through Redis, like the node that made a change. It runs in the
// process of the run.
type announcer struct {
	broker *hub.Broker
	redis  io.Closer
	end    context.CancelFunc
	ended  chan struct{}
}

func newAnnouncer(ctx context.Context, redis string) (*announcer, error) {
	client, err := hub.OpenRedis(redis)
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(ctx)
	broker := hub.NewBroker(hub.BrokerOptions{Redis: client, Epoch: hintEpoch, Log: slog.New(slog.DiscardHandler)})
	a := &announcer{broker, client, end, make(chan struct{})}
	go func() {
		defer close(a.ended)
		_ = a.broker.Run(ctx)
	}()
	if err := healthy(ctx, a.broker); err != nil {
		a.stop()
		return nil, err
	}
	return a, nil
}

// announce publishes a number of new versions of one object and returns the start time.
func (a *announcer) announce(version, many int64) time.Time {
	began := time.Now()
	for i := range many {
		a.broker.Announce(hub.Hint{Channel: hintChannel, ID: 1, Version: version + i})
	}
	return began
}

func (a *announcer) stop() {
	a.end()
	<-a.ended
	_ = a.redis.Close()
}
