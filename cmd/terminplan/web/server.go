// Package web is everything of Terminplan that speaks HTTP: pages, forms, their
// JSON twins and the live socket. It is the only package that knows the four
// others: it asks the booking engine, shows through templates and static, and
// tells through the hub.
//
// A handler parses, asks one verb or some reads of the engine, and answers; who
// may call it stands in the table of routes.go, what a refusal looks like in
// errors.go. Nothing here decides about seats or credits, and nothing here is
// needed for them to be right: when a node dies, pages go on at another one.
// When PostgreSQL is out, requests are answered with 503 and "try again"; when
// Redis is out, everything works, and news from other nodes comes a second late.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/live"
	"terminplan/hub"
	"terminplan/static"
	"terminplan/templates"
)

// Options of a [Server].
type Options struct {
	Engine *booking.Engine
	Hub    *hub.Hub
	Broker *hub.Broker // nil: this is the only node
	Log    *slog.Logger

	// PublicURL is where browsers find the site, for instance
	// https://plan.example.org. Its scheme decides about Secure cookies and HSTS.
	// Empty: plain HTTP under whatever name it is asked by.
	PublicURL string

	// TrustedProxies are believed when they say whom they ask for
	// (X-Forwarded-For). Empty: nobody is.
	TrustedProxies []netip.Prefix

	// OnAnswer is told of every answer, for the operator; it must not block. The
	// route is its pattern, empty where nothing is at the address.
	OnResponse func(method, route string, status int, took time.Duration)

	Demo *Demo // the page for signing in names these accounts; nil: none
}

// Server answers requests and keeps open pages true.
type Server struct {
	// Live keeps open pages up to date. The program connects it to the engine
	// (Announce), to the broker (OnHints, Resync) and runs it (Run).
	Live *live.Pages

	engine     *booking.Engine
	pages      *templates.Set
	files      *static.Files
	skeletons  skeletonCache
	log        *slog.Logger
	https      bool
	origin     string // scheme and host of PublicURL; empty: unknown
	proxies    []netip.Prefix
	demo       *Demo
	ready      readiness
	onResponse func(method, route string, status int, took time.Duration)
	running    atomic.Int64 // requests

	mutations *rateLimiter // per session
	strangers *rateLimiter // per address, for who is not signed in
	reports   *rateLimiter

	handler http.Handler
	site    *http.Server
}

// New makes a server; Run keeps its pages live.
func New(o Options) (*Server, error) {
	s := &Server{
		engine: o.Engine, log: o.Log, proxies: o.TrustedProxies, demo: o.Demo,
		mutations: newRateLimiter(50, 200), strangers: newRateLimiter(50, 200), reports: newRateLimiter(1.0/6, 10),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	csrf := http.NewCrossOriginProtection()
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("the public address %q is not a URL with http or https", o.PublicURL)
		}
		s.https, s.origin = u.Scheme == "https", u.Scheme+"://"+strings.ToLower(u.Host)
		// A proxy may ask us under another name than the browser asked it.
		if err := csrf.AddTrustedOrigin(s.origin); err != nil {
			return nil, fmt.Errorf("trusting the public address: %w", err)
		}
	}
	if s.onResponse = o.OnResponse; s.onResponse == nil {
		s.onResponse = func(string, string, int, time.Duration) {}
	}
	s.files = static.Pack()
	var err error
	if s.pages, err = templates.New(templates.Options{Asset: s.files.URL}); err != nil {
		return nil, err
	}
	studio, err := o.Engine.Studio(context.Background())
	if err != nil {
		return nil, err
	}
	s.Live = live.New(live.Options{Engine: o.Engine, Hub: o.Hub, Broker: o.Broker, Templates: s.pages, Studio: studio, Log: s.log})
	s.handler = withRequestID(s.withHeaders(s.routes(csrf)))
	s.site = NewHTTPServer(s.handler, s.log)
	return s, nil
}

// Handler answers every request of the site.
func (s *Server) Handler() http.Handler { return s.handler }

// routes builds the engine from the table of routes.go.
func (s *Server) routes(csrf *http.CrossOriginProtection) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = io.Discard, io.Discard
	e := gin.New()
	_ = e.SetTrustedProxies(nil) // nothing here asks gin for an address
	e.RedirectTrailingSlash = false
	e.HandleMethodNotAllowed = true
	e.Use(s.logRequest, s.recoverPanic, func(c *gin.Context) {
		if err := csrf.Check(c.Request); err != nil {
			s.fail(s.newRequest(c), &booking.Error{Code: crossSite, Err: err})
			c.Abort()
		}
	})
	for _, rt := range routes {
		e.Handle(rt.method, rt.path, s.handle(rt))
	}
	s.assets(e)
	e.NoRoute(func(c *gin.Context) { s.fail(s.withIdentity(c), refuse(booking.NotFound)) })
	e.NoMethod(func(c *gin.Context) { s.fail(s.newRequest(c), refuse(methodNotAllowed)) })
	return e
}

