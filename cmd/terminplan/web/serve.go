package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// newSite is the HTTP server of a node, with the bounds of what one client may hold.
func (s *Server) newSite() *http.Server {
	return &http.Server{
		Handler: s.handler, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// Serve answers what comes to l until Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.site.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown closes the door and lets requests finish. Those that have not when ctx ends
// are cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.site.Shutdown(ctx)
	if err != nil {
		_ = s.site.Close()
	}
	return err
}
