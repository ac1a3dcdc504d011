package hub

import (
	"math"
	"strconv"
	"strings"
)

// Hint tells other nodes that an object has a new version. Channel is a name such as
// "day:2026-11-25" or "person:7": at most 128 letters, digits, ":", "-", "_" and ".". A hint
// has no content; the receiver reads the state from the database.
type Hint struct {
	Channel string
	Epoch   string // BrokerOptions.Epoch if empty
	ID      int64
	Version int64
}

// hintPrefix separates our channels from others in a shared Redis. The braces are a hash tag:
// they put all our channels into one slot of a cluster, so that one connection serves them.
const hintPrefix = "{terminplan}:"

// hintFormat is the first field of every message. A new format needs a new number.
const hintFormat = "1"

// encodeHint returns the message for a hint of the given node. It returns false if decodeHint
// would refuse the hint.
func encodeHint(node string, h Hint) (string, bool) {
	if !isChannel(h.Channel) || !isWord(h.Epoch) || h.ID < 0 || h.Version < 0 {
		return "", false
	}
	return hintFormat + " " + node + " " + h.Epoch + " " +
		strconv.FormatInt(h.ID, 10) + " " + strconv.FormatInt(h.Version, 10), true
}

// decodeHint parses a message of encodeHint. It is strict, because anybody with access to
// Redis can send any message.
func decodeHint(channel, message string) (node string, h Hint, ok bool) {
	if len(message) > 200 || !isChannel(channel) {
		return "", Hint{}, false
	}
	format, rest, _ := strings.Cut(message, " ")
	node, rest, _ = strings.Cut(rest, " ")
	epoch, rest, _ := strings.Cut(rest, " ")
	idText, versionText, found := strings.Cut(rest, " ")
	if !found || format != hintFormat || !isWord(node) || !isWord(epoch) {
		return "", Hint{}, false
	}
	id, ok1 := parseNumber(idText)
	version, ok2 := parseNumber(versionText)
	if !ok1 || !ok2 {
		return "", Hint{}, false
	}
	return node, Hint{Channel: channel, Epoch: epoch, ID: id, Version: version}, true
}

// parseNumber parses a non-negative number in its canonical form.
func parseNumber(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxInt64 || strconv.FormatUint(n, 10) != s {
		return 0, false
	}
	return int64(n), true
}

func isChannel(s string) bool { return len(s) <= 128 && isPlain(s) }

func isWord(s string) bool { return len(s) <= 64 && isPlain(s) }

// isPlain reports whether s is not empty and has only letters, digits and ":-_.".
func isPlain(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == ':', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return s != ""
}
