package hub

import "time"

// Limits for the traffic from a peer within one period. The library's limits count neither
// empty fragments nor control frames, so the hub counts all bytes of the connection.
const (
	budgetPeriod   = int64(10 * time.Second)
	budgetBytes    = 64 << 10
	budgetFrames   = 200
	budgetMessages = 20
	maxMessage     = 4 << 10
)

// budget counts the incoming traffic of the current period. Only the reader uses it.
type budget struct {
	began    int64
	bytes    int
	frames   int
	messages int
}

func (b *budget) at(now int64) {
	if now-b.began >= budgetPeriod {
		*b = budget{began: now}
	}
}

func (b *budget) exceeded() bool {
	return b.bytes > budgetBytes || b.frames > budgetFrames || b.messages > budgetMessages
}

// frameScanner parses a stream of WebSocket frames (RFC 6455, section 5.2) without keeping
// them. It counts the frames and knows whether a frame or message is incomplete.
type frameScanner struct {
	payload  uint64 // remaining bytes of payload
	size     uint64 // the part of the length that was read
	left     uint8  // remaining bytes of this part of the header
	step     step
	fin      bool
	control  bool
	open     bool // a fragmented message is not finished
	unmasked bool // a frame came without a mask, which ends the connection (RFC 6455, section 5.1)
}

type step uint8

const (
	readOpcode step = iota
	readLength
	readLongLength
	readMask
	readPayload
)

// scan parses p and returns the number of frames that begin in it.
func (s *frameScanner) scan(p []byte) (frames int) {
	for len(p) > 0 {
		if s.step == readPayload {
			n := min(uint64(len(p)), s.payload)
			p, s.payload = p[n:], s.payload-n
			if s.payload == 0 {
				s.end()
			}
			continue
		}
		b := p[0]
		p = p[1:]
		switch s.step {
		case readOpcode:
			frames++
			s.fin, s.control = b&fin != 0, b&0x08 != 0
			s.step = readLength
		case readLength:
			s.lengthByte(b)
		case readLongLength:
			s.size = s.size<<8 | uint64(b)
			if s.left--; s.left == 0 {
				s.afterLength()
			}
		case readMask:
			if s.left--; s.left == 0 {
				s.afterMask()
			}
		case readPayload: // handled at the top of the loop
		}
	}
	return frames
}

func (s *frameScanner) lengthByte(b byte) {
	if b&0x80 == 0 {
		s.unmasked = true
	}
	s.size = uint64(b & 0x7f)
	switch s.size {
	case 126:
		s.step, s.size, s.left = readLongLength, 0, 2
	case 127:
		s.step, s.size, s.left = readLongLength, 0, 8
	default:
		s.afterLength()
	}
}

func (s *frameScanner) afterLength() {
	s.step, s.left = readMask, 4
	if s.unmasked {
		s.afterMask()
	}
}

func (s *frameScanner) afterMask() {
	s.step, s.payload = readPayload, s.size
	if s.payload == 0 {
		s.end()
	}
}

func (s *frameScanner) end() {
	s.step = readOpcode
	if !s.control {
		s.open = !s.fin
	}
}

// unfinished reports whether a frame or message has begun and not ended.
func (s *frameScanner) unfinished() bool { return s.open || s.step != readOpcode }
