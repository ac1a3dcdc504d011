package hub

import (
	"math"
	"strconv"
	"strings"
)

// Hint says that something that others may look at has a new version. Channel
// names what is looked at, as "day:2026-11-25" or "person:7". A hint carries no
// content: who gets it reads the truth from the database.
type Hint struct {
	Channel string
	Epoch   string // BrokerOptions.Epoch if empty
	ID      int64
	Version int64
}

// hintPrefix keeps our channels apart in a Redis that is shared. The braces put
// all of them into one slot of a cluster, so that one connection serves them.
const hintPrefix = "{terminplan}:"

// hintFormat begins every message; another format is another number.
const hintFormat = "1"

// encodeHint returns the message for a hint of the given node, and false if the
// hint is not one that others would accept.
func encodeHint(node string, h Hint) (string, bool) {
	if !isChannel(h.Channel) || !isWord(h.Epoch) || h.ID < 0 || h.Version < 0 {
		return "", false
	}
	return hintFormat + " " + node + " " + h.Epoch + " " +
		strconv.FormatInt(h.ID, 10) + " " + strconv.FormatInt(h.Version, 10), true
}

// decodeHint reads what encodeHint wrote and nothing else: whoever can publish
// in Redis can send us anything.
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

// parseNumber takes a number that is not negative in its only spelling.
func parseNumber(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > math.MaxInt64 || strconv.FormatUint(n, 10) != s {
		return 0, false
	}
	return int64(n), true
}

func isChannel(s string) bool { return len(s) <= 128 && isPlain(s) }

func isWord(s string) bool { return len(s) <= 64 && isPlain(s) }

// isPlain takes letters, digits and the few signs that our names need.
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
