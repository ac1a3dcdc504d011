package hub

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// HandshakeError is a WebSocket handshake that was refused before the upgrade. Status is the
// HTTP status for the response, which the caller must write.
type HandshakeError struct {
	Status int
	Reason string
}

func (e *HandshakeError) Error() string {
	return "websocket handshake refused: " + e.Reason
}

// CheckHandshake checks the method, the headers and the Origin of a WebSocket handshake (RFC
// 6455, section 4.2.1). It does not authenticate the person. Browsers send cookies with a
// handshake from any site, so the Origin must match exactly. A request without an Origin
// passes only if it has a bearer token; the caller must then ignore cookies. Errors are of type *HandshakeError.
func (h *Hub) CheckHandshake(r *http.Request) error {
	if err := h.checkUpgrade(r); err != nil {
		return err
	}
	if err := h.checkOrigin(r); err != nil {
		return err
	}
	if h.draining() {
		return &HandshakeError{http.StatusServiceUnavailable, "shutting down"}
	}
	return nil
}

func (h *Hub) checkUpgrade(r *http.Request) error {
	switch {
	case r.Method != http.MethodGet:
		return &HandshakeError{http.StatusMethodNotAllowed, "only GET can be upgraded"}
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return &HandshakeError{http.StatusUpgradeRequired, "only HTTP/1.1 can be upgraded"}
	case !hasToken(r.Header, "Connection", "upgrade"), !hasToken(r.Header, "Upgrade", "websocket"):
		return &HandshakeError{http.StatusUpgradeRequired, "this address speaks WebSocket"}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &HandshakeError{http.StatusBadRequest, "only WebSocket version 13 is spoken"}
	}
	keys := r.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return &HandshakeError{http.StatusBadRequest, "one Sec-WebSocket-Key is needed"}
	}
	if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0])); err != nil || len(key) != 16 {
		return &HandshakeError{http.StatusBadRequest, "the Sec-WebSocket-Key is malformed"}
	}
	return nil
}

func (h *Hub) checkOrigin(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return &HandshakeError{http.StatusForbidden, "the request comes from another site"}
	}
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0 && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
		return nil
	case len(origins) == 0:
		return &HandshakeError{http.StatusForbidden, "the Origin is missing"}
	case len(origins) > 1 || !h.allowed(r, origins[0]):
		return &HandshakeError{http.StatusForbidden, "this Origin is not allowed"}
	}
	return nil
}

func (h *Hub) allowed(r *http.Request, origin string) bool {
	if len(h.opts.Origins) == 0 {
		scheme := "http://"
		if h.opts.Secure || r.TLS != nil {
			scheme = "https://"
		}
		return r.Host != "" && origin == scheme+r.Host
	}
	return slices.Contains(h.opts.Origins, origin)
}

// hasToken reports whether a comma-separated header contains the token, ignoring case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}
