package booking

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SearchText is what a search looks into: given family given, so that both
// orders of a name are found, then e-mail, number and the digits of the phone.
func SearchText(given, family, email, number, phone string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, phone)
	return fold(fmt.Sprintf("%s %s %s %s %s %s", given, family, given, email, number, digits))
}

// fold makes names comparable as a desk types them: without case and accents,
// and with ü, ue and u alike.
func fold(s string) string {
	s = strings.ToLower(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ł", "l", "ø", "o", "đ", "d").Replace(b.String())
}

// searchWords turns what was typed into patterns that must all be found; the
// signs that LIKE knows are taken literally.
func searchWords(q string) ([]string, error) {
	if !plainText(q, 100) {
		return nil, invalid("q", "text")
	}
	var words []string
	for w := range strings.FieldsSeq(fold(q)) {
		words = append(words, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
	}
	return words, nil
}
