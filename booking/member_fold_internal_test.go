package booking

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func TestNamesAreFoundAsADeskTypesThem(t *testing.T) {
	for _, typed := range []string{"Müller", "mueller", "MULLER", "muller"} {
		if Fold(typed) != "muller" {
			t.Errorf("%q folds to %q", typed, Fold(typed))
		}
	}
	if got := Fold("Petrović Straße Łukasz"); got != "petrovic strasse lukasz" {
		t.Errorf("got %q", got)
	}
}

// A stored name is found as it is spelled, in any case, in any normal form and without
// accents, and folding twice changes nothing.
func FuzzANameIsFoundByItself(f *testing.F) {
	for _, name := range []string{
		"Müller", "İbrahim Yılmaz", "Sæther", "Þóra", "Cœur", "Đorđe", "Jean\u2011Luc", "O’Brien", "de la Cruz", "Ö X", "Bo Å", "Ｔａｎａｋａ",
		"van der Straßen", "Nguyễn Thị Minh Khai", "Σωκράτης", "ŉoŋ", "aee uee djj dje aea", "ﬁn ǆ ĳ", "x\u0301ᾳ", "O\u00b4Brien",
		"각", "ß ẞ",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !plainText(name, NameMax) || spacingMarks.Replace(norm.NFKD.String(name)) != norm.NFKD.String(name) &&
			strings.Contains(name, " ") || strings.Contains(name, "\u0345") {
			return // an accent without a letter, which no keyboard writes
		}
		once := Fold(name)
		if twice := Fold(once); twice != once {
			t.Fatalf("%q folds to %q, and that to %q", name, once, twice)
		}
		if strings.ContainsFunc(once, func(r rune) bool { return unicode.In(r, unicode.Mn, unicode.P) }) {
			t.Fatalf("%q folds to %q, which has accents or marks", name, once)
		}
		withoutAccents := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(name))
		for _, typed := range []string{
			norm.NFC.String(name), norm.NFD.String(name), norm.NFKC.String(name), norm.NFKD.String(name), strings.ToUpper(name),
			strings.ToLower(name),
			withoutAccents,
		} {
			if Fold(typed) != once {
				t.Errorf("%q folds to %q, but %q to %q", name, once, typed, Fold(typed))
			}
		}
		text := SearchText("", name, "", "", "")
		if words := strings.Fields(once); len(words) > 0 && !strings.Contains(text, " "+words[len(words)-1]+" ") {
			t.Errorf("the search text %q of %q has no word %q", text, name, words)
		}
	})
}

// A pattern matches the word literally: its only wildcards are the two around it.
func FuzzAPatternIsTheWordThatWasTyped(f *testing.F) {
	f.Add("Müller")
	f.Add("100%_\\")
	f.Add("+49 171 / 234567")
	f.Add("'; drop table person; --")
	f.Fuzz(func(t *testing.T, q string) {
		s, err := readSearch(q)
		if err != nil {
			return
		}
		for _, w := range append(s.words, s.emails...) {
			inner := strings.TrimSuffix(strings.TrimPrefix(pattern(w), "%"), "%")
			if plain := strings.NewReplacer(`\\`, `\`, `\%`, `%`, `\_`, `_`).Replace(inner); plain != w {
				t.Fatalf("%q gives %q, which stands for %q", w, pattern(w), plain)
			}
			if rest := strings.NewReplacer(`\\`, "", `\%`, "", `\_`, "").Replace(inner); strings.ContainsAny(rest, `%_\`) {
				t.Fatalf("%q gives %q, which has a wildcard", w, pattern(w))
			}
		}
	})
}
