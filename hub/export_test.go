package hub

import "time"

// Access to unexported parts for the tests in package hub_test.

// ProbeEvery sets the interval of probes.
func (b *Broker) ProbeEvery(d time.Duration) { b.every = d }

func EncodeHint(node string, h Hint) (string, bool) { return encodeHint(node, h) }

func DecodeHint(channel, message string) (string, Hint, bool) { return decodeHint(channel, message) }

const (
	HintPrefix = hintPrefix
	RedisCall  = redisCall
)

// Scan passes bytes to the frame scanner in parts of the given size.
func Scan(b []byte, part int) (frames int, unmasked, unfinished bool) {
	var s frameScanner
	for len(b) > 0 {
		n := min(max(part, 1), len(b))
		frames += s.scan(b[:n])
		b = b[n:]
	}
	return frames, s.unmasked, s.unfinished()
}

// Quiet reports whether all broadcasts have been written.
func (h *Hub) Quiet() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		if t.queued || t.inFlight.Load() > 0 {
			return false
		}
	}
	return true
}
