package main

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"terminplan/booking"
	"terminplan/hub"
)

// metrics holds the Prometheus metrics of this node. The other parts of the program do not
// import it: they call its functions, or it reads their counters at each scrape.
type metrics struct {
	registry *prometheus.Registry
	make     promauto.Factory
	site     *http.Server

	answers                        *prometheus.HistogramVec
	size, waited, locked, finished prometheus.Histogram
	failed                         prometheus.Counter
	messages                       *prometheus.CounterVec
	sending                        *prometheus.HistogramVec
}

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := &metrics{registry: r, make: promauto.With(r)}
	seconds := prometheus.ExponentialBuckets(0.0005, 2, 15) // 0.5 ms to 8 s
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return m.make.NewHistogram(prometheus.HistogramOpts{Name: "terminplan_" + name, Help: help, Buckets: buckets})
	}
	m.answers = m.make.NewHistogramVec(
		prometheus.HistogramOpts{Name: "terminplan_answers_seconds", Help: "Time from a request to its response.", Buckets: seconds},
		[]string{"method", "route", "status"},
	)
	m.size = histogram("batch_size", "Requests in one transaction.", prometheus.ExponentialBuckets(1, 2, 11))
	m.waited = histogram("batch_wait_seconds", "Time that the first request of a transaction waited for the transaction before.", seconds)
	m.locked = histogram("batch_lock_seconds", "Time until a transaction had its locks and had read its rows.", seconds)
	m.finished = histogram("batch_seconds", "Time of a transaction with all attempts.", seconds)
	m.failed = m.make.NewCounter(
		prometheus.CounterOpts{Name: "terminplan_batches_failed_total", Help: "Transactions that failed in every attempt."},
	)
	m.messages = m.make.NewCounterVec(
		prometheus.CounterOpts{Name: "terminplan_messages_total", Help: "Mails and push messages, by what became of them."},
		[]string{"channel", "state"},
	)
	m.sending = m.make.NewHistogramVec(
		prometheus.HistogramOpts{
			Name: "terminplan_message_seconds", Help: "Time that a mail server or a push service took for a message.", Buckets: seconds,
		},
		[]string{"channel"},
	)
	return m
}

// sent counts a mail or a push message.
func (m *metrics) sent(c booking.Channel, state booking.DeliveryState, took time.Duration) {
	m.messages.WithLabelValues(string(c), string(state)).Inc()
	m.sending.WithLabelValues(string(c)).Observe(took.Seconds())
}

// channels reads the state of mail and push at each scrape.
type channels struct {
	engine                  *booking.Engine
	waiting, oldest, failed *prometheus.Desc
}

func newChannels(e *booking.Engine) *channels {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("terminplan_channel_"+name, help, []string{"channel"}, nil)
	}
	return &channels{
		e, desc("waiting", "Messages that are due and not sent."), desc("oldest_seconds", "How long the oldest of them is due."),
		desc("failing_seconds", "How long the channel has been failing; 0: it works."),
	}
}

// Describe implements prometheus.Collector.
func (c *channels) Describe(out chan<- *prometheus.Desc) {
	out <- c.waiting
	out <- c.oldest
	out <- c.failed
}

// Collect implements prometheus.Collector. Without the database there is nothing to report.
func (c *channels) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	list, err := c.engine.ChannelHealth(ctx)
	if err != nil {
		return
	}
	age := func(t, now time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return now.Sub(t).Seconds()
	}
	for _, h := range list {
		for desc, value := range map[*prometheus.Desc]float64{
			c.waiting: float64(h.Waiting), c.oldest: age(h.OldestDue, h.ReadAt), c.failed: age(h.FailingSince, h.ReadAt),
		} {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, string(h.Channel))
		}
	}
}

// answer counts a response by the pattern of the route, not by the address, and by known
// methods only. Otherwise a client could create any number of time series.
func (m *metrics) answer(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		method = "other"
	}
	m.answers.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) batch(b booking.Batch) {
	m.size.Observe(float64(b.Size))
	m.waited.Observe(b.Waited.Seconds())
	m.locked.Observe(b.Locked.Seconds())
	m.finished.Observe(b.Took.Seconds())
	if b.Failed {
		m.failed.Inc()
	}
}

// watch registers the metrics that are read at each scrape.
func (m *metrics) watch(n *node, pool *pgxpool.Pool) {
	gauge := func(name, help string, f func() float64) {
		m.make.NewGaugeFunc(prometheus.GaugeOpts{Name: "terminplan_" + name, Help: help}, f)
	}
	total := func(name, help string, f func(hub.Stats) uint64) {
		m.make.NewCounterFunc(
			prometheus.CounterOpts{Name: "terminplan_live_" + name + "_total", Help: help},
			func() float64 { return float64(f(n.hub.Stats())) },
		)
	}
	gauge("live_connections", "Open pages with a socket.", func() float64 { return float64(n.hub.Stats().Connections) })
	gauge("live_slow", "Sockets that do not read their messages.", func() float64 { return float64(n.hub.Stats().Slow) })
	gauge("live_topics", "Topics that pages have subscribed to.", func() float64 { return float64(n.hub.Stats().Topics) })
	gauge("live_behind", "Classes and people that may be newer than on pages.", func() float64 { return float64(n.server.Live.Behind()) })
	total("updates", "Rendered updates with at least one viewer.", func(s hub.Stats) uint64 { return s.Updates })
	total("conflated", "Updates replaced by newer ones before they were written.", func(s hub.Stats) uint64 { return s.Conflated })
	total("deliveries", "Frames written to sockets.", func(s hub.Stats) uint64 { return s.Deliveries })
	total("bytes", "Bytes written to sockets.", func(s hub.Stats) uint64 { return s.Bytes })
	total("slow_closed", "Sockets closed because they did not read in time.", func(s hub.Stats) uint64 { return s.SlowClosed })
	total("silent", "Sockets dropped because their client sent nothing in time.", func(s hub.Stats) uint64 { return s.Silent })
	total("refused", "Sockets closed because of what they sent.", func(s hub.Stats) uint64 { return s.Refused })
	gauge("redis_healthy", "1 while Redis delivers hints.", func() float64 {
		if n.broker.Healthy() {
			return 1
		}
		return 0
	})
	m.registry.MustRegister(newChannels(n.engine))
	gauge("offers_due", "Offers past their time that no sweep has ended; -1: the database does not respond.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		due, err := n.engine.OffersDue(ctx)
		if err != nil {
			return -1
		}
		return float64(due)
	})
	for use, stat := range map[string]func() *pgxpool.Stat{
		"reads": pool.Stat,
		"verbs": func() *pgxpool.Stat { verbs, _ := n.engine.Connections(); return verbs },
		"pages": func() *pgxpool.Stat { _, pages := n.engine.Connections(); return pages },
	} {
		for state, count := range map[string]func(*pgxpool.Stat) int32{
			"used": (*pgxpool.Stat).AcquiredConns, "idle": (*pgxpool.Stat).IdleConns, "limit": (*pgxpool.Stat).MaxConns,
		} {
			m.make.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "terminplan_pool_connections", Help: "Connections to PostgreSQL.",
				ConstLabels: prometheus.Labels{"for": use, "state": state},
			},
				func() float64 { return float64(count(stat())) })
		}
	}
}

// listen serves the metrics on a separate listener until close.
func (m *metrics) listen(addr string) (net.Addr, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 5 * time.Second}))
	m.site = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	go func() { _ = m.site.Serve(l) }()
	return l.Addr(), nil
}

func (m *metrics) close() { _ = m.site.Close() }
