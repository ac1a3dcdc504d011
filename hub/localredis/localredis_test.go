package localredis_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"terminplan/hub"
	"terminplan/hub/localredis"
)

func TestPasswordIsRequired(t *testing.T) {
	s, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mine, err := hub.OpenRedis(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if err := mine.Set(t.Context(), "k", "v", time.Minute).Err(); err != nil {
		t.Errorf("with the password: %v", err)
	}
	o, err := redis.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	o.Password = ""
	stranger := redis.NewClient(o)
	defer stranger.Close()
	if err := stranger.Get(t.Context(), "k").Err(); err == nil || err == redis.Nil {
		t.Errorf("without the password: %v", err)
	}
}

func TestKeysExpire(t *testing.T) {
	s, err := localredis.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := hub.OpenRedis(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Set(t.Context(), "k", "v", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // only ends a run that hangs
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.Get(ctx, "k").Err() != redis.Nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the key never expired")
		}
	}
}
