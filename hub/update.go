package hub

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Update is the complete rendered state of one object. Body is UTF-8 text; the caller must not
// change it after passing it to the hub. Per topic and key the newest version wins, and of
// equal versions the later call. Versions of different epochs cannot be compared: there the
// later call wins.
type Update struct {
	Topic   Topic
	Key     string
	Epoch   string
	Version int64
	Body    []byte
}

// latest holds the newest update per topic and key, in the order in which the keys were first
// added. The zero value is ready for use.
type latest struct {
	list []Update
	at   map[updateKey]int // nil while the list is short
}

type updateKey struct {
	topic Topic
	key   string
}

// indexFrom is the length from which a map is faster than a linear search.
const indexFrom = 12

// add adds u. It reports whether there was another update of the same topic and key, so that
// one of the two is dropped.
func (l *latest) add(u Update) (met bool) {
	if i, ok := l.find(u); ok {
		if u.Version >= l.list[i].Version || u.Epoch != l.list[i].Epoch {
			l.list[i] = u
		}
		return true
	}
	l.list = append(l.list, u)
	switch {
	case l.at != nil:
		l.at[updateKey{u.Topic, u.Key}] = len(l.list) - 1
	case len(l.list) >= indexFrom:
		l.at = make(map[updateKey]int, 2*indexFrom)
		for i, v := range l.list {
			l.at[updateKey{v.Topic, v.Key}] = i
		}
	}
	return false
}

func (l *latest) find(u Update) (int, bool) {
	if l.at != nil {
		i, ok := l.at[updateKey{u.Topic, u.Key}]
		return i, ok
	}
	for i := range l.list {
		if l.list[i].Key == u.Key && l.list[i].Topic == u.Topic {
			return i, true
		}
	}
	return 0, false
}

func (l *latest) empty() bool { return len(l.list) == 0 }

// take removes and returns all updates.
func (l *latest) take() []Update {
	list := l.list
	*l = latest{}
	return list
}

// frame is a complete WebSocket message that many connections share. updates is its content,
// for connections that cannot take the bytes yet.
type frame struct {
	bytes   []byte
	updates []Update
}

const (
	opText  = 0x1
	opBin   = 0x2
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	fin = 0x80
)

// newFrame joins the bodies into one text message. It returns false if it had to repair text
// that is not UTF-8, for which a browser would close the connection.
func newFrame(updates []Update) (*frame, bool) {
	size := 0
	for _, u := range updates {
		size += len(u.Body)
	}
	data := appendHeader(make([]byte, 0, size+10), opText, size)
	head := len(data)
	for _, u := range updates {
		data = append(data, u.Body...)
	}
	if !utf8.Valid(data[head:]) {
		repaired := bytes.ToValidUTF8(data[head:], []byte("\uFFFD"))
		data = append(appendHeader(nil, opText, len(repaired)), repaired...)
		return &frame{bytes: data, updates: updates}, false
	}
	return &frame{bytes: data, updates: updates}, true
}

// appendHeader appends the header of an unfragmented, unmasked message (RFC 6455, section
// 5.2).
func appendHeader(b []byte, opcode byte, size int) []byte {
	b = append(b, fin|opcode)
	switch {
	case size < 126:
		return append(b, byte(size))
	case size <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
	}
}

// closeFrame builds a close frame. It cuts a reason longer than 123 bytes, the most that a
// control frame can hold, at the start of a character.
func closeFrame(code int, reason string) []byte {
	const most = 123
	if len(reason) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	b := appendHeader(make([]byte, 0, 4+len(reason)), opClose, 2+len(reason))
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	return append(b, reason...)
}
