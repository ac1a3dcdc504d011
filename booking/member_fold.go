package booking

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the words of a text without case and accents, separated by single blanks. It
// is the only function that prepares names, and what people type to find them, for comparison.
// It is idempotent. Spellings that people use for each other become one: ä, ae and a; æ, ae
// and a; ö, œ, ø, oe and o; ü, ue and u; å, aa and a; ß and ss; þ and th; đ, dj and d; ı and i.
// Apostrophes disappear. Hyphens and other punctuation separate words.
func Fold(s string) string {
	var b strings.Builder
	var last rune // the letter before; a blank before a word that is not the first
	s = withoutMarks(spacingMarks.Replace(norm.NFKD.String(s)))
	for _, r := range withoutMarks(norm.NFKD.String(cases.Fold().String(s))) {
		letters, known := plainLetters[r]
		switch {
		case known:
		case unicode.In(r, unicode.L, unicode.N, unicode.Mc, unicode.So, unicode.Sc):
			letters = string(r)
		default:
			if last != 0 {
				last = ' '
			}
			continue
		}
		for _, l := range letters {
			if (last == 'a' && (l == 'a' || l == 'e')) || ((last == 'o' || last == 'u') && l == 'e') || (last == 'd' && l == 'j') {
				continue
			}
			if last == ' ' {
				b.WriteByte(' ')
			}
			b.WriteRune(l)
			last = l
		}
	}
	return norm.NFC.String(b.String())
}

// plainLetters are letters that Unicode does not decompose.
var plainLetters = map[rune]string{
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ß': "ss", 'ŋ': "ng",
	'ħ': "h", 'ŧ': "t", 'ĸ': "k", 'ə': "e", 'ɨ': "i", 'ƒ': "f", 'ɓ': "b", 'ɗ': "d", 'ɛ': "e", 'ɔ': "o", 'ƙ': "k", 'ƴ': "y",
}

// spacingMarks removes what an accent without a letter is decomposed into: people type ´ as an
// apostrophe.
var spacingMarks = strings.NewReplacer(" \u0301", "", " \u0300", "", " \u0313", "", " \u0314", "")

// withoutMarks removes accents, apostrophes and characters that nobody sees.
func withoutMarks(s string) string {
	const apostrophes = "'’‘‛ʼʻʽʾʿʹ′`ꞌ׳"
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || strings.ContainsRune(apostrophes, r) {
			return -1
		}
		return r
	}, s)
}

// joined returns folded words as one, as people type "delacruz" for "de la Cruz".
func joined(words ...string) string { return Fold(strings.Join(words, "")) }

// singleLetter reports whether a folded word is one letter, which says too little to be the
// beginning of a name. A sign of an Asian script is a syllable or a word.
func singleLetter(word string) bool {
	const firstAsian = 0x2e80
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && r < firstAsian
}

// foldedFirst begins every search text. It names the version of the format and of fold: raise
// the number when one of them changes, and every engine writes the older texts again, see
// [Engine.refoldNames].
const foldedFirst = "1| "

