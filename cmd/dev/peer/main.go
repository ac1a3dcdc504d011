// Command peer is the server with the centrifuge library for the comparison in "go run
// ./cmd/dev bench". It publishes through Redis with the library's own broker. It is a separate
// module, so that the program does not depend on the library. It answers the same commands,
// one per line, as the other servers: see cmd/dev/bench/server.go.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
)

func main() {
	if err := serve(); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func serve() error {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return err
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: "screen"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{"a": {}},
			// The watchers answer no pings; the run ends before the first.
			PingPongConfig: &centrifuge.PingPongConfig{PingInterval: time.Hour, PongTimeout: time.Minute},
		}, nil
	})
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: os.Getenv("TERMINPLAN_BENCH_REDIS")})
	if err != nil {
		return fmt.Errorf("connecting to Redis: %w", err)
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	if err != nil {
		return fmt.Errorf("publishing through Redis: %w", err)
	}
	node.SetBroker(broker)
	if err := node.Run(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_ = http.Serve(l, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{UseWriteBufferPool: true}))
	}()
	fmt.Println(l.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := answerCommand(node, lines.Text())
		if err != nil {
			answer = "error " + err.Error()
		}
		fmt.Println(answer)
	}
	return lines.Err()
}

func answerCommand(node *centrifuge.Node, line string) (string, error) {
	var verb string
	var version, many, size int64
	_, _ = fmt.Sscan(line, &verb, &version, &many, &size)
	switch verb {
	case "publish":
		began := time.Now()
		for i := range many {
			token := fmt.Sprintf("~%012d~", version+i)
			data, err := json.Marshal(token + strings.Repeat("x", int(size)-len(token)))
			if err != nil {
				return "", err
			}
			if _, err := node.Publish("a", data); err != nil {
				return "", err
			}
		}
		return fmt.Sprint(began.UnixNano()), nil
	case "cpu":
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return "", err
		}
		return fmt.Sprint(u.Utime.Nano() + u.Stime.Nano()), nil
	case "memory":
		debug.FreeOSMemory()
		b, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			return "0", nil
		}
		var all, pages int64
		if _, err := fmt.Sscan(string(b), &all, &pages); err != nil {
			return "", err
		}
		return fmt.Sprint(pages * int64(os.Getpagesize())), nil
	}
	return "", fmt.Errorf("unknown command %q", line)
}
