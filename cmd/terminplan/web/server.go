// Package web serves Terminplan over HTTP: pages, forms, the JSON API and the live socket.
// It connects the booking engine, the hub, the templates and the static files.
//
// A handler reads the request, calls the engine, and returns a response. The table in
// routes.go defines the access to each route; errors.go defines status and content of
// refusals. Package present builds the values that templates show, and package live serves
// open pages.
//
// This package makes no decisions about seats or credits. When a node dies, pages connect to
// another one. When PostgreSQL is down, requests get status 503 and "try again". When Redis is
// down, everything works, but changes of other nodes arrive up to a second later.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
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

	// PublicURL is the address of the site in browsers, for instance
	// https://plan.example.org. Requests for other hosts are refused. Its scheme decides
	// about Secure cookies and HSTS. Empty: plain HTTP under IP addresses and localhost.
	PublicURL string

	// TrustedProxies are the networks whose X-Forwarded-For headers are used.
	// Empty: none.
	TrustedProxies []netip.Prefix

	// OnResponse is called after every response, for metrics; it must not block. The
	// route is its pattern, empty if no route matches.
	OnResponse func(method, route string, status int, took time.Duration)

	MailOn bool // mails are sent: by a mail server, or into the mailbox of a demo
	PushOn bool // push services can know the sender

	Demo *Demo // what a demo shows besides the site; nil: this is no demo
}

// Server handles requests. Its open pages are kept up to date by Live.
type Server struct {
	// Live keeps open pages up to date. The program connects it to the engine
	// (Announce), to the broker (OnHints, Resync) and runs it (Run).
	Live *live.Pages

	engine          *booking.Engine
	hub             *hub.Hub
	pages           *templates.Set
	files           *static.Files
	skeletons       skeletonCache
	publicSkeletons skeletonCache // of the public schedule, apart so that strangers do not empty the other
	script          workerScript
	pictures        pictureCache
	overnight       firstRunning
	log             *slog.Logger
	public          PublicURL
	proxies         []netip.Prefix
	demo            *Demo
	mailOn          bool
	pushOn          bool
	watch           channelWatch
	ready           readiness
	onResponse      func(method, route string, status int, took time.Duration)
	running         atomic.Int64 // requests in progress

	mutations *rateLimiter // per person
	sockets   *rateLimiter // per person, for attempts to open one
	strangers *rateLimiter // per address, for clients that are not signed in
	viewers   *rateLimiter // per address, for the public schedule: its pages and its sockets
	dataReads *dataReads
	guesses   *rateLimiter // of passwords and codes, per neighbourhood
	reports   *rateLimiter
	steps     *rateLimiter  // of the demo, for all visitors together
	uploads   chan struct{} // has a value for each file that is being read

	handler http.Handler
	site    *http.Server
}

// New returns a server. Its open pages are up to date while Live.Run runs.
func New(o Options) (*Server, error) {
	s := &Server{
		engine: o.Engine, hub: o.Hub, log: o.Log, proxies: o.TrustedProxies, demo: o.Demo, mailOn: o.MailOn, pushOn: o.PushOn,
		mutations: newRateLimiter(50, 200), sockets: newRateLimiter(2, 40), strangers: newRateLimiter(50, 200),
		dataReads: newDataReads(), viewers: newRateLimiter(30, 1000), guesses: newRateLimiter(1, 20),
		reports: newRateLimiter(1.0/6, 10), steps: newRateLimiter(1, 2),
		uploads: make(chan struct{}, uploadsAtOnce),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.public, err = ParsePublicURL(o.PublicURL); err != nil {
		return nil, err
	}
	csrf := http.NewCrossOriginProtection()
	for _, origin := range s.public.Origins() { // a Host with the port of the scheme equals no Origin
		if err := csrf.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trusting the public address: %w", err)
		}
	}
	if s.onResponse = o.OnResponse; s.onResponse == nil {
		s.onResponse = func(string, string, int, time.Duration) {}
	}
	s.files = static.Pack()
	if s.pages, err = pages(); err != nil {
		return nil, err
	}
	studio, err := o.Engine.Studio(context.Background())
	if err != nil {
		return nil, err
	}
	s.Live = live.New(live.Options{Engine: o.Engine, Hub: o.Hub, Broker: o.Broker, Templates: s.pages, Studio: studio, Log: s.log})
	pages, err := compressed(s.routes(csrf))
	if err != nil {
		return nil, fmt.Errorf("compressing pages: %w", err)
	}
	if s.demo != nil {
		pages = s.withDemoFrames(pages)
	}
	s.handler = withRequestID(s.withHeaders(pages))
	s.site = NewHTTPServer(s.handler, s.log)
	return s, nil
}

