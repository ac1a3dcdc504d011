// Package localredis is the Redis of a run without configuration: inside this
// process, in memory, on a loopback port, behind a password of its own.
//
// It has no other nodes to talk to, so it guarantees only that everything that
// is built for Redis works the same without one. What it holds is gone when the
// process ends; nothing in this program needs it to be kept.
package localredis

import (
	"crypto/rand"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Server is a Redis in this process.
type Server struct {
	redis    *miniredis.Miniredis
	password string
}

// Start listens on a free port of 127.0.0.1.
func Start() (*Server, error) {
	s := &Server{redis: miniredis.NewMiniRedis(), password: rand.Text()}
	// A port can be reached by everybody on this machine.
	s.redis.RequireAuth(s.password)
	// Without this, keys would never expire.
	s.redis.ClockTTL(true)
	if err := s.redis.Start(); err != nil {
		return nil, fmt.Errorf("starting the local Redis: %w", err)
	}
	return s, nil
}

// URL is what hub.OpenRedis takes. It holds the password.
func (s *Server) URL() string { return "redis://:" + s.password + "@" + s.redis.Addr() }

// Close ends it and all its connections.
func (s *Server) Close() { s.redis.Close() }