// maxRunning is how many requests are worked on at once, patience how long one may
// take. Beyond either, people are told to come back, so that those before them are
// answered in time.
const (
	maxRunning = 20_000
	patience   = 10 * time.Second
)

// handle makes a gin handler of one that returns its answer or an error.
func (s *Server) handle(rt route) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := s.newRequest(c)
		defer s.running.Add(-1)
		if s.running.Add(1) > maxRunning && !rt.probe() { // a node that is busy is not a node that is ill
			s.fail(r, refuse(booking.Busy))
			return
		}
		if rt.path != "/live" { // which outlives its request
			ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
		}
		began := time.Now()
		err := s.authorize(r, rt)
		if s.reconnectIfLost(began, err) {
			err = s.authorize(r, rt)
		}
		var res response
		if err == nil {
			began = time.Now()
			res, err = rt.handler(s, r)
			if rt.method == http.MethodGet && !r.Writer.Written() && s.reconnectIfLost(began, err) {
				res, err = rt.handler(s, r)
			}
		}
		if err == nil {
			err = s.writeResponse(r, res)
		}
		if err != nil {
			s.fail(r, err)
		}
	}
}

// reconnectIfLost reports whether a reading met a connection that was gone, and may be done again:
// over a new one, since a restarted PostgreSQL has ended all of them.
func (s *Server) reconnectIfLost(began time.Time, err error) bool {
	lost := booking.ConnectionLost(err)
	if lost {
		s.engine.Reconnect(began)
	}
	return lost
}

// newRequest is a request before anything is known about who asks, their language included.
func (s *Server) newRequest(c *gin.Context) *request {
	return &request{Context: c, id: requestID(c.Request), format: formatOf(c.Request.Header)}
}

// withIdentity is a request with the person who asks, as far as that can be found out.
func (s *Server) withIdentity(c *gin.Context) *request {
	r := s.newRequest(c)
	if err := s.identify(r); err != nil && !errors.Is(err, context.Canceled) {
		s.log.Warn("who asks is not known", "request", r.id, "err", err)
	}
	_ = s.setLanguage(r) // an error page does without
	return r
}

// setLanguage decides the language, of which the studio's own is the last resort, and
// learns the zone. Without the database it is the default and UTC, in which nobody
// may read the time of a class.
func (s *Server) setLanguage(r *request) (err error) {
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		r.studio.Zone = time.UTC
	}
	r.lang = languageOf(r.Request, r.actor.Language, r.studio)
	r.Header("Content-Language", r.lang)
	return err
}

// authorize lets a request through to its handler: the person, the right, the
// budget, and only then the body.
func (s *Server) authorize(r *request, rt route) (err error) {
	if r.query.values, err = readQuery(r.Request); err != nil {
		return err
	}
	if err := s.identify(r); err != nil {
		return err
	}
	if r.actor.ID != 0 {
		r.Set(personKey, r.actor.ID)
	}
	if err := s.setLanguage(r); err != nil && r.actor.ID != 0 {
		return err
	}
	if err := s.rateLimit(r, rt); err != nil {
		return err
	}
	switch {
	case rt.access.allows(r.actor):
	case r.actor.ID == 0:
		return refuse(booking.SignedOut)
	default:
		s.log.Info("denied", "request", r.id, "route", rt.path, "person", r.actor.ID)
		return refuse(booking.Forbidden)
	}
	if rt.method == http.MethodPost && rt.path != "/csp" {
		r.form.values, err = readBody(r.Request)
	}
	return err
}

// rateLimit bounds what one client can cost: changes per session, anything per
// address for who is not signed in.
func (s *Server) rateLimit(r *request, rt route) error {
	spent := false
	switch {
	case rt.probe():
	case r.actor.ID == 0:
		spent = !s.strangers.allow(rateLimitKey(s.address(r.Request)))
	case rt.method == http.MethodPost:
		spent = !s.mutations.allow(r.session)
	}
	if spent {
		return &booking.Error{Code: booking.Throttled, Args: map[string]any{"seconds": 1}}
	}
	return nil
}
