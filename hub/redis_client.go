package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Timeouts of calls to Redis. No request waits for Redis, so these only bound the time that a
// goroutine waits for a Redis that does not answer.
const (
	redisDial = 300 * time.Millisecond
	redisCall = 250 * time.Millisecond
)

// OpenRedis returns a client for a redis://, rediss:// or unix:// address. Several addresses
// (redis://a:6379,b:6379) or the suffix "+cluster" at the scheme mean a cluster. It does not
// connect yet. Unlike the library's defaults, the client does not retry and obeys the
// context's deadline. Errors do not contain the address, which may hold a password.
func OpenRedis(url string) (redis.UniversalClient, error) {
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		return nil, errors.New("the address of Redis must begin with redis://, rediss:// or unix://")
	}
	single, cluster := strings.CutSuffix(scheme, "+cluster")
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if hosts := strings.Split(authority, ","); cluster || len(hosts) > 1 {
		return openCluster(single, hosts, tail)
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, withoutSecrets(err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisDial, redisCall, redisCall
	o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = 1, -1, true
	o.PoolTimeout = redisCall
	return redis.NewClient(o), nil
}

func openCluster(scheme string, hosts []string, tail string) (redis.UniversalClient, error) {
	path, query, _ := strings.Cut(tail, "?")
	if path != "" && path != "/" {
		return nil, errors.New("a Redis cluster has no numbered databases")
	}
	var b strings.Builder
	b.WriteString(scheme + "://" + hosts[0] + "?" + query)
	for _, host := range hosts[1:] {
		b.WriteString("&addr=" + host)
	}
	o, err := redis.ParseClusterURL(b.String())
	if err != nil {
		return nil, withoutSecrets(err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisDial, redisCall, redisCall
	o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = 1, -1, true
	o.PoolTimeout = redisCall
	return redis.NewClusterClient(o), nil
}

// withoutSecrets removes the address from the error, since it may hold a password.
func withoutSecrets(err error) error {
	var parse interface{ Unwrap() error }
	if errors.As(err, &parse) {
		if inner := parse.Unwrap(); inner != nil {
			err = inner
		}
	}
	return fmt.Errorf("the address of Redis is wrong: %w", err)
}

// redisLog writes the library's log at debug level. The library logs every failed attempt
// while Redis is away; the broker reports the loss once.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, v...), "from", "go-redis")
}
