// Package localredis is an in-memory Redis inside this process, for a run without
// configuration. It listens on a loopback port and requires a random password.
//
// There are no other nodes to talk to. It exists so that code that needs Redis works
// unchanged. Its data is lost when the process ends; nothing in this program needs it to be
// kept.
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
	// Every user of this machine can connect to the port.
	s.redis.RequireAuth(s.password)
	// Without this, keys never expire.
	s.redis.ClockTTL(true)
	if err := s.redis.Start(); err != nil {
		return nil, fmt.Errorf("starting the local Redis: %w", err)
	}
	return s, nil
}

// URL returns the address for hub.OpenRedis. It contains the password.
func (s *Server) URL() string { return "redis://:" + s.password + "@" + s.redis.Addr() }

// Close stops the server and closes its connections.
func (s *Server) Close() { s.redis.Close() }
