package hub

import "time"

// What tests of the outside need to see or to hurry.

// ProbeEvery makes the broker ask Redis more often.
func (b *Broker) ProbeEvery(d time.Duration) { b.every = d }

func EncodeHint(node string, h Hint) (string, bool) { return encodeHint(node, h) }

func DecodeHint(channel, message string) (string, Hint, bool) { return decodeHint(channel, message) }

const (
	HintPrefix = hintPrefix
	RedisCall  = redisCall
)

// Scan runs bytes from a peer through the frame scanner, in parts of a size.
func Scan(b []byte, part int) (frames int, unmasked, unfinished bool) {
	var s frameScanner
	for len(b) > 0 {
		n := min(max(part, 1), len(b))
		frames += s.scan(b[:n])
		b = b[n:]
	}
	return frames, s.unmasked, s.unfinished()
}

// Quiet reports whether everything that was broadcast has reached its connections.
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
