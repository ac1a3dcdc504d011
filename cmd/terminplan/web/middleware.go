package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// policy allows only files of this site. Pages have no inline scripts or styles, so no
// nonce is needed.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; " +
	"object-src 'none'; frame-ancestors 'none'; report-uri /csp"

// withHeaders sets headers on every response, also on errors, redirects and the upgrade.
func (s *Server) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// With "no-referrer" Chromium would send "Origin: null" with forms of this site.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		// The Back button must not show pages of a session after the logout. Static files set
		// another value.
		h.Set("Cache-Control", "no-store")
		if s.public.Secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if s.ready.draining.Load() {
			// The client then closes the connection between two requests. If the server closed
			// it, a request on its way could be lost.
			h.Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

type idKey struct{}

func requestID(r *http.Request) string {
	id, _ := r.Context().Value(idKey{}).(string)
	return id
}

// LogWithRequest returns a handler that adds the id of the request to the lines that are
// written during it, also by the engine.
func LogWithRequest(next slog.Handler) slog.Handler { return requestLog{next} }

type requestLog struct{ slog.Handler }

func (l requestLog) Handle(ctx context.Context, line slog.Record) error {
	if id, _ := ctx.Value(idKey{}).(string); id != "" {
		line.AddAttrs(slog.String("request", id))
	}
	return l.Handler.Handle(ctx, line)
}

func (l requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{l.Handler.WithAttrs(attrs)}
}

func (l requestLog) WithGroup(name string) slog.Handler { return requestLog{l.Handler.WithGroup(name)} }

// withRequestID gives each request a new id. An id of the client could forge lines in the
// log.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var raw [8]byte
		_, _ = rand.Read(raw[:])
		id := hex.EncodeToString(raw[:])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), idKey{}, id)))
	})
}

// logRequest writes one line per request, with the pattern of the route, since a path or query
// may contain names. It logs no header, no body and no token.
func (s *Server) logRequest(c *gin.Context) {
	start := time.Now()
	c.Next()
	level := slog.LevelInfo
	if strings.HasPrefix(c.FullPath(), "/static") || c.FullPath() == "/healthz" || c.FullPath() == "/readyz" {
		level = slog.LevelDebug
	}
	attrs := []any{
		"request", requestID(c.Request), "method", c.Request.Method, "route", c.FullPath(),
		"status", c.Writer.Status(), "bytes", max(0, c.Writer.Size()), "ms", time.Since(start).Milliseconds(),
	}
	if id := c.GetInt64(personKey); id != 0 {
		attrs = append(attrs, "person", id)
	}
	s.onResponse(c.Request.Method, c.FullPath(), c.Writer.Status(), time.Since(start))
	s.log.Log(context.Background(), level, "request", attrs...) // it names the request itself
}

const personKey = "person"

// recoverPanic turns a panic into a response with status 500. Unlike gin's recovery it logs
// neither cookies nor the body.
func (s *Server) recoverPanic(c *gin.Context) {
	defer func() {
		what := recover()
		if what == nil {
			return
		}
		if what == http.ErrAbortHandler {
			panic(what)
		}
		s.log.Error("panic", "request", requestID(c.Request), "route", c.FullPath(), "what", what, "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			s.fail(s.newRequest(c), refuse(internal))
		}
	}()
	c.Next()
}