// pages parses the templates once in a process. They are part of the program, and what a set
// keeps has everything that it shows as its key.
var pages = sync.OnceValues(func() (*templates.Set, error) {
	return templates.New(templates.Options{Asset: static.Pack().URL})
})

// Templates returns the templates and the sentences of the site, for messages that leave it.
func (s *Server) Templates() *templates.Set { return s.pages }

// Handler handles every request of the site.
func (s *Server) Handler() http.Handler { return s.handler }

// silenceGin keeps gin from writing to the console. Its switches belong to the process.
var silenceGin = sync.OnceFunc(func() {
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = io.Discard, io.Discard
})

// routes builds the engine from the table of routes.go.
func (s *Server) routes(csrf *http.CrossOriginProtection) *gin.Engine {
	silenceGin()
	e := gin.New()
	_ = e.SetTrustedProxies(nil) // address reads proxy headers, not gin
	e.RedirectTrailingSlash = false
	e.HandleMethodNotAllowed = true
	e.Use(s.logRequest, s.recoverPanic, s.checkHost, func(c *gin.Context) {
		if c.FullPath() == unsubscribePath { // see oneClick
			return
		}
		if err := csrf.Check(c.Request); err != nil {
			s.fail(s.newRequest(c), &booking.Error{Code: crossSite, Err: err})
			c.Abort()
		}
	})
	for _, rt := range routes {
		e.Handle(rt.method, rt.path, s.handle(rt))
		if rt.method == http.MethodGet && !rt.socket() { // monitors and link checkers ask with HEAD (RFC 9110, 9.3.2)
			e.HEAD(rt.path, s.handle(rt))
		}
	}
	s.assets(e)
	e.NoRoute(func(c *gin.Context) { s.fail(s.withIdentity(c), refuse(booking.NotFound)) })
	e.NoMethod(func(c *gin.Context) { s.fail(s.newRequest(c), refuse(methodNotAllowed)) })
	return e
}

// maxRunning limits the requests at one time, patience the duration of one request. Beyond
// either limit the response is "busy, try again", so that earlier requests end in time.
const (
	maxRunning = 20_000
	patience   = 10 * time.Second
)

// handle wraps the handler of a route for gin.
func (s *Server) handle(rt route) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := s.newRequest(c)
		defer s.running.Add(-1)
		if s.running.Add(1) > maxRunning && !rt.probe() { // a busy node is not broken, so probes always get a response
			s.fail(r, refuse(booking.Busy))
			return
		}
		if !rt.socket() { // a socket lives longer than patience
			limit := patience
			if rt.upload() {
				limit = uploadPatience
			}
			ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
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

// reconnectIfLost reports whether a read failed because its connection was lost. The read
// can then be repeated: a restart of PostgreSQL ends all connections, so the engine opens
// new ones.
func (s *Server) reconnectIfLost(began time.Time, err error) bool {
	lost := booking.ConnectionLost(err)
	if lost {
		s.engine.Reconnect(began)
	}
	return lost
}

// newRequest returns a request whose person and language are not known yet.
func (s *Server) newRequest(c *gin.Context) *request {
	return &request{Context: c, id: requestID(c.Request), format: formatOf(c.Request.Header), epoch: s.engine.Epoch()}
}

// withIdentity returns a request with its person and language, as far as they can be found
// out.
func (s *Server) withIdentity(c *gin.Context) *request {
	r := s.newRequest(c)
	if err := s.identify(r); err != nil && !errors.Is(err, context.Canceled) {
		s.log.Warn("the person of a request cannot be identified", "request", r.id, "err", err)
	}
	_ = s.setLanguage(r) // error pages have a fallback
	return r
}

// setLanguage sets the language of the response and reads the studio. If the database cannot
// be read, the language is the default and the zone is UTC; the error page then shows no class
// times.
func (s *Server) setLanguage(r *request) (err error) {
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		r.studio.Zone = time.UTC
	}
	r.lang = languageOf(r.Request, r.actor.Language, r.studio)
	r.Header("Content-Language", r.lang)
	return err
}

