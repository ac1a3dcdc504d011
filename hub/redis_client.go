package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
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

// clusterReload is how often the client reads which server of a cluster has which slots. The
// broker asks for it at once when a probe is lost.
const clusterReload = 5 * time.Second

// RedisSchemes are the schemes that OpenRedis knows.
var RedisSchemes = []string{
	"redis", "rediss", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel", "unix",
}

// OpenRedis returns a client for a redis://, rediss:// or unix:// address. Several addresses
// (redis://a:6379,b:6379) or the suffix "+cluster" at the scheme mean a cluster. The suffix
// "+sentinel" means servers that Sentinels watch: the addresses are those of the Sentinels,
// user and password those of the servers. Then master_name is needed, and sentinel_username
// and sentinel_password may be given as parameters.
//
// OpenRedis does not connect yet. Unlike the library's defaults, the client does not retry and
// obeys the context's deadline. Errors do not contain a password.
func OpenRedis(address string) (redis.UniversalClient, error) {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return nil, errors.New("the address of Redis must begin with redis://, rediss:// or unix://")
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	hosts := strings.Split(authority, ",")
	var client redis.UniversalClient
	var err error
	if single, ok := strings.CutSuffix(scheme, "+sentinel"); ok {
		client, err = openSentinel(single, hosts, tail)
	} else if single, ok := strings.CutSuffix(scheme, "+cluster"); ok || len(hosts) > 1 {
		client, err = openCluster(single, hosts, tail)
	} else {
		client, err = openSingle(address)
	}
	if err != nil {
		return nil, withoutSecrets(address, err)
	}
	return client, nil
}

func openSingle(address string) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
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
	o, err := redis.ParseClusterURL(severalAddresses(scheme, hosts, "", query))
	if err != nil {
		return nil, err
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisDial, redisCall, redisCall
	o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = 1, -1, true
	o.PoolTimeout = redisCall
	o.ClusterStateReloadInterval = clusterReload
	return redis.NewClusterClient(o), nil
}

func openSentinel(scheme string, hosts []string, tail string) (redis.UniversalClient, error) {
	path, query, _ := strings.Cut(tail, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	username, password := values.Get("sentinel_username"), values.Get("sentinel_password")
	values.Del("sentinel_username")
	values.Del("sentinel_password")
	o, err := redis.ParseFailoverURL(severalAddresses(scheme, hosts, path, values.Encode()))
	if err != nil {
		return nil, err
	}
	if o.MasterName == "" {
		return nil, errors.New("the address of Sentinels needs the name that they watch: ?master_name=…")
	}
	// The library takes the user before the hosts for that of the Sentinels.
	o.Username, o.Password, o.SentinelUsername, o.SentinelPassword = o.SentinelUsername, o.SentinelPassword, username, password
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each server has its own
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisDial, redisCall, redisCall
	o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled = 1, -1, true
	o.PoolTimeout = redisCall
	return redis.NewFailoverClient(o), nil
}

// severalAddresses writes addresses as the library reads them: the first as the host, the
// others as parameters.
func severalAddresses(scheme string, hosts []string, path, query string) string {
	var b strings.Builder
	b.WriteString(scheme + "://" + hosts[0] + path + "?" + query)
	for _, host := range hosts[1:] {
		b.WriteString("&addr=" + url.QueryEscape(host))
	}
	return b.String()
}

// withoutSecrets leaves out what the error says if the address may hold a password: the
// library quotes the part that it cannot read, which may be a part of the password.
func withoutSecrets(address string, err error) error {
	if strings.Contains(address, "@") || strings.Contains(address, "password") {
		return errors.New("the address of Redis is wrong: " +
			"special characters of the password are written as %XX, for instance %23 for #; all else must be as in the documentation")
	}
	return fmt.Errorf("the address of Redis is wrong: %w", err)
}

var errClusterMember = errors.New("REDIS_URL names one server, which is a member of a cluster: write redis+cluster:// or rediss+cluster://")

// checkKind returns an error if a client of single servers talks to a member of a cluster.
// Its messages would not reach clients of the cluster.
func checkKind(ctx context.Context, client redis.UniversalClient) error {
	info, err := client.Info(ctx, "cluster").Result()
	var refused redis.Error
	switch {
	case errors.As(err, &refused): // not allowed, or not known
		return nil
	case err != nil:
		return err
	case strings.Contains(info, "cluster_enabled:1"):
		return errClusterMember
	}
	return nil
}

// explainRedis returns a sentence for an error whose text does not help.
func explainRedis(err error) error {
	switch {
	case err == nil:
		return errors.New("messages do not come back")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time; rediss:// needs a server with TLS")
	case strings.Contains(err.Error(), "cluster support disabled"):
		return fmt.Errorf("REDIS_URL names a cluster, but the server is a single one: write redis:// or rediss:// (%w)", err)
	}
	return err
}

// redisLog writes the library's log at debug level. The library logs every failed attempt
// while Redis is away; the broker reports the loss.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, v...), "from", "go-redis")
}
