package bench

import (
	"context"
	"io"
	"log/slog"
	"time"

	"terminplan/hub"
)

// announcer is the node on which things change, for a hub that hears of them
// through Redis: here it is the process of the run.
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
	a := &announcer{hub.NewBroker(hub.BrokerOptions{Redis: client, Epoch: hintEpoch, Log: slog.New(slog.DiscardHandler)}), client, end, make(chan struct{})}
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

// announce tells of new versions of one thing and returns when it began.
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
