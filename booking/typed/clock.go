package typed

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	hour = 60 // minutes
	day  = 24 * hour
)

var (
	clockPattern  = regexp.MustCompile(`^(\d{1,2})(?:[:.h](\d{2}))? ?(?:uhr|h|(a\.?m\.?|p\.?m\.?))?$`)
	digitsPattern = regexp.MustCompile(`^(\d{1,2})(\d{2})(?: ?uhr)?$`)
	lengthPattern = regexp.MustCompile(`^(\d{1,4})(?:[.,](\d))? ?(mins?|minutes?|minuten|m|'|′|h|std|stunden?|hours?)?\.?$`)
)

// plain returns the text in lower case with single blanks; empty if it is too long to be meant.
func plain(text string) string {
	if utf8.RuneCountInString(text) > maxLength {
		return ""
	}
	return strings.ToLower(strings.Join(strings.Fields(text), " "))
}

// Clock reads a time of day as minutes since midnight, 0 to 1440: "18", "18:00", "18.30", "1800",
// "18 Uhr", "6pm", "6:30 pm", "24:00".
func Clock(text string) (minutes int, ok bool) {
	text = plain(text)
	match, half := clockPattern.FindStringSubmatch(text), ""
	switch {
	case match != nil:
		half = match[3]
	default:
		if match = digitsPattern.FindStringSubmatch(text); match == nil {
			return 0, false
		}
	}
	h, _ := strconv.Atoi(match[1])
	m, _ := strconv.Atoi("0" + match[2])
	if half != "" {
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
		if half[0] == 'p' {
			h += 12
		}
	}
	if minutes = h*hour + m; m >= hour || minutes > day {
		return 0, false
	}
	return minutes, true
}

// Length reads how long something lasts, in minutes: "60", "60 Min", "90'", "1h", "1,5 Std".
func Length(text string) (minutes int, ok bool) {
	match := lengthPattern.FindStringSubmatch(plain(text))
	if match == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(match[1])
	hours := match[3] != "" && strings.ContainsAny(match[3][:1], "hs")
	switch {
	case hours:
		tenth, _ := strconv.Atoi("0" + match[2])
		return n*hour + tenth*hour/10, true
	case match[2] != "":
		return 0, false
	}
	return n, true
}