// setSharedLanguage sets the language of a page that is the same for everybody who asks in the
// same way, and reads the studio: the language in the address, else that of the browser, else
// that of the studio.
func (s *Server) setSharedLanguage(r *request) (err error) {
	if r.studio, err = s.engine.Studio(r.Request.Context()); err != nil {
		return err
	}
	r.lang = offeredLanguage(r.query.values.Get("lang"), r.GetHeader("Accept-Language"), r.studio)
	r.Header("Content-Language", r.lang)
	return nil
}

// authorize identifies the person, applies the rate limit, and reads the body of a person who
// is signed in. It checks the permission last: a page of another person must say so, and not
// that the permission is missing.
func (s *Server) authorize(r *request, rt route) (err error) {
	if rt.probe() { // a slow database must not look like a dead process
		return nil
	}
	if r.query.values, err = readQuery(r.Request); err != nil {
		return err
	}
	if rt.access.anonymous {
		err = s.setSharedLanguage(r)
	} else if err = s.identify(r); err != nil {
		return err
	} else if err = s.setLanguage(r); r.actor.ID == 0 {
		err = nil // pages of nobody can be shown without the studio
	}
	if err != nil {
		return err
	}
	if r.actor.ID != 0 {
		r.Set(personKey, r.actor.ID)
	}
	if err := s.rateLimit(r, rt); err != nil {
		return err
	}
	readsBody := rt.method == http.MethodPost && rt.path != "/csp" && !((rt.oneClick() || rt.upload()) && isMultipart(r.Request))
	if r.actor.ID == 0 && !rt.access.allows(r.actor) {
		return refuse(booking.SignedOut)
	}
	var malformed error
	if readsBody {
		if r.form.values, malformed = readBody(r.Request); malformed == nil {
			malformed = spreadSeen(r.form.values)
		}
	}
	if err := r.checkMadeFor(); err != nil {
		return err
	}
	switch {
	case r.actor.NeedsFactor && !rt.beforeFactor():
		return refuse(booking.NeedsFactor)
	case rt.access.allows(r.actor):
	default:
		s.log.Info("denied", "request", r.id, "route", rt.path, "person", r.actor.ID)
		return refuse(booking.Forbidden)
	}
	return malformed
}

// rateLimit limits the requests of one client: tries of passwords and codes per neighbourhood,
// changes and sockets per person, and all requests per address for clients that are not
// signed in.
func (s *Server) rateLimit(r *request, rt route) error {
	spent := false
	switch {
	case rt.access.anonymous:
		spent = !s.viewers.allow(rateLimitKey(s.address(r.Request)))
	case rt.guess():
		spent = !s.guesses.allow(s.neighbourhood(r))
	case r.actor.ID == 0:
		spent = !s.strangers.allow(rateLimitKey(s.address(r.Request)))
	case rt.method == http.MethodPost:
		spent = !s.mutations.allow(personRateLimitKey(r.actor))
	case rt.socket():
		spent = !s.sockets.allow(personRateLimitKey(r.actor))
	}
	if spent {
		return &booking.Error{Code: booking.Throttled, Args: map[string]any{"seconds": 1}}
	}
	return nil
}