// SearchText is the text in which a search looks for a person. It consists of entries: a mark,
// a blank, folded words, a blank. So every word has blanks around it.
//
//	|  family and given name; the first entry
//	#  member number without punctuation; the second entry
//	=  what is an exact hit: the names together in both orders and alone, the number
//	/  given and family name
//	-  other beginnings: the words of a name joined from each word on, other spellings
//	<  e-mail address before the "@"
//	+  telephone number with country code
//	0  the same number without country code and leading zero
//	~  a telephone number that has no country code, without leading zero
func SearchText(given, family, email, number, phone string) string {
	f, g := strings.Fields(Fold(family)), strings.Fields(Fold(given))
	fs, gs := strings.Join(f, " "), strings.Join(g, " ")
	fj, gj := joined(f...), joined(g...)
	n := strings.Fields(Fold(number))
	nj := strings.Join(n, "")

	var b strings.Builder
	add := func(mark string, words ...string) {
		if text := strings.TrimSpace(strings.Join(words, " ")); text != "" {
			b.WriteString(mark + " " + text + " ")
		}
	}
	b.WriteString(foldedFirst + strings.TrimSpace(fs+" "+gs) + " # " + nj + " ")
	known := map[string]bool{"": true}
	for _, exact := range []string{strings.TrimSpace(fs + " " + gs), strings.TrimSpace(gs + " " + fs), fs, gs, fj, gj, nj} {
		if !known[exact] {
			known[exact] = true
			add("=", exact)
		}
	}
	if len(known) > 1 {
		b.WriteString("= ")
	}
	add("/", gs, fs)
	if len(f) > 1 {
		add("|", fj, gs)
	}
	if len(g) > 1 {
		add("/", gj, fs)
	}
	add("-", joined(append(f[:len(f):len(f)], g...)...), joined(append(g[:len(g):len(g)], f...)...))
	for _, words := range [][]string{f, g} {
		for i := 1; i+1 < len(words); i++ {
			add("-", joined(words[i:]...))
		}
	}
	if name := family + " " + given; strings.ContainsAny(name, "ŋŊ") {
		add("-", Fold(strings.NewReplacer("ŋ", "n", "Ŋ", "n").Replace(name)))
	}
	if len(n) > 1 {
		add("-", n...)
	}
	if local, _, ok := strings.Cut(email, "@"); ok {
		add("<", Fold(local))
		add("<", joined(strings.Fields(Fold(local))...))
	}
	if d := digitsOf(phone); d != "" {
		if country, national := splitPhone(phone); country != "" {
			add("+", country+national)
			add("0", national)
		} else {
			add("~", national)
		}
	}
	return b.String()
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

// splitPhone returns the country code and the national number without leading zero of a
// telephone number. country is empty if the number has none.
func splitPhone(phone string) (country, national string) {
	phone = strings.TrimSpace(norm.NFKC.String(phone))
	d := digitsOf(phone)
	if !strings.HasPrefix(phone, "+") && !strings.HasPrefix(d, "00") {
		return "", strings.TrimLeft(d, "0")
	}
	if !strings.HasPrefix(phone, "+") {
		d = d[2:]
	}
	n := min(countryCodeLength(d), len(d))
	return d[:n], strings.TrimLeft(d[n:], "0") // people write +49 (0)170
}

// countryCodeLength returns how many digits the country code has. The lists are those of the
// codes of one and two digits (ITU-T E.164); all others have three.
func countryCodeLength(digits string) int {
	if digits == "" || digits[0] == '1' || digits[0] == '7' {
		return 1
	}
	const two = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 " +
		"81 82 84 86 90 91 92 93 94 95 98 "
	if len(digits) > 1 && strings.Contains(two, digits[:2]+" ") {
		return 2
	}
	return 3
}

// refoldBatch is how many search texts one transaction writes again.
const refoldBatch = 500

// refoldNames writes the search texts again that a program with another fold, or with another
// format, wrote. An index finds them, so it costs nothing when there are none. People are
// found by parts of their names until their text is written.
func (e *Engine) refoldNames(ctx context.Context) error {
	for {
		var n int
		err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
			rows, _ := tx.Query(ctx, `
				select id, given_name, family_name, coalesce(email, shared_email, ''), number, phone from person p
				where role <> 'guest' and state <> 'erased' and (`+foldedName+` < $1 or `+foldedName+` >= $2)
				limit $3 for no key update skip locked`, foldedFirst, foldedFirst+string(unicode.MaxRune), refoldBatch)
			var ids []int64
			var texts []string
			err := each(rows, func(rows pgx.Rows) error {
				var id int64
				var given, family, email, number, phone string
				err := rows.Scan(&id, &given, &family, &email, &number, &phone)
				ids, texts = append(ids, id), append(texts, SearchText(given, family, email, number, phone))
				return err
			})
			n = len(ids)
			if err != nil || n == 0 {
				return err
			}
			_, err = tx.Exec(ctx, `update person p set search = t.search
				from unnest($1::bigint[], $2::text[]) t(id, search) where p.id = t.id`, ids, texts)
			return err
		})
		if err != nil {
			return during("writing search texts again", err)
		}
		if n == 0 {
			return nil
		}
	}
}

// MatchedParts returns the parts of a name with which its words match the words of a query, as
// byte offsets from and to, in their order: the beginnings that a search finds.
func MatchedParts(name, query string) (parts [][2]int) {
	wanted := strings.Fields(Fold(query))
	for start := 0; start < len(name) && len(wanted) > 0; {
		first, size := utf8.DecodeRuneInString(name[start:])
		if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
			start += size
			continue
		}
		end := start
		for end < len(name) {
			r, n := utf8.DecodeRuneInString(name[end:])
			if !unicode.In(r, unicode.L, unicode.N, unicode.M) && !strings.ContainsRune("'’", r) {
				break
			}
			end += n
		}
		for i, word := range wanted {
			if to := foldedPrefix(name[start:end], word); to > 0 {
				parts = append(parts, [2]int{start, start + to})
				wanted = append(wanted[:i:i], wanted[i+1:]...)
				break
			}
		}
		start = end
	}
	return parts
}

// Matches reports whether each word of a query is the beginning of a word of a text. An empty
// query matches everything.
func Matches(text, query string) bool {
	return len(MatchedParts(text, query)) == len(strings.Fields(Fold(query)))
}

// foldedPrefix returns the length of the shortest beginning of a word that, folded, begins with
// a folded text; 0: the word does not begin with it.
func foldedPrefix(word, text string) int {
	if !strings.HasPrefix(Fold(word), text) {
		return 0
	}
	for at, r := range word {
		end := at + utf8.RuneLen(r)
		next, _ := utf8.DecodeRuneInString(word[end:])
		if strings.HasPrefix(Fold(word[:end]), text) && (end == len(word) || !unicode.Is(unicode.M, next)) {
			return end
		}
	}
	return len(word)
}
