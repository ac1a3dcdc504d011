package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// NewHTTPServer returns the HTTP server of a node. Its timeouts and header limits bound the
// resources that one client can hold.
func NewHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// Serve handles the connections of l until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.site.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown closes the listener and waits for running requests. It closes the connections that
// remain when ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.site.Shutdown(ctx)
	if err != nil {
		_ = s.site.Close()
	}
	return err
}
