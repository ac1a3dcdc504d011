package booking

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainText reports whether s may be shown as it is: valid, bounded, without
// control characters and without marks that turn the direction of text.
func plainText(s string, limit int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 200 && strings.Contains(s[strings.LastIndex(s, "@"):], ".") && plainText(s, 200)
}
